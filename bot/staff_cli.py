"""`danmod staff`: who works here, and their tests; `bot.supervision_cli` adds how their work is checked.

Everything goes through the office (`bot.act_cli`), beside a running bot or without one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Optional

import msgspec
import typer
from rich.table import Table

from bot import supervision_cli
from bot.act_cli import Caller, calling, who_is
from bot.config import ConfigError, Settings
from bot.desk_api import OPERATOR
from bot.supervision_cli import told
from cases.exercises import Exercise
from cases.staff import ACTIVE
from cases.training import TEST_HOLDS

staff_app = typer.Typer(
    help="Who works here, and how their work is checked.", no_args_is_help=True, rich_markup_mode=None
)
ConfigOption = Annotated[
    Optional[Path],  # noqa: UP045 - typer reads the annotation at run time
    typer.Option("--config", "-c", help="The configuration file; config.toml where there is one."),
]
WhoArgument = Annotated[
    str, typer.Argument(metavar="WHO", help="A staff id like staff-1, or an account like irc:alice")
]
ReasonOption = Annotated[str, typer.Option("--reason", "-r", help="Why; it is kept.")]
Say = Callable[[Any], None]


def hook_into(app: typer.Typer, settings_of: Callable[[Path | None], Settings], say: Say) -> None:
    """Add these commands to the command line."""

    def run(work: Callable[[Settings], Any], config: Path | None) -> None:
        if code := asyncio.run(work(settings_of(config))):
            raise typer.Exit(code)

    @staff_app.command("list")
    def list_(config: ConfigOption = None) -> None:
        """Everybody who works here, and until when their test counts."""
        run(lambda settings: _list(settings, say), config)

    @staff_app.command("add")
    def add(
        name: Annotated[str, typer.Argument(help="The name colleagues read")],
        account: Annotated[list[str], typer.Option(help="PLATFORM:ACCOUNT, like irc:alice; as often as needed")],
        group: Annotated[str, typer.Option(help="The team; a panel comes from two or more")],
        role: Annotated[
            Optional[list[str]],  # noqa: UP045 - typer reads the annotation at run time
            typer.Option(help="moderator, reviewer, supervisor, privacy-officer, support, owner or operator"),
        ] = None,
        room: Annotated[
            Optional[list[str]],  # noqa: UP045 - typer reads the annotation at run time
            typer.Option(help="Only this PLATFORM:ROOM; as often as needed. Without: everywhere"),
        ] = None,
        proposed: Annotated[bool, typer.Option("--proposed", help="Only propose; activate later.")] = False,
        config: ConfigOption = None,
    ) -> None:
        """Enter somebody."""
        fields = {"name": name, "accounts": account, "roles": role or ["moderator"], "group": group}
        wanted = {"fields": fields | ({"rooms": room} if room else {})}
        run(lambda settings: _add(settings, wanted, say, activate=not proposed), config)

    def simple(move: str, says: str) -> None:
        def command(who: WhoArgument, reason: ReasonOption, config: ConfigOption = None) -> None:
            run(lambda settings: _move(settings, who, move, {"reason": reason}, say), config)

        command.__doc__ = says
        staff_app.command(move)(command)

    simple("suspend", "Somebody's role rests: they may look, but not act.")
    simple("reinstate", "Somebody's role goes on.")
    simple("remove", "Somebody works here no longer; their record stays.")

    @staff_app.command("activate")
    def activate(who: WhoArgument, config: ConfigOption = None) -> None:
        """Somebody proposed begins to work."""
        run(lambda settings: _move(settings, who, "activate", {}, say), config)

    @staff_app.command("train")
    def train(
        who: WhoArgument,
        answers: Annotated[
            str, typer.Option(help="Answers like chorus=nothing,doxxing=hide; asked when left out")
        ] = "",
        language: Annotated[str, typer.Option("--language", help="en, zh-CN or zh-TW")] = "",
        config: ConfigOption = None,
    ) -> None:
        """Take the scenario test; four right answers of five pass."""
        run(lambda settings: _train(settings, who, answers, language or settings.language, say), config)

    supervision_cli.hook_into(staff_app, run, say)
    app.add_typer(staff_app, name="staff")


def _desk(settings: Settings, ref: str = OPERATOR) -> AbstractAsyncContextManager[Caller]:
    return calling(settings, *who_is(ref))


# -- people -------------------------------------------------------------------------------------------------------------


async def _members(call: Caller) -> list[dict[str, Any]]:
    """Every member's dossier, the oldest first."""
    found = await call("dossiers", {"kind": "staff", "limit": "1000"})
    rows = sorted(found.body.get("dossiers", ()), key=lambda row: int(row["id"].rpartition("-")[2]))
    return [(await call("dossier", row["id"], "danmod staff")).body for row in rows]


