"""What an erasure takes away and what it must keep, and why: a plan, item by item (norm P3-1c). Storage carries it out.

Only a pending case or a duty keeps anything; the person is told each item.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cases.model import CaseState

ITEMS = ("name", "lines", "statement", "appeal", "contact", "pseudonym", "note")
"""What a person's data in a case consists of, respondents' first, reporters' after."""
RESPONDENTS = frozenset({"name", "lines", "statement", "appeal"})
REPORTERS = frozenset({"contact", "pseudonym", "note"})


@dataclass(frozen=True, slots=True)
class Item:
    """One kind of data of one case. ``because`` is "" for what is erased, else the reason it stays (a stable word)."""

    kind: str
    because: str = ""


def plan(state: CaseState, *, reporter: bool, held: bool, sender_id: str | None = None) -> tuple[Item, ...]:
    """Everything one person's erasure touches in a case, as a respondent (``sender_id``) or as a reporter.

    ``held``: something keeps the case (`cases.dossiers.legal_hold.is_held`, an unanswered claim). Reasons:
    ``pending-case``, ``running-measure``, ``appeal-open``, ``legal-hold``. Consent given with a contact ends at once,
    whatever is pending.
    """
    mine = REPORTERS if reporter else RESPONDENTS
    kept = dict(_reasons(state, reporter, held, sender_id))
    return tuple(Item(kind, kept.get(kind, "")) for kind in ITEMS if kind in mine)


def _reasons(state: CaseState, reporter: bool, held: bool, sender_id: str | None) -> Iterable[tuple[str, str]]:
    """Kind and reason; a weightier reason comes later and wins."""
    mine = REPORTERS - {"contact"} if reporter else RESPONDENTS
    if not reporter and state.in_force(sender_id):
        yield from dict.fromkeys(("name", "statement"), "running-measure").items()
    if any(appeal.status.waits for appeal in state.appeals):
        yield from dict.fromkeys(mine, "appeal-open").items()
    if state.status.waits:
        yield from dict.fromkeys(mine, "pending-case").items()
    if held:
        yield from dict.fromkeys(mine, "legal-hold").items()
