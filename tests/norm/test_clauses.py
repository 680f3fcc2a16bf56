"""The table of clauses is whole, and says truly what is proven."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.norm.proofs import accounts, clauses

ROOT = Path(__file__).parent.parent.parent
CLAUSES = 58
"""How many clauses the norm and the privacy study have together."""


def test_every_clause_is_in_the_table() -> None:
    assert len(clauses()) == CLAUSES
    for clause in clauses().values():
        assert clause.title, clause.id
        assert clause.zh, clause.id
        assert clause.behaviour, clause.id


@pytest.mark.parametrize("clause", clauses())
def test_where_a_clause_lives_exists(clause: str) -> None:
    missing = [place for place in clauses()[clause].lives if not (ROOT / place).exists()]
    assert missing == []


@pytest.mark.parametrize("clause", clauses())
def test_a_clause_is_proven(clause: str) -> None:
    """Behaviour, bad input, and the deadline where there is one."""
    assert accounts()[clause].missing == []
