"""A bank as a table (题库表): one question a row, as teams keep them before they have a bank."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

import xlsxwriter

from peilian.adapters.banks.values import BankRead, Tree, ids, in_language, item_id, right_words
from peilian.adapters.workbooks import BrokenCell, safe_text
from peilian.engine._kernel import Language, Param

# field -> headings that name it, the first is the one of the template
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "bank": ("题库编号", "bank"),
    "id": ("题目编号", "编号", "题号", "id", "序号"),
    "type": ("题型", "type", "题目类型"),
    "stem.zh": ("题干", "题目", "stem", "stem_zh", "question"),
    "stem.en": ("题干（英文）", "stem_en"),
    "options.zh": ("选项", "options", "options_zh"),
    "options.en": ("选项（英文）", "options_en"),
    "answer": ("答案", "正确答案", "answer", "key"),
    "explanation.zh": ("解析", "答案解析", "explanation", "explanation_zh"),
    "explanation.en": ("解析（英文）", "explanation_en"),
    "feedback.zh": ("选项点评", "feedback", "feedback_zh"),
    "feedback.en": ("选项点评（英文）", "feedback_en"),
    "model.zh": ("参考答案", "model", "model_zh"),
    "model.en": ("参考答案（英文）", "model_en"),
    "points": ("分值", "分数", "points"),
    "difficulty": ("难度", "difficulty"),
    "competencies": ("能力", "competencies"),
    "layer": ("层次", "layer"),
    "tags": ("标签", "知识点", "tags"),
    "covers": ("覆盖", "covers"),
    "group": ("互斥组", "group"),
    "fixed": ("选项不打乱", "fixed"),
    "rule": ("计分", "rule"),
}
_LETTERED = re.compile(r"(选项|option)\s*([a-z])\Z")
_TYPES = {
    "single": ("单选", "单选题", "single"),
    "multiple": ("多选", "多选题", "不定项选择题", "multiple"),
    "truth": ("判断", "判断题", "truth", "是非题"),
    "fill": ("填空", "填空题", "fill"),
    "order": ("排序", "排序题", "order"),
    "match": ("匹配", "匹配题", "连线题", "match"),
    "short": ("简答", "简答题", "问答题", "short"),
    "steps": ("写步骤", "steps"),
}
TYPES = tuple(_TYPES)
_TRUE = ("对", "正确", "√", "是", "true", "t", "yes", "y", "1")
_FALSE = ("错", "错误", "×", "x", "否", "false", "f", "no", "n", "0")
_DIFFICULTIES = {"易": 2, "容易": 2, "简单": 2, "中": 3, "中等": 3, "一般": 3, "难": 4, "困难": 4}
LANGUAGES: tuple[Language, ...] = ("zh", "en")
LONGEST_CELL = 32_000
_COMPARED = ("id", "type", "stem", "explanation", "options", "is_true", "blanks", "steps", "pairs", "others", "model")
_LISTS = ("competencies", "tags", "covers")
_ALL_OR_NOTHING, _BY_MACHINE = "全对才得分", "自动评分"
_LINE = re.compile(r"\A([a-z0-9][a-z0-9_\-]*)\s*[.．、:：)）]\s*", re.IGNORECASE)
_GAPS = re.compile(r"_{2,}|（\s*）|\(\s*\)")


def is_bank_table(headings: Sequence[Any]) -> bool:
    """Whether a table with these headings holds questions."""
    said = _headings(headings)
    return _place(said, "stem.zh") >= 0 or (_place(said, "stem.en") >= 0 and _place(said, "answer") >= 0)


def read(rows: Sequence[Sequence[Any]], into: BankRead) -> None:
    """Take the questions of a table; row 1 is the first below the headings."""
    headings = _headings(rows[0])
    places = {name: _place(headings, name) for name in COLUMNS}
    lettered = {found[2]: at for at, one in enumerate(headings) if (found := _LETTERED.match(one))}
    for number, row in enumerate(rows[1:], 1):
        if any(isinstance(cell, BrokenCell) for cell in row):
            into.fault("broken_cell", number)
            continue
        said = {name: _said(row[at]) for name, at in places.items() if 0 <= at < len(row)}
        options = {letter: text for letter, at in lettered.items() if at < len(row) and (text := _said(row[at]))}
        if options and not said.get("options.zh"):
            said["options.zh"] = "\n".join(f"{letter}. {text}" for letter, text in options.items())
        if any(said.values()):
            into.key = into.key or said.get("bank", "")
            _Row(said, number, into).take()


class _Row:
    """One question of a table."""

    def __init__(self, said: Mapping[str, str], row: int, into: BankRead) -> None:
        self._said, self._row, self._into = said, row, into

    def take(self) -> None:
        """Add its item, or tell by the heading of a column what is wrong."""
        kind = self._kind()
        stem = self._texts("stem")
        if not stem:
            self._wrong("empty", "stem.zh")
            return
        if kind is None:
            self._wrong("unknown_type", "type", known="、".join(names[0] for names in _TYPES.values()))
            return
        name = self._said.get("id", "")
        name = f"q{int(name):03}" if name.isdecimal() and len(name) < 7 else name
        item: Tree = {"id": item_id(name, next(iter(stem.values())), self._into.lines), "type": kind, "stem": stem}
        made = {"single": self._choice, "multiple": self._choice, "truth": self._truth, "fill": self._fill}
        made |= {"order": self._order, "match": self._match, "short": self._keys, "steps": self._keys}
        right = made[kind](item)
        if right is None or not self._shared(item):
            return
        explanation = self._texts("explanation")
        if not explanation:
            languages: list[Language] = [one for one in ("zh", "en") if one in stem]
            explanation = {language: right_words(right, language) for language in languages}
            self._into.note("no_explanation", self._row, COLUMNS["explanation.zh"][0])
        item["explanation"] = explanation
        self._into.add(item, self._row)

    def _kind(self) -> str | None:
        said = self._said.get("type", "").lower()
        if said:
            return next((kind for kind, names in _TYPES.items() if said in names), None)
        answer = self._said.get("answer", "").lower()
        if self._said.get("options.zh") or self._said.get("options.en"):
            return "multiple" if len(_letters(answer, ids(26))) > 1 else "single"
        return "truth" if answer in (*_TRUE, *_FALSE) else None

    def _shared(self, item: Tree) -> bool:
        for name in _LISTS:
            if parts := _split(self._said.get(name, "")):
                item[name] = parts
        for name in ("layer", "group"):
            if said := self._said.get(name, ""):
                item[name] = said
        if said := self._said.get("difficulty", ""):
            level = _DIFFICULTIES.get(said, int(said) if said.isdecimal() and len(said) == 1 else 0)
            if not 1 <= level <= 5:
                self._wrong("no_difficulty", "difficulty")
                return False
            item["difficulty"] = level
        if said := self._said.get("points", ""):
            points = _decimal(said.removesuffix("分"))
            if points is None or points <= 0:
                self._wrong("no_points", "points", text=said[:40])
                return False
            item["points"] = f"{points.normalize():f}"
        if self._said.get("fixed", "").lower() in _TRUE:
            item["fixed"] = True
        return True

    def _choice(self, item: Tree) -> list[str] | None:
        options, feedback = self._listed("options"), self._listed("feedback")
        if len(options) < 2:
            self._wrong("too_few_options", "options.zh")
            return None
        known = [name for name, _text in options]
        right = _letters(self._said.get("answer", ""), known)
        if not right or not set(right) <= set(known):
            self._wrong("no_such_option", "answer", known="、".join(known))
            return None
        told = dict(feedback)
        item["options"] = [
            {"id": name, "text": text, **({"right": True} if name in right else {}),
             **({"feedback": told[name]} if name in told else {})}
            for name, text in options
        ]  # fmt: skip
        if item["type"] == "multiple" and self._said.get("rule") == _ALL_OR_NOTHING:
            item["partial"] = False
        return [next(iter(text.values())) for name, text in options if name in right]

    def _truth(self, item: Tree) -> list[str] | None:
        said = self._said.get("answer", "").lower()
        if said not in (*_TRUE, *_FALSE):
            self._wrong("no_truth", "answer")
            return None
        item["is_true"] = said in _TRUE
        return ["对" if item["is_true"] else "错"]

    def _fill(self, item: Tree) -> list[str] | None:
        """Gaps in the stem stand as ``{{id}}`` or as ``____``; the answer has a line for each."""
        blanks = self._blanks()
        if not blanks:
            self._wrong("empty", "answer")
            return None
        for language, text in item["stem"].items():
            names = [blank["id"] for blank in blanks if f"{{{{{blank['id']}}}}}" not in text]
            item["stem"][language] = _with_gaps(text, names)
        item["blanks"] = blanks
        return [str(blank.get("number", "")) or blank["accept"][0] for blank in blanks]

    def _blanks(self) -> list[Tree]:
        blanks = []
        for n, line in enumerate(filter(None, map(str.strip, self._said.get("answer", "").split("\n"))), 1):
            named = re.match(r"([a-z0-9][a-z0-9_\-]*)\s*=\s*(.*)\Z", line)
            blank: Tree = {"id": named[1] if named else f"b{n}"}
            said = named[2] if named else line
            number = re.match(r"数值[:：]\s*(-?[\d.]+)(?:\s*±\s*([\d.]+))?\Z", said)
            if number:
                blank["number"] = number[1]
                if number[2] and Decimal(number[2]):
                    blank["tolerance"] = number[2]
            else:
                blank["accept"] = [one.strip() for one in said.split("|") if one.strip()]
            blanks.append(blank)
        return blanks

    def _order(self, item: Tree) -> list[str] | None:
        steps = self._listed("options")
        if len(steps) < 3:
            self._wrong("too_few_steps", "options.zh")
            return None
        known = [name for name, _text in steps]
        wanted = _letters(self._said.get("answer", ""), known) or known
        if sorted(wanted) != sorted(known):
            self._wrong("no_such_option", "answer", known="、".join(known))
            return None
        texts = dict(steps)
        item["steps"] = [{"id": name, "text": texts[name]} for name in wanted]
        return [" → ".join(next(iter(texts[name].values())) for name in wanted)]

    def _match(self, item: Tree) -> list[str] | None:
        pairs, others = list[Tree](), list[Tree]()
        for name, text in self._listed("options"):
            sides = {language: _sides(said) for language, said in text.items()}
            if all(side[1] is None for side in sides.values()):
                others.append({"id": name, "text": text})
                continue
            if any(side[1] is None for side in sides.values()):
                self._wrong("no_pair", "options.en")
                return None
            left = {language: side[0] for language, side in sides.items()}
            pairs.append({"id": name, "left": left, "right": {one: side[1] for one, side in sides.items()}})
        if len(pairs) < 2:
            self._wrong("no_pair", "options.zh")
            return None
        item["pairs"] = pairs
        if others:
            item["others"] = others
        return [f"{next(iter(pair['left'].values()))} → {next(iter(pair['right'].values()))}" for pair in pairs]

    def _keys(self, item: Tree) -> list[str] | None:
        """Key points, one a line: what it is, then after ``=`` the words by which it is found."""
        keys = list[Tree]()
        for n, line in enumerate(filter(None, map(str.strip, self._said.get("answer", "").split("\n"))), 1):
            label, _equals, words = line.partition("=")
            found = [one.strip() for one in (words or label).split("|") if one.strip()]
            keys.append({"id": f"k{n}", "label": {"zh": label.strip()}, "zh": found})
        if not keys:
            self._wrong("no_key_points", "answer")
            return None
        item["keys"] = keys
        item["model"] = self._texts("model") or {"zh": "；".join(key["label"]["zh"] for key in keys)}
        if self._said.get("rule") == _BY_MACHINE:
            item["open"] = False
        return [key["label"]["zh"] for key in keys]

    def _texts(self, name: str) -> dict[str, str]:
        return {one: text for one in ("zh", "en") if (text := self._said.get(f"{name}.{one}", ""))}

    def _listed(self, name: str) -> list[tuple[str, dict[str, str]]]:
        """Lines of a cell by the names that they begin with, in both languages."""
        found: dict[str, dict[str, str]] = {}
        for language in ("zh", "en"):
            lines = [line.strip() for line in self._said.get(f"{name}.{language}", "").split("\n") if line.strip()]
            for letter, line in zip(ids(len(lines)), lines, strict=True):
                named = _LINE.match(line)
                key = named[1].lower() if named else letter
                found.setdefault(key, {})[language] = line[named.end() :] if named else line
        return list(found.items())

    def _wrong(self, key: str, column: str, **params: Param) -> None:
        self._into.fault(key, self._row, COLUMNS[column][0], **params)


def written(bank: Tree, items: Sequence[Tree]) -> bytes:
    """The items as a table; all of them are of types that it holds."""
    return _workbook([_row(bank, item) for item in items])


def holds(bank: Tree, item: Tree) -> bool:
    """Whether a table says an item so that reading gives it back: cells are bounded, and marks stand between texts."""
    row = _row(bank, item)
    if max(map(len, row.values())) > LONGEST_CELL:
        return False
    found = BankRead()
    read([[headings[0] for headings in COLUMNS.values()], [row.get(name, "") for name in COLUMNS]], found)
    return len(found.items) == 1 and all(found.items[0].get(name) == item.get(name) for name in _COMPARED)


def template() -> bytes:
    """An empty table with its headings and an example of every type."""
    return _workbook(list(_EXAMPLES))


def _workbook(rows: Sequence[Mapping[str, str]]) -> bytes:
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    sheet = book.add_worksheet("题库")
    bold, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
    for column, (name, headings) in enumerate(COLUMNS.items()):
        sheet.write_string(0, column, headings[0], bold)
        sheet.set_column(column, column, 36 if "." in name or name == "answer" else 12, wrapped)
        for number, row in enumerate(rows, 1):
            if row.get(name):
                sheet.write_string(number, column, row[name])
    sheet.freeze_panes(1, 0)
    kinds = [names[0] for names in _TYPES.values()]
    sheet.data_validation(1, 2, 1000, 2, {"validate": "list", "source": kinds})
    book.close()
    return target.getvalue()


def _row(bank: Tree, item: Tree) -> dict[str, str]:
    made = {"bank": bank["key"], "id": item["id"], "type": _TYPES[item["type"]][0]}
    for language in LANGUAGES:
        made |= {
            f"{name}.{language}": in_language(item.get(name), language) for name in ("stem", "explanation", "model")
        }
        made[f"options.{language}"] = "\n".join(_lines(item, language))
        feedback = ((one["id"], in_language(one.get("feedback"), language)) for one in item.get("options", ()))
        made[f"feedback.{language}"] = "\n".join(f"{name}. {_flat(text)}" for name, text in feedback if text)
    made["answer"] = "\n".join(_answer_lines(item))
    made |= {name: "、".join(item.get(name, ())) for name in _LISTS}
    made |= {name: str(item.get(name, "")) for name in ("points", "difficulty", "layer", "group")}
    made["fixed"] = "是" if item.get("fixed") else ""
    if item.get("partial") is False:
        made["rule"] = _ALL_OR_NOTHING
    if item["type"] in ("short", "steps") and item.get("open") is False:
        made["rule"] = _BY_MACHINE
    return {name: safe_text(text) for name, text in made.items()}


def _lines(item: Tree, language: Language) -> Iterator[str]:
    for one in (*item.get("options", ()), *item.get("steps", ()), *item.get("others", ())):
        if text := in_language(one["text"], language):
            yield f"{one['id']}. {_flat(text)}"
    for pair in item.get("pairs", ()):
        left, right = in_language(pair["left"], language), in_language(pair["right"], language)
        if left and right:
            yield f"{pair['id']}. {_flat(left)} => {_flat(right)}"


def _answer_lines(item: Tree) -> Iterator[str]:
    if item["type"] in ("single", "multiple"):
        yield "、".join(option["id"] for option in item["options"] if option.get("right"))
    elif item["type"] == "truth":
        yield "对" if item["is_true"] else "错"
    for blank in item.get("blanks", ()):
        if blank.get("number") is not None:
            off = f" ± {blank['tolerance']}" if blank.get("tolerance") else ""
            yield f"{blank['id']}=数值：{blank['number']}{off}"
        else:
            yield f"{blank['id']}={'|'.join(blank['accept'])}"
    for key in item.get("keys", ()):
        yield f"{_flat(key['label'].get('zh', ''))}={'|'.join(key['zh'])}"


def _flat(text: str) -> str:
    return " ".join(text.split())


def _headings(cells: Sequence[Any]) -> list[str]:
    return [str(cell).strip().lower().rstrip("*＊") for cell in cells]


def _place(headings: Sequence[str], name: str) -> int:
    return next((headings.index(one) for one in COLUMNS[name] if one in headings), -1)


def _said(cell: Any) -> str:
    if isinstance(cell, bool):
        return "对" if cell else "错"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    text = str(cell).strip() if cell is not None else ""
    return text[1:] if text[:1] == "'" and text[1:2] in "=+-@" else text


def _letters(answer: str, known: Sequence[str]) -> list[str]:
    """The options that an answer names: ``A``, ``A、C``, ``AC``, or their ids."""
    said = answer.strip().lower()
    parts = [one for one in re.split(r"[、，,;；\s/|]+", said) if one]
    if all(part in known for part in parts):
        return list(dict.fromkeys(parts))
    letters = [char for char in said if char.isascii() and char.isalpha()]
    is_letters = all((char.isascii() and char.isalpha()) or char in "、，,;；/| \n" for char in said)
    return list(dict.fromkeys(letters)) if is_letters else [said]


def _sides(text: str) -> tuple[str, str | None]:
    found = re.split(r"\s*(?:=>|→|->|——)\s*", text, maxsplit=1)
    return found[0], found[1] if len(found) > 1 else None


def _with_gaps(text: str, names: Sequence[str]) -> str:
    """The text with ``____`` as the gaps of these names, as far as there are some."""
    pieces, last = [], 0
    for name, found in zip(names, _GAPS.finditer(text), strict=False):
        pieces += [text[last : found.start()], f"{{{{{name}}}}}"]
        last = found.end()
    return "".join([*pieces, text[last:]])


def _split(text: str) -> list[str]:
    return list(dict.fromkeys(one.strip() for one in re.split(r"[、，,；;\n]", text) if one.strip()))


def _decimal(text: str) -> Decimal | None:
    try:
        found = Decimal(text.strip())
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


_EXAMPLES: tuple[Mapping[str, str], ...] = (
    {
        "bank": "own/refunds", "id": "refund-first", "type": "单选", "stem.zh": "客户问退款几天到账，第一句怎么回？",
        "options.zh": "a. 请您耐心等待。\nb. 已经提交，预计 3 个工作日内原路退回。\nc. 这个要问银行。", "answer": "b",
        "explanation.zh": "先给出能兑现的时间，客户就不用再来问一次。", "feedback.zh": "a. 没有时间，客户只能再问。",
        "points": "1", "difficulty": "2", "tags": "退款、时效",
    },
    {
        "id": "refund-proof", "type": "多选", "stem.zh": "申请质量问题退款，需要客户提供哪些？",
        "options.zh": "a. 问题照片\nb. 订单号\nc. 身份证照片", "answer": "a、b",
        "explanation.zh": "身份证照片与判断质量无关，不能索取。",
    },
    {"id": "refund-promise", "type": "判断", "stem.zh": "没查过订单，也可以先答应客户今天到账。", "answer": "错",
     "explanation.zh": "做不到的承诺，比慢一天更伤客户。"},
    {"id": "refund-days", "type": "填空", "stem.zh": "签收后 ____ 天内可以无理由退货，退到____。",
     "answer": "数值：7\n原支付账户|原账户", "explanation.zh": "以公司售后规则为准。"},
    {"id": "refund-steps", "type": "排序", "stem.zh": "处理退款咨询，按先后排好：",
     "options.zh": "a. 接住情绪\nb. 核对订单\nc. 给出时间\nd. 主动回访", "answer": "a、b、c、d",
     "explanation.zh": "先人后事，最后把话收住。"},
    {"id": "refund-words", "type": "匹配", "stem.zh": "哪句话用在什么时候？",
     "options.zh": "a. 还没提交 => 我现在就提交\nb. 已经提交 => 预计几天到账\nc. 请您理解",
     "explanation.zh": "说现在能做的事。"},
    {"id": "refund-late", "type": "简答", "stem.zh": "退款超时三天，客户很生气，您怎么回？",
     "answer": "接住情绪=着急|久等\n说明进度=已经|查到\n给出时间=今天|小时",
     "model.zh": "让您久等了。我查到银行昨天已受理，今天 18 点前给您结果。",
     "explanation.zh": "情绪、事实、时间，一样不能少。", "points": "3"},
)  # fmt: skip
