#!/usr/bin/env bash
# Makes .venv ready: the exact versions of constraints.txt, the product in editable form.
# Does nothing when it is ready; starts over when an earlier run was interrupted or the checkout has moved.
set -euo pipefail
cd "$(dirname "$0")/.."

venv=.venv
ready=$venv/.ready            # what the finished venv was made from
unfinished=$venv/.unfinished  # there while a run is under way

say() { echo "setup: $*" >&2; }
fail() { say "$*"; exit 1; }

is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
  if [ -n "${PYTHON:-}" ]; then
    is_new_enough "$PYTHON" || fail "PYTHON=$PYTHON is no Python 3.11 or newer"
    echo "$PYTHON"
    return
  fi
  local candidate
  for candidate in python3 python3.13 python3.12 python3.11; do
    if is_new_enough "$candidate"; then echo "$candidate"; return; fi
  done
  fail "Python 3.11 or newer is needed; on Debian 12: apt-get install python3 python3-venv, on Ubuntu 22.04: apt-get install python3.11 python3.11-venv"
}

# Debian and Ubuntu ship Python without the part that makes virtual environments.
need_venv_module() {
  "$1" -c 'import ensurepip, venv' 2>/dev/null && return
  local package
  package=$("$1" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    say "installing $package"
    apt-get update -qq </dev/null >&2
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$package" </dev/null >&2
  else
    fail "$1 cannot make a virtual environment; install it with: sudo apt-get install $package"
  fi
}

wanted() { { pwd; cat pyproject.toml constraints.txt; } | sha256sum | cut -d' ' -f1; }

is_whole() { [ ! -e "$unfinished" ] && "$venv/bin/python" -m pip --version >/dev/null 2>&1; }

has_moved() { [ -e "$ready" ] && [ "$(sed -n 2p "$ready")" != "$(pwd)" ]; }

fingerprint=$(wanted)
if is_whole && [ "$(head -n1 "$ready" 2>/dev/null)" = "$fingerprint" ]; then exit 0; fi

python=$(find_python)
if [ -e "$venv" ] && { ! is_whole || has_moved; }; then
  say "$venv is not whole, making it anew"
  rm -rf "$venv"
fi
if [ ! -e "$venv" ]; then
  need_venv_module "$python"
  mkdir "$venv"
  touch "$unfinished"
  "$python" -m venv "$venv"
fi
touch "$unfinished"
rm -f "$ready"
say "installing the packages of constraints.txt (about a minute the first time)"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input -c constraints.txt -e '.[dev,bench]' </dev/null
printf '%s\n%s\n' "$fingerprint" "$(pwd)" >"$ready"
rm -f "$unfinished"
say "ready: $venv/bin/peilian"
