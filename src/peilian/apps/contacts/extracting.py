"""Extraction (提炼): a real conversation becomes the draft of a case or drill, once a person has looked at every word.

Whoever extracts sees the conversation and writes in the library. Nothing is stored before that person has confirmed;
what is stored of it is who, when, which messages and which spans. The draft holds neither the conversation's id nor a
hidden word.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.utils import timezone

from peilian.apps.base import api as base
from peilian.apps.contacts.extraction_models import Extraction
from peilian.apps.contacts.work import lake
from peilian.apps.library import api as library
from peilian.apps.people.api import NotVisibleError, Permission, Unit, UnitKind, User, roster_lines, visible_to
from peilian.engine._kernel import Fault, InputError, Param, Reason
from peilian.engine.conversation import Conversation
from peilian.engine.conversation.leftovers import KINDS, OPTIONAL, LeftoverKind, hidden, places_of
from peilian.engine.text.typed import cleaned
from peilian.flows.extracting.better import Wordings
from peilian.flows.extracting.cases import propose_case
from peilian.flows.extracting.differences import which_is_efficient
from peilian.flows.extracting.drills import propose_scenario
from peilian.flows.extracting.talks import review, spans_of, talk_of, texts_of
from peilian.flows.extracting.values import Kind, Proposal, Review, Talk, TooLittleError
from peilian.flows.wording import catalogue

EXTRACTION_KINDS: tuple[Kind, ...] = ("case", "scenario")
_MOST_WORDS, _LONGEST_WORD, _LONGEST_ANSWER = 300, 200, 2000


@dataclass(frozen=True)
class Wish:
    """What a person chose in the review. ``hidden`` are words with what they are (``None``: all that looks suspicious);
    ``known`` words to be looked for as well, such as names of shops; ``told`` the places of the messages by
    conversation; ``second`` makes a pair of a case, ``efficient`` says which one is (0, 1, ``None``: as estimated)."""

    kind: Kind = "case"
    hidden: Mapping[str, LeftoverKind] | None = None
    known: Mapping[str, LeftoverKind] = field(default_factory=dict)
    told: Mapping[str, Collection[int]] = field(default_factory=dict)
    second: str = ""
    efficient: int | None = None
    title: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Proposed:
    """What would be made: the review of each conversation, the words that are hidden, the draft (``None`` when too
    little is left), and which conversation of a pair is the efficient one."""

    reviews: tuple[Review, ...]
    hidden: Mapping[str, LeftoverKind]
    proposal: Proposal | None
    efficient: int = 0

    @property
    def seen(self) -> str:
        """What tells that the conversations are still those that were looked at."""
        return "".join(one.seen for one in self.reviews)

    def unseen(self, offered: Collection[str]) -> dict[str, LeftoverKind]:
        """Suspicious words that are not hidden although they were never ``offered`` to the person, as those of a second
        conversation are when it comes in."""
        return {
            one.word: one.kind
            for found in self.reviews
            for one in found.suspects
            if one.word not in offered and one.kind not in OPTIONAL and one.word not in self.hidden
        }


@dataclass(frozen=True, slots=True)
class ExtractionOrigin:
    """Where a draft comes from: who confirmed it and when, and those of its conversations that the reader may see."""

    confirmed_by: User
    confirmed_at: datetime
    n_hidden: int
    conversations: tuple[str, ...]


def may_extract(*, user: User) -> bool:
    """Whether the user may make drafts from conversations that it sees."""
    sight = visible_to(user)
    return sight.may(Permission.SEE_CONVERSATIONS) and sight.may(Permission.WRITE_LIBRARY)


def propose_extraction(*, user: User, conversation_id: str, wish: Wish | None = None) -> Proposed:
    """Show what would be made of a conversation, and store nothing. ``NotVisibleError`` when it is absent, not the
    user's to see, or the user does not write."""
    return _proposed(user, conversation_id, wish or Wish())


