"""From a conversation to the draft of a drill scenario (会话做成场景).

What a good answer contains comes from what the agent did well or left out; figures, causes and sentences come from the
conversation and from nowhere else. What the conversation does not tell is a gap that a person fills.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from peilian.adapters.packs.drill_parts import ToolPart
from peilian.engine._kernel import Language, Param, Reason
from peilian.engine.drill.figures import figures
from peilian.engine.text import normalise
from peilian.flows.extracting.elements import Found, Quote, claimed, elements_of, parts, says, tools_of
from peilian.flows.extracting.nearest import nearest_scenario
from peilian.flows.extracting.people import heard, persona_of
from peilian.flows.extracting.plays import Line, plays_of
from peilian.flows.extracting.subject import subject_of
from peilian.flows.extracting.terse import terse
from peilian.flows.extracting.values import Gap, Proposal, Talk, Why
from peilian.flows.extracting.wordings import (
    GAP,
    both,
    ended,
    field_of,
    filled,
    has_masked,
    sayable,
    short,
    spoken,
    text,
    told,
)
from peilian.flows.wording import say

_MOST_ELEMENTS = 8
_CORES = ("solution", "time", "cause")
_FIRST_SAID = 3  # messages of an opening
_PAUSE_MS = 15_000  # after which a message is no longer part of one thought
_SECONDS = (60, 180, 600)  # a step of the time limit, the least and the most
_SECONDS_EACH = 40  # for one element
_DAY_ZERO = date(2000, 1, 1)


@dataclass(frozen=True)
class _Chosen:
    """An element of the draft: how it could be said well and tersely, the fact that the agent has to see for it, and
    the sum of money in it. ``best`` is the sentence of the conversation that says it."""

    found: Found
    best: Quote | None
    model: str
    curt: str
    fact: str
    amount: float | None

    @property
    def key(self) -> str:
        return self.found.part.id

    @property
    def has_gap(self) -> bool:
        return GAP.search(self.model) is not None


def propose_scenario(
    talk: Talk, *, key: str, title: str = "", answers: Mapping[str, str] | None = None
) -> Proposal:  # fmt: skip
    """The draft of a scenario. ``answers`` fill the gaps that an earlier proposal named, by element."""
    language = talk.language
    quotes, found = _shared_out(_best(elements_of(talk)))
    given = {name: told(words, language) for name, words in (answers or {}).items()}
    chosen = [_chosen(one, quotes.get(one.part.id), language, given.get(one.part.id, "")) for one in found]
    opening, opening_why = _opening(talk)
    persona, persona_whys = persona_of(talk)
    tools, tool_whys = _tools(talk, chosen)
    facts, fact_whys = _facts(talk)
    lines = [_line(one, language) for one in chosen]
    plays = plays_of(lines, parts(), language, has_record=any(tool.name == "record" for tool in tools))
    near = nearest_scenario(talk)
    body: dict[str, Any] = {
        "kind": "scenario",
        "schema_version": 1,
        "key": key,
        "title": text(language, told(title, language) or subject_of(talk)),
        "industry": near.industry if near is not None else "service",
        **_frame(talk, chosen, persona, plays["ideal"]),
        "persona": persona,
        **_world(talk, tools, chosen),
        **_judged(talk, chosen),
        "facts": facts,
        "lines": {"opening": {language: [opening]}} if opening else {},
        "plays": plays,
    }
    whys = [*opening_why, *persona_whys, *_element_whys(talk, chosen), *tool_whys, *fact_whys]
    if near is not None:
        whys.append(Why("industry", Reason("extraction.why.industry", {"title": near.title})))
    gaps = tuple(_gap(one) for one in chosen if one.has_gap)
    return Proposal("scenario", {name: value for name, value in body.items() if value is not None}, tuple(whys), gaps)


def _frame(
    talk: Talk, chosen: Sequence[_Chosen], persona: Mapping[str, Any], ideal: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """What the trainee is told, how hard it is, how long it may take; the day is missing for an untimed transcript."""
    seconds = _limit(len(chosen))
    return {
        "brief": _brief(talk, chosen, seconds),
        "channel": talk.conversation.channel or "chat",
        "difficulty": _difficulty(persona, len(chosen)),
        "languages": [talk.language],
        "trains": _trains(talk, chosen),
        "time_limit_seconds": seconds,
        "reference_seconds": min(seconds, ideal[-1]["at"] + 10),
        "reference_turns": sum("say" in turn for turn in ideal),
        "today": talk.day,
        "is_abuse": "boundary" in {one.key for one in chosen},
    }


def _judged(talk: Talk, chosen: Sequence[_Chosen]) -> dict[str, Any]:
    """What the customer wants, what has to be said and what must not be."""
    core = next((name for name in _CORES if name in {one.key for one in chosen}), chosen[0].key)
    return {
        "needs": list(_needs(talk, chosen, core)),
        "required": [_element(one, talk.language, is_critical=one.key == core) for one in chosen],
        "forbidden": [item.model_dump(mode="json", exclude_defaults=True) for item in parts().forbidden],
        "concerns": {talk.language: {"like": _concerns(talk, chosen)}},
        "phrases": [text(talk.language, one.model) for one in chosen if one.found.is_done][:4],
        **_offer(chosen),
    }


def _best(found: Sequence[Found]) -> list[Found]:
    """The elements of the draft, in order: the matter itself, then what was done, then what was missed though asked
    for, then what else was due."""
    due = [one for one in found if one.due]

    def rank(one: Found) -> tuple[bool, bool, bool, bool, float]:
        has_gap = GAP.search(one.part.model.zh or "") is not None
        return not _is_core(one), not one.is_done, not one.wanted, has_gap, -one.part.weight

    kept = sorted(due, key=rank)[:_MOST_ELEMENTS]
    return [one for one in due if one in kept]


def _shared_out(found: Sequence[Found]) -> tuple[dict[str, Quote], list[Found]]:
    """Which sentence stands for which element: those with fewer sentences choose first. What only repeats the sentence
    of another element is left out, unless it is the matter itself."""
    taken: set[str] = set()
    chosen: dict[str, Quote] = {}
    for one in sorted(found, key=lambda one: (len(one.quotes), not _is_core(one))):
        quote = next((quote for quote in one.quotes if quote.sentence not in taken), None)
        if quote is None and _is_core(one):
            quote = next(iter(one.quotes), None)
        if quote is not None:
            taken.add(quote.sentence)
            chosen[one.part.id] = quote
    return chosen, [one for one in found if one.part.id in chosen or not one.quotes]


def _is_core(one: Found) -> bool:
    return one.part.id in _CORES


def _chosen(found: Found, best: Quote | None, language: Language, answer: str) -> _Chosen:
    part = found.part
    if best is None:
        model = filled(field_of(part.model, language), answer)
        curt = filled(field_of(part.curt, language), answer)
        return _Chosen(
            found, None, model, curt, answer.strip() if GAP.search(field_of(part.model, language)) else "", None
        )
    sums = figures(normalise(best.sentence).text, "money", _DAY_ZERO) if part.tool == "coupon" else []
    is_plain = GAP.search(field_of(part.curt, language)) is None
    core = best.clause if says(part, best.clause, language) else best.sentence
    curt = field_of(part.curt, language) if is_plain else ended(core, language)
    is_fact = part.is_core or part.id in ("freight", "escalate", "options")
    fact = terse(best.clause, best.sentence, language) if is_fact else ""
    return _Chosen(found, best, best.sentence, curt, fact, sums[0] if sums else None)


def _line(one: _Chosen, language: Language) -> Line:
    """How it is said. What it reports as done is done before: a customer does not believe an empty report."""
    names = dict.fromkeys([*([one.found.part.tool] if one.found.part.tool else []), *claimed(one.model, language)])
    tools = {
        name: {"amount": one.amount} if name == "coupon" and one.amount is not None else {}
        for name in names
        if name != "coupon" or one.amount is not None
    }
    return Line(one.key, one.model, one.curt, one.found.part.keywords, tools)


def _opening(talk: Talk) -> tuple[list[str], list[Why]]:
    """The first words of the customer, without what was masked, until it begins to wait."""
    lines: list[str] = []
    places: list[int] = []
    last: int | None = None
    for i, message in enumerate(talk.conversation.messages):
        has_waited = None not in (last, message.at_ms) and (message.at_ms or 0) - (last or 0) >= _PAUSE_MS
        if lines and (message.is_human_answer or has_waited):
            break
        last = message.at_ms if message.is_customer else last
        words = sayable(message.text) if message.is_customer else ""
        if words and len(lines) < _FIRST_SAID:
            lines.append(short(words, 300))
            places.append(talk.places[i])
    reason = Reason("extraction.why.opening", {"number": places[0] + 1}) if places else None
    return lines, [Why("lines.opening", reason, tuple(places))] if reason is not None else []


def _brief(talk: Talk, chosen: Iterable[_Chosen], seconds: int) -> dict[str, str]:
    labels = [field_of(one.found.part.label, talk.language) for one in chosen]
    params: dict[str, Param] = {
        "subject": subject_of(talk),
        "minutes": seconds // 60,
        "points": ("、" if talk.language == "zh" else "; ").join(labels),
    }
    return text(talk.language, say(Reason("extraction.drill.brief", params), talk.language))


def _limit(n: int) -> int:
    step, least, most = _SECONDS
    return max(least, min(most, -(-(_SECONDS_EACH * (n + 1)) // step) * step))


def _difficulty(persona: Mapping[str, Any], n: int) -> int:
    hard = 1 + (persona["mood"] < -0.3) + (persona["mood"] < -0.55) + (n >= 5) + (persona["abuse"] >= 2)
    return int(min(5, hard))


def _trains(talk: Talk, chosen: Iterable[_Chosen]) -> list[str]:
    """Faults and issues of the conversation first, then the moves of what was left out."""
    found = [
        finding.key
        for read in talk.reading.messages
        for finding in read.findings
        if finding.kind in ("fault", "issue") and finding.key != "customer_repeats"
    ]
    missed = [key for one in chosen if not one.found.is_done for key in one.found.part.due.findings[:1]]
    return list(dict.fromkeys([*found, *missed]))[:6]


def _tools(talk: Talk, chosen: Iterable[_Chosen]) -> tuple[list[ToolPart], list[Why]]:
    cues = tools_of(talk)
    used = {name for one in chosen for name in _line(one, talk.language).tools}
    tools, whys = [], []
    for tool in parts().tools:
        if tool.name in cues:
            number = talk.number(cues[tool.name])
            reason = Reason("extraction.why.tool", {"number": number})
            whys.append(Why(f"tools.{tool.name}", reason, (talk.places[cues[tool.name]],)))
        if tool.name in cues or tool.name in used:
            tools.append(tool)
    return tools, whys


def _tool(tool: ToolPart) -> dict[str, Any]:
    return tool.model_dump(mode="json", exclude_defaults=True, exclude={"world", "cues", "claim"})


def _world(talk: Talk, tools: Sequence[ToolPart], chosen: Sequence[_Chosen]) -> dict[str, Any]:
    """What is true, what the agent sees of it and can do, and what may be reported as done."""
    world: dict[str, Any] = {}
    for tool in tools:
        world |= tool.world
    amount = next((one.amount for one in chosen if one.amount is not None), None)
    return {
        "world": world | ({"coupon.most": amount} if amount is not None else {}),
        "panels": _panels(talk, chosen),
        "policies": _policies(chosen),
        "tools": [_tool(tool) for tool in tools],
        "claims": list(_claims(tools)),
    }


def _claims(tools: Iterable[ToolPart]) -> Iterator[dict[str, Any]]:
    for tool in tools:
        if tool.claim is not None:
            name = next(iter(tool.sets))
            true = f"{name} > 0" if not isinstance(tool.world[name], bool) else name
            yield {"id": f"{tool.name}_done", "say": tool.claim.model_dump(mode="json"), "true_when": true}


def _panels(talk: Talk, chosen: Sequence[_Chosen]) -> list[dict[str, Any]]:
    """What the agent has to know in order to answer: the matter, and the facts as they were told."""
    rows = [{"label": both("extraction.drill.matter"), "text": text(talk.language, subject_of(talk))}]
    noted = {one.model: one for one in sorted(chosen, key=lambda one: one.key == "time") if one.fact}
    for one in chosen:
        if noted.get(one.model) is one:  # one sentence is noted once, else the card would hold all of it
            label = one.found.part.label.model_dump(exclude_none=True)
            rows.append({"label": label, "text": text(talk.language, one.fact)})
    return [{"title": both("extraction.drill.panel"), "rows": rows}]


def _policies(chosen: Iterable[_Chosen]) -> list[dict[str, str]]:
    return [
        both("extraction.drill.policy_coupon", {"amount": f"{one.amount:g}"})
        for one in chosen
        if one.amount is not None
    ]


def _offer(chosen: Iterable[_Chosen]) -> dict[str, Any]:
    amount = next((one.amount for one in chosen if one.amount is not None), None)
    return {"offer": "coupon.amount", "expects": amount} if amount else {}


def _needs(talk: Talk, chosen: Iterable[_Chosen], core: str) -> Iterator[dict[str, Any]]:
    opening, _ = _opening(talk)
    for one in chosen:
        part, need = one.found.part, one.found.part.need
        if need is None:
            continue
        met = f"met.{part.id}"
        found = need.model_dump(mode="json", exclude_defaults=True)
        own = [short(sayable(talk.conversation.messages[i].text), 120) for i in one.found.wanted]
        own = [words for words in dict.fromkeys(own) if words and words not in opening][:3]
        if own:  # how this customer asks for it
            found["reject"] = {**found["reject"], talk.language: [*own, *found["reject"].get(talk.language, [])]}
        yield {
            **found,
            "id": part.id,
            "critical": part.id == core,
            "understood": f"{met} >= 0.5",
            "addressed": f"{met} >= 0.5",
            "resolved": f"{met} >= 1",
        }


def _element(one: _Chosen, language: Language, *, is_critical: bool) -> dict[str, Any]:
    part = one.found.part
    dumped = [each.model_dump(mode="json", exclude_defaults=True) for each in part.parts]
    if one.best is not None and not any(each.only for each in part.parts[:1]):
        say = dumped[0]["say"].setdefault(language, {})
        say["like"] = [*say.get("like", ()), one.best.clause]
    if one.amount is not None:
        dumped[0]["slot"] = {"unit": "money", "must": f"value > 0 and value <= {one.amount:g}"}
    found: dict[str, Any] = {
        "id": part.id,
        "label": part.label.model_dump(exclude_none=True),
        "why": part.why.model_dump(exclude_none=True),
        "model": text(language, one.model),
        "parts": dumped,
    }
    if part.partial.in_language(language).any:
        found["partial"] = part.partial.model_dump(mode="json", exclude_defaults=True)
    if part.weight != 1:
        found["weight"] = part.weight
    if is_critical:
        found["critical"] = True
    if part.when != "true":
        found["when"] = part.when
    return found


def _concerns(talk: Talk, chosen: Iterable[_Chosen]) -> list[str]:
    """Words that name what troubles this customer: its own first ones, and how the agent put it."""
    own = [short(sayable(one.message.text), 120) for one in heard(talk)[:_FIRST_SAID]]
    soothing = [one.best.clause for one in chosen if one.key == "soothe" and one.best is not None]
    return [words for words in dict.fromkeys([*own, *soothing]) if len(words) > 3]


def _facts(talk: Talk) -> tuple[list[dict[str, Any]], list[Why]]:
    """What the customer told when it was asked, with the question that drew it out."""
    facts: list[dict[str, Any]] = []
    whys: list[Why] = []
    messages = talk.conversation.messages
    for i, message in enumerate(messages):
        read = talk.reading.messages[i]
        if not message.is_human_answer or not (read.has("ask") or read.has("verify")) or len(facts) >= 3:
            continue
        asked = _question(message.text)
        answers = [j for j in range(i + 1, min(i + 4, len(messages))) if messages[j].is_customer]
        lines = [short(words, 300) for j in answers if _tells(words := sayable(messages[j].text))]
        if asked and lines and not has_masked(asked):
            facts.append(
                {
                    "id": f"told_{len(facts) + 1}",
                    "trust": 0.6,
                    "asked": {talk.language: {"asks": True, "like": [asked]}},
                    "lines": {talk.language: [lines[:2]]},
                }
            )
            params = {"number": talk.number(i), "answer": talk.number(answers[0])}
            shown = (talk.places[i], talk.places[answers[0]])
            whys.append(Why(f"facts.{len(facts) - 1}", Reason("extraction.why.fact", params), shown))
    return facts, whys


def _question(words: str) -> str:
    """The sentence with which something is asked."""
    sentences = [
        part for part in words.replace("？", "？\n").replace("?", "?\n").replace("。", "。\n").splitlines() if part
    ]
    return next((spoken(one) for one in sentences if one.rstrip().endswith(("？", "?"))), "")


def _tells(words: str) -> bool:
    return len(words) > 5 and not words.endswith(("？", "?"))


def _element_whys(talk: Talk, chosen: Iterable[_Chosen]) -> Iterator[Why]:
    for n, one in enumerate(chosen):
        field = f"required.{n}"
        found = one.found
        if one.best is not None:
            yield _why(field, "done", one.best.i, talk)
        elif found.half is not None:
            yield _why(field, "half", found.half, talk)
        elif found.wanted:
            yield _why(field, "wanted", found.wanted[0], talk)
        else:
            yield Why(field, Reason("extraction.why.missed"))


def _why(field: str, key: str, i: int, talk: Talk) -> Why:
    return Why(field, Reason(f"extraction.why.{key}", {"number": talk.number(i)}), (talk.places[i],))


def _gap(one: _Chosen) -> Gap:
    label = one.found.part.label.model_dump(exclude_none=True)
    return Gap(one.key, label, Reason("extraction.gap.ask", {"model": one.model}))
