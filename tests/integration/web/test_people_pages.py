"""The team's pages: list, profile, units, roster."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from peilian.apps.base.api import AuditEntry, StoredFile, today_in_company
from peilian.apps.people import api as people
from support.builders import LONG_AGO, a_company, a_unit, a_user, an_employee

pytestmark = pytest.mark.django_db
NASTY = "<script>alert(1)</script>"
ESCAPED = "&lt;script&gt;alert(1)&lt;/script&gt;"


def signed_in(user: people.User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def teams():
    """Two teams; 林小禾 with an account in the first, 周子墨 in the second."""
    first, second = a_unit("team-1", zh="一组", en="Team 1"), a_unit("team-2", zh="二组", en="Team 2")
    lin = an_employee("林小禾", unit=first, account="a-lin")
    zhou = an_employee("周子墨", unit=second, account="a-zhou")
    return {"first": first, "second": second, "lin": lin, "zhou": zhou}


@pytest.fixture
def lead(teams) -> Client:
    return signed_in(a_user("supervisor", unit=teams["first"]))


@pytest.fixture
def manager(teams) -> Client:
    return signed_in(a_user("training_manager"))


def the_page(client: Client, name: str, *arguments, status: int = 200, **query) -> str:
    response = client.get(reverse(name, args=arguments), query)
    assert response.status_code == status
    return response.content.decode()


# The list


def test_a_supervisor_finds_the_own_people_and_nobody_of_the_other_team(lead):
    page = the_page(lead, "team")
    assert "林小禾" in page
    assert "a-lin" in page
    assert "周子墨" not in page
    assert "二组" not in page


@pytest.mark.parametrize("words", ["林", "a-lin", "a-LIN 林"])
def test_the_list_is_searched_by_name_and_account(manager, words):
    page = the_page(manager, "team", q=words)
    assert "林小禾" in page
    assert "周子墨" not in page


def test_the_list_is_searched_by_number(manager, teams):
    assert "周子墨" in the_page(manager, "team", q=teams["zhou"].number)


def test_a_team_filter_holds_for_the_units_below(manager, teams):
    below = a_unit("below", parent=teams["first"])
    an_employee("何家明", unit=below)
    page = the_page(manager, "team", unit=str(teams["first"].pk))
    assert "何家明" in page
    assert "林小禾" in page
    assert "周子墨" not in page


def test_a_stage_filter_goes_by_the_stage_of_today(manager, teams):
    for stage, day in (("newcomer", LONG_AGO), ("expert", date(2026, 3, 1))):
        people.set_stage(actor=None, employee=teams["lin"], stage=people.Stage(stage), starts_on=day)
    assert "林小禾" in the_page(manager, "team", stage="expert")
    assert "林小禾" not in the_page(manager, "team", stage="newcomer")


def test_who_has_left_is_listed_apart(manager, teams):
    people.change_employee(actor=None, employee=teams["lin"], name="林小禾", hired_on=None, left_on=date(2026, 2, 1))
    assert "林小禾" not in the_page(manager, "team")
    assert "林小禾" in the_page(manager, "team", who="left")


def test_an_old_address_with_filters_that_make_no_sense_still_opens(manager):
    page = the_page(manager, "team", unit="nonsense", stage="king", page="x")
    assert "林小禾" in page


def test_nobody_found_says_what_to_do(manager):
    assert "没有符合" in the_page(manager, "team", q="不存在的人") or "清除" in the_page(
        manager, "team", q="不存在的人"
    )


def test_an_empty_directory_leads_to_the_roster(client):
    client.force_login(a_user("training_manager"))
    assert reverse("roster_import") in the_page(client, "team")


def test_with_htmx_only_the_list_is_sent(manager):
    response = manager.get(reverse("team"), headers={"HX-Request": "true"})
    assert response.content.decode().lstrip().startswith('<section id="result"')


def test_fifty_people_are_on_a_page_at_a_constant_number_of_queries(teams, django_assert_num_queries):
    client = signed_in(a_user("training_manager"))
    client.get(reverse("team"))

    def queries() -> int:
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connection) as seen:
            client.get(reverse("team"))
        return len(seen)

    few = queries()
    for n in range(60):
        an_employee(f"人{n}", unit=teams["first"], account=f"x{n}")
    assert queries() == few < 20
    assert 'rel="next"' in the_page(client, "team")
    assert the_page(client, "team", page=2).count("<tr data-href") == 12


# Who may not


@pytest.mark.parametrize("role", ["agent", "leadership", "judge", "external_lecturer"])
@pytest.mark.parametrize("name", ["team", "units", "roster_import", "roster_check", "roster_template", "person_new"])
def test_who_may_not_see_people_finds_no_team(teams, role, name):
    the_page(signed_in(a_user(role)), name, status=404)


@pytest.mark.parametrize("name", ["roster_import", "roster_check", "roster_template", "person_new"])
def test_a_supervisor_cannot_import_or_add(lead, name):
    the_page(lead, name, status=404)


def test_a_guest_is_asked_to_sign_in(client, teams):
    response = client.get(reverse("team"))
    assert response.status_code == 302
    assert response.url.startswith(reverse("sign_in"))


@pytest.mark.parametrize(
    ("method", "name", "has_person"),
    [
        ("post", "team", False),
        ("delete", "units", False),
        ("put", "roster_import", False),
        ("post", "roster_template", False),
        ("post", "person", True),
        ("put", "person_new", False),
    ],
)
def test_wrong_methods_are_refused(manager, teams, method, name, has_person):
    address = reverse(name, args=[teams["lin"].pk] if has_person else [])
    assert getattr(manager, method)(address).status_code == 405


def test_changes_are_posted_and_never_got(manager, teams):
    assert manager.get(reverse("person_change", args=[teams["lin"].pk, "place"])).status_code == 405
    row = teams["lin"].memberships.get()
    assert manager.get(reverse("person_end", args=[teams["lin"].pk, "place", row.pk])).status_code == 405


# The profile


def test_a_profile_tells_where_somebody_works_with_which_account_and_how_far(manager, teams):
    people.set_stage(actor=None, employee=teams["lin"], stage=people.Stage.BACKBONE, starts_on=LONG_AGO)
    people.set_guide(
        actor=None, employee=teams["lin"], guide=teams["zhou"], kind=people.GuidanceKind.MENTOR, starts_on=LONG_AGO
    )
    page = the_page(manager, "person", teams["lin"].pk)
    for words in ("林小禾", "一组", "a-lin", "周子墨"):
        assert words in page
    assert reverse("person_learning", args=[teams["lin"].pk]) in page


def test_a_profile_of_the_other_team_is_the_same_as_none(lead, teams):
    forbidden = lead.get(reverse("person", args=[teams["zhou"].pk]))
    absent = lead.get(reverse("person", args=["01a20190-0000-7000-8000-000000000000"]))
    assert forbidden.status_code == absent.status_code == 404
    assert "周子墨" not in forbidden.content.decode()


def test_a_mentor_sees_the_mentees_profile(teams):
    people.set_guide(
        actor=None, employee=teams["lin"], guide=teams["zhou"], kind=people.GuidanceKind.MENTOR, starts_on=LONG_AGO
    )
    mentor = signed_in(a_user("mentor", employee=teams["zhou"]))
    assert "林小禾" in the_page(mentor, "person", teams["lin"].pk)
    assert "林小禾" in the_page(mentor, "team")


def test_a_supervisor_reads_a_profile_and_changes_nothing(lead, teams):
    page = the_page(lead, "person", teams["lin"].pk)
    assert "<form" not in page.split('id="main"')[1].split("</main>")[0]
    response = lead.post(reverse("person_change", args=[teams["lin"].pk, "stage"]), {"stage-stage": "expert"})
    assert response.status_code == 404
    assert not teams["lin"].stages.exists()


def test_roles_are_shown_to_who_manages_them(teams):
    user = a_user("agent", employee=teams["lin"])
    admin = signed_in(a_user("administrator"))
    assert reverse("user", args=[user.pk]) in the_page(admin, "person", teams["lin"].pk)
    manager = signed_in(a_user("training_manager"))
    assert reverse("user", args=[user.pk]) not in the_page(manager, "person", teams["lin"].pk)


def change(client: Client, employee: people.Employee, what: str, **data) -> int:
    response = client.post(
        reverse("person_change", args=[employee.pk, what]), {f"{what}-{name}": value for name, value in data.items()}
    )
    return response.status_code


def test_moving_somebody_keeps_the_history(manager, teams):
    data = {"unit": str(teams["second"].pk), "post": "", "starts_on": "2026-06-01"}
    assert change(manager, teams["lin"], "place", **data) == 302
    spans = [(row.unit.code, row.ends_on) for row in teams["lin"].memberships.order_by("starts_on")]
    assert spans == [("team-1", date(2026, 6, 1)), ("team-2", None)]


def test_stage_guide_account_and_name_are_changed_on_the_profile(manager, teams):
    lin, zhou = teams["lin"], teams["zhou"]
    assert change(manager, lin, "stage", stage="expert", starts_on="2026-06-01") == 302
    assert change(manager, lin, "guide", kind="mentor", guide=f"{zhou.number} 周子墨", starts_on="2026-06-01") == 302
    assert change(manager, lin, "account", platform="p", account="new", starts_on="2026-06-01") == 302
    assert change(manager, lin, "person", name="林禾", hired_on="2024-01-01", left_on="") == 302
    lin.refresh_from_db()
    assert (lin.name, lin.hired_on) == ("林禾", date(2024, 1, 1))
    assert lin.stages.get().stage == "expert"
    assert lin.guided_by.get().guide == zhou
    # Midnight in Shanghai, not in Greenwich.
    assert lin.accounts.get(account="new").starts_at == datetime(2026, 5, 31, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    ("what", "data"),
    [
        ("place", {"unit": "", "starts_on": "2026-06-01"}),
        ("place", {"unit": "first", "starts_on": "31.12.2026"}),
        ("stage", {"stage": "king", "starts_on": "2026-06-01"}),
        ("guide", {"kind": "mentor", "guide": "nobody", "starts_on": "2026-06-01"}),
        ("guide", {"kind": "mentor", "guide": "林小禾", "starts_on": "2026-06-01"}),
        ("account", {"platform": "test", "account": "a-zhou", "starts_on": "2025-01-01"}),
        ("person", {"name": " "}),
    ],
)
def test_what_makes_no_sense_is_explained_beside_the_field_and_changes_nothing(manager, teams, what, data):
    before = AuditEntry.objects.count()
    data = {name: str(teams["first"].pk) if value == "first" else value for name, value in data.items()}
    assert change(manager, teams["lin"], what, **data) == 422
    assert AuditEntry.objects.count() == before
    response = manager.post(
        reverse("person_change", args=[teams["lin"].pk, what]), {f"{what}-{k}": v for k, v in data.items()}
    )
    assert "field-fault" in response.content.decode()


@pytest.mark.parametrize(
    ("what", "data", "said"),
    [
        ("account", {"platform": "te\0st", "account": "a", "starts_on": "2026-06-01"}, "含有无法保存的字符"),
        ("place", {"unit": "no-such-unit", "starts_on": "2026-06-01"}, "不在可选范围内"),
    ],
)
def test_what_a_form_cannot_take_is_said_in_words_of_the_product(manager, teams, what, data, said):
    address = reverse("person_change", args=[teams["lin"].pk, what])
    page = manager.post(address, {f"{what}-{key}": value for key, value in data.items()}).content.decode()
    assert said in page
    assert "UUID" not in page


def test_an_unknown_kind_of_change_does_not_exist(manager, teams):
    assert change(manager, teams["lin"], "salary") == 404
    row = teams["lin"].memberships.get()
    assert manager.post(reverse("person_end", args=[teams["lin"].pk, "salary", row.pk])).status_code == 404


def test_membership_guide_and_account_end_today(manager, teams):
    lin, today = teams["lin"], today_in_company()
    guidance = people.set_guide(
        actor=None, employee=lin, guide=teams["zhou"], kind=people.GuidanceKind.MENTOR, starts_on=LONG_AGO
    )
    for what, row in (("place", lin.memberships.get()), ("account", lin.accounts.get()), ("guide", guidance)):
        assert manager.post(reverse("person_end", args=[lin.pk, what, row.pk])).status_code == 302
        row.refresh_from_db()
    assert lin.memberships.get().ends_on == today
    assert lin.guided_by.get().ends_on == today
    assert lin.accounts.get().ends_at.astimezone(UTC).hour == 16


def test_a_row_of_somebody_else_is_not_ended_from_here(manager, teams):
    row = teams["zhou"].memberships.get()
    assert manager.post(reverse("person_end", args=[teams["lin"].pk, "place", row.pk])).status_code == 404
    row.refresh_from_db()
    assert row.ends_on is None


def test_what_began_today_cannot_end_today_and_says_so(manager, teams):
    place = people.place_employee(
        actor=None, employee=teams["lin"], unit=teams["second"], post=None, starts_on=today_in_company()
    )
    response = manager.post(reverse("person_end", args=[teams["lin"].pk, "place", place.pk]), follow=True)
    assert "toast-error" in response.content.decode()


def test_a_new_person_is_added_and_opened(manager):
    response = manager.post(reverse("person_new"), {"number": "N1", "name": "何家明", "hired_on": ""})
    assert response.url == reverse("person", args=[people.Employee.objects.get(number="N1").pk])
    again = manager.post(reverse("person_new"), {"number": "N1", "name": "乙"})
    assert again.status_code == 422
    assert "N1" in again.content.decode()


def test_names_are_escaped_wherever_they_stand(manager, teams):
    unit = a_unit("nasty", zh=NASTY)
    nasty = an_employee(NASTY, unit=unit, account=NASTY)
    people.set_guide(
        actor=None, employee=teams["lin"], guide=nasty, kind=people.GuidanceKind.MENTOR, starts_on=LONG_AGO
    )
    pages = [
        the_page(manager, "team"),
        the_page(manager, "person", nasty.pk),
        the_page(manager, "person", teams["lin"].pk),
        the_page(manager, "units"),
        the_page(manager, "unit", unit.pk),
    ]
    assert all(NASTY not in page and ESCAPED in page for page in pages)
    assert all("&amp;lt;" not in page for page in pages)


def test_the_pages_speak_english_to_who_reads_english(teams):
    page = the_page(signed_in(a_user("training_manager", language="en")), "team")
    assert 'lang="en"' in page
    assert "Team 1" in page
    assert "Working here" in page


# Units


def test_the_tree_counts_people_with_all_below(manager, teams):
    below = a_unit("below", parent=teams["first"], zh="一组甲班")
    an_employee("何家明", unit=below)
    page = the_page(manager, "units")
    assert page.index("一组") < page.index("一组甲班") < page.index("二组")
    assert "3 人" in page


def test_a_supervisor_sees_the_own_branch_without_a_form(lead):
    page = the_page(lead, "units")
    assert "一组" in page
    assert "二组" not in page
    assert "<form" not in page.split('id="main"')[1].split("</main>")[0]
    assert lead.post(reverse("units"), {}).status_code == 404


def test_a_unit_is_added_renamed_and_moved(manager, teams):
    data = {"name_zh": "三组", "name_en": "", "code": "team-3", "kind": "team", "parent": str(a_company().pk)}
    assert manager.post(reverse("units"), data).status_code == 302
    unit = people.Unit.objects.get(code="team-3")
    data = {"name_zh": "三组", "name_en": "Team 3", "parent": str(teams["first"].pk)}
    assert manager.post(reverse("unit", args=[unit.pk]), data).status_code == 302
    unit.refresh_from_db()
    assert (unit.name, unit.parent) == ({"zh": "三组", "en": "Team 3"}, teams["first"])


def test_the_company_is_renamed_and_stays_the_root(manager, teams):
    company = a_company()
    assert manager.post(reverse("unit", args=[company.pk]), {"name_zh": "新名", "name_en": ""}).status_code == 302
    company.refresh_from_db()
    assert (company.name, company.parent) == ({"zh": "新名"}, None)


def test_a_unit_below_itself_and_a_taken_code_are_refused_in_words(manager, teams):
    below = a_unit("below", parent=teams["first"])
    response = manager.post(reverse("unit", args=[teams["first"].pk]), {"name_zh": "一", "parent": str(below.pk)})
    assert response.status_code == 422
    assert "它自己下面" in response.content.decode()
    data = {"name_zh": "x", "code": "team-1", "kind": "team", "parent": str(a_company().pk)}
    assert manager.post(reverse("units"), data).status_code == 422


# The roster


CSV = "工号,姓名,子账号,团队,导师\n7001,何家明,a-he,三组,林小禾\n"


def uploaded(client: Client, text: str, name: str = "名单.csv", day: str = "2026-01-01"):
    file = SimpleUploadedFile(name, text.encode())
    return client.post(reverse("roster_import"), {"file": file, "default_from": day})


def test_a_roster_is_looked_at_before_anything_is_stored_and_then_imported(manager, home):
    check = uploaded(manager, CSV)
    assert check.status_code == 302
    page = manager.get(check.url).content.decode()
    assert "何家明" in page
    assert "7001" in page
    assert not people.Employee.objects.filter(number="7001").exists()
    file = StoredFile.objects.get()
    done = manager.post(reverse("roster_check"), {"file": str(file.pk), "from": "2026-01-01", "do": "import"})
    assert done.url == reverse("team")
    he = people.Employee.objects.get(number="7001")
    assert he.memberships.get().unit.code == "三组"
    assert he.guided_by.get().guide.name == "林小禾"
    assert not StoredFile.objects.exists()
    assert "toast-success" in manager.get(done.url).content.decode()


def test_faults_are_told_with_row_and_field_and_nothing_can_be_imported(manager, home):
    check = uploaded(manager, "工号,姓名,导师\n1,甲,没有这个人\n,乙,\n")
    response = manager.get(check.url)
    assert response.status_code == 422
    page = response.content.decode()
    assert "第 3 行" in page
    assert 'value="import"' not in page
    file = StoredFile.objects.get()
    forced = manager.post(reverse("roster_check"), {"file": str(file.pk), "from": "2026-01-01", "do": "import"})
    assert forced.status_code == 422
    assert not people.Employee.objects.filter(number="1").exists()


def test_a_roster_that_changes_nothing_says_so(manager, home, teams):
    lin = teams["lin"]
    page = manager.get(uploaded(manager, f"工号,姓名,团队\n{lin.number},林小禾,一组\n").url).content.decode()
    assert 'value="import"' not in page


def test_a_chosen_file_can_be_put_back(manager, home, django_capture_on_commit_callbacks):
    uploaded(manager, CSV)
    file = StoredFile.objects.get()
    manager.post(reverse("roster_check"), {"file": str(file.pk), "from": "2026-01-01", "do": "forget"})
    assert not StoredFile.objects.exists()


def test_somebody_elses_upload_cannot_be_looked_at(manager, home):
    check = uploaded(manager, CSV)
    other = signed_in(a_user("training_manager"))
    assert other.get(check.url).url == reverse("roster_import")


@pytest.mark.parametrize(("name", "text"), [("名单.docx", "x"), ("名单.csv", "")])
def test_a_file_that_is_no_roster_is_refused_at_once(manager, home, name, text):
    assert uploaded(manager, text, name).status_code == 422
    assert not StoredFile.objects.exists()


@pytest.mark.parametrize("query", ["", "?file=x&from=2026-01-01", "?file=01a20190-0000-7000-8000-000000000000&from=y"])
def test_a_look_without_a_file_starts_over(manager, query):
    assert manager.get(reverse("roster_check") + query).url == reverse("roster_import")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_empty_roster_can_be_imported_as_it_is(home, language):
    client = signed_in(a_user("training_manager", language=language))
    text = client.get(reverse("roster_template")).content.decode("utf-8-sig")
    assert manager_can_import(client, text)


def manager_can_import(client: Client, text: str) -> bool:
    return client.get(uploaded(client, text).url).status_code == 200
