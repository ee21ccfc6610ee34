"""Read and confirm (阅读确认): who has confirmed that the present wording of a policy is known."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import DateField, Q, UUIDField
from django.utils import timezone

from peilian.apps.base.api import Argument, InboxMessage, Prepared, today_in_company, write
from peilian.apps.library.audience import audience_of, people_in
from peilian.apps.library.checks import permit, refuse
from peilian.apps.library.models import Confirmation, Content, ContentState, ContentVersion
from peilian.apps.library.telling import link_to, tell
from peilian.apps.people.api import Employee, Membership, NotVisibleError, Permission, Unit, User, visible_to

_REMINDER = "inbox.library_confirm"
# What lists of policies do not show; whom a policy is for is known by its digest.
_UNREAD = ("summary", "tags", "competencies", "covers", "related", "retired_why", "current__body", "current__files")
_UNCONFIRMED = Prepared(
    lambda: (
        Content.objects.filter(
            Q(valid_until=None) | Q(valid_until__gt=Argument("day", DateField())),
            state=ContentState.PUBLISHED,
            must_confirm=True,
        )
        .exclude(current__in=Confirmation.objects.filter(employee=Argument("employee", UUIDField())).values("version"))
        .select_related("current")
        .defer(*_UNREAD)
    )
)


@dataclass(frozen=True, slots=True)
class Confirmed:
    """Who of the people one sees has confirmed a version, and who has not yet."""

    version: ContentVersion
    done: tuple[Confirmation, ...]
    missing: tuple[Employee, ...]


def to_confirm(*, user: User) -> list[Content]:
    """The policies whose present wording the user has still to confirm; none for who is no employee. One that takes
    effect later is there already: it is to be known by then."""
    if user.employee_id is None or not visible_to(user).may(Permission.SEE_LIBRARY):
        return []
    rows = _UNCONFIRMED(employee=user.employee_id, day=today_in_company())
    return [row for row in rows if concerns(user.employee, row)]


def concerns(employee: Employee | None, content: Content) -> bool:
    """Whether a person is among those whom the present wording of a policy is for."""
    if employee is None or content.current is None:
        return False
    audience = audience_of(content.current, content.kind)
    return audience is None or people_in(audience, today_in_company()).filter(pk=employee.pk).exists()


def confirm_policy(*, actor: User, version: ContentVersion) -> Confirmation:
    """The actor has read the present wording of a policy. Confirmed once; an older wording is refused."""
    permit(actor, Permission.SEE_LIBRARY)
    if actor.employee is None:
        raise NotVisibleError
    content = version.content
    if content.state != ContentState.PUBLISHED or not content.must_confirm:
        raise refuse("library.nothing_to_confirm", "version")
    if content.current_id != version.pk:
        raise refuse("library.newer_wording", "version")
    with write(actor=actor, verb="library.confirm_policy") as audit:
        row, is_new = Confirmation.objects.get_or_create(
            version=version, employee=actor.employee, defaults={"at": timezone.now()}
        )
        if is_new:
            audit.created(row)
        else:
            audit.unchanged()
    return row


def confirmations(*, user: User, content: Content, unit: Unit | None = None) -> Confirmed:
    """Who has confirmed a policy among those whom the user leads, of a unit and all below it when given."""
    sight = visible_to(user)
    sight.require(Permission.SEE_CONFIRMATIONS)
    if content.current is None or not content.must_confirm or content.state != ContentState.PUBLISHED:
        raise NotVisibleError
    people = sight.employees(Permission.SEE_CONFIRMATIONS)
    if unit is not None:
        if not sight.units(Permission.SEE_CONFIRMATIONS).filter(pk=unit.pk).exists():
            raise NotVisibleError
        inside = Membership.objects.on(sight.day).filter(unit__in=sight.within(unit)).values("employee")
        people = people.filter(pk__in=inside)
    people = people.filter(Q(left_on=None) | Q(left_on__gt=sight.day)).distinct()
    if (audience := audience_of(content.current)) is not None:
        people = people.filter(pk__in=people_in(audience, sight.day).values("pk"))
    done = Confirmation.objects.filter(version=content.current, employee__in=people.values("pk"))
    done = done.select_related("employee").order_by("at")
    missing = people.exclude(pk__in=done.order_by().values("employee"))
    return Confirmed(content.current, tuple(done), tuple(missing.order_by("number")))


def remind_to_confirm(*, actor: User, content: Content, unit: Unit | None = None) -> int:
    """Tell those who have not confirmed a policy yet, of the people whom the actor leads; how many were told.

    Who has the message unread already, or cannot sign in, is not told again.
    """
    missing = confirmations(user=actor, content=content, unit=unit).missing
    link = link_to(content)
    unread = InboxMessage.objects.filter(key=_REMINDER, link=link, read_at=None).values("recipient")
    users = User.objects.filter(employee__in=[one.pk for one in missing], is_active=True).exclude(pk__in=unread)
    told = list(users.exclude(pk=actor.pk))
    with write(actor=actor, verb="library.remind_to_confirm") as audit:
        tell(told, _REMINDER, content)
        if told:
            audit.note(
                content, {"reminded": [None, len(told)], "unit": [None, unit.code if unit is not None else None]}
            )
        else:
            audit.unchanged()
    return len(told)
