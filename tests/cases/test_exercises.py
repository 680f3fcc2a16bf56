"""The scenario test: fair questions in three languages, graded alike, and cases that became exercises (norm N4.1-3)."""

from __future__ import annotations

import pytest

from cases.catalogue import LANGUAGES
from cases.exercises import MODULES, PASS_SHARE, anonymous, built_in, exercises, from_overturned, grade, missing
from cases.model import AppealStatus, Evidence, EvidenceKind, EvidenceLine
from tests.cases.matter import NOW, Matter
from tests.cases.seals import SEALS

RIGHT = {one.id: one.right for one in built_in()}


@pytest.mark.norm("N4.1-3", "behaviour")
def test_the_test_covers_every_module_in_every_language() -> None:
    assert {one.module for one in built_in()} == set(MODULES)
    for one in built_in():
        texts = [one.text, one.why, *one.choices.values()]
        assert all(set(text) == set(LANGUAGES) for text in texts)
        assert all(said.strip() for text in texts for said in text.values())
        assert one.right in one.choices
        assert len(one.choices) >= 3


@pytest.mark.norm("N4.1-3", "behaviour")
def test_four_of_five_right_answers_pass() -> None:
    assert PASS_SHARE == 0.8
    wrong = dict.fromkeys(list(RIGHT)[:2], "?")
    assert grade(RIGHT) == 1.0
    assert grade({**RIGHT, **wrong}) == 0.8
    assert grade({}) == 0.0


def test_nobody_passes_by_one_letter() -> None:
    """No single answer word is right everywhere: guessing the same all the time fails."""
    for word in {word for one in built_in() for word in one.choices}:
        assert grade(dict.fromkeys(RIGHT, word)) < PASS_SHARE


@pytest.mark.norm("N4.1-3", "bad-input")
def test_what_is_not_answered_is_named() -> None:
    left = {key: value for key, value in RIGHT.items() if key != "chorus"}
    assert missing(left, built_in()) == ("chorus",)
    assert missing({**RIGHT, "chorus": "dance"}, built_in()) == ("chorus",)
    assert missing(RIGHT, built_in()) == ()


def overturned() -> tuple[Matter, list[Evidence]]:
    matter = Matter()
    matter.measure()
    matter.appeal()
    matter.answer(AppealStatus.OVERTURNED)
    lines = (
        EvidenceLine("m0", "viewer 3", "hi @Ann see https://ann.example/me?u=1 or 138 0013 8000", NOW),
        EvidenceLine("m1", "Ann", "ANN says call 13800138000, viewer 3", NOW, judged=True),
    )
    return matter, [Evidence(EvidenceKind.AT_ONCE, NOW, lines)]


@pytest.mark.norm("N4.1-3", "behaviour")
def test_an_overturned_decision_becomes_an_exercise_without_anybody_in_it() -> None:
    matter, seen = overturned()
    exercise = from_overturned(matter.case, seen, SEALS)
    assert exercise is not None
    everything = str([exercise.id, *exercise.text.values(), *exercise.why.values()]).lower()
    for trace in ("ann", "viewer 3", "138", "8000", "https", matter.code.lower(), "#talk", "m1", "mona", "max"):
        assert trace not in everything, trace
    assert "says call" in exercise.said("en")
    assert exercise.right == "none"
    assert set(exercise.text) == set(LANGUAGES)
    assert from_overturned(matter.case, seen, SEALS) == exercise


def test_it_is_part_of_the_test_then() -> None:
    matter, seen = overturned()
    exercise = from_overturned(matter.case, seen, SEALS)
    assert exercise is not None
    whole = exercises([exercise])
    assert missing(RIGHT, whole) == (exercise.id,)
    assert grade({**RIGHT, exercise.id: "none"}, whole) == 1.0


def test_other_cases_are_no_exercise() -> None:
    matter = Matter()
    matter.measure()
    _, seen = overturned()
    assert from_overturned(matter.case, seen, SEALS) is None
    assert from_overturned(overturned()[0].case, [], SEALS) is None


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("write me at ann.wong@mail.cn", "write me at ▇"),
        ("QQ 12345678!", "QQ ▇!"),
        ("＠小安 你好", "▇ 你好"),
        ("room 42, 3:1 in the 90th", "room 42, 3:1 in the 90th"),
    ],
)
def test_what_points_at_somebody_is_hidden(text: str, left: str) -> None:
    assert anonymous(text, ["", " "]) == left
