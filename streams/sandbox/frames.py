"""What travels: one JSON object a websocket frame, told apart by its ``kind``.

Instants are Unix seconds in names that end in ``_s``. A line, a removal, a role are told to everybody; a mute or ban to
the one concerned and to the bot; a whisper to its receiver alone.
"""

from __future__ import annotations

from typing import Literal

import msgspec

RoleName = Literal["viewer", "moderator", "streamer", "bot"]

FRAME_CAP = 4096
"""Largest frame a viewer may send, in bytes."""


class Account(msgspec.Struct, frozen=True, gc=False):
    """Somebody in a room."""

    id: str
    name: str
    role: RoleName = "viewer"


class Line(msgspec.Struct, frozen=True, gc=False, tag="message", tag_field="kind", omit_defaults=True):
    """One chat line. ``reply_to`` is the id of the line it answers, ``reply_to_sender`` the author of that one."""

    id: str
    sender: Account
    text: str
    at_s: float
    reply_to: str | None = None
    reply_to_sender: str | None = None


class Removed(msgspec.Struct, frozen=True, tag="removed", tag_field="kind"):
    """A line was taken out."""

    id: str
    at_s: float


class Silenced(msgspec.Struct, frozen=True, tag="silenced", tag_field="kind"):
    """Somebody may not write. ``until_s`` None: until lifted."""

    sender_id: str
    at_s: float
    until_s: float | None = None
    banned: bool = False
    reason: str = ""


class Freed(msgspec.Struct, frozen=True, tag="freed", tag_field="kind"):
    """Somebody may write again."""

    sender_id: str
    at_s: float


class Roles(msgspec.Struct, frozen=True, tag="roles", tag_field="kind"):
    """Somebody's role changed."""

    sender: Account
    at_s: float


class RoomSilence(msgspec.Struct, frozen=True, tag="room-silence", tag_field="kind"):
    """Not everybody may write any more, or everybody again. ``until_s`` None: until lifted.

    ``mode`` says who may: ``silent`` (staff alone), ``known:SECONDS`` (who first wrote here so long ago) or
    ``slow:SECONDS`` (everybody, so far apart).
    """

    on: bool
    at_s: float
    until_s: float | None = None
    mode: str = "silent"


class Live(msgspec.Struct, frozen=True, tag="live", tag_field="kind"):
    """The stream began."""

    at_s: float


class Closed(msgspec.Struct, frozen=True, tag="closed", tag_field="kind"):
    """The stream ended."""

    at_s: float


class Whispered(msgspec.Struct, frozen=True, tag="whisper", tag_field="kind"):
    """The bot said something to one person alone."""

    text: str
    at_s: float
    sender: Account


class Crowd(msgspec.Struct, frozen=True, tag="crowd", tag_field="kind"):
    """Which crowds write in the room now."""

    playing: tuple[str, ...]


class NotSaid(msgspec.Struct, frozen=True, tag="refused", tag_field="kind"):
    """Your frame was not accepted; ``why`` is a code of :class:`streams.sandbox.names.Refused`."""

    why: str
    text: str


class Pulse(msgspec.Struct, frozen=True, tag="pulse", tag_field="kind"):
    """Nothing happened, and the server is there."""

    at_s: float


class Welcome(msgspec.Struct, frozen=True, tag="welcome", tag_field="kind"):
    """The first frame: who you are, what you missed, what stands."""

    you: Account
    at_s: float
    live: bool
    lines: list[Line]
    silence: RoomSilence | None = None
    sanction: Silenced | None = None
    whispers: list[Whispered] = msgspec.field(default_factory=list)
    playing: tuple[str, ...] = ()


News = Line | Removed | Silenced | Freed | Roles | RoomSilence | Live | Closed
"""What happens in a room."""

ServerFrame = News | Whispered | Crowd | NotSaid | Pulse | Welcome
"""Everything the server sends."""


class Utterance(msgspec.Struct, frozen=True, tag="say", tag_field="kind"):
    """All a viewer can send: one line."""

    text: str
    reply_to: str | None = None


_encoder = msgspec.json.Encoder()
_utterances = msgspec.json.Decoder(Utterance)
_server_frames: msgspec.json.Decoder[ServerFrame] = msgspec.json.Decoder(ServerFrame)


def encode(frame: ServerFrame) -> str:
    """One websocket text frame."""
    return _encoder.encode(frame).decode()


def decode_utterance(data: str | bytes) -> Utterance:
    """What a viewer sent. Raises ValueError for everything that is no utterance."""
    try:
        return _utterances.decode(data)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as fault:
        raise ValueError(f"not an utterance: {fault}") from None


def decode_server_frame(data: str | bytes) -> ServerFrame:
    """What the server sent. Raises ValueError for everything we do not know."""
    try:
        return _server_frames.decode(data)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as fault:
        raise ValueError(f"not a frame of the sandbox: {fault}") from None
