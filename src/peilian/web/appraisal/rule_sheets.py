"""A version of rules as a form: settings, weights, and what each line's rule is made of, as fields and tables.

Only what somebody changed is written into the document. What a setting decides is shown and changed at the setting.
"""

from __future__ import annotations

import copy
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from peilian.engine._kernel import Language, Text
from peilian.flows import appraising
from peilian.web.appraisal.rule_differences import is_share, plain
from peilian.web.appraisal.rule_words import PARAMS, UNJUDGED, Kind

WEIGHT = "weight."
_TEXTS = ("label", "standard")
_SPARE_ROWS = 2
_NUMERAL = re.compile(r"[+-]?\d{0,15}(?:\.\d{1,12})?(?<=\d)%?")
Data = Mapping[str, str]


@dataclass(frozen=True)
class Option:
    """One answer to a setting."""

    value: str
    label: str
    is_chosen: bool
    is_default: bool


@dataclass(frozen=True)
class SettingRow:
    """A setting as a field of the form."""

    name: str
    key: str
    label: str
    about: str
    question: str
    options: tuple[Option, ...]
    value: str
    default: str
    bounds: tuple[str, str] | None
    is_changed: bool


@dataclass(frozen=True)
class Field:
    """One place of a line: a number, a truth or a text. ``locked_by`` names the setting that decides it."""

    name: str
    label: str
    value: str
    kind: Kind
    locked_by: str = ""

    @property
    def is_on(self) -> bool:
        """Whether a truth holds."""
        return self.value == "1"


@dataclass(frozen=True)
class Grid:
    """Rows of a rule, such as bands."""

    label: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Field, ...], ...]
    locked_by: str = ""


@dataclass
class LineForm:
    """A line with everything that may be changed about it."""

    key: str
    label: str
    weight: SettingRow | None
    texts: list[Field] = field(default_factory=list)
    fields: list[Field] = field(default_factory=list)
    grids: list[Grid] = field(default_factory=list)
    unjudged: tuple[Option, ...] = ()
    source_note: str = ""
    left_behind: list[str] = field(default_factory=list)  # what its standard says that the rule does not


