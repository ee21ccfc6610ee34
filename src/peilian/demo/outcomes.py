"""A contact of the demo from the call to its rows: played, told otherwise, rated by the customer or not."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from peilian.demo.agents import agents
from peilian.demo.chance import chance
from peilian.demo.retelling import Retelling, retelling
from peilian.demo.schedule import ZONE
from peilian.demo.serving import Served, serve
from peilian.demo.stories import Story, cast_of, returning, stories
from peilian.engine.drill import Cast

if TYPE_CHECKING:
    from peilian.demo.season import Call

_SETTLED = frozenset({"resolved", "accepted_reluctantly", "escalated"})
_STARS = ((80, 5), (62, 4), (44, 3), (27, 2))  # what is left of the customer's satisfaction -> stars
_N_CUSTOMERS = 3100
_CHANNELS = ("chat", "chat", "chat", "chat", "chat", "chat", "chat", "chat", "chat", "short_video")


def contact(call: Call) -> dict[str, Any]:
    """Play a call and say how it went, as values for JSON."""
    rng = chance("contact", call.matter, call.times)
    story = next(story for story in stories() if story.scenario == call.story)
    agent = next(agent for agent in agents() if agent.number == call.agent)
    served = serve(
        agent,
        story,
        _cast(story, call, rng),
        seed=rng.randrange(1 << 30),
        progress=call.at.progress,
        pace=call.at.pace,
        rng=rng,
    )
    told = retelling(story, call.matter, call.at)
    return {
        "matter": call.matter,
        "story": call.story,
        "topic": story.topic,
        "at_ms": call.at.at_ms,
        "agent": call.agent,
        "account": agent.account,
        "customer": f"c-{chance('customer', call.matter).randrange(_N_CUSTOMERS) + 30_000}",
        "channel": chance("channel", call.matter).choice(_CHANNELS),
        "satisfaction": served.satisfaction,
        "outcome": served.outcome,
        "shares": {element: state.share for element, state in served.drill.state.elements.items()},
        "is_resolved": served.outcome in _SETTLED,
        **_verdict(served, rng),
        **_order(story, served, told, call, rng),
        "lines": [(line.at_ms, line.role, told.tell(line.text)) for line in served.lines],
    }


def _cast(story: Story, call: Call, rng: random.Random) -> Cast:
    """The customer: everybody comes in another mood; who comes again is in a worse one and says so."""
    mood = rng.uniform(*story.mood) - 0.15 * call.times
    persona = {
        "mood": max(-0.9, mood),
        "trust": rng.uniform(0.25, 0.55) - 0.1 * call.times,
        "patience_seconds": rng.uniform(*story.patience),
        "burst": rng.uniform(0.1, 0.8),
        "emphasis": rng.uniform(0.1, 0.6),
        "reactivity": rng.uniform(0.8, 1.3),
    }
    cast = cast_of(story, persona)
    if not call.times:
        return cast
    lines = {**cast.scenario.lines, "opening": returning(cast.scenario.lines["opening"], rng)}
    return replace(cast, scenario=replace(cast.scenario, lines=lines))


def _verdict(served: Served, rng: random.Random) -> dict[str, Any]:
    """What the customer lets the company know: stars from one in three, most often after something very good or very
    bad; a complaint from the angriest."""
    felt = served.satisfaction + rng.gauss(0.0, 7.0)
    stars = next((stars for least, stars in _STARS if felt >= least), 1)
    answers = 0.42 if stars in (1, 5) else 0.29
    state = served.drill.state
    anger = (
        0.5 if state.escalation >= 3 and served.outcome not in _SETTLED else 0.04 if state.escalation >= 2 else 0.003
    )
    return {"csat": stars if rng.random() < answers else None, "complaint": rng.random() < anger}


def _order(story: Story, served: Served, told: Retelling, call: Call, rng: random.Random) -> dict[str, Any]:
    if "amount" not in story.order:
        return {"order": None, "amount": None, "paid_ms": None, "refunded": None}
    amount = float(told.number(story.order["amount"]))
    refunded = amount if rng.random() < story.refunds.get(served.outcome, 0.0) else None
    paid = call.at.at_ms + int(story.order.get("ordered", -4)) * 86_400_000 - rng.randrange(40_000_000)
    return {"order": told.order_id, "amount": amount, "paid_ms": paid, "refunded": refunded}


def message_rows(name: str, item: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The messages of a contact as rows of the canonical table."""
    for number, (at_ms, role, text) in enumerate(item["lines"]):
        yield {
            "conversation_id": name,
            "message_id": f"{name}-{number}",
            "at": _iso(item["at_ms"] + at_ms),
            "role": role,
            "author": item["customer"] if role == "customer" else item["account"],
            "text": text,
            "customer": item["customer"],
            "channel": item["channel"],
            "topic": item["topic"],
            "internal": "false",
            "automatic": "false",
        }


def conversation_row(name: str, item: Mapping[str, Any]) -> dict[str, Any]:
    """What is known of a contact as a row of the canonical table."""
    last = max(at_ms for at_ms, _, _ in item["lines"])
    return {
        "conversation_id": name,
        "customer": item["customer"],
        "channel": item["channel"],
        "topic": item["topic"],
        "resolved": str(item["is_resolved"]).lower(),
        "csat": item["csat"],
        "csat_max": 5 if item["csat"] is not None else None,
        "complaint": str(item["complaint"]).lower(),
        "order_id": item["order"],
        "order_amount": _money(item["amount"]),
        "opened_at": _iso(item["at_ms"]),
        "closed_at": _iso(item["at_ms"] + last + 20_000),
        "paid_at": None if item["paid_ms"] is None else _iso(item["paid_ms"]),
        "refunded_amount": _money(item["refunded"]),
    }


def day_of(at_ms: int) -> date:
    """The local day of a moment."""
    return _local(at_ms).date()


def second_of(at_ms: int) -> int:
    """The second of the local day."""
    local = _local(at_ms)
    return local.hour * 3600 + local.minute * 60 + local.second


def _local(at_ms: int) -> datetime:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at_ms)).astimezone(ZONE)


def _iso(at_ms: int) -> str:
    return _local(at_ms).isoformat(timespec="milliseconds")


def _money(amount: float | None) -> str | None:
    return None if amount is None else f"{amount:.2f}"
