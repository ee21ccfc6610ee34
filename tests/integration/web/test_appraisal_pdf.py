"""Score sheets, rankings and improvement plans as pages and as PDF."""

from __future__ import annotations

import builtins
import io
import re
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from pypdf import PdfReader

from peilian.engine._kernel import Reason
from peilian.flows.wording import say
from peilian.web.appraisal.printing import pdf
from peilian.web.appraisal.printing.documents import Adjustment
from peilian.web.appraisal.printing.files import file_name
from peilian.web.appraisal.printing.numerals import change_text, out_of_hundred, points_text
from peilian.web.appraisal.printing.pages import plan_html, ranking_html, sheet_html
from peilian.web.shell import pdf as setting
from peilian.web.shell.downloads import attachment
from support.papers import a_plan, a_ranking, a_sheet, a_shipped_sheet, of_person, with_lines

D = Decimal
NO_PDF = pdf.why_no_pdf()
needs_pdf = pytest.mark.skipif(NO_PDF is not None, reason=say(NO_PDF, "en") if NO_PDF else "")
LONG_STANDARD = "按月统计，以系统数据为准；低于标准的每一档扣一分，扣完为止，连续两个月不达标的另行安排面谈与辅导。"
LONG_REASON = "本月有三天因系统切换没有数据，按其余工作日折算；折算后仍低于标准两档，每档扣一分，共扣两分。"
LONG_REMARK = "月初客流集中，下旬转入售后支援；期间主动整理了常见问题，并带两位新同事熟悉流程。" * 12


def texts(body: bytes) -> list[str]:
    """The text of every page, without spaces and line breaks."""
    return [re.sub(r"\s", "", page.extract_text()) for page in PdfReader(io.BytesIO(body)).pages]


@needs_pdf
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("blank", [False, True])
def test_a_sheet_of_nineteen_lines_is_one_page_of_a4(language, blank):
    (page,) = PdfReader(io.BytesIO(pdf.sheets_pdf([a_sheet(language)], blank=blank))).pages
    assert (round(page.mediabox.width), round(page.mediabox.height)) == (595, 842)


@needs_pdf
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_shipped_monthly_sheet_with_levels_reasons_and_remarks_is_one_page(language):
    document = a_shipped_sheet(language)
    (text,) = texts(pdf.sheets_pdf([document]))
    assert sum(len(group.lines) for group in document.groups) == 19
    for line in (line for group in document.groups for line in group.lines):
        for part in (line.standard, *line.reasons):
            assert re.sub(r"\s", "", part) in text, part


@needs_pdf
def test_a_sheet_shows_everything_that_a_personnel_file_needs():
    (text,) = texts(pdf.sheets_pdf([a_sheet()]))
    for part in (
        "云杉家居电子商务有限公司", "客服人员绩效考核表", "2026年10月", "王小芳", "CS0107", "售前一组", "在线客服专员",
        "李建国", "项目", "考核指标", "权重", "评价标准", "评分", "工作绩效", "灵活应变能力", "1.33", "9.83",
        "18.25", "92.08", "87.7", "良好", "比目标低8个百分点", "本人自评", "主管评语", "被考核人（签字）",
        "直接主管（签字）", "审核人（签字）", "2026年11月12日前提出申诉", "第1版", "3fa9c2e1b7d0",
    ):  # fmt: skip
        assert part in text, part


@needs_pdf
def test_long_standards_make_the_type_smaller_and_keep_one_page():
    document = with_lines(a_sheet(), standard=LONG_STANDARD)
    (text,) = texts(pdf.sheets_pdf([document]))
    assert text.count("另行安排面谈与辅导") == 19
    assert text.count("没有发生，不扣分") == 3


@needs_pdf
def test_reasons_that_do_not_fit_go_to_an_annex():
    document = with_lines(a_sheet(), standard=LONG_STANDARD, reasons=(LONG_REASON, LONG_REASON))
    first, annex, *rest = texts(pdf.sheets_pdf([document]))
    assert "审核人（签字）" in first
    assert "共扣两分" not in first
    assert "附：逐分说明" in annex
    assert "".join([annex, *rest]).count("共扣两分") == 2 * 19


@needs_pdf
def test_remarks_that_do_not_fit_follow_the_reasons_into_the_annex():
    document = replace(
        with_lines(a_sheet(), standard=LONG_STANDARD * 2, reasons=(LONG_REASON,)),
        self_remark=LONG_REMARK,
        supervisor_remark=LONG_REMARK,
    )
    first, *behind = texts(pdf.sheets_pdf([document]))
    assert first.count("见附页") == 2
    assert "".join(behind).count("并带两位新同事熟悉流程") == 24