def start_extraction(
    *, actor: User, conversation_id: str, wish: Wish, seen: str, offered: Collection[str], is_confirmed: bool
) -> library.Draft:
    """Make the draft that was shown. ``seen`` is that of the proposal that the actor looked at, ``offered`` are the
    suspicious words that it was shown.

    ``InputError`` when the actor has not confirmed, the conversation has changed meanwhile, a suspicious word would be
    told that the actor was not shown, or too little is left; nothing is stored then.
    """
    proposed = _proposed(actor, conversation_id, wish)
    if seen != proposed.seen:
        raise _refuse("changed", "seen")
    if proposed.proposal is None:
        raise _refuse("too_little", "told")
    if proposed.unseen(offered):
        raise _refuse("unseen", "hidden")
    if not is_confirmed:
        raise _refuse("not_confirmed", "confirmed")
    body = proposed.proposal.body
    with base.write(actor=actor, verb="contacts.start_extraction") as audit:
        made = library.new_content(actor=actor, kind=wish.kind, key=body["key"], title=body["title"])
        draft = library.save_draft(actor=actor, draft=made, body=body, edition=made.edition)
        row = Extraction.objects.create(
            kind=wish.kind,
            draft=draft,
            conversations=[one.conversation.conversation_id for one in proposed.reviews],
            told=[sorted(_told(one, wish)) for one in proposed.reviews],
            hidden=[spans_of(one.conversation, proposed.hidden) for one in proposed.reviews],
            kept=_kept(proposed),
            confirmed_at=timezone.now(),
            confirmed_by=actor,
        )
        # The trail is read by people who may not see conversations: it tells what was hidden, not where it stood.
        spans = [span for each in row.hidden for span in each]
        noted = {"draft": draft.content.reference, "hidden": spans, "kept": row.kept}
        audit.note(row, {name: [None, value] for name, value in noted.items()})
    return draft


def extraction_of(*, user: User, draft: library.Draft) -> ExtractionOrigin | None:
    """Where a draft comes from; ``None`` when it was not made from a conversation. Conversations that ``user`` may not
    see are left out."""
    visible_to(user).require(Permission.WRITE_LIBRARY)
    row = Extraction.objects.select_related("confirmed_by").filter(draft=draft).first()
    if row is None:
        return None
    visible = tuple(found for found in row.conversations if _found(user, found) is not None)
    return ExtractionOrigin(row.confirmed_by, row.confirmed_at, sum(map(len, row.hidden)), visible)


def forget_erased() -> tuple[library.Content, ...]:
    """Take from the extractions the conversations from which a customer was erased since, and have what was made of
    them looked at again; returns those texts. Also finds what was erased without the database, by the command line."""
    rows = [row for row in Extraction.objects.all() if row.conversations]
    gone = lake().erased_among(found for row in rows for found in row.conversations)
    touched = [row.pk for row in rows if gone.intersection(row.conversations)]
    if not touched:
        return ()
    with base.write(actor=None, verb="contacts.forget_extractions") as audit:
        list(Extraction.objects.select_for_update().filter(pk__in=touched).order_by("pk"))
        rows = list(Extraction.objects.filter(pk__in=touched).order_by("pk").select_related("draft__content"))
        for row in rows:
            kept = [n for n, found in enumerate(row.conversations) if found not in gone]
            audit.note(row, {"n_conversations": [len(row.conversations), len(kept)]})
            for name in ("conversations", "told", "hidden"):
                setattr(row, name, [getattr(row, name)[n] for n in kept])
            row.save()
        found = {row.draft.content_id: row.draft.content for row in rows if _is_in_use(row.draft)}
        if found:
            words = catalogue()
            title, text = words["extraction.erased.title"], words["extraction.erased.text"]
            library.ask_revision(title=title, text=text, contents=found.values())
    return tuple(found.values())


def _is_in_use(draft: library.Draft) -> bool:
    """Whether a draft is read by anybody: it is being written, or has become a text."""
    return draft.is_open or draft.content.state != library.ContentState.NEW


def _proposed(user: User, conversation_id: str, wish: Wish) -> Proposed:
    visible_to(user).require(Permission.WRITE_LIBRARY)
    conversations = [_conversation(user, conversation_id)]
    if wish.kind not in EXTRACTION_KINDS:
        raise _refuse("unknown_kind", "kind", known=", ".join(EXTRACTION_KINDS))
    if wish.kind == "case" and wish.second:
        conversations.append(_second(user, wish.second, conversation_id))
    known = {**_staff_names(conversations), **_shop_names(), **dict(_words(wish.known))}
    reviews = tuple(review(one, known) for one in conversations)
    words = _hidden_words(wish, reviews)
    try:
        talks = [_talk(one, words, wish) for one in reviews]
    except TooLittleError:
        return Proposed(reviews, words, None)
    efficient = 0
    if len(talks) > 1:
        efficient = wish.efficient if wish.efficient in (0, 1) else which_is_efficient(*talks)
    key = _key(user, wish.kind)
    return Proposed(reviews, words, _proposal(talks, efficient, wish, words, key), efficient)


