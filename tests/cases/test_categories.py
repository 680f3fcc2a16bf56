"""The catalogue of what can be reported: whole in both languages, codes that stay, nothing unreachable."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.categories import CATEGORIES, OTHER, Branch, category, known
from cases.rules import HOUSE_RULES

CODES = "law morals terror obscene fraud copyright reputation privacy slander insult doxxing flooding advertising other"


@pytest.mark.norm("N2.2-0", "behaviour")
def test_every_leaf_has_all_fields_in_both_languages() -> None:
    for leaf in CATEGORIES:
        for text in (leaf.en, leaf.zh, leaf.definition_en, leaf.definition_zh):
            assert text.strip()
        assert re.search(r"[\u4e00-\u9fff]", leaf.zh + leaf.definition_zh)
        assert leaf.label("zh-CN") == leaf.zh
        assert leaf.label("fr") == leaf.en
        assert leaf.definition("en") == leaf.definition_en


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
