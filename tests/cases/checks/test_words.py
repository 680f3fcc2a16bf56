"""Word lists: words are found through every disguise that the fold undoes, alone and not inside other words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.checks import CheckMode, CheckSettings, Weight
from cases.checks.words import LONGEST_ENTRY, Words, sort_out, word_check
from cases.rules import INSULT
from cases.sentence import Measure
from ratelimit.fold import fold
from tests.cases.room import Room

LIST = Words(["cunt", "idiot*", "傻逼", "stupid cow", "*wurst", "vx"], allowed=["idiot savant", "傻逼了吧"])


def found(text: str) -> str | None:
    return LIST.find(fold(text))


@pytest.mark.fault("X3")
@pytest.mark.parametrize(
    "text",
    [
        "you cunt",
        "CUNT!",
        "c.u.n.t",
        "c u n t",
        "c\u200bunt",
        "ｃｕｎｔ",
        "ⓒⓤⓝⓣ",
        "𝐜𝐮𝐧𝐭",
        "сunt",  # a Cyrillic letter
        "cu\u00adnt",
        "c\u0301unt",
        "cuuuunt",
    ],
)
def test_a_disguised_word_is_found_and_the_entry_named(text: str) -> None:
    assert found(text) == "cunt"


@pytest.mark.fault("X4")
@pytest.mark.parametrize("text", ["傻逼", "你傻逼啊", "傻 逼", "傻.逼", "傻\u200b逼", "傻❤逼"])
def test_a_word_of_a_script_without_spaces_is_found_anywhere(text: str) -> None:
    assert found(text) == "傻逼"


@pytest.mark.parametrize("text", ["Scunthorpe United", "a scunt", "cunts", "wursts", "extra vxl", "stupid cows"])
def test_a_word_inside_another_one_is_none(text: str) -> None:
    assert found(text) is None


def test_a_star_lets_a_word_go_on() -> None:
    assert found("what idiots") == "idiot*"
    assert found("liverwurst") == "*wurst"
    assert found("anidiot") is None


def test_a_phrase_is_found_across_spaces_and_case() -> None:
    assert found("you  STUPID   cow!") == "stupid cow"


def test_a_latin_word_beside_chinese_stands_alone() -> None:
    assert found("加vx看") == "vx"


def test_an_allowed_phrase_is_fine_and_does_not_excuse_the_rest_of_the_line() -> None:
    assert found("an idiot savant plays") is None
    assert found("傻逼了吧") is None
    assert found("an idiot savant, you idiot") == "idiot*"


def test_an_empty_list_finds_nothing() -> None:
    assert Words([]).find("anything") is None
    assert Words(["", "  ", "\u200b", "*"]).find("anything") is None


@given(
    st.sampled_from(["cunt", "傻逼", "stupid cow"]),
    st.lists(st.sampled_from(["", "\u200b", "\u2060", "\u00ad", "\ufe0f", "\u0301"]), min_size=12, max_size=12),
    st.booleans(),
)
def test_an_entry_is_found_under_what_the_fold_takes_away(word: str, between: list[str], full_width: bool) -> None:
    shown = "".join(chr(ord(one) + 0xFEE0) if full_width and "a" <= one <= "z" else one for one in word)
    disguised = "".join(one + mark for one, mark in zip(shown, between, strict=False))
    assert found(disguised) == word


@given(st.text(min_size=1, max_size=20))
def test_whatever_can_be_kept_of_a_list_finds_itself(written: str) -> None:
    kept = sort_out([written]).kept
    if kept and "*" not in written:
        assert Words(kept).find(fold(written)) is not None


@pytest.mark.fault("X16")
def test_what_cannot_be_used_of_a_list_is_told() -> None:
    left = sort_out(
        ["bad", "  ", "\u200b", "BAD", "ｂａｄ", "草", "*", " ".join(map(str, range(LONGEST_ENTRY))), "bad*", "..."]
    )
    assert left.kept == ("bad", "bad*")
    assert (left.empty, left.repeated, left.single, left.long) == (4, 2, ("草",), 1)


def room_with(weight: Weight, mode: CheckMode = CheckMode.ENFORCE) -> Room:
    room = Room()
    checks = CheckSettings(own=(word_check("slurs", LIST, INSULT, weight, mode),))
    room.policy = type(room.policy)(checks=checks)
    return room


def test_a_list_is_a_check_with_a_name_a_rule_and_a_weight() -> None:
    (decision,) = room_with(Weight.HOLD).say("Ann", "you cunt")
    assert decision.checks == ("words:slurs",)
    assert decision.rule is INSULT
    assert decision.sentence.measures == {Measure.HIDE}
    assert decision.facts == ("a word of the list slurs",)


def test_a_mild_list_reminds_and_a_grave_one_mutes() -> None:
    (mild,) = room_with(Weight.MILD).say("Ann", "you cunt")
    assert mild.sentence.measures == {Measure.HIDE, Measure.REMIND}
    assert mild.rule is INSULT
    (grave,) = room_with(Weight.GRAVE).say("Ann", "you cunt")
    assert grave.sentence.mute is not None
    assert grave.rule is INSULT


@pytest.mark.parametrize("mode", [CheckMode.OFF, CheckMode.SHADOW])
def test_a_list_goes_as_far_as_its_mode(mode: CheckMode) -> None:
    assert room_with(Weight.GRAVE, mode).say("Ann", "you cunt") == []


def test_a_command_may_quote() -> None:
    assert room_with(Weight.GRAVE).say("Ann", "!report @bob cunt", plain=True) == []