def _proposal(
    talks: list[Talk], efficient: int, wish: Wish, words: Mapping[str, LeftoverKind], key: str
) -> Proposal:  # fmt: skip
    """The draft. What a person types passes the same hiding as what was said."""
    title = hidden(cleaned(wish.title).strip()[:_LONGEST_WORD], words)
    answers = {
        name: hidden(cleaned(answer).strip()[:_LONGEST_ANSWER], words) for name, answer in wish.answers.items()
    }  # fmt: skip
    if wish.kind == "scenario":
        return propose_scenario(talks[0], key=key, title=title, answers=answers)
    other = talks[1 - efficient] if len(talks) > 1 else None
    return propose_case(talks[efficient], other, key=key, title=title, answers=answers)


def _talk(found: Review, words: Mapping[str, LeftoverKind], wish: Wish) -> Talk:
    return talk_of(
        found.conversation,
        words,
        chosen=_told(found, wish),
        zone=base.company_zone(),
        lexicons=library.lexicons_at_work(),
        wordings=Wordings(document for _, _, document in library.current_documents(kind="phrases")),
    )


def _told(found: Review, wish: Wish) -> Collection[int]:
    chosen = wish.told.get(found.conversation.conversation_id)
    return found.told if chosen is None else chosen


def _hidden_words(wish: Wish, reviews: tuple[Review, ...]) -> dict[str, LeftoverKind]:
    """What is hidden: what the person chose, and before it chose what looks suspicious and is no mere figure."""
    if wish.hidden is not None:
        return dict(_words(wish.hidden))
    suspects = [one for found in reviews for one in found.suspects]
    return {one.word: one.kind for one in suspects if one.kind not in OPTIONAL}


def _words(words: Mapping[str, LeftoverKind]) -> Iterator[tuple[str, LeftoverKind]]:
    """Words as they are looked for: without space around them; one character alone would hide half of a text."""
    if len(words) > _MOST_WORDS:
        raise _refuse("too_many_words", "hidden", limit=_MOST_WORDS)
    for word, kind in words.items():
        plain = cleaned(word).strip()
        if 1 < len(plain) <= _LONGEST_WORD and kind in KINDS:
            yield plain, kind


def _kept(proposed: Proposed) -> dict[str, int]:
    """How much of what looked suspicious stayed, by kind."""
    kept: Counter[str] = Counter()
    for found in proposed.reviews:
        for one in found.suspects:
            if one.word not in proposed.hidden:
                kept[one.kind] += one.n
    return dict(kept)


def _conversation(user: User, conversation_id: str) -> Conversation:
    found = _found(user, conversation_id)
    if found is None:
        raise NotVisibleError
    return found


def _second(user: User, second: str, first: str) -> Conversation:
    if second == first:
        raise _refuse("same_conversation", "second")
    found = _found(user, second)
    if found is None:
        raise _refuse("no_such_conversation", "second", name=second[:80])
    return found


def _found(user: User, conversation_id: str) -> Conversation | None:
    return lake().conversation(conversation_id, visible=visible_to(user).lake(Permission.SEE_CONVERSATIONS))


def _staff_names(conversations: Collection[Conversation]) -> dict[str, LeftoverKind]:
    """Names of the staff that stand in these conversations, and short ones of those who took part: 雨桐 is 谢雨桐."""
    text = "\n".join(text for one in conversations for _, text in texts_of(one))
    accounts = {account for one in conversations for account in one.agents}
    names: dict[str, None] = {}
    for line in roster_lines():
        names[line.employee] = None
        if line.account in accounts and len(line.employee) == 3 and not line.employee.isascii():
            names[line.employee[1:]] = None
    there = {word for _, _, word in places_of(text, [name for name in names if len(name) > 1])}
    return {name: "name" for name in names if name in there}


def _shop_names() -> dict[str, LeftoverKind]:
    """Names of the company and its shops."""
    names = [*base.company().name.values()]
    for unit in Unit.objects.filter(kind=UnitKind.SHOP):
        names += unit.name.values()
    return {name: "company" for name in names if isinstance(name, str) and len(name) > 1}


def _key(user: User, kind: Kind) -> str:
    """A key that no text has yet: own/case-20261122-1."""
    prefix = f"own/{kind}-{base.today_in_company():%Y%m%d}-"
    states = library.ContentState.values
    taken = set(library.browse(user=user, kinds=(kind,), states=states).values_list("key", flat=True))
    number = next(n for n in range(1, len(taken) + 2) if f"{prefix}{n}" not in taken)
    return f"{prefix}{number}"


def _refuse(key: str, field: str, **params: Param) -> InputError:
    return InputError(Fault(Reason(f"extraction.refused.{key}", params), field=field))
