"""An import that is killed at any moment leaves a whole lake, and the next run ends as if nothing had happened."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from peilian.adapters.lake import Lake
from peilian.flows.importing import import_files
from support.logs import a_log, contents, counted, write_csv

KILLS = 20
IMPORT = """
import os, sys
from pathlib import Path
from peilian.adapters.importers import staging
from peilian.adapters.lake import Lake, writing
from peilian.flows.importing import import_files
staging._STEP, staging._BUCKET_BYTES, writing._TARGET_MESSAGES = 20, 4000, 150
die_at = int(sys.argv[1])
calls = 0
def count(event, arguments):
    global calls
    if event in ("open", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "shutil.rmtree"):
        calls += 1
        if calls == die_at:
            os.kill(os.getpid(), 9)
lake = Lake.open(Path(sys.argv[2]))
sys.addaudithook(count)
import_files([Path(path) for path in sys.argv[3:]], lake=lake, now_ms=1)
print(calls)
"""


def run(die_at: int, lake: Path, *files: Path) -> subprocess.CompletedProcess[str]:
    """The import in a process of its own, which kills itself (SIGKILL) at its ``die_at``-th touch of the disk."""
    command = [sys.executable, "-c", IMPORT, str(die_at), str(lake), *map(str, files)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=dict(os.environ))


@pytest.fixture(autouse=True)
def one_key(monkeypatch):
    monkeypatch.setenv("PEILIAN_PSEUDONYM_KEY", "the same for every lake")


def test_an_import_killed_twenty_times_ends_like_an_undisturbed_one(tmp_path):
    rows = a_log(120, days=4)
    middle = len(rows) // 2
    early = write_csv(tmp_path / "early.csv", rows[:middle])
    late = write_csv(tmp_path / "late.csv", rows[middle - 50 :])  # lets conversations of the first file grow

    undisturbed = Lake.create(tmp_path / "undisturbed")
    import_files([early], lake=undisturbed, now_ms=1)
    before = contents(undisturbed)
    found = run(0, undisturbed.path, late)
    assert found.returncode == 0, found.stderr
    n_touches = int(found.stdout)
    after = contents(undisturbed)
    assert after != before

    lake = Lake.create(tmp_path / "lake")
    import_files([early], lake=lake, now_ms=1)
    rng = random.Random(7)
    n_killed = 0
    for _ in range(KILLS):
        found = run(rng.randrange(1, n_touches + 1), lake.path, late)
        n_killed += found.returncode == -signal.SIGKILL
        assert found.returncode in (0, -signal.SIGKILL), found.stderr
        assert contents(lake) in (before, after)
        assert lake.verify() == []
    assert n_killed > KILLS // 2

    report = import_files([late], lake=lake, now_ms=1)
    assert report.messages.stored + report.messages.duplicate == report.messages.read
    assert contents(lake) == after
    assert counted(lake) == counted(undisturbed)
    assert lake.verify() == []
    assert sum(1 for _ in (lake.path / "segments").iterdir()) >= len(lake.segments)


@pytest.mark.parametrize("part", [3, 6, 9])
def test_one_kill_anywhere_and_a_second_run_store_everything_once(tmp_path, part):
    path = write_csv(tmp_path / "m.csv", a_log(60))
    other = Lake.create(tmp_path / "other")
    n_touches = int(run(0, other.path, path).stdout)
    lake = Lake.create(tmp_path / "lake")
    run(n_touches * part // 10, lake.path, path)
    assert contents(lake) in ({}, contents(other))
    assert run(0, lake.path, path).returncode == 0
    assert contents(lake) == contents(other)
    assert counted(lake) == counted(other)


def test_a_resumed_import_takes_up_what_was_staged(tmp_path, monkeypatch):
    path = write_csv(tmp_path / "m.csv", a_log(30))
    lake = Lake.create(tmp_path / "lake")

    def no_power(*_args, **_more):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("peilian.adapters.lake.writing.manifests.swap", no_power)
        with pytest.raises(KeyboardInterrupt):
            import_files([path], lake=lake, now_ms=1)
    assert contents(lake) == {}
    phases = []
    report = import_files([path], lake=lake, now_ms=1, progress=lambda step: phases.append(step.phase))
    assert "stage" not in phases
    assert report.conversations.stored == 30
    assert len(contents(lake)) == 30
