"""The registrar's part for nukes: one moderator's order about many people, each with the own measure and statement."""

from __future__ import annotations

from datetime import datetime

from cases import intents
from cases.clerk import Clerk
from cases.history import Changes
from cases.machine import BEGINNING
from cases.machines import CASE
from cases.measures import RESPONDENTS_A_CASE, SEVERITY_OF
from cases.model import CaseKind, CaseState, Refusal
from cases.ports import Decide


class Nuking(Clerk):
    """Many respondents by one order."""

    def nuke(self, wanted: intents.NukeCommanded, now: datetime) -> Decide:
        """Opens a case with all of them. Refusals: ``unknown_rule``, ``too_severe``, ``too_many``, and any order's."""

        def decide(state: CaseState | None, fresh: str) -> Changes | Refusal:
            if not 0 < len(wanted.orders) <= RESPONDENTS_A_CASE:
                return Refusal("too_many", f"one case holds at most {RESPONDENTS_A_CASE} people")
            version = self._version(None, now)
            rule, severity = version.rules.get(wanted.rule), SEVERITY_OF[wanted.measure]
            if rule is None:
                return Refusal("unknown_rule", f"there is no rule {wanted.rule}")
            if severity.rank > rule.gravest.rank:
                return Refusal("too_severe", f"{wanted.rule} does not allow a {wanted.measure}")
            if (refusal := CASE.refusal(BEGINNING, "begin", wanted.by.kind)) is not None:
                return refusal
            draft = self._draft(None, fresh, now, wanted.dry_run)
            given = (wanted.room, CaseKind.COMMAND, wanted.episode, rule.category, rule.id, severity, wanted.by)
            draft.open(*given, version=version.number)
            for order in wanted.orders:
                draft.command(order, severity)
            return draft.changes(wanted.processed)

        return self._staffed(wanted.by, "measure", now, decide, wanted.room)
