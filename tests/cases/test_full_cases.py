"""A case stays readable: a raid of more accounts, or an episode of more actions, goes on in a further case."""

from __future__ import annotations

import msgspec

from cases.history import Changes, Opened
from cases.model import CaseState, OrderedAction, Respondent
from cases.registrar import ACTIONS_A_CASE, RESPONDENTS_A_CASE
from tests.cases.matter import ANN, Matter, judged


def wave_of(count: int) -> Matter:
    """A wave's case in which so many accounts were judged, Ann the first of them."""
    matter = Matter()
    matter.judge(episode="wave:c1", rule="R2", category="advertising")
    others = tuple(Respondent(f"guest{number}", f"Guest {number}") for number in range(count - 1))
    matter.state = msgspec.structs.replace(matter.case, respondents=(*matter.case.respondents, *others))
    return matter


def decided(state: CaseState, respondent: Respondent, matter: Matter) -> Changes:
    """What the registrar makes of one more line of the wave."""
    fact = judged(episode="wave:c1", rule="R2", category="advertising", respondent=respondent)
    answer = matter.registrar.judge(fact, matter.now)(state, "C3DE")
    assert isinstance(answer, Changes)
    return answer


def opens(changes: Changes) -> bool:
    return isinstance(changes.entries[0], Opened)


def test_one_account_more_than_a_case_holds_begins_the_next_one() -> None:
    matter = wave_of(RESPONDENTS_A_CASE)
    further = decided(matter.case, Respondent("late", "Late"), matter)
    assert opens(further)
    assert further.code == "C3DE"
    assert further.entries[0].episode == matter.case.episode  # type: ignore[union-attr]


def test_the_last_account_that_fits_joins() -> None:
    matter = wave_of(RESPONDENTS_A_CASE - 1)
    assert not opens(decided(matter.case, Respondent("late", "Late"), matter))


def test_an_account_of_the_case_stays_in_it_however_full() -> None:
    matter = wave_of(RESPONDENTS_A_CASE)
    assert not opens(decided(matter.case, ANN, matter))


def test_after_a_thousand_actions_the_episode_goes_on_in_a_further_case() -> None:
    matter = wave_of(1)
    last: OrderedAction = matter.case.actions[-1]
    full = msgspec.structs.replace(matter.case, next_action=ACTIONS_A_CASE + 1, actions=(last,))
    assert opens(decided(full, ANN, matter))
    assert not opens(decided(msgspec.structs.replace(full, next_action=ACTIONS_A_CASE), ANN, matter))
