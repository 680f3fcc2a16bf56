"""``!nuke``: clear a room of one text. What would be hit is told first, then confirmed; all of it can be taken back."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

from cases import intents
from cases.capture import capture
from cases.catalogue import say
from cases.evidence import storable
from cases.measures import RESPONDENTS_A_CASE
from cases.model import Evidence, EvidenceKind, EvidenceLine, Profile, Refusal, Respondent
from cases.nuke import LINGERS, LONGEST_BACK, PREFIX, SHORTEST, Hits, Needle, Nuke, Unfit, hits, is_too_broad, needle
from cases.ports import Applied, ByCode, ByEpisode, CaseFilter, Repeated
from cases.room_memory import Line
from cases.rules import R0, rule_id
from cases.sentence import Measure
from commands.arguments import RULE_LIKE, ArgumentFault, case_code, duration, plain
from commands.asking import NOTE_LENGTH, Asked, Handled
from commands.evidence import is_command
from commands.moderator import DEFAULT_MUTE
from commands.plans import NukePlan
from commands.replies import Reply
from streams.events import Sender

BACK = timedelta(minutes=5)
"""So far back it looks, where nothing else is said."""
OWN_LINES = 5
CASES_SEARCHED = 200

_CONFIRM = frozenset(("confirm", "yes", "确认", "確認"))
_UNDO = frozenset(("undo", "撤回", "撤销", "撤銷"))
_MEASURES = {
    **dict.fromkeys(("hide", "隐藏", "隱藏"), Measure.HIDE),
    **dict.fromkeys(("mute", "禁言"), Measure.MUTE),
    **dict.fromkeys(("delete", "del", "删除", "刪除"), Measure.DELETE),
}
_QUOTES = frozenset("\"“”„＂'‘’「『«《【`")


async def nuke(asked: Asked) -> Handled:
    """``!nuke TEXT [minutes] [hide|mute|delete]``, ``!nuke confirm 7F``, ``!nuke undo``."""
    words = asked.invocation.arguments
    first = plain(words[0]) if words else ""
    if first in _CONFIRM and len(words) == 2:
        return await _confirm(asked, plain(words[1]).upper())
    if first in _UNDO and (len(words) == 1 or (len(words) == 2 and case_code(words[1]))):
        return await _undo(asked, case_code(words[1]) if len(words) == 2 else None)
    plan = _read(asked, words)
    return asked.refuse(plan.hint) if isinstance(plan, ArgumentFault) else _preview(asked, plan)


# -- what was asked for -------------------------------------------------------------------------------------------------


def _read(asked: Asked, words: Sequence[str]) -> NukePlan | ArgumentFault:
    """The text, then how far back and what is to be done, in any order at the end."""
    quoted = bool(_QUOTES & set(asked.message.text))
    left, back, measure, rule = list(words), BACK, _usual(asked), R0.id
    if left and quoted:
        left[0] = left[0].removeprefix("@")  # quotes are for names; here they are for a text
    while len(left) > 1:
        last = plain(left[-1])
        span = duration(f"{last}m" if last.isdecimal() and len(last) <= 2 else last)
        if last in _MEASURES:
            measure = _MEASURES[last]
        elif isinstance(span, timedelta):
            back = span
        elif RULE_LIKE.fullmatch(last) and (known := rule_id(last)):
            rule = known
        else:
            break
        left.pop()
    if back > LONGEST_BACK:
        return ArgumentFault("nuke_minutes")
    text = " ".join(left)
    what = _needle(text, quoted=quoted)
    if isinstance(what, ArgumentFault):
        return what
    if measure is Measure.DELETE and not asked.room.capabilities.delete:
        measure = Measure.HIDE
    span = _mute_span(asked) if measure is Measure.MUTE else None
    return NukePlan("", asked.actor.ref, asked.now, text, what, back, measure, span, rule, what.length < SHORTEST)


def _needle(text: str, *, quoted: bool) -> Needle | ArgumentFault:
    if not text:
        return ArgumentFault("nuke_how")
    try:
        what = needle(text)
    except Unfit as fault:
        return ArgumentFault(str(fault))
    return ArgumentFault("nuke_short") if what.length < SHORTEST and not quoted else what


def _usual(asked: Asked) -> Measure:
    """Lines leave the platform's chat where they can, else our screens."""
    return Measure.DELETE if asked.room.capabilities.delete else Measure.HIDE


def _mute_span(asked: Asked) -> timedelta:
    can = asked.room.capabilities.mute
    return DEFAULT_MUTE if can is None or can.maximum is None else min(DEFAULT_MUTE, can.maximum)


# -- shown, then confirmed ----------------------------------------------------------------------------------------------


def _preview(asked: Asked, plan: NukePlan) -> Handled:
    """What would be hit; to the moderator alone where the platform lets us."""
    found = _find(asked, plan)
    if isinstance(found, str):
        return asked.refuse(found)
    kept = asked.parts.plans.keep(asked.key, plan)
    return _shown(asked, "nuke_preview", found, plan, code=kept.code)


def _find(asked: Asked, plan: NukePlan) -> Hits | str:
    """The lines, or the hint that tells why it is not done."""
    since_s = (asked.now - plan.back).timestamp()
    found = hits(plan.what, asked.room.memory, since_s, is_command)
    if not found.lines:
        return "nuke_nothing"
    return "nuke_broad" if is_too_broad(found, plan.what) else found


def _shown(asked: Asked, key: str, found: Hits, plan: NukePlan, **more: str) -> Handled:
    measure = asked.text(f"nuke_{plan.measure}")
    counts = {"lines": str(len(found.lines)), "viewers": str(found.viewers), "known": str(found.known)}
    text = asked.text(key, measure=measure, **counts, **more)
    return Handled(Reply(text, asked.sender, private=True, urgent=True))


