"""An independent check of every KPI: plain SQL on the raw ticket log, against what ``peilian kpi`` prints.

Shares no code with the product. The definitions are those of docs/algorithms/kpi.md, written a second time with window
functions over the source's own tables; days are cut by the database's time zone rules, not by the product's.

    python bench/kpi/oracle.py --messages messages.parquet --tickets tickets.parquet
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import duckdb

TOLERANCE = 1e-6
GROUPINGS = ("day", "month", "agent", "topic")
PRODUCT = Path(sys.executable).with_name("peilian")

PREPARE = """
create table m as
    select ticket_id::varchar as ticket, seq, epoch_ms(created_at) as ms, created_at, role, author from {messages};
create table t as select ticket_id::varchar as ticket, customer, topic, is_solved from {tickets};

-- an answer dated before the question that it follows in the source is no answer
create table clean as
    with question as (
        select ticket, min(seq) as qseq, arg_min(ms, seq) as qat from m where role = 'customer' group by 1)
    select m.*, role = 'agent' and seq > qseq and ms < qat as is_fault from m left join question using (ticket);

-- what moves a conversation on, in time order
create table turns as
    select *, row_number() over w as place, lag(role) over w as before
    from clean where role = 'customer' or (role = 'agent' and not is_fault)
    window w as (partition by ticket order by ms, seq);

-- a round begins with a customer who is not already waiting
create table rounds as
    with numbered as (
        select *, sum((role = 'customer' and before is distinct from 'customer')::int)
            over (partition by ticket order by place) as number
        from turns)
    select ticket, number, min(ms) filter (role = 'customer') as asked, min(place) as opened,
        min(ms) filter (role = 'agent') as answered, arg_min(author, place) filter (role = 'agent') as answerer
    from numbered where number > 0 group by 1, 2;
-- an open round belongs to whoever wrote last before it
create table owned_rounds as
    select ticket, number, asked, answered, answered - asked as took,
        coalesce(answerer, (select arg_max(o.author, o.place) from turns o
            where o.ticket = r.ticket and o.role = 'agent' and o.place < r.opened)) as agent
    from rounds r;

create table parts as
    select ticket, author as agent, min(ms) as first_at, max(ms) as last_at
    from turns where role = 'agent' group by 1, 2;
create table crowd as
    select a.ticket, a.agent, count(*) as together
    from parts a join parts b on a.agent = b.agent and b.first_at <= a.first_at and b.last_at >= a.first_at
    group by 1, 2;
create table written as
    select ticket, author as agent, count(*) as n from m where role = 'agent' group by 1, 2;

create table talks as
    with whole as (
        select ticket, count(*) as n_messages, count(*) filter (role = 'agent') as n_agent from m group by 1),
    asked as (select ticket, min(ms) as asked, min(place) as place from turns where role = 'customer' group by 1),
    ended as (select ticket, max(ms) as ended from turns group by 1),
    reply as (
        select o.ticket, min(o.ms) as replied, arg_min(o.author, o.place) as replier
        from turns o join asked a on a.ticket = o.ticket and o.place > a.place
        where o.role = 'agent' group by 1),
    helpers as (select ticket, count(*) as n from parts group by 1)
    select whole.*, t.customer, t.topic, t.is_solved, asked.asked, ended.ended, reply.replied, reply.replier,
        coalesce(helpers.n, 0) as n_helpers, coalesce(asked.asked, first.ms) as started
    from whole left join t using (ticket) left join asked using (ticket) left join ended using (ticket)
        left join reply using (ticket) left join helpers using (ticket)
        left join (select ticket, min(ms) as ms from m group by 1) first using (ticket);
create table judged as
    select k.*, (select max(ms) from m) - ended >= 604800000 as is_old,
        exists (from talks n where n.customer = k.customer and n.started > k.ended
            and n.started <= k.ended + 604800000) as came_back
    from talks k;
"""

# What a conversation is grouped by; ``who`` tells which account a row belongs to when grouping by agent.
KEYS = {
    "day": "strftime(timezone('{tz}', make_timestamptz(k.started * 1000)), '%Y-%m-%d')",
    "month": "strftime(timezone('{tz}', make_timestamptz(k.started * 1000)), '%Y-%m')",
    "topic": "k.topic",
    "agent": "who",
}

TALK_COLUMNS = """
    count(*) as conversations, sum(k.n_messages) as messages,
    count(k.replied) / nullif(count(k.asked), 0) as answer_rate,
    avg(k.ended - k.asked) filter (k.replied is not null) / 1000 as handling_seconds_mean,
    count(*) filter (k.is_solved) / nullif(count(k.is_solved), 0) as resolution_ratio,
    count(*) filter (k.replied is not null and k.is_solved is distinct from false and not k.came_back
        and k.customer is not null and k.is_old)
        / nullif(count(*) filter (k.customer is not null and k.is_old), 0) as first_contact_resolution_7d_ratio,
    count(*) filter (k.replied is not null and k.n_helpers > 1) / nullif(count(k.replied), 0) as transfer_ratio,
    null as reopen_ratio, null as complaint_ratio, null as csat_mean, null as csat_ratio, 0 as csat_n
