"""Rows of the people app."""

from __future__ import annotations

from datetime import date, datetime, time
from functools import cached_property
from typing import Any, ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower

from peilian.apps.base.api import Argument, Prepared, remembered, today_in_company
from peilian.apps.base.models import Row, new_id
from peilian.apps.people.roles import ROLES
from peilian.engine._kernel import Language


class UserManager(BaseUserManager["User"]):
    """Finds users by the name they sign in with, whatever its case."""

    def get_by_natural_key(self, username: str | None) -> User:
        """The user of a sign-in name."""
        return self.get(username__iexact=username)


class User(AbstractBaseUser):
    """Someone who signs in (用户): usually an employee, sometimes a guest such as a lecturer or a judge."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    username = models.CharField(max_length=80, unique=True)
    name = models.CharField(max_length=100)
    employee = models.OneToOneField(
        "people.Employee", null=True, blank=True, on_delete=models.PROTECT, related_name="user"
    )
    language = models.CharField(max_length=10, choices=[("zh", "中文"), ("en", "English")], default="zh")
    is_active = models.BooleanField(default=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "username"

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(Lower("username"), name="one_user_a_name")]

    def __str__(self) -> str:
        return self.name

    @property
    def reading_language(self) -> Language:
        """The language this user reads."""
        return "en" if self.language == "en" else "zh"

    @cached_property
    def has_a_role(self) -> bool:
        """Whether a role is granted today, looked up once for one reading of the user: whoever keeps a user for long
        reads it again before asking."""
        return self.is_active and bool(grants_on(today_in_company(), self.pk))


class UnitKind(models.TextChoices):
    """What a unit is."""

    COMPANY = "company"
    DEPARTMENT = "department"
    TEAM = "team"
    SHOP = "shop"
    SITE = "site"


# Where people work besides the team they belong to.
WORKPLACES = (UnitKind.SHOP, UnitKind.SITE)


class Unit(Row):
    """A part of the company (组织单元): department, team, shop or site; the units form one tree."""

    code = models.CharField(max_length=60, unique=True)
    name = models.JSONField()  # {zh, en}
    kind = models.CharField(max_length=20, choices=UnitKind)
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="children")
    closed_on = models.DateField(null=True)

    class Meta:
        ordering: ClassVar = ["code"]

    def __str__(self) -> str:
        return str(self.name.get("zh") or self.name.get("en") or self.code)


class AgentKind(models.TextChoices):
    """Kinds of agents (客服类型)."""

    PHONE = "phone"
    ONLINE = "online"
    ON_SITE = "on_site"
    PRE_SALE = "pre_sale"
    AFTER_SALE = "after_sale"
    COMMUNITY = "community"
    SHOWROOM = "showroom"  # 案场
    MALL = "mall"


class Post(Row):
    """A post (岗位) that employees hold."""

    code = models.CharField(max_length=60, unique=True)
    name = models.JSONField()  # {zh, en}
    agent_kind = models.CharField(max_length=20, choices=AgentKind, blank=True, default="")

    class Meta:
        ordering: ClassVar = ["code"]

    def __str__(self) -> str:
        return str(self.name.get("zh") or self.name.get("en") or self.code)


class Stage(models.TextChoices):
    """Career stages (成长阶段)."""

    NEWCOMER = "newcomer"
    IN_SERVICE = "in_service"
    BACKBONE = "backbone"
    EXPERT = "expert"


class Employee(Row):
    """A person who works for the company (员工)."""

    number = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=100)
    hired_on = models.DateField(null=True)
    left_on = models.DateField(null=True)

    class Meta:
        ordering: ClassVar = ["number"]

    def __str__(self) -> str:
        return self.name


class SpanQuerySet(models.QuerySet[Any]):
    """Rows that hold from a day (inclusive) to a day (exclusive; open when NULL)."""

    def on(self, day: date | models.Expression) -> SpanQuerySet:
        """Those that hold on ``day``."""
        return self.filter(models.Q(ends_on=None) | models.Q(ends_on__gt=day), starts_on__lte=day)


class Membership(Row):
    """An employee belongs to a unit, on a post, from a day to a day (exclusive)."""

    employee = models.ForeignKey("people.Employee", on_delete=models.PROTECT, related_name="memberships")
    unit = models.ForeignKey("people.Unit", on_delete=models.PROTECT, related_name="memberships")
    post = models.ForeignKey("people.Post", null=True, on_delete=models.PROTECT, related_name="+")
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)

    objects = SpanQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(ends_on=None) | models.Q(ends_on__gt=models.F("starts_on")),
                name="membership_ends_after_start",
            )
        ]
        indexes: ClassVar = [models.Index(fields=["unit", "starts_on"])]

    def __str__(self) -> str:
        return f"{self.employee} · {self.unit}"


class StageEntry(Row):
    """An employee reached a career stage on a day."""

    employee = models.ForeignKey("people.Employee", on_delete=models.PROTECT, related_name="stages")
    stage = models.CharField(max_length=20, choices=Stage)
    starts_on = models.DateField()

    class Meta:
        ordering: ClassVar = ["-starts_on", "-id"]

    def __str__(self) -> str:
        return f"{self.employee} · {self.stage}"


class GuidanceKind(models.TextChoices):
    """Who guides an employee."""

    SUPERVISOR = "supervisor"
    MENTOR = "mentor"


class Guidance(Row):
    """A supervisor (主管) or mentor (导师) of an employee, from a day to a day (exclusive)."""

    employee = models.ForeignKey("people.Employee", on_delete=models.PROTECT, related_name="guided_by")
    guide = models.ForeignKey("people.Employee", on_delete=models.PROTECT, related_name="guides")
    kind = models.CharField(max_length=20, choices=GuidanceKind)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)

    objects = SpanQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.guide} → {self.employee}"


class AgentAccount(Row):
    """Who used a sub-account (子账号) of a service platform, from a moment to a moment (exclusive).

    Sub-accounts are shared and handed on; at one moment one employee uses one account.
    """

    platform = models.CharField(max_length=60)
    account = models.CharField(max_length=200)
    employee = models.ForeignKey("people.Employee", on_delete=models.PROTECT, related_name="accounts")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(ends_at=None) | models.Q(ends_at__gt=models.F("starts_at")),
                name="account_ends_after_start",
            )
        ]
        indexes: ClassVar = [models.Index(fields=["account", "starts_at"])]

    def __str__(self) -> str:
        return f"{self.account} · {self.employee}"

    def overlaps(self, starts_at: datetime, ends_at: datetime | None) -> bool:
        """Whether this use and the given span share a moment."""
        begins_before_end = ends_at is None or self.starts_at < ends_at
        return begins_before_end and (self.ends_at is None or starts_at < self.ends_at)

    def during(self, place: Membership, zone: ZoneInfo) -> tuple[datetime, datetime | None] | None:
        """The part of this use, from (inclusive) and to (exclusive), in which ``place`` held; its days are of ``zone``.

        Whoever attributes conversations to units, to count or to show them, cuts here, so that all agree on the moment.
        """
        first = datetime.combine(place.starts_on, time(), zone)
        last = datetime.combine(place.ends_on, time(), zone) if place.ends_on else None
        starts_at = max(self.starts_at, first)
        ends_at = min((end for end in (self.ends_at, last) if end is not None), default=None)
        return (starts_at, ends_at) if ends_at is None or starts_at < ends_at else None


class RoleGrant(Row):
    """A user has a role, for a unit and all below it or (unit NULL) for what the role itself reaches."""

    user = models.ForeignKey("people.User", on_delete=models.PROTECT, related_name="grants")
    role = models.CharField(max_length=40)
    unit = models.ForeignKey("people.Unit", null=True, on_delete=models.PROTECT, related_name="+")
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)

    objects = SpanQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["user", "starts_on"])]

    def __str__(self) -> str:
        return f"{self.user} · {self.role}"


_GRANTS = Prepared(
    lambda: RoleGrant.objects.on(Argument("day", models.DateField())).filter(
        user=Argument("user", models.UUIDField()), role__in=list(ROLES)
    )
)


def grants_on(day: date, user_id: UUID) -> list[RoleGrant]:
    """What is granted to a user on a day, read once a request."""
    return remembered(("grants", user_id, day), lambda: _GRANTS(day=day, user=user_id))
