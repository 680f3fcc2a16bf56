"""What an erasure takes away and what it must keep, and why: a plan, item by item (norm P3-1c). Storage carries it out.

Only a pending case or a duty keeps anything; the person is told each item.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from cases.dossier import Dossier
from cases.model import CaseState, CaseStatus

ITEMS = ("name", "lines", "statement", "appeal", "contact", "pseudonym", "note")
"""What a person's data in a case consists of, respondents' first, reporters' after."""
RESPONDENTS = frozenset({"name", "lines", "statement", "appeal"})
REPORTERS = frozenset({"contact", "pseudonym", "note"})
HOLDING = frozenset({"referral", "legal_hold", "disclosure"})
"""Kinds of dossiers that, while unfinished, hold the evidence of the case they are about."""
_FINISHED = frozenset({"released", "closed", "withdrawn", "refused", "disclosed", "answered", "settled", "lifted"})


@dataclass(frozen=True, slots=True)
class Item:
    """One kind of data of one case. ``because`` is "" for what is erased, else the reason it stays (a stable word)."""

    kind: str
    because: str = ""


def plan(
    state: CaseState, others: Iterable[Dossier], now: datetime, *, reporter: bool, sender_id: str | None = None
) -> tuple[Item, ...]:
    """Everything one person's erasure touches in a case, as a respondent (``sender_id``) or as a reporter.

    ``others`` are dossiers that concern the case. Reasons: ``pending-case``, ``running-measure``, ``appeal-open``,
    ``legal-hold``.
    """
    mine = REPORTERS if reporter else RESPONDENTS
    kept = dict(_reasons(state, tuple(others), now, reporter, sender_id))
    return tuple(Item(kind, kept.get(kind, "")) for kind in ITEMS if kind in mine)


def _reasons(
    state: CaseState, others: tuple[Dossier, ...], now: datetime, reporter: bool, sender_id: str | None
) -> Iterable[tuple[str, str]]:
    """Kind and reason; a weightier reason comes later and wins."""
    mine = REPORTERS - {"contact"} if reporter else RESPONDENTS
    if not reporter and state.in_force(sender_id):
        yield from dict.fromkeys(("name", "statement"), "running-measure").items()
    if any(appeal.decided_at is None for appeal in state.appeals):
        yield from dict.fromkeys(mine, "appeal-open").items()
    if state.status is CaseStatus.OPEN:
        yield from dict.fromkeys(mine, "pending-case").items()
    if any(_holds(other, state.code) for other in others):
        yield from dict.fromkeys(mine, "legal-hold").items()


def _holds(other: Dossier, code: str) -> bool:
    return other.kind in HOLDING and other.about == code and other.status not in _FINISHED
