"""House rules: what people may call them, and that they are complete."""

from __future__ import annotations

import pytest

from cases.catalogue import LANGUAGES
from cases.categories import CATEGORIES
from cases.rules import HOUSE_RULES, R0, Rule, rule_id
from cases.sentence import Severity

rules = pytest.mark.parametrize("rule", HOUSE_RULES.values(), ids=lambda rule: rule.id)


@pytest.mark.parametrize(
    ("word", "named"),
    [("R3", "R3"), ("r3", "R3"), ("R03", "R3"), ("Ｒ３", "R3"), ("ｒ０", "R0"), ("r00", "R0")],
)
def test_a_rule_is_named_by_its_id(word: str, named: str) -> None:
    assert rule_id(word) == named


@pytest.mark.parametrize("word", ["", "R", "3", "R003", "R-1", "R3 ", "RR3", "R1.0", "R٣", "r³", "rule 3"])
def test_another_word_is_no_rule(word: str) -> None:
    assert rule_id(word) is None


@rules
@pytest.mark.norm("N1.1", "behaviour")
def test_every_rule_names_its_ground_in_both_languages(rule: Rule) -> None:
    assert HOUSE_RULES[rule.id] is rule
    assert rule_id(rule.id) == rule.id
    assert rule.category in {category.code for category in CATEGORIES}
    for language in LANGUAGES:
        assert rule.told(language) == rule.words[language] != ""


@rules
@pytest.mark.norm("N1.1", "behaviour")
def test_a_rule_has_a_range_of_severity(rule: Rule) -> None:
    assert rule.mildest.rank <= rule.gravest.rank


def test_judgement_covers_everything() -> None:
    assert (R0.mildest, R0.gravest) == (Severity.MINOR, Severity.SEVERE)


def test_another_language_reads_english() -> None:
    assert HOUSE_RULES["R1"].told("fr") == "no flooding"
