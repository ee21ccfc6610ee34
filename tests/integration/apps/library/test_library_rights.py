"""Every function of the library with every role: what is forbidden gives the same answer as what does not exist."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from peilian.apps.base import api as base
from peilian.apps.library import api as library
from peilian.apps.people import api as people
from peilian.apps.people.api import ROLES, Permission
from support.company import a_login
from support.library import a_policy, a_writer, an_article, installed, the_content

pytestmark = pytest.mark.django_db
P = Permission
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 32


@pytest.fixture
def shelf(tmp_path):
    installed(tmp_path / "pack", an_article(), a_policy())
    return the_content()


def policy() -> library.Content:
    return the_content("mine/privacy", "policy")


def a_draft(content: library.Content) -> library.Draft:
    """A changed draft in review that nobody's eyes are missing on."""
    draft = library.start_draft(actor=None, content=content)
    draft = library.save_draft(actor=None, draft=draft, body={**draft.body, "tags": ["新"]}, edition=draft.edition)
    return library.submit(actor=None, draft=draft)


Door = tuple[Permission, Callable[[Any, library.Content], object]]


def a_prepared(user: people.User) -> library.Prepared:
    """A file of the user that was read; of a writer where the user may not write."""
    owner = user if library.may_write(user) else a_writer(f"{user.username}-writer")
    job = library.prepare_files(actor=owner, name=f"{owner.username}.md", chunks=[b"# A\n\nb"])
    while base.run_next_job():
        pass
    return library.prepared_files(user=owner, pk=job.pk)


DOORS: dict[str, Door] = {
    "browse": (P.SEE_LIBRARY, lambda user, c: library.browse(user=user)),
    "facets": (P.SEE_LIBRARY, lambda user, c: library.facets(user=user)),
    "search": (P.SEE_LIBRARY, lambda user, c: library.search(user=user, query="退货")),
    "answers_for": (P.SEE_LIBRARY, lambda user, c: library.answers_for(user=user, message="怎么退货")),
    "content": (P.SEE_LIBRARY, lambda user, c: library.content(user=user, kind=c.kind, key=c.key)),
    "version": (P.SEE_LIBRARY, lambda user, c: library.version(user=user, pk=c.current_id)),
    "document_of": (P.SEE_LIBRARY, lambda user, c: library.document_of(c.current, user=user)),
    "versions": (P.SEE_LIBRARY, lambda user, c: library.versions(user=user, content=c)),
    "compare": (P.SEE_LIBRARY, lambda user, c: library.compare(user=user, one=c.current, other=c.current)),
    "add_comment": (P.SEE_LIBRARY, lambda user, c: library.add_comment(actor=user, content=c, text="好")),
    "comments_of": (P.SEE_LIBRARY, lambda user, c: library.comments_of(user=user, content=c)),
    "attachments_of": (P.SEE_LIBRARY, lambda user, c: library.attachments_of(user=user, of=c.current)),
    "change_notices": (P.SEE_LIBRARY, lambda user, c: library.change_notices(user=user)),
    "confirm_policy": (P.SEE_LIBRARY, lambda user, c: library.confirm_policy(actor=user, version=policy().current)),
    "drafts": (P.WRITE_LIBRARY, lambda user, c: library.drafts(user=user)),
    "new_content": (
        P.WRITE_LIBRARY,
        lambda user, c: library.new_content(actor=user, kind="article", key="own/x", title={"zh": "新"}),
    ),
    "start_draft": (P.WRITE_LIBRARY, lambda user, c: library.start_draft(actor=user, content=c)),
    "save_draft": (
        P.WRITE_LIBRARY,
        lambda user, c: library.save_draft(actor=user, draft=(d := a_draft(c)), body=d.body, edition=d.edition),
    ),
    "rehearse_draft": (P.WRITE_LIBRARY, lambda user, c: library.rehearse_draft(user=user, draft=a_draft(c))),
    "submit": (P.WRITE_LIBRARY, lambda user, c: library.submit(actor=user, draft=a_draft(c))),
    "uses_of": (P.WRITE_LIBRARY, lambda user, c: library.uses_of(user=user, content=c)),
    "comments": (P.WRITE_LIBRARY, lambda user, c: library.comments(user=user)),
    "affected_by": (P.WRITE_LIBRARY, lambda user, c: library.affected_by(user=user, contents=[c])),
    "announce_change": (
        P.WRITE_LIBRARY,
        lambda user, c: library.announce_change(
            actor=user, title={"zh": "改了"}, text="时限改了", effective_on=date(2026, 12, 1)
        ),
    ),
    "revisions_due": (P.WRITE_LIBRARY, lambda user, c: library.revisions_due(user=user)),
    "reviews_due": (P.WRITE_LIBRARY, lambda user, c: library.reviews_due(user=user)),
    "attach": (P.WRITE_LIBRARY, lambda user, c: library.attach(actor=user, content=c, name="a.png", data=PNG)),
    "export_pack": (P.WRITE_LIBRARY, lambda user, c: library.export_pack(user=user, contents=[c])),
    "preview_files": (P.WRITE_LIBRARY, lambda user, c: library.preview_files(user=user, name="a.md", data=b"# A\nb")),
    "import_files": (P.WRITE_LIBRARY, lambda user, c: library.import_files(actor=user, name="a.md", data=b"# A\nb")),
    "prepare_files": (
        P.WRITE_LIBRARY, lambda user, c: library.prepare_files(actor=user, name="a.md", chunks=[b"# A\nb"])
    ),
    "prepared_files": (
        P.WRITE_LIBRARY, lambda user, c: library.prepared_files(user=user, pk=a_prepared(user).job.pk)
    ),
    "bring_in": (P.WRITE_LIBRARY, lambda user, c: library.bring_in(actor=user, prepared=a_prepared(user))),
    "forget_files": (P.WRITE_LIBRARY, lambda user, c: library.forget_files(actor=user, prepared=a_prepared(user))),
    "publish": (P.PUBLISH_LIBRARY, lambda user, c: library.publish(actor=user, draft=a_draft(c))),
    "return_draft": (
        P.PUBLISH_LIBRARY, lambda user, c: library.return_draft(actor=user, draft=a_draft(c), decision="改")
    ),
    "retire": (P.PUBLISH_LIBRARY, lambda user, c: library.retire(actor=user, content=c, why="过时")),
    "publish a policy": (P.PUBLISH_POLICIES, lambda user, c: library.publish(actor=user, draft=a_draft(policy()))),
    "retire a policy": (P.PUBLISH_POLICIES, lambda user, c: library.retire(actor=user, content=policy(), why="旧")),
    "confirmations": (P.SEE_CONFIRMATIONS, lambda user, c: library.confirmations(user=user, content=policy())),
}  # fmt: skip


