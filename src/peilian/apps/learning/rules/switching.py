"""Switching rules on and off, looking at whom they reach, and running them (分派规则的启用与运行)."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Count

from peilian.apps.base import api as base
from peilian.apps.base.api import company_zone, refuse, send, today_in_company, write
from peilian.apps.learning import clock
from peilian.apps.learning.curriculum.texts import in_force
from peilian.apps.learning.exams.sittings import current_exam
from peilian.apps.learning.models import RuleEvent, RuleEventKind, RuleServing, RuleSwitch
from peilian.apps.learning.rules.gathering import RuleText, rule_texts
from peilian.apps.learning.rules.serving import Judged, Served, judged, present_people, serve
from peilian.apps.library import api as library
from peilian.apps.people.api import Employee, Membership, NotVisibleError, Permission, StageEntry, User, visible_to
from peilian.engine._kernel import Fault, InputError, Reason, Text

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from peilian.apps.people.api import Sight

RULE_JOB = "learning.apply_rule"
_UNDER_WAY = ("queued", "running")
_MOST_FAILED = 50
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RuleLine:
    """A rule as it stands. ``state``: ``on``, ``off``, ``waits`` (on, but a newer version is in force that nobody has
    looked at), ``gone`` (on, but no longer in force). ``text`` is ``None`` for one that is gone; ``n_served`` how often
    it gave something; ``problem`` why what it assigns cannot be assigned now."""

    key: str
    text: RuleText | None
    switch: RuleSwitch | None
    n_served: int = 0
    problem: Reason | None = None

    @property
    def state(self) -> str:
        """Whether it runs."""
        if self.switch is None or not self.switch.is_on:
            return "off"
        if self.text is None:
            return "gone"
        return "on" if self.switch.version_id == self.text.version.pk else "waits"

    @property
    def title(self) -> Mapping[str, str]:
        """What it is called."""
        return self.text.title if self.text is not None else {"zh": self.key}


@dataclass(frozen=True, slots=True)
class RulePreview:
    """Whom a rule reaches on a day, of the people whom the reader may assign training to."""

    line: RuleLine
    people: tuple[Judged, ...]
    may_run: bool

    def of(self, outcome: str) -> list[Judged]:
        """Those of one outcome."""
        return [one for one in self.people if one.verdict.outcome == outcome]


def may_run_rules(user: User) -> bool:
    """Whether somebody switches rules on and off: who may assign training to the whole company."""
    return visible_to(user).reaches_company(Permission.ASSIGN_TRAINING)


def rules(*, user: User) -> list[RuleLine]:
    """Every rule, those that run first; no more queries for more rules that can assign what they say."""
    visible_to(user).require(Permission.ASSIGN_TRAINING)
    switches = {one.rule: one for one in RuleSwitch.objects.select_related("version", "changed_by")}
    counted = RuleServing.objects.order_by().values("rule").annotate(n=Count("pk")).values_list("rule", "n")
    n_served, texts = dict(counted), {one.key: one for one in rule_texts()}
    given = _to_be_assigned(texts.values())
    keys = [*texts, *(key for key, one in switches.items() if one.is_on and key not in texts)]
    found = [
        RuleLine(
            key, text, switches.get(key), n_served.get(key, 0),
            None if text is not None and text.document.assigns in given else _problem(text),
        )
        for key, text in ((key, texts.get(key)) for key in keys)
    ]  # fmt: skip
    return sorted(found, key=lambda one: (one.state == "off", one.key))


def rule_line(*, user: User, key: str) -> RuleLine:
    """One rule; ``NotVisibleError`` when there is none or the user does not assign training."""
    for one in rules(user=user):
        if one.key == key:
            return one
    raise NotVisibleError


def preview_rule(*, user: User, key: str) -> RulePreview:
    """Whom a rule in force would give what today, and why; whom not, and why not. Of the people to whom the user may
    assign training and whose record the user may see; nothing is changed."""
    line, sight = rule_line(user=user, key=key), visible_to(user)
    if line.text is None:
        raise NotVisibleError
    sight.require(Permission.SEE_RECORD)
    people = _reached(sight).exclude(left_on__lte=sight.day).distinct().order_by("number")
    found = judged(line.text, list(people), sight.day)
    return RulePreview(line, tuple(found), may_run_rules(user))


def rule_events(*, user: User, key: str) -> QuerySet[RuleEvent]:
    """What happened to a rule, the latest first."""
    visible_to(user).require(Permission.ASSIGN_TRAINING)
    return RuleEvent.objects.filter(rule=key).select_related("actor", "version")


def rule_servings(*, user: User, key: str) -> QuerySet[RuleServing]:
    """What a rule gave whom, the latest first; of the people to whom the user may assign training and whose record the
    user may see."""
    sight = visible_to(user)
    sight.require(Permission.ASSIGN_TRAINING)
    rows = RuleServing.objects.filter(rule=key, employee__in=_reached(sight).values("pk"))
    return rows.select_related("employee", "assignment")


def switch_rule_on(*, actor: User, key: str, number: str) -> RuleSwitch:
    """Have a rule run from now on, by the version ``number`` that one has looked at. Refused when another one is in
    force by now, or when what it assigns cannot be assigned."""
    _check(actor)
    with write(actor=actor, verb="learning.switch_rule_on") as audit:
        text = _text(key)
        if str(text.version.number) != number:
            raise refuse("rule.newer_in_force", "number")
        if (problem := _problem(text)) is not None:
            raise InputError(Fault(problem))
        row = _switch(key, actor)
        if row.is_on and row.version_id == text.version.pk:
            audit.unchanged()
            return row
        before = {"is_on": row.is_on, "version": row.version}
        row.is_on, row.version, row.changed_at, row.changed_by, row.mark = True, text.version, clock.now(), actor, ""
        row.save()
        audit.changed(row, **before)
        audit.created(_event(row, RuleEventKind.ON, actor))
    return row


def switch_rule_off(*, actor: User, key: str) -> RuleSwitch:
    """Have a rule give nothing any more; what it gave stays."""
    _check(actor)
    with write(actor=actor, verb="learning.switch_rule_off") as audit:
        row = RuleSwitch.objects.select_for_update().filter(rule=key).first()
        if row is None:
            raise NotVisibleError
        if not row.is_on:
            audit.unchanged()
            return row
        row.is_on, row.changed_at, row.changed_by = False, clock.now(), actor
        row.save()
        audit.changed(row, is_on=True)
        audit.created(_event(row, RuleEventKind.OFF, actor))
    return row


def start_rule(*, actor: User, key: str) -> base.Job:
    """Run a rule now, in the background; a second click gets the job of the first."""
    _check(actor)
    with write(actor=actor, verb="learning.start_rule") as audit:
        audit.unchanged()
        row = RuleSwitch.objects.select_for_update().filter(rule=key).first()
        text = _text(key)
        if row is None or not row.is_on:
            raise refuse("rule.is_off")
        if row.version_id != text.version.pk:
            raise refuse("rule.newer_in_force")
        under_way = rule_jobs(key).filter(state__in=_UNDER_WAY).first()
        return under_way or base.start_job(actor=actor, kind=RULE_JOB, parameters={"rule": key}, subject=key)


def rule_jobs(key: str) -> QuerySet[base.Job]:
    """The runs of a rule that somebody asked for, the latest first."""
    return base.jobs_of(RULE_JOB, key)


@base.handlers.register(RULE_JOB)
def run_in_background(context: base.JobContext) -> Mapping[str, Any]:
    """Run one rule."""
    key = str(context.parameters["rule"])
    if context.actor is not None:
        _check(context.actor)
    context.progress(0, None, RULE_JOB)

    def tell(done: int, total: int) -> bool:
        context.progress(done, total, RULE_JOB)
        return context.is_cancelled()

    found = _run(_text(key), context.actor, tell, is_asked=True)
    return {"assigned": len(found.given), "failed": len(found.failed)}


def apply_rules_due() -> int:
    """Run each rule that is switched on once a day, and again when people were added or moved; returns how many got
    something. One rule's failure keeps none of the others back."""
    n, mark = 0, _mark()
    texts = {one.key: one for one in rule_texts()}
    for row in RuleSwitch.objects.filter(is_on=True):
        text = texts.get(row.rule)
        try:
            if text is None:
                continue
            if row.version_id != text.version.pk:
                _wait(row, text)
            elif row.mark != mark or row.last_run_at is None or _is_of_former_day(row.last_run_at):
                n += len(_run(text, None, None).given)
        except Exception:
            log.exception("rule %s could not be run", row.rule)
    return n


