"""The sans-I/O core: Douyu's frames in, events out, a heartbeat now and then."""

from __future__ import annotations

from streams.douyu.wire import BrokenStream, Frames, pack, read_object
from streams.events import Event, FeedChanged, FeedState, Message, Role, RoomClosed, RoomKey, RoomLive, Sender, name_of
from streams.session import Frame, SessionOver

HEARTBEAT_S = 45.0
SILENCE_CAP_S = 100.0
"""The server answers every heartbeat; two answers missed mean that it is gone."""
ALL_LINES = "-9999"
"""The group of a room that gets every line."""
LONGEST_ID = 64

_ROLES = {"4": Role.MODERATOR, "5": Role.OWNER}
"""By the writer's role in the room, `rg`."""


class DouyuSession:
    """One connection to one room, as a guest."""

    def __init__(self, room: RoomKey, now_s: float) -> None:
        self.unread = 0
        """Bodies and lines that could not be understood."""
        self._room = room
        self._frames = Frames()
        self._events: list[Event] = []
        self._out: list[Frame] = [pack({"type": "loginreq", "roomid": name_of(room)})]
        self._heard_s = now_s
        self._beat_s = now_s
        self._established = False

    def receive_data(self, data: Frame, now_s: float) -> None:
        """Take a websocket frame or a TCP read of any size. Raises SessionOver when the stream cannot be followed."""
        self._heard_s = now_s
        try:
            bodies = self._frames.feed(data.encode() if isinstance(data, str) else data)
        except BrokenStream as broken:
            raise SessionOver(f"Douyu's frames cannot be followed: {broken}") from None
        for body in bodies:
            self._take(body, now_s)

    def events_received(self) -> list[Event]:
        """What was understood since the last call."""
        events, self._events = self._events, []
        return events

    def data_to_send(self) -> list[Frame]:
        """The log-in, the group, heartbeats."""
        out, self._out = self._out, []
        return out

    def advance(self, now_s: float) -> None:
        """Beat when it is time. Raises SessionOver when the server has been silent too long."""
        if now_s - self._heard_s >= SILENCE_CAP_S:
            raise SessionOver(f"Douyu has been silent for {SILENCE_CAP_S:g} s")
        if now_s - self._beat_s >= HEARTBEAT_S:
            self._beat_s = now_s
            self._out.append(pack({"type": "mrkl"}))

    @property
    def next_deadline_s(self) -> float:
        """The next heartbeat, or the end of our patience."""
        return min(self._beat_s + HEARTBEAT_S, self._heard_s + SILENCE_CAP_S)

    @property
    def established(self) -> bool:
        """True once the server answered the log-in."""
        return self._established

    def _take(self, body: str, now_s: float) -> None:
        fields = read_object(body)
        match fields.get("type"):
            case "loginres" if not self._established:
                self._established = True
                self._out.append(pack({"type": "joingroup", "rid": name_of(self._room), "gid": ALL_LINES}))
                self._events.append(FeedChanged(self._room, now_s, FeedState.LIVE))
            case "chatmsg":
                self._line(fields, now_s)
            case "rss":  # the stream began or ended (`ss` 1 or else), as douyudm has it
                self._events.append((RoomLive if fields.get("ss") == "1" else RoomClosed)(self._room, now_s))
            case "error":
                raise SessionOver(f"Douyu said no (code {fields.get('code', '')[:20]})")
            case None:
                self.unread += 1
            case _:
                pass  # gifts, fans' ranks and entrances: money never passes this border, and the rest is no line

    def _line(self, fields: dict[str, str], now_s: float) -> None:
        """A chat line; one without id or text is counted and left out, as nothing could be said about it later."""
        line_id, text = fields.get("cid", ""), fields.get("txt", "")
        if not line_id or len(line_id) > LONGEST_ID or not text:
            self.unread += 1
            return
        uid = fields.get("uid", "")
        roles = _ROLES.get(fields.get("rg", ""), Role.VIEWER)
        sender = Sender(uid if _is_number(uid) and int(uid) else None, fields.get("nn", ""), roles)
        own = fields.get("rid", "") in ("", name_of(self._room))
        self._events.append(
            Message(self._room, line_id, sender, text, _instant(fields.get("cst", ""), now_s), mirrored=not own)
        )


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 19


def _instant(milliseconds: str, otherwise: float) -> float:
    """Unix seconds; ``otherwise`` for what is no instant of this century or the next."""
    at_s = int(milliseconds) / 1000 if _is_number(milliseconds) else 0.0
    return at_s if 946_684_800 < at_s < 7_258_118_400 else otherwise
