"""A shield's dossier: who raises it, one a room, with an end; afterwards the moderators look at what was done under it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cases.dossier import Dossier
from cases.model import BOT, Actor
from streams.events import RoomKey
from tests.cases.dossiers.matters import NOW, OLA, SUE, Matters

ROOM = RoomKey("irc:#talk")
CODES = [f"A{number}" for number in range(100, 120)]


def _raised(matters: Matters, by: Actor = OLA, **more: Any) -> Dossier:
    fields = {"cause": "2 waves of one text each", "until": NOW + timedelta(minutes=30), **more}
    return matters.begin("shield", "raise", by, **fields)


def _over(matters: Matters, up: Dossier, **more: Any) -> Dossier:
    lowering = matters.go(up, "lower", BOT, reason="it was quiet")
    return matters.go(lowering, "restore", BOT, restored="Who may write was set back: slow:10.", **more)


def test_afterwards_the_moderators_are_told_what_was_done_under_it() -> None:
    matters = Matters(room=ROOM)
    over = _over(matters, _raised(matters), cases=CODES)
    (letter,) = matters.letters
    assert (letter.key, letter.ref) == ("shield_over", "role:moderator")
    assert letter.words["count"] == "20"
    assert letter.words["codes"].startswith("A100 A101")
    assert letter.words["codes"].endswith("(+8)")
    assert over.status == "down"


def test_what_danmod_could_not_set_back_goes_to_the_streamer() -> None:
    matters = Matters(room=ROOM)
    _over(matters, _raised(matters), hand="needed")
    assert [letter.ref for letter in matters.letters] == ["role:moderator", "role:owner"]


def test_a_dry_run_tells_nobody() -> None:
    matters = Matters(room=ROOM)
    _over(matters, _raised(matters, dry_run=True), cases=CODES)
    assert matters.letters == []


@pytest.mark.parametrize("move", ["plan", "set", "restore"])
def test_what_stands_on_the_platform_only_the_program_writes_down(move: str) -> None:
    matters = Matters(room=ROOM)
    up = _raised(matters)
    if move == "restore":
        up = matters.go(up, "lower", OLA, reason="over")
    fields = {"plan": {"before": "everybody", "wanted": "m"}, "set": {"outcome": "done"}, "restore": {"restored": "x"}}
    assert matters.refused(up, "shield", move, OLA, **fields[move]) == "not_allowed"


def test_it_is_renewed_while_it_is_up_and_no_longer() -> None:
    matters = Matters(room=ROOM)
    up = _raised(matters)
    until = NOW + timedelta(hours=1)
    assert matters.go(up, "renew", OLA, until=until).fields["until"] == until.isoformat()
    lowering = matters.go(up, "lower", OLA, reason="over")
    assert matters.refused(lowering, "shield", "renew", OLA, until=until) == "invalid_transition"


@pytest.mark.parametrize("until", [NOW, NOW - timedelta(minutes=1), NOW + timedelta(hours=25)])
def test_its_end_lies_ahead_within_a_day(until: Any) -> None:
    matters = Matters(room=ROOM)
    assert matters.refused(None, "shield", "raise", OLA, cause="because", until=until) == "unfit"


def test_who_answers_mail_does_not_raise_it() -> None:
    matters = Matters(room=ROOM)
    given = {"cause": "because", "until": NOW + timedelta(minutes=1)}
    assert matters.refused(None, "shield", "raise", SUE, **given) == "not_allowed"
