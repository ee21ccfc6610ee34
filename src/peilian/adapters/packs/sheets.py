"""Tables of phrases and of articles (话术表、知识表): how teams keep them before they have a library."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import xlsxwriter

from peilian.adapters.workbooks import BrokenCell
from peilian.engine._kernel import Fault, Reason

# field -> headings that name it, the first is the one of the template
_SHARED = {
    "key": ("编号", "key"),
    "title.zh": ("标题", "title", "title_zh"),
    "title.en": ("标题（英文）", "title_en"),
    "tags": ("标签", "tags"),
    "competencies": ("能力", "competencies"),
}
_ARTICLE = {
    **_SHARED,
    "summary.zh": ("摘要", "summary", "summary_zh"),
    "summary.en": ("摘要（英文）", "summary_en"),
    "body.zh": ("正文", "body", "body_zh", "答案"),
    "body.en": ("正文（英文）", "body_en"),
}
_PHRASES = {
    **_SHARED,
    "id": ("话术编号", "id"),
    "when.zh": ("什么时候用", "when", "when_zh", "场景"),
    "when.en": ("什么时候用（英文）", "when_en"),
    "text.zh": ("话术", "text", "text_zh", "推荐话术"),
    "text.en": ("话术（英文）", "text_en"),
    "avoid.zh": ("不要说", "avoid", "avoid_zh", "禁用语"),
    "why.zh": ("为什么不要说", "why", "why_zh"),
    "strength": ("程度", "strength"),
    "channels": ("渠道", "channels"),
}
COLUMNS: Mapping[str, Mapping[str, tuple[str, ...]]] = {"article": _ARTICLE, "phrases": _PHRASES}
_LISTS = ("tags", "competencies", "channels")
_FORBIDDEN = ("禁用", "forbidden")
_SAMPLES: Mapping[str, Mapping[str, str]] = {
    "article": {
        "key": "own/refund-time",
        "title.zh": "退款多久到账",
        "tags": "退款、时效",
        "competencies": "product_and_rules",
        "summary.zh": "各支付方式的到账时间。",
        "body.zh": "原路退回，以本公司规定为准。",
    },
    "phrases": {
        "key": "own/refund-phrases",
        "title.zh": "退款话术",
        "tags": "退款",
        "id": "when-it-arrives",
        "when.zh": "客户问退款什么时候到账",
        "text.zh": "退款已经提交，预计【天数】个工作日内原路退回，到账会有短信通知您。",
        "avoid.zh": "等着吧，会到的。",
        "why.zh": "没有时间，客户只能再来问一次。",
        "strength": "禁用",
    },
}


Places = dict[str, tuple[int, str]]
"""Where in a table a field of a document was written: row and field of it. Phrases and questions go by their id."""


def heading_of(kind: str, name: str) -> str:
    """What the template calls the column of a field."""
    return COLUMNS[kind].get(name, (name,))[0]


def origin_of(places: Places, body: Mapping[str, Any], field: str) -> tuple[int, str] | None:
    """Row and heading of what a fault of the whole document is about; ``None`` when no table said it."""
    parts = field.split(".")
    named = parts[0] in ("phrases", "items") and len(parts) > 1 and parts[1].isdigit()
    if named and int(parts[1]) < len(body[parts[0]]):
        parts[1] = str(body[parts[0]][int(parts[1])].get("id", ""))
    for n in range(len(parts), 0, -1):
        found = places.get(".".join(parts[:n]))
        if found is not None and parts[0] == "items":
            return found[0], ".".join(parts[1:])
        if found is not None:
            return found[0], heading_of(str(body["kind"]), found[1])
    return None


def trees_of(rows: Sequence[Sequence[Any]]) -> tuple[list[dict[str, Any]], list[Fault], list[Places]]:
    """The documents of a table, its faults, and where the fields of each document stand; row 1 is the first below the
    headings.

    A table with a column of the body holds an article a row; one that says when to use what holds a phrase a row, and
    rows of one key are one document. Where the key is left out, it is that of the row before.
    """
    if not rows:
        return [], [], []
    headings = [str(cell).strip().lower() for cell in rows[0]]
    kind = next((kind for kind in ("phrases", "article") if _place(headings, COLUMNS[kind], _MARK[kind]) >= 0), None)
    if kind is None:
        wanted = "、".join(COLUMNS[kind][_MARK[kind]][0] for kind in ("article", "phrases"))
        return [], [Fault(Reason("library.no_such_table", {"wanted": wanted}))], []
    places = {name: _place(headings, COLUMNS[kind], name) for name in COLUMNS[kind]}
    lines, broken = list[_Line](), list[Fault]()
    for number, values in _lines(rows[1:], places):
        lost = [name for name, at in places.items() if 0 <= at < len(rows[number]) and _is_broken(rows[number][at])]
        broken += [Fault(Reason("library.no_value"), row=number, field=heading_of(kind, name)) for name in lost]
        if not lost:
            lines.append((number, values))
    trees, faults, found = _articles(lines) if kind == "article" else _phrases(lines)
    return trees, sorted([*broken, *faults], key=lambda fault: fault.row or 0), found


def template(kind: str) -> bytes:
    """An empty table with its headings and one example, as XLSX."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    sheet = book.add_worksheet()
    bold = book.add_format({"bold": True})
    for column, (name, headings) in enumerate(COLUMNS[kind].items()):
        sheet.write_string(0, column, headings[0], bold)
        sheet.write_string(1, column, _SAMPLES[kind].get(name, ""))
        sheet.set_column(column, column, 30 if "." in name else 16)
    sheet.freeze_panes(1, 0)
    book.close()
    return target.getvalue()


