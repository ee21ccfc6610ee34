"""The page that says which role may do what to which object: ``docs/permissions.md``, written from the code.

python -m peilian.apps.people.permissions write     write the page
python -m peilian.apps.people.permissions check     fail when the page is not what the code says
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from peilian.apps.people.roles import ROLES, Permission, Reach, Role

PAGE = Path(__file__).resolve().parents[4] / "docs" / "permissions.md"

# What each permission opens: objects, and what can be done with them.
OPENS: Mapping[Permission, Mapping[str, str]] = {
    Permission.SEE_CONVERSATIONS: {"conversations and what was read in them": "list, search, read, export"},
    Permission.SEE_KPIS: {"KPIs of conversations": "read, compare"},
    Permission.SEE_BUSINESS: {"business figures of people and shops": "read, compare shops"},
    Permission.SEE_DIAGNOSIS: {"pain points": "read"},
    Permission.SEE_PEOPLE: {"people, units, posts, accounts": "list, read", "drills of others that are over": "read"},
    Permission.SEE_RECORD: {"evidence, profiles, needs, assignments, what people learn": "read"},
    Permission.RAISE_NEEDS: {
        "needs": "raise, close",
        "observations and reviews": "add, correct, withdraw; never about oneself",
        "drills of others": "rate",
        "answers of exams": "mark, correct, decide contests; never one's own",
    },
    Permission.GUIDE_LEARNING: {
        "homework of others": "read, accept, return; never one's own",
        "feedback of others on lessons": "read, answer, turn into a suggestion; never one's own",
    },
    Permission.ASSIGN_TRAINING: {
        "assignments": "give, cancel",
        "paths, courses and lessons of others": "put on, move to a newer version",
        "used-up exams of courses": "give one more attempt; never oneself",
        "exams": "open, give more time, add people, make up, take back, grade a question anew",
        "statistics of question banks, and of exams of one's own people": "read, compute",
        "practical exams": "set up, renew links of guests, decide without all",
    },
    Permission.MANAGE_CERTIFICATES: {
        "certificates": "revoke, uphold; never one's own",
        "certificates of others": "confirm, return; never one's own",
    },
    Permission.MANAGE_PEOPLE: {"people, units, posts, accounts, roster": "add, change, import"},
    Permission.GRANT_ROLES: {"users and roles": "add, lock, grant, end"},
    Permission.IMPORT: {"conversations and business tables": "import, undo"},
    Permission.SEE_JOBS: {"background jobs of everybody": "watch, stop"},
    Permission.SEE_AUDIT: {"audit trail": "read"},
    Permission.MANAGE_SETTINGS: {"settings of the company": "change"},
    Permission.ERASE_CUSTOMERS: {"customers' data": "erase"},
    Permission.SEE_APPRAISALS: {"appraisal sheets with inputs, remarks, versions, appeals, talks": "read"},
    Permission.SEE_APPRAISAL_TOTALS: {"rankings, grades, totals, basis of bonus and promotion": "read"},
    Permission.RATE_APPRAISALS: {
        "levels, remarks, missing values": "rate, write, enter",
        "talks and plans": "record",
        "events": "confirm, withdraw, choose the line",
    },
    Permission.RUN_APPRAISALS: {
        "cycles": "open, change, collect, freeze, reopen, publish, close",
        "values from files": "import",
        "exemptions and people set aside": "grant, end",
        "events": "confirm, withdraw, choose the line",
    },
    Permission.EDIT_APPRAISAL_RULES: {"templates and their versions": "add, preview, retire"},
    Permission.DECIDE_APPEALS: {
        "appeals": "decide, without a part in the result",
        "published results": "correct by a new version, without a part in them",
    },
    Permission.REGISTER_EVENTS: {"events about others": "register"},
    Permission.SEE_REWARDS: {"rewards and honours": "read"},
    Permission.MANAGE_REWARDS: {"rules of rewards, rewards": "write, propose, grant, withdraw"},
    Permission.HANDLE_SUGGESTIONS: {"suggestions of staff": "read, answer, decide"},
    Permission.SEE_LIBRARY: {
        "published texts, their versions, attachments, comments": "search, read, comment, suggest, propose",
        "policies": "confirm for oneself",
    },
    Permission.WRITE_LIBRARY: {
        "drafts": "write, submit, drop, bring in from files",
        "texts": "see those not published or retired and what uses them, export, attach",
        "comments and suggestions": "answer",
        "statistics of question banks and of exams": "read, compute, propose parameters",
        "change notices and revisions": "announce, settle",
    },
    Permission.PUBLISH_LIBRARY: {
        "texts other than policies and laws": "publish, return, retire, restore",
        "parameters of questions": "freeze",
    },
    Permission.PUBLISH_POLICIES: {"policies, laws and the competency model": "publish, return, retire, restore"},
    Permission.SEE_CONFIRMATIONS: {"confirmations of policies": "read"},
}

_MARKS = {Reach.SELF: "own", Reach.MENTEES: "mentees", Reach.UNIT: "unit", Reach.COMPANY: "all"}

_HEAD = """# Who may do what

