"""Honest health: what `/statusz` and `/readyz` say. A blind room is not healthy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.intake import Intake
from bot.recorder import Recorder
from bot.rooms import Rooms, WatchedRoom
from cases.shield import Raised
from cases.signals import told
from ratelimit.gauge import Gauge
from storage import Storage
from streams.events import FeedState


@dataclass(frozen=True, slots=True)
class Health:
    """Looks at the parts and tells how they are."""

    rooms: Rooms
    storage: Storage
    gauge: Gauge
    intake: Intake
    recorder: Recorder
    clock: Callable[[], float]

    def ready(self) -> tuple[bool, str]:
        """True when cases can be written and at least one room is seen; else why not, in one sentence."""
        if not self.storage.writable():
            return False, "the database cannot be written"
        seen = [room.seen_as(self.clock())[0] for room in self.rooms]
        if seen and not {FeedState.LIVE, FeedState.DEGRADED} & set(seen):
            return False, "no room is seen"
        return True, ""

    def status(self) -> dict[str, Any]:
        """Every room with how it is seen, and how the shared parts are."""
        now_s = self.clock()
        return {
            "ready": self.ready()[0],
            "counters": "degraded" if self.gauge.degraded else "well",
            "storage": "writable" if self.storage.writable() else "not writable",
            "waiting": {"events": len(self.intake), "to_write": len(self.recorder)},
            "lost_writes": self.recorder.failures,
            "rooms": [_room(room, now_s) for room in self.rooms],
        }


def _room(room: WatchedRoom, now_s: float) -> dict[str, Any]:
    state, reason = room.seen_as(now_s)
    age_s = None if room.last_event_s is None else round(max(0.0, now_s - room.last_event_s), 1)
    return {
        "room": room.key,
        "mode": room.mode,
        "state": state.value,
        "blind": state in (FeedState.BLIND, FeedState.REFUSED),
        "reason": reason,
        "last_event_age_s": age_s,
        "shield": _shield(room.judging.shield.raised, now_s),
    }


def _shield(raised: Raised | None, now_s: float) -> dict[str, Any] | None:
    """Why the room is protected and for how long at most; None while it is not."""
    if raised is None:
        return None
    return {
        "since_s": round(now_s - raised.since_s, 1),
        "left_s": round(raised.until_s - now_s, 1),
        "cause": told(raised.cause),
    }
