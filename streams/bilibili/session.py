"""The sans-I/O core of one chat connection: log in, beat, watch, understand. Pure but for the log."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from streams.bilibili import wire
from streams.bilibili.decode import Decoder
from streams.bilibili.notices import GUEST_MODE
from streams.bilibili.open_events import PushingStopped
from streams.bilibili.wire import Operation, Packet, WireError
from streams.connection import Frame, SessionOver
from streams.events import Event, FeedChanged, FeedState, Message
from streams.tolerant import NoJson, dig, loads

AUTH_WITHIN_S = 10.0
"""How long the platform may take to let us in, in seconds."""
HEARTBEAT_S = 30.0
"""The platform closes a connection after 60 seconds without a heartbeat."""
STALE_AFTER_S = 40.0
"""Each heartbeat is answered: this much silence means an answer is overdue."""
DEAD_AFTER_S = 55.0
"""Silence after which the connection is given up, less than two heartbeats."""
MASKED_IN_A_ROW = 5
"""A guest is blind at the first masked line; an account that is logged in, after so many without one name."""

AUTH_REFUSED = "the platform refused our token (-101)"


REFUSALS_IN_A_ROW = 3
"""After so many refused logins a person has to look: the same cookie will not do better."""


class ChatSession:
    """One connection, from the login packet to its end.

    ``auth`` is the body of the login packet as the platform wants it. ``byte_stream`` tells that frames are reads of
    any size (raw TCP) and are to be cut here. ``refusals`` counts the logins refused in a row before this one.
    """

    def __init__(
        self, decoder: Decoder, auth: bytes, now_s: float, *, byte_stream: bool = False, refusals: int = 0
    ) -> None:
        self.refusals = refusals
        self._decoder = decoder
        self._facts = decoder.facts
        self._framer = wire.Framer() if byte_stream else None
        self._out: list[Frame] = [wire.pack(Operation.AUTH, auth)]
        self._events: list[Event] = []
        self._welcome = False
        self._heard_s = now_s
        self._beat_due_s = now_s + AUTH_WITHIN_S
        self._ended = ""
        self._state = FeedState.CONNECTING
        self._masked_in_a_row = 0
        self._blind = ""

    def receive_data(self, data: Frame, now_s: float) -> None:
        """Take one websocket frame, or a read of any size. Raises SessionOver."""
        self._heard_s = now_s
        try:
            for frame in self._frames(data):
                self._take(frame, now_s)
        except WireError as error:
            self._decoder.tally.count("hostile frame", self._facts.room, str(error))
            raise SessionOver(f"hostile data from the platform: {error}") from None
        except PushingStopped as end:
            raise SessionOver(str(end)) from None
        if self._state is FeedState.STALE:
            self._tell(FeedState.BLIND if self._blind else FeedState.LIVE, self._blind, now_s)

    def events_received(self) -> list[Event]:
        """The events understood since the last call, in order."""
        events, self._events = self._events, []
        return events

    def data_to_send(self) -> list[Frame]:
        """What must be sent now, in order."""
        frames, self._out = self._out, []
        return frames

    def advance(self, now_s: float) -> None:
        """Send the heartbeat that is due, tell silence. Raises SessionOver when there is no use in waiting on."""
        if self._ended:
            raise SessionOver(self._ended)
        silent_s = now_s - self._heard_s
        if not self._welcome and silent_s >= AUTH_WITHIN_S:
            raise SessionOver(f"no answer to our login within {AUTH_WITHIN_S:.0f} s")
        if silent_s >= DEAD_AFTER_S:
            raise SessionOver(f"the platform has been silent for {silent_s:.0f} s")
        if silent_s >= STALE_AFTER_S and self._state is not FeedState.STALE:
            self._tell(FeedState.STALE, f"the platform has been silent for {silent_s:.0f} s", now_s)
        if self._welcome and now_s >= self._beat_due_s:
            self._beat(now_s)

    @property
    def next_deadline_s(self) -> float:
        """The instant ``advance`` wants to be called, at the latest."""
        if self._ended:
            return 0.0
        patience_s = DEAD_AFTER_S if self._state is FeedState.STALE else STALE_AFTER_S
        watch_s = self._heard_s + (patience_s if self._welcome else AUTH_WITHIN_S)
        return min(self._beat_due_s, watch_s)

    @property
    def established(self) -> bool:
        """True once the platform has let us in."""
        return self._welcome

    def end(self, reason: str) -> None:
        """Make the next ``advance``, due at once, end the connection for ``reason``."""
        self._ended = reason

    def _frames(self, data: Frame) -> list[bytes]:
        raw = data.encode("utf-8", "replace") if isinstance(data, str) else data
        return self._framer.feed(raw) if self._framer else [raw]

    def _take(self, frame: bytes, now_s: float) -> None:
        packets, faults = wire.unpack(frame)
        for event in self._decoder.events(self._bodies(packets, now_s), now_s):
            self._hear(event, now_s)
        for ack in self._decoder.acks:
            self._out.append(wire.pack(Operation.ACK, msgspec.json.encode(ack)))
        self._decoder.acks.clear()
        for fault in faults:
            self._decoder.tally.count("broken frame", self._facts.room, str(fault))

    def _bodies(self, packets: list[Packet], now_s: float) -> Iterator[bytes]:
        """The message bodies among these packets; the others are dealt with when their turn comes."""
        for packet in packets:
            if packet.operation == Operation.MESSAGE and packet.version <= 1:
                yield packet.body
            elif packet.operation == Operation.AUTH_REPLY:
                self._let_in(packet.body, now_s)
            elif packet.operation != Operation.HEARTBEAT_REPLY:
                kind = f"operation {packet.operation} version {packet.version}"
                self._decoder.tally.count(kind, self._facts.room)

    def _hear(self, event: Event, now_s: float) -> None:
        if isinstance(event, FeedChanged):
            self._tell(event.state, event.reason, now_s)
            return
        if isinstance(event, Message) and not event.mirrored:
            self._watch_masks(event, now_s)
        self._events.append(event)

    def _let_in(self, body: bytes, now_s: float) -> None:
        try:
            code = dig(loads(body), "code")
        except NoJson:
            raise SessionOver("the platform's answer to our login cannot be read") from None
        if code != 0:
            self.refusals += 1
            reason = AUTH_REFUSED if code == -101 else f"the platform refused our login (code {str(code)[:20]})"
            raise SessionOver(reason, for_good=self.refusals >= REFUSALS_IN_A_ROW)
        if not self._welcome:
            self._welcome, self.refusals = True, 0
            self._tell(FeedState.LIVE, "", now_s)
            self._beat(now_s)

    def _beat(self, now_s: float) -> None:
        """An empty heartbeat: the server echoes a body behind its answer, which a byte stream could not take."""
        self._out.append(wire.pack(Operation.HEARTBEAT))
        self._beat_due_s = now_s + HEARTBEAT_S

    def _watch_masks(self, message: Message, now_s: float) -> None:
        """A room in which only masked senders speak is not seen, whatever the socket says."""
        if message.sender.id is not None:
            self._masked_in_a_row = 0
            if self._blind:
                self._tell(FeedState.LIVE, "", now_s)
            return
        self._masked_in_a_row += 1
        if self._masked_in_a_row >= (1 if self._facts.is_guest else MASKED_IN_A_ROW):
            self._tell(FeedState.BLIND, GUEST_MODE, now_s)

    def _tell(self, state: FeedState, reason: str, now_s: float) -> None:
        """Emit a change of state, once."""
        if state is not FeedState.STALE:
            self._blind = reason if state is FeedState.BLIND else ""
        if state is not self._state:
            self._state = state
            self._events.append(FeedChanged(self._facts.room, now_s, state, reason))
