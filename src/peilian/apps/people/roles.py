"""Roles (角色): what each may do, and how far it reaches.

A permission says *what*; the reach says *whom*. A role without a permission cannot do the thing: denied by default.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from peilian.engine._kernel import Text


class Reach(StrEnum):
    """Whom a role reaches."""

    SELF = "self"  # the user's own employee
    MENTEES = "mentees"  # those the user guides as mentor, and the user
    UNIT = "unit"  # the unit of the grant and all units below it
    COMPANY = "company"  # everybody


class Permission(StrEnum):
    """What can be permitted."""

    SEE_CONVERSATIONS = "see_conversations"
    SEE_KPIS = "see_kpis"
    SEE_BUSINESS = "see_business"  # sales, targets, attendance, reports of people and shops
    SEE_DIAGNOSIS = "see_diagnosis"
    SEE_PEOPLE = "see_people"
    SEE_RECORD = "see_record"
    RAISE_NEEDS = "raise_needs"
    GUIDE_LEARNING = "guide_learning"  # judge homework, read and answer what people said after lessons
    ASSIGN_TRAINING = "assign_training"
    MANAGE_CERTIFICATES = "manage_certificates"  # revoke, uphold; confirm those of others
    MANAGE_PEOPLE = "manage_people"
    GRANT_ROLES = "grant_roles"
    IMPORT = "import"
    SEE_JOBS = "see_jobs"
    SEE_AUDIT = "see_audit"
    MANAGE_SETTINGS = "manage_settings"
    ERASE_CUSTOMERS = "erase_customers"
    # Appraisal. One's own published sheet is seen without any of these, and nobody judges the own one with them.
    SEE_APPRAISALS = "see_appraisals"  # sheets with every line, remark and version
    SEE_APPRAISAL_TOTALS = "see_appraisal_totals"  # rankings, grades and totals, without the sheets behind them
    RATE_APPRAISALS = "rate_appraisals"  # levels, remarks, talks; entering what no system knows; confirming events
    RUN_APPRAISALS = "run_appraisals"  # cycles from opening to closing, exemptions
    EDIT_APPRAISAL_RULES = "edit_appraisal_rules"  # templates and their versions
    DECIDE_APPEALS = "decide_appeals"  # appeals, and corrections of what was published
    REGISTER_EVENTS = "register_events"
    SEE_REWARDS = "see_rewards"
    MANAGE_REWARDS = "manage_rewards"
    HANDLE_SUGGESTIONS = "handle_suggestions"
    # The library is the whole company's: what these permit holds for all of it, whatever the reach.
    SEE_LIBRARY = "see_library"
    WRITE_LIBRARY = "write_library"  # drafts, answers to comments, change notices
    PUBLISH_LIBRARY = "publish_library"  # everything but policies and laws
    PUBLISH_POLICIES = "publish_policies"
    SEE_CONFIRMATIONS = "see_confirmations"  # who has confirmed a policy, within the reach


@dataclass(frozen=True, slots=True)
class Role:
    """One role; ``permissions`` hold for everybody within ``reach``."""

    key: str
    name: Text
    reach: Reach
    permissions: frozenset[Permission]
    is_external: bool = False


P = Permission
_INSIDE = frozenset({P.SEE_LIBRARY})
_WRITER = _INSIDE | {P.WRITE_LIBRARY}
_OWN = _INSIDE | {P.SEE_CONVERSATIONS, P.SEE_KPIS, P.SEE_RECORD}
_JUDGE = _OWN | {P.SEE_DIAGNOSIS, P.SEE_PEOPLE, P.RAISE_NEEDS, P.GUIDE_LEARNING, P.WRITE_LIBRARY}
_LEAD = _JUDGE | {P.ASSIGN_TRAINING, P.MANAGE_CERTIFICATES, P.SEE_BUSINESS, P.SEE_CONFIRMATIONS}
_SELF = _OWN | {P.SEE_BUSINESS, P.SEE_APPRAISALS, P.SEE_REWARDS}
_APPRAISE = frozenset(
    {P.SEE_APPRAISALS, P.SEE_APPRAISAL_TOTALS, P.REGISTER_EVENTS, P.SEE_REWARDS, P.HANDLE_SUGGESTIONS}
)
_RATE = _LEAD | _APPRAISE | {P.RATE_APPRAISALS}
_RUN = _LEAD | _APPRAISE | {P.RUN_APPRAISALS, P.DECIDE_APPEALS, P.MANAGE_REWARDS, P.IMPORT, P.SEE_JOBS}
_NONE: frozenset[Permission] = frozenset()


def _role(
    key: str, zh: str, en: str, reach: Reach, permissions: frozenset[Permission] = _NONE, is_external: bool = False
) -> Role:
    return Role(key, Text(zh=zh, en=en), reach, permissions, is_external)


ROLES: dict[str, Role] = {
    role.key: role
    for role in (
        _role("agent", "客服", "Agent", Reach.SELF, _SELF),
        _role("trainee", "学员", "Trainee", Reach.SELF, _SELF),
        _role("senior_agent", "资深客服", "Senior agent", Reach.SELF, _SELF),
        _role("community_operator", "社群运营", "Community operator", Reach.SELF, _SELF),
        _role("mentor", "导师", "Mentor", Reach.MENTEES, _OWN | _WRITER | {P.SEE_PEOPLE, P.GUIDE_LEARNING}),
        _role("supervisor", "客服主管", "Supervisor", Reach.UNIT, _RATE),
        _role("community_manager", "社群经理", "Community manager", Reach.UNIT, _RATE),
        _role(
            "department_head", "部门负责人", "Department head", Reach.UNIT, _RATE | {P.DECIDE_APPEALS, P.MANAGE_REWARDS}
        ),
        _role("service_manager", "客服经理", "Service manager", Reach.UNIT, _RUN),
        _role("quality_inspector", "质检员", "Quality inspector", Reach.UNIT, _JUDGE | {P.REGISTER_EVENTS}),
        _role("internal_lecturer", "内部讲师", "Internal lecturer", Reach.UNIT, _WRITER | {P.SEE_PEOPLE}),
        _role(
            "trainer",
            "培训师",
            "Trainer",
            Reach.UNIT,
            (_LEAD - {P.SEE_CONVERSATIONS, P.SEE_BUSINESS}) | {P.PUBLISH_LIBRARY},
        ),
        _role(
            "training_manager",
            "培训经理",
            "Training manager",
            Reach.COMPANY,
            _RUN | {P.MANAGE_PEOPLE, P.EDIT_APPRAISAL_RULES, P.PUBLISH_LIBRARY, P.PUBLISH_POLICIES},
        ),
        _role(
            "training_committee",
            "培训管理委员会",
            "Training committee",
            Reach.COMPANY,
            frozenset(
                {
                    P.SEE_LIBRARY,
                    P.SEE_KPIS,
                    P.SEE_DIAGNOSIS,
                    P.SEE_PEOPLE,
                    P.SEE_RECORD,
                    P.SEE_APPRAISALS,
                    P.SEE_APPRAISAL_TOTALS,
                    P.EDIT_APPRAISAL_RULES,
                    P.DECIDE_APPEALS,
                    P.SEE_REWARDS,
                    P.HANDLE_SUGGESTIONS,
                }
            ),
        ),
        _role(
            "leadership",
            "公司领导",
            "Leadership",
            Reach.COMPANY,
            _INSIDE | {P.SEE_KPIS, P.SEE_DIAGNOSIS, P.SEE_BUSINESS, P.SEE_APPRAISAL_TOTALS, P.SEE_REWARDS},
        ),
        _role(
            "policy_owner",
            "制度解释部门",
            "Policy owner",
            Reach.UNIT,
            _WRITER | {P.SEE_PEOPLE, P.PUBLISH_POLICIES, P.SEE_CONFIRMATIONS},
        ),
        _role("plan_owner", "计划责任人", "Person responsible for a plan", Reach.UNIT, _INSIDE | {P.SEE_PEOPLE}),
        _role("counterpart", "协作部门", "Counterpart department", Reach.SELF, _INSIDE),
        _role("judge", "评委", "Judge", Reach.SELF, _INSIDE),
        _role("external_lecturer", "外部讲师", "External lecturer", Reach.SELF, is_external=True),
        _role("industry_expert", "行业专家", "Industry expert", Reach.SELF, is_external=True),
        _role("legal_adviser", "法律顾问", "Legal adviser", Reach.SELF, is_external=True),
        _role("customer_representative", "客户代表", "Customer representative", Reach.SELF, is_external=True),
        _role(
            "administrator",
            "系统管理员",
            "Administrator",
            Reach.COMPANY,
            frozenset(
                {
                    P.SEE_LIBRARY,
                    P.SEE_PEOPLE,
                    P.MANAGE_PEOPLE,
                    P.GRANT_ROLES,
                    P.IMPORT,
                    P.SEE_JOBS,
                    P.SEE_AUDIT,
                    P.MANAGE_SETTINGS,
                    P.ERASE_CUSTOMERS,
                }
            ),
        ),
    )
}
