"""One message body becomes events. Pure but for the log.

The command is cut at its first colon and compared whole: ``RECALL_DANMU_MSG`` and ``DANMU_MSG_MIRROR`` contain
``DANMU_MSG`` and are not it. Unknown commands are common; they are counted and ignored.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
import structlog

from streams.bilibili.facts import RoomFacts
from streams.bilibili.lines import LineInfo, Lines, odd_line
from streams.bilibili.notices import Notices
from streams.bilibili.open_events import OpenEvents
from streams.events import Event
from streams.recent import Recent
from streams.tolerant import NoJson, as_dict, as_text, loads

log = structlog.get_logger(__name__)

_LINES = {"DANMU_MSG": False, "DANMU_MSG_MIRROR": True}
"""The commands that are chat lines, and whether they come from another room."""

# fmt: off
IGNORED = frozenset({
    "ACTIVITY_BANNER_CHANGE", "ACTIVITY_BANNER_CHANGE_V2", "AREA_RANK_CHANGED", "COMBO_SEND", "COMMON_NOTICE_DANMAKU",
    "ENTRY_EFFECT", "GUARD_BUY", "HOT_RANK_CHANGED", "HOT_RANK_CHANGED_V2", "INTERACT_WORD", "INTERACT_WORD_V2",
    "LIKE_INFO_V3_CLICK", "LIKE_INFO_V3_UPDATE", "LIVE_INTERACTIVE_GAME", "LIVE_OPEN_PLATFORM_GUARD",
    "LIVE_OPEN_PLATFORM_LIKE", "LIVE_OPEN_PLATFORM_LIVE_ROOM_ENTER", "LIVE_OPEN_PLATFORM_SEND_GIFT", "NOTICE_MSG",
    "ONLINE_RANK_COUNT", "ONLINE_RANK_TOP3", "ONLINE_RANK_V2", "ONLINE_RANK_V3", "POPULARITY_RED_POCKET_NEW",
    "POPULARITY_RED_POCKET_START", "POPULARITY_RED_POCKET_WINNER_LIST", "ROOM_CHANGE",
    "ROOM_REAL_TIME_MESSAGE_UPDATE", "SEND_GIFT", "SEND_GIFT_V2", "STOP_LIVE_ROOM_LIST", "USER_TOAST_MSG",
    "USER_TOAST_MSG_V2", "WATCHED_CHANGE", "WIDGET_BANNER",
})
# fmt: on
"""Counters, decoration and money; ``LIVE_INTERACTIVE_GAME`` repeats chat lines and would count them twice."""

_KINDS_CAP = 256
"""How many kinds of trouble are told apart; the rest are counted as one, whatever names a peer invents."""


BODY_CAP = 256 << 10
"""Longest body that is built as plain JSON, in bytes; real ones have some thousand. A longer one could swell."""


class Envelope(msgspec.Struct, gc=False):
    """The top level of a message body, as far as every message needs it."""

    cmd: str = ""
    info: LineInfo | None = None
    p_is_ack: bool | None = None


_envelope_decoder = msgspec.json.Decoder(Envelope)


class Tally:
    """What could not be used, by kind: ``unknown DANMU_X``, ``odd DANMU_MSG``, ``no json``, …

    Each kind is logged the first time, so that a change of the platform is noticed and never floods the log.
    """

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def count(self, kind: str, room: str, detail: str = "") -> None:
        """Count one case of ``kind``."""
        if kind not in self.counts and len(self.counts) >= _KINDS_CAP:
            kind = "other"
        self.counts[kind] += 1
        if self.counts[kind] == 1:
            log.info("not understood", platform="bilibili", kind=kind, room=room, detail=detail[:200])


class Decoder:
    """Decodes the message bodies of one connection, in order. ``tally`` may be shared by many connections."""

    def __init__(self, facts: RoomFacts, tally: Tally | None = None) -> None:
        self.facts = facts
        self.tally = tally or Tally()
        self.acks: list[dict[str, Any]] = []
        """Acknowledgements the server asked for and that were not yet sent."""
        self._acknowledged = Recent(256)
        self._lines = Lines(facts)
        self._handlers = Notices(facts).handlers | OpenEvents(facts).handlers

    def decode(self, body: bytes, now_s: float) -> list[Event]:
        """The events of one message body; empty where there is nothing for us. Else as :meth:`events`."""
        return list(self.events((body,), now_s))

    def events(self, bodies: Iterable[bytes], now_s: float) -> Iterator[Event]:
        """The events of message bodies, in order. ``now_s`` stamps what has no instant.

        One loop over all bodies of a frame: a call and a list for each of them would cost a tenth more.
        Raises PushingStopped, and nothing for hostile bytes.
        """
        read, line = _envelope_decoder.decode, self._lines.read
        for body in bodies:
            try:
                envelope = read(body)
                mirrored, info = _LINES.get(envelope.cmd), envelope.info
                if (
                    mirrored is not None
                    and info is not None
                    and not envelope.p_is_ack
                    and (message := line(info, now_s, mirrored))
                ):
                    yield message
                    continue
            except (msgspec.DecodeError, UnicodeError, RecursionError):
                yield from self._decode_slowly(body, now_s)
                continue
            command = envelope.cmd.partition(":")[0]
            if command not in IGNORED or envelope.p_is_ack:
                yield from self._decode_slowly(body, now_s, in_shape=envelope.info is not None)

    def _decode_slowly(self, body: bytes, now_s: float, *, in_shape: bool = False) -> list[Event]:
        """Rare commands, old lines, bodies that ask for an acknowledgement, and bodies that are not ``in_shape``."""
        if len(body) > BODY_CAP:
            self.tally.count("too long", self.facts.room, f"{len(body)} bytes")
            return []
        try:
            event = as_dict(loads(body))
        except NoJson as error:
            self.tally.count("no json", self.facts.room, str(error))
            return []
        command = as_text(event.get("cmd")).partition(":")[0]
        if not self._first_time(event, command):
            return []
        if command in _LINES:
            return self._line_slowly(event, command, now_s, in_shape=in_shape)
        if handler := self._handlers.get(command):
            return handler(event, now_s)
        if command not in IGNORED:
            self.tally.count(f"unknown {command}"[:60], self.facts.room)
        return []

    def _line_slowly(self, event: dict[str, Any], command: str, now_s: float, *, in_shape: bool) -> list[Event]:
        message = odd_line(event.get("info"), self.facts, now_s, mirrored=_LINES[command])
        if message is None or not in_shape:
            kind = f"odd {command}" if message else f"unreadable {command}"
            self.tally.count(kind, self.facts.room)
        return [message] if message else []

    def _first_time(self, event: dict[str, Any], command: str) -> bool:
        """Note the acknowledgement a message asks for; False for one that was delivered before."""
        if event.get("p_is_ack") is not True:
            return True
        number = as_text(event.get("msg_id"))
        if not number:
            return True
        self.acks.append({"msg_id": number, "cmd": command, "p_msg_type": event.get("p_msg_type")})
        return self._acknowledged.add(number)