def _run(text: RuleText, actor: User | None, tell: Any, *, is_asked: bool = False) -> Served:
    mark = _mark()
    found = serve(text, present_people(today_in_company()), tell)
    report = {
        "given": len(found.given),
        "failed": [
            {"employee": str(pk), "key": reason.key, "params": dict(reason.params)}
            for pk, reason in found.failed[:_MOST_FAILED]
        ],
        "n_failed": len(found.failed),
    }  # fmt: skip
    with base.bookkeeping():
        row = RuleSwitch.objects.select_for_update().get(rule=text.key)
        row.last_run_at, row.last_report = clock.now(), report
        row.mark = "" if found.was_stopped else mark
        row.save(update_fields=["last_run_at", "last_report", "mark"])
        if is_asked or found.given or found.failed:
            _event(row, RuleEventKind.RUN, actor, report)
    return found


def _wait(row: RuleSwitch, text: RuleText) -> None:
    """Tell who switched it on that a newer version waits to be looked at; once a version."""
    if RuleEvent.objects.filter(rule=row.rule, version=text.version, kind=RuleEventKind.WAITS).exists():
        return
    with write(actor=None, verb="learning.rule_waits") as audit:
        RuleSwitch.objects.select_for_update().get(pk=row.pk)
        if RuleEvent.objects.filter(rule=row.rule, version=text.version, kind=RuleEventKind.WAITS).exists():
            audit.unchanged()
            return
        event = RuleEvent(rule=row.rule, version=text.version, kind=RuleEventKind.WAITS, at=clock.now())
        event.save(force_insert=True)
        audit.created(event)
        for user in _runners(row):
            title = Text(text.title.get("zh"), text.title.get("en")).in_language(user.reading_language)
            send(
                recipient=user,
                key="inbox.rule_waits",
                params={"title": title},
                link=f"/team/learning/rules/{row.rule}/",
            )