This page is written from the code by `python -m peilian.apps.people.permissions write`; a test keeps it current. A role
is granted to a user from a day to a day, and where it reaches a unit, for that unit and all below it. Without a role
nobody sees anything, and what is forbidden gives the same answer as what does not exist.

**own**: what concerns oneself. **mentees**: oneself and those one guides as mentor. **unit**: the unit of the grant and
all units below it. **all**: the whole company.

## What each permission opens

| permission | object | action |
|---|---|---|
"""

_RULES = """
## What holds beside the table

- Everybody learns what is published; by oneself one comes to what the own post allows.
- Everybody may drill, reads the own record and assignments, the own published appraisal sheet with every version and
  reason, the own place in the team without anybody's name, and, while a cycle is reviewed and shows it, the own
  preview.
- The own handbook is read by its person alone; who reads the record sees how many entries there are.
- Nobody rates, enters, confirms, exempts, decides or corrects anything about oneself, whatever the roles.
- Who rated, entered a contested value, reported or confirmed an event behind it, froze or published a result, or made a
  version of it, neither decides an appeal about it nor corrects it.
- Only the person appeals, withdraws the appeal, comments on oneself, and answers the own talk.
- A sheet belongs to the team that the person was in at the end of the period. Who leads the person's present team sees
  it once it is published.
- Where a template lets the manager rate, levels, remarks and talks need `run_appraisals` in place of
  `rate_appraisals`.
- The library is the whole company's: what may be read, written and published there does not depend on the unit; who has
  confirmed a policy does.
- Who marked an answer does not decide a contest about it; nobody marks, extends, examines or decides the own exam.
- Whoever is asked to examine in a practical exam scores in it, alone; a guest does so over a link that ends.
- Nobody publishes a draft that one has written in, unless the installation says that one pair of eyes is enough.
- Templates and their versions are for the whole company, so `edit_appraisal_rules` needs a reach of all.
"""


def page() -> str:
    """The page as the code has it."""
    return _HEAD + "".join(_openings()) + "\n## Who has it\n\n" + "".join(_matrix()) + _RULES


def _openings() -> Iterator[str]:
    for permission in Permission:
        for place, (target, action) in enumerate(OPENS[permission].items()):
            yield f"| {f'`{permission}`' if place == 0 else ''} | {target} | {action} |\n"


def _matrix() -> Iterator[str]:
    """One table of roles by permission for every few permissions, so that it can be read without scrolling sideways."""
    permissions = list(Permission)
    for start in range(0, len(permissions), 5):
        some = permissions[start : start + 5]
        yield "| role | " + " | ".join(f"`{one}`" for one in some) + " |\n"
        yield "|---|" + "---|" * len(some) + "\n"
        for role in ROLES.values():
            yield f"| {_name(role)} | " + " | ".join(_mark(role, one) for one in some) + " |\n"
        yield "\n" if start + 5 < len(permissions) else ""


def _name(role: Role) -> str:
    return f"{role.name.en} {role.name.zh}"


def _mark(role: Role, permission: Permission) -> str:
    return _MARKS[role.reach] if permission in role.permissions else "–"


def main(arguments: list[str]) -> int:
    """Write or check the page; returns the exit code."""
    if arguments == ["write"]:
        PAGE.write_text(page(), encoding="utf-8")
        return 0
    if arguments == ["check"]:
        is_current = PAGE.exists() and PAGE.read_text(encoding="utf-8") == page()
        if not is_current:
            sys.stderr.write("docs/permissions.md is not what the code says: run with `write`\n")
        return 0 if is_current else 1
    sys.stderr.write((__doc__ or "").rstrip() + "\n")
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
