"""From a conversation to the draft of a case (会话做成案例): what happened, what helped, what harmed, what to ask."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from peilian.adapters import packs
from peilian.adapters.packs.competency import CompetencyModelDocument
from peilian.engine._kernel import Param, Reason
from peilian.engine.conversation import Role
from peilian.engine.reading.values import Finding, MessageReading
from peilian.flows.extracting.differences import differences_of, minutes_of
from peilian.flows.extracting.subject import subject_of
from peilian.flows.extracting.values import Gap, Proposal, Talk, Why
from peilian.flows.extracting.wordings import both, ended, short, text, told
from peilian.flows.wording import say

_GOOD = (
    "empathise", "paraphrase", "ask", "time", "done", "follow_up", "own", "solve", "explain", "alternative",
    "compensate",
)  # fmt: skip
_ONLY_IF_WELCOME = frozenset({"alternative", "compensate", "explain", "own"})
_MOST_GOOD, _MOST_BAD = 3, 4
_QUOTE = 48
_UPSET, _EASED = -0.3, 0.15
_MOST_COMPETENCIES = 4
_ROLES: Mapping[Role, Literal["customer", "agent", "supervisor", "system"]] = {
    Role.CUSTOMER: "customer",
    Role.AGENT: "agent",
    Role.SUPERVISOR: "supervisor",
    Role.BOT: "system",
    Role.SYSTEM: "system",
}


@dataclass(frozen=True)
class _Point:
    """Something to learn from one message."""

    i: int
    finding: Finding
    is_good: bool


def propose_case(
    talk: Talk, other: Talk | None = None, *, key: str, title: str = "", answers: Mapping[str, str] | None = None
) -> Proposal:
    """The draft of a case. With ``other``, ``talk`` is the efficient and ``other`` the inefficient one of a pair.

    ``answers`` are what an earlier proposal asked for: lessons, how it ended, better wording.
    """
    given = {name: told(words, talk.language) for name, words in (answers or {}).items() if words.strip()}
    telling = _Telling(talk, "" if other is None else "efficient", given)
    tellings = [telling] if other is None else [telling, _Telling(other, "inefficient", given)]
    language = talk.language
    lessons = [ended(line.strip(), language) for line in given.get("lesson", "").splitlines() if line.strip()]
    questions = [] if other is not None else _questions(talk)
    body: dict[str, Any] = {
        "kind": "case",
        "schema_version": 1,
        "key": key,
        "title": text(language, told(title, language) or subject_of(talk)),
        "form": "pair" if other is not None else _form(talk),
        "background": text(language, _background(talk)),
        "competencies": _competencies(tellings),
        "tags": [told(talk.conversation.topic, language)[:40]] if talk.conversation.topic else [],
        "sources": [both("extraction.case.source")],
        "lessons": [text(language, line) for line in lessons],
        "questions": [text(language, one) for one in questions],
    }
    channel = talk.conversation.channel
    if channel in ("chat", "phone", "email", "social", "community", "short_video", "onsite"):
        body["channels"] = [channel]
    whys = [why for one in tellings for why in one.whys()]
    if other is None:
        body["telling"] = telling.body()
    else:
        body["efficient"], body["inefficient"] = (one.body() for one in tellings)
        body["differences"] = differences_of(talk, other)
    if questions:
        whys.append(Why("questions", Reason("extraction.why.grey")))
    return Proposal(
        "case", {name: value for name, value in body.items() if value != []}, tuple(whys), tuple(_gaps(tellings, given))
    )


class _Telling:
    """One conversation of a case: its messages with what they show."""

    def __init__(self, talk: Talk, name: str, answers: Mapping[str, str]) -> None:
        self.talk = talk
        self.name = name or "telling"
        self.answers = answers
        self.points = _points(talk, wants_good=name != "inefficient", wants_bad=name != "efficient")

    def body(self) -> dict[str, Any]:
        marks = {point.i: n for n, point in enumerate(self.points, start=1)}
        messages = self.talk.conversation.messages
        first = messages[0].at_ms
        found: dict[str, Any] = {
            "messages": [
                {
                    "role": _ROLES[message.role],
                    "text": text(self.talk.language, told(message.text, self.talk.language)),
                    **({"at_seconds": (message.at_ms - first) // 1000} if message.at_ms is not None and first else {}),
                    **({"mark": marks[i]} if i in marks else {}),
                }
                for i, message in enumerate(messages)
            ],
            "points": [self.point(point) for point in self.points],
        }
        if (minutes := minutes_of(self.talk)) is not None:
            found["minutes"] = minutes
        if result := self.result():
            found["result"] = text(self.talk.language, result)
        return found

    def point(self, point: _Point) -> dict[str, Any]:
        language, finding = self.talk.language, point.finding
        name, why = (say(Reason(f"finding.{finding.key}.{part}"), language) for part in ("name", "why"))
        quote = short(told(self.talk.conversation.messages[point.i].text, language), _QUOTE)
        what = say(Reason("extraction.case.point", {"name": name, "quote": quote}), language)
        if not point.is_good:
            means = say(Reason(f"finding.{finding.key}.means"), language)
            wording = self.answers.get(self.wording_key(point)) or _found_wording(self.talk, point)
            said = say(Reason("extraction.case.better", {"wording": wording}), language) if wording else ""
            why = ("" if language == "zh" else " ").join(part for part in (means, why, said) if part)
        return {"what": text(language, what), "why": text(language, why), "is_good": point.is_good}

    def wording_key(self, point: _Point) -> str:
        return f"wording.{self.name}.{self.talk.places[point.i]}"

    def result(self) -> str:
        """How it ended, as far as the source tells; the rest a person adds."""
        if answer := self.answers.get(f"result.{self.name}"):
            return ended(answer, self.talk.language)
        conversation, parts = self.talk.conversation, []
        if conversation.is_resolved is not None:
            parts.append("extraction.case.resolved" if conversation.is_resolved else "extraction.case.unresolved")
        if conversation.has_complaint:
            parts.append("extraction.case.complaint")
        said = [say(Reason(part), self.talk.language) for part in parts]
        if conversation.csat is not None:
            params: dict[str, Param] = {"rating": f"{conversation.csat:g}", "most": f"{conversation.csat_max or 5:g}"}
            said.append(say(Reason("extraction.case.rating", params), self.talk.language))
        return ("" if self.talk.language == "zh" else " ").join(said)

    def whys(self) -> Iterator[Why]:
        for n, point in enumerate(self.points):
            params: dict[str, Param] = {"number": self.talk.number(point.i)}
            key = "extraction.why.helped" if point.is_good else "extraction.why.harmed"
            yield Why(f"{self.name}.points.{n}", Reason(key, params), (self.talk.places[point.i],))


def _points(talk: Talk, *, wants_good: bool, wants_bad: bool) -> list[_Point]:
    """What helped most and what harmed, in order of message; one point a message, each finding once."""
    reads = talk.reading.messages
    good = [point for key in _GOOD if (point := _best_of(key, reads)) is not None] if wants_good else []
    bad: dict[str, _Point] = {}
    for read in reads if wants_bad else ():
        for finding in read.findings:
            if finding.kind in ("fault", "issue"):
                bad.setdefault(finding.key, _Point(_answer_of(read.i, reads, finding), finding, False))
    faults_first = sorted(bad.values(), key=lambda point: point.finding.kind != "fault")[:_MOST_BAD]
    best = sorted(good, key=lambda point: -_relief(point.i, reads))
    chosen: dict[int, _Point] = {point.i: point for point in reversed(faults_first)}
    for point in best:
        if sum(one.is_good for one in chosen.values()) < _MOST_GOOD:
            chosen.setdefault(point.i, point)
    return [chosen[i] for i in sorted(chosen)]


def _best_of(key: str, reads: Sequence[MessageReading]) -> _Point | None:
    """The message that shows a move and after which the customer felt better than before, most of all."""
    found = [
        _Point(read.i, finding, True)
        for read in reads
        if not read.of_kind("fault") and not read.of_kind("issue")
        for finding in read.findings
        if finding.key == key and _was_welcome(key, read.i, reads)
    ]
    return max(found, key=lambda point: (_relief(point.i, reads), -point.i), default=None)


def _relief(i: int, reads: Sequence[MessageReading]) -> float:
    """How much better the customer felt after message ``i`` than before."""
    before = [read.emotion.valence for read in reads[max(0, i - 3) : i] if read.emotion is not None]
    after = [read.emotion.valence for read in reads[i + 1 : i + 4] if read.emotion is not None]
    return round(after[0] - before[-1], 2) if before and after else 0.0


def _was_welcome(key: str, i: int, reads: Sequence[MessageReading]) -> bool:
    """Whether the customer took it well; of some moves it is enough that nobody was upset by them."""
    return _relief(i, reads) > 0 or (key not in _ONLY_IF_WELCOME and _is_calm(i, reads))


def _is_calm(i: int, reads: Sequence[MessageReading]) -> bool:
    """Whether the next words of the customer after message ``i`` are not upset."""
    after = (read.emotion.valence for read in reads[i + 1 : i + 4] if read.emotion is not None)
    return next(after, 0.0) > _UPSET


def _answer_of(i: int, reads: Sequence[MessageReading], finding: Finding) -> int:
    """The message of the agent that a finding concerns: where the customer repeats a question, the answer before."""
    if finding.key != "customer_repeats":
        return i
    return next((read.i for read in reversed(reads[:i]) if read.is_answer), i)


def _found_wording(talk: Talk, point: _Point) -> str:
    messages = talk.conversation.messages
    before = next((m.text for m in reversed(messages[: point.i]) if m.is_customer), "")
    found = talk.wordings.better(point.finding.key, messages[point.i].text, before, talk.language)
    return found.text if found is not None else ""


def _form(talk: Talk) -> str:
    if talk.conversation.has_complaint:
        return "complaint"
    is_smooth = not any(read.of_kind("fault") or read.of_kind("issue") for read in talk.reading.messages)
    label = talk.reading.satisfaction.label if talk.reading.satisfaction is not None else None
    return "success" if is_smooth or label == "satisfied" else "improvement"


def _background(talk: Talk) -> str:
    """What it was about, how it came, and how long it took."""
    language, conversation = talk.language, talk.conversation
    params: dict[str, Param] = {"subject": subject_of(talk), "messages": len(conversation.messages)}
    parts = [say(Reason("extraction.case.background", params), language)]
    feelings = [(read.i, read.emotion) for read in talk.reading.messages if read.emotion is not None]
    worst = min(feelings, key=lambda pair: pair[1].valence, default=None)
    if worst is not None and worst[1].valence <= _UPSET:
        parts.append(say(Reason("extraction.case.upset", {"number": worst[0] + 1}), language))
    if feelings and worst is not None and feelings[-1][1].valence >= _EASED > _UPSET >= worst[1].valence:
        parts.append(say(Reason("extraction.case.eased"), language))
    return ("" if language == "zh" else " ").join(parts)


def _questions(talk: Talk) -> list[str]:
    """What to discuss where a wish was refused and the customer held on to it: there may be no one right answer."""
    reads = talk.reading.messages
    refused = [read.i for read in reads if read.is_answer and read.has("refuse")]
    if not refused:
        return []
    after = [read for read in reads[refused[0] + 1 :] if read.emotion is not None]
    insists = any(read.has("customer_repeats") or not _is_eased(read) for read in after)
    keys = ["extraction.case.question_limit", "extraction.case.question_other"] if insists else []
    return [say(Reason(key, {"number": refused[0] + 1}), talk.language) for key in keys]


def _is_eased(read: MessageReading) -> bool:
    return read.emotion is None or read.emotion.valence > _UPSET


@cache
def _feeds() -> Mapping[str, tuple[str, ...]]:
    """Competencies by finding."""
    found: dict[str, tuple[str, ...]] = {}
    for item in packs.load("competency-model"):
        assert isinstance(item.document, CompetencyModelDocument)
        for competency in item.document.competencies:
            for feed in competency.findings:
                _, _, key = feed.finding.partition(":")
                found[key] = (*found.get(key, ()), competency.key)
    return found


def _competencies(tellings: Sequence[_Telling]) -> list[str]:
    """The competencies that its points speak for, those of what went wrong first."""
    points = [point for telling in tellings for point in telling.points]
    ordered = sorted(points, key=lambda point: point.is_good)
    found = [key for point in ordered for key in _feeds().get(point.finding.key, ())[:1]]
    return list(dict.fromkeys(found))[:_MOST_COMPETENCIES]


def _gaps(tellings: Sequence[_Telling], given: Mapping[str, str]) -> Iterator[Gap]:
    """What only a person can add: how it ended, better words for what went wrong, what is learnt."""
    for telling in tellings:
        if not telling.result():
            yield Gap(
                f"result.{telling.name}", both("extraction.case.ask_result"), Reason("extraction.case.why_result")
            )
        for point in telling.points:
            key = telling.wording_key(point)
            if not point.is_good and (key in given or not _found_wording(telling.talk, point)):
                number = telling.talk.number(point.i)
                yield Gap(
                    key,
                    both("extraction.case.ask_wording", {"number": number}),
                    Reason(f"finding.{point.finding.key}.means"),
                )
    yield Gap("lesson", both("extraction.case.ask_lesson"), Reason("extraction.case.why_lesson"))
