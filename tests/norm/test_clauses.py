"""The table of clauses is whole, and says truly what is proven."""

from __future__ import annotations

from tests.norm.proofs import clauses

CLAUSES = 58
"""How many clauses the norm and the privacy study have together."""


def test_every_clause_is_in_the_table() -> None:
    assert len(clauses()) == CLAUSES
    for clause in clauses().values():
        assert clause.title, clause.id
        assert clause.zh, clause.id
        assert clause.behaviour, clause.id
