"""The catalogue of what can be reported: whole in every language, codes that stay, nothing unreachable."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.catalogue import LANGUAGES
from cases.categories import CATEGORIES, OTHER, Branch, category, known, offered
from cases.eu_statements import CATEGORY as OUTSIDE
from cases.rules import HOUSE_RULES
from commands.arguments import CATEGORY_WORDS
from commands.arguments import category as said_in_chat

CODES = (
    "law morals terror obscene fraud promotion copyright reputation privacy slander insult doxxing flooding advertising"
    " other"
)


@pytest.mark.norm("N2.2-0", "behaviour")
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_leaf_has_all_fields_in_every_language(language: str) -> None:
    for leaf in CATEGORIES:
        texts = [leaf.label(language), leaf.definition(language), leaf.examples(language), leaf.non_examples(language)]
        assert all(text.strip() for text in texts)
        assert len(set(texts)) == 4
        assert language == "en" or all(re.search(r"[\u4e00-\u9fff]", text) for text in texts)


@pytest.mark.norm("N2.2-0", "behaviour")
def test_every_leaf_has_a_range_of_severity_and_an_outside_name() -> None:
    for leaf in CATEGORIES:
        assert leaf.mildest.rank <= leaf.severity.rank <= leaf.gravest.rank
        heading, keywords = OUTSIDE[leaf.code]
        assert heading.startswith("STATEMENT_CATEGORY_")
        assert keywords
    assert set(OUTSIDE) == {leaf.code for leaf in CATEGORIES}


@pytest.mark.norm("N2.2-0", "behaviour")
def test_every_leaf_can_be_said_in_chat() -> None:
    assert set(CATEGORY_WORDS) == {leaf.code for leaf in CATEGORIES}
    for leaf in CATEGORIES:
        assert {said_in_chat(word) for word in CATEGORY_WORDS[leaf.code].split()} == {leaf.code}


def test_codes_are_stable_and_unique() -> None:
    assert [leaf.code for leaf in CATEGORIES] == CODES.split()


def test_every_branch_has_leaves() -> None:
    assert {leaf.branch for leaf in CATEGORIES} == set(Branch)


def test_every_house_rule_has_a_category_of_the_catalogue() -> None:
    assert [rule.id for rule in HOUSE_RULES.values() if not known(rule.category)] == []


@pytest.mark.norm("N2.2-0", "bad-input")
@given(st.text(max_size=30))
def test_an_unknown_code_is_other(code: str) -> None:
    found = category(code)
    assert found is OTHER or found.code == code.strip().lower()
    assert category(" FRAUD ").code == "fraud"


def test_what_is_offered_keeps_the_order_and_other() -> None:
    assert offered() == CATEGORIES
    assert [leaf.code for leaf in offered(("insult", "law", "unknown"))] == ["law", "insult", "other"]
