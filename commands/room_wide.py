"""What moderators order for a room as a whole: the shield, and what the screens show."""

from __future__ import annotations

import math
from datetime import timedelta

from cases.model import Refusal
from cases.shield import Raised
from commands.arguments import ArgumentFault, duration, plain
from commands.asking import Asked, Controls, Handled

LONGEST = timedelta(hours=12)
"""A longer shield is no shield, but another kind of room."""

_ON = frozenset(("on", "up", "开", "開", "开启", "開啟", "打开", "打開"))
_OFF = frozenset(("off", "down", "关", "關", "关闭", "關閉"))
_STATUS = frozenset(("status", "状态", "狀態"))

OVERLAY_WORDS = {
    **dict.fromkeys(("pause", "hold", "stop", "暂停", "暫停"), "pause"),
    **dict.fromkeys(("clear", "empty", "清空", "清屏"), "clear"),
    **dict.fromkeys(("resume", "continue", "继续", "繼續", "恢复", "恢復"), "resume"),
}
"""What may be done to the screens, by every word for it."""


async def shield(asked: Asked) -> Handled:
    """``!shield on [10m]``, ``!shield off``, ``!shield`` (how it stands)."""
    controls = asked.parts.controls
    if controls is None:
        return asked.refuse("unavailable", command=asked.word)
    words = [plain(word) for word in asked.invocation.arguments]
    first = words[0] if words else "status"
    if first in _STATUS and len(words) <= 1:
        return _standing(asked, controls)
    if first in _OFF and len(words) == 1:
        return await _lower(asked, controls)
    span = _span(words[1:] if first in _ON else words)
    if isinstance(span, ArgumentFault):
        return asked.refuse(span.hint)
    if first not in _ON and span is None:
        return asked.refuse("shield_how")
    return await _raise(asked, controls, span)


async def overlay(asked: Asked) -> Handled:
    """``!overlay pause``: nothing new is shown; ``clear``: everything leaves the screens; ``resume``: they go on."""
    controls = asked.parts.controls
    if controls is None:
        return asked.refuse("unavailable", command=asked.word)
    words = [plain(word) for word in asked.invocation.arguments]
    order = OVERLAY_WORDS.get(words[0]) if len(words) == 1 else None
    if order is None:
        return asked.refuse("overlay_how")
    if asked.dry_run:
        return asked.refuse("dry_run_room")
    controls.overlay(asked.key, order)
    return asked.done(f"overlay_{order}", ())


def _span(words: list[str]) -> timedelta | ArgumentFault | None:
    if not words:
        return None
    span = duration("".join(words[:2])) if len(words) == 2 else duration(words[0]) if len(words) == 1 else None
    if span is None:
        return ArgumentFault("shield_how")
    return ArgumentFault("too_long") if isinstance(span, timedelta) and span > LONGEST else span


async def _raise(asked: Asked, controls: Controls, span: timedelta | None) -> Handled:
    refusal = await controls.up(asked.key, asked.actor, span, asked.message.id)
    return asked.refused(refusal) if isinstance(refusal, Refusal) else _standing(asked, controls)


async def _lower(asked: Asked, controls: Controls) -> Handled:
    refusal = await controls.down(asked.key, asked.actor, asked.message.id)
    return asked.refused(refusal) if isinstance(refusal, Refusal) else asked.done("shield_lowered", ())


def _standing(asked: Asked, controls: Controls) -> Handled:
    raised = controls.shield(asked.key)
    if raised is None:
        return asked.done("shield_down", ())
    return asked.done(_standing_key(asked, raised), (), span=asked.span(_left(asked, raised)))


def _standing_key(asked: Asked, raised: Raised) -> str:
    if asked.dry_run:
        return "shield_dry_run"
    return "shield_up_for" if raised.lasting else "shield_up_until_quiet"


def _left(asked: Asked, raised: Raised) -> timedelta:
    """What is left of its time, in whole minutes as long as there are some."""
    left_s = max(1, round(raised.until_s - asked.now.timestamp()))
    return timedelta(minutes=math.ceil(left_s / 60)) if left_s > 60 else timedelta(seconds=left_s)
