"""Whether a clause's tests fail when its code is removed: ``python -m tests.norm.removal --seed 7 --draw 10``.

Draws clauses at random, or takes those named by ``--clause``. For each, `removals.toml` names one proof of each aspect
(a test with the marker ``norm(clause, aspect)``) and what is to be cut from which file. In a copy of the tree the proofs
pass, then the cut is made, and then each of them must fail: by an assertion of its own, not because nothing can be
imported any more. Exit 1 when one does not, or when a drawn clause has no recipe.
"""

from __future__ import annotations

import argparse
import random
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.norm.proofs import ASPECTS, TESTS, Proof, clauses, marked

ROOT = TESTS.parent
RECIPES = TESTS / "norm" / "removals.toml"
LEFT_OUT = (".git", ".venv", ".cache", ".*_cache", "__pycache__", ".hypothesis", "*.egg-info", "danmod.db*", "images")
ALL_WITHIN_S = 900


@dataclass(frozen=True)
class Cut:
    """One place where a clause lives: ``text`` stands there exactly once, and is replaced."""

    file: str
    text: str
    instead: str


@dataclass(frozen=True)
class Recipe:
    """How to remove a clause, and by aspect the test that has to notice. ``says``: what is lost."""

    clause: str
    says: str
    cuts: tuple[Cut, ...]
    proofs: Mapping[str, str]


def main() -> int:
    """Draw, remove, report; 0 when every proof noticed."""
    given = _arguments()
    known = recipes()
    names = given.clause or random.Random(given.seed).sample(list(known if given.known else clauses()), given.draw)
    missing = [name for name in names if name not in known]
    chosen = [known[name] for name in names if name in known]
    faults = [f"{name}: no recipe" for name in missing] + [fault for one in chosen for fault in unfit(one)]
    with copied() as tree:
        faults += list(unremoved(tree, chosen))
        for recipe in chosen:
            faults += removed(tree, recipe)
    for fault in faults:
        _say(f"WRONG  {fault}")
    _say(f"{len(chosen)} of {len(names)} clauses removed, {len(faults)} wrong")
    return 1 if faults else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.norm.removal", description=__doc__)
    parser.add_argument("--seed", type=int, default=7, help="of the draw")
    parser.add_argument("--draw", type=int, default=10, help="how many clauses")
    parser.add_argument("--clause", action="append", help="this one, instead of a draw; as often as needed")
    parser.add_argument("--known", action="store_true", help="draw among the clauses that have a recipe")
    return parser.parse_args()


# -- recipes ------------------------------------------------------------------------------------------------------------


def recipes() -> dict[str, Recipe]:
    """Every recipe by its clause."""
    rows = tomllib.loads(RECIPES.read_text(encoding="utf-8"))
    return {
        name: Recipe(name, row["says"], tuple(Cut(**cut) for cut in row["cut"]), row["proofs"])
        for name, row in rows.items()
    }


def unfit(recipe: Recipe) -> Iterator[str]:
    """What is wrong with a recipe on paper: a text that is not there once, a proof that is none, an aspect left out."""
    for cut in recipe.cuts:
        count = (ROOT / cut.file).read_text(encoding="utf-8").count(cut.text)
        if count != 1:
            yield f"{recipe.clause}: {cut.file} holds the text to be removed {count} times, not once"
    for aspect in clauses()[recipe.clause].aspects:
        if aspect not in recipe.proofs:
            yield f"{recipe.clause}: names no proof of its {aspect}"
    for aspect, node in recipe.proofs.items():
        if not proves(node, recipe.clause, aspect):
            yield f"{recipe.clause}: {node} is not marked as a proof of its {aspect}"


def proves(node: str, clause: str, aspect: str) -> bool:
    """True when a test, or the class it stands in, carries the marker."""
    path, _, test = node.partition("::")
    proof = Proof(path, test.partition("::")[0].partition("[")[0])
    return (proof, clause, aspect) in marked() or (Proof(path, "every test"), clause, aspect) in marked()


# -- in a copy ----------------------------------------------------------------------------------------------------------


@contextmanager
def copied() -> Iterator[Path]:
    """The tree as it is now, in a folder that is swept away in the end."""
    with tempfile.TemporaryDirectory(prefix="danmod-removal-") as folder:
        tree = Path(folder) / "danmod"
        shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(*LEFT_OUT), symlinks=True)
        yield tree


def unremoved(tree: Path, chosen: Sequence[Recipe]) -> Iterator[str]:
    """With all the code there every proof passes."""
    nodes = dict.fromkeys(node for recipe in chosen for node in recipe.proofs.values())
    results = run(tree, list(nodes))
    for node in nodes:
        if verdict(results, node) != "passed":
            yield f"{node}: {verdict(results, node)} while the code is there"


def removed(tree: Path, recipe: Recipe) -> list[str]:
    """Without the clause's code every proof fails; tells how each did."""
    _say(f"{recipe.clause:8} without: {recipe.says}")
    with _cut(tree, recipe):
        results = run(tree, list(dict.fromkeys(recipe.proofs.values())))
    found = [
        (aspect, recipe.proofs[aspect], verdict(results, recipe.proofs[aspect]))
        for aspect in ASPECTS
        if aspect in recipe.proofs
    ]
    for aspect, node, how in found:
        _say(f"         {aspect:9} {how:7} {node}")
    return [f"{recipe.clause}: {node}: {how} without the code" for _, node, how in found if how != "failed"]


@contextmanager
def _cut(tree: Path, recipe: Recipe) -> Iterator[None]:
    before = {cut.file: (tree / cut.file).read_text(encoding="utf-8") for cut in recipe.cuts}
    for cut in recipe.cuts:
        path = tree / cut.file
        path.write_text(path.read_text(encoding="utf-8").replace(cut.text, cut.instead), encoding="utf-8")
    try:
        yield
    finally:
        for file, text in before.items():
            (tree / file).write_text(text, encoding="utf-8")


def run(tree: Path, nodes: Sequence[str]) -> list[tuple[str, str]]:
    """Run these tests in the copy; the verdict and the node of each."""
    if not nodes:
        return []
    done = subprocess.run(
        [sys.executable, "-B", "-m", "pytest", "-q", "-rA", "--no-header", "--tb=no", "-p", "no:cacheprovider", *nodes],
        cwd=tree, capture_output=True, text=True, timeout=ALL_WITHIN_S, check=False,
    )  # fmt: skip
    words = (line.split(" ", 1) for line in done.stdout.splitlines() if " " in line)
    told = [
        (word.lower(), rest.split(" - ")[0].strip()) for word, rest in words if word in ("PASSED", "FAILED", "ERROR")
    ]
    if not told:
        _say(f"{done.stdout[-1000:]}{done.stderr[-1000:]}")
    return told


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - a tool's answer


def verdict(results: Sequence[tuple[str, str]], node: str) -> str:
    """``failed`` when one of the test's cases failed, ``passed`` when all passed; ``error`` and ``not run`` are neither."""
    own = {word for word, name in results if name == node or name.startswith((f"{node}[", f"{node}::"))}
    return next((word for word in ("failed", "error", "passed") if word in own), "not run")


if __name__ == "__main__":
    sys.exit(main())
