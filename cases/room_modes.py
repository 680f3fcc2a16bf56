"""Who may write in a room while its shield is up, and how that is set back: exactly as it was, unless people changed it.

Pure: what stands on the platform goes in, what is to be set comes out. The plan is written down before anything is set.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple

from cases.dossiers.shield import EVERYBODY, VOICES_MOST
from streams.platform import RoomMode, ShieldCapability

SLACK_S = 90.0
"""A platform's clock, and its way to ours, may differ by so much."""


class Plan(NamedTuple):
    """What was found, what is wanted, and who is given a voice meanwhile."""

    before: RoomMode
    wanted: RoomMode
    voices: tuple[str, ...] = ()


def plan(found: RoomMode, can: ShieldCapability, now_s: float, voices: tuple[str, ...] = ()) -> Plan | None:
    """What to set. None: nothing, for the room is protected already, or has a mode with an end of its own, which nobody
    could give back as it was. Where the platform ends it by itself it is set for the longest, and lifted sooner. Who has a
    voice already is not given one, so that it is not taken from them either."""
    if found.words == can.words or found.ends_s is not None:
        return None
    ends_s = None if can.longest is None else now_s + can.longest.total_seconds()
    given = [who for who in voices if who not in found.voiced] if can.regulars else []
    return Plan(found, RoomMode(can.words, ends_s), tuple(given[:VOICES_MOST]))


def is_ours(found: RoomMode, made: Plan) -> bool:
    """True when what stands is what we wanted: nobody has changed it since, nor made it last longer."""
    if found.words != made.wanted.words:
        return False
    if found.ends_s is None or made.wanted.ends_s is None:
        return found.ends_s is None and made.wanted.ends_s is None
    return found.ends_s <= made.wanted.ends_s + SLACK_S


def to_set(found: RoomMode, made: Plan) -> bool:
    """True when the room still stands as it was found, so that the plan may be carried out."""
    return found == made.before and not is_ours(found, made)


def restored(found: RoomMode, made: Plan) -> RoomMode:
    """The mode the room shall have when the shield is down: what was there before us, or what people made of it since."""
    return made.before if is_ours(found, made) else found


def runs_out(made: Plan, now_s: float) -> bool:
    """True when the platform is about to end it by itself: if the shield goes on it is planned and set anew."""
    return made.wanted.ends_s is not None and made.wanted.ends_s - now_s < SLACK_S


def again(made: Plan, can: ShieldCapability, now_s: float) -> Plan:
    """The same plan, from now on."""
    ends_s = None if can.longest is None else now_s + can.longest.total_seconds()
    return made._replace(wanted=RoomMode(made.wanted.words, ends_s))


def fields_of(made: Plan) -> dict[str, Any]:
    """The plan as a dossier keeps it."""
    fields: dict[str, Any] = {"before": _written(made.before), "wanted": _written(made.wanted)}
    if made.wanted.ends_s is not None:
        fields["ends"] = datetime.fromtimestamp(made.wanted.ends_s, UTC)
    if made.voices:
        fields["voices"] = list(made.voices)
    return fields


def plan_of(fields: dict[str, Any]) -> Plan | None:
    """The plan a dossier keeps; None when it has none."""
    if "wanted" not in fields:
        return None
    ends_s = datetime.fromisoformat(fields["ends"]).timestamp() if "ends" in fields else None
    voices = tuple(fields.get("voices", ()))
    return Plan(RoomMode(_read(fields["before"])), RoomMode(_read(fields["wanted"]), ends_s), voices)


def _written(mode: RoomMode) -> str:
    return mode.words or EVERYBODY


def _read(words: str) -> str:
    return "" if words == EVERYBODY else words
