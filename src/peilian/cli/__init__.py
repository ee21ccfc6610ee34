"""The command line ``peilian``. Engine commands call flows and never import Django."""

from __future__ import annotations

import errno
import importlib

import click

# name on the command line -> module of this package that holds it as ``command``; imported when it is asked for
COMMANDS = {
    "import": "import_",
    "kpi": "kpi",
    "read": "read",
    "score": "score",
    "appraise": "appraise",
    "needs": "needs",
    "drill": "drill",
    "pack": "pack",
    "erase": "erase",
    "serve": "server",
    "demo": "server",
    "migrate": "server",
    "admin": "server",
    "search": "server",
}


class _LazyGroup(click.Group):
    """Loads a command's module only when that command runs, so that engine commands stay without Django."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"peilian.cli.{COMMANDS[cmd_name]}")
        command: click.Command = getattr(module, f"{cmd_name}_command", None) or module.command
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; what the system refuses (no room, no right, no such folder) ends it with one line."""
        try:
            return super().invoke(ctx)
        except OSError as error:
            if error.errno == errno.EPIPE:  # the reader had enough
                raise
            where = f"{error.filename}: " if error.filename else ""
            click.echo(f"peilian: {where}{error.strerror or error}", err=True)
            ctx.exit(1)


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="peilian")
def main() -> None:
    """Peilian 陪练: measures, reads and trains customer-service conversations."""