"""
FIRST_COLUMNS = """
    avg(k.replied - k.asked) / 1000 as first_response_seconds_mean,
    quantile_cont((k.replied - k.asked)::double, 0.5) / 1000 as first_response_seconds_p50,
    quantile_cont((k.replied - k.asked)::double, 0.9) / 1000 as first_response_seconds_p90,
    count(*) filter (k.replied - k.asked <= 30000) / nullif(count(k.asked), 0) as first_response_within_30s_ratio
"""
ROUND_COLUMNS = """
    count(*) as rounds, avg(r.took) / 1000 as response_seconds_mean,
    count(*) filter (r.took <= 180000) / count(*) as response_within_180s_ratio
"""


def statements(by: str, tz: str) -> list[str]:
    """The statements that answer one grouping; each gives the group and some KPIs."""
    key, is_agent = KEYS[by].format(tz=tz), by == "agent"

    def grouped(columns: str, source: str, who: str) -> str:
        return f"select {who if is_agent else key} as grp, {columns} from {source} group by 1"

    everybody = "judged k" + (" left join parts p using (ticket)" if is_agent else "")
    return [
        grouped(TALK_COLUMNS, everybody, "p.agent"),
        grouped(FIRST_COLUMNS, "judged k", "k.replier"),
        grouped(ROUND_COLUMNS, "judged k join owned_rounds r using (ticket)", "r.agent"),
        grouped("max(c.together) as max_concurrent", "judged k join crowd c using (ticket)", "c.agent"),
        grouped("sum(w.n) as agent_messages", "judged k join written w using (ticket)", "w.agent")
        if is_agent
        else grouped("sum(k.n_agent) as agent_messages", "judged k", ""),
    ]


def oracle(connection: duckdb.DuckDBPyConnection, by: str, tz: str) -> dict[Any, dict[str, float | None]]:
    """Every KPI by group; counts that no statement gave are 0, everything else is missing."""
    found: dict[Any, dict[str, float | None]] = {}
    for statement in statements(by, tz):
        answer = connection.execute(statement)
        names = [column[0] for column in answer.description][1:]
        for group, *values in answer.fetchall():
            found.setdefault(group, {}).update(dict(zip(names, values, strict=True)))
    return found


COUNTS = {"conversations", "messages", "agent_messages", "rounds", "csat_n"}


def product(lake: Path, by: str, tz: str) -> dict[Any, dict[str, float | None]]:
    """What the product prints, by group."""
    command = [str(PRODUCT), "kpi", str(lake), "--kpi", "all", "--by", by, "--tz", tz, "--as", "json"]
    rows = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return {row[by]: {name: value for name, value in row.items() if name not in (by, "provisional")} for row in rows}


def compare(
    left: dict[Any, dict[str, float | None]], right: dict[Any, dict[str, float | None]], by: str
) -> tuple[int, float, list[str]]:
    """How many cells were compared, the worst difference (relative above 1), and what disagrees."""
    cells, worst, wrong = 0, 0.0, []
    for group in left.keys() | right.keys():
        if group not in right:
            wrong.append(f"{by}={group}: the product has no such row")
            continue
        for name, value in right[group].items():
            expected = left.get(group, {}).get(name, 0 if name in COUNTS else None)
            cells += 1
            if value is None or expected is None:
                if value is not expected:
                    wrong.append(f"{by}={group} {name}: product {value}, oracle {expected}")
                continue
            difference = abs(float(value) - float(expected)) / max(1.0, abs(float(expected)))
            worst = max(worst, difference)
            if difference > TOLERANCE:
                wrong.append(f"{by}={group} {name}: product {value}, oracle {expected}")
    return cells, worst, wrong


def source(path: Path) -> str:
    quoted = "'" + str(path).replace("'", "''") + "'"
    return f"read_csv({quoted}, auto_detect = true)" if path.suffix == ".csv" else f"read_parquet({quoted})"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=Path, required=True)
    parser.add_argument("--tickets", type=Path, required=True)
    parser.add_argument("--lake", type=Path, help="a lake that holds exactly these files; imported when left out")
    parser.add_argument("--tz", default="Asia/Shanghai")
    given = parser.parse_args()
    connection = duckdb.connect()
    connection.execute(PREPARE.format(messages=source(given.messages), tickets=source(given.tickets)))
    total, worst, wrong = 0, 0.0, []
    with tempfile.TemporaryDirectory() as folder:
        lake = given.lake or Path(folder) / "lake"
        if given.lake is None:
            files = [str(given.messages), str(given.tickets)]
            subprocess.run([str(PRODUCT), "import", *files, "--into", str(lake)], check=True, capture_output=True)
        for by in GROUPINGS:
            begun = time.perf_counter()
            answer = product(lake, by, given.tz)
            took = time.perf_counter() - begun
            expected = oracle(connection, by, given.tz)
            cells, difference, faults = compare(expected, answer, by)
            print(f"{by:6} {len(answer):6} rows {cells:7} cells  worst difference {difference:.1e}  {took:.1f} s")
            total, worst, wrong = total + cells, max(worst, difference), wrong + faults
    for line in wrong[:50]:
        print("DISAGREE", line)
    print(f"{total} cells compared, {len(wrong)} disagree, worst difference {worst:.1e}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