class RuleSheet:
    """The form over a version; ``data`` is what was sent, else the version itself is shown.

    ``body`` and ``settings`` are what the form makes of it. ``faults`` names fields that hold no number.
    """

    def __init__(
        self, body: Mapping[str, Any], chosen: Mapping[str, Any], language: Language, data: Data | None = None
    ) -> None:
        self._body, self._chosen, self._language, self._data = body, chosen, language, data
        self._template = appraising.template_of(dict(body))
        self._shown = appraising.resolved(dict(body), _answers(chosen))
        self.faults: list[str] = []

    def _held(self, key: str) -> bool:
        """Whether the form that was sent held the line; then a box that was not ticked is a no."""
        return self._data is not None and f"l.{key}" in self._data

    @cached_property
    def settings(self) -> dict[str, str]:
        """The answers that differ from the defaults."""
        found = {}
        for setting in self._template.settings:
            value = self._sent(f"s.{setting.key}", str(self._chosen.get(setting.key, setting.default or "")))
            value = value.strip()
            if setting.number is not None and value:
                number = _number(value)
                if number is None:
                    self.faults.append(_("%(label)s: a number is needed.") % {"label": self._say(setting.label)})
                    continue
                value = plain(number)
            if value != _default(setting):
                found[setting.key] = value
        return {key: value for key, value in found.items() if value}

    @cached_property
    def body(self) -> dict[str, Any]:
        """The document with what was changed in its lines."""
        made = copy.deepcopy(dict(self._body))
        if self._data is None:
            return made
        lines = {line.get("key"): line for line in made["lines"]}
        for shown in self._shown["lines"]:
            line = lines.get(shown.get("key"))
            if line is not None and self._held(shown["key"]):
                self._write(line, shown)
        return made

    @cached_property
    def rows(self) -> list[SettingRow]:
        """The settings that ask something, weights apart."""
        return [self._setting(one) for one in self._template.settings if not one.key.startswith(WEIGHT)]

    @cached_property
    def lines(self) -> list[LineForm]:
        """The lines in the order of the sheet."""
        weights = {one.key: one for one in self._template.settings if one.key.startswith(WEIGHT)}
        found = []
        for line in self._shown["lines"]:
            if not line.get("key"):
                continue
            weight = weights.get(f"{WEIGHT}{line['key']}")
            form = LineForm(
                line["key"], self._text(line.get("label")), self._setting(weight) if weight is not None else None
            )
            form.source_note = self._text(line.get("source_note"))
            form.texts = list(self._texts(line))
            form.fields = list(self._scalars(line))
            form.grids = list(self._grids(line))
            form.unjudged = self._unjudged(line)
            found.append(form)
        return found

    @property
    def sum_of_weights(self) -> str:
        """What the weights sum up to."""
        return plain(sum((Decimal(str(line.get("weight", 0))) for line in self._shown["lines"]), Decimal(0)))

    def _setting(self, setting: appraising.Setting) -> SettingRow:
        default = _default(setting)
        present = str(self._chosen.get(setting.key, default))
        value = self._sent(f"s.{setting.key}", present)
        bounds = setting.number
        return SettingRow(
            name=f"s.{setting.key}",
            key=setting.key,
            label=self._say(setting.label),
            about="" if setting.about is None else self._say(setting.about),
            question=setting.question or "",
            options=tuple(
                Option(one.key, self._say(one.label), one.key == value, one.key == default) for one in setting.choices
            ),
            value=value,
            default=default,
            bounds=None if bounds is None else (plain(bounds.min), plain(bounds.max)),
            is_changed=value != default,
        )

    def _texts(self, line: Mapping[str, Any]) -> Iterator[Field]:
        labels = {
            ("label", "zh"): _("Name in Chinese"),
            ("label", "en"): _("Name in English"),
            ("standard", "zh"): _("Standard in Chinese"),
            ("standard", "en"): _("Standard in English"),
        }
        for part in _TEXTS:
            for language in ("zh", "en"):
                name = f"l.{line['key']}.{part}.{language}"
                value = self._sent(name, str((line.get(part) or {}).get(language) or ""))
                yield Field(name, labels[part, language], value, "words" if part == "standard" else "name")

    def _scalars(self, line: Mapping[str, Any]) -> Iterator[Field]:
        params = line.get("params") or {}
        for param, (kind, label) in PARAMS.get(line.get("rule", ""), {}).items():
            if kind not in ("number", "edge", "truth"):
                continue
            name = _param(line["key"], param)
            value = self._value(line, kind, params.get(param))
            if kind == "truth" and self._held(line["key"]):
                value = "1" if name in (self._data or {}) else ""
            locked = self._locks.get(f"lines.{line['key']}.params.{param}", "")
            yield Field(name, str(label), value if locked else self._sent(name, value), kind, locked)
        for part, label in (("bonus", _("Most points beyond the weight")), ("floor", _("Fewest points"))):
            name, locked = _limit(line["key"], part), self._locks.get(f"lines.{line['key']}.{part}", "")
            value = _shown_limit(line.get(part))
            yield Field(name, label, value if locked else self._sent(name, value), "number", locked)

    def _grids(self, line: Mapping[str, Any]) -> Iterator[Grid]:
        params = line.get("params") or {}
        for param, (kind, label) in PARAMS.get(line.get("rule", ""), {}).items():
            place = f"lines.{line['key']}.params.{param}"
            name = _param(line["key"], param)
            if kind == "rows":
                yield self._rows(line, param, str(label), params.get(param) or (), self._locks.get(place, ""))
            elif kind == "each":
                given = params.get(param) or {}
                rows = tuple(
                    (
                        Field("", "", self._indicator(key), "said"),
                        self._one(f"{name}.{key}", str(label), given.get(key), self._locks.get(f"{place}.{key}", "")),
                    )
                    for key in dict.fromkeys((*given, *line.get("indicators", ())))
                )
                if len(rows) > 1 or given:
                    yield Grid(str(label), (_("Indicator"), _("Points")), rows)
            elif kind == "levels":
                of = int(params.get("of") or 0)
                given = list(params.get(param) or ())
                rows = tuple(
                    (
                        Field("", "", str(n + 1), "said"),
                        self._one(f"{name}.{n}", f"{label} {n + 1}", given[n] if n < len(given) else None, ""),
                    )
                    for n in range(of)
                )
                yield Grid(str(label), (_("Level"), _("Points")), rows)

    def _rows(self, line: Mapping[str, Any], param: str, label: str, given: Any, locked: str) -> Grid:
        columns = PARAMS[f"{line['rule']}.{param}"]
        name, spare = _param(line["key"], param), 0 if locked else _SPARE_ROWS
        rows = []
        for n in range(len(given) + spare):
            row = given[n] if n < len(given) else {}
            cells = []
            for column, (kind, said) in columns.items():
                value = self._value(line, kind, row.get(column))
                place = f"{name}.{n}.{column}"
                shown = value if locked else self._sent(place, value)
                cells.append(Field(place, f"{said} {n + 1}", shown, kind, locked))
            rows.append(tuple(cells))
        return Grid(label, tuple(str(said) for _kind, said in columns.values()), tuple(rows), locked)

    def _one(self, name: str, label: str, given: Any, locked: str) -> Field:
        value = "" if given is None else plain(Decimal(str(given)))
        return Field(name, label, value if locked else self._sent(name, value), "number", locked)

    def _unjudged(self, line: Mapping[str, Any]) -> tuple[Option, ...]:
        present = line.get("unjudged", "drop")
        chosen = self._sent(f"l.{line['key']}.unjudged", present)
        return tuple(Option(key, str(said), key == chosen, is_default=False) for key, said in UNJUDGED.items())

    def _write(self, line: dict[str, Any], shown: Mapping[str, Any]) -> None:
        """Put what was sent and differs from what was shown into a line of the document."""
        key = shown["key"]
        for part in _TEXTS:
            sent = {one: self._sent(f"l.{key}.{part}.{one}", "").strip() for one in ("zh", "en")}
            if sent != {one: str((shown.get(part) or {}).get(one) or "") for one in ("zh", "en")}:
                _set(line, part, {one: text for one, text in sent.items() if text} or None)
        unjudged = self._sent(f"l.{key}.unjudged", "")
        is_locked = f"lines.{key}.unjudged" in self._locks
        if unjudged in UNJUDGED and unjudged != shown.get("unjudged", "drop") and not is_locked:
            line["unjudged"] = unjudged
        for part in ("bonus", "floor"):
            sent_limit = self._sent(_limit(key, part), "").strip()
            if f"lines.{key}.{part}" not in self._locks and sent_limit != _shown_limit(shown.get(part)):
                self._set_limit(line, part, sent_limit)
        params = line.setdefault("params", {})
        for param, (kind, _label) in PARAMS.get(shown.get("rule", ""), {}).items():
            before = (shown.get("params") or {}).get(param)
            if f"lines.{key}.params.{param}" in self._locks:
                continue
            after = self._read(shown, param, kind, before)
            if _canonical(after) != _canonical(before):
                _set(params, param, after)

    def _set_limit(self, line: dict[str, Any], part: str, sent: str) -> None:
        words = {_("without end"): "unlimited", _("none"): "none", "unlimited": "unlimited"}
        if sent in words:
            line[part] = words[sent]
        elif not sent:
            line.pop(part, None)
        elif (number := _number(sent)) is None:
            self._fault(line, sent)
        else:
            line[part] = number

    def _read(self, line: Mapping[str, Any], param: str, kind: Kind, before: Any) -> Any:
        """What was sent for a parameter."""
        name = _param(line["key"], param)
        if kind == "truth":
            return True if name in (self._data or {}) else (None if not before else False)
        if kind == "rows":
            return self._read_rows(line, param)
        if kind == "each":
            given = dict(before or {})
            for key in dict.fromkeys((*given, *line.get("indicators", ()))):
                if f"lines.{line['key']}.params.{param}.{key}" not in self._locks:
                    _set(given, key, self._numeral(line, self._sent(f"{name}.{key}", "")))
            return given or None
        if kind == "levels":
            numbers = [self._numeral(line, self._sent(f"{name}.{n}", "")) for n in range(int(line["params"]["of"]))]
            if all(number is None for number in numbers):
                return None
            return [Decimal(0) if number is None else number for number in numbers]
        return self._numeral(line, self._sent(name, ""))

    def _read_rows(self, line: Mapping[str, Any], param: str) -> Any:
        columns, name = PARAMS[f"{line['rule']}.{param}"], _param(line["key"], param)
        found, n = [], 0
        while any(f"{name}.{n}.{column}" in (self._data or {}) for column in columns):
            row = {
                column: number
                for column in columns
                if (number := self._numeral(line, self._sent(f"{name}.{n}.{column}", ""))) is not None
            }
            if row:
                found.append(row)
            n += 1
        return found or None

    def _numeral(self, line: Mapping[str, Any], text: str) -> Decimal | None:
        if not text.strip():
            return None
        number = _number(text)
        if number is None:
            self._fault(line, text)
        return number

    def _fault(self, line: Mapping[str, Any], text: str) -> None:
        told = {"label": self._text(line.get("label")), "value": text[:40]}
        self.faults.append(_("%(label)s: a number is needed, not “%(value)s”.") % told)

    @cached_property
    def _locks(self) -> dict[str, str]:
        """Places of the document that the answers of the shown version decide, with the setting's label."""
        found: dict[str, str] = {}
        asked = {one["key"]: one for one in self._body.get("settings") or ()}
        for setting in self._template.settings:
            document = asked.get(setting.key)
            if document is None:
                continue
            answer = str(self._chosen.get(setting.key, setting.default or ""))
            label = self._say(setting.label)
            if setting.number is not None:
                changes = document.get("changes") or () if answer else ()
                found |= dict.fromkeys(document.get("into") or () if answer else (), label)
            else:
                choice: Mapping[str, Any] = next(
                    (one for one in document.get("choices") or () if one["key"] == answer), {}
                )
                changes = choice.get("changes") or ()
            for change in changes:
                if change.get("line"):
                    found |= dict.fromkeys(_places(change.get("set") or {}, f"lines.{change['line']}"), label)
        return found

    def _value(self, line: Mapping[str, Any], kind: Kind, given: Any) -> str:
        if given is None:
            return ""
        if kind == "truth":
            return "1" if given else ""
        number = Decimal(str(given))
        return f"{plain(number * 100)}%" if kind == "edge" and is_share(line, self._shown) else plain(number)

    def _indicator(self, key: str) -> str:
        labels = {one["key"]: one.get("label") for one in self._shown.get("indicators") or ()}
        return self._text(labels.get(key)) or key

    def _sent(self, name: str, otherwise: str) -> str:
        if self._data is None:
            return otherwise
        return self._data.get(name, otherwise)

    def _text(self, given: Mapping[str, Any] | None) -> str:
        return "" if not given else self._say(Text(given.get("zh"), given.get("en")))

    def _say(self, given: Text) -> str:
        return given.in_language(self._language)