@pytest.mark.parametrize("role", sorted(ROLES))
def test_every_door_opens_to_the_roles_that_hold_its_permission_and_to_no_other(role, shelf, home):
    for number, (name, (permission, door)) in enumerate(DOORS.items()):
        user = a_writer(f"{role}{number}", role)
        content = the_content()
        if permission in ROLES[role].permissions:
            door(user, content)
        else:
            assert _is_closed(door, user, content), f"{name} is open to {role}"
        _put_back()


def _is_closed(door: Callable[[Any, library.Content], object], user: people.User, content: library.Content) -> bool:
    try:
        door(user, content)
    except people.NotVisibleError:
        return True
    return False


def _put_back() -> None:
    """Every door finds the shelf as it was."""
    for content in library.Content.objects.filter(state="retired"):
        library.restore(actor=None, content=content)
    for draft in library.Draft.objects.filter(state__in=library.OPEN_DRAFTS):
        library.drop_draft(actor=None, draft=draft)
    for content in library.Content.objects.filter(state="published", tags=["新"]):
        draft = library.start_draft(actor=None, content=content)
        body = {name: value for name, value in draft.body.items() if name != "tags"}
        draft = library.save_draft(actor=None, draft=draft, body=body, edition=draft.edition)
        library.publish(actor=None, draft=draft)


def test_those_outside_see_nothing_and_those_inside_see_the_library():
    outside = {role.key for role in ROLES.values() if P.SEE_LIBRARY not in role.permissions}
    assert outside == {role.key for role in ROLES.values() if role.is_external}


def test_everybody_who_publishes_also_writes_and_reads():
    for role in ROLES.values():
        if role.permissions & {P.PUBLISH_LIBRARY, P.PUBLISH_POLICIES}:
            assert {P.WRITE_LIBRARY, P.SEE_LIBRARY} <= role.permissions


@pytest.mark.parametrize("look", [library.version, library.draft, library.open_attachment])
@pytest.mark.parametrize("pk", ["nonsense", "0f413feb-a426-4621-982d-99793788c306"])
def test_what_does_not_exist_is_not_visible(shelf, look, pk):
    with pytest.raises(people.NotVisibleError):
        look(user=a_login("manager", "training_manager"), pk=pk)
