"""Setting up: exact versions of everything, and a script that comes to the same end from wherever it was left."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from arch.tree import ROOT

PINNED = re.compile(r"[A-Za-z0-9._-]+==[0-9][A-Za-z0-9.!+]*")
# Stands in for Python: makes a venv whose pip only notes what it was asked for, and breaks off when told to.
FAKE_PYTHON = """#!/usr/bin/env bash
case "$*" in
  *ensurepip*) exit ${{FAKE_NO_VENV:-0}} ;;
  "-m venv "*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" && echo made >>{log} ;;
  *"pip --version"*) exit 0 ;;
  *"pip install"*) echo installed >>{log}; [ -z "${{FAKE_BREAK:-}}" ] || exit 1 ;;
  *) exec {real} "$@" ;;
esac
"""


def test_every_version_is_exact_and_names_no_place():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").split()
    assert [line for line in lines if not PINNED.fullmatch(line)] == []


def test_every_library_that_is_asked_for_has_a_version_that_fits():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").split()
    versions = {canonicalize_name(name): version for name, _, version in (line.partition("==") for line in lines)}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = [text for extra in project["optional-dependencies"].values() for text in extra]
    asked = [Requirement(text) for text in (*project["dependencies"], *extras)]
    unmet = [
        str(one) for one in asked if not one.specifier.contains(versions.get(canonicalize_name(one.name), "0.0.0"))
    ]
    assert not unmet, f"pin them in constraints.txt: {unmet}"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with just what the script reads, and a Python that only pretends."""
    folder = tmp_path / "checkout"
    (folder / "scripts").mkdir(parents=True)
    shutil.copy(ROOT / "scripts" / "setup.sh", folder / "scripts")
    (folder / "pyproject.toml").write_text("one")
    (folder / "constraints.txt").write_text("one")
    fake = tmp_path / "python"
    fake.write_text(FAKE_PYTHON.format(log=tmp_path / "log", real=sys.executable))
    fake.chmod(0o755)
    return folder


