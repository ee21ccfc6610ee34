"""Rules: templates, versions, editing one as the next version with a look at what it would change."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

from django.test import Client
from django.urls import reverse

from peilian.apps.appraisal import api as appraisal
from peilian.apps.people import api as people
from support.appraisals import Firm, a_cycle, a_template, frozen, published, sheet_of
from support.builders import LONG_AGO

TODAY = "2026-11-01"


class Reader(HTMLParser):
    """What a browser would send back of a form as it is shown."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self.area = self.select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name, value = given.get("name") or "", given.get("value") or ""
        is_choice = given.get("type") in ("radio", "checkbox")
        if tag == "input" and name and (not is_choice or "checked" in given):
            self.found[name] = value
        elif tag == "textarea":
            self.area = name
            self.found[name] = ""
        elif tag == "select":
            self.select = name
        elif tag == "option" and self.select and "selected" in given:
            self.found[self.select] = value

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self.area = ""
        elif tag == "select":
            self.select = ""

    def handle_data(self, data: str) -> None:
        if self.area:
            self.found[self.area] += data


def shown_fields(user: people.User, version: appraisal.TemplateVersion) -> dict[str, str]:
    """The fields of settings and lines in the form of the next version."""
    client = Client()
    client.force_login(user)
    reader = Reader()
    reader.feed(client.get(reverse("appraisal_rules_edit", args=[version.template.pk])).content.decode())
    return {name: value for name, value in reader.found.items() if name.startswith(("s.", "l."))}


def newest(version: appraisal.TemplateVersion) -> appraisal.TemplateVersion:
    return version.template.versions.order_by("-number")[0]


def kept(**fields: Any) -> dict[str, Any]:
    return {"do": "save", "effective_from": TODAY, "note": "公司确认", **fields}


def test_a_form_sent_back_as_it_is_shown_changes_nothing(firm: Firm, send: Any) -> None:
    editor = firm.trainer_in_chief
    for key, shipped in appraisal.shipped_templates().items():
        version = a_template(key=key, body=shipped.body)
        fields = shown_fields(editor, version)
        assert len(fields) > 20
        text = send(editor, "appraisal_rules_edit", version.template.pk, status=200, do="try", **fields)
        assert "规则没有差别" in text
        given = kept(**fields) | {"effective_from": str(LONG_AGO)}
        assert "不用保存" in send(editor, "appraisal_rules_edit", version.template.pk, status=422, **given)
        assert newest(version).number == 1


def test_settings_weights_bands_and_words_become_the_next_version(firm: Firm, page: Any, send: Any) -> None:
    editor, version = firm.trainer_in_chief, a_template()
    fields = shown_fields(editor, version)
    assert fields["l.conversion.rule.bands.1.below"] == "1%"
    fields |= {
        "s.disputes_line": "leave_out",
        "s.responses_standard": "600",
        "s.weight.knowledge": "6",
        "l.conversion.rule.bands.1.below": "1.2%",
        "l.conversion.rule.bands.1.change": "-4",
        "l.knowledge.rule.points.0": "1",
        "l.knowledge.rule.points.3": "6",
        "l.returns.standard.zh": "低于 1% 得满分",
        "l.sales_growth.unjudged": "drop",
    }
    text = send(editor, "appraisal_rules_edit", version.template.pk, status=200, do="try", **fields)
    assert "1.2%" in text
    assert newest(version).number == 1
    send(editor, "appraisal_rules_edit", version.template.pk, **kept(**fields))
    after = newest(version)
    assert after.chosen == {"disputes_line": "leave_out", "responses_standard": "600", "weight.knowledge": "6"}
    lines = {line["key"]: line for line in after.body["lines"]}
    assert lines["conversion"]["params"]["bands"][1] == {"below": 0.012, "change": -4}
    assert lines["knowledge"]["params"]["points"] == [1, 0, 0, 6]
    assert lines["returns"]["standard"]["zh"] == "低于 1% 得满分"
    assert lines["sales_growth"]["unjudged"] == "drop"
    assert version.body == a_template(key="again").body  # the version before stays as it was
    compared = page(editor, "appraisal_rules_compare", version.template.pk)
    assert "低于 1% 得满分" in compared
    assert "默认" in page(editor, "appraisal_version", after.pk)


