"""`danmod rules`, `danmod statements`, `danmod statistics`: the rules and their versions, and what leaves in open formats.

A new version is written and published through the office, beside a running bot or without one; the rest is only read.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import tomllib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn

from bot import numbers
from bot.act_cli import AsOption, ConfigOption, calling, who_is
from bot.config import ConfigError, Settings
from bot.desk_api import OPERATOR
from bot.supervision import monday
from cases.exchange import fingerprints_file, rules_file, rules_from
from cases.needs import Unfit
from cases.rulebook import Version
from cases.statistics import months, published
from storage import open_beside

rules_app = typer.Typer(help="The published rules and their versions.", no_args_is_help=True, rich_markup_mode=None)
Say = Callable[[Any], None]
OutArgument = Annotated[Path, typer.Argument(metavar="OUT.json", help="The file to write; it must not exist.")]


def hook_into(app: typer.Typer, settings_of: Callable[[Path | None], Settings], say: Say) -> None:
    """Add these commands to the command line."""

    @rules_app.command("show")
    def show(config: ConfigOption = None) -> None:
        """The rules in force, and the versions that are published but not yet in force."""
        for line in asyncio.run(_shown(settings_of(config))):
            say(line)

    @rules_app.command("export")
    def export(out: OutArgument, config: ConfigOption = None) -> None:
        """The rules in force as a file that another danmod can import."""
        _write(out, asyncio.run(_exported(settings_of(config))), say)

    @rules_app.command("check")
    def check(file: Annotated[Path, typer.Argument(help="A file of rules, JSON or TOML.")]) -> None:
        """Whether a file of rules could be published; what is wrong with it, else."""
        say(f"{file}: {len(read_rules(file))} rules, all in order")

    @rules_app.command("write")
    def write(
        file: Annotated[Path, typer.Argument(help="A file of rules, JSON or TOML.")],
        change: Annotated[str, typer.Option(help="What is new, in a sentence for the public.")],
        effective: Annotated[str, typer.Option(help="From when it binds: 2026-12-31, at least 7 days ahead.")],
        minor: Annotated[bool, typer.Option("--minor", help="Moderators need no new test.")] = False,
        interpreter: Annotated[str, typer.Option(help="Who says what a rule means.")] = "",
        who: AsOption = OPERATOR,
        config: ConfigOption = None,
    ) -> None:
        """Write a new version; `danmod dossiers move policy-N publish` makes it public."""
        fields = {
            "rules": read_rules(file),
            "change": change,
            "effective_at": _day(effective).isoformat(),
            "major": "no" if minor else "yes",
            **({"interpreter": interpreter} if interpreter else {}),
        }
        _ask(settings_of(config), who, say, "open", "policy", {"move": "write", "fields": fields, "about": "rules"})

    @rules_app.command("publish")
    def publish(
        version: Annotated[str, typer.Argument(help="The version that was written, like policy-1.")],
        who: AsOption = OPERATOR,
        config: ConfigOption = None,
    ) -> None:
        """Make a written version public; it binds from its date on."""
        _ask(settings_of(config), who, say, "move", version, "publish", {})

    @app.command("statements")
    def statements(
        out: OutArgument,
        since: Annotated[str, typer.Option(help="From this day on, like 2026-05-01.")],
        until: Annotated[str, typer.Option(help="Until before this day; today's end when left out.")] = "",
        config: ConfigOption = None,
    ) -> None:
        """The statements of reasons of a span as the EU's transparency database takes them, without personal data."""
        end = _day(until) if until else datetime.now(UTC) + timedelta(days=1)
        _write(out, {"statements": asyncio.run(_statements(settings_of(config), _day(since), end))}, say)

    @app.command("fingerprints")
    def fingerprints(
        out: OutArgument,
        source: Annotated[str, typer.Option(help="The name under which others know you.")],
        config: ConfigOption = None,
    ) -> None:
        """Fingerprints of advertising that several accounts pushed, for other installations; nobody is in them."""
        found = asyncio.run(numbers.sellers_of(settings_of(config)))
        _write(out, fingerprints_file(source, found, datetime.now(UTC)), say)

    @app.command("statistics")
    def statistics(
        month: Annotated[str, typer.Option(help="Like 2026-05; the last whole month when left out.")] = "",
        week: Annotated[str, typer.Option(help="Like 2026-W20, for those who work here: nothing is rounded.")] = "",
        config: ConfigOption = None,
    ) -> None:
        """A month's numbers as they are published, or a week's as they are, counted from the record."""
        if week:
            begin = monday(week)
            found = asyncio.run(_exactly(settings_of(config), begin, begin + timedelta(days=7)))
            say(json.dumps(found, indent=2, default=str))
            return
        since, until = _month(month)
        say(json.dumps(asyncio.run(_numbers(settings_of(config), since, until)), indent=2))

    app.add_typer(rules_app, name="rules")


