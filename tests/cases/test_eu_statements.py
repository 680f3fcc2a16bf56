"""Statements for the EU's database: the fields and words of its schema, and no person in them."""

from __future__ import annotations

import json
from datetime import timedelta

import msgspec
import pytest

from cases.categories import CATEGORIES
from cases.eu_statements import CATEGORY, FORMS, eu_statement, faults, stands
from cases.model import Evidence, EvidenceKind, EvidenceLine, Ground, MeasureStatus
from cases.rules import HOUSE_RULES
from cases.sentence import Measure
from tests.cases.matter import NOW, Matter
from tests.cases.people import REPORTERS, reported_case

EVIDENCE = (
    Evidence(EvidenceKind.AT_ONCE, NOW, (EvidenceLine("m1", "Ann", "buy now", NOW - timedelta(days=1), judged=True),)),
)


def muted() -> Matter:
    matter = Matter()
    matter.judge()
    return matter


@pytest.mark.parametrize("category", [category.code for category in CATEGORIES])
@pytest.mark.parametrize("ground", Ground)
def test_every_statement_is_taken(category: str, ground: Ground) -> None:
    matter = muted()
    state = msgspec.structs.replace(matter.case, category=category)
    for statement in matter.statements():
        given = msgspec.structs.replace(statement, ground=ground, provision="Criminal Code, section 185")
        row = eu_statement(state, given, HOUSE_RULES["R1"], EVIDENCE, "https://mods.example/")
        assert list(faults(row)) == []
        assert row["category"] == CATEGORY[category][0]
        assert row["content_date"] == (NOW - timedelta(days=1)).date().isoformat()


def test_what_was_done_is_told_in_the_words_of_the_schema() -> None:
    matter = muted()
    (statement,) = matter.statements()
    row = eu_statement(matter.case, statement, HOUSE_RULES["R1"], EVIDENCE, "")
    assert row["decision_provision"] == "DECISION_PROVISION_PARTIAL_SUSPENSION"
    assert statement.until is not None
    assert row["end_date_service_restriction"] == statement.until.date().isoformat()
    assert (row["automated_detection"], row["automated_decision"]) == ("Yes", "AUTOMATED_DECISION_FULLY")
    assert row["source_type"] == "SOURCE_VOLUNTARY"
    banned = msgspec.structs.replace(statement, measures=(Measure.BAN, Measure.DELETE), until=None, automatic=False)
    row = eu_statement(matter.case, banned, HOUSE_RULES["R1"], EVIDENCE, "")
    assert row["decision_provision"] == "DECISION_PROVISION_TOTAL_SUSPENSION"
    assert row["decision_visibility"] == ["DECISION_VISIBILITY_CONTENT_REMOVED"]
    assert row["automated_decision"] == "AUTOMATED_DECISION_NOT_AUTOMATED"
    assert "end_date_service_restriction" not in row


def test_no_person_is_told() -> None:
    matter = reported_case()
    (statement,) = matter.statements()
    given = msgspec.structs.replace(statement, facts=("Ann called Ben a fool", "9 lines in 10 s, the limit is 8"))
    row = eu_statement(matter.case, given, HOUSE_RULES["R3"], EVIDENCE, "")
    text = json.dumps(row)
    assert [trace for trace in (*REPORTERS[:3], "Ann", "buy now") if trace in text] == []
    assert row["decision_facts"] == "9 lines in 10 s, the limit is 8"
    assert row["source_type"] == "SOURCE_ARTICLE_16"


def test_what_was_taken_back_is_not_reported() -> None:
    matter = muted()
    (statement,) = matter.statements()
    assert stands(matter.case, statement)
    gone = tuple(msgspec.structs.replace(one, status=MeasureStatus.REVOKED) for one in matter.case.actions)
    assert not stands(msgspec.structs.replace(matter.case, actions=gone), statement)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"decision_facts": ""}, "decision_facts is missing"),
        ({"decision_provision": None}, "no decision"),
        ({"decision_provision": "DECISION_PROVISION_MUTED"}, "does not know DECISION_PROVISION_MUTED"),
        ({"content_date": "1 May"}, "content_date is no date"),
        ({"puid": "A7K2.1"}, "puid has other characters"),
        ({"decision_facts": "x" * 5_001}, "longer than 5000"),
        ({"incompatible_content_ground": ""}, "incompatible_content_ground is missing"),
    ],
)
def test_what_the_database_would_refuse_is_named(change: dict[str, object], fault: str) -> None:
    matter = muted()
    row = eu_statement(matter.case, matter.statements()[0], HOUSE_RULES["R1"], EVIDENCE, "") | change
    assert any(fault in said for said in faults(row))


def test_the_words_are_those_of_the_schema() -> None:
    assert all(word.isupper() or word in ("Yes", "No") for words in FORMS.values() for word in words)