def test_what_a_setting_decides_is_shown_and_not_written_twice(firm: Firm, page: Any, send: Any) -> None:
    editor = firm.trainer_in_chief
    version = a_template(settings={"conversion_reading": "printed"})
    assert "由上方问题决定： 转化率怎样减分" in page(editor, "appraisal_rules_edit", version.template.pk)
    fields = shown_fields(editor, version)
    assert "l.conversion.rule.bands.0.below" not in fields
    fields["s.sales_bonus"] = "every_10"
    send(editor, "appraisal_rules_edit", version.template.pk, **kept(**fields))
    assert newest(version).body == version.body
    assert newest(version).chosen == {"conversion_reading": "printed", "sales_bonus": "every_10"}


def test_new_rules_are_tried_on_the_last_inputs_the_biggest_movers_first(firm: Firm, send: Any) -> None:
    firm.figures.own[firm.zhou.employee_id] = {"responses": "100"}
    cycle = frozen(firm)
    version = cycle.template_version
    fields = shown_fields(firm.manager, version) or shown_fields(firm.trainer_in_chief, version)
    fields["s.responses_standard"] = "1000"
    text = send(firm.trainer_in_chief, "appraisal_rules_edit", version.template.pk, status=200, do="try", **fields)
    assert "人的得分会变" in text
    table = text[text.index('data-table="appraisal-preview"') :]
    assert "林小禾" in table
    assert "咨询量" in table
    assert newest(version).number == 1


def test_no_two_fields_of_the_form_have_one_name(firm: Firm, page: Any) -> None:
    editor = firm.trainer_in_chief
    for key, shipped in appraisal.shipped_templates().items():
        version = a_template(key=key, body=shipped.body)
        text = page(editor, "appraisal_rules_edit", version.template.pk)
        inputs = re.findall(r"<(?:input|select|textarea)\b[^>]*>", text)
        names = [name for tag in inputs if 'type="radio"' not in tag for name in re.findall(r'\bname="([^"]+)"', tag)]
        own = [name for name in names if name.startswith(("s.", "l."))]
        assert len(own) > 20
        assert len(set(own)) == len(own), [name for name in own if own.count(name) > 1]
        ids = re.findall(r'\bid="([^"]+)"', text)
        assert len(set(ids)) == len(ids), [one for one in ids if ids.count(one) > 1]


def test_points_beyond_and_the_limit_of_a_line_are_changed_apart(firm: Firm, send: Any) -> None:
    editor, version = firm.trainer_in_chief, a_template()
    fields = shown_fields(editor, version) | {
        "l.sales_completion.rule.bonus": "3",
        "l.sales_completion.limit.bonus": "4",
    }
    send(editor, "appraisal_rules_edit", version.template.pk, **kept(**fields))
    line = next(line for line in newest(version).body["lines"] if line["key"] == "sales_completion")
    assert (line["params"]["bonus"], line["bonus"]) == (3, 4)


def test_a_standard_worded_for_another_number_is_noticed_wherever_it_is_read(firm: Firm, page: Any, send: Any) -> None:
    editor, version = firm.trainer_in_chief, a_template(shipped_as="ecommerce-monthly")
    notice = "标准文字里还写着 450，规则现在按 600 计算"
    assert notice not in page(editor, "appraisal_rules_edit", version.template.pk)
    fields = shown_fields(editor, version) | {"s.responses_standard": "600"}
    assert notice in send(editor, "appraisal_rules_edit", version.template.pk, status=200, do="try", **fields)
    send(editor, "appraisal_rules_edit", version.template.pk, **kept(**fields) | {"effective_from": str(LONG_AGO)})
    changed = newest(version)
    assert notice in page(editor, "appraisal_version", changed.pk)
    cycle = published(firm, template=changed.template)
    assert notice in page(firm.lin, "appraisal_sheet", sheet_of(cycle, firm.lin).pk)
    assert notice in page(firm.lin, "appraisal_print", sheet_of(cycle, firm.lin).pk)
    fields = shown_fields(editor, changed) | {"l.responses.standard.zh": "以每月 600 个应答为准；不足八成减 2 分。"}
    assert notice not in send(editor, "appraisal_rules_edit", version.template.pk, status=200, do="try", **fields)


