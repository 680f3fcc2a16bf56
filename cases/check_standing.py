"""How far a check goes in a room, by whose word, and which checks an edit of the file concerns. Pure."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any, NamedTuple

from cases.checks import Check, CheckMode, Thresholds
from cases.dossiers.check_mode import Key, Stored
from streams.events import RoomKey


class Origin(enum.StrEnum):
    """Whose word a mode is."""

    FILE = "file"
    COMMAND = "command"
    DEFAULT = "default"
    DISARMED = "disarmed"


class Standing(NamedTuple):
    """How far a check goes in a room, and by whose word."""

    mode: CheckMode
    origin: Origin


def said(check: Check, file: Mapping[str, CheckMode], records: Mapping[Key, Stored], room: RoomKey) -> Standing:
    """How far somebody wants a check to go. What the ``file`` says of the room wins over what was set by command."""
    if check.name in file:
        return Standing(file[check.name], Origin.FILE)
    for place in (room, None):
        record = records.get((place, check.name))
        if record is not None and record.mode is not None:
            return Standing(record.mode, Origin.COMMAND)
    return Standing(check.mode, Origin.DEFAULT)


def standing(check: Check, file: Mapping[str, CheckMode], records: Mapping[Key, Stored], room: RoomKey) -> Standing:
    """How far it goes: one that disarmed itself no further than shadow."""
    found, record = said(check, file, records, room), records.get((room, check.name))
    acts = found.mode in (CheckMode.HIDE, CheckMode.ENFORCE)
    disarmed = record is not None and record.disarmed and acts
    return Standing(CheckMode.SHADOW, Origin.DISARMED) if disarmed else found


def in_use(modes: Mapping[str, CheckMode], thresholds: Thresholds, checks: Iterable[Check]) -> dict[str, Any]:
    """A room's modes, what its own checks are made of, and its thresholds as far as they are not the usual ones: plain
    values to compare with later."""
    usual = Thresholds()
    pairs = ((one.name, repr(getattr(thresholds, one.name)), repr(getattr(usual, one.name))) for one in fields(usual))
    unusual = {name: value for name, value, known in pairs if value != known}
    made_of = {check.name: check.made_of for check in checks if check.made_of}
    return {"modes": {name: str(mode) for name, mode in modes.items()}, "thresholds": unusual, "made_of": made_of}


def edited(before: Mapping[str, Any], now: Mapping[str, Any], checks: Iterable[Check]) -> list[str]:
    """The checks whose mode, or one of whose thresholds, is another than before. A check that came with another version was
    not edited; one that the room's people set up anew was."""
    then, here, modes = before.get("thresholds", {}), now["thresholds"], before.get("modes", {})
    moved = {name for name in {*then, *here} if then.get(name) != here.get(name)}
    known = [check for check in checks if check.name in modes and not check.made_of]
    own = [check.name for check in checks if check.made_of]
    return [
        *(one.name for one in known if modes[one.name] != now["modes"][one.name] or moved & set(one.reads or moved)),
        *(name for name in own if (modes.get(name), _made(before, name)) != (now["modes"][name], _made(now, name))),
    ]


def _made(values: Mapping[str, Any], name: str) -> str | None:
    made: str | None = values.get("made_of", {}).get(name)
    return made