_MARK = {"article": "body.zh", "phrases": "when.zh"}
"""The column by which a table is known."""

_Line = tuple[int, dict[str, str]]


def _place(headings: Sequence[str], columns: Mapping[str, tuple[str, ...]], name: str) -> int:
    return next((headings.index(one) for one in columns[name] if one in headings), -1)


def _lines(rows: Sequence[Sequence[Any]], places: Mapping[str, int]) -> Iterator[_Line]:
    for number, row in enumerate(rows, 1):
        values = {name: _said(row[at]) for name, at in places.items() if 0 <= at < len(row)}
        if any(values.values()):
            yield number, values


def _is_broken(cell: Any) -> bool:
    return isinstance(cell, BrokenCell)


def _said(cell: Any) -> str:
    """A cell as text; a spreadsheet holds whole numbers as 3.0."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip() if cell is not None else ""


def _articles(lines: Sequence[_Line]) -> tuple[list[dict[str, Any]], list[Fault], list[Places]]:
    found: dict[str, dict[str, Any]] = {}
    places: dict[str, Places] = {}
    faults = []
    for number, values in lines:
        key = values.get("key", "") or _made_key(values)
        if key in found:
            faults.append(Fault(Reason("library.key_twice", {"name": key}), row=number, field="key"))
        elif not values.get("title.zh") and not values.get("title.en"):
            faults.append(Fault(Reason("base.empty"), row=number, field="title"))
        elif not values.get("body.zh") and not values.get("body.en"):
            faults.append(Fault(Reason("base.empty"), row=number, field="body"))
        else:
            found[key] = {"kind": "article", "schema_version": 1, "key": key, **_fields(values)}
            places[key] = {name: (number, name) for name, value in values.items() if value}
    return list(found.values()), faults, list(places.values())


def _phrases(lines: Sequence[_Line]) -> tuple[list[dict[str, Any]], list[Fault], list[Places]]:
    found: dict[str, dict[str, Any]] = {}
    places: dict[str, Places] = {}
    faults = []
    key = ""
    for number, values in lines:
        key = values.pop("key", "") or (_made_key(values) if values.get("title.zh") else key)
        phrase = {name: values.pop(name, "") for name in ("id", "avoid.zh", "why.zh", "strength", "channels")}
        said = {name: values.pop(name, "") for name in ("when.zh", "when.en", "text.zh", "text.en")}
        if not key:
            faults.append(Fault(Reason("base.empty"), row=number, field="key"))
            continue
        document = found.setdefault(
            key, {"kind": "phrases", "schema_version": 1, "key": key, "title": {"zh": key}, "phrases": []}
        )
        document.update(_fields(values))
        if not (said["when.zh"] or said["when.en"]) or not (said["text.zh"] or said["text.en"]):
            faults.append(Fault(Reason("base.empty"), row=number, field="when" if said["text.zh"] else "text"))
            continue
        made = _phrase(phrase, said, len(document["phrases"]) + 1)
        document["phrases"].append(made)
        told = places.setdefault(key, {"key": (number, "key")})
        told.update({name: (number, name) for name, value in values.items() if value})
        told.update(_places_of(made["id"], number, {**phrase, **said}))
    return list(found.values()), faults, [places.get(key, {}) for key in found]


_INSIDE = {"avoid.zh": "avoid.0.text.zh", "why.zh": "avoid.0.why.zh", "strength": "avoid.0.strength"}


def _places_of(phrase_id: str, number: int, written: Mapping[str, str]) -> Places:
    inside = {
        f"phrases.{phrase_id}.{_INSIDE.get(name, name)}": (number, name) for name, value in written.items() if value
    }
    return {f"phrases.{phrase_id}": (number, "id"), **inside}


def _phrase(phrase: Mapping[str, str], said: Mapping[str, str], number: int) -> dict[str, Any]:
    made: dict[str, Any] = {"id": phrase["id"] or f"p{number:02}", **_fields(said)}
    if phrase["avoid.zh"]:
        strength = "forbidden" if phrase["strength"].lower() in _FORBIDDEN else "better"
        why = {"zh": phrase["why.zh"]} if phrase["why.zh"] else {}
        made["avoid"] = [{"text": {"zh": phrase["avoid.zh"]}, "why": why, "strength": strength}]
    if phrase["channels"]:
        made["channels"] = _split(phrase["channels"])
    return made


def _fields(values: Mapping[str, str]) -> dict[str, Any]:
    """Columns as fields: ``title.zh`` goes into ``title``; what is empty is left out."""
    made: dict[str, Any] = {}
    for name, value in values.items():
        if not value or name == "key":
            continue
        field, _, language = name.partition(".")
        if language:
            made.setdefault(field, {})[language] = value
        else:
            made[field] = _split(value) if field in _LISTS else value
    return made


def _split(text: str) -> list[str]:
    for mark in "、，；;\n":
        text = text.replace(mark, ",")
    return list(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def _made_key(values: Mapping[str, str]) -> str:
    title = values.get("title.zh") or values.get("title.en") or ""
    return f"own/text-{hashlib.sha256(title.encode()).hexdigest()[:8]}"
