"""Database commands: bring the database up to date, serve the product, and show it with invented data."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import click

SETTINGS = "peilian.config.settings"


@click.command("migrate")
def migrate_command() -> None:
    """Bring the database up to date: PEILIAN_HOME (default ./var), or DATABASE_URL when set.

    \b
    Example: PEILIAN_HOME=/srv/peilian peilian migrate
    """
    _start_django()
    _migrate()


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="Port; 0: any free one.")
@click.option("--no-worker", is_flag=True, help="Serve pages only; background jobs wait.")
def serve_command(host: str, port: int, no_worker: bool) -> None:
    """Serve pages and run background jobs until Ctrl+C or SIGTERM.

    \b
    Example: peilian serve --port 8080
    """
    _start_django()
    with _clear_database_faults():
        _stop_if_outdated()
    _serve(host, port, has_worker=not no_worker)


@click.command("demo")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="Port; 0: any free one.")
@click.option("--build-only", is_flag=True, help="Make the data and end.")
@click.option("--contacts", default=4000, show_default=True, type=click.IntRange(min=0), help="Invented conversations.")
def demo_command(host: str, port: int, build_only: bool, contacts: int) -> None:
    """Serve a company with invented people and conversations. The data is made once and kept.

    \b
    Example: PEILIAN_HOME=./demo peilian demo
    """
    # The address is taken first: nobody wants to learn after a minute of work that the port is in use.
    listener = None if build_only else _listen(host, port)
    _start_django()
    _migrate()
    _stop_if_not_a_demo()
    from peilian.demo import build as demo

    logins = demo.build(say=lambda step: click.echo(step, err=True), contacts_wanted=contacts)
    click.echo("演示账号 / Demo logins:")
    for login in logins:
        click.echo(f"  {login.username:<12} {demo.PASSWORD}   {login.name} ({login.role})")
    if listener is not None:
        _serve(host, port, has_worker=True, listener=listener)


def _start_django() -> None:
    """Load the settings and the apps; make the home folder."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS)
    try:
        import django
        from django.conf import settings

        settings.HOME.mkdir(parents=True, exist_ok=True)
        settings.STATIC_ROOT.mkdir(exist_ok=True)
        django.setup()
    except OSError as error:
        _stop(f"the home folder cannot be used: {error}")


def _migrate() -> None:
    from django.core.management import call_command

    with _clear_database_faults():
        waiting = _waiting_migrations()
        if waiting:
            click.echo(f"Updating the database ({len(waiting)} steps)", err=True)
            call_command("migrate", interactive=False, verbosity=0)
    click.echo("The database is up to date.", err=True)


def _waiting_migrations() -> list[str]:
    """Names of the migrations that were not applied yet."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{step.app_label}.{step.name}" for step, _is_backwards in plan]


def _stop_if_outdated() -> None:
    waiting = _waiting_migrations()
    if waiting:
        _stop(f"the database is not up to date ({len(waiting)} steps missing); run: peilian migrate")


def _stop_if_not_a_demo() -> None:
    """Keep invented people out of the database of a real company. The mark comes first: a broken run may go on."""
    from django.conf import settings

    from peilian.apps.people.api import User

    mark = settings.HOME / "demo"
    if not mark.exists():
        if User.objects.exists():
            _stop(f"{settings.HOME} already holds a company; choose another folder with PEILIAN_HOME")
        mark.touch()


def _serve(host: str, port: int, *, has_worker: bool, listener: socket.socket | None = None) -> None:
    from peilian.cli import _service

    listener = listener or _listen(host, port)
    if not _is_answered(host):
        click.echo("peilian: say in PEILIAN_HOSTS by which names others call this machine", err=True)
    shown = f"[{host}]" if ":" in host else host
    url = f"http://{shown}:{listener.getsockname()[1]}/"
    _service.run(listener, has_worker=has_worker, on_start=lambda: click.echo(f"打开 / Open: {url}   (Ctrl+C: stop)"))


def _is_answered(host: str) -> bool:
    """Whether requests to the names that this address stands for will be answered."""
    from django.conf import settings

    return host in {"127.0.0.1", "localhost", "::1"} or "PEILIAN_HOSTS" in os.environ or host in settings.ALLOWED_HOSTS


def _listen(host: str, port: int) -> socket.socket:
    """A socket bound to the address; a clear end when it is not to be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named, so that asyncio knows it for TCP and sends small texts at once instead of waiting for larger ones.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        _stop(f"cannot listen on {host} port {port}: {error.strerror}; choose another with --port")
    listener.set_inheritable(False)
    return listener


@contextmanager
def _clear_database_faults() -> Iterator[None]:
    from django.db import DatabaseError

    try:
        yield
    except DatabaseError as error:
        _stop(f"the database cannot be used: {' '.join(str(error).split())}")


def _stop(message: str) -> NoReturn:
    click.echo(f"peilian: {message}", err=True)
    sys.exit(1)
