"""Honest health: what `/statusz` and `/readyz` say. A blind room is not healthy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from streams.events import FeedState

if TYPE_CHECKING:
    from bot.wiring import Danmod


def ready(danmod: Danmod) -> tuple[bool, str]:
    """True when cases can be written and at least one room is seen; else why not, in one sentence."""
    if not danmod.storage.writable():
        return False, "the database cannot be written"
    seen = [room.seen_as(danmod.clock())[0] for room in danmod.rooms]
    if seen and FeedState.LIVE not in seen:
        return False, "no room is seen"
    return True, ""


def status(danmod: Danmod) -> dict[str, Any]:
    """Every room with how it is seen, and how the shared parts are."""
    now_s = danmod.clock()
    return {
        "ready": ready(danmod)[0],
        "counters": "degraded" if danmod.gauge.degraded else "well",
        "storage": "writable" if danmod.storage.writable() else "not writable",
        "waiting": {"events": len(danmod.intake), "to_write": len(danmod.recorder)},
        "lost_writes": danmod.recorder.failures,
        "rooms": [_room(room, now_s) for room in danmod.rooms],
    }


def _room(room: Any, now_s: float) -> dict[str, Any]:
    state, reason = room.seen_as(now_s)
    age_s = None if room.last_event_s is None else round(max(0.0, now_s - room.last_event_s), 1)
    return {
        "room": room.key,
        "mode": room.mode,
        "state": state.value,
        "blind": state in (FeedState.BLIND, FeedState.REFUSED),
        "reason": reason,
        "last_event_age_s": age_s,
    }
