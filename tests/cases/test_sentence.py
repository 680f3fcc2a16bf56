"""The union of sentences keeps its laws; severities permit what the norm permits."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.sentence import ALLOWED, NOTHING, RESTRICTIVE, Measure, Sentence, Severity, sentence, worst

lengths = st.integers(0, 10**7).map(lambda seconds: timedelta(seconds=seconds))
others = st.frozensets(st.sampled_from([measure for measure in Measure if measure is not Measure.MUTE]))
sentences = st.builds(lambda measures, mute: sentence(*measures, mute=mute), others, st.none() | lengths)


@given(sentences)
def test_union_is_idempotent(one: Sentence) -> None:
    assert one | one == one


@given(sentences, sentences)
def test_union_is_commutative(one: Sentence, two: Sentence) -> None:
    assert one | two == two | one


@given(sentences, sentences, sentences)
def test_union_is_associative(one: Sentence, two: Sentence, three: Sentence) -> None:
    assert (one | two) | three == one | (two | three)


@given(sentences)
def test_nothing_is_neutral(one: Sentence) -> None:
    assert one | NOTHING == NOTHING | one == one
    assert bool(one) == bool(one.measures)


@given(sentences, sentences)
def test_a_union_is_above_both(one: Sentence, two: Sentence) -> None:
    both = one | two
    assert both.measures == one.measures | two.measures
    assert both.mute == max((length for length in (one.mute, two.mute) if length is not None), default=None)


@given(sentences, st.sampled_from(Severity), sentences, st.sampled_from(Severity))
def test_what_each_severity_permits_the_worst_permits_together(
    one: Sentence, its: Severity, two: Sentence, theirs: Severity
) -> None:
    """So decisions can be merged without asking again."""
    if one.within(its) and two.within(theirs):
        assert (one | two).within(worst(its, theirs))


@given(st.frozensets(st.sampled_from(Measure)), st.none() | lengths)
def test_a_length_and_a_mute_need_each_other(measures: frozenset[Measure], mute: timedelta | None) -> None:
    if (Measure.MUTE in measures) == (mute is not None):
        assert Sentence(measures, mute).mute == mute
    else:
        with pytest.raises(ValueError, match="needs a"):
            Sentence(measures, mute)


M, S = Measure, Severity
PERMITTED = {
    M.REMIND: {S.MINOR, S.MODERATE, S.SEVERE},
    M.WARN: {S.MINOR, S.MODERATE, S.SEVERE},
    M.HIDE: {S.MINOR, S.MODERATE, S.SEVERE},
    M.DELETE: {S.MODERATE, S.SEVERE},
    M.MUTE: {S.MODERATE, S.SEVERE},
    M.BAN: {S.SEVERE},
}


@pytest.mark.norm("N3.1-2a", "behaviour")
@pytest.mark.norm("N3.1-2b", "behaviour")
@pytest.mark.norm("N3.1-2c", "behaviour")
@pytest.mark.norm("N1.3-1", "behaviour")
@pytest.mark.parametrize("severity", Severity)
@pytest.mark.parametrize("measure", Measure)
def test_every_severity_permits_exactly_its_measures(measure: Measure, severity: Severity) -> None:
    mute = timedelta(minutes=5) if measure is Measure.MUTE else None
    given_ = Sentence(frozenset({measure}), mute)
    assert given_.within(severity) == (severity in PERMITTED[measure])
    assert set(ALLOWED) == set(Severity)


def test_a_graver_severity_permits_no_less() -> None:
    assert ALLOWED[S.MINOR] < ALLOWED[S.MODERATE] < ALLOWED[S.SEVERE]


def test_nothing_minor_owes_a_statement() -> None:
    assert not ALLOWED[S.MINOR] & RESTRICTIVE
    assert {M.DELETE, M.MUTE, M.BAN} == RESTRICTIVE


@given(st.lists(st.sampled_from(Severity), min_size=1))
def test_the_worst_is_one_of_them_and_above_all(severities: list[Severity]) -> None:
    found = severities[0]
    for severity in severities:
        found = worst(found, severity)
    assert found in severities
    assert found.rank == max(severity.rank for severity in severities)
