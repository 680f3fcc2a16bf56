"""Copies for one person: whole for them, silent about everybody else (norm P3-1c, N4.3-2b)."""

from __future__ import annotations

import json

import pytest

from cases.copies import copy_for_reporter, copy_for_respondent, digest_of, evidence_file, own_lines
from cases.dossiers import KINDS
from cases.model import AppealStatus, CaseStatus, EvidenceLine
from tests.cases.matter import MAX
from tests.cases.people import ANN, NOW, OTHER, REPORTERS, kept, reported_case


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


@pytest.mark.norm("P3-1c", "behaviour")
def test_a_respondents_copy_never_reveals_a_reporter() -> None:
    matter = reported_case()
    copied = _text(copy_for_respondent(kept(matter, respondents=(ANN, OTHER)), "ann", NOW))
    for trace in (*REPORTERS, "report", "MARK"):
        assert trace not in copied
    for own in ("ann's own line", "I quoted a song", "mute", "R3"):
        assert own in copied


@pytest.mark.norm("P3-1c", "behaviour")
def test_an_objecting_reporter_leaves_no_trace_in_the_respondents_copy() -> None:
    matter = reported_case()
    import msgspec

    mine = matter.case.appeals[0]
    theirs = msgspec.structs.replace(mine, id="A7K2/9", respondent="", report="A7K2-r1", reasons="MARK-objection")
    copied = _text(copy_for_respondent(kept(matter, appeals=(mine, theirs)), "ann", NOW))
    assert "MARK-objection" not in copied
    assert "I quoted a song" in copied


@pytest.mark.norm("P3-1c", "behaviour")
def test_a_reporters_copy_never_reveals_the_respondent() -> None:
    matter = reported_case()
    report = matter.case.reports[0]
    copied = _text(copy_for_reporter(kept(matter, respondents=(ANN, OTHER)), report.id, NOW))
    for trace in (
        "ann's own line",
        '"ann"',
        '"Ann"',
        "I quoted a song",
        "MARK-Ben",
        "MARK-context",
        matter.case.actions[0].id,
    ):
        assert trace not in copied
    assert report.note in copied
    assert "mute" in copied


@pytest.mark.norm("P3-1c", "bad-input")
def test_a_copy_for_nobody_of_the_case_is_an_error() -> None:
    matter = reported_case()
    with pytest.raises(KeyError):
        copy_for_respondent(kept(matter), "cai", NOW)
    with pytest.raises(KeyError):
        copy_for_reporter(kept(matter), "A7K2-r9", NOW)


def test_people_of_one_name_get_only_the_lines_that_were_judged_for_them() -> None:
    from cases.model import Respondent

    matter = reported_case()
    twins = kept(matter, respondents=(ANN, Respondent("ann2", "Ann")))
    assert own_lines(twins, "ann2") == ()
    assert all(isinstance(line, EvidenceLine) and line.message_id for line in own_lines(kept(matter), "ann"))


@pytest.mark.norm("N4.3-2b", "behaviour")
def test_the_evidence_file_is_dated_sealed_and_holds_no_reporter() -> None:
    matter = reported_case()
    matter.answer(AppealStatus.OVERTURNED, by=MAX)
    made = evidence_file(kept(matter, respondents=(ANN, OTHER)), "ann", NOW)
    for trace in (*REPORTERS, "report", "MARK"):
        assert trace not in _text(made)
    assert made["dated"] == NOW.isoformat()
    assert made["content"]["record"] == {"status": CaseStatus.OVERTURNED, "cleared": True}
    assert made["digest"] == digest_of(made["content"])
    changed = json.loads(_text(made["content"]))
    changed["record"]["cleared"] = False
    assert digest_of(changed) != made["digest"]


def test_only_kinds_with_a_token_belong_to_a_person() -> None:
    owned = {kind.name for kind in KINDS.values() if kind.tokened}
    assert {"complaint", "concern", "rights_request", "disclosure"} <= owned
    assert not {"incident", "inspection", "improvement", "standard"} & owned
