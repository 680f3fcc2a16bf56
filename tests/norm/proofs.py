"""Which tests prove which clause: read from the markers ``norm(clause, aspect)`` in the tests' text."""

from __future__ import annotations

import ast
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

TESTS = Path(__file__).parent.parent
ASPECTS = ("behaviour", "bad-input", "deadline")


@dataclass(frozen=True)
class Clause:
    """One clause as danmod reads it. ``deadline`` "": it sets none."""

    id: str
    title: str
    zh: str
    behaviour: str
    lives: tuple[str, ...]
    deadline: str

    @property
    def aspects(self) -> tuple[str, ...]:
        """What has to be proven."""
        return ASPECTS if self.deadline else ASPECTS[:2]


@dataclass(frozen=True, order=True)
class Proof:
    """One test with a marker: where it stands, and its name."""

    path: str
    test: str


@dataclass
class Account:
    """One clause with its proofs by aspect."""

    clause: Clause
    proofs: dict[str, list[Proof]] = field(default_factory=lambda: defaultdict(list))

    @property
    def missing(self) -> list[str]:
        """The aspects without a test."""
        return [aspect for aspect in self.clause.aspects if not self.proofs.get(aspect)]


def clauses() -> Mapping[str, Clause]:
    """Every clause by its id, in the norm's order."""
    rows = tomllib.loads((TESTS / "norm" / "clauses.toml").read_text(encoding="utf-8"))
    return {
        name: Clause(name, row["title"], row["zh"], row["behaviour"], tuple(row["lives"]), row["deadline"])
        for name, row in rows.items()
    }


def accounts() -> dict[str, Account]:
    """Every clause with its proofs. Raises ValueError for a marker of an unknown clause or aspect."""
    found = {name: Account(clause) for name, clause in clauses().items()}
    for proof, clause, aspect in marked():
        if clause not in found or aspect not in ASPECTS:
            raise ValueError(
                f"{proof.path}::{proof.test} is marked {clause}, {aspect}: there is no such clause or aspect"
            )
        if proof not in found[clause].proofs[aspect]:
            found[clause].proofs[aspect].append(proof)
    return found


@cache
def marked() -> tuple[tuple[Proof, str, str], ...]:
    """Every marker: the test, the clause, the aspect."""
    return tuple(row for path in sorted(TESTS.rglob("test_*.py")) for row in _of_file(path))


def _of_file(path: Path) -> Iterator[tuple[Proof, str, str]]:
    name = path.relative_to(TESTS.parent).as_posix()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in tree.body:
        owner = getattr(node, "name", "")
        for clause, aspect in _markers(node):
            yield Proof(name, owner or "every test"), clause, aspect


def _markers(node: ast.AST) -> Iterator[tuple[str, str]]:
    for inner in ast.walk(node):
        if (
            isinstance(inner, ast.Call)
            and isinstance(inner.func, ast.Attribute)
            and inner.func.attr == "norm"
            and len(inner.args) == 2
            and all(isinstance(argument, ast.Constant) for argument in inner.args)
        ):
            clause, aspect = (str(argument.value) for argument in inner.args if isinstance(argument, ast.Constant))
            yield clause, aspect
