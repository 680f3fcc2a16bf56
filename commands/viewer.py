"""What viewers may do: report somebody, and object to what was decided about themselves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from cases import intents
from cases.evidence import storable
from cases.history import Changes
from cases.model import CaseState, CaseStatus, Refusal
from cases.ports import Applied, ByCode, ByEpisode, CaseFilter, Decide, Repeated
from cases.registrar import EPISODE_GAP
from commands import evidence, permissions
from commands.arguments import case_code, category
from commands.asking import NOTE_LENGTH, Asked, Handled, respondent_of
from commands.replies import Reply
from commands.targets import Ambiguous, Missing, Target

OPEN_FOR_EVER = timedelta(days=3650)
"""An open report is joined however old it is."""
UNDECIDED = (CaseStatus.OPEN, CaseStatus.DISMISSED)
"""A respondent is told nothing of such a case: it would tell that somebody reported."""


async def report(asked: Asked) -> Handled:
    """``!report @name [category] [note]``: the target's lines are frozen at once; answers with the case's code."""
    target = asked.target()
    if not isinstance(target, Target):
        return hint_for(asked, target)
    fault = permissions.untouchable(target.sender, asked.sender, asked.room.memory, measure=False)
    if fault is not None:
        return asked.refuse(fault)
    wait = None if asked.staff else asked.parts.reports.try_take(asked.pseudonym, asked.now.timestamp())
    if wait is not None:
        return asked.refuse("too_often", span=asked.span(max(wait, timedelta(seconds=1))))
    return await _file(asked, target)


async def appeal(asked: Asked) -> Handled:
    """``!appeal [code] reason``: of a respondent; without a code, about the latest decision on the sender."""
    code, reasons = await _appealed_case(asked)
    if code is None:
        return asked.refuse("unknown_case", True)
    made = intents.AppealMade(asked.sender.id or "", storable(reasons)[:NOTE_LENGTH], asked.message.id)
    decide = _of_a_decision(asked.parts.registrar.appeal(made, asked.now), made.sender_id)
    answer = await asked.apply(ByCode(code), decide)
    if isinstance(answer, Refusal):
        return asked.refused(answer, code, urgent=True)
    if isinstance(answer, Repeated):
        return Handled(None, refused="repeated")
    return asked.done("appealed", [answer], True, code=answer.state.code)


def hint_for(asked: Asked, found: Ambiguous | Missing) -> Handled:
    """The one short question or hint about a target that is not clear."""
    if isinstance(found, Ambiguous) and found.choices:
        return asked.refuse("ambiguous", choices=" ".join(found.choices))
    return asked.refuse("unknown_name" if isinstance(found, Ambiguous) else found.hint)


async def own_decisions(asked: Asked) -> Sequence[CaseState]:
    """What was decided about the sender in this room, latest first."""
    about = await asked.parts.reader.cases(CaseFilter(room=asked.key, respondent=asked.sender.id, limit=20))
    return [state for state in about if state.status not in UNDECIDED and not state.dry_run]


def _receipt(asked: Asked, code: str) -> Reply:
    """By code alone; it may go out later, together with others."""
    return Reply(asked.text("receipt", code=code), asked.sender, urgent=asked.staff, code=code)


async def _file(asked: Asked, target: Target) -> Handled:
    made = _report_of(asked, target)
    ref = ByEpisode(asked.key, f"report:{target.sender.id}", asked.now, OPEN_FOR_EVER)
    decide = _joining(asked.parts.registrar.report(made, asked.now), asked)
    match await asked.apply(ref, decide):
        case Repeated():
            return Handled(None, refused="repeated", unsay=True)
        case Refusal(reason="already", detail=code):
            return Handled(_receipt(asked, code), refused="already", unsay=True)
        case Refusal() as refusal:
            return asked.refused(refusal)
        case Applied() as applied:
            return Handled(_receipt(asked, applied.state.code), (applied,), unsay=True)


def _report_of(asked: Asked, target: Target) -> intents.ReportMade:
    memory = asked.room.memory
    named = category(target.rest[0]) if target.rest else None
    note = " ".join(target.rest[1:] if named else target.rest)
    return intents.ReportMade(
        room=asked.key,
        reporter=asked.pseudonym,
        respondent=respondent_of(target.sender),
        channel="chat",
        category=named or "other",
        note=storable(note)[:NOTE_LENGTH],
        message_ids=evidence.message_ids(target, memory, asked.line),
        evidence=evidence.freeze(target, memory, asked.line, asked.now),
        dry_run=asked.dry_run,
        processed=asked.message.id,
    )


def _joining(decide: Decide, asked: Asked) -> Decide:
    """An open case is joined always, a decided one only while its episode lasts."""

    def joined(state: CaseState | None, fresh: str) -> Changes | Refusal:
        over = state is not None and state.status is not CaseStatus.OPEN and asked.now - state.last_at > EPISODE_GAP
        return decide(None if over else state, fresh)

    return joined


async def _appealed_case(asked: Asked) -> tuple[str | None, str]:
    """The code of the case an appeal is about, and its reasons."""
    words = asked.invocation.arguments
    code = case_code(words[0]) if words else None
    if code is not None:
        return code, " ".join(words[1:])
    own = await own_decisions(asked)
    return own[0].code if own else None, " ".join(words)


def _of_a_decision(decide: Decide, sender_id: str) -> Decide:
    """Somebody else's case, or one without a decision, is answered like a case that does not exist."""

    def shown(state: CaseState | None, fresh: str) -> Changes | Refusal:
        if state is None or state.respondent(sender_id) is None or state.status in UNDECIDED:
            return Refusal("unknown_case", "no such case")
        return decide(state, fresh)

    return shown
