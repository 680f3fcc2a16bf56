"""Proofs of erasure: what kinds of data went, how many, and a digest of which, never whose (norm P3-1b).

A proof is written in the transaction that erases, on the one chain of the history, and kept as long as the history is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

from cases.dossier import Attempt, DossierKind
from cases.dossiers.common import ALWAYS, OFFICERS, digest
from cases.machine import BEGINNING, Machine, Move, by
from cases.model import ActorKind, Refusal
from cases.needs import Need, Unfit, one_of, text

CAUSES = ("due", "request", "withdrawn")
"""Why it went: its time was over, a person's request was granted, consent was taken back."""


def _counts() -> Need:
    """``{"evidence": 3}``: how many rows of each kind."""

    def read(given: object) -> dict[str, int]:
        if not isinstance(given, Mapping) or not given:
            raise Unfit("is empty")
        if any(not isinstance(count, int) or count < 1 for count in given.values()):
            raise Unfit("counts less than one")
        return {str(kind): int(count) for kind, count in sorted(given.items())}

    return Need("how many of each kind", read)


def for_a_reason(attempt: Attempt) -> Refusal | None:
    """What goes before its time names the request it answers."""
    if attempt.field("cause") == "request" and not attempt.field("request"):
        return Refusal("unfit", "request is missing: the granted request this carries out")
    return None


def digest_of(rows: Iterable[str]) -> str:
    """SHA-256 of the sorted names of what was erased: it proves which rows, to whoever knows them, and tells nobody."""
    return hashlib.sha256("\n".join(sorted(rows)).encode()).hexdigest()


MACHINE = Machine(
    "erasure",
    (
        Move(
            "prove",
            {BEGINNING: "proved"},
            by(ActorKind.BOT),
            {"cause": one_of(*CAUSES), "counts": _counts(), "digest": digest()},
            {"request": text(40)},
            (for_a_reason,),
            zh="删除证明",
        ),
    ),
)

KIND = DossierKind(
    "erasure",
    "删除证明",
    MACHINE,
    "P3-1b",
    readers=OFFICERS | by(ActorKind.SUPERVISOR),
    retention=ALWAYS,
)
