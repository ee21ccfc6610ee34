"""How long a roster of 1,000 people with sign-in names and roles takes, from the file to the directory.

    python bench/people/roster.py [--people 1000]

On an empty installation of its own (SQLite). No password is hashed: people choose theirs by invitation. Exit code 1
above one second of CPU for 1,000 people.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

HEAD = ("工号", "姓名", "小组", "岗位", "入职日期", "阶段", "子账号", "登录名", "角色")


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=1000)
    n = parser.parse_args().people
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"PEILIAN_HOME": folder, "DJANGO_SETTINGS_MODULE": "peilian.config.settings"}
        os.environ.pop("DATABASE_URL", None)
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        path = Path(folder) / "roster.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(HEAD)
            for number in range(n):
                team = f"{number % 25 + 1}组"
                names = f"E{number:05}", f"客服{number}", team, "在线客服", "2025-03-01", "在岗"
                writer.writerow((*names, f"店铺:{number}", f"agent{number}", "客服"))
        from peilian.apps.people import api as people
        from peilian.flows.roster import read_roster

        for what in ("new", "again"):
            clock, cpu = time.perf_counter(), time.process_time()
            report = people.import_roster(actor=None, rows=read_roster(path), default_from=date(2025, 3, 1))
            clock, cpu = time.perf_counter() - clock, time.process_time() - cpu
            print(f"{what:<6}{report.added} added, {report.unchanged} unchanged: {clock:.2f} s, {cpu:.2f} s of CPU")
            if what == "new":
                spent = cpu
    return int(spent * 1000 > n)


if __name__ == "__main__":
    sys.exit(main())
