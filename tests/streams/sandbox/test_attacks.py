"""The scenes: a seed decides everything, each kind is what its name says, and every line can be said in a room."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from rapidfuzz import fuzz

from streams.sandbox.attacks import ATTACKS, INNOCENTS, KINDS, Scene
from streams.sandbox.crowd import REGULARS
from streams.sandbox.names import clean_name, clean_text
from streams.sandbox.repertoire import REPERTOIRE, as_crowd, scene_of
from streams.sandbox.room import LINE_LIMIT

SEEDS = range(12)
WAVES = [name for name, kind in ATTACKS.items() if kind.family == "wave"]


def scenes(kind: str) -> list[Scene]:
    return [KINDS[kind].make(Random(seed), REGULARS) for seed in SEEDS]


@pytest.mark.parametrize("kind", KINDS)
def test_a_seed_decides_everything(kind: str) -> None:
    assert scenes(kind) == scenes(kind)
    assert len({tuple(scene) for scene in scenes(kind)}) == len(SEEDS)


@pytest.mark.parametrize("kind", KINDS)
def test_every_line_comes_in_order_and_can_be_said_in_a_room(kind: str) -> None:
    for scene in scenes(kind):
        assert [said.at_s for said in scene] == sorted(said.at_s for said in scene)
        assert scene[0].at_s >= 0.0
        for said in scene:
            assert clean_name(said.name) == said.name
            assert clean_text(said.text) != ""
            assert len(said.text) <= LINE_LIMIT, said.text


@pytest.mark.parametrize("kind", WAVES)
def test_a_wave_is_ten_to_eighty_accounts_nobody_has_seen_with_one_text_of_8_to_40_characters(kind: str) -> None:
    counts = set()
    for scene in scenes(kind):
        people = Counter(said.name for said in scene)
        assert 10 <= len(people) <= 80
        assert max(people.values()) <= 3
        assert not people.keys() & set(REGULARS)
        counts.add(len(people))
    assert len(counts) > len(SEEDS) / 3, "every wave has another size"
    if kind == "wave":
        assert all(len({said.text for said in scene}) == 1 for scene in scenes(kind))
        assert all(8 <= len(scene[0].text) <= 40 for scene in scenes(kind))


@pytest.mark.parametrize("kind", [name for name in WAVES if name != "wave"])
def test_a_mutating_wave_hardly_says_the_same_twice(kind: str) -> None:
    differing = [len({said.text for said in scene}) / len(scene) for scene in scenes(kind)]
    assert max(differing) > 0.3
    assert all(len({said.text for said in scene}) > 1 for scene in scenes(kind))


def test_crowds_come_all_at_once_one_by_one_in_bursts_and_as_people_type() -> None:
    spans = [scene[-1].at_s - scene[0].at_s for seed in range(60) for scene in [KINDS["wave"].make(Random(seed), ())]]
    assert sum(span_s <= 2.0 for span_s in spans) >= 5
    assert sum(span_s >= 20.0 for span_s in spans) >= 15


def test_one_account_floods_alone() -> None:
    for kind in ("repeat", "near-repeat", "fast"):
        for scene in scenes(kind):
            assert len({said.name for said in scene}) == 1
            assert len(scene) >= 8
    assert all(len({said.text for said in scene}) == 1 for scene in scenes("repeat"))
    for scene in scenes("near-repeat"):
        assert len({said.text for said in scene}) >= 3
    for scene in scenes("fast"):
        assert (len(scene) - 1) / (scene[-1].at_s - scene[0].at_s) >= 1.0, "at least one a second"
        assert len({said.text for said in scene}) > 0.8 * len(scene)


def test_warmed_up_accounts_say_something_ordinary_minutes_before() -> None:
    for scene in scenes("warm"):
        begin_s = next(said.at_s for said in scene if not said.cover)
        cover = Counter(said.name for said in scene if said.cover)
        assert set(cover) == {said.name for said in scene if not said.cover}
        assert set(cover.values()) <= {1, 2, 3}
        assert all(said.at_s <= begin_s - 60.0 for said in scene if said.cover)


def test_a_drip_is_thirty_accounts_in_ten_minutes() -> None:
    for scene in scenes("drip"):
        assert len({said.name for said in scene}) == len(scene) == 30
        assert 200.0 <= scene[-1].at_s - scene[0].at_s <= 900.0


def test_look_alike_contacts_leave_the_rest_of_the_text_alone() -> None:
    for scene in scenes("wave-contacts"):
        texts = [said.text for said in scene]
        assert min(fuzz.ratio(texts[0], text) for text in texts) > 30.0
        assert len(set(texts)) > len(texts) / 2


def test_innocents_are_people_of_the_room_where_it_says_so() -> None:
    for kind in ("chorus", "refrain"):
        for scene in scenes(kind):
            assert {said.name for said in scene} & set(REGULARS)
    assert all({said.name for said in scene} <= set(REGULARS) for scene in scenes("copypasta"))
    for kind in ("friendly-raid", "greeting"):
        assert not any({said.name for said in scene} & set(REGULARS) for scene in scenes(kind))
    assert all(20 <= len(scene) <= 60 and scene[-1].at_s <= 20.0 for scene in scenes("friendly-raid"))


def test_a_fan_writes_eight_to_fifteen_lines_a_minute_and_greets_three_times() -> None:
    for scene in scenes("excited-fan"):
        assert len({said.name for said in scene}) == 1
        assert scene[0].text == scene[1].text == scene[2].text
        assert 7 <= 60.0 * len(scene) / scene[-1].at_s <= 16


@pytest.mark.parametrize("kind", [name for name in INNOCENTS if name != "shared-link"])
def test_innocents_name_no_contact(kind: str) -> None:
    for scene in scenes(kind):
        assert not any(mark in said.text for said in scene for mark in ("http", ".com", "微信", "QQ", "t.me"))


def test_everything_can_be_played_by_its_name() -> None:
    assert KINDS.keys() < REPERTOIRE.keys()
    lines = list(REPERTOIRE["wave"](3))
    assert lines == list(as_crowd(scene_of("wave", 3)))
    assert sum(line.delay_s for line in lines) == pytest.approx(scene_of("wave", 3)[-1].at_s)
