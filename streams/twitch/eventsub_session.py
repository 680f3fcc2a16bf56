"""The sans-I/O core of one EventSub socket: welcomed, watched, read. Nothing is ever sent: Twitch closes on any word."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from streams.events import Event
from streams.recent import Recent
from streams.session import Frame, SessionOver
from streams.tolerant import as_int, as_text, dig
from streams.twitch.decode import Decoder
from streams.twitch.frames import Frame as EventSubFrame
from streams.twitch.frames import read_frame, read_payload

WELCOME_S = 10.0
SLACK_S = 5.0
"""So much longer than the promised keepalive we wait for any frame."""
KEEPALIVE_S = 10.0
REMEMBERED = 5000
"""So many message ids are remembered, over all sockets: Twitch delivers at least once."""


@dataclass(frozen=True, slots=True)
class Revoked:
    """A subscription Twitch ended. ``status`` says why; ``room_id`` "" for one that is about no room."""

    id: str
    type: str
    status: str
    room_id: str


@dataclass(frozen=True, slots=True)
class Hooks:
    """What a session tells besides events: it was welcomed under an id, Twitch moves it to a URL, a subscription ended."""

    welcomed: Callable[[str], None]
    moved: Callable[[str], None]
    revoked: Callable[[Revoked], None]


class EventSubSession:
    """One socket. ``seen`` is shared by all sockets of an account, so that what two of them deliver counts once."""

    def __init__(self, decoder: Decoder, seen: Recent, hooks: Hooks, now_s: float) -> None:
        self.id = ""
        self._decoder = decoder
        self._seen = seen
        self._hooks = hooks
        self._events: list[Event] = []
        self._limit_s = now_s + WELCOME_S
        self._patience_s = KEEPALIVE_S + SLACK_S
        self._ended = ""

    def receive_data(self, data: Frame, now_s: float) -> None:
        """Take one frame; any frame is a sign of life."""
        if self.id:
            self._limit_s = now_s + self._patience_s
        frame = read_frame(data)
        if frame is None:
            self._decoder.tally.count("no frame", str(data[:80]))
            return
        match frame.metadata.message_type:
            case "notification":
                ident = frame.metadata.message_id
                if not ident or self._seen.add(ident):
                    self._events += self._decoder.decode(frame, now_s)
            case "session_keepalive":
                pass
            case "session_welcome":
                self._welcomed(frame, now_s)
            case "session_reconnect":
                self._moved(frame)
            case "revocation":
                self._revoked(frame)
            case kind:
                self._decoder.tally.count(f"frame {kind}")

    def events_received(self) -> list[Event]:
        events, self._events = self._events, []
        return events

    def data_to_send(self) -> list[Frame]:
        return []

    def advance(self, now_s: float) -> None:
        if self._ended:
            raise SessionOver(self._ended)
        if now_s >= self._limit_s:
            told = "has been silent for longer than it promised" if self.id else "did not welcome danmod"
            raise SessionOver(f"Twitch {told}")

    @property
    def next_deadline_s(self) -> float:
        return -math.inf if self._ended else self._limit_s

    @property
    def established(self) -> bool:
        return bool(self.id)

    def end(self, reason: str) -> None:
        """Make the next ``advance`` end the connection."""
        self._ended = reason

    def _welcomed(self, frame: EventSubFrame, now_s: float) -> None:
        session = dig(read_payload(frame.payload), "session")
        keepalive_s = as_int(dig(session, "keepalive_timeout_seconds"))
        self._patience_s = (keepalive_s or KEEPALIVE_S) + SLACK_S
        self._limit_s = now_s + self._patience_s
        self.id = as_text(dig(session, "id"))
        if not self.id:
            raise SessionOver("Twitch's welcome names no session")
        self._hooks.welcomed(self.id)

    def _moved(self, frame: EventSubFrame) -> None:
        """Subscriptions move by themselves. Without an address the socket is lost when Twitch closes it."""
        if url := as_text(dig(read_payload(frame.payload), "session", "reconnect_url")):
            self._hooks.moved(url)

    def _revoked(self, frame: EventSubFrame) -> None:
        subscription = dig(read_payload(frame.payload), "subscription")
        revoked = Revoked(
            as_text(dig(subscription, "id")),
            as_text(dig(subscription, "type")),
            as_text(dig(subscription, "status")),
            as_text(dig(subscription, "condition", "broadcaster_user_id")),
        )
        self._hooks.revoked(revoked)
