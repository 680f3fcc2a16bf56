"""Moves of cases and dossiers from the command line: `danmod act`, `danmod dossiers`, `danmod deadlines`, `danmod token`.

Beside a running bot they ask it, over its own `/api/v1` with a token from the key file; when none runs they open the
storage themselves. Either way the office does it, and the record is the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any, Optional, Protocol
from urllib.parse import quote

import aiohttp
import typer
from rich.table import Table

from bot.casework import shelves_of, topics_of
from bot.check_modes import modes_over
from bot.clock import SteadyClock
from bot.config import ConfigError, Settings, terms_of
from bot.desk_api import OPERATOR, ROLES, Answer, DeskApi
from bot.fingerprints import fingerprints_of
from bot.office import Office
from cases.docket import Docket
from cases.dossiers import KINDS
from cases.house import House
from cases.model import Actor
from cases.registrar import Registrar
from storage import Keys, Storage, open_keys, open_storage
from storage.database import LockedError

REQUEST_LIMIT = aiohttp.ClientTimeout(total=30)
WILDCARDS = ("", "0.0.0.0", "::")


def who_is(text: str) -> tuple[str, str]:
    """``REF`` or ``REF:ROLE`` as reference and role, "" for none: an account has a colon of its own (``irc:alice``)."""
    ref, _, role = text.rpartition(":")
    return (ref, role) if ref and role in ROLES else (text, "")


class Caller(Protocol):
    """Asks one thing of the desk: its name and its arguments, as `bot.desk_api.DeskApi` has them after ``by``."""

    async def __call__(self, what: str, *arguments: Any) -> Answer: ...


@asynccontextmanager
async def calling(settings: Settings, ref: str, role: str) -> AsyncIterator[Caller]:
    """A way to the desk as this member of staff (``operator`` for who runs danmod).

    Raises ConfigError for somebody unknown, and where a running bot cannot be reached; StorageError, KeysError.
    """
    keys = await open_keys(settings.keys.file, settings.storage.url)
    try:
        async with open_storage(settings.storage.url, keys=keys, profile=settings.profile) as storage:
            yield await _direct(settings, storage, keys, ref, role)
    except LockedError:
        async with aiohttp.ClientSession(timeout=REQUEST_LIMIT, trust_env=False) as http:
            yield _remote(settings, keys, http, ref, role)


async def desk_over(settings: Settings, storage: Storage, keys: Keys) -> tuple[DeskApi, Registrar]:
    """The desk over a store that no bot runs on, and its registrar."""
    house = House(
        settings.profile,
        language=settings.language,
        public_url=settings.web.public_url,
        terms=terms_of(settings),
        fingerprints=fingerprints_of(settings),
    )
    registrar = Registrar(keys, house)
    docket = Docket(KINDS, house)
    office = Office(shelves_of(storage), registrar, docket, lambda room, applied: None, clock=SteadyClock())
    await office.refresh_house()
    desk = DeskApi(office, registrar, storage.reader, storage.deadlines, keys, topics=topics_of(settings))
    desk.modes = await modes_over(settings, storage, office)
    return desk, registrar


async def _direct(settings: Settings, storage: Storage, keys: Keys, ref: str, role: str) -> Caller:
    desk, _ = await desk_over(settings, storage, keys)
    by = known_actor(desk, ref, role)

    async def call(what: str, *arguments: Any) -> Answer:
        answer: Answer = await getattr(desk, what)(by, *arguments)
        return answer

    return call


def _remote(settings: Settings, keys: Keys, http: aiohttp.ClientSession, ref: str, role: str) -> Caller:
    web = settings.web
    if web.port == 0:
        raise ConfigError("danmod is running, and with [web] port = 0 nobody knows where: set a port to act beside it")
    host = "127.0.0.1" if web.host in WILDCARDS else web.host
    base = f"http://{f'[{host}]' if ':' in host else host}:{web.port}/api/v1"
    headers = {"Authorization": f"Bearer {keys.token('api', ref)}", "X-Danmod-Role": role}

    async def call(what: str, *arguments: Any) -> Answer:
        method, path, query, body = _REQUESTS[what](*arguments)
        try:
            async with http.request(method, base + path, params=query, json=body, headers=headers) as response:
                answered = await response.json(content_type=None)
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as fault:
            raise ConfigError(f"danmod is running, but does not answer at {base}: {type(fault).__name__}") from None
        if response.status == 401:
            raise ConfigError(_nobody(ref, role))
        return Answer(response.status, answered)

    return call


def known_actor(desk: DeskApi, ref: str, role: str) -> Actor:
    """Whoever holds the keys, as this member of staff. Raises ConfigError for somebody unknown."""
    by = desk.actor(ref, role)
    if by is None:
        raise ConfigError(_nobody(ref, role))
    return by


def _nobody(ref: str, role: str) -> str:
    as_role = f" as {role}" if role else ""
    return f"nobody called {ref} works here{as_role}; `danmod dossiers list --kind staff` shows who does"


_Request = tuple[str, str, Mapping[str, str] | None, Any]
_REQUESTS: Mapping[str, Callable[..., _Request]] = {
    "case": lambda code, why: ("GET", f"/cases/{_q(code)}", {"why": why}, None),
    "act": lambda code, move, fields: ("POST", f"/cases/{_q(code)}/moves", None, {"move": move, "fields": fields}),
    "open": lambda kind, wanted: ("POST", f"/dossiers/{_q(kind)}", None, wanted),
    "move": lambda of, move, fields: ("POST", f"/dossiers/{_q(of)}/moves", None, {"move": move, "fields": fields}),
    "dossier": lambda of, why: ("GET", f"/dossiers/{_q(of)}", {"why": why}, None),
    "dossiers": lambda query: ("GET", "/dossiers", query, None),
    "deadlines": lambda query: ("GET", "/deadlines", query, None),
    "queue": lambda query: ("GET", "/queue", query, None),
    "exercises": lambda query: ("GET", "/exercises", query, None),
    "checks": lambda query: ("GET", "/checks", query, None),
    "check_mode": lambda body: ("POST", "/checks/modes", None, body),
    "try_line": lambda body: ("POST", "/checks/test", None, body),
    "enter": lambda body: ("POST", "/entries", None, body),
}


def _q(part: str) -> str:
    return quote(part, safe="")


# -- the commands -------------------------------------------------------------------------------------------------------

ConfigOption = Annotated[
    Optional[Path],  # noqa: UP045 - typer reads the annotation at run time
    typer.Option("--config", "-c", help="The configuration file; config.toml where there is one."),
]
AsOption = Annotated[str, typer.Option("--as", help="The member of staff who acts, as REF or REF:ROLE.")]
FieldOption = Annotated[
    Optional[list[str]],  # noqa: UP045 - typer reads the annotation at run time
    typer.Option("--field", "-f", metavar="KEY=VALUE", help="What to fill in; as often as needed."),
]
dossiers_app = typer.Typer(
    help="Handled matters that are not cases: complaints, staff, alarms …", no_args_is_help=True, rich_markup_mode=None
)


def hook_into(app: typer.Typer, settings_of: Callable[[Path | None], Settings], say: Callable[[Any], None]) -> None:
    """Add these commands to the command line."""

    def run(config: Path | None, who: str, show: Callable[[dict[str, Any]], None], what: str, *arguments: Any) -> None:
        code = asyncio.run(_run(settings_of(config), who, say, show, what, *arguments))
        if code:
            raise typer.Exit(code)

    def done(body: dict[str, Any]) -> None:
        name = body.get("code") or body.get("id")
        say(f"{name} was done before" if body.get("repeated") else f"{name}: {body.get('status')}")

    @app.command()
    def act(
        code: Annotated[str, typer.Argument(help="The case's code")],
        move: Annotated[str, typer.Argument(help="What to do: accept, refuse, dismiss, mute, uphold …")],
        field: FieldOption = None,
        who: AsOption = OPERATOR,
        config: ConfigOption = None,
    ) -> None:
        """Do something to a case, as a member of staff."""
        run(config, who, done, "act", code, move, _fields(field))

    @app.command()
    def deadlines(
        overdue: Annotated[bool, typer.Option(help="Only those that were missed.")] = False,
        limit: Annotated[int, typer.Option(min=1, max=1_000)] = 50,
        who: AsOption = OPERATOR,
        config: ConfigOption = None,
    ) -> None:
        """The steps that have to be taken by an instant, the first due first."""
        query = {"limit": str(limit), **({"overdue": "1"} if overdue else {})}
        columns = ("about", "deadline", "due_at", "overdue")
        run(config, who, lambda body: say(_table(body["deadlines"], columns)), "deadlines", query)

    @app.command()
    def token(who: AsOption = OPERATOR, config: ConfigOption = None) -> None:
        """The secret with which a member of staff, or a tool of theirs, may use /api/v1."""
        settings = settings_of(config)
        keys = asyncio.run(open_keys(settings.keys.file, settings.storage.url))
        say(keys.token("api", who_is(who)[0]))

    @dossiers_app.command("list")
    def list_(
        kind: Annotated[str, typer.Option(help="Only this kind.")] = "",
        status: Annotated[str, typer.Option(help="Only those that stand so.")] = "",
        limit: Annotated[int, typer.Option(min=1, max=1_000)] = 50,
        who: AsOption = OPERATOR,
        config: ConfigOption = None,
    ) -> None:
        """The latest dossiers that this member of staff may read."""
        query = {"kind": kind, "status": status, "limit": str(limit)}
        columns = ("id", "status", "room", "about", "last_at")
        run(config, who, lambda body: say(_table(body["dossiers"], columns)), "dossiers", query)

    @dossiers_app.command("show")
    def show(
        dossier: str,
        why: Annotated[str, typer.Option(help="Why you look; it is written down.")] = "command line",
        who: AsOption = OPERATOR,
        config: ConfigOption = None,
    ) -> None:
        """One dossier with its fields and steps."""
        run(config, who, lambda body: _describe(body, say), "dossier", dossier, why)

    @dossiers_app.command("open")
    def open_(
        kind: str,
        field: FieldOption = None,
        about: Annotated[str, typer.Option(help="The case or dossier it concerns.")] = "",
        room: Annotated[str, typer.Option(help="Only this PLATFORM:ROOM.")] = "",
        who: AsOption = OPERATOR,
        config: ConfigOption = None,
    ) -> None:
        """Begin a dossier."""
        run(config, who, done, "open", kind, {"fields": _fields(field), "about": about, "room": room})

    @dossiers_app.command("move")
    def move_(
        dossier: str,
        move: Annotated[str, typer.Argument(help="What to do with it")],
        field: FieldOption = None,
        who: AsOption = OPERATOR,
        config: ConfigOption = None,
    ) -> None:
        """Take a dossier one step on."""
        run(config, who, done, "move", dossier, move, _fields(field))

    app.add_typer(dossiers_app, name="dossiers")


async def _run(
    settings: Settings,
    who: str,
    say: Callable[[Any], None],
    show: Callable[[dict[str, Any]], None],
    what: str,
    *arguments: Any,
) -> int:
    """Ask, and show what came back; 1 for a refusal."""
    async with calling(settings, *who_is(who)) as call:
        answer = await call(what, *arguments)
    if answer.status >= 400:
        say(f"refused ({answer.body.get('reason', answer.status)}): {answer.body.get('detail', '')}")
        return 1
    show(answer.body)
    return 0


def _fields(given: list[str] | None) -> dict[str, str]:
    """``KEY=VALUE`` words as a mapping. Raises typer.BadParameter."""
    fields: dict[str, str] = {}
    for word in given or ():
        key, equals, value = word.partition("=")
        if not equals or not key:
            raise typer.BadParameter(f"--field {word}: write KEY=VALUE")
        fields[key] = value
    return fields


def _table(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> Any:
    if not rows:
        return "none"
    table = Table(*columns, box=None)
    for row in rows:
        table.add_row(*(str(row.get(column) or "") for column in columns))
    return table


def _describe(body: dict[str, Any], say: Callable[[Any], None]) -> None:
    say(f"{body['id']}: {body['status']}")
    if body.get("about") or body.get("room"):
        say(f"about {body.get('about') or body.get('room')}")
    for key, value in body["fields"].items():
        say(f"  {key}: {value}")
    for step in body["steps"]:
        say(f"  {step['at']} {step['move']} by {step['by'].get('name') or step['by'].get('ref') or step['by']['kind']}")
