"""What a desk may offer: the acts that the case's table allows, and none that it refuses."""

from __future__ import annotations

import msgspec
import pytest

from bot.acts import ACTS, open_to
from cases.machine import Move
from cases.machines import CASE
from cases.model import Actor, ActorKind, CaseStatus
from tests.cases.matter import Matter


@pytest.mark.parametrize("kind", ActorKind)
@pytest.mark.parametrize("status", CaseStatus)
def test_the_buttons_are_the_tables_moves(status: CaseStatus, kind: ActorKind) -> None:
    matter = Matter()
    matter.report()
    state = msgspec.structs.replace(matter.case, status=status)
    offered = {button["move"] for button in open_to(state, Actor(kind, "x"))}
    allowed = {move.name for move in CASE.open_to(status, kind)}
    assert {name for name in offered if name in {move.name for move in CASE.moves}} <= allowed
    assert ("mute" in offered) == ("measure" in allowed)
    assert ("partial" in offered) == ("overturn-in-part" in allowed)


def test_a_button_says_what_to_fill_in() -> None:
    matter = Matter()
    matter.report()
    buttons = {button["move"]: button for button in open_to(matter.case, Actor(ActorKind.MODERATOR, "m"))}
    assert "span" in buttons["mute"]["needs"]
    assert buttons["dismiss"]["zh"]
    assert set(buttons) <= set(ACTS)


@pytest.mark.parametrize("move", CASE.moves, ids=lambda move: move.name)
def test_what_the_table_asks_is_asked_under_the_same_name(move: Move) -> None:
    """The reference shows the table; whoever follows it is not refused."""
    act = ACTS.get(move.name)
    if act is not None:
        assert set(move.needs) <= set(act.needs) | set(act.allows)
