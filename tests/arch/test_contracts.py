"""Who may import whom: the product keeps its contracts, and the contracts notice what breaks them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from arch.tree import PACKAGE, ROOT


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter on the package below ``folder/src`` with the project's own contracts."""
    paths = [str(folder / "src"), str(ROOT / "tests")]
    return subprocess.run(
        [
            *(sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()"),
            *("--config", str(ROOT / "pyproject.toml"), "--no-cache", "--no-logo"),
        ],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def skeleton(tmp_path: Path) -> Path:
    """A package with the modules of the product and nothing in them; it breaks no contract."""
    for module in PACKAGE.rglob("*.py"):
        empty = tmp_path / "src" / "peilian" / module.relative_to(PACKAGE)
        empty.parent.mkdir(parents=True, exist_ok=True)
        empty.touch()
    return tmp_path


def test_the_product_keeps_its_contracts():
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_empty_product_keeps_its_contracts(skeleton):
    done = lint(skeleton)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("planted", "broken"),
    [
        pytest.param({"engine/_kernel.py": "import peilian.flows"}, 1, id="an engine reaches up"),
        pytest.param({"flows/wording.py": "import peilian.apps.base.api"}, 1, id="a flow reaches up"),
        pytest.param({"web/urls.py": "import peilian.cli"}, 1, id="pages know the command line"),
        pytest.param({"tools/__init__.py": ""}, 1, id="a top-level package without a layer"),
        pytest.param({"engine/kpi/facts.py": "def f():\n    import duckdb"}, 2, id="an engine opens a database"),
        pytest.param({"engine/kpi/facts.py": "import django.db"}, 2, id="an engine uses the web framework"),
        pytest.param({"engine/kpi/facts.py": "import peilian.engine.diagnosis"}, 3, id="two engines know each other"),
        pytest.param({"engine/text/x.py": "import peilian.engine.reading"}, 3, id="the stack of engines is reversed"),
        pytest.param({"engine/luck/__init__.py": ""}, 3, id="an engine without a place"),
        pytest.param({"apps/base/jobs.py": "import peilian.apps.contacts.api"}, 4, id="a lower app knows a higher one"),
        pytest.param({"web/urls.py": "import peilian.apps.people.models"}, 5, id="a page climbs through a window"),
        pytest.param({"web/urls.py": "import peilian.apps.people"}, 5, id="a page leans on the wall"),
        pytest.param({"apps/contacts/work.py": "import peilian.apps.people.gate"}, 5, id="an app climbs into another"),
        pytest.param(
            {"apps/people/a.py": "import peilian.apps.people.b", "apps/people/b.py": "import peilian.apps.people.a"},
            6,
            id="two modules need each other",
        ),
        pytest.param({"flows/wording.py": "import duckdb"}, 7, id="a flow opens DuckDB"),
        pytest.param({"cli/kpi.py": "def f():\n    import django"}, 8, id="an engine command loads Django"),
        pytest.param(
            {"cli/pack.py": "import peilian.adapters.packs", "adapters/packs/__init__.py": "import django.conf"},
            8,
            id="an adapter loads Django",
        ),
    ],
)
def test_a_planted_fault_is_noticed(skeleton, planted, broken):
    for name, text in planted.items():
        path = skeleton / "src" / "peilian" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text + "\n")
    done = lint(skeleton)
    assert done.returncode == 1, done.stdout + done.stderr
    verdicts = [line for line in done.stdout.splitlines() if line.startswith(f"{broken}. ")]
    assert "BROKEN" in verdicts[0], done.stdout


@pytest.mark.parametrize(
    "planted",
    [
        pytest.param({"web/urls.py": "import peilian.apps.people.api"}, id="through the door"),
        pytest.param({"apps/people/models.py": "import peilian.apps.base.models"}, id="the models of the base"),
        pytest.param({"apps/people/gate.py": "import peilian.apps.people.models"}, id="inside one's own app"),
        pytest.param({"cli/server.py": "def f():\n    import django"}, id="a database command loads Django"),
    ],
)
def test_what_is_allowed_passes(skeleton, planted):
    for name, text in planted.items():
        (skeleton / "src" / "peilian" / name).write_text(text + "\n")
    done = lint(skeleton)
    assert done.returncode == 0, done.stdout + done.stderr
