"""What moderators order: warn, delete, mute, ban; and how they lift it again or take it back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from cases import intents
from cases.evidence import storable
from cases.history import Changes
from cases.model import ActionKind, CaseState, Profile, Refusal
from cases.ports import Applied, ByActor, ByCode, ByEpisode, CaseFilter, CaseRef, Decide, Repeated
from cases.rules import R0
from cases.sentence import Measure
from commands import evidence, permissions
from commands.arguments import ArgumentFault, Terms, case_code, duration, terms
from commands.asking import NOTE_LENGTH, Asked, Handled, named, respondent_of
from commands.targets import Target
from commands.viewer import OPEN_FOR_EVER, hint_for
from streams.events import Sender

DEFAULT_MUTE = timedelta(minutes=10)
CASES_SEARCHED = 200
"""Among so many of the room's latest cases a sender who is muted, and silent, is found by name."""


async def warn(asked: Asked) -> Handled:
    """``!warn @name [rule] [reason]``."""
    return await _order(asked, Measure.WARN)


async def delete(asked: Asked) -> Handled:
    """``!delete #id [rule] [reason]``, also ``last`` or as an answer to the line."""
    return await _order(asked, Measure.DELETE)


async def mute(asked: Asked) -> Handled:
    """``!mute @name [10m] [rule] [reason]``: ten minutes unless said otherwise, at most what the platform can."""
    return await _order(asked, Measure.MUTE)


async def ban(asked: Asked) -> Handled:
    """``!ban @name [rule] [reason]``."""
    return await _order(asked, Measure.BAN)


async def unmute(asked: Asked) -> Handled:
    """``!unmute @name [reason]``, also of somebody who has been silent for long."""
    return await _lift(asked, Measure.MUTE, "unmute")


async def unban(asked: Asked) -> Handled:
    """``!unban @name [reason]``."""
    return await _lift(asked, Measure.BAN, "unban")


async def undo(asked: Asked) -> Handled:
    """``!undo [code]``: takes back the own latest measures while they are fresh."""
    words = asked.invocation.arguments
    code = case_code(words[0]) if words else None
    reason = storable(" ".join(words[1:] if code else words))[:NOTE_LENGTH]
    wanted = intents.UndoCommanded(asked.actor, reason, asked.message.id)
    since = asked.now - asked.parts.registrar.house.undo_window
    ref: CaseRef = ByCode(code) if code else ByActor(asked.key, asked.actor.ref, since)
    return asked.settle(await asked.apply(ref, asked.parts.registrar.undo(wanted, asked.now)), "undo", code=code or "")


async def confirm(asked: Asked) -> Handled:
    """``!confirm code``: agrees to the ban that waits there, else keeps what was decided automatically."""
    words = asked.invocation.arguments
    code = case_code(words[0]) if words else None
    if code is None:
        return asked.refuse("no_code", command=asked.word)
    return asked.settle(await asked.apply(ByCode(code), _confirmation(asked)), "confirmed", code=code)


def _confirmation(asked: Asked) -> Decide:
    """Which of the two it is, only the case tells."""
    registrar, message_id = asked.parts.registrar, asked.message.id

    def decide(state: CaseState | None, fresh: str) -> Changes | Refusal:
        if state is not None and state.proposal() is not None:
            return registrar.second(intents.BanSeconded(asked.actor, processed=message_id), asked.now)(state, fresh)
        wanted = intents.MeasuresConfirmed(asked.actor, processed=message_id)
        return registrar.confirm(wanted, asked.now)(state, fresh)

    return decide


# -- ordering -----------------------------------------------------------------------------------------------------------


async def _order(asked: Asked, measure: Measure) -> Handled:
    target = asked.target()
    if not isinstance(target, Target):
        return hint_for(asked, target)
    fault = permissions.untouchable(target.sender, asked.sender, asked.room.memory, measure=True)
    if fault is not None:
        return asked.refuse(fault)
    said = _terms(target, measure)
    if isinstance(said, ArgumentFault):
        return asked.refuse(said.hint)
    return await _enter(asked, measure, target, said)


def _terms(target: Target, measure: Measure) -> Terms | ArgumentFault:
    """Rule, length and reason. Only a mute has a length; in a warning or a deletion every other word is the reason."""
    if measure is Measure.DELETE and target.line is None:
        return ArgumentFault("no_line")
    if measure is Measure.BAN and target.rest and duration(target.rest[0]) is not None:
        return ArgumentFault("ban_no_length")
    return terms(target.rest, timed=measure is Measure.MUTE)


