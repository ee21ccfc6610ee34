"""Appraisals of the demo: one month published, with events, ratings, an appeal and a talk; the next under review."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.utils import timezone

from peilian.apps.appraisal import api as appraisal
from peilian.apps.people import api as people
from peilian.demo.agents import agents
from peilian.demo.chance import chance
from peilian.demo.trade import bring_in_trade, sellers

Say = Callable[[str], None]
EFFECTIVE = date(2026, 1, 1)
DONE, UNDER_WAY = date(2026, 9, 1), date(2026, 10, 1)
_LEVELS = ("knowledge_level", "guide_level", "communication_level", "adaptability_level", "responsibility_level")
_WORDS = (
    "这个月接待稳定，客户追问时能先给结论。",
    "问题定位快，回访还可以再主动一些。",
    "情绪安抚有进步，话术可以更简练。",
    "产品参数记得牢，推荐搭配时再多问一句用途。",
)
_EVENTS = (
    ("complaint", "客户反映两天没有人跟进退款，后由主管致歉并办理。"),
    ("rule_breach", "下班前没有填写交接记录。"),
    ("etiquette", "用“不知道”直接回复客户，没有给出下一步。"),
    ("praise", "客户留言表扬，耐心帮她核对了三张发票。"),
)
# What somebody could say against points lost on a line, the likeliest first.
_CONTESTING = {
    "attendance": "其中一次是客户来电没处理完，晚到考勤机，主管当时知道。",
    "service_attitude": "这条投诉说的是快递破损，我当天已经补发，客户后来撤回了投诉。",
    "etiquette": "那句“不知道”后面我马上去问了仓库，十分钟内回了客户，请看完整会话。",
    "returns": "有两单是仓库发错货退的，系统按质量问题记在了我名下。",
    "conversion": "月中有四天安排我接售后转来的会话，这些不该算进售前接待人次。",
    "featured": "主推的四件套断货六天，页面挂着缺货，这几天没有办法推。",
    "sales_growth": "上个月有一笔企业团购，这个月没有可比的订单。",
    "sales_completion": "有三单月底付款、次月才确认，没有算进这个月。",
    "responses": "十二号系统升级，下午的应答没有记录下来。",
}


def appraise(say: Say) -> None:
    """Bring in the business tables and hold the appraisals; what is there already is left."""
    with tempfile.TemporaryDirectory() as folder:
        if bring_in_trade(Path(folder)):
            say("Orders, targets and attendance")
    if appraisal.Cycle.objects.exists():
        return
    say("Appraisals")
    version = _template()
    for month in (DONE, UNDER_WAY):
        _register_events(month)
    _finish(_open(version, DONE))
    _review(_open(version, UNDER_WAY))


def _user(username: str) -> people.User:
    return people.User.objects.get(username=username)


def _template() -> appraisal.TemplateVersion:
    shipped = appraisal.shipped_templates()["ecommerce-monthly"]
    title = {"zh": shipped.title.zh or "", "en": shipped.title.en or ""}
    return appraisal.add_template(
        actor=_user("manager"),
        key=shipped.key,
        title=title,
        body=shipped.body,
        effective_from=EFFECTIVE,
        shipped_as=shipped.key,
        note="按公司出厂模板建立",
    )


def _open(version: appraisal.TemplateVersion, month: date) -> appraisal.Cycle:
    posts = list(people.Post.objects.filter(code__in=("after-sale", "pre-sale")))
    cycle = appraisal.open_cycle(
        actor=_user("service"),
        template=version,
        unit=people.Unit.objects.get(code="service"),
        period=month,
        posts=posts,
        grades=appraisal.suggested_grades(),
        appeal_days=7,
    )
    appraisal.collect(actor=_user("service"), cycle=cycle)
    return appraisal.start_review(actor=_user("service"), cycle=cycle)


def _register_events(month: date) -> None:
    for n, agent in enumerate(sellers()):
        rng = chance("events", agent.number, month)
        if rng.random() > 0.45:
            continue
        kind, text = _EVENTS[rng.randrange(len(_EVENTS))]
        row = appraisal.register_event(
            actor=_user("quality"),
            employee=people.Employee.objects.get(number=agent.number),
            on=month + timedelta(days=3 + n),
            kind=kind,
            text=text,
        )
        appraisal.confirm_event(actor=_user("lead1" if agent.number < "H2" else "lead2"), event=row)


def _rate(cycle: appraisal.Cycle, unit: str, lead: str, *, skipped: int = 0) -> None:
    skills = {agent.number: agent.skills for agent in agents()}
    rows = list(cycle.appraisees.filter(unit__code=unit).select_related("employee"))
    for n, row in enumerate(rows[skipped:]):
        own = skills[row.employee.number]
        found = (own["explaining"], own["ownership"], own["empathy"], own["concrete"], own["completeness"])
        levels: dict[str, Any] = {}
        for name, skill in zip(_LEVELS, found, strict=True):
            most = 3 if name == "adaptability_level" else 4
            levels[name] = Decimal(max(1, min(most, round(0.6 + skill * most))))
        appraisal.rate(actor=_user(lead), appraisee=row, levels=levels, remark=_WORDS[n % len(_WORDS)])


def _finish(cycle: appraisal.Cycle) -> None:
    """A month that is over: rated, frozen, published, contested, talked about."""
    _rate(cycle, "shop-1", "lead1")
    _rate(cycle, "shop-2", "lead2")
    service = _user("service")
    appraisal.freeze(actor=service, cycle=cycle, leave_out="个别数据当月没有，按规则不计")
    cycle.refresh_from_db()
    appraisal.publish(actor=service, cycle=cycle)
    cycle.refresh_from_db()
    _reward(cycle)
    _contest(cycle, "zhengkai")
    _talk(cycle, "xiaohe", "lead1")


def _reward(cycle: appraisal.Cycle) -> None:
    """Two rules of the company, what they propose for the month, and suggestions from the front."""
    manager = _user("manager")
    appraisal.set_rule(
        actor=manager,
        key="star-of-month",
        title={"zh": "月度服务之星", "en": "Service star of the month"},
        when="team_rank == 1 and complaints == 0",
        kind=appraisal.RewardKind.RECOGNITION,
        is_on=True,
    )
    appraisal.set_rule(
        actor=manager,
        key="steady-quarter",
        title={"zh": "连续三个月 90 分以上", "en": "Three months at 90 or more"},
        when="months_at_90 >= 3",
        kind=appraisal.RewardKind.PROMOTION,
    )
    for row in appraisal.propose(actor=manager, cycle=cycle):
        appraisal.decide_award(actor=_user("service"), award=row, state=appraisal.AwardState.APPROVED)
    _suggest()


def _suggest() -> None:
    first = appraisal.suggest(
        actor=_user("xiaohe"), subject="process", text="退款进度能不能自动发给客户？每天有二十多位来问同一件事。"
    )
    appraisal.answer_suggestion(
        actor=_user("lead1"), suggestion=first, state="accepted", answer="已提给系统组，下个版本加上进度提醒。"
    )
    appraisal.suggest(
        actor=_user("yiming"), subject="product", text="四件套详情页缺少缩水率，客户常问，建议补上。", is_anonymous=True
    )


def _contest(cycle: appraisal.Cycle, username: str) -> None:
    """An appeal against a line that took points, in words that fit it."""
    user = _user(username)
    result = appraisal.results(cycle=cycle).filter(appraisee__employee=user.employee_id).first()
    if result is None:
        return
    losing = {item["line"] for item in result.result["lines"] if item["points"] != item["weight"]}
    chosen = next((line for line in _CONTESTING if line in losing), None)
    if chosen is not None:
        appraisal.appeal(actor=user, appraisal=result, points=[{"line": chosen, "text": _CONTESTING[chosen]}])


def _talk(cycle: appraisal.Cycle, username: str, lead: str) -> None:
    user = _user(username)
    result = appraisal.results(cycle=cycle).filter(appraisee__employee=user.employee_id).first()
    if result is not None:
        today = timezone.localdate()
        appraisal.hold_talk(
            actor=_user(lead),
            appraisal=result,
            held_on=today,
            strengths="接待量大的日子也能保持先给结论、再说步骤。",
            to_improve="推荐搭配时多问一句使用场景，成交会更自然。",
            items=[
                {"goal": "每天挑两场售前会话，练习先问用途再推荐", "competency": "need_finding",
                 "due_on": today + timedelta(days=30)},
            ],
        )  # fmt: skip


def _review(cycle: appraisal.Cycle) -> None:
    """The month that waits for the leads: one team is rated, the other half way."""
    _rate(cycle, "shop-1", "lead1")
    _rate(cycle, "shop-2", "lead2", skipped=5)
