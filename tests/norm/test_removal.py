"""The recipes by which clauses are taken out of the code are whole on paper; `python -m tests.norm.removal` tries them."""

from __future__ import annotations

import pytest

from tests.norm.removal import Cut, Recipe, recipes, unfit, verdict

LEAST = 15
NODE = "tests/a/test_b.py::TestC::test_d"


@pytest.mark.parametrize("clause", recipes())
def test_what_is_cut_stands_there_once_and_what_notices_is_a_proof(clause: str) -> None:
    recipe = recipes()[clause]
    assert list(unfit(recipe)) == []
    assert all(cut.text != cut.instead for cut in recipe.cuts)


def test_there_are_some() -> None:
    assert len(recipes()) >= LEAST


def test_a_recipe_that_does_not_fit_is_named() -> None:
    wrong = Recipe("N1.1", "x", (Cut("cases/rules.py", "no such words", ""),), {"behaviour": NODE})
    found = " ".join(unfit(wrong))
    assert "cases/rules.py holds the text to be removed 0 times" in found
    assert "names no proof of its bad-input" in found
    assert f"{NODE} is not marked as a proof of its behaviour" in found


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ([("passed", f"{NODE}[one]"), ("failed", f"{NODE}[two]")], "failed"),
        ([("passed", NODE)], "passed"),
        ([("error", NODE)], "error"),
        ([("failed", "tests/a/test_b.py::TestC::test_dd")], "not run"),
        ([("error", "tests/a/test_b.py")], "not run"),
        ([], "not run"),
    ],
)
def test_only_a_test_of_its_own_that_fails_has_noticed(results: list[tuple[str, str]], expected: str) -> None:
    assert verdict(results, NODE) == expected
