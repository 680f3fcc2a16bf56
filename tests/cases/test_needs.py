"""What a move asks to be filled in: a mistake names the field, and what there is instead."""

from __future__ import annotations

import pytest

from cases.dossiers.complaint import MACHINE
from cases.model import ActorKind
from cases.needs import Unfit, filled, text


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"spun": "10m"}, "spun is not asked for; there are span, reason"),
        ({}, "span is missing: a text of at most 10 characters"),
        ({"span": ""}, "span is empty"),
    ],
)
def test_a_wrong_field_is_told_with_what_there_is(given: dict[str, str], told: str) -> None:
    with pytest.raises(Unfit, match=told):
        filled({"span": text(10)}, {"reason": text()}, given)


def test_nothing_can_be_filled_in_where_nothing_is_asked() -> None:
    with pytest.raises(Unfit, match="nothing is asked for"):
        filled({}, {}, {"reason": "x"})


def test_an_unknown_move_is_told_with_those_there_are() -> None:
    refusal = MACHINE.refusal("received", "fly", ActorKind.SUPERVISOR)
    assert refusal is not None
    assert refusal.reason == "invalid_transition"
    assert "knows no move fly; there are" in refusal.detail
    assert "answer" in refusal.detail
