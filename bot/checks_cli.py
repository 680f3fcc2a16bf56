"""`danmod checks`: how far each check goes in each room, what it hit, and setting it while danmod runs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.act_cli import AsOption, ConfigOption, calling, who_is
from bot.check_modes import EVERYWHERE
from bot.config import Settings
from bot.desk_api import OPERATOR
from bot.room_admin import parse_room
from cases.checks import CheckMode

checks_app = typer.Typer(
    help="The checks: how far each goes, and what it hit.", no_args_is_help=True, rich_markup_mode=None
)
Say = Callable[[Any], None]
RoomOption = Annotated[str, typer.Option("--room", help="Only this PLATFORM:ROOM.")]


def hook_into(app: typer.Typer, settings_of: Callable[[Path | None], Settings], say: Say) -> None:
    """Add these commands to the command line."""

    @checks_app.command("list")
    def list_(room: RoomOption = "", who: AsOption = OPERATOR, config: ConfigOption = None) -> None:
        """How far each check goes in each room, and by whose word."""
        body = _asked(settings_of(config), who, say, "checks", _query(room))
        for line in _modes(body["checks"], live=body["live"]):
            say(line)
        if not body["checks"]:
            say("no rooms; add one: danmod rooms add PLATFORM:ROOM")

    @checks_app.command("shadow")
    def shadow(room: RoomOption = "", who: AsOption = OPERATOR, config: ConfigOption = None) -> None:
        """What the checks in shadow would have hit since when, with the last lines."""
        body = _asked(settings_of(config), who, say, "checks", _query(room))
        if not body["live"]:
            say("danmod is not running: what checks hit is kept in memory only")
            raise typer.Exit(1)
        rows = [row for row in body["checks"] if row["mode"] == CheckMode.SHADOW]
        for line in (line for row in rows for line in told_results(row)):
            say(line)
        if not rows:
            say("no check is in shadow; put one there: danmod checks mode PLATFORM:ROOM CHECK shadow")

    @checks_app.command("mode")
    def mode(
        room: Annotated[str, typer.Argument(help=f"PLATFORM:ROOM, or {EVERYWHERE} for every room")],
        check: Annotated[str, typer.Argument(help="The check's name, like repeat")],
        mode: Annotated[CheckMode, typer.Argument(help="off, shadow, hide or enforce")],
        reason: Annotated[str, typer.Option("--reason", "-r", help="Why; it is kept.")] = "",
        who: AsOption = OPERATOR,
        config: ConfigOption = None,
    ) -> None:
        """Set how far a check goes; it holds from the next line on, and after a restart."""
        place = room if room == EVERYWHERE else parse_room(room)
        wanted = {"room": place, "check": check, "mode": mode.value, "reason": reason}
        _asked(settings_of(config), who, say, "check_mode", wanted)
        say(f"{place} {check}: {mode.value}")

    @checks_app.command("test")
    def test(
        text: Annotated[str, typer.Argument(help="The line to try.")],
        room: Annotated[
            str, typer.Option("--room", help="Whose checks: PLATFORM:ROOM; the only room when left out.")
        ] = "",
        standing: Annotated[str, typer.Option("--as", help="Who says it: newcomer or regular.")] = "newcomer",
        config: ConfigOption = None,
    ) -> None:
        """What a room's checks would make of a line, and why. Nothing happens, and nothing of it is kept."""
        settings = settings_of(config)
        place = parse_room(room) if room else _only_room(settings)
        wanted = {"room": place, "text": text, "as": standing, "lang": settings.language}
        for line in told_trial(_asked(settings, OPERATOR, say, "try_line", wanted)):
            say(line)

    app.add_typer(checks_app, name="checks")


def told_trial(body: Mapping[str, Any]) -> list[str]:
    """What became of a tried line: its fold, what it carries, what would follow, and each check's answer."""
    contact = body["contact"]
    carried = f"{contact['kind']} {contact['found']!r}, {contact['words']}" if contact else "none"
    shown = "never" if body["hold_s"] is None else f"after {body['hold_s']:g} s"
    return [
        f"{body['room']}, by a {body['as']}",
        f"folded:    {body['folded']}",
        f"disguised: {body['disguised']} characters",
        f"contact:   {carried}",
        f"follows:   {', '.join(body['measures']) or 'nothing'}; on the overlay {shown}",
        *(_answer_line(row) for row in body["checks"]),
    ]


def _answer_line(row: Mapping[str, Any]) -> str:
    mark = "HIT" if row["hit"] else "no "
    weight = f", {row['weight']}" if row["weight"] else ""
    return f"  {mark} {row['check']} ({row['mode']}{weight}): {row['why']}"


def _only_room(settings: Settings) -> str:
    rooms = [room.key for room in settings.rooms]
    if len(rooms) != 1:
        raise typer.BadParameter(f"say which room with --room: {', '.join(rooms) or 'there is none in the file'}")
    return rooms[0]


def told_results(row: Mapping[str, Any]) -> list[str]:
    """One check's results in lines: what it hit (or would have), of how many lines, and the last of them."""
    head = f"{row['room']} {row['check']} ({row['looks_for']}): {_hits(row)}"
    return [head, *(_sample_line(sample) for sample in row["samples"])]


def _sample_line(sample: Mapping[str, Any]) -> str:
    who = f"{sample['name']} (regular)" if sample["regular"] else sample["name"]
    return f"  {sample['at'][11:19]} {who}: {sample['text']} – {sample['why']}"


def _modes(rows: list[dict[str, Any]], *, live: bool) -> Iterator[str]:
    """Room by room, a check a line."""
    for room, checks in groupby(rows, key=lambda row: str(row["room"])):
        yield room
        for row in checks:
            hits = f"; {_hits(row)}" if live else ""
            yield f"  {row['check']:<16} {row['mode']:<8} {_origin(row)}: {row['looks_for']}{hits}"


def _hits(row: Mapping[str, Any]) -> str:
    """What it hit, or would have, of how many lines since when."""
    would = "would have hit" if row["mode"] == CheckMode.SHADOW else "hit"
    regulars = f", of them {row['hits_on_regulars']:,} by regulars" if row["hits"] else ""
    since = f" since {row['since']}" if row["since"] else ""
    return f"{would} {row['hits']:,} of {row['lines']:,} lines{regulars}{since}"


def _origin(row: Mapping[str, Any]) -> str:
    return "disarmed itself after an edit" if row["origin"] == "disarmed" else str(row["origin"])


def _query(room: str) -> Mapping[str, str]:
    return {"room": parse_room(room)} if room else {}


def _asked(settings: Settings, who: str, say: Say, what: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """What the desk answers. Exits with 1 when it refuses."""

    async def ask() -> Any:
        async with calling(settings, *who_is(who)) as call:
            return await call(what, given)

    answer = asyncio.run(ask())
    if answer.status >= 400:
        say(f"refused ({answer.body.get('reason', answer.status)}): {answer.body.get('detail', '')}")
        raise typer.Exit(1)
    body: dict[str, Any] = answer.body
    return body