@needs_pdf
def test_a_sheet_that_cannot_fit_runs_on_with_its_heads_and_loses_nothing():
    document = with_lines(a_sheet(), standard=LONG_STANDARD * 9)
    found = texts(pdf.sheets_pdf([document]))
    assert len(found) > 1
    assert "".join(found).count("另行安排面谈与辅导") == 9 * 19
    assert all("评价标准" in text for text in found[:-1])
    assert "工作绩效（权重65）" in found[0]


@needs_pdf
def test_an_annex_can_be_asked_for():
    first, annex = texts(pdf.sheets_pdf([a_sheet()], annex=True))
    assert "比目标低8个百分点" not in first
    assert "92%（实际46,000元" in first
    assert "比目标低8个百分点" in annex
    assert "29/30" in annex


@needs_pdf
def test_a_blank_sheet_has_standards_and_weights_but_no_figures():
    (text,) = texts(pdf.sheets_pdf([a_sheet()], blank=True))
    assert "每少完成5%扣1分" in text
    assert "65" in text
    for filled in ("92%（实际", "比目标低", "92.08", "87.7", "良好", "双十一前", "销售增长明显", "3fa9c2e1b7d0"):
        assert filled not in text, filled


@needs_pdf
def test_many_sheets_come_in_one_file_each_on_its_own_page(monkeypatch):
    monkeypatch.setattr(pdf, "AT_ONCE", 2)
    names = ["赵一", "钱二", "孙三", "李四", "周五"]
    done: list[int] = []
    found = texts(pdf.sheets_pdf((of_person(a_sheet(), name=name) for name in names), after_each=done.append))
    assert [next(name for name in names if name in text) for text in found] == names
    assert done == [1, 2, 3, 4, 5]


@needs_pdf
def test_no_sheets_are_no_file():
    with pytest.raises(ValueError, match="no sheet"):
        pdf.sheets_pdf([])


@needs_pdf
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_ranking_repeats_its_head_on_every_page(language):
    found = texts(pdf.ranking_pdf(a_ranking(60, language)))
    assert len(found) > 1
    head, signs = ("折算百分制", "制表人") if language == "zh" else ("Outof100", "Preparedby")
    assert all(head in text for text in found)
    assert sum(signs in text for text in found) == 1


@needs_pdf
def test_a_plan_is_one_page_with_goals_dates_and_the_words_of_the_person():
    (text,) = texts(pdf.plan_pdf(a_plan()))
    for part in (
        "工作亮点",
        "待改进处",
        "先安抚再核实",
        "2026年11月30日",
        "已完成",
        "本人已于2026年11月7日阅知",
        "87.7",
    ):
        assert part in text, part


@needs_pdf
def test_setting_a_page_opens_no_address(tmp_path, caplog):
    picture = tmp_path / "secret.svg"
    picture.write_text('<svg xmlns="http://www.w3.org/2000/svg" width="900" height="3000"/>')
    laid_out = pdf._laid_out(f'<img src="{picture.as_uri()}"><img src="http://127.0.0.1:9/x.png"><p>x</p>')
    assert len(laid_out.pages) == 1
    refused = [record.getMessage() for record in caplog.records if "disallowed protocol" in record.getMessage()]
    assert len(refused) == 2