async def _confirm(asked: Asked, code: str) -> Handled:
    plans = asked.parts.plans
    plan = plans.find(asked.key, code, asked.now)
    if plan is None:
        return asked.refuse("nuke_unknown")
    if _needs_another(asked, plan):
        return asked.refuse("nuke_second", code=code)
    found = _find(asked, plan)
    if isinstance(found, str):
        return asked.refuse(found)
    plans.drop(asked.key, plan)
    if plan.twice:
        kept = plans.keep(asked.key, replace(plan, at=asked.now, twice=False))
        return _shown(asked, "nuke_again", found, plan, code=kept.code)
    return await _carry_out(asked, plan, found)


def _needs_another(asked: Asked, plan: NukePlan) -> bool:
    """Where people share the work, many are muted only by two: the one who asked, and another who agrees."""
    alone = asked.parts.registrar.house.profile is Profile.SOLO
    return plan.measure is Measure.MUTE and not alone and asked.actor.ref == plan.by


async def _carry_out(asked: Asked, plan: NukePlan, found: Hits) -> Handled:
    """Every person's measure with its statement, in one case, or a few where there are very many."""
    made = Nuke(secrets.token_hex(4), plan.what, plan.measure, plan.span, (asked.now + LINGERS).timestamp())
    applied: list[Applied] = []
    for number, orders in enumerate(_portions(_orders(asked, plan, found))):
        processed = f"{asked.message.id}/{number}" if number else asked.message.id
        wanted = intents.NukeCommanded(
            asked.key, asked.actor, made.episode, plan.measure, plan.rule, orders, asked.dry_run, processed
        )
        ref = ByEpisode(asked.key, made.episode, asked.now, timedelta(0))
        answer = await asked.apply(ref, asked.parts.registrar.nuke(wanted, asked.now))
        if isinstance(answer, Refusal):
            return replace(asked.refused(answer), applied=tuple(applied))
        if isinstance(answer, Repeated):
            return Handled(None, refused="repeated")
        applied.append(answer)
    made.codes = tuple(one.state.code for one in applied)
    made.message_ids.extend(line.message.id for line in found.lines if not line.judged)  # others stay off, if undone
    for line in found.lines:
        line.judged = True
    asked.room.nukes.add(made)
    key = "nuke_dry_run" if asked.dry_run else "nuke_done"
    return replace(_shown(asked, key, found, plan, code=" ".join(made.codes)), applied=tuple(applied))


def _orders(asked: Asked, plan: NukePlan, found: Hits) -> list[intents.MeasureCommanded]:
    orders: list[intents.MeasureCommanded] = []
    for sender, lines in found.people().values():
        orders.append(
            intents.MeasureCommanded(
                room=asked.key,
                by=asked.actor,
                measure=plan.measure,
                respondent=Respondent(sender.id or "", storable(sender.name)),
                span=plan.span,
                message_ids=tuple(line.message.id for line in lines),
                rule=plan.rule,
                reason=storable(say(asked.room.language, "chat.nuke_reason", text=plan.text))[:NOTE_LENGTH],
                evidence=_evidence(asked, lines, first=not orders),
                dry_run=asked.dry_run,
                quiet=True,
            )
        )
    return orders


def _evidence(asked: Asked, lines: Sequence[Line], *, first: bool) -> Evidence:
    """A person's own lines; before the first person's also what was said before it."""
    sender: Sender = lines[0].message.sender
    if first:
        return capture(asked.room.memory, sender.id, lines[:OWN_LINES], asked.now, is_command=is_command)
    frozen = tuple(_frozen(line, asked) for line in lines[:OWN_LINES])
    return Evidence(EvidenceKind.AT_ONCE, asked.now, frozen)


def _frozen(line: Line, asked: Asked) -> EvidenceLine:
    message, at = line.message, asked.now - timedelta(seconds=asked.now.timestamp() - line.at_s)
    return EvidenceLine(message.id, storable(message.sender.name), storable(message.text), at, judged=True)


def _portions(
    orders: Sequence[intents.MeasureCommanded],
) -> Iterator[tuple[intents.MeasureCommanded, ...]]:
    for start in range(0, len(orders), RESPONDENTS_A_CASE):
        yield tuple(orders[start : start + RESPONDENTS_A_CASE])


# -- taken back ---------------------------------------------------------------------------------------------------------


async def _undo(asked: Asked, code: str | None) -> Handled:
    """The own latest nuke, or the one of this case: every measure is taken back, and nothing more is hit."""
    codes = await _to_take_back(asked, code)
    if not codes:
        return asked.refuse("nothing_to_undo")
    answers = [await _undone(asked, one, number) for number, one in enumerate(codes)]
    applied = [answer for answer in answers if isinstance(answer, Applied)]
    if not applied:
        return asked.settle(answers[0], "undo", code=codes[0])
    return asked.done("undo", applied, code=" ".join(one.state.code for one in applied))


async def _to_take_back(asked: Asked, code: str | None) -> Sequence[str]:
    """All cases of one nuke; the latest one is looked for where no code is given."""
    latest = await asked.parts.reader.cases(CaseFilter(room=asked.key, limit=CASES_SEARCHED))
    own = [state for state in latest if state.episode.startswith(PREFIX) and asked.actor.ref in state.orderers]
    chosen = next((state for state in own if code in (None, state.code)), None)
    return [state.code for state in own if chosen is not None and state.episode == chosen.episode]


async def _undone(asked: Asked, code: str, number: int) -> Applied | Repeated | Refusal:
    processed = f"{asked.message.id}/{code}" if number else asked.message.id
    wanted = intents.UndoCommanded(asked.actor, "nuke undo", processed)
    return await asked.apply(ByCode(code), asked.parts.registrar.undo(wanted, asked.now))
