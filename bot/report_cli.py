"""`danmod report enter`: a report that came by mail, telephone or social media joins the same queue (norm N2.1-3).

Beside a running bot it goes to that bot's `/api/v1/entries`; when none runs the storage is opened here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.act_cli import AsOption, ConfigOption, calling, desk_over, known_actor, who_is
from bot.clock import SteadyClock
from bot.config import Settings, policy_of
from bot.desk_api import OPERATOR, Answer, problem
from bot.forms import Forms
from bot.intake_desk import IntakeDesk
from bot.rooms import Rooms, WatchedRoom
from bot.wiring import room_modes
from cases.catalogue import say as told
from cases.categories import CATEGORIES
from cases.collection import notice
from cases.model import Refusal
from cases.registrar import Registrar
from storage import Keys, Storage, open_keys, open_storage
from storage.database import LockedError
from streams.platform import Capabilities
from web.entered import CHANNELS, read_entered
from web.hub import Hub
from web.texts import texts
from web.views import RoomView

report_app = typer.Typer(help="Reports that came by another way.", no_args_is_help=True, rich_markup_mode=None)


def hook_into(app: typer.Typer, settings_of: Callable[[Path | None], Settings], say: Callable[[str], None]) -> None:
    """Add the command to the command line."""

    @report_app.command("enter")
    def enter(
        room: Annotated[str, typer.Argument(help="PLATFORM:ROOM, or the address of the room")],
        quote: Annotated[str, typer.Option(help="What the line said, as well as it is known.")],
        when: Annotated[str, typer.Option(help="When it was, in the reporter's words.")],
        note: Annotated[str, typer.Option(help="What happened, and why it is wrong.")],
        category: Annotated[str, typer.Option(help=", ".join(leaf.code for leaf in CATEGORIES))],
        channel: Annotated[str, typer.Option(help=", ".join(CHANNELS))],
        received: Annotated[str, typer.Option(help="When it came, with its zone: 2026-05-04T20:15+02:00")],
        ref: Annotated[str, typer.Option(help="How the mail or call is found again; the same one is one report.")] = "",
        name: Annotated[str, typer.Option(help="Who wrote the line.")] = "",
        contact: Annotated[
            str, typer.Option(help="An e-mail address, only if the reporter wants an answer there.")
        ] = "",
        urgent: Annotated[bool, typer.Option("--urgent", help="A life or a child may be at risk.")] = False,
        who: AsOption = OPERATOR,
        config: ConfigOption = None,
    ) -> None:
        """Enter a report for somebody, with its own date and channel. Tell them the notice first: `danmod report notice`."""
        place = {"link": room} if "://" in room else {"room": room}
        body: dict[str, Any] = {**place, "quote": quote, "when": when, "note": note, "category": category}
        body |= {"channel": channel, "received_at": received, "original_ref": ref, "name": name, "contact": contact}
        answer = asyncio.run(_enter(settings_of(config), who, {**body, "urgent": urgent}))
        if answer.status >= 400:
            say(f"refused: {_why(answer.body)}")
            raise typer.Exit(1)
        say(f"{answer.body['code']}: received. The reporter's own receipt: {answer.body['receipt']}")

    @report_app.command("notice")
    def notice_(language: Annotated[str, typer.Option(help="en, zh-CN or zh-TW")] = "en") -> None:
        """What to tell a reporter before anything is entered."""
        for sentence in (told(language, "collect.who"), *notice("entry", language)):
            say(sentence)

    app.add_typer(report_app, name="report")


async def _enter(settings: Settings, who: str, body: Mapping[str, Any]) -> Answer:
    keys = await open_keys(settings.keys.file, settings.storage.url)
    try:
        async with open_storage(settings.storage.url, keys=keys, profile=settings.profile) as storage:
            return await _direct(settings, storage, keys, who, body)
    except LockedError:
        async with calling(settings, *who_is(who)) as call:
            return await call("enter", dict(body))


async def _direct(settings: Settings, storage: Storage, keys: Keys, who: str, body: Mapping[str, Any]) -> Answer:
    """Enter it into a store that no bot runs on: nothing of the room is remembered, so the words are as quoted."""
    desk, registrar = await desk_over(settings, storage, keys)
    by, clock = known_actor(desk, *who_is(who)), SteadyClock()
    rooms = Rooms()
    for key, mode in (await room_modes(settings, storage)).items():
        policy = policy_of(settings.limits, settings.profile)
        rooms.add(WatchedRoom(key, mode, policy, settings.language, Capabilities))
    views = [RoomView(room.key, room.mode, "connecting") for room in rooms]
    report, draft = read_entered(body, by.ref, "", views, Hub(clock), settings.language)
    if report is None:
        words = texts(settings.language)
        return Answer(422, {"errors": {field: {"detail": words(key)} for field, key in draft.errors.items()}})
    forms = Forms(rooms, storage.log, storage.reader, registrar, keys, lambda room, applied: None, clock)
    answer = await _entering(storage, forms, registrar, clock).enter(by, report)
    if isinstance(answer, Refusal):
        return problem(answer)
    return Answer(201, {"code": answer.code, "receipt": answer.token})


def _entering(storage: Storage, forms: Forms, registrar: Registrar, clock: SteadyClock) -> IntakeDesk:
    return IntakeDesk(
        forms,
        storage.log,
        storage.reader,
        registrar,
        storage.access,
        storage.contacts,
        storage.attachments,
        lambda room, applied: None,
        None,
        {},
        clock=clock,
    )


def _why(body: Mapping[str, Any]) -> str:
    errors = body.get("errors")
    if isinstance(errors, dict):
        return "; ".join(f"{field}: {fault['detail']}" for field, fault in errors.items())
    return str(body.get("detail", ""))
