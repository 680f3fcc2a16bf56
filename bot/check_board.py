"""What is shown of a check in a room: how far it goes, by whose word, what it hit since when, and the last lines."""

from __future__ import annotations

from typing import Any

from bot.clock import instant
from bot.rooms import WatchedRoom
from cases.check_standing import Standing
from cases.checks import Check
from cases.masking import masked
from cases.signals import check_name, told
from cases.trials import Sample
from streams.events import RoomKey


def shown(room: RoomKey, check: Check, found: Standing, language: str) -> dict[str, Any]:
    """How far it goes."""
    return {
        "room": room,
        "check": check.name,
        "looks_for": check_name(check.name, language),
        "mode": found.mode,
        "origin": found.origin,
    }


def results(room: WatchedRoom, name: str, now_s: float, language: str) -> dict[str, Any]:
    """What it hit. ``since`` None: the room was not joined yet; ``fresh``: it is watched after an edit."""
    trials = room.memory.trials
    tally = trials.tally(name)
    since_s = tally.since_s or room.memory.started_s
    return {
        "since": None if since_s is None else instant(since_s).isoformat(timespec="seconds"),
        "fresh": trials.is_fresh(name, now_s),
        "lines": trials.lines_of(name),
        "hits": tally.hits,
        "hits_on_regulars": tally.regulars,
        "samples": [_sample(sample, language) for sample in tally.latest(now_s)],
    }


def _sample(sample: Sample, language: str) -> dict[str, Any]:
    """One line; personal data that somebody disclosed in it is not shown."""
    return {
        "at": instant(sample.at_s).isoformat(timespec="seconds"),
        "name": sample.name,
        "text": masked(sample.text),
        "regular": sample.regular,
        "why": told(sample.signals, language),
    }