def _runners(row: RuleSwitch) -> list[User]:
    """Who switched it on, if still here and still allowed to; else everybody who may."""
    user = row.changed_by
    if user is not None and user.is_active and may_run_rules(user):
        return [user]
    return [
        one
        for one in User.objects.filter(is_active=True, grants__role="training_manager").distinct()
        if may_run_rules(one)
    ]


def _reached(sight: Sight) -> QuerySet[Employee]:
    """Of whom one may learn what a rule does, and by what."""
    return sight.employees(Permission.ASSIGN_TRAINING).filter(
        pk__in=sight.employees(Permission.SEE_RECORD).values("pk")
    )  # fmt: skip


def _check(actor: User) -> None:
    if not may_run_rules(actor):
        raise NotVisibleError


def _text(key: str) -> RuleText:
    for one in rule_texts():
        if one.key == key:
            return one
    raise NotVisibleError


def _to_be_assigned(texts: Iterable[RuleText]) -> frozenset[str]:
    """What is in force of the kinds that these rules assign, as ``kind:key``."""
    kinds = {text.document.assigns.partition(":")[0] for text in texts}
    return frozenset(f"{kind}:{one.key}" for kind in kinds for one in library.in_force(kind=kind))


def _problem(text: RuleText | None) -> Reason | None:
    """Why what it assigns cannot be assigned now."""
    if text is None:
        return Reason("rule.gone")
    kind, _colon, key = text.document.assigns.partition(":")
    try:
        if kind == "exam":
            current_exam(key)
        else:
            in_force(text.document.assigns)
    except InputError as error:
        return error.faults[0].reason
    return None


def _switch(key: str, actor: User) -> RuleSwitch:
    made = {"changed_at": clock.now(), "changed_by": actor}
    RuleSwitch.objects.get_or_create(rule=key, defaults=made)
    row: RuleSwitch = RuleSwitch.objects.select_for_update().get(rule=key)
    return row


def _event(
    row: RuleSwitch, kind: RuleEventKind, actor: User | None, report: Mapping[str, Any] | None = None
) -> RuleEvent:
    event = RuleEvent(
        rule=row.rule, version=row.version, kind=kind, at=clock.now(), actor=actor, report=dict(report or {})
    )  # fmt: skip
    event.save(force_insert=True)
    return event


def _is_of_former_day(at: datetime) -> bool:
    return at.astimezone(company_zone()).date() < today_in_company()


def _mark() -> str:
    """What the directory of people looks like: it changes when somebody is added, placed or comes to a stage."""
    found = []
    for model in (Employee, Membership, StageEntry):
        told = model.objects.aggregate(n=Count("pk"))
        last = model.objects.order_by("-pk").values_list("pk", flat=True).first()
        found.append(f"{told['n']}:{str(last)[:23]}")
    return "|".join(found)