async def _shown(settings: Settings) -> list[str]:
    now = datetime.now(UTC)
    async with open_beside(settings.storage.url) as beside:
        book = await numbers.rulebook_of(beside)
    lines = _lines(book.at(now), "in force", settings.language)
    for version in book.upcoming(now):
        lines += _lines(version, f"from {version.effective_at:%Y-%m-%d}", settings.language)
    return lines


def _lines(version: Version, when: str, language: str) -> list[str]:
    head = f"version {version.number}, {when}" + (f": {version.change}" if version.change else "")
    return [
        head,
        *(f"  {rule.id}  {rule.told(language)}  ({rule.mildest}–{rule.gravest})" for rule in version.rules.values()),
    ]


async def _exported(settings: Settings) -> dict[str, Any]:
    async with open_beside(settings.storage.url) as beside:
        return rules_file((await numbers.rulebook_of(beside)).at(datetime.now(UTC)))


async def _statements(settings: Settings, since: datetime, until: datetime) -> list[dict[str, Any]]:
    columns = SpinnerColumn(), TextColumn("{task.completed} cases looked at")
    with Progress(*columns, transient=True) as progress:
        task = progress.add_task("statements", total=None)
        rows = numbers.statements(settings, since, until, lambda: progress.advance(task))
        return [row async for row in rows]


async def _numbers(settings: Settings, since: datetime, until: datetime) -> dict[str, object]:
    async with open_beside(settings.storage.url) as beside:
        return published(await numbers.numbers(beside, since, until))


async def _exactly(settings: Settings, since: datetime, until: datetime) -> dict[str, Any]:
    async with open_beside(settings.storage.url) as beside:
        return dataclasses.asdict(await numbers.numbers(beside, since, until))


def read_rules(file: Path) -> list[dict[str, Any]]:
    """The rules of a file. Raises ConfigError, naming the file and what is wrong."""
    try:
        text = file.read_text(encoding="utf-8")
        document = tomllib.loads(text) if file.suffix == ".toml" else json.loads(text)
        return rules_from(document)
    except OSError as fault:
        raise ConfigError(f"{file} cannot be read: {fault.strerror}") from None
    except (ValueError, Unfit) as fault:
        raise ConfigError(f"{file}: {fault}") from None


def _ask(settings: Settings, who: str, say: Say, what: str, *arguments: Any) -> None:
    """Ask the desk for one move. Exits with 1 when it is refused."""

    async def ask() -> Any:
        async with calling(settings, *who_is(who)) as call:
            return await call(what, *arguments)

    answer = asyncio.run(ask())
    if answer.status >= 400:
        say(f"refused ({answer.body.get('reason', answer.status)}): {answer.body.get('detail', '')}")
        raise typer.Exit(1)
    say(f"{answer.body.get('id', '')}: {answer.body.get('status', 'done')}")


def _write(out: Path, document: Any, say: Say) -> None:
    if out.exists():
        raise ConfigError(f"{out} exists already; choose another name")
    out.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    size = len(document[next(name for name in ("statements", "rules", "prints") if name in document)])
    say(f"{out}: {size} entries")


def _day(text: str) -> datetime:
    """An instant or the beginning of a day, UTC. Raises ConfigError."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"{text!r} is no day like 2026-05-01") from None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _month(text: str) -> tuple[datetime, datetime]:
    now = datetime.now(UTC)
    if not text:
        return months(now - timedelta(days=62), now)[0]
    try:
        start = datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC)
    except ValueError:
        raise ConfigError(f"{text!r} is no month like 2026-05") from None
    return start, (start + timedelta(days=32)).replace(day=1)
