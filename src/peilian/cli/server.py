"""Database commands: bring the database up to date, make an administrator, serve, and show it with invented data."""

from __future__ import annotations

import os
import secrets
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn, cast

import click

from peilian.cli._output import lang_option, say_faults, stop_with
from peilian.engine._kernel import InputError, Language

if TYPE_CHECKING:
    from peilian.apps.people.api import User

SETTINGS = "peilian.config.settings"
# Letters and digits that nobody takes for each other when a password is copied from the screen by hand.
_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
_PASSWORD_LENGTH = 16
_SAMPLE_ZONE = "Asia/Shanghai"


@click.command("migrate")
def migrate_command() -> None:
    """Bring the database up to date: PEILIAN_HOME (default ./var), or DATABASE_URL when set.

    \b
    Example: PEILIAN_HOME=/srv/peilian peilian migrate
    """
    _start_django()
    _migrate()
    _say_how_to_begin()


@click.command("admin")
@click.argument("username")
@click.option("--name", help="Name that others see.  [default: USERNAME]")
@click.option("--company", help="Name of the company; asked for while it has none.")
@click.option("--time-zone", help="Time zone that the company counts its days in.")
@click.option("--generate", is_flag=True, help="Make up a password and print it instead of asking for one.")
@lang_option
def admin_command(
    username: str, name: str | None, company: str | None, time_zone: str | None, generate: bool, lang: str
) -> None:
    """Add USERNAME as an administrator (系统管理员), or give that administrator a new password and let them in again.

    The password is asked for on a terminal, or read as the first line of standard input; when it is empty, one is made
    up and printed.

    \b
    Examples: peilian admin wenjing --name 文静
              peilian admin wenjing --generate --company 云杉商城 --time-zone Asia/Shanghai
    """
    _start_django()
    try:
        with _clear_database_faults():
            _stop_if_outdated()
            _name_company(company, time_zone)
            password = "" if generate else _asked_password()
            user, is_new, made_up = _make_administrator(username, name, password)
    except InputError as error:
        stop_with(error, cast(Language, lang))
    done = "已新建系统管理员 / Administrator added" if is_new else "已重设系统管理员 / Administrator reset"
    click.echo(f"{done}: {user.username}")
    if made_up:
        click.echo(f"密码 / Password: {made_up}")
    click.echo("下一步 / Next: peilian serve", err=True)


@contextmanager
def in_installation() -> Iterator[None]:
    """The database of the installation, for what is done within; faults of it end the command with one line."""
    _start_django()
    with _clear_database_faults():
        _stop_if_outdated()
        yield


@click.group("search")
def search_command() -> None:
    """The index by which texts are found."""


@search_command.command("rebuild")
def rebuild_command() -> None:
    """Make the search index anew from the database. It follows every change by itself; this is for doubts.

    \b
    Example: peilian search rebuild
    """
    with in_installation():
        from peilian.apps.library.api import rebuild_search

        try:
            click.echo(f"{rebuild_search()} 篇内容可以检索 / texts can be found")
        except InputError as error:
            stop_with(error, "zh")


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
        _install_packs()
        _say_how_to_begin()
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
        _install_packs()
    click.echo("The database is up to date.", err=True)


def _prepare_search() -> None:
    """Take in what was published lately, so that nobody waits for it at the first search."""
    from peilian.apps.library.api import prepare_search

    prepare_search()


def _install_packs() -> None:
    """Bring the packs of this installation into the library; quick when none has changed since the last time."""
    from peilian.apps.library.api import install_packs
    from peilian.flows.playing import house

    try:
        done = install_packs(roots=house())
    except InputError as error:
        click.echo("下列内容没有进入资料库 / These contents were not taken into the library:", err=True)
        say_faults(error.faults, "zh")
        return
    _prepare_search()
    for install in done:
        counts = {name: len(found) for name, found in install.report.items() if isinstance(found, list) and found}
        told = ", ".join(f"{name} {n}" for name, n in counts.items())
        click.echo(f"  {install.pack} {install.version}: {told or 'no change'}", err=True)


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


def _say_how_to_begin() -> None:
    """What to do next, while nobody can sign in yet."""
    from peilian.apps.people.api import User

    if not User.objects.exists():
        click.echo("还没有人能登录，先建一个系统管理员 / Nobody can sign in yet; add an administrator:", err=True)
        click.echo("  peilian admin USERNAME", err=True)


def _name_company(name: str | None, time_zone: str | None) -> None:
    """Set what is given; on a terminal ask for both while the company has no name."""
    from peilian.apps.base.api import company
    from peilian.apps.people.api import change_company

    found = company()
    if name is None and not any(found.name.values()) and sys.stdin.isatty():
        name = click.prompt("公司名称 / Name of the company")
        time_zone = time_zone or click.prompt("时区 / Time zone", default=_SAMPLE_ZONE)
    if name is None and time_zone is None:
        return
    names = {"zh": name} if name is not None else found.name
    change_company(actor=None, name=names, time_zone=time_zone or found.time_zone, calendar=found.calendar)


def _asked_password() -> str:
    """The password wanted, empty when one is to be made up."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    asked: str = click.prompt(
        "密码（留空则自动生成）/ Password (empty: one is made up)",
        default="",
        show_default=False,
        hide_input=True,
        confirmation_prompt="再输一次 / Once more",
    )
    return asked


def _make_administrator(username: str, name: str | None, password: str) -> tuple[User, bool, str | None]:
    """The administrator, whether the user is new, and the password when it was made up."""
    from peilian.apps.base.api import today_in_company
    from peilian.apps.people import api as people

    made_up = None if password else "".join(secrets.choice(_ALPHABET) for _ in range(_PASSWORD_LENGTH))
    user = people.User.objects.filter(username__iexact=username.strip()).first()
    is_new = user is None
    if user is None:
        user = people.add_user(actor=None, username=username, name=name or username, password=password or made_up)
    else:
        people.set_password(actor=None, user=user, password=password or made_up or "")
        if not user.is_active:
            people.set_active(actor=None, user=user, is_active=True)
    grants = people.RoleGrant.objects.on(today_in_company()).filter(user=user, role="administrator")
    if not grants.exists():
        people.grant_role(actor=None, user=user, role="administrator")
    return user, is_new, made_up


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

    _tell_faulty_packs()
    listener = listener or _listen(host, port)
    if not _is_answered(host):
        click.echo("peilian: say in PEILIAN_HOSTS by which names others call this machine", err=True)
    shown = f"[{host}]" if ":" in host else host
    url = f"http://{shown}:{listener.getsockname()[1]}/"
    _service.run(listener, has_worker=has_worker, on_start=lambda: click.echo(f"打开 / Open: {url}   (Ctrl+C: stop)"))


def _tell_faulty_packs() -> None:
    """Which packs of the installation are left out, and why."""
    from django.apps import apps

    from peilian.apps.practice.apps import PracticeConfig

    practice = cast(PracticeConfig, apps.get_app_config("practice"))
    if faults := practice.pack_faults:
        click.echo("下列内容包有问题，暂不使用 / These packs have faults and are left out:", err=True)
        say_faults(faults, "zh")


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
