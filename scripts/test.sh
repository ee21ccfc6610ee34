#!/usr/bin/env bash
# The whole test suite: everything without a browser on two processes, the database tests once more on PostgreSQL,
# then the browser tests. Runs all three even when one fails, and says at the end what failed and what was left out.
set -uo pipefail
cd "$(dirname "$0")/.."

python=.venv/bin/python
failed=()
left_out=()

run() { # NAME COMMAND...
  local name=$1 status
  shift
  echo "== $name"
  "$@"
  status=$?
  # 5: no test was collected.
  if [ $status -eq 5 ]; then left_out+=("$name: there are none"); elif [ $status -ne 0 ]; then failed+=("$name"); fi
}

run "tests without a browser" "$python" -m pytest -q -n 2 --dist worksteal -m "not browser"

if $python tests/support/postgres.py --is-there; then
  run "database tests on PostgreSQL" "$python" tests/support/postgres.py "$python" -m pytest -q -n 2 --dist worksteal -m "not browser" \
    tests/integration/apps tests/integration/test_migrations.py
else
  left_out+=("database tests on PostgreSQL: PostgreSQL is not installed")
fi

if $python tests/support/browser.py >/dev/null; then
  run "browser tests" "$python" -m pytest -q -m browser -p no:xdist
else
  left_out+=("browser tests: Chromium is not installed")
fi

for line in "${left_out[@]}"; do echo "LEFT OUT $line"; done
for line in "${failed[@]}"; do echo "FAILED $line"; done
[ ${#failed[@]} -eq 0 ]