def test_what_is_no_number_or_no_rule_is_said(firm: Firm, send: Any) -> None:
    editor, version = firm.trainer_in_chief, a_template()
    fields = shown_fields(editor, version)
    place = ("appraisal_rules_edit", version.template.pk)
    wrong = fields | {"l.conversion.rule.bands.0.points": "很多"}
    assert "这里需要数字，现在是“很多”" in send(editor, *place, status=422, do="try", **wrong)
    wrong = fields | {"s.responses_standard": "-3"}
    assert "state-error" in send(editor, *place, status=422, do="try", **wrong)
    wrong = fields | {
        f"l.conversion.rule.bands.{n}.{part}": "" for n in range(4) for part in ("below", "points", "change")
    }
    assert "state-error" in send(editor, *place, status=422, do="try", **wrong)
    assert "需要填写" in send(editor, *place, status=422, **kept(**fields) | {"note": ""})


def test_rules_begin_with_a_shipped_sheet(firm: Firm, page: Any, send: Any) -> None:
    editor = firm.trainer_in_chief
    assert "还没有考核规则" in page(editor, "appraisal_rules")
    page(editor, "appraisal_rules_new")
    fields = {"shipped": "ecommerce-monthly", "key": "shop", "zh": "本店月度考核", "effective_from": "2026-01-01"}
    assert "待定的问题" in send(editor, "appraisal_rules_new", **fields)
    assert "本店月度考核" in page(editor, "appraisal_rules")
    assert "已经有" in send(editor, "appraisal_rules_new", status=422, **fields)
    assert "小写字母" in send(editor, "appraisal_rules_new", status=422, **(fields | {"key": "A b"}))


def test_rules_that_are_retired_are_no_longer_offered(firm: Firm, page: Any, send: Any) -> None:
    version = a_template()
    assert "已停用" in send(firm.trainer_in_chief, "appraisal_rules_retire", version.template.pk)
    assert "月度考核" not in page(firm.manager, "appraisal_cycle_new").split("<form")[1]


def test_who_does_not_edit_rules_reads_them(firm: Firm, page: Any, send: Any) -> None:
    version = a_template()
    a_cycle(firm, template=version.template)
    for name, key in (("appraisal_rules_edit", version.template.pk), ("appraisal_rules_retire", version.template.pk)):
        for user in (firm.lead, firm.lin, firm.leadership, firm.admin):
            send(user, name, key, status=404)
    for user in (firm.lead, firm.manager):
        page(user, "appraisal_version", version.pk)
        page(user, "appraisal_rules_compare", version.template.pk)
    page(firm.lin, "appraisal_version", version.pk, status=404)
    page(firm.admin, "appraisal_rules", status=404)
    client = Client()
    client.force_login(firm.trainer_in_chief)
    assert client.get(reverse("appraisal_rules_retire", args=[version.template.pk])).status_code == 405


def test_a_fault_of_rules_names_the_line_and_speaks_chinese(firm: Firm, send: Any) -> None:
    version = a_template()
    place = (firm.trainer_in_chief, "appraisal_rules_edit", version.template.pk)
    fields = shown_fields(firm.trainer_in_chief, version)
    text = send(*place, status=422, do="try", **fields | {"l.sales_completion.rule.step": "0"})
    assert "销售额完成率" in text
    assert "每一步的大小要大于 0" in text
    assert "lines.0" not in text
    text = send(*place, status=422, do="try", **fields | {"s.weight.knowledge": "5000"})
    assert "专业知识 · 权重：应为 0.01 到 1000 之间的数，实际是“5000”" in text


def test_bands_are_compared_by_their_own_names_and_in_percent(firm: Firm, send: Any) -> None:
    version = a_template()
    fields = shown_fields(firm.trainer_in_chief, version) | {"l.conversion.rule.bands.0.below": "0.6%"}
    text = send(firm.trainer_in_chief, "appraisal_rules_edit", version.template.pk, status=200, do="try", **fields)
    table = text[text.index('class="data-table difference"') :].partition("</table>")[0]
    assert "小于 0.5%，得分 0" in table or "低于 0.5%，得分 0" in table, table
    assert "0.005" not in table
    assert "各等级" not in table
