"""The sandbox as a :class:`streams.platform.Platform`: reads by websocket, acts by HTTP."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import aiohttp
import msgspec

from streams.connection import Clock, Connection, Dial, SessionOver
from streams.connections import Connections
from streams.events import RoomKey, name_of
from streams.platform import (
    Action,
    BanSender,
    Capabilities,
    DeleteMessage,
    Emit,
    MuteCapability,
    MuteSender,
    Outcome,
    OutcomeStatus,
    RoomMode,
    Say,
    SetRoomMode,
    ShieldCapability,
    Silenced,
    UnbanSender,
    UnmuteSender,
    Whisper,
)
from streams.sandbox.room import LINE_LIMIT, MUTE_MAXIMUM_S, SHIELDED
from streams.sandbox.session import SandboxSession

CAPABILITIES = Capabilities(
    delete=True,
    mute=MuteCapability(
        unit=timedelta(seconds=1), minimum=timedelta(seconds=1), maximum=timedelta(seconds=MUTE_MAXIMUM_S)
    ),
    ban=True,
    whisper=True,
    shield=ShieldCapability(SHIELDED, regulars=True),
    say=True,
    line_limit=LINE_LIMIT,
)
REQUEST_LIMIT = aiohttp.ClientTimeout(total=10)


@dataclass(frozen=True, slots=True)
class SandboxSettings:
    """Where the sandbox is (``http://127.0.0.1:port``) and the bot's token, which never appears in a repr."""

    url: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Request:
    """One HTTP request of an action: method, path behind the room, JSON body (None: none)."""

    method: str
    path: str
    body: dict[str, object] | None = None


class SandboxPlatform:
    """All rooms of one sandbox server, one connection each. The HTTP session is the caller's, who closes it."""

    name = "sandbox"

    def __init__(
        self,
        settings: SandboxSettings,
        http: aiohttp.ClientSession,
        *,
        clock: Clock,
        chance: Callable[[], float],
    ) -> None:
        self._base = settings.url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {settings.token}"}
        self._http = http
        self._clock = clock
        self._chance = chance
        self._connections = Connections(self._connection)
        self._last_line: dict[RoomKey, str] = {}

    def join(self, room: RoomKey) -> None:
        """Want this room from now on."""
        self._connections.join(room)

    def leave(self, room: RoomKey) -> None:
        """No longer want this room; what is said there from now on is never told."""
        if self._connections.leave(room):
            self._last_line.pop(room, None)

    async def run(self, emit: Emit) -> None:
        """Serve the wanted rooms until cancelled."""
        await self._connections.run(emit)

    def capabilities(self, room: RoomKey) -> Capabilities:
        """Everything while the room is live, nothing while it is not."""
        return CAPABILITIES if self._is_live(room) else Capabilities()

    async def perform(self, action: Action) -> Outcome:
        """Ask the server; its answer confirms."""
        if not self._is_live(action.room):
            return Outcome(OutcomeStatus.RETRY, f"{action.room} is not connected")
        request = _request_of(action, self._clock())
        try:
            async with self._http.request(
                request.method,
                self._address(action.room) + request.path,
                json=request.body,
                headers=self._headers,
                timeout=REQUEST_LIMIT,
            ) as answer:
                return _outcome(answer.status, answer.headers.get("Retry-After", ""), await answer.read())
        except (aiohttp.ClientError, OSError, TimeoutError) as fault:
            return Outcome(OutcomeStatus.RETRY, f"the sandbox does not answer: {type(fault).__name__}")

    async def silenced(self, room: RoomKey) -> Silenced | None:
        """Who is muted or banned, as the server lists them."""
        listed = (await self._read(room, "/silenced")).get("senders")
        return Silenced(frozenset(map(str, listed))) if isinstance(listed, list) else None

    async def room_mode(self, room: RoomKey) -> RoomMode | None:
        """Who may write, as the server says."""
        match await self._read(room, "/mode"):
            case {"mode": str(words), "until_s": None | float() | int() as ends_s}:
                return RoomMode(words, ends_s)
            case _:
                return None

    async def _read(self, room: RoomKey, path: str) -> dict[str, Any]:
        """What the server says there; empty when it cannot be read just now."""
        if not self._is_live(room):
            return {}
        try:
            address = self._address(room) + path
            async with self._http.get(address, headers=self._headers, timeout=REQUEST_LIMIT) as answer:
                body = await answer.read()
        except (aiohttp.ClientError, OSError, TimeoutError):
            return {}
        return _object(body) if answer.status == 200 else {}

    async def probe(self, room: RoomKey) -> None:
        """The server tells by itself."""

    def _is_live(self, room: RoomKey) -> bool:
        connection = self._connections.get(room)
        return bool(connection and connection.session and connection.session.established)

    def _connection(self, room: RoomKey) -> Connection:
        async def prepare() -> Dial:
            return await self._prepare(room)

        return Connection(str(room), prepare, lambda: [room], clock=self._clock, chance=self._chance)

    async def _prepare(self, room: RoomKey) -> Dial:
        """Ask whether we are welcome, so that a wrong token is told as such; then dial behind the last line seen."""
        await self._knock(room)

        def seen(line_id: str) -> None:
            if self._connections.get(room) is not None:
                self._last_line[room] = line_id

        address = f"ws{self._base.removeprefix('http')}/bot/{quote(name_of(room), safe='')}"
        return Dial(
            url=f"{address}?after={quote(self._last_line.get(room, ''), safe='')}",
            session=SandboxSession(room, self._clock(), seen),
            headers=self._headers,
        )

    async def _knock(self, room: RoomKey) -> None:
        try:
            async with self._http.get(self._address(room), headers=self._headers, timeout=REQUEST_LIMIT) as answer:
                status = answer.status
        except aiohttp.InvalidURL:
            raise SessionOver(f"the sandbox's url is no address: {self._base}", for_good=True) from None
        except aiohttp.ClientError as fault:
            raise SessionOver(f"the sandbox does not answer: {type(fault).__name__}") from None
        if status in _REFUSALS:
            raise SessionOver(_REFUSALS[status], for_good=True)
        if status != 200:
            raise SessionOver(f"the sandbox answered {status}")

    def _address(self, room: RoomKey) -> str:
        return f"{self._base}/api/rooms/{quote(name_of(room), safe='')}"


_REFUSALS = {
    401: "the sandbox refuses the bot's token",
    403: "the sandbox refuses this address",
    404: "the sandbox has no such room",
}


def _request_of(action: Action, now_s: float) -> _Request:
    match action:
        case DeleteMessage(message_id=line_id):
            return _Request("DELETE", f"/messages/{quote(line_id, safe='')}")
        case MuteSender(sender_id=sender_id, span=span, reason=reason):
            body: dict[str, object] = {"sender_id": sender_id, "span_s": span.total_seconds(), "reason": reason}
            return _Request("POST", "/mutes", body)
        case UnmuteSender(sender_id=sender_id):
            return _Request("DELETE", f"/mutes/{quote(sender_id, safe='')}")
        case BanSender(sender_id=sender_id, reason=reason):
            return _Request("POST", "/bans", {"sender_id": sender_id, "reason": reason})
        case UnbanSender(sender_id=sender_id):
            return _Request("DELETE", f"/bans/{quote(sender_id, safe='')}")
        case Say(text=text, reply_to=reply_to):
            return _Request("POST", "/say", {"text": text, "reply_to": reply_to})
        case Whisper(sender_id=sender_id, text=text):
            return _Request("POST", "/whisper", {"sender_id": sender_id, "text": text})
        case SetRoomMode(mode=mode):
            return _Request("PUT", "/mode", {"mode": mode.words, "span_s": _left(mode, now_s)})


def _left(mode: RoomMode, now_s: float) -> float | None:
    return None if mode.ends_s is None else max(1.0, mode.ends_s - now_s)


def _outcome(status: int, retry_after: str, body: bytes) -> Outcome:
    answer = _object(body)
    if status == 200:
        return Outcome(OutcomeStatus.ALREADY if answer.get("status") == "already" else OutcomeStatus.DONE)
    detail = str(answer.get("text") or f"the sandbox answered {status}")
    if status in (408, 429) or status >= 500:
        wish = timedelta(seconds=int(retry_after)) if retry_after.isascii() and retry_after.isdigit() else None
        return Outcome(OutcomeStatus.RETRY, detail, wish)
    return Outcome(OutcomeStatus.REFUSED, detail)


def _object(body: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return {}
