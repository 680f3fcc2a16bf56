"""Chat lines: ``DANMU_MSG`` and ``DANMU_MSG_MIRROR`` become messages. Pure.

The fast way decodes only the fields we need into array-like structs. Where a field has another type than it had in
every capture, the slow way digs the same fields out of plain JSON, so that no line is lost to a change of shape.
Money (medals, guard tiers, wealth) is not read at all.
"""

from __future__ import annotations

import zlib
from typing import Any

import msgspec

from streams.bilibili import tolerant
from streams.bilibili.facts import RoomFacts
from streams.events import Message, Sender

_Skip = msgspec.Raw
"""A field that is passed over without being built."""

_STICKER = 1
_ONE_TAP_KINDS = frozenset({1, 2})
"""``info[0][9]``: 1 a storm, 2 a lottery's keyword."""


class _Mode(msgspec.Struct, gc=False):
    extra: str = "{}"


class _Activity(msgspec.Struct, gc=False):
    activity_source: int = 0


class _Meta(msgspec.Struct, array_like=True, gc=False):
    """``info[0]``."""

    _0: _Skip
    _1: _Skip
    _2: _Skip
    _3: _Skip
    sent_ms: int
    _5: _Skip
    _6: _Skip
    mid_hash: str
    _8: _Skip = _Skip()
    kind: int = 0
    _10: _Skip = _Skip()
    _11: _Skip = _Skip()
    dm_type: int = 0
    _13: _Skip = _Skip()
    _14: _Skip = _Skip()
    mode: _Mode | None = None
    activity: _Activity | None = None


class _User(msgspec.Struct, array_like=True, gc=False):
    """``info[2]``."""

    uid: int
    name: str
    is_admin: int = 0


class _Check(msgspec.Struct, gc=False):
    """``info[9]``: ``ct`` is the server's check value of the line."""

    ct: str = ""


class LineInfo(msgspec.Struct, array_like=True, gc=False):
    """``info``, the needed fields of it."""

    meta: _Meta
    text: str
    user: _User
    _3: _Skip = _Skip()
    _4: _Skip = _Skip()
    _5: _Skip = _Skip()
    _6: _Skip = _Skip()
    _7: _Skip = _Skip()
    _8: _Skip = _Skip()
    check: _Check | None = None


class _Extra(msgspec.Struct, gc=False):
    """The JSON inside ``info[0][15].extra``."""

    id_str: str = ""
    hit_combo: int = 0
    reply_mid: int = 0
    is_mirror: bool = False


_extra_decoder = msgspec.json.Decoder(_Extra)
_NO_EXTRA = _Extra()


def line(info: LineInfo, facts: RoomFacts, now_s: float, *, mirrored: bool) -> Message:
    """The message of a line that kept its types."""
    meta, user = info.meta, info.user
    extra = _extra(meta.mode.extra) if meta.mode else _NO_EXTRA
    sender_id = str(user.uid) if user.uid > 0 else None
    sent_s = meta.sent_ms / 1000
    activity = meta.activity.activity_source if meta.activity else 0
    ct = info.check.ct if info.check else ""
    return Message(
        room=facts.room,
        id=extra.id_str or _composite_id(sender_id or meta.mid_hash, meta.sent_ms, ct, info.text),
        sender=Sender(sender_id, user.name, facts.roles(sender_id, is_admin=user.is_admin == 1)),
        text=info.text,
        sent_s=sent_s if 946_684_800 < sent_s < 7_258_118_400 else now_s,
        reply_to_sender=str(extra.reply_mid) if extra.reply_mid > 0 else None,
        canned=_is_canned(meta.dm_type, meta.kind, activity, extra.hit_combo),
        mirrored=mirrored or extra.is_mirror,
    )


def odd_line(info: Any, facts: RoomFacts, now_s: float, *, mirrored: bool) -> Message | None:
    """The message of a line whose fields have other types than they should; None where there is no text at all."""
    text = tolerant.as_text(tolerant.dig(info, 1))
    if not text and tolerant.dig(info, 1) != "":
        return None
    meta = tolerant.dig(info, 0)
    extra = _odd_extra(tolerant.dig(meta, 15, "extra"))
    sender_id = tolerant.as_id(tolerant.dig(info, 2, 0))
    who = sender_id or tolerant.as_text(tolerant.dig(meta, 7))
    sent_ms, ct = tolerant.as_int(tolerant.dig(meta, 4)), tolerant.as_text(tolerant.dig(info, 9, "ct"))
    is_admin = tolerant.as_int(tolerant.dig(info, 2, 2)) == 1
    name = tolerant.as_text(tolerant.dig(info, 2, 1))
    return Message(
        room=facts.room,
        id=tolerant.as_text(extra.get("id_str")) or _composite_id(who, sent_ms, ct, text),
        sender=Sender(sender_id, name, facts.roles(sender_id, is_admin=is_admin)),
        text=text,
        sent_s=tolerant.as_seconds(sent_ms, now_s, per_second=1000),
        reply_to_sender=tolerant.as_id(extra.get("reply_mid")),
        canned=_is_canned(
            tolerant.as_int(tolerant.dig(meta, 12)),
            tolerant.as_int(tolerant.dig(meta, 9)),
            tolerant.as_int(tolerant.dig(meta, 16, "activity_source")),
            tolerant.as_int(extra.get("hit_combo")),
        ),
        mirrored=mirrored or extra.get("is_mirror") is True,
    )


def _extra(text: str) -> _Extra:
    try:
        return _extra_decoder.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        odd = _odd_extra(text)
    return _Extra(
        id_str=tolerant.as_text(odd.get("id_str")),
        hit_combo=tolerant.as_int(odd.get("hit_combo")),
        reply_mid=int(tolerant.as_id(odd.get("reply_mid")) or 0),
        is_mirror=odd.get("is_mirror") is True,
    )


def _odd_extra(text: Any) -> dict[str, Any]:
    try:
        return tolerant.as_dict(tolerant.loads(tolerant.as_text(text).encode()))
    except tolerant.NoJson:
        return {}


def _composite_id(who: str, sent_ms: int, ct: str, text: str) -> str:
    """An id for lines without one (before 2023-03). ``rnd`` is not in it: one viewer's lines share it."""
    return f"{who}-{sent_ms}-{ct}-{zlib.crc32(text.encode('utf-8', 'replace')):08x}"


def _is_canned(dm_type: int, kind: int, activity_source: int, hit_combo: int) -> bool:
    """True for a sticker, a lottery or red packet's phrase, and the copy made by the "+1" button."""
    return dm_type == _STICKER or kind in _ONE_TAP_KINDS or activity_source > 0 or hit_combo > 0