async def _found(call: Caller, who: str) -> dict[str, Any]:
    """The member with this staff id or account. Raises ConfigError where there is none."""
    known = [one for one in await _members(call) if who == one["id"] or who in one["fields"]["accounts"]]
    living = [one for one in known if one["status"] != "removed"] or known
    if not living:
        raise ConfigError(f"nobody called {who} works here; `danmod staff list` shows who does")
    return living[0]


async def _list(settings: Settings, say: Say) -> int:
    async with _desk(settings) as call:
        members = await _members(call)
    if not members:
        say("nobody is entered: a room's own moderators count; `danmod staff add` enters somebody")
        return 0
    table = Table("id", "name", "status", "roles", "group", "accounts", "rooms", "test until", box=None)
    for one in members:
        fields = one["fields"]
        lists = [", ".join(fields.get(key) or ()) for key in ("accounts", "rooms")]
        roles = ", ".join(fields["roles"])
        table.add_row(one["id"], fields["name"], one["status"], roles, fields["group"], *lists, _until(fields))
    say(table)
    return 0


def _until(fields: Mapping[str, Any]) -> str:
    passed = fields.get("passed_at")
    return f"{datetime.fromisoformat(passed) + TEST_HOLDS:%Y-%m-%d}" if passed else "never passed"


async def _add(settings: Settings, wanted: dict[str, Any], say: Say, *, activate: bool) -> int:
    async with _desk(settings) as call:
        answer = await call("open", "staff", wanted)
        if answer.status < 400 and activate:
            answer = await call("move", answer.body["id"], "activate", {})
    return told(answer, say, "{id} is {status}")


async def _move(settings: Settings, who: str, move: str, fields: dict[str, str], say: Say) -> int:
    async with _desk(settings) as call:
        member = await _found(call, who)
        answer = await call("move", member["id"], move, fields)
    return told(answer, say, "{id} is {status}")


# -- the test -----------------------------------------------------------------------------------------------------------


async def _train(settings: Settings, who: str, answers: str, language: str, say: Say) -> int:
    async with _desk(settings) as call:
        member = await _found(call, who)
        asked = await _test(call)
    given = answers or _asked(asked, language, say)
    own = member["status"] == ACTIVE
    async with _desk(settings, member["id"] if own else OPERATOR) as call:
        answer = await call("move", member["id"], "take-test", {"answers": given})
    if answer.status >= 400:
        return told(answer, say, "")
    fields = answer.body["fields"]
    for one in asked:
        if fields["answers"].get(one.id) != one.right:
            say(f"{one.said(language)}\n  {one.offered(one.right, language)}: {one.explained(language)}")
    passed = not fields.get("failed_at")
    say(f"{fields['score']:.0%} right: {'passed; it counts until ' + _until(fields) if passed else 'not passed'}")
    return 0 if passed else 1


async def _test(call: Caller) -> Sequence[Exercise]:
    """The whole test of this house."""
    found = await call("exercises", {})
    return msgspec.convert(found.body.get("exercises", []), list[Exercise])


def _asked(asked: Sequence[Exercise], language: str, say: Say) -> dict[str, str]:
    """Ask every question of the test."""
    return {one.id: _answer_to(one, language, say) for one in asked}


def _answer_to(exercise: Exercise, language: str, say: Say) -> str:
    choices = list(exercise.choices)
    say(f"\n{exercise.said(language)}")
    for number, choice in enumerate(choices, 1):
        say(f"  {number}  {exercise.offered(choice, language)}")
    return choices[_number(len(choices)) - 1]


def _number(most: int) -> int:
    """A number from 1 to ``most``; anything else is asked again."""
    while True:
        given = str(typer.prompt(f"1-{most}")).strip()
        if given.isdecimal() and 1 <= int(given) <= most:
            return int(given)


# -- what leaves the house ----------------------------------------------------------------------------------------------


async def export(settings: Settings, code: str, who: str, show: Callable[[dict[str, Any]], None], say: Say) -> int:
    """A case's file for one member of staff: noted in the access log, and marked as theirs."""
    async with _desk(settings) as call:
        ref = OPERATOR if who == OPERATOR else str((await _found(call, who))["id"])
    async with _desk(settings, ref) as call:
        answer = await call("case", code, f"export for {ref}")
    if answer.status >= 400:
        return told(answer, say, "")
    show(answer.body)
    return 0
