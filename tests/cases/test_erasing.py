"""What an erasure keeps, and only why (norm P3-1c)."""

from __future__ import annotations

import msgspec
import pytest

from cases.erasing import REPORTERS, RESPONDENTS, plan
from cases.model import AppealStatus, CaseState, CaseStatus, MeasureStatus
from tests.cases.people import ANN, reported_case


def _case(status: CaseStatus = CaseStatus.DECIDED, running: bool = False, appeal: bool = False) -> CaseState:
    case = reported_case().case
    over = MeasureStatus.IN_FORCE if running else MeasureStatus.ENDED
    actions = tuple(msgspec.structs.replace(one, status=over) for one in case.actions)
    answered = AppealStatus.OPEN if appeal else AppealStatus.UPHELD
    appeals = tuple(msgspec.structs.replace(one, status=answered) for one in case.appeals)
    return msgspec.structs.replace(case, status=status, actions=actions, appeals=appeals)


def _kept(case: CaseState, reporter: bool = False, held: bool = False) -> dict[str, str]:
    items = plan(case, reporter=reporter, held=held, sender_id=None if reporter else ANN.id)
    assert {item.kind for item in items} == set(REPORTERS if reporter else RESPONDENTS)
    return {item.kind: item.because for item in items if item.because}


@pytest.mark.norm("P3-1c", "behaviour")
def test_when_all_is_over_everything_goes() -> None:
    assert _kept(_case()) == {}
    assert _kept(_case(), reporter=True) == {}


@pytest.mark.norm("P3-1c", "behaviour")
def test_a_pending_case_an_open_appeal_and_a_running_measure_keep_what_they_need() -> None:
    assert _kept(_case(CaseStatus.OPEN)) == dict.fromkeys(RESPONDENTS, "pending-case")
    assert _kept(_case(appeal=True)) == dict.fromkeys(RESPONDENTS, "appeal-open")
    assert _kept(_case(running=True)) == dict.fromkeys(("name", "statement"), "running-measure")
    assert _kept(_case(running=True), reporter=True) == {}


@pytest.mark.norm("P3-1c", "behaviour")
def test_a_reporters_contact_goes_at_once_whatever_is_pending() -> None:
    for case in (_case(CaseStatus.OPEN), _case(appeal=True)):
        assert "contact" not in _kept(case, reporter=True)


@pytest.mark.norm("P3-1c", "behaviour")
def test_a_legal_hold_keeps_everything_but_the_contact() -> None:
    assert _kept(_case(), held=True) == dict.fromkeys(RESPONDENTS, "legal-hold")
    assert _kept(_case(), reporter=True, held=True) == dict.fromkeys(("pseudonym", "note"), "legal-hold")
