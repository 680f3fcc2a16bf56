"""The sockets of one room: who is connected, what they may send, who is told what."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
from collections import deque
from collections.abc import Callable, Iterable

import structlog
from aiohttp import WSMsgType, web

from streams.sandbox.frames import (
    FRAME_CAP,
    Account,
    Crowd,
    Freed,
    NotSaid,
    Pulse,
    ServerFrame,
    Silenced,
    Welcome,
    Whispered,
    decode_utterance,
    encode,
)
from streams.sandbox.names import Refused
from streams.sandbox.room import BOT, SandboxRoom

log = structlog.get_logger(__name__)

QUEUE_CAP = 512
"""Frames that wait for one socket; somebody who reads slower than that is cut off."""
FRAMES_PER_S = 10.0
FRAMES_BURST = 20.0
EXCESS_CAP = 100
"""Frames beyond the rate that are forgiven; the next one closes the connection."""
KEPT_WHISPERS = 20
"""Whispers kept for one person, and read again when the person comes back."""
PULSE_S = 15.0


class Claims:
    """Who came first with a name. A name claimed with a token is its owner's; one without is open to everybody."""

    def __init__(self) -> None:
        self._digests: dict[str, bytes | None] = {}

    def claim(self, account: Account, token: str) -> None:
        """Raises Refused when the name belongs to somebody with another token."""
        digest = hashlib.sha256(token.encode(errors="replace")).digest() if token else None
        owner = self._digests.setdefault(account.id, digest)
        if owner is not None and (digest is None or not hmac.compare_digest(owner, digest)):
            raise Refused("name-taken", f"the name {account.name} belongs to somebody else here")


class Client:
    """One open socket; ``account`` None is the bot's."""

    def __init__(self, request: web.Request, socket: web.WebSocketResponse, account: Account | None) -> None:
        self.account = account
        self._request = request
        self._socket = socket
        self._waiting: asyncio.Queue[str] = asyncio.Queue(QUEUE_CAP)

    def send(self, frame: str) -> None:
        """Queue one frame; never blocks. Who does not read is cut off."""
        try:
            self._waiting.put_nowait(frame)
        except asyncio.QueueFull:
            self.cut()

    def cut(self) -> None:
        """Drop the connection at once, without a farewell."""
        if transport := self._request.transport:
            transport.abort()

    async def pump(self) -> None:
        """Write what waits, until cancelled or the socket is gone."""
        with contextlib.suppress(ConnectionError):
            while True:
                await self._socket.send_str(await self._waiting.get())

    async def close(self) -> None:
        """Say goodbye."""
        await self._socket.close(code=1001, message=b"the sandbox closes")


class Meter:
    """A token bucket for one connection's frames."""

    def __init__(self, now_s: float) -> None:
        self.excess = 0
        self._level = FRAMES_BURST
        self._last_s = now_s

    def take(self, now_s: float) -> bool:
        """True when one more frame is within the rate."""
        self._level = min(FRAMES_BURST, self._level + max(0.0, now_s - self._last_s) * FRAMES_PER_S)
        self._last_s = now_s
        if self._level < 1:
            self.excess += 1
            return False
        self._level -= 1
        return True


