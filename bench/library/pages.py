"""What a page of a large library costs: CPU and queries, signed in as somebody who publishes.

    python bench/library/pages.py --texts 5000 [--home FOLDER]

Makes a pack of so many texts, installs it into a home of its own (kept and used again with --home), begins a draft of
every tenth text and a change notice for every hundredth, and asks for each page three times; told is the median.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

PAGES = (
    ("learn", "/learn/"),
    ("library", "/learn/library/"),
    ("library, a tag", "/learn/library/?tag=标签7"),
    ("library, words", "/learn/library/?q=退款 规定"),
    ("drafts", "/learn/drafts/"),
    ("changes", "/learn/changes/"),
    ("new change", "/learn/changes/new/"),
    ("files", "/learn/files/"),
    ("files, a kind", "/learn/files/?kind=article"),
    ("suggestions", "/learn/suggestions/"),
    ("a text", "/learn/library/article/bench/text-00003/"),
    ("editor", "{draft}"),
)


def main() -> None:
    """Make the home where there is none, and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=int, default=5000)
    parser.add_argument("--home", type=Path, default=None)
    given = parser.parse_args()
    home = given.home or Path(tempfile.mkdtemp(prefix="peilian-bench-"))
    os.environ["PEILIAN_HOME"] = str(home)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "peilian.config.settings")
    import django

    django.setup()
    if not (home / "ready").exists():
        make(home, given.texts)
        (home / "ready").touch()
    measure(home)


def make(home: Path, n: int) -> None:
    """A home with a pack of ``n`` texts, drafts and notices."""
    from django.core.management import call_command

    from peilian.apps.library import api as library
    from peilian.apps.people import api as people

    call_command("migrate", verbosity=0)
    write_pack(home / "pack", n)
    took("install", lambda: library.install_packs(roots=(home / "pack",)))
    people.add_unit(
        actor=None, code="company", name={"zh": "公司", "en": "Company"}, kind=people.UnitKind.COMPANY, parent=None
    )
    writer = people.add_user(actor=None, username="writer", name="writer", password=None, employee=None)
    manager = people.add_user(actor=None, username="manager", name="manager", password=None, employee=None)
    day = library.Content.objects.order_by("published_at").values_list("published_at", flat=True)[0].date()
    for user, role in ((writer, "training_manager"), (manager, "training_manager")):
        people.grant_role(actor=None, user=user, role=role, unit=None, starts_on=day)
    rows = list(library.Content.objects.order_by("key")[: n // 2])
    for number, row in enumerate(rows[::5]):
        draft = library.start_draft(actor=writer, content=row)
        if number % 3 == 0:
            body = {**draft.body, "title": {"zh": f"改过的{number}"}}
            library.submit(actor=writer, draft=library.save_draft(actor=writer, draft=draft, body=body, edition=1))
    for number, row in enumerate(rows[::50]):
        title = {"zh": f"变更{number}", "en": f"Change {number}"}
        library.announce_change(actor=writer, title=title, text="时限改了", effective_on=day, contents=[row])
    took("index", library.rebuild_search)


def write_pack(folder: Path, n: int) -> None:
    """Articles about as long as real ones."""
    folder.mkdir(parents=True, exist_ok=True)
    header = "kind: pack\nschema_version: 1\nkey: bench\ntitle: {zh: 测试}\nversion: '1'\nlicence: Proprietary\n"
    (folder / "pack.yaml").write_text(header)
    paragraph = "客户问退款多久到账时，先核对订单和付款方式，再说出时限、规则和下一步。"
    for number in range(n):
        front: dict[str, Any] = {
            "kind": "article",
            "schema_version": 1,
            "key": f"bench/text-{number:05}",
            "title": {"zh": f"退款规定 {number}", "en": f"Refund rule {number}"},
            "tags": [f"标签{number % 40}", f"标签{number % 7}"],
        }
        body = "\n\n".join(f"{paragraph}（第{number}条第{line}款）" for line in range(40))
        (folder / f"{number:05}.md").write_text(f"---\n{json.dumps(front, ensure_ascii=False)}\n---\n{body}\n")


def measure(home: Path) -> None:
    """Ask for every page."""
    from django.conf import settings
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from peilian.apps.library import api as library
    from peilian.apps.people import api as people

    settings.ALLOWED_HOSTS = ["testserver"]
    manager = people.User.objects.get(username="manager")
    client = Client()
    client.force_login(manager, backend="peilian.apps.people.backends.PeopleBackend")
    draft = f"/learn/drafts/{library.drafts(user=manager).first().pk}/?edit=1"
    print(f"{library.Content.objects.count()} texts, {library.drafts(user=manager).count()} drafts")
    for name, path in PAGES:
        costs, n_queries, size, status = [], 0, 0, 0
        for _again in range(3):
            with CaptureQueriesContext(connection) as queries:
                began = time.process_time()
                response = client.get(path.format(draft=draft))
                costs.append((time.process_time() - began) * 1000)
            n_queries, size, status = len(queries), len(response.content), response.status_code
        print(f"{name:18} {status} {statistics.median(costs):8.0f} ms {n_queries:5} queries {size / 1024:8.0f} kB")
    took("current_documents", lambda: library.current_documents(kind="article"))
    took("current_documents again", lambda: library.current_documents(kind="article"))
    took("install, nothing new", lambda: library.install_packs(roots=(home / "pack",)))


def took(name: str, work: Callable[[], object]) -> None:
    """Do something and tell its CPU seconds."""
    began = time.process_time()
    work()
    print(f"{name:24} {time.process_time() - began:8.2f} s CPU")


if __name__ == "__main__":
    main()
