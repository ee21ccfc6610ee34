"""The settings: who gets in, users and roles, company, audit trail."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from peilian.apps.base.api import AuditEntry, company, today_in_company
from peilian.apps.people import api as people
from support.builders import LONG_AGO, PASSWORD, a_unit, a_user, an_employee

pytestmark = pytest.mark.django_db
NASTY = "<img src=x onerror=alert(1)>"
NEW = "a fresh long secret"


def signed_in(user: people.User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def admin_user() -> people.User:
    return a_user("administrator", username="admin")


@pytest.fixture
def admin(admin_user) -> Client:
    return signed_in(admin_user)


def the_page(client: Client, name: str, *arguments, status: int = 200, **query) -> str:
    response = client.get(reverse(name, args=arguments), query)
    assert response.status_code == status
    return response.content.decode()


def test_the_hub_shows_what_is_open_to_the_reader(admin):
    page = the_page(admin, "settings")
    for name in ("users", "company", "audit", "jobs", "units", "roster_import"):
        assert reverse(name) in page


def test_the_hub_of_a_training_manager_has_no_users_and_no_audit():
    page = the_page(signed_in(a_user("training_manager")), "settings")
    assert reverse("roster_import") in page
    assert f'"{reverse("users")}"' not in page
    assert f'"{reverse("audit")}"' not in page


@pytest.mark.parametrize("name", ["settings", "users", "user_new", "company", "audit"])
@pytest.mark.parametrize("role", ["agent", "supervisor", "leadership", "external_lecturer"])
def test_without_the_right_there_are_no_settings(name, role):
    unit = a_unit() if role == "supervisor" else None
    the_page(signed_in(a_user(role, unit=unit)), name, status=404)


@pytest.mark.parametrize(
    ("method", "name"),
    [("post", "settings"), ("post", "users"), ("put", "user_new"), ("delete", "company"), ("post", "audit")],
)
def test_wrong_methods_are_refused(admin, method, name):
    assert getattr(admin, method)(reverse(name)).status_code == 405


def test_a_training_manager_cannot_touch_users():
    client, other = signed_in(a_user("training_manager")), a_user("agent")
    assert client.get(reverse("user", args=[other.pk])).status_code == 404
    assert client.post(reverse("user_change", args=[other.pk, "close"])).status_code == 404
    grant = other.grants.get()
    assert client.post(reverse("grant_end", args=[other.pk, grant.pk])).status_code == 404
    other.refresh_from_db()
    assert other.is_active


# Users


def test_users_are_searched_by_name_and_filtered_by_role(admin):
    a_user("agent", username="xiaohe")
    a_user("mentor", username="liuting")
    assert "xiaohe" in the_page(admin, "users", q="XIAO")
    assert "liuting" not in the_page(admin, "users", q="XIAO")
    page = the_page(admin, "users", role="mentor")
    assert "liuting" in page
    assert "xiaohe" not in page


def test_users_are_listed_fifty_a_page_at_a_constant_number_of_queries(admin):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            admin.get(reverse("users"))
        return len(seen)

    queries()  # what is looked up once a process is looked up now
    unit = a_unit()
    people.grant_role(actor=None, user=a_user(), role="supervisor", unit=unit)
    few = queries()
    for _ in range(55):
        user = people.add_user(actor=None, username=f"u{_}", name=f"用户{_}", password=None)
        people.grant_role(actor=None, user=user, role="supervisor", unit=unit)
    assert queries() == few < 20
    assert 'rel="next"' in the_page(admin, "users")


def test_a_user_is_added_for_an_employee_and_then_gets_a_role(admin):
    employee, unit = an_employee("林小禾"), a_unit("team-1", zh="一组")
    data = {"username": "xiaohe", "name": "林小禾", "employee": employee.number, "password": NEW, "language": "zh"}
    made = admin.post(reverse("user_new"), data)
    user = people.User.objects.get(username="xiaohe")
    assert made.url == reverse("user", args=[user.pk])
    assert user.employee == employee
    grant = {"role": "supervisor", "unit": str(unit.pk), "starts_on": "2026-01-01", "ends_on": ""}
    assert admin.post(reverse("user_change", args=[user.pk, "roles"]), grant).status_code == 302
    assert user.grants.get().unit == unit
    assert "一组" in the_page(admin, "user", user.pk)


@pytest.mark.parametrize(
    "wrong",
    [
        {"username": "ADMIN"},
        {"username": ""},
        {"password": "short"},
        {"password": "password123"},
        {"employee": "no such person"},
    ],
)
def test_a_user_that_makes_no_sense_is_refused_beside_the_field(admin, wrong):
    data = {"username": "xiaohe", "name": "林小禾", "employee": "", "password": NEW, "language": "zh"} | wrong
    response = admin.post(reverse("user_new"), data)
    assert response.status_code == 422
    assert "field-fault" in response.content.decode()
    assert NEW not in response.content.decode()
    assert people.User.objects.count() == 1


@pytest.mark.parametrize(
    "wrong", [{"unit": ""}, {"role": "king"}, {"ends_on": "2026-01-01"}, {"role": "training_manager"}]
)
def test_a_grant_that_makes_no_sense_is_refused(admin, wrong):
    user, unit = a_user(), a_unit()
    data = {"role": "supervisor", "unit": str(unit.pk), "starts_on": "2026-01-01", "ends_on": ""} | wrong
    assert admin.post(reverse("user_change", args=[user.pk, "roles"]), data).status_code == 422
    assert not user.grants.exists()


def test_ending_a_role_takes_the_sight_away_at_once(admin):
    user = a_user("supervisor", unit=a_unit())
    client = signed_in(user)
    assert client.get(reverse("team")).status_code == 200
    grant = user.grants.get()
    assert admin.post(reverse("grant_end", args=[user.pk, grant.pk])).status_code == 302
    assert client.get(reverse("team")).status_code == 404
    grant.refresh_from_db()
    assert grant.ends_on == today_in_company()


def test_a_grant_of_somebody_else_is_not_ended_from_here(admin):
    user, other = a_user("agent"), a_user("agent")
    assert admin.post(reverse("grant_end", args=[user.pk, other.grants.get().pk])).status_code == 404


def test_the_last_administrator_is_told_why_not(admin, admin_user):
    for address in (
        reverse("grant_end", args=[admin_user.pk, admin_user.grants.get().pk]),
        reverse("user_change", args=[admin_user.pk, "close"]),
    ):
        assert "最后一位" in admin.post(address, follow=True).content.decode()
    assert admin.get(reverse("users")).status_code == 200


def test_a_closed_user_is_out_at_once_and_can_be_let_in_again(admin):
    user = a_user("agent")
    client = signed_in(user)
    admin.post(reverse("user_change", args=[user.pk, "close"]))
    assert client.get(reverse("account")).status_code == 302
    attempt = Client().post(reverse("sign_in"), {"username": user.username, "password": PASSWORD})
    assert attempt.status_code == 200
    admin.post(reverse("user_change", args=[user.pk, "open"]))
    user.refresh_from_db()
    assert user.is_active


def test_a_new_password_ends_the_users_sessions(admin):
    user = a_user("agent")
    client = signed_in(user)
    assert admin.post(reverse("user_change", args=[user.pk, "password"]), {"password": NEW}).status_code == 302
    assert client.get(reverse("account")).status_code == 302
    user.refresh_from_db()
    assert user.check_password(NEW)


def test_an_administrator_who_sets_the_own_password_stays_signed_in(admin, admin_user):
    admin.post(reverse("user_change", args=[admin_user.pk, "password"]), {"password": NEW})
    assert admin.get(reverse("users")).status_code == 200


def test_an_unknown_change_does_not_exist(admin):
    assert admin.post(reverse("user_change", args=[a_user().pk, "promote"])).status_code == 404


def test_names_of_users_are_escaped(admin):
    user = people.add_user(actor=None, username="nasty", name=NASTY, password=None)
    people.grant_role(actor=None, user=user, role="supervisor", unit=a_unit("n", zh=NASTY))
    for page in (the_page(admin, "users"), the_page(admin, "user", user.pk), the_page(admin, "audit")):
        assert NASTY not in page
        assert "&lt;img" in page


# Company


def test_the_companys_settings_are_changed_and_kept(admin):
    data = {"name_zh": "禾一", "name_en": "Heyi", "time_zone": "Asia/Tokyo", "calendar": "always"}
    assert admin.post(reverse("company"), data).status_code == 302
    assert (company().name, company().time_zone) == ({"zh": "禾一", "en": "Heyi"}, "Asia/Tokyo")
    assert "Asia/Tokyo" in the_page(admin, "company")


@pytest.mark.parametrize("wrong", [{"name_zh": "", "name_en": ""}, {"time_zone": "Mars/Base"}, {"calendar": "moon"}])
def test_company_settings_that_make_no_sense_are_refused(admin, wrong):
    data = {"name_zh": "禾一", "name_en": "", "time_zone": "Asia/Shanghai", "calendar": "always"} | wrong
    response = admin.post(reverse("company"), data)
    assert response.status_code == 422
    assert "field-fault" in response.content.decode()
    assert company().name == {}


# The audit trail


def test_the_trail_tells_who_changed_what_with_both_values(admin, admin_user):
    employee = an_employee("周子墨")
    people.change_employee(actor=admin_user, employee=employee, name="周墨", hired_on=None, left_on=None)
    page = the_page(admin, "audit", verb="people.change_employee")
    assert "<del>" in page
    assert "周子墨</del>" in page
    assert "周墨" in page
    assert "admin" in page


def test_the_trail_is_filtered_by_verb_person_object_and_day(admin, admin_user):
    people.add_employee(actor=admin_user, number="1", name="被管理员添加")
    people.add_employee(actor=None, number="2", name="系统添加")
    day = today_in_company().isoformat()
    shown = {
        "verb": the_page(admin, "audit", verb="people.add_employee"),
        "actor": the_page(admin, "audit", actor="ADMIN"),
        "object": the_page(admin, "audit", object="被管理员"),
        "day": the_page(admin, "audit", from_day=day, to_day=day),
        "before": the_page(admin, "audit", to_day="2020-01-01"),
    }
    assert "被管理员添加" in shown["verb"]
    assert "系统添加" in shown["verb"]
    assert "被管理员添加" in shown["actor"]
    assert "系统添加" not in shown["actor"]
    assert "系统添加" not in shown["object"]
    assert "系统添加" in shown["day"]
    assert "系统添加" not in shown["before"]


@pytest.mark.parametrize("query", [{"verb": "x"}, {"from_day": "yesterday"}, {"page": "x"}])
def test_a_filter_that_makes_no_sense_still_shows_the_trail(admin, query):
    an_employee("周子墨")
    assert "周子墨" in the_page(admin, "audit", **query)


def test_the_trail_is_paged_at_a_constant_number_of_queries(admin, admin_user):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            admin.get(reverse("audit"))
        return len(seen)

    queries()  # what is looked up once a process is looked up now
    few = queries()
    for n in range(60):
        people.add_employee(actor=admin_user, number=f"n{n}", name=f"人{n}")
    assert queries() <= few < 16
    assert 'rel="next"' in the_page(admin, "audit")


def test_every_verb_of_the_product_has_words():
    """Whatever the directory and the ground write is named on the page of the trail."""
    import re
    from pathlib import Path

    import peilian.apps
    from peilian.web.settings.wordings import VERBS

    sources = [path.read_text() for path in Path(peilian.apps.__file__).parent.rglob("*.py")]
    verbs = {verb for source in sources for verb in re.findall(r'verb="((?:base|people)\.\w+)"', source)}
    assert verbs <= set(VERBS)
    assert len(verbs) > 20


def test_a_change_by_hand_shows_up_in_the_trail_of_its_object(admin):
    employee = an_employee("周子墨")
    people.set_stage(actor=None, employee=employee, stage=people.Stage.EXPERT, starts_on=LONG_AGO)
    entry = AuditEntry.objects.get(verb="people.set_stage")
    assert entry.changes["starts_on"] == [None, date(2026, 1, 1).isoformat()]
    assert "expert" in the_page(admin, "audit", object=entry.object_id)
