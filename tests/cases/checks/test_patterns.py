"""Patterns of a room's people: RE2 only; what cannot be used is refused with a reason and a cure."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.checks import CheckSettings, Weight
from cases.checks.patterns import PatternError, compile_pattern, pattern_check
from cases.rules import INSULT
from ratelimit.fold import fold
from tests.cases.room import Room


def finds(written: str, text: str) -> bool:
    return compile_pattern(written).finds(text, fold(text))


def test_a_pattern_is_looked_for_as_written_and_folded_without_regard_to_case() -> None:
    assert finds(r"buy\s+now", "BUY   now")
    assert finds("buynow", "b.u.y.n.o.w")
    assert finds(r"¥\d{3}", "only ¥500")
    assert not finds("buy now", "goodbye")


@pytest.mark.fault("X15")
@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("a(?=b)", "look-around"),
        ("(?<!a)b", "look-around"),
        (r"(a)\1", "reference back"),
        ("a{1000}{1000}", "repeats too much"),
        ("a{1001}", "repeats too much"),
        (r"\pL{500}", "repeats too much"),
        (".*" * 1000, "500 are the most"),
        ("x" * (1 << 20), "500 are the most"),
        ("(", "cannot be read"),
        ("[z-a]", "cannot be read"),
        ("\\", "cannot be read"),
        (".*", "nearly every line"),
        ("x*", "nearly every line"),
        (".", "nearly every line"),
        (r"\w|\W", "nearly every line"),
    ],
)
def test_what_cannot_be_used_is_refused_with_a_reason(written: str, says: str) -> None:
    with pytest.raises(PatternError, match=says):
        compile_pattern(written)


@pytest.mark.fault("X15")
def test_a_pattern_for_everything_needs_a_second_word() -> None:
    assert compile_pattern(".*", everything=True).finds("anything", "anything")


@pytest.mark.fault("X15")
def test_a_pattern_that_would_be_endless_elsewhere_is_quick() -> None:
    pattern = compile_pattern("(a+)+$x")
    began = time.perf_counter()
    assert not pattern.finds("a" * 2000 + "!", "a" * 2000)
    assert time.perf_counter() - began < 0.25


@given(st.text(max_size=60))
def test_any_text_is_a_pattern_or_is_refused(written: str) -> None:
    with suppress(PatternError):
        compile_pattern(written).finds("some text", "some text")


def test_a_pattern_is_a_check_with_a_name_a_rule_and_a_weight() -> None:
    room = Room()
    check = pattern_check("prices", compile_pattern(r"¥\d{3}"), INSULT, Weight.HOLD)
    room.policy = type(room.policy)(checks=CheckSettings(own=(check,)))
    (decision,) = room.say("Ann", "mine for ¥500")
    assert (decision.checks, decision.rule, decision.facts) == (("pattern:prices",), INSULT, ("the pattern prices",))
    assert room.say("Ann", "mine for free, as a gift") == []
