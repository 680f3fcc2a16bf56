"""Open formats: what goes out holds nobody, what comes in is checked, and a foreign fingerprint is a hint alone."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.exchange import (
    FINGERPRINTS,
    RULES,
    fingerprints_file,
    fingerprints_from,
    rules_file,
    rules_from,
)
from cases.needs import Unfit
from cases.promotions import Seller, fingerprint, hints
from cases.rulebook import FIRST
from tests.cases.people import REPORTERS, reported_case

NOW = datetime(2026, 3, 1, tzinfo=UTC)
AD = "cheap coins at coins.example today"
PRINT = fingerprint(AD) or ""


@pytest.mark.norm("N4.2-2", "behaviour")
def test_rules_come_back_as_they_went() -> None:
    document = json.loads(json.dumps(rules_file(FIRST)))
    assert rules_from(document) == rules_file(FIRST)["rules"]
    assert {"insult", "flooding"} <= document["categories"].keys()


@pytest.mark.norm("N4.2-2", "bad-input")
@pytest.mark.parametrize(
    "document",
    [None, [], {}, {"format": "other/1", "rules": []}, {"format": RULES}, {"format": RULES, "rules": [{"id": "x"}]},
     {"format": RULES, "rules": []}],
)  # fmt: skip
def test_a_file_that_is_no_rules_is_refused(document: Any) -> None:
    with pytest.raises(Unfit):
        rules_from(document)


@pytest.mark.norm("N4.2-2", "behaviour")
def test_only_texts_of_several_senders_leave_the_house_and_nobody_with_them() -> None:
    alone = Seller("0" * 16, ("A7K2", "B3C4"), 1)
    many = Seller(PRINT, ("A7K2", "B3C4"), 7)
    document = json.loads(json.dumps(fingerprints_file("danmod of a room", (alone, many), NOW)))
    assert document["prints"] == [PRINT]
    text = json.dumps(document) + json.dumps(rules_file(FIRST))
    state = reported_case().case
    people = [
        *REPORTERS[:3],
        *(person.id for person in state.respondents),
        *(person.name for person in state.respondents),
    ]
    assert [one for one in (*people, state.code, "A7K2", AD) if f'"{one}"' in text] == []
    assert fingerprints_from(document).prints == {PRINT}


@pytest.mark.norm("N4.2-2", "bad-input")
@pytest.mark.parametrize(
    "change",
    [{"format": "x"}, {"prints": "x"}, {"prints": ["nothex"]}, {"prints": [5]}, {"made_at": "yesterday"},
     {"made_at": "2026-01-01T00:00:00"}],
)  # fmt: skip
def test_a_file_that_is_no_fingerprints_is_refused(change: dict[str, Any]) -> None:
    document = {"format": FINGERPRINTS, "source": "x", "made_at": NOW.isoformat(), "prints": [PRINT]} | change
    with pytest.raises(Unfit):
        fingerprints_from(document)


@pytest.mark.norm("N4.2-2", "bad-input")
def test_an_imported_fingerprint_is_a_hint_in_words_and_nothing_more() -> None:
    known = fingerprints_from(fingerprints_file("friends", (Seller(PRINT, ("A", "B"), 3),), NOW))
    assert hints("CHEAP COINS at coins.example  today!", [known]) == ("hint: friends knows this text as advertising",)
    assert hints("hello", [known]) == ()


@given(
    st.recursive(
        st.none() | st.booleans() | st.text(max_size=5) | st.integers(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(st.sampled_from(["format", "rules", "prints", "made_at", "id", "words"]), inner)
        ),
        max_leaves=8,
    )
)
def test_no_document_breaks_the_readers(document: Any) -> None:
    for read in (rules_from, fingerprints_from):
        with pytest.raises(Unfit):
            read(document)