@pytest.mark.parametrize(
    ("error", "key"),
    [(ImportError("no weasyprint"), "printing.pdf.no_library"), (OSError("no pango"), "printing.pdf.no_pango")],
)
def test_where_pdf_cannot_be_made_it_says_why_and_the_page_remains(monkeypatch, error, key):
    importing = builtins.__import__

    def refuse(name, *arguments, **options):
        if name.startswith("weasyprint"):
            raise error
        return importing(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", refuse)
    setting.require_pdf.cache_clear()
    assert pdf.why_no_pdf() == Reason(key)
    with pytest.raises(pdf.PdfUnavailableError) as caught:
        pdf.sheets_pdf([a_sheet()])
    monkeypatch.undo()
    setting.require_pdf.cache_clear()
    assert "pip install" in say(caught.value.reason, "zh") or "apt-get install" in say(caught.value.reason, "zh")
    assert "王小芳" in sheet_html(a_sheet())


@needs_pdf
def test_without_a_chinese_font_it_says_so_instead_of_printing_boxes(monkeypatch):
    monkeypatch.setattr(setting, "_PROBE", "\U000e0eee\ue8ff")  # signs that no font has
    setting.require_pdf.cache_clear()
    assert pdf.why_no_pdf() == Reason("printing.pdf.no_font")
    monkeypatch.undo()
    assert pdf.why_no_pdf() is None


MARKUP = '<script>alert(1)</script> & "x"'


@pytest.mark.parametrize("page", ["sheet", "ranking", "plan"])
def test_markup_in_what_people_wrote_stays_text(page):
    if page == "sheet":
        html = sheet_html(of_person(a_sheet(company=MARKUP, self_remark=MARKUP, grade=MARKUP), name=MARKUP))
    elif page == "plan":
        html = plan_html(a_plan(strengths=MARKUP, title=MARKUP, answer=MARKUP))
    else:
        ranking = a_ranking(3)
        html = ranking_html(replace(ranking, people=tuple(replace(one, note=MARKUP) for one in ranking.people)))
    assert "<script" not in html
    assert html.count("&lt;script&gt;") >= 3


def test_a_page_for_browsers_links_its_styles_and_has_none_inside():
    html = sheet_html(a_sheet(), stylesheet="/static/appraisal-print.css")
    assert '<link rel="stylesheet" href="/static/appraisal-print.css">' in html
    assert "<style" not in html
    assert " style=" not in html


def test_a_result_that_is_not_published_is_marked_as_a_preview():
    assert "预览稿" in sheet_html(a_sheet(published_at=None))
    assert "预览稿" not in sheet_html(a_sheet())
    assert "预览稿" not in sheet_html(a_sheet(published_at=None), blank=True)


def test_what_was_not_judged_is_a_dash_and_never_zero():
    html = sheet_html(with_lines(a_sheet(raw=None, normalised=None), points=None))
    assert html.count('<td class="number">–</td>') == 19
    assert "<td>–</td>" in html


def test_points_that_no_line_gives_are_printed_with_their_sign():
    document = a_sheet(adjustments=(Adjustment("总分封顶 100 分", D("-2.5")), Adjustment("表扬信", D(1))))
    html = sheet_html(document)
    assert "总分封顶 100 分" in html
    assert "−2.5" in html
    assert "+1" in html


def test_corrections_and_the_version_are_on_the_sheet():
    html = sheet_html(a_sheet(version=2, corrections=("2026-11-10 申诉成立：迟到 1 次改为 0 次，3 分改为 4 分",)))
    assert "更正记录" in html
    assert "第 2 版" in html


def test_a_page_is_in_the_language_of_its_document_whatever_the_reader_reads():
    assert "Evaluation standard" in sheet_html(a_sheet("en"))
    assert 'lang="zh-CN"' in sheet_html(a_sheet("zh"))
    assert "评价标准" in sheet_html(a_sheet("zh"))


def test_a_plan_leaves_room_for_more_steps_by_hand():
    assert plan_html(a_plan(steps=())).count('<td class="goal">') == 4


@pytest.mark.parametrize(
    ("value", "text"),
    [("29", "29"), ("30.0", "30"), ("3.75", "3.75"), ("1.333333", "1.33"), ("0.005", "0.01"), ("-2.50", "−2.5")],
)
def test_points_have_the_decimals_they_need_and_two_at_most(value, text):
    assert points_text(D(value)) == text


def test_totals_out_of_a_hundred_have_two_decimals_at_most():
    assert out_of_hundred(D("87.6984")) == "87.7"
    assert out_of_hundred(None) == "–"


@pytest.mark.parametrize(("value", "text"), [("2", "+2"), ("-1.5", "−1.5"), ("0", "0")])
def test_changes_have_a_sign(value, text):
    assert change_text(D(value)) == text


def test_files_are_named_after_what_they_hold():
    assert file_name(a_sheet()) == "客服人员绩效考核表_2026年10月_CS0107_王小芳"
    assert file_name(a_ranking()) == "绩效考核汇总表_2026年10月_售前客服部"
    assert file_name(of_person(a_plan(), name='../a"b:c')) == "绩效面谈记录与改进计划_2026年10月_CS0107_a b c"


def test_a_download_keeps_its_chinese_name():
    answer = attachment(b"x", name=file_name(a_plan()), form="pdf")
    assert answer["Content-Type"] == "application/pdf"
    assert "filename*=utf-8''%E7%BB%A9" in answer["Content-Disposition"]


def test_a_day_on_paper_has_its_year():
    assert "2027年1月5日" in sheet_html(a_sheet(appeal_until=date(2027, 1, 5)))
