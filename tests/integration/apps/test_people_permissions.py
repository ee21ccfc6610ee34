"""The page on permissions says what the code says."""

from __future__ import annotations

from peilian.apps.people import permissions
from peilian.apps.people.roles import ROLES, Permission


def test_the_page_is_what_the_code_says():
    run = "run: python -m peilian.apps.people.permissions write"
    assert permissions.PAGE.read_text(encoding="utf-8") == permissions.page(), run


def test_every_permission_says_what_it_opens():
    assert set(permissions.OPENS) == set(Permission)
    assert all(opens and all(opens.values()) for opens in permissions.OPENS.values())


def test_every_permission_is_held_by_some_role_and_every_role_is_on_the_page():
    held = {permission for role in ROLES.values() for permission in role.permissions}
    assert held == set(Permission)
    assert all(f"| {role.name.en} {role.name.zh} |" in permissions.page() for role in ROLES.values())


def test_guests_and_the_administrator_have_nothing_to_do_with_appraisals():
    appraising = {permission for permission in Permission if "apprais" in permission or "appeal" in permission}
    for role in ROLES.values():
        if role.is_external or role.key == "administrator":
            assert not role.permissions & appraising


def test_the_command_tells_a_page_that_is_out_of_date(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(permissions, "PAGE", tmp_path / "permissions.md")
    assert permissions.main(["check"]) == 1
    assert permissions.main(["write"]) == 0
    assert permissions.main(["check"]) == 0
    assert permissions.main([]) == 2
    assert "write" in capsys.readouterr().err
