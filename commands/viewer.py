"""What viewers may do: report somebody, and object to what was decided about themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from cases import intents
from cases.catalogue import say
from cases.evidence import storable
from cases.hearing import refused_reports
from cases.history import Changes
from cases.model import AppealStatus, CaseState, CaseStatus, Refusal
from cases.ports import Applied, ByCode, ByEpisode, CaseFilter, Decide, Repeated
from cases.registrar import EPISODE_GAP
from cases.standing import DAY
from commands import evidence, permissions
from commands.arguments import case_code, category
from commands.asking import NOTE_LENGTH, Asked, Handled, respondent_of
from commands.replies import Reply
from commands.targets import Ambiguous, Missing, Target

OPEN_FOR_EVER = timedelta(days=3650)
"""An open report is joined however old it is."""
UNDECIDED = frozenset(status for status in CaseStatus if status.waits or status is CaseStatus.DISMISSED)
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
    """``!appeal [code] reason``: of a respondent, or of a refused reporter; without a code, about the latest decision
    on the sender."""
    code, reasons = await _appealed_case(asked)
    if code is None:
        return asked.refuse("unknown_case", True)
    reasons = storable(reasons)[:NOTE_LENGTH]
    answer = await asked.apply(ByCode(code), _objection(asked, reasons))
    if isinstance(answer, Refusal):
        return asked.refused(answer, code, urgent=True)
    if isinstance(answer, Repeated):
        return Handled(None, refused="repeated")
    waits = any(one.status is AppealStatus.NEEDS_INFO for one in answer.state.appeals[-1:])
    return asked.done("appeal_needs_info" if waits else "appealed", [answer], True, code=answer.state.code)


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
    made = _report_of(asked, target, await _made_today(asked))
    ref = ByEpisode(asked.key, f"report:{target.sender.id}", asked.now, OPEN_FOR_EVER)
    decide = _joining(asked.parts.registrar.report(made, asked.now), asked)
    match await asked.apply(ref, decide):
        case Repeated():
            return Handled(None, refused="repeated", unsay=True)
        case Refusal(reason="already", detail=code):
            return Handled(_receipt(asked, code), refused="already", unsay=True)
        case Refusal() as refusal:
            return _alone(asked.refused(refusal))
        case Applied() as applied:
            return Handled(_receipt(asked, applied.state.code), (applied,), unsay=True, aside=_own_page(asked, applied))


def _own_page(asked: Asked, applied: Applied) -> Reply | None:
    """The secret address of the reporter's own receipt; None where it cannot be whispered, reached, or held by a line."""
    tokens = [receipt.token for receipt in applied.changes.receipts]
    if not tokens or not asked.room.public_url or not asked.room.capabilities.whisper:
        return None
    url = f"{asked.room.public_url.rstrip('/')}/receipt/{tokens[-1]}"
    text, limit = say(asked.room.language, "letter.receipt_page", url=url), asked.room.capabilities.line_limit
    return Reply(text, asked.sender, private=True) if limit is None or len(text) <= limit else None


def _alone(handled: Handled) -> Handled:
    """For the reporter's eyes: whether somebody may report is nobody else's business."""
    return handled if handled.reply is None else replace(handled, reply=replace(handled.reply, private=True))


async def _made_today(asked: Asked) -> int:
    """How often somebody whose reports are limited reported within a day; nobody else is counted."""
    if asked.pseudonym not in asked.parts.registrar.house.standings:
        return 0
    return await asked.parts.reader.reports_since(asked.key, asked.pseudonym, asked.now - DAY)


def _report_of(asked: Asked, target: Target, made_today: int) -> intents.ReportMade:
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
        about_staff=memory.roles(target.sender).is_staff,
        live=True,
        reports_today=made_today,
    )


def _joining(decide: Decide, asked: Asked) -> Decide:
    """An open case is joined always, a decided one only while its episode lasts."""

    def joined(state: CaseState | None, fresh: str) -> Changes | Refusal:
        over = state is not None and not state.status.waits and asked.now - state.last_at > EPISODE_GAP
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


def _objection(asked: Asked, reasons: str) -> Decide:
    """A respondent's appeal, or a refused reporter's objection: which, only the case tells. What is said a second time is
    what is new. Somebody else's case, or one that decided nothing about the sender, is answered like none at all."""

    def decide(state: CaseState | None, fresh: str) -> Changes | Refusal:
        sender_id = asked.sender.id or ""
        report = next((one.id for one in state.reports if one.reporter == asked.pseudonym), "") if state else ""
        if state is not None and report in refused_reports(state):
            sender_id = ""
        elif state is None or state.respondent(sender_id) is None or not (state.measures or state.dry_run):
            return Refusal("unknown_case", "no such case")
        else:
            report = ""
        made = intents.AppealMade(sender_id, reasons, asked.message.id, report=report, news=reasons)
        return asked.parts.registrar.appeal(made, asked.now)(state, fresh)

    return decide
