"""What in the record looks like an abuse of office: raised when it is there, silent when it is not (norm N4.3-1)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cases import intents
from cases.flags import (
    FAVOURS,
    FAVOURS_WITHIN,
    LOOKUPS,
    LOOKUPS_WITHIN,
    Lift,
    Look,
    bulk_lookups,
    favours,
    lifts,
    self_reversals,
)
from cases.model import Actor, ActorKind, Respondent
from cases.sentence import Measure
from tests.cases.matter import MAX, MONA, NOW, OWNER, Matter
from tests.cases.roster import ROOM, ROSTER

DAY = timedelta(days=1)


def lift(by: str, respondent: str = "ann", ordered_by: str = "mona", days: float = 0, code: str = "A7K2") -> Lift:
    return Lift(NOW + days * DAY, ROOM, code, respondent, ordered_by, Actor(ActorKind.MODERATOR, by))


def taken_back(by: Actor, respondent: Respondent) -> Matter:
    matter = Matter()
    matter.measure(respondent=respondent)
    matter.done(matter.registrar.lift(intents.LiftCommanded(by, Measure.MUTE, respondent.id, "ok"), NOW))
    return matter


@pytest.mark.norm("N4.3-1", "behaviour")
def test_who_takes_back_the_own_mute_is_flagged_under_any_account() -> None:
    """Max lifts, by staff id, what was decided about his chat account."""
    max_by_id = Actor(ActorKind.MODERATOR, "staff-max", "Max")
    matter = taken_back(max_by_id, Respondent("max", "Max"))
    (flag,) = self_reversals(lifts(ROOM, "A7K2", matter.entries), ROSTER)
    assert (flag.kind, flag.about, flag.room) == ("self-reversal", "staff-max", ROOM)
    assert "A7K2" in flag.what


@pytest.mark.norm("N4.3-1", "behaviour")
def test_an_ordinary_lift_is_no_reversal() -> None:
    matter = taken_back(OWNER, Respondent("ann", "Ann"))
    rows = list(lifts(ROOM, "A7K2", matter.entries))
    assert [(row.respondent, row.ordered_by, row.by) for row in rows] == [("ann", MONA.ref, OWNER)]
    assert self_reversals(rows, ROSTER) == ()


@pytest.mark.norm("N4.3-1", "behaviour")
def test_lifting_the_same_persons_measures_again_and_again_is_flagged() -> None:
    rows = [lift("max", code=f"C{n}", days=n) for n in range(FAVOURS)]
    (flag,) = favours(reversed(rows), ROSTER)
    assert (flag.kind, flag.about) == ("favour", "staff-max")
    assert "C0, C1, C2" in flag.what


@pytest.mark.norm("N4.3-1", "deadline")
@pytest.mark.parametrize(("late", "count"), [(timedelta(0), 1), (timedelta(seconds=1), 0)])
def test_favours_count_within_thirty_days(late: timedelta, count: int) -> None:
    rows = [lift("max"), lift("max"), lift("max")]
    last = Lift(NOW + FAVOURS_WITHIN + late, ROOM, "C3", "ann", "mona", MAX)
    assert len(favours([*rows[: FAVOURS - 1], last], ROSTER)) == count


@pytest.mark.norm("N4.3-1", "bad-input")
@pytest.mark.parametrize(
    "rows",
    [
        [lift("max", respondent=who) for who in ("ann", "ben", "cai")],
        [lift("mona") for _ in range(5)],
        [lift(who) for who in ("max", "eve", "wim")],
        [lift("max"), lift("max")],
    ],
    ids=["different people", "own measures", "different colleagues", "twice"],
)
def test_what_is_no_favour(rows: list[Lift]) -> None:
    assert favours(rows, ROSTER) == ()


def looks(who: str, count: int, every: timedelta) -> list[Look]:
    return [Look(NOW + n * every, who, f"case-{n}") for n in range(count)]


@pytest.mark.norm("N4.3-1", "behaviour")
@pytest.mark.norm("N4.3-1", "deadline")
def test_more_lookups_than_anybody_reads_are_flagged() -> None:
    """Also when they are spread over two accounts of one person; not when there was time to read."""
    step = LOOKUPS_WITHIN / (LOOKUPS - 1)
    rows = looks("staff-max", LOOKUPS, step)
    spread = [Look(row.at, "irc:max" if n % 2 else "staff-max", row.ref) for n, row in enumerate(rows)]
    assert [flag.about for flag in bulk_lookups(spread, ROSTER)] == ["staff-max"]
    assert bulk_lookups(looks("staff-max", LOOKUPS, step + timedelta(seconds=1)), ROSTER) == ()


@pytest.mark.norm("N4.3-1", "bad-input")
def test_looking_at_one_thing_often_is_no_bulk_lookup() -> None:
    rows = [Look(NOW + timedelta(seconds=n), "staff-max", "A7K2") for n in range(200)]
    assert bulk_lookups(rows, ROSTER) == ()