class Hub:
    """One room's sockets. Whoever changes the room calls ``flush`` afterwards."""

    def __init__(self, room: SandboxRoom, claims: Claims, clock: Callable[[], float]) -> None:
        self.room = room
        self.playing: tuple[str, ...] = ()
        self._claims = claims
        self._clock = clock
        self._clients: set[Client] = set()
        self._whispers: dict[str, deque[Whispered]] = {}
        self._pulsed_s = clock()

    def flush(self) -> None:
        """Tell everybody who is concerned what has happened in the room."""
        news, self.room.news = self.room.news, []
        for each in news:
            only = each.sender_id if isinstance(each, Silenced | Freed) else None
            self._tell(each, only=only)

    def tick(self, now_s: float) -> None:
        """End what has run out; give the bot a sign of life."""
        self.room.advance(now_s)
        self.flush()
        if now_s - self._pulsed_s >= PULSE_S:
            self._pulsed_s = now_s
            self._tell(Pulse(at_s=now_s), only="")

    def announce(self, playing: Iterable[str]) -> None:
        """Tell the pages which crowds play."""
        self.playing = tuple(sorted(playing))
        self._tell(Crowd(playing=self.playing))

    def whisper(self, sender_id: str, text: str, now_s: float) -> None:
        """Say something to one person alone, who reads it now or on coming back. Raises Refused for a stranger."""
        if sender_id not in self.room.people:
            raise Refused("no-such-person", "nobody with this id was ever in the room")
        word = Whispered(text=text, at_s=now_s, sender=self.room.enter(BOT))
        self._whispers.setdefault(sender_id, deque(maxlen=KEPT_WHISPERS)).append(word)
        for client in self._clients:
            if client.account and client.account.id == sender_id:
                client.send(encode(word))

    def cut_bots(self) -> None:
        """Drop the bot's connections, as a bad network would."""
        for client in [each for each in self._clients if each.account is None]:
            client.cut()

    async def close(self) -> None:
        """Close every socket."""
        await asyncio.gather(*(client.close() for client in list(self._clients)), return_exceptions=True)

    async def serve_viewer(self, request: web.Request) -> web.WebSocketResponse:
        """The whole visit of one viewer."""
        socket = await _opened(request, FRAME_CAP)
        try:
            account = self._let_in(request.query.get("name", ""), request.query.get("token", ""))
        except Refused as no:
            await socket.send_str(encode(NotSaid(no.why, no.text)))
            await socket.close(code=1008, message=no.why.encode())
            return socket
        await self._serve(Client(request, socket, account), socket, self._welcome(account, after=None))
        return socket

    async def serve_bot(self, request: web.Request) -> web.WebSocketResponse:
        """The whole visit of the bot; ``after`` names the last line it saw, without it only new lines are told."""
        socket = await _opened(request, FRAME_CAP)
        account = self.room.enter(BOT)
        await self._serve(Client(request, socket, None), socket, self._welcome(account, request.query.get("after", "")))
        return socket

    def _let_in(self, name: str, token: str) -> Account:
        account = self.room.enter(name)
        if account.role == "bot":
            raise Refused("name-taken", "this is the bot's own name")
        self._claims.claim(account, token)
        return account

    def _welcome(self, account: Account, after: str | None) -> Welcome:
        """``after`` None is a viewer, who sees all kept lines; empty a bot that comes for the first time."""
        room = self.room
        return Welcome(
            you=account,
            at_s=self._clock(),
            live=room.live,
            lines=list(room.lines.values()) if after is None else room.lines_after(after) if after else [],
            silence=room.silence,
            sanction=room.sanction_of(account.id),
            whispers=list(self._whispers.get(account.id, ())),
            playing=self.playing,
        )

    async def _serve(self, client: Client, socket: web.WebSocketResponse, welcome: Welcome) -> None:
        client.send(encode(welcome))
        self._clients.add(client)
        pump = asyncio.create_task(client.pump())
        try:
            await self._listen(client, socket)
        finally:
            self._clients.discard(client)
            pump.cancel()
            await asyncio.gather(pump, return_exceptions=True)

    async def _listen(self, client: Client, socket: web.WebSocketResponse) -> None:
        meter = Meter(self._clock())
        async for frame in socket:
            if not meter.take(self._clock()):
                client.send(encode(NotSaid("too-fast", f"at most {FRAMES_PER_S:g} lines a second")))
                await asyncio.sleep(0)  # frames that wait in the buffer come without a pause: let the others work
                if meter.excess > EXCESS_CAP:
                    await socket.close(code=1008, message=b"too-fast")
            elif client.account is not None:
                self._take(client, client.account, frame.data if frame.type is WSMsgType.TEXT else b"")

    def _take(self, client: Client, account: Account, data: str | bytes) -> None:
        """One frame of a viewer: said, or refused to this viewer alone."""
        try:
            wish = decode_utterance(data)
            self.room.speak(account, wish.text, self._clock(), reply_to=wish.reply_to)
        except Refused as no:
            client.send(encode(NotSaid(no.why, no.text)))
        except ValueError as fault:
            client.send(encode(NotSaid("bad-frame", str(fault)[:200])))
        self.flush()

    def _tell(self, frame: ServerFrame, *, only: str | None = None) -> None:
        """Send to everybody, or (``only``) to the bot and the sockets of one account."""
        data = encode(frame)
        for client in list(self._clients):
            if only is None or client.account is None or client.account.id == only:
                client.send(data)


async def _opened(request: web.Request, frame_cap: int) -> web.WebSocketResponse:
    socket = web.WebSocketResponse(max_msg_size=frame_cap, heartbeat=20, compress=False)
    await socket.prepare(request)
    return socket
