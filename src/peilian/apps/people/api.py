"""The door of the people app.

Functions that change something take the acting user and check the permission here; ``actor=None`` is the product
itself (set-up, demo). Reading goes through ``visible_to``.
"""

from __future__ import annotations

from peilian.apps.people.directory import (
    add_employee,
    add_post,
    add_unit,
    assign_account,
    change_employee,
    change_unit,
    end_account,
    end_guide,
    end_membership,
    place_employee,
    set_guide,
    set_stage,
)
from peilian.apps.people.gate import NotVisibleError, Sight, accounts_of, visible_to
from peilian.apps.people.inviting import Invitation, accept_invitation, invite, invited, waiting_users
from peilian.apps.people.listing import PeopleQuestion, find_people, find_users, profile
from peilian.apps.people.models import (
    AgentAccount,
    AgentKind,
    Employee,
    Guidance,
    GuidanceKind,
    Membership,
    Post,
    RoleGrant,
    Stage,
    StageEntry,
    Unit,
    UnitKind,
    User,
)
from peilian.apps.people.roles import ROLES, Permission, Reach, Role
from peilian.apps.people.roster import (
    RosterChange,
    RosterLine,
    RosterReport,
    import_roster,
    preview_roster,
    roster_lines,
)
from peilian.apps.people.users import (
    add_user,
    change_company,
    end_grant,
    grant_role,
    set_active,
    set_language,
    set_password,
)

__all__ = [
    "ROLES",
    "AgentAccount",
    "AgentKind",
    "Employee",
    "Guidance",
    "GuidanceKind",
    "Invitation",
    "Membership",
    "NotVisibleError",
    "PeopleQuestion",
    "Permission",
    "Post",
    "Reach",
    "Role",
    "RoleGrant",
    "RosterChange",
    "RosterLine",
    "RosterReport",
    "Sight",
    "Stage",
    "StageEntry",
    "Unit",
    "UnitKind",
    "User",
    "accept_invitation",
    "accounts_of",
    "add_employee",
    "add_post",
    "add_unit",
    "add_user",
    "assign_account",
    "change_company",
    "change_employee",
    "change_unit",
    "end_account",
    "end_grant",
    "end_guide",
    "end_membership",
    "find_people",
    "find_users",
    "grant_role",
    "import_roster",
    "invite",
    "invited",
    "place_employee",
    "preview_roster",
    "profile",
    "roster_lines",
    "set_active",
    "set_guide",
    "set_language",
    "set_password",
    "set_stage",
    "visible_to",
    "waiting_users",
]
