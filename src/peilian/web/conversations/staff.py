"""Who stands behind a platform account: the employee's name, at the time of the conversation."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from peilian.apps.people.api import RosterLine, roster_lines


class Staff:
    """Names by account. An account that nobody is known to use keeps its own name."""

    def __init__(self, lines: Iterable[RosterLine]) -> None:
        self._uses: dict[str, list[RosterLine]] = {}
        for line in lines:
            self._uses.setdefault(line.account, []).append(line)

    @classmethod
    def today(cls) -> Staff:
        """The staff as the directory knows it now."""
        return cls(roster_lines())

    def name(self, account: str, at: datetime | None = None) -> str:
        """Who used ``account`` at a moment; without a moment, or outside every known use, the latest user."""
        uses = self._uses.get(account, [])
        for use in uses:
            if at is not None and use.holds(at):
                return use.employee
        return max(uses, key=lambda use: use.starts_at).employee if uses else account

    def teams(self, accounts: Iterable[str]) -> list[str]:
        """The teams that the users of these accounts have belonged to, each once, in order of name."""
        return sorted({use.team for account in accounts for use in self._uses.get(account, []) if use.team})

    def accounts_of_team(self, team: str) -> list[str]:
        """Every account that a member of the team has used."""
        return sorted(account for account, uses in self._uses.items() if any(use.team == team for use in uses))


def people_first(account_and_name: tuple[str, str]) -> tuple[bool, str]:
    """The place of an account in a choice: those of known people by name, then those that nobody is known to use."""
    account, name = account_and_name
    return name == account, name
