"""What a search finds, in groups. Everything passes the gate: what one may not see is not found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from django.db.models import Q
from django.http import HttpRequest, QueryDict
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from peilian.apps.contacts import api as contacts
from peilian.apps.learning import api as learning
from peilian.apps.library import api as library
from peilian.apps.people.api import Permission
from peilian.engine._kernel import Language
from peilian.web.conversations.listing import Talk, talks_of
from peilian.web.conversations.staff import Staff
from peilian.web.insight.tabs import TABS
from peilian.web.library.editor_words import kind_name
from peilian.web.record.drills import all_drills
from peilian.web.shell.access import sight_of, user_of
from peilian.web.shell.formats import format_moment
from peilian.web.shell.navigation import PLACES

MOST = 6
_SHORTEST_TEXT = 1


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing that was found."""

    label: str
    href: str
    icon: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Hits of one kind."""

    name: str
    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class Command:
    """A page or a ready question that has an address. Words are what else people call it, in either language."""

    url_name: str
    label: str | Promise
    icon: str
    permissions: frozenset[Permission] = frozenset()
    query: str = ""
    words: str = ""


P = Permission
COMMANDS = (
    *(Command(place.url_name, place.label, place.icon, place.opened_by, words=place.url_name) for place in PLACES),
    *(Command(tab.url_name, tab.label, "chart-line", tab.opened_by, words=tab.url_name) for tab in TABS),
    Command(
        "import_start",
        gettext_lazy("Import conversations"),
        "upload",
        frozenset({P.IMPORT}),
        words="导入 import upload",
    ),
    Command(
        "conversations",
        gettext_lazy("Conversations with a complaint"),
        "flag",
        frozenset({P.SEE_CONVERSATIONS}),
        query="complaint=on",
        words="投诉 complaint",
    ),
    Command(
        "conversations",
        gettext_lazy("Conversations without an answer"),
        "clock",
        frozenset({P.SEE_CONVERSATIONS}),
        query="unanswered=on",
        words="未回复 无人 unanswered",
    ),
    Command(
        "conversations",
        gettext_lazy("Conversations with a fault"),
        "alert-circle",
        frozenset({P.SEE_CONVERSATIONS}),
        query="found=fault",
        words="失误 fault",
    ),
    Command("own_radar", gettext_lazy("My radar"), "chart-radar", frozenset({P.SEE_RECORD}), words="雷达 能力 radar"),
    Command(
        "daily_round",
        gettext_lazy("Five minutes a day"),
        "clock",
        frozenset({P.SEE_RECORD}),
        words="每日五分钟 复习 quiz",
    ),
    Command("own_runs", gettext_lazy("My drills so far"), "history", frozenset({P.SEE_RECORD}), words="演练 drill"),
    Command("handbook", gettext_lazy("My handbook"), "bookmark", words="手册 笔记 shouce handbook notes"),
    Command("handbook_new", gettext_lazy("Write a note in my handbook"), "edit", words="手册 笔记 shouce note"),
    Command(
        "team_radar", gettext_lazy("Radar of the team"), "chart-radar", frozenset({P.RAISE_NEEDS}), words="雷达 radar"
    ),
    Command(
        "team_needs", gettext_lazy("Gaps and needs"), "target-arrow", frozenset({P.RAISE_NEEDS}), words="需求 need"
    ),
    Command(
        "team_runs", gettext_lazy("Drills of the team"), "messages", frozenset({P.RAISE_NEEDS}), words="演练 drill"
    ),
    Command("assign", gettext_lazy("Assign a drill"), "calendar-event", frozenset({P.ASSIGN_TRAINING}), words="assign"),
)


def groups_of(request: HttpRequest, words: str, language: Language) -> list[Group]:
    """Pages and commands, people, texts, conversations; groups without a hit are left out."""
    makers: Iterable[tuple[str, Callable[[], Iterator[Hit]]]] = (
        (_("Pages and commands"), lambda: _commands(request, words)),
        (_("People"), lambda: _people(request, words)),
        (_("My handbook"), lambda: _handbook(request, words)),
        (_("Drills"), lambda: _drills(request, words)),
        (_("Texts"), lambda: _texts(request, words, language)),
        (_("Conversations"), lambda: _conversations(request, words, language)),
    )
    found = (Group(name, tuple(make())) for name, make in makers)
    return [group for group in found if group.hits]


def _commands(request: HttpRequest, words: str) -> Iterator[Hit]:
    sight, wanted, seen = sight_of(request), words.casefold(), 0
    for command in COMMANDS:
        if command.permissions and not any(map(sight.may, command.permissions)):
            continue
        if wanted not in f"{command.label} {command.words}".casefold():
            continue
        try:
            href = reverse(command.url_name)
        except NoReverseMatch:
            continue
        yield Hit(str(command.label), f"{href}?{command.query}" if command.query else href, command.icon)
        seen += 1
        if seen == MOST:
            return


def _people(request: HttpRequest, words: str) -> Iterator[Hit]:
    sight = sight_of(request)
    if not words or not sight.may(P.SEE_PEOPLE):
        return
    named = Q(name__icontains=words) | Q(number__icontains=words) | Q(accounts__account__icontains=words)
    rows = sight.employees(P.SEE_PEOPLE).filter(named).distinct().prefetch_related("memberships__unit", "accounts")
    for row in rows[:MOST]:
        units = [str(each.unit) for each in row.memberships.all() if each.ends_on is None]
        accounts = [each.account for each in row.accounts.all()]
        yield Hit(row.name, _person(str(row.pk), accounts), "user", " · ".join([*units[:1], row.number]))


def _person(pk: str, accounts: list[str]) -> str:
    """The page of a person, else the conversations of the account."""
    try:
        return reverse("person", args=[pk])
    except NoReverseMatch:
        return f"{reverse('conversations')}?{urlencode({'agent': accounts[-1]} if accounts else {})}"


def _drills(request: HttpRequest, words: str) -> Iterator[Hit]:
    if not words or user_of(request).employee_id is None:
        return
    wanted = words.casefold()
    found = [drill for drill in all_drills() if wanted in drill.title.casefold()]
    for drill in found[:MOST]:
        yield Hit(drill.title, reverse("drill_start", args=[drill.key]), "player-play")


def _handbook(request: HttpRequest, words: str) -> Iterator[Hit]:
    user = user_of(request)
    if not words or user.employee_id is None or not user.has_a_role:
        return
    for row in learning.handbook_of(user=user, words=words).entries[:MOST]:
        yield Hit(row.title, reverse("handbook_entry", args=[row.pk]), "bookmark", row.heading)


def _texts(request: HttpRequest, words: str, language: Language) -> Iterator[Hit]:
    if not words or not sight_of(request).may(P.SEE_LIBRARY):
        return
    found = library.search(user=user_of(request), query=words, limit=MOST, language=language)
    for item in found.items:
        content = item.content
        href = reverse("library_text", args=[content.kind, content.key])
        yield Hit(content.name.in_language(language) or content.key, href, "book-2", kind_name(content.kind))
    if found.total > len(found.items):
        label = ngettext("All %(n)s text with these words", "All %(n)s texts with these words", found.total)
        query = urlencode({"q": found.meant or words})
        yield Hit(label % {"n": found.total}, f"{reverse('library')}?{query}", "list-check")


def _conversations(request: HttpRequest, words: str, language: Language) -> Iterator[Hit]:
    if len(words) <= _SHORTEST_TEXT or not sight_of(request).may(P.SEE_CONVERSATIONS):
        return
    user, staff = user_of(request), Staff.today()
    named = contacts.conversation(user=user, conversation_id=words)
    if named is not None:
        yield Hit(words, reverse("conversation", args=[words]), "message-circle", named.conversation.topic or "")
    page = contacts.conversations(user=user, question=contacts.ConversationFilter(text=words), limit=MOST)
    query = QueryDict(urlencode({"q": words}))
    for talk in talks_of(page.items, staff, language, query=query):
        yield Hit(talk.opening or talk.conversation_id, talk.href, "message-circle", _detail(talk, language))
    if page.total > len(page.items):
        label = ngettext(
            "All %(n)s conversation with these words", "All %(n)s conversations with these words", page.total
        )
        yield Hit(label % {"n": page.total}, f"{reverse('conversations')}?{query.urlencode()}", "list-check")


def _detail(talk: Talk, language: Language) -> str:
    when = format_moment(talk.started_at, language, timezone.localtime()) if talk.started_at else ""
    return " · ".join(part for part in (when, *talk.agents[:1]) if part)
