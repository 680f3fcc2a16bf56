"""The arithmetic of the scorecard, on verdicts made by hand."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bench.scorecard.engine import Fate
from bench.scorecard.real import Toll
from bench.scorecard.score import count_shown, figures, quantile, share_stopped, touched
from bench.scorecard.single import Singles
from bench.scorecard.targets import Target, targets
from bench.scorecard.trials import Trial
from streams.events import Message, Sender, room_key
from streams.sandbox.attacks import KINDS

ROOM = room_key("replay", "r")


def fate(
    who: str = "ann", *, hold_s: float | None = 1.0, taken_after_s: float | None = None, muted: bool = False
) -> Fate:
    """A line said at second 100."""
    message = Message(ROOM, "1", Sender(who, who), "text", 100.0)
    taken_s = None if taken_after_s is None else 100.0 + taken_after_s
    return Fate(message, 100.0, hold_s, taken_s, muted)


def passed(count: int) -> list[Fate]:
    return [fate() for _ in range(count)]


def kept_off(count: int) -> list[Fate]:
    return [fate(hold_s=None, taken_after_s=0.0) for _ in range(count)]


def trial(kind: str, lines: list[Fate]) -> Trial:
    return Trial(KINDS[kind], "talk", "tuning", lines, [])


def test_a_line_is_shown_when_its_hold_ran_out_before_anything_took_it_off() -> None:
    assert fate().shown()
    assert not fate(hold_s=None, taken_after_s=0.0).shown()
    assert not fate(hold_s=8.0, taken_after_s=7.9).shown()
    assert not fate(hold_s=8.0, taken_after_s=8.0).shown()
    assert fate(hold_s=8.0, taken_after_s=8.1).shown()
    assert fate(hold_s=8.0, taken_after_s=8.1).hidden, "taken off all the same, later"


def test_the_strict_reckoning_waits_one_second_for_every_line() -> None:
    assert fate(hold_s=8.0, taken_after_s=2.0).shown(1.0)
    assert not fate(hold_s=8.0, taken_after_s=0.9).shown(1.0)
    assert not fate(hold_s=None, taken_after_s=0.0).shown(1.0)


def test_the_figures_of_attacks_count_what_was_shown_and_what_came_after_the_first_lines() -> None:
    one, other = trial("wave", passed(3) + kept_off(17)), trial("wave", passed(7) + kept_off(13))
    found = figures([one, other], after=5)
    assert (found.attacks, found.shown, found.shown_p90) == (2, 3, 7)
    assert found.stopped == pytest.approx(28 / 30)
    assert figures([one], after=5).stopped == 1.0
    assert figures([trial("wave", passed(4))], after=5).stopped is None


def test_a_share_of_no_lines_is_none_and_quantiles_are_values_of_the_list() -> None:
    assert share_stopped([]) is None
    assert count_shown(passed(2) + kept_off(3)) == 2
    assert [quantile([1, 2, 3, 4], share) for share in (0.0, 0.25, 0.5, 0.75, 0.9, 1.0)] == [1, 1, 2, 3, 4, 4]


def test_innocents_are_counted_as_people_not_as_lines() -> None:
    lines = [fate("ann", taken_after_s=0.0, muted=True), fate("ann", taken_after_s=0.0, muted=True), fate("ben")]
    hit = touched([trial("vote", lines), trial("vote", [fate("cem")])])
    assert (hit.scenes, hit.lines, hit.hidden, hit.people, hit.muted, hit.banned) == (2, 4, 2, 3, 1, 0)


def test_a_toll_counts_hidden_lines_and_muted_people() -> None:
    toll = Toll("talk", "tuning")
    toll.add(
        [
            *passed(96),
            *kept_off(2),
            fate("eve", taken_after_s=0.0, muted=True),
            fate("eve", taken_after_s=0.0, muted=True),
        ]
    )
    assert (toll.lines, toll.hidden, toll.muted, toll.banned) == (100, 4, 1, 0)
    assert toll.per_10_000(toll.hidden) == 400.0
    assert Toll("talk", "aside").per_10_000(0) == 0.0


def verdict(found: Iterator[Target], words: str) -> list[bool]:
    return [each.holds for each in found if words in each.name]


def test_every_target_holds_at_its_gate_and_is_missed_beyond_it() -> None:
    good = trial("wave", passed(3) + kept_off(102))
    assert verdict(targets([good], [], []), "wave") == [True, True]
    assert verdict(targets([trial("wave", passed(7) + kept_off(98))], [], []), "wave") == [False, False]
    assert verdict(targets([trial("repeat", passed(4) + kept_off(9))], [], []), "repeating") == [True]
    assert verdict(targets([trial("repeat", passed(5) + kept_off(9))], [], []), "repeating") == [False]
    assert verdict(targets([trial("drip", passed(7) + kept_off(19))], [], []), "slow") == [True]
    assert verdict(targets([trial("vote", passed(9))], [], []), "innocents") == [True]
    assert verdict(targets([trial("vote", [fate(taken_after_s=0.0, muted=True)])], [], []), "innocents") == [False]


def test_the_targets_of_chat_as_it_is_and_of_single_lines() -> None:
    toll = Toll("talk", "aside")
    toll.add([*passed(9_995), *kept_off(5)])
    assert verdict(targets([], [toll], []), "talk, aside part") == [True, True, True]
    toll.add(kept_off(1))
    assert verdict(targets([], [toll], []), "talk, aside part") == [False, True, True]
    ads = Singles("ads", "ad", "tuning", said=10, held=9, regulars_said=4, regulars_held=0)
    ham = Singles("ads", "ordinary", "tuning", said=10, held=10, regulars_said=4, regulars_held=4)
    assert verdict(targets([], [], [ads, ham]), "") == [True, True], "ordinary texts are told, they have no target"
    ads.held, ads.regulars_held = 8, 1
    assert verdict(targets([], [], [ads]), "") == [False, False]
