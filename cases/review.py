"""The detailed review (norm N2.3-2, N3.1-1): the context beside the judged lines, and the class that is given.

Part of the registrar, with what a reviewer's page shows. Reading is a fact, too: a decision records whether whoever decided
had opened the context before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cases import intents
from cases.categories import known as known_category
from cases.clerk import Clerk, closed, unknown
from cases.history import Changes, Classified, ContextSeen
from cases.model import CaseState, Evidence, EvidenceKind, Profile, Refusal
from cases.ports import Decide
from cases.rules import Rule
from cases.sentence import Severity
from ratelimit.fold import fold


@dataclass(frozen=True, slots=True)
class ContextLine:
    """One line as a reviewer sees it: as written, folded as the checks read it, and where it stands.

    ``place`` is ``before``, ``judged`` or ``after``. ``into_stream``: how long the stream had run, None where nobody knows.
    """

    at: datetime
    sender: str
    text: str
    folded: str
    place: str
    into_stream: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """Everything a reviewer sees of what was said. ``gaps`` say what is missing, in sentences."""

    lines: tuple[ContextLine, ...]
    facts: tuple[str, ...]
    gaps: tuple[str, ...]


def context(evidence: Sequence[Evidence]) -> Context:
    """The frozen lines in the order in which they were written, each once, with the facts and the gaps."""
    lines: dict[str, ContextLine] = {}
    for line in sorted(_lines(evidence), key=lambda line: line.at):
        lines.setdefault(f"{line.at.timestamp()} {line.sender} {line.text}", line)
    facts = dict.fromkeys(fact for part in evidence for fact in part.facts)
    gaps = dict.fromkeys(part.gap for part in evidence if part.gap)
    if not any(part.kind is EvidenceKind.AFTERMATH for part in evidence):
        gaps["what followed was not captured"] = None
    return Context(tuple(lines.values()), tuple(facts), tuple(gaps))


def _lines(evidence: Iterable[Evidence]) -> Iterator[ContextLine]:
    for part in evidence:
        judged = [line.at for line in part.lines if line.judged]
        for line in part.lines:
            early = part.kind is EvidenceKind.AT_ONCE and (not judged or line.at <= max(judged))
            place = "judged" if line.judged else "before" if early else "after"
            into = line.at - part.live_since if isinstance(part.live_since, datetime) else None
            yield ContextLine(line.at, line.sender, line.text, fold(line.text), place, into)


class Reviews(Clerk):
    """What a reviewer does before deciding."""

    def look(self, opened: intents.ContextOpened, now: datetime) -> Decide:
        """Somebody opened the context; noted once for each person and case."""

        def decide(state: CaseState | None, fresh: str) -> Changes | Refusal:
            if state is None:
                return unknown()
            if (refusal := closed(state, "look", opened.by)) is not None:
                return refusal
            draft = self._draft(state, fresh, now, state.dry_run)
            if opened.by.ref not in state.seen_by:
                draft.add(ContextSeen(at=now, by=opened.by))
            for report in state.reports:
                if report.urgent:
                    draft.met("life_or_child", report.id)
            return draft.changes(opened.processed)

        return self._staffed(opened.by, "look", now, decide)

    def classify(self, given: intents.ClassGiven, now: datetime) -> Decide:
        """Give the case its class; a later one is added, none is overwritten.

        Refusals: ``unknown_category``, ``unknown_rule``, ``no_reason``, ``needs_panel`` (``too_severe`` where there is
        none) beyond the rule's range. Severe with a gap in the context waits for a second person who agrees.
        """

        def decide(state: CaseState | None, fresh: str) -> Changes | Refusal:
            if state is None:
                return unknown()
            refusal = closed(state, "classify", given.by) or self._unfit_class(state, given)
            if refusal is not None:
                return refusal
            draft = self._draft(state, fresh, now, state.dry_run)
            entry = Classified(
                at=now,
                by=given.by,
                category=given.category,
                severity=given.severity,
                reason=given.reason.strip(),
                rule=given.rule,
                stands=not self._needs_second(state, given),
            )
            draft.paced(entry)
            return draft.changes(given.processed)

        return self._staffed(given.by, "classify", now, decide)

    def _unfit_class(self, state: CaseState, given: intents.ClassGiven) -> Refusal | None:
        if not known_category(given.category):
            return Refusal("unknown_category", f"there is no category {given.category}")
        rule = self._version(state, state.opened_at).rules.get(given.rule or state.rule)
        if rule is None:
            return Refusal("unknown_rule", f"there is no rule {given.rule}")
        if not given.reason.strip():
            return Refusal("no_reason", f"{state.code}: say in a line why it is {given.severity}")
        if _within(rule, given.severity) or _panel_found(state, given.severity):
            return None
        if self.house.profile is Profile.SOLO:
            return Refusal("too_severe", f"{rule.id} is never {given.severity}")
        offered = f"danmod act {state.code} convene -f reason=severity"
        return Refusal(
            "needs_panel", f"{rule.id} is never {given.severity} by one person; a panel may say so: {offered}"
        )

    def _needs_second(self, state: CaseState, given: intents.ClassGiven) -> bool:
        """Severe, though something of the context is missing: nobody says so alone (norm N2.3-2)."""
        if given.severity is not Severity.SEVERE or not state.gap or self.house.profile is Profile.SOLO:
            return False
        earlier = [mark for mark in state.classifications if mark.severity is Severity.SEVERE and not mark.final]
        return not any(self._other_person(state, mark.by.ref, given.by.ref) for mark in earlier if mark.by.ref)


def _within(rule: Rule, severity: Severity) -> bool:
    return rule.mildest.rank <= severity.rank <= rule.gravest.rank


def _panel_found(state: CaseState, severity: Severity) -> bool:
    return state.panel is not None and not state.panel.is_open and state.panel.severity is severity
