"""Values by hand, from files and from tables of violations: what is taken, what is refused, and with which words."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from peilian.apps.appraisal import api as appraisal
from peilian.apps.appraisal import importing
from peilian.apps.base import api as base
from peilian.apps.contacts import api as contacts
from peilian.apps.people import api as people
from peilian.engine._kernel import InputError
from peilian.flows.appraisal_inputs import look_through
from peilian.flows.wording import say_fault
from support.appraisals import (
    LEVELS,
    Firm,
    a_cycle,
    a_template,
    an_event,
    frozen,
    last_month,
    published,
    sheet_of,
)
from support.builders import an_employee


@pytest.fixture
def cycle(firm: Firm) -> appraisal.Cycle:
    return a_cycle(firm)


def a_file(folder: Path, *lines: str, header: str = "person,period,indicator,value", name: str = "数据.csv") -> Path:
    path = folder / name
    path.write_text("\n".join((header, *lines)) + "\n", encoding="utf-8")
    return path


def keys_of(error: pytest.ExceptionInfo[InputError]) -> list[str]:
    for fault in error.value.faults:
        assert say_fault(fault, "zh")
        assert say_fault(fault, "en")
    return [fault.reason.key for fault in error.value.faults]


@pytest.mark.parametrize(
    ("text", "value"), [("0.92", "0.92"), ("92%", "0.92"), (0.5, "0.5"), ("1.05", "1.05"), ("110%", "1.1")]
)
def test_a_ratio_is_typed_as_a_fraction_or_with_a_percent_sign(firm, cycle, text, value):
    row = sheet_of(cycle, firm.lin)
    appraisal.enter_input(actor=firm.lead, appraisee=row, indicator="sales_completion_ratio", value=text)
    given = appraisal.inputs_of(user=firm.lead, appraisee=row)["sales_completion_ratio"]
    assert f"{given.value.normalize():f}" == value
    assert given.entered_by == firm.lead


@pytest.mark.parametrize(
    ("indicator", "value", "key"),
    [
        ("luck", "1", "appraisal.unknown_indicator"),
        ("responses", "很多", "appraise.not_a_number"),
        ("responses", "nan", "appraise.not_a_number"),
        ("responses", "400.5", "appraise.not_a_count"),
        ("responses", "-1", "appraise.not_a_count"),
        ("responses", "40%", "appraise.no_percentage"),
        ("sales_completion_ratio", "92", "appraise.unclear_ratio"),
        ("return_ratio", "150%", "appraise.too_large"),
        ("knowledge_level", "5", "appraise.no_level"),
        ("report_on_time", "也许", "appraise.not_a_truth"),
        ("responses", float("inf"), "appraise.not_a_number"),
        ("responses", None, "base.empty"),
    ],
)
def test_a_value_that_cannot_be_is_refused_and_says_what_was_expected(firm, cycle, indicator, value, key):
    row = sheet_of(cycle, firm.lin)
    with pytest.raises(InputError) as error:
        appraisal.enter_input(actor=firm.lead, appraisee=row, indicator=indicator, value=value)
    assert keys_of(error) == [key]
    assert not appraisal.Input.objects.exists()


@pytest.mark.parametrize(
    ("levels", "key"),
    [
        ({"knowledge_level": "5"}, "appraise.no_level"),
        ({"knowledge_level": "2.5"}, "appraise.no_level"),
        ({"knowledge_level": 0}, "appraise.no_level"),
        ({"responses": 3}, "appraisal.not_a_level"),
        ({"knowledge_level": 3, "charm": 3}, "appraisal.not_a_level"),
    ],
)
def test_a_level_that_is_none_is_refused_and_nothing_of_the_rating_is_stored(firm, cycle, levels, key):
    with pytest.raises(InputError) as error:
        appraisal.rate(actor=firm.lead, appraisee=sheet_of(cycle, firm.lin), levels=levels, remark="好")
    assert keys_of(error) == [key]
    assert not appraisal.Input.objects.exists()
    assert not appraisal.Remark.objects.exists()


def test_rating_again_keeps_what_was_rated_before(firm, cycle):
    row = sheet_of(cycle, firm.lin)
    appraisal.rate(actor=firm.lead, appraisee=row, levels=LEVELS)
    appraisal.rate(actor=firm.lead, appraisee=row, levels={"knowledge_level": 4, "guide_level": 3})
    history = appraisal.input_history(user=firm.lead, appraisee=row, indicator="knowledge_level")
    assert [item.value for item in history] == [4, 3]
    assert appraisal.input_history(user=firm.lead, appraisee=row, indicator="guide_level").count() == 1


def test_who_rates_is_told_what_is_left(firm, cycle):
    appraisal.rate(actor=firm.lead, appraisee=sheet_of(cycle, firm.lin), levels={"knowledge_level": 3})
    tasks = {
        task.appraisee.employee.name: (task.done, task.total) for task in appraisal.to_rate(user=firm.lead, cycle=cycle)
    }
    assert tasks == {"林小禾": (1, 5), "周舟": (0, 5)}
    assert appraisal.to_rate(user=firm.manager, cycle=cycle) == []


def test_the_own_comment_has_its_last_day(firm):
    today = base.today_in_company()
    cycle = a_cycle(firm, self_comment_until=today)
    row = sheet_of(cycle, firm.lin)
    with pytest.raises(people.NotVisibleError):
        appraisal.self_comment(actor=firm.lin, appraisee=row, text="还没开始")
    appraisal.start_review(actor=firm.manager, cycle=cycle)
    assert (
        appraisal.self_comment(actor=firm.lin, appraisee=row, text="支援了夜班", line="responsibility").kind == "self"
    )
    with pytest.raises(InputError) as error:
        appraisal.self_comment(actor=firm.lin, appraisee=row, text="晚了", today=today.replace(year=today.year + 1))
    assert keys_of(error) == ["appraisal.comment_over"]
    with pytest.raises(InputError) as error:
        appraisal.self_comment(actor=firm.lin, appraisee=row, text="x", line="luck")
    assert keys_of(error) == ["appraisal.unknown_line"]


# Files


def test_a_file_brings_values_by_number_name_key_and_label(firm, cycle, tmp_path):
    file = a_file(
        tmp_path,
        f"{firm.lin.employee.number},{cycle.period},responses,410",
        f"周舟,{cycle.period},转化率,1.3%",
        f"周舟,{cycle.period},featured_ratio,",
    )
    look = appraisal.preview_inputs(user=firm.manager, cycle=cycle, file=file)
    assert not appraisal.Input.objects.exists()
    found = appraisal.import_inputs(actor=firm.manager, cycle=cycle, file=file)
    assert found == look.outcome == appraisal.Imported(people=2, new=2, same=0)
    assert (look.empty, [value.row for value in look.values]) == (1, [2, 3])
    given = appraisal.inputs_of(user=firm.manager, appraisee=sheet_of(cycle, firm.zhou))
    assert f"{given['conversion_ratio'].value.normalize():f}" == "0.013"
    assert (given["conversion_ratio"].source, given["conversion_ratio"].detail) == ("file", {"file": "数据.csv"})
    assert appraisal.import_inputs(actor=firm.manager, cycle=cycle, file=file).same == 2


def test_an_uploaded_file_keeps_its_name(firm, cycle, tmp_path, home):
    path = a_file(tmp_path, f"周舟,{cycle.period},responses,410")
    stored = base.keep_file(actor=firm.manager, name="十月.csv", chunks=[path.read_bytes()])
    appraisal.import_inputs(actor=firm.manager, cycle=cycle, file=stored)
    given = appraisal.inputs_of(user=firm.manager, appraisee=sheet_of(cycle, firm.zhou))["responses"]
    assert given.detail == {"file": "十月.csv"}


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("王五,{period},responses,410", "appraisal.unknown_person"),
        ("周舟,2020-01,responses,410", "appraisal.other_period"),
        ("周舟,{period},knowledge_level,3", "appraisal.levels_are_rated"),
        ("周舟,{period},运气,3", "appraise.unknown_indicator"),
        ("周舟,{period},responses,很多", "appraise.not_a_number"),
        ("周舟,{period},sales_completion_ratio,92", "appraise.unclear_ratio"),
        ("同名,{period},responses,410", "appraisal.unknown_person"),
        (",{period},responses,410", "appraise.empty"),
        ("周舟,{period},responses,", "appraisal.no_rows"),
    ],
)
def test_a_file_with_a_fault_stores_nothing(firm, tmp_path, line, key):
    for _ in range(2):
        an_employee("同名", unit=firm.team)
    cycle = a_cycle(firm)
    good = "" if key == "appraisal.no_rows" else f"林小禾,{cycle.period},responses,400"
    with pytest.raises(InputError) as error:
        appraisal.import_inputs(
            actor=firm.manager, cycle=cycle, file=a_file(tmp_path, line.format(period=cycle.period), good)
        )
    assert key in keys_of(error)
    assert not appraisal.Input.objects.exists()


def test_a_person_under_two_names_in_a_file_is_a_fault(firm, cycle, tmp_path):
    number = firm.zhou.employee.number
    file = a_file(tmp_path, f"周舟,{cycle.period},responses,410", f"{number},{cycle.period},disputes,0")
    with pytest.raises(InputError) as error:
        appraisal.import_inputs(actor=firm.manager, cycle=cycle, file=file)
    assert keys_of(error) == ["appraisal.person_twice"]


def test_every_fault_about_a_person_or_period_names_its_row(firm, tmp_path):
    cycle = a_cycle(firm)
    file = a_file(
        tmp_path,
        f"周舟,{cycle.period},responses,410",
        f"王五,{cycle.period},responses,410",
        "林小禾,2020-01,responses,410",
        f"周舟,{cycle.period},knowledge_level,3",
        f"{firm.zhou.employee.number},{cycle.period},disputes,0",
        f"林小禾,{cycle.period},disputes,很多",
        header="姓名,月份,指标,数值",
    )
    with pytest.raises(InputError) as error:
        appraisal.import_inputs(actor=firm.manager, cycle=cycle, file=file)
    assert [(fault.reason.key.partition(".")[2], fault.row, fault.field) for fault in error.value.faults] == [
        ("unknown_person", 3, "姓名"),
        ("other_period", 4, "月份"),
        ("levels_are_rated", 5, "指标"),
        ("person_twice", 6, "姓名"),
        ("not_a_number", 7, "数值"),
    ]


def test_the_same_value_twice_is_refused_whatever_the_period_and_the_person_are_called(firm, cycle, tmp_path):
    file = a_file(
        tmp_path,
        f"周舟,{cycle.period},complaints,1",
        f"周舟,{cycle.starts_on.isoformat()},complaints,7",
        f"{firm.zhou.employee.number},{cycle.period},complaints,7",
    )
    with pytest.raises(InputError) as error:
        appraisal.preview_inputs(user=firm.manager, cycle=cycle, file=file)
    told = [(fault.reason.key, fault.reason.params["first"], fault.row) for fault in error.value.faults]
    assert told == [("appraise.twice", 2, 3), ("appraise.twice", 2, 4)]


def test_a_number_and_a_name_that_contradict_each_other_are_a_fault_of_their_row(firm, cycle, tmp_path):
    number = firm.zhou.employee.number
    lines = (f"{number},周舟,{cycle.period},responses,410", f"{number},林小禾,{cycle.period},disputes,0")
    file = a_file(tmp_path, *lines, header="工号,姓名,月份,指标,数值")
    with pytest.raises(InputError) as error:
        appraisal.import_inputs(actor=firm.manager, cycle=cycle, file=file)
    assert [(fault.reason.key, fault.row, fault.field) for fault in error.value.faults] == [
        ("appraisal.other_person", 3, "姓名")
    ]
    assert keys_of(error)


def test_a_name_of_a_file_may_be_as_long_as_names_of_files_are(firm, cycle, tmp_path, home):
    path = a_file(tmp_path, f"周舟,{cycle.period},responses,410")
    stored = base.keep_file(actor=firm.manager, name="考" * 100 + ".csv", chunks=[path.read_bytes()])
    assert appraisal.preview_inputs(user=firm.manager, cycle=cycle, file=stored).outcome.new == 1


def test_a_file_is_read_before_anything_is_kept_from_others(firm, cycle, tmp_path, monkeypatch):
    depths = []

    def read(*arguments, **options):
        depths.append(len(connection.savepoint_ids))
        return look_through(*arguments, **options)

    monkeypatch.setattr(importing, "look_through", read)
    file = a_file(tmp_path, f"周舟,{cycle.period},responses,410")
    before = len(connection.savepoint_ids)
    with CaptureQueriesContext(connection) as queries:
        appraisal.preview_inputs(user=firm.manager, cycle=cycle, file=file)
    assert not any(query["sql"].startswith(("INSERT", "UPDATE", "SAVEPOINT")) for query in queries.captured_queries)
    appraisal.import_inputs(actor=firm.manager, cycle=cycle, file=file)
    assert depths == [before, before]


def test_a_preview_shows_each_value_as_it_will_be_kept_and_what_it_replaces(firm, cycle, tmp_path):
    appraisal.enter_input(actor=firm.lead, appraisee=sheet_of(cycle, firm.zhou), indicator="return_ratio", value="1%")
    file = a_file(tmp_path, f"周舟,{cycle.period},return_ratio,7", f"林小禾,{cycle.period},sales_completion_ratio,0.92")
    look = appraisal.preview_inputs(user=firm.manager, cycle=cycle, file=file, ratios="percent")
    assert [
        (
            one.row,
            one.appraisee.employee.name,
            one.indicator,
            f"{one.value.normalize():f}",
            one.before and f"{one.before.normalize():f}",
        )
        for one in look.values
    ] == [(2, "周舟", "return_ratio", "0.07", "0.01"), (3, "林小禾", "sales_completion_ratio", "0.92", None)]


def test_a_final_cycle_takes_no_file(firm, tmp_path):
    cycle = frozen(firm)
    file = a_file(tmp_path, f"周舟,{cycle.period},responses,410")
    with pytest.raises(InputError) as error:
        appraisal.import_inputs(actor=firm.manager, cycle=cycle, file=file)
    assert keys_of(error) == ["appraisal.cycle_frozen"]


# Events


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"kind": "rumour"}, "appraisal.unknown_kind"),
        ({"text": " "}, "base.empty"),
        ({"text": "长" * 1001}, "base.too_long"),
        ({"on": date(2020, 5, 1)}, "appraisal.event_day"),
        ({"on": date(2999, 5, 1)}, "appraisal.event_day"),
        ({"counts_on": ["luck"]}, "appraisal.unknown_indicator"),
        ({"kind": "praise", "counts_on": ["complaints"]}, "appraisal.praise_counts_nowhere"),
    ],
)
def test_an_event_that_makes_no_sense_is_refused(firm, change, key):
    given = {"employee": firm.lin.employee, "on": last_month(), "kind": "complaint", "text": "投诉"} | change
    with pytest.raises(InputError) as error:
        appraisal.register_event(actor=firm.inspector, **given)
    assert keys_of(error) == [key]
    assert not appraisal.Event.objects.exists()


def test_a_withdrawn_event_is_registered_anew_and_not_revived(firm):
    event = an_event(firm, firm.lin)
    appraisal.withdraw_event(actor=firm.lead, event=event, reason="误报")
    with pytest.raises(InputError) as error:
        appraisal.confirm_event(actor=firm.lead, event=event)
    assert keys_of(error) == ["appraisal.event_withdrawn"]
    with pytest.raises(InputError) as error:
        appraisal.withdraw_event(actor=firm.lead, event=an_event(firm, firm.zhou), reason=" ")
    assert keys_of(error) == ["base.empty"]


def test_every_kind_of_event_has_a_line_and_words(firm):
    for kind in appraisal.EventKind:
        assert appraisal.KIND_NAMES[kind].zh
        if kind != "praise":
            assert appraisal.USUAL_INDICATORS[kind]


def test_violations_of_a_table_arrive_as_reported_once_and_can_be_taken_back(firm):
    sink = contacts.violation_sink.sink
    assert sink is not None
    rows = [
        contacts.ViolationRow(1, firm.lin.employee_id, last_month(), "etiquette", "未用规范用语", "c-1"),
        contacts.ViolationRow(2, firm.zhou.employee_id, last_month(), "rule_breach", "擅自换班", ""),
    ]
    assert set(sink.kinds()) == set(appraisal.EventKind.values)
    assert sink.check(firm.manager, rows) == []
    source = contacts.TableImport()
    assert sink.store(firm.manager, rows, source) == (2, 0)
    assert sink.store(firm.manager, rows, source) == (0, 2)
    assert set(appraisal.Event.objects.values_list("state", flat=True)) == {"reported"}
    assert sink.undo(firm.manager, source) is None
    assert set(appraisal.Event.objects.values_list("state", flat=True)) == {"withdrawn"}


def test_an_import_with_a_confirmed_event_is_not_taken_back(firm):
    sink, source = contacts.violation_sink.sink, contacts.TableImport()
    row = contacts.ViolationRow(1, firm.lin.employee_id, last_month(), "etiquette", "未用规范用语", "c-1")
    sink.store(firm.manager, [row], source)
    appraisal.confirm_event(actor=firm.lead, event=appraisal.Event.objects.get())
    assert sink.undo(firm.manager, source).key == "appraisal.events_decided"
    assert appraisal.Event.objects.get().state == "confirmed"


def test_violations_of_people_out_of_reach_or_of_days_to_come_are_faults_of_their_rows(firm):
    sink = contacts.violation_sink.sink
    to_come = last_month().replace(year=last_month().year + 2)
    rows = [
        contacts.ViolationRow(4, firm.zheng.employee_id, last_month(), "etiquette", "x", ""),
        contacts.ViolationRow(7, firm.lin.employee_id, to_come, "etiquette", "x", ""),
    ]
    faults = sink.check(firm.lead, rows)
    assert [(fault.row, fault.reason.key) for fault in faults] == [
        (4, "appraisal.out_of_reach"),
        (7, "appraisal.event_day"),
    ]
    assert all(say_fault(fault, "zh") for fault in faults)


# Templates


def test_a_version_holds_from_its_day_on(firm):
    first = a_template()
    later = appraisal.add_version(
        actor=firm.trainer_in_chief,
        template=first.template,
        settings={"report_points": "scaled"},
        effective_from=last_month(),
        note="报告按权重放大",
    )
    assert appraisal.version_for(template=first.template, day=last_month()) == later
    assert appraisal.version_for(template=first.template, day=first.effective_from) == first
    assert a_cycle(firm).template_version == later
    (change,) = appraisal.compare_versions(user=firm.lead, old=first, new=later)
    assert (change.place, change.after) == ("lines.reports.params.scaled", True)


def test_a_preview_shows_what_other_rules_would_have_made_of_the_last_inputs(firm):
    cycle = frozen(firm)
    rows = appraisal.preview_version(
        user=firm.trainer_in_chief,
        body=cycle.template_version.body,
        settings={"report_points": "scaled"},
        cycle=cycle,
    )
    by_name = {row.appraisee.employee.name: row for row in rows}
    assert by_name["林小禾"].lines == {"reports": (2, 4)}
    assert round(by_name["林小禾"].difference, 4) == round(by_name["林小禾"].new - by_name["林小禾"].old, 4) > 0
    assert appraisal.TemplateVersion.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"key": " "}, "key"),
        ({"title": {}}, "title"),
        ({"settings": {"report_points": "doubled"}}, None),
        ({"settings": {"nothing": "x"}}, None),
    ],
)
def test_a_template_that_makes_no_sense_is_refused(firm, change, field):
    with pytest.raises(InputError) as error:
        a_template(**change)
    keys_of(error)
    if field is not None:
        assert error.value.faults[0].field == field
    assert not appraisal.Template.objects.exists()


def test_a_template_document_with_a_fault_is_refused_with_its_place(firm):
    body = {**appraisal.shipped_templates()["ecommerce-monthly"].body}
    body["lines"] = [{**body["lines"][0], "weight": -3}, *body["lines"][1:]]
    with pytest.raises(InputError) as error:
        a_template(body=body)
    keys_of(error)
    assert "lines.0" in str(error.value.faults[0].field)


def test_the_same_again_is_no_new_version(firm):
    first = a_template()
    with pytest.raises(InputError) as error:
        appraisal.add_version(actor=None, template=first.template, effective_from=first.effective_from)
    assert keys_of(error) == ["appraisal.nothing_differs"]
    with pytest.raises(InputError) as error:
        a_template()
    assert keys_of(error) == ["appraisal.template_exists"]
    with pytest.raises(InputError) as error:
        appraisal.add_version(
            actor=None,
            template=first.template,
            settings={"report_points": "scaled"},
            effective_from=first.effective_from.replace(year=2020),
        )
    assert keys_of(error) == ["appraisal.earlier_than_before"]


def test_a_retired_template_opens_no_cycle(firm):
    template = a_template().template
    appraisal.retire_template(actor=firm.committee, template=template)
    template.refresh_from_db()
    with pytest.raises(InputError) as error:
        a_cycle(firm, template=template)
    assert keys_of(error) == ["appraisal.template_retired"]


def test_agents_see_the_rules_that_they_are_appraised_by_and_no_others(firm):
    a_template("other")
    cycle = published(firm)
    assert [row.key for row in appraisal.templates(user=firm.lin)] == [cycle.template_version.template.key]
    assert not appraisal.templates(user=firm.zheng).exists()
