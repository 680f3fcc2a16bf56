"""The command line: thin. Exit 0 fine, 1 found something wrong, 2 bad usage or configuration, without a traceback."""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
import time
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Annotated, Any, NoReturn, Optional

import typer
from rich.console import Console
from rich.progress import TaskProgressColumn
from rich.table import Table

from bot import (
    act_cli,
    checks_cli,
    inspect_cli,
    logs,
    numbers,
    privacy_cli,
    queue_cli,
    report_cli,
    rules_cli,
    staff_cli,
)
from bot.config import ConfigError, Settings, load
from bot.keeper import GaveUp
from cases.model import CaseStatus, Mode
from cases.ports import CaseFilter, StorageError
from cases.rulebook import Rulebook
from storage import KeysError, SchemaMismatch
from storage.database import LockedError
from streams.events import RoomKey

app = typer.Typer(
    name="danmod",
    help="A moderator that lives in live-stream chat.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
rooms_app = typer.Typer(help="The rooms danmod watches.", no_args_is_help=True, rich_markup_mode=None)
cases_app = typer.Typer(help="Cases: what was decided and why.", no_args_is_help=True, rich_markup_mode=None)
audit_app = typer.Typer(help="The case history cannot be changed unseen.", no_args_is_help=True, rich_markup_mode=None)
db_app = typer.Typer(help="The database.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(rooms_app, name="rooms")
app.add_typer(cases_app, name="cases")
app.add_typer(audit_app, name="audit")
app.add_typer(db_app, name="db")

UsageError: Any = typer.BadParameter.__mro__[1]
"""What a wrong command line raises; typer carries its own copy of click and exports only the subclass."""
out = Console(highlight=False, soft_wrap=True)

ConfigOption = Annotated[
    Optional[Path],  # noqa: UP045 - typer reads the annotation at run time
    typer.Option("--config", "-c", help="The configuration file; config.toml where there is one."),
]
RoomArgument = Annotated[str, typer.Argument(help="PLATFORM:ROOM, like irc:#talk or bilibili:545068")]


def main() -> None:
    """The console script."""
    try:
        code = app(standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except typer.Exit as leave:
        sys.exit(leave.exit_code)
    except UsageError as fault:
        context = getattr(fault, "ctx", None)
        _fail(f"{fault.format_message()} Try `{context.command_path if context else 'danmod'} --help`.")
    except typer.Abort:
        sys.exit(1)
    except (ConfigError, KeysError, SchemaMismatch, LockedError, ValueError) as fault:
        _fail(str(fault))
    except (StorageError, GaveUp) as fault:
        _fail(str(fault), code=1)
    except OSError as fault:
        _fail(fault.args[0] if len(fault.args) == 1 else f"{fault.filename or ''} {fault.strerror}".strip())
    finally:
        logs.finish()


def _fail(text: str, code: int = 2) -> NoReturn:
    lines = [line for line in str(text).splitlines() if line.strip()][:3]
    for line in lines:
        print(f"danmod: {line}", file=sys.stderr)  # noqa: T201 - the last word of the command line
    sys.exit(code)


def settings_of(config: Path | None) -> Settings:
    """The configuration a command works with: the named file, else config.toml where there is one, else defaults."""
    if config is None and Path("config.toml").exists():
        config = Path("config.toml")
    return load(config)


def _say(text: str) -> None:
    """Print a line as it is: brackets are no markup."""
    out.print(text, markup=False)


def _go(work: Coroutine[Any, Any, int | None]) -> None:
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        code = runner.run(work)
    if code:
        raise typer.Exit(code)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop's where the `speed` extra is installed, else asyncio's own (None)."""
    try:
        factory: Callable[[], asyncio.AbstractEventLoop] = importlib.import_module("uvloop").new_event_loop
    except ImportError:
        return None
    return factory


# -- running --------------------------------------------------------------------------------------------------------


@app.command()
def run(
    config: ConfigOption = None,
    room: Annotated[
        Optional[list[str]],  # noqa: UP045 - typer reads the annotation at run time
        typer.Option(help="Watch this PLATFORM:ROOM too, for this run alone, in dry run. May be repeated."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Every room in dry run, whatever is configured.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log more.")] = False,
    json_logs: Annotated[bool, typer.Option("--json-logs", help="Log one JSON object a line.")] = False,
) -> None:
    """Moderate the configured rooms until SIGTERM."""
    if config is None and not room and not Path("config.toml").exists():
        raise ConfigError("there is no config.toml here; `danmod init` writes one, `danmod demo` needs none")
    from bot.room_admin import watching_too
    from bot.running import serve_rooms

    settings = watching_too(settings_of(config), room or ())
    _go(serve_rooms(settings, dry_run=dry_run, json_logs=json_logs, verbose=verbose))


@app.command()
def demo(
    port: Annotated[int, typer.Option(help="Port of the pages; 0 takes a free one.")] = 0,
    chat_port: Annotated[int, typer.Option(help="Port of the practice chat; 0 takes a free one.")] = 0,
    crowd: Annotated[
        Optional[str],  # noqa: UP045 - typer reads the annotation at run time
        typer.Option(help="Start a crowd at once: calm, cheer, raid, flooder or reporters."),
    ] = None,
    attack: Annotated[
        Optional[str],  # noqa: UP045 - typer reads the annotation at run time
        typer.Option(help="Play an attack after some chatter, and say how it went: wave, drip, fast …"),
    ] = None,
    language: Annotated[str, typer.Option("--language", help="en, zh-CN or zh-TW")] = "en",
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log more.")] = False,
) -> None:
    """A practice room on this machine, moderated for real, in a temporary folder."""
    from bot.demo import serve_demo

    _go(serve_demo(port, chat_port, crowd, attack, language, partial(out.print, markup=False), verbose=verbose))


@app.command()
def replay(
    logs_: Annotated[list[Path], typer.Argument(metavar="LOG...", help="JSON Lines, plain or .gz")],
    config: ConfigOption = None,
    decisions: Annotated[
        Optional[Path],  # noqa: UP045 - typer reads the annotation at run time
        typer.Option(help="Write every decision here, as JSON Lines."),
    ] = None,
    batch: Annotated[
        int, typer.Option(min=1, max=5000, help="Lines handled at once; decisions do not depend on it.")
    ] = 512,
    compare: Annotated[
        Optional[tuple[Path, Path]],  # noqa: UP045 - typer reads the annotation at run time
        typer.Option(metavar="A.toml B.toml", help="Say what B would decide otherwise than A."),
    ] = None,
    cases: Annotated[
        str, typer.Option(metavar="URL", help="With --compare: the database to read overturned decisions from; A's.")
    ] = "",
    json_: Annotated[
        Optional[Path],  # noqa: UP045 - typer reads the annotation at run time
        typer.Option("--json", metavar="OUT.json", help="With --compare: write every difference here."),
    ] = None,
) -> None:
    """Run recorded chat through the pipeline and show what would have been decided, or what other settings change."""
    from bot import replay_cli

    missing = next((path for path in logs_ if not path.is_file()), None)
    if missing is not None:
        raise ConfigError(f"there is no file {missing}")
    logs.set_up()
    if compare is None:
        if cases or json_:
            raise ConfigError("--cases and --json go with --compare A.toml B.toml")
        _go(replay_cli.replay(logs_, settings_of(config), decisions, batch, _say))
        return
    if config or decisions:
        raise ConfigError("--compare names both configurations, and writes with --json")
    _go(replay_cli.compared(compare, logs_, cases, json_, batch, _say))


# -- setting up -----------------------------------------------------------------------------------------------------


@app.command()
def init(
    config: Annotated[Path, typer.Option("--config", "-c", help="The file to write.")] = Path("config.toml"),
    platform: Annotated[
        str, typer.Option(help="irc, bilibili, twitch, owncast, douyu or sandbox; asked when left out")
    ] = "",
    room: Annotated[str, typer.Option(help="The room on that platform; asked when left out")] = "",
) -> None:
    """Ask for platform and room and write a commented configuration."""
    from bot.init import write_config

    _say(write_config(config, platform, room, lambda text, default: str(typer.prompt(text, default=default))))


@app.command()
def login(
    platform: Annotated[str, typer.Argument(help="irc, bilibili, twitch or owncast")], config: ConfigOption = None
) -> None:
    """Check an account and tell how to give it to danmod."""
    from bot.login import check_login

    ask: Callable[[str], str] = lambda text: str(typer.prompt(text, hide_input=True))  # noqa: E731 - one line
    _go(check_login(platform, settings_of(config), ask, _say))


@app.command()
def doctor(config: ConfigOption = None) -> None:
    """Check configuration, database, counters, keys and every room, and say what is missing."""
    logs.set_up()
    from bot.doctor import examine

    _go(examine(settings_of(config), _say))


# -- rooms ----------------------------------------------------------------------------------------------------------


@rooms_app.command("list")
def rooms_list(config: ConfigOption = None) -> None:
    """Every room with its mode and its overlay address."""
    from bot.room_admin import list_rooms

    _go(list_rooms(settings_of(config), _say))


@rooms_app.command("add")
def rooms_add(
    room: RoomArgument,
    mode: Annotated[Mode, typer.Option(help="dry-run or enforce")] = Mode.DRY_RUN,
    config: ConfigOption = None,
) -> None:
    """Add a room; it starts in dry run unless told otherwise."""
    from bot.room_admin import add_room

    _go(add_room(settings_of(config), room, mode, _say))


@rooms_app.command("remove")
def rooms_remove(room: RoomArgument, config: ConfigOption = None) -> None:
    """Remove a room that was added by command; its cases stay."""
    from bot.room_admin import remove_room

    _go(remove_room(settings_of(config), room, _say))


@rooms_app.command("mode")
def rooms_mode(
    room: RoomArgument, mode: Annotated[Mode, typer.Argument(help="dry-run or enforce")], config: ConfigOption = None
) -> None:
    """Change how a room that was added by command is moderated."""
    from bot.room_admin import set_mode

    _go(set_mode(settings_of(config), room, mode, _say))


# -- cases ----------------------------------------------------------------------------------------------------------


@cases_app.command("list")
def cases_list(
    config: ConfigOption = None,
    room: Annotated[
        Optional[str],  # noqa: UP045 - typer reads the annotation at run time
        typer.Option(help="Only this PLATFORM:ROOM."),
    ] = None,
    status: Annotated[
        Optional[CaseStatus],  # noqa: UP045 - typer reads the annotation at run time
        typer.Option(help="Only cases that stand so."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50,
) -> None:
    """The latest cases."""
    _go(_cases_list(settings_of(config), CaseFilter(room=RoomKey(room) if room else None, status=status, limit=limit)))


async def _cases_list(settings: Settings, which: CaseFilter) -> None:
    from storage import open_beside

    async with open_beside(settings.storage.url) as beside:
        cases = await beside.reader.cases(which)
    table = Table("code", "room", "kind", "status", "severity", "rule", "lines", "opened", box=None)
    for case in cases:
        kind = f"{case.kind} (dry run)" if case.dry_run else str(case.kind)
        opened = f"{case.opened_at:%Y-%m-%d %H:%M:%S}"
        table.add_row(case.code, case.room, kind, case.status, case.severity, case.rule, str(case.lines), opened)
    out.print(table if cases else "no cases")


@cases_app.command("show")
def cases_show(code: str, config: ConfigOption = None) -> None:
    """One case: state, history, evidence."""
    _go(_cases_show(settings_of(config), code))


async def _cases_show(settings: Settings, code: str) -> int:
    from bot.case_file import describe

    def show(found: dict[str, Any]) -> None:
        for line in describe(found):
            _say(line)

    return await _with_case(settings, code, show)


async def _with_case(settings: Settings, code: str, show: Callable[[dict[str, Any]], object]) -> int:
    """Show a case's file; 1 when there is no such case."""
    from bot.case_file import case_file
    from storage import open_beside

    async with open_beside(settings.storage.url) as beside:
        found = await case_file(beside.reader, code, settings.language)
    if found is None:
        out.print(f"there is no case {code}", style="yellow", markup=False)
        return 1
    show(found)
    return 0


@cases_app.command("export")
def cases_export(
    code: str,
    who: Annotated[
        str, typer.Option("--as", help="For this member of staff: it is noted, and carries their mark.")
    ] = "",
    html: Annotated[bool, typer.Option("--html", help="One printable page instead of JSON.")] = False,
    config: ConfigOption = None,
) -> None:
    """The case file as JSON (or a printable page) on standard output; no reporter can be recognised in it."""
    _go(_cases_export(settings_of(config), code, who, html=html))


async def _cases_export(settings: Settings, code: str, who: str, *, html: bool) -> int:
    book = await numbers.rulebook_at(settings) if html else None

    def export(found: dict[str, Any]) -> None:
        text = json.dumps(found, ensure_ascii=False, indent=2) if book is None else _page(found, settings, book)
        print(text)  # noqa: T201 - the export itself

    if who:
        return await staff_cli.export(settings, code, who, export, _say)
    return await _with_case(settings, code, export)


def _page(found: dict[str, Any], settings: Settings, book: Rulebook) -> str:
    from bot.case_print import printable

    return printable(found, settings.language, book)


# -- the database ---------------------------------------------------------------------------------------------------


@audit_app.command("verify")
def audit_verify(
    key: Annotated[str, typer.Option(help="The public key of the checkpoints, as `danmod audit key` printed it.")] = "",
    config: ConfigOption = None,
) -> None:
    """Check the whole chain of the case history, and its signed checkpoints; needs no secret. Exit 1 names the first row
    that is not as written."""
    _go(_audit_verify(settings_of(config), key))


async def _audit_verify(settings: Settings, key: str) -> int:
    from bot import replay_cli
    from storage.audit import verify

    bar, start_s = replay_cli.bar("verifying", TaskProgressColumn()), time.perf_counter()
    with bar:
        task = bar.add_task("verifying", total=None)
        report = await verify(settings.storage.url, lambda done, total: bar.update(task, completed=done, total=total))
    rate = report.entries / max(time.perf_counter() - start_s, 1e-9)
    if report.problem is not None:
        out.print(report.problem, style="red", markup=False)
        return 1
    _say(
        f"{report.entries} entries of {report.cases} cases are as written, and of {report.dossiers} other matters; "
        f"{report.erased} bodies were erased; {rate:,.0f} entries/s"
    )
    found = await privacy_cli.compared(settings, key)
    if found.problem is not None:
        out.print(found.problem, style="red", markup=False)
        return 1
    if found.last is not None:
        _say(f"{found.checkpoints} signed checkpoints agree, the last of {found.last:%Y-%m-%d %H:%M} UTC")
    return 0


@db_app.command("upgrade")
def db_upgrade(config: ConfigOption = None) -> None:
    """Bring the database to this version's schema."""
    _go(_upgrade(settings_of(config).storage.url))


async def _upgrade(url: str) -> None:
    from storage import upgrade

    _say(f"the database is at revision {await upgrade(url)}, which is this version's")


queue_cli.hook_into(cases_app, settings_of, lambda shown: out.print(shown, markup=False))
act_cli.hook_into(app, settings_of, lambda shown: out.print(shown, markup=False))
inspect_cli.hook_into(app, settings_of, lambda shown: out.print(shown, markup=False))
report_cli.hook_into(app, settings_of, _say)
staff_cli.hook_into(app, settings_of, lambda shown: out.print(shown, markup=False))
privacy_cli.hook_into(app, audit_app, settings_of, lambda shown: out.print(shown, markup=False))
checks_cli.hook_into(app, settings_of, lambda shown: out.print(shown, markup=False))
rules_cli.hook_into(app, settings_of, lambda shown: out.print(shown, markup=False))
