"""What the votes of a panel come to, and how that binds whoever decides. Pure; anybody with the votes can count again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from cases.model import Ballot, CaseState, Refusal
from cases.sentence import Measure, Severity

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the votes come to. ``tied``: no majority, or somebody abstained; the rest is None then."""

    tied: bool
    severity: Severity | None = None
    measure: Measure | None = None


def tally(ballots: Sequence[Ballot]) -> Outcome:
    """The severity, and the measure, that more than half of all voted for. The order does not matter."""
    severities = _majority([ballot.severity for ballot in ballots])
    measures = _majority([ballot.measure for ballot in ballots])
    if any(ballot.abstains for ballot in ballots) or not severities or not measures:
        return Outcome(tied=True)
    return Outcome(False, severities[0], measures[0])


def _majority(values: Sequence[_Value]) -> list[_Value]:
    """What more than half say, as one value; nothing when they differ too much."""
    return [value for value in {*values} if 2 * values.count(value) > len(values)]


def binds(state: CaseState, severity: Severity | None, measure: Measure | None) -> Refusal | None:
    """Why this cannot be decided now, because a panel sits or decided otherwise; None when it can.

    ``severity`` and ``measure`` None: the case would be closed without measures.
    """
    panel = state.panel
    if panel is None or not state.status.waits:
        return None
    if panel.is_open:
        return Refusal("panel_sits", f"{state.code}: a panel judges this; wait for its votes")
    if panel.measure is not measure or (measure is not None and panel.severity is not severity):
        found = f"{panel.severity or 'no violation'}, {panel.measure or 'no measure'}"
        return Refusal("panel_decided", f"{state.code}: the panel decided {found}")
    return None