def _param(line: str, param: str) -> str:
    """The field of a parameter of the line's rule; other things of the line may be called the same."""
    return f"l.{line}.rule.{param}"


def _limit(line: str, part: str) -> str:
    """The field of a limit of the line's points."""
    return f"l.{line}.limit.{part}"


def _answers(chosen: Mapping[str, Any]) -> dict[str, str | Decimal]:
    return {key: value if isinstance(value, str) else Decimal(str(value)) for key, value in chosen.items()}


def _default(setting: appraising.Setting) -> str:
    if setting.number is None or setting.default is None:
        return setting.default or ""
    return plain(Decimal(setting.default))


def _number(text: str) -> Decimal | None:
    """A number as people type it: 0.05, 5%, 1,200."""
    plain = unicodedata.normalize("NFKC", text).strip().replace(",", "").replace("−", "-")
    if not _NUMERAL.fullmatch(plain):
        return None
    found = Decimal(plain.removesuffix("%"))
    return found / 100 if plain.endswith("%") else found


def _shown_limit(given: Any) -> str:
    if given is None:
        return ""
    if given in ("unlimited", "none"):
        return _("without end") if given == "unlimited" else _("none")
    return plain(Decimal(str(given)))


def _set(into: dict[str, Any], key: str, value: Any) -> None:
    if value is None:
        into.pop(key, None)
    else:
        into[key] = value


def _places(node: Mapping[str, Any], place: str) -> Iterator[str]:
    for key, value in node.items():
        here = f"{place}.{key}"
        if isinstance(value, Mapping) and not set(value) <= {"zh", "en"}:
            yield from _places(value, here)
        else:
            yield here


def _canonical(value: Any) -> Any:
    """Equal for what means the same: 5, 5.0 and "5"; nothing, no rows and false."""
    if isinstance(value, Mapping):
        return {key: _canonical(one) for key, one in value.items()} or None
    if isinstance(value, list | tuple):
        return [_canonical(one) for one in value] or None
    if value is None or value is False:
        return None
    try:
        return value if isinstance(value, bool) else Decimal(str(value))
    except InvalidOperation:
        return value
