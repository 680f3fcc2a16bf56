"""A line tried in the box is judged as in a room, each check says why, and nothing is kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.catalogue import LANGUAGES, say
from cases.checks import CheckMode, CheckSettings, Weight
from cases.checks.patterns import compile_pattern, pattern_check
from cases.checks.shape import Filters, Shape
from cases.checks.words import Words, word_check
from cases.policy import RoomPolicy
from cases.rules import INSULT
from cases.tryout import Asked, Tried, try_line
from tests.cases.room import START_S

OWN = (
    *Filters(Shape(capitals=0.7)).checks(),
    word_check("slurs", Words(["idiot*"]), INSULT, Weight.MILD),
    pattern_check("prices", compile_pattern(r"¥\d+"), INSULT, Weight.HOLD, CheckMode.SHADOW),
)
POLICY = RoomPolicy(checks=CheckSettings(modes={"inside": CheckMode.OFF, "words:slurs": CheckMode.HIDE}, own=OWN))
AD = "加v abc123 看片"


def tried(text: str, *, regular: bool = False) -> Tried:
    return try_line(text, POLICY, START_S, regular=regular)


def answer(found: Tried, check: str) -> Asked:
    return next(one for one in found.checks if one.check == check)


def test_an_advertisement_by_a_newcomer_is_kept_off_and_the_contact_named() -> None:
    found = tried(AD)
    assert (found.measures, found.hold_s) == (("hide",), None)
    assert found.contact is not None
    assert answer(found, "contact").weight is Weight.HOLD


def test_somebody_known_may() -> None:
    found = tried(AD, regular=True)
    assert (answer(found, "contact").why_not, found.measures) == ("known", ())
    assert found.hold_s is not None


@pytest.mark.parametrize(
    ("text", "check", "why_not"),
    [
        ("hello there", "contact", "no_contact"),
        ("0176525", "contact", "unsure_contact"),
        ("hello there", "wave", "alone"),
        ("hello there", "inside", "off"),
        ("hello there", "shape", "within"),
        ("hello there", "words:slurs", "not_listed"),
        ("hello there", "pattern:prices", "no_match"),
        ("!vote a", "contact", "command"),
    ],
)
def test_every_check_that_finds_nothing_says_why(text: str, check: str, why_not: str) -> None:
    asked = answer(tried(text), check)
    assert (asked.found, asked.why_not) == (None, why_not)
    assert all(say(language, f"checks.why.{why_not}") for language in LANGUAGES)


def test_modes_are_heeded() -> None:
    listed, priced = answer(tried("you idiots"), "words:slurs"), answer(tried("only ¥500"), "pattern:prices")
    assert listed.weight is Weight.HOLD
    assert priced.found is not None
    assert priced.weight is None
    assert tried("only ¥500").measures == ()


def test_the_fold_and_the_disguise_are_shown() -> None:
    found = tried("加.微.信 abc")
    assert "加微信" in found.folded
    assert found.disguised > 0
    assert tried("hello there").disguised == 0


@given(st.text(max_size=60), st.booleans())
def test_any_line_can_be_tried_and_the_answer_is_the_same_again(text: str, regular: bool) -> None:
    assert tried(text, regular=regular) == tried(text, regular=regular)