async def _enter(asked: Asked, measure: Measure, target: Target, said: Terms) -> Handled:
    span = _span(asked, said) if measure is Measure.MUTE else None
    wanted = _measure(asked, measure, target, said, span)
    ref = ByEpisode(asked.key, f"report:{target.sender.id}", asked.now, OPEN_FOR_EVER)
    answer = await asked.apply(ref, asked.parts.registrar.measure(wanted, asked.now))
    rule = f"{wanted.rule} {asked.rule_words(wanted.rule)}"
    values = {"name": named(target.sender), "rule": rule, "span": asked.span(span) if span else ""}
    return asked.settle(answer, _answer_key(asked, measure, said), **values)


def _measure(
    asked: Asked, measure: Measure, target: Target, said: Terms, span: timedelta | None
) -> intents.MeasureCommanded:
    memory = asked.room.memory
    return intents.MeasureCommanded(
        room=asked.key,
        by=asked.actor,
        measure=measure,
        respondent=respondent_of(target.sender),
        span=span,
        message_ids=tuple(line.message.id for line in evidence.named_lines(target)),
        rule=said.rule or R0.id,
        reason=storable(said.reason)[:NOTE_LENGTH],
        evidence=evidence.freeze(target, memory, asked.line, asked.now),
        dry_run=asked.dry_run,
        processed=asked.message.id,
    )


def _span(asked: Asked, said: Terms) -> timedelta:
    """The length asked for, or ten minutes, but no longer than the platform can."""
    wanted, can = said.span or DEFAULT_MUTE, asked.room.capabilities.mute
    return wanted if can is None or can.maximum is None else min(wanted, can.maximum)


def _answer_key(asked: Asked, measure: Measure, said: Terms) -> str:
    """How the answer is worded: what is not done, and what this platform cannot do, is said."""
    can = asked.room.capabilities
    if asked.dry_run:
        return "dry_run"
    if measure is Measure.MUTE and can.mute is not None:
        return "mute_capped" if said.span is not None and _span(asked, said) < said.span else "mute"
    if measure is Measure.BAN and asked.parts.registrar.house.profile is not Profile.SOLO:
        return "ban_proposed"
    able = {Measure.WARN: True, Measure.DELETE: can.delete, Measure.MUTE: False, Measure.BAN: can.ban}
    return measure.value if able[measure] else f"{measure.value}_overlay"


# -- lifting ------------------------------------------------------------------------------------------------------------


async def _lift(asked: Asked, measure: Measure, key: str) -> Handled:
    running = await _running(asked, ActionKind.MUTE if measure is Measure.MUTE else ActionKind.BAN)
    target = asked.target(known=[sender for _, sender in running])
    if not isinstance(target, Target):
        return hint_for(asked, target)
    codes = list(dict.fromkeys(state.code for state, sender in running if sender.id == target.sender.id))
    if not codes:
        return asked.refuse("not_running")
    return await _lift_all(asked, measure, target, codes, key)


async def _running(asked: Asked, kind: ActionKind) -> list[tuple[CaseState, Sender]]:
    """Who is under a measure of this kind, with its case, latest first."""
    latest = await asked.parts.reader.cases(CaseFilter(room=asked.key, limit=CASES_SEARCHED))
    return [
        (state, Sender(person.id, person.name))
        for state in latest
        for person in state.respondents
        if any(action.kind is kind for action in state.in_force(person.id))
    ]


async def _lift_all(asked: Asked, measure: Measure, target: Target, codes: Sequence[str], key: str) -> Handled:
    """Lift in every case that holds the sender; the first carries the command's id against repetition."""
    answers: list[Applied | Repeated | Refusal] = []
    for number, code in enumerate(codes):
        processed = asked.message.id if number == 0 else f"{asked.message.id}/{code}"
        reason = storable(" ".join(target.rest))[:NOTE_LENGTH]
        wanted = intents.LiftCommanded(asked.actor, measure, target.sender.id or "", reason, processed)
        answers.append(await asked.apply(ByCode(code), asked.parts.registrar.lift(wanted, asked.now)))
    applied = [answer for answer in answers if isinstance(answer, Applied)]
    if not applied:
        return asked.settle(answers[0], key)
    return asked.done(key, applied, name=named(target.sender), code=" ".join(made.state.code for made in applied))