def set_up(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    fake = folder.parent / "python"
    return subprocess.run(
        ["bash", str(folder / "scripts" / "setup.sh")],
        env={"PATH": os.environ["PATH"], "PYTHON": str(fake), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def steps(folder: Path) -> list[str]:
    log = folder.parent / "log"
    found = log.read_text().split() if log.exists() else []
    log.unlink(missing_ok=True)
    return found


def test_a_second_run_does_nothing(checkout):
    assert set_up(checkout).returncode == 0
    assert steps(checkout) == ["made", "installed"]
    assert set_up(checkout).returncode == 0
    assert steps(checkout) == []


def test_a_run_that_was_broken_off_starts_anew(checkout):
    assert set_up(checkout, FAKE_BREAK="1").returncode != 0
    steps(checkout)
    assert set_up(checkout).returncode == 0
    assert steps(checkout) == ["made", "installed"]


def test_a_venv_without_a_working_python_is_made_anew(checkout):
    (checkout / ".venv" / "bin").mkdir(parents=True)
    assert set_up(checkout).returncode == 0
    assert steps(checkout) == ["made", "installed"]


@pytest.mark.parametrize("file", ["pyproject.toml", "constraints.txt"])
def test_changed_versions_are_installed_into_the_venv_that_is_there(checkout, file):
    set_up(checkout)
    steps(checkout)
    (checkout / file).write_text("two")
    assert set_up(checkout).returncode == 0
    assert steps(checkout) == ["installed"]


def test_a_checkout_that_was_moved_gets_a_new_venv(checkout):
    set_up(checkout)
    steps(checkout)
    moved = checkout.rename(checkout.parent / "moved")
    assert set_up(moved).returncode == 0
    assert steps(moved) == ["made", "installed"]


def test_a_python_that_is_too_old_or_missing_is_said_so(checkout):
    done = set_up(checkout, PYTHON="python-of-nobody")
    assert done.returncode == 1
    assert "3.11" in done.stderr


@pytest.mark.parametrize(("user", "says"), [("1000", "sudo apt-get install python3."), ("0", "installing python3.")])
def test_a_python_without_venv_gets_its_package_from_root_and_names_it_to_others(checkout, user, says):
    tools = checkout.parent / "tools"
    tools.mkdir()
    for name, line in {"id": f"echo {user}", "apt-get": "exit 1"}.items():
        (tools / name).write_text(f"#!/bin/sh\n{line}\n")
        (tools / name).chmod(0o755)
    done = set_up(checkout, FAKE_NO_VENV="1", PATH=f"{tools}:{os.environ['PATH']}")
    assert done.returncode == 1
    assert says in done.stderr
    assert not (checkout / ".venv").exists()


def look_for_packages(tmp_path: Path, **programs: str) -> tuple[subprocess.CompletedProcess[str], list[str]]:
    """Run the script where only these programs are (each a line of shell); tells also what apt-get was asked for."""
    tools, log = tmp_path / "tools", tmp_path / "log"
    tools.mkdir()
    for name in ("bash", "env", "mktemp", "cat", "rm", "tail"):
        (tools / name).symlink_to(shutil.which(name) or name)
    pango = "echo libpangoft2-1.0.so.0 libharfbuzz-subset.so.0"
    for name, line in {"apt-get": f'echo "$@" >>{log}', "ldconfig": pango, **programs}.items():
        (tools / name).write_text(f"#!/bin/sh\n{line}\n")
        (tools / name).chmod(0o755)
    script = ROOT / "scripts" / "system_packages.sh"
    done = subprocess.run([script], env={"PATH": str(tools)}, capture_output=True, text=True, check=False)
    return done, log.read_text().splitlines() if log.exists() else []


def test_root_gets_the_browser_that_is_missing(tmp_path):
    done, asked = look_for_packages(tmp_path, id="echo 0", initdb="true", **{"fc-list": "echo Noto"})
    assert done.returncode == 0
    assert asked[0].startswith("update")
    assert [line.split()[-1] for line in asked[1:]] == ["chromium"]


def test_root_gets_what_pdf_needs(tmp_path):
    fonts = {"fc-list": "echo Noto"}
    done, asked = look_for_packages(tmp_path, id="echo 0", initdb="true", chromium="true", ldconfig="true", **fonts)
    assert done.returncode == 0
    assert [line.split()[-1] for line in asked[1:]] == ["libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0"]


def test_a_package_that_cannot_be_had_does_not_keep_the_others_away(tmp_path):
    refusing = f'echo "$@" >>{tmp_path / "log"}; case "$*" in *chromium*) exit 100;; esac'
    done, asked = look_for_packages(tmp_path, **{"id": "echo 0", "initdb": "true", "apt-get": refusing})
    assert done.returncode == 0
    assert "could not install chromium" in done.stderr
    assert [line.split()[-1] for line in asked[1:]] == ["chromium", "fonts-noto-cjk", "fontconfig"]


def test_others_are_told_in_one_line_what_to_install(tmp_path):
    done, asked = look_for_packages(tmp_path, id="echo 1000", initdb="true", **{"fc-list": "echo Noto"})
    assert done.returncode == 0
    assert done.stderr == "some tests will be skipped; to run them: sudo apt-get install chromium\n"
    assert asked == []


@pytest.mark.parametrize(("answer", "is_missing"), [("exit 0", False), ("exit 1", True)])
def test_a_browser_counts_only_when_it_runs(tmp_path, answer, is_missing):
    done, _asked = look_for_packages(tmp_path, id="echo 1000", initdb="true", chromium=answer, **{"fc-list": "echo N"})
    assert done.returncode == 0
    assert ("chromium" in done.stderr) is is_missing


@pytest.mark.parametrize("script", [".ci/run", "scripts/setup.sh", "scripts/system_packages.sh", "scripts/test.sh"])
def test_scripts_can_be_run_and_are_well_formed(script):
    assert os.access(ROOT / script, os.X_OK)
    assert subprocess.run(["bash", "-n", ROOT / script], check=False).returncode == 0
