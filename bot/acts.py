"""What a person can do to a case, by name: what to fill in, and the intent it becomes (norm N3.1-2e).

The names are those of the case's table (`cases.machines.CASE`), with ``measure`` spelled out by its kind. Chat has words
of its own for the same intents; whichever way somebody takes, the record is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cases import intents
from cases.machines import CASE
from cases.model import ActionKind, Actor, AppealStatus, CaseState, Ground, Refusal, Respondent
from cases.needs import Need, Unfit, many, one_of, text, yes
from cases.panel import REASONS as PANEL_REASONS
from cases.ports import Decide
from cases.registrar import Registrar
from cases.rules import R0
from cases.sentence import Measure, Severity
from commands.arguments import duration


@dataclass(frozen=True, slots=True)
class Doing:
    """One wish about a case: the fields as they were read, who, when, and the key under which it counts once."""

    registrar: Registrar
    state: CaseState
    by: Actor
    fields: Mapping[str, Any]
    now: datetime
    processed: str | None
    uninvolved_exists: bool

    def word(self, name: str, default: str = "") -> str:
        """A field that is a text; ``default`` where it was left out."""
        return str(self.fields.get(name, default))


Build = Callable[[Doing], Decide | Refusal]


@dataclass(frozen=True, slots=True)
class Act:
    """One thing to do: what must be filled in, what may be, and the registrar's decision it becomes."""

    build: Build
    needs: Mapping[str, Need] = field(default_factory=dict)
    allows: Mapping[str, Need] = field(default_factory=dict)


def span() -> Need:
    """A length of time as people write it (``10m``, ``2小时``)."""

    def read(given: Any) -> timedelta:
        value = given if isinstance(given, timedelta) else duration(str(given))
        if not isinstance(value, timedelta):
            raise Unfit("is no length of time")
        return value

    return Need("a length of time like 10m or 2h", read)


# -- reports --------------------------------------------------------------------------------------------------------


def _accept(it: Doing) -> Decide:
    severity = Severity(it.word("severity")) if "severity" in it.fields else None
    wanted = intents.ReportAccepted(
        it.by, it.word("report"), it.word("category"), severity, it.word("reason"), processed=it.processed
    )
    return it.registrar.accept(wanted, it.now)


def _ask(it: Doing) -> Decide:
    return it.registrar.ask(intents.InfoAsked(it.by, it.word("missing"), it.word("report"), it.processed), it.now)


def _refuse(it: Doing) -> Decide:
    wanted = intents.ReportRefused(it.by, it.word("code"), it.word("reason"), it.word("report"), it.processed)
    return it.registrar.refuse(wanted, it.now)


def _dismiss(it: Doing) -> Decide:
    return it.registrar.dismiss(intents.DismissCommanded(it.by, it.word("reason"), it.processed), it.now)


def _look(it: Doing) -> Decide:
    return it.registrar.look(intents.ContextOpened(it.by, it.processed), it.now)


def _classify(it: Doing) -> Decide:
    given = intents.ClassGiven(
        it.by, it.word("category"), Severity(it.word("severity")), it.word("reason"), it.word("rule"), it.processed
    )
    return it.registrar.classify(given, it.now)


# -- measures -------------------------------------------------------------------------------------------------------


def _respondent(it: Doing) -> Respondent | Refusal:
    """Whom it is about: the one named by id or name, else the only one there is."""
    wanted, people = it.word("respondent"), it.state.respondents
    named = [one for one in people if wanted in (one.id, one.name)] if wanted else list(people)
    if len(named) == 1:
        return named[0]
    names = ", ".join(one.id for one in people) or "nobody"
    return Refusal("no_target", f"{it.state.code}: say who is meant; it is about {names}")


def _measure(measure: Measure) -> Build:
    def build(it: Doing) -> Decide | Refusal:
        respondent = _respondent(it)
        if isinstance(respondent, Refusal):
            return respondent
        wanted = intents.MeasureCommanded(
            room=it.state.room,
            by=it.by,
            measure=measure,
            respondent=respondent,
            span=it.fields.get("span"),
            message_ids=tuple(it.fields.get("lines", ())),
            rule=it.word("rule", R0.id).upper(),
            reason=it.word("reason"),
            evidence=None,
            dry_run=it.state.dry_run,
            processed=it.processed,
            severity=Severity(it.word("severity")) if "severity" in it.fields else None,
            ground=Ground(it.word("ground", Ground.RULE)),
            provision=it.word("provision"),
        )
        return it.registrar.measure(wanted, it.now)

    return build


def _lift(it: Doing) -> Decide | Refusal:
    respondent = _respondent(it)
    if isinstance(respondent, Refusal):
        return respondent
    banned = any(action.kind is ActionKind.BAN for action in it.state.in_force(respondent.id))
    kind = Measure(it.word("measure", Measure.BAN if banned else Measure.MUTE))
    wanted = intents.LiftCommanded(it.by, kind, respondent.id, it.word("reason"), it.processed)
    return it.registrar.lift(wanted, it.now)


def _undo(it: Doing) -> Decide:
    return it.registrar.undo(intents.UndoCommanded(it.by, it.word("reason"), it.processed), it.now)


def _confirm(it: Doing) -> Decide:
    return it.registrar.confirm(intents.MeasuresConfirmed(it.by, it.word("action"), it.processed), it.now)


def _second(agrees: bool) -> Build:
    return lambda it: it.registrar.second(intents.BanSeconded(it.by, agrees, it.word("reason"), it.processed), it.now)


def _reasons(it: Doing) -> Decide:
    return it.registrar.explain(intents.ReasonsWritten(it.by, it.word("reason"), it.processed), it.now)


def _review_ban(it: Doing) -> Decide:
    keep = it.word("outcome") == "keep"
    seen = intents.BanLookedAt(it.by, it.word("action"), keep, it.word("reason"), it.processed)
    return it.registrar.review_ban(seen, it.now)


# -- panels and conflicts -------------------------------------------------------------------------------------------


def _convene(it: Doing) -> Decide:
    wanted = intents.PanelWanted(it.by, it.word("reason"), tuple(it.fields.get("members", ())), it.processed)
    return it.registrar.convene(wanted, it.now)


def _vote(it: Doing) -> Decide:
    severity = Severity(it.word("severity")) if "severity" in it.fields else None
    measure = Measure(it.word("measure")) if "measure" in it.fields else None
    abstains = bool(it.fields.get("abstains"))
    given = intents.VoteGiven(it.by, severity, measure, it.word("reason"), abstains, it.processed)
    return it.registrar.vote(given, it.now)


def _advise(it: Doing) -> Decide:
    return it.registrar.advise(intents.AdviceGiven(it.by, it.word("text"), it.processed), it.now)


def _declare(it: Doing) -> Decide:
    named = intents.ConflictNamed(it.by, it.word("person", it.by.ref), it.word("reason"), it.processed)
    return it.registrar.declare(named, it.now)


# -- appeals --------------------------------------------------------------------------------------------------------


def _answer(outcome: AppealStatus) -> Build:
    def build(it: Doing) -> Decide:
        wanted = intents.AppealAnswered(
            it.by,
            outcome,
            it.word("reason"),
            it.uninvolved_exists,
            it.processed,
            findings=tuple(it.fields.get("findings", ())),
            revoked=tuple(it.fields.get("revoked", ())),
            apologise=it.word("apologise", "yes") == "yes",
            appeal_id=it.word("appeal"),
        )
        return it.registrar.answer(wanted, it.now)

    return build


def _hear(it: Doing) -> Decide:
    made = intents.AppealRemarkMade(it.by, it.word("text"), processed=it.processed)
    return it.registrar.remark(made, it.now)


_REPORT = {"report": text(40)}
_REASON = {"reason": text()}
_MEASURE = {
    "respondent": text(200),
    "rule": text(40),
    "severity": one_of(*Severity),
    "ground": one_of(*Ground),
    "provision": text(300),
    **_REASON,
}
_LINES = {"lines": many(text(200))}
_ANSWER = {
    "findings": many(text(), 50),
    "appeal": text(40),
    "apologise": one_of("yes", "no"),
}

ACTS: Mapping[str, Act] = {
    "accept": Act(_accept, {}, {**_REPORT, "category": text(40), "severity": one_of(*Severity), "reason": text(300)}),
    "ask": Act(_ask, {"missing": text(500)}, _REPORT),
    "refuse": Act(_refuse, {"code": text(40), **_REASON}, _REPORT),
    "dismiss": Act(_dismiss, _REASON),
    "look": Act(_look),
    "classify": Act(
        _classify,
        {"category": text(40), "severity": one_of(*Severity), "reason": text(300)},
        {"rule": text(40)},
    ),
    "remind": Act(_measure(Measure.REMIND), {}, _MEASURE),
    "warn": Act(_measure(Measure.WARN), {}, _MEASURE),
    "hide": Act(_measure(Measure.HIDE), {}, {**_MEASURE, **_LINES}),
    "delete": Act(_measure(Measure.DELETE), _LINES, _MEASURE),
    "mute": Act(_measure(Measure.MUTE), {"span": span()}, _MEASURE),
    "ban": Act(_measure(Measure.BAN), {}, {**_MEASURE, **_LINES}),
    "lift": Act(_lift, _REASON, {"respondent": text(200), "measure": one_of(Measure.MUTE, Measure.BAN)}),
    "undo": Act(_undo, {}, _REASON),
    "confirm": Act(_confirm, {}, {"action": text(40)}),
    "second": Act(_second(True), {}, _REASON),
    "decline": Act(_second(False), _REASON),
    "reasons": Act(_reasons, _REASON),
    "review-ban": Act(_review_ban, {"action": text(40), "outcome": one_of("keep", "lift"), **_REASON}),
    "convene": Act(_convene, {"reason": one_of(*PANEL_REASONS)}, {"members": many(text(100), 15)}),
    "vote": Act(_vote, _REASON, {"severity": one_of(*Severity), "measure": one_of(*Measure), "abstains": yes()}),
    "advise": Act(_advise, {"text": text()}),
    "declare": Act(_declare, {"reason": text(300)}, {"person": text(100)}),
    "hear": Act(_hear, {"text": text()}),
    "uphold": Act(_answer(AppealStatus.UPHELD), _REASON, _ANSWER),
    "overturn": Act(_answer(AppealStatus.OVERTURNED), {}, {**_REASON, **_ANSWER}),
    "partial": Act(_answer(AppealStatus.PARTIAL), {**_REASON, "revoked": many(text(40))}, _ANSWER),
}
"""Everything that can be done to a case by name."""

_MOVE: Mapping[str, str] = {
    **dict.fromkeys(("remind", "warn", "hide", "delete", "mute", "ban"), "measure"),
    "vote": "deliberate",
    "advise": "deliberate",
    "declare": "declare-conflict",
    "partial": "overturn-in-part",
}
"""The move of the case's table that an act is, where it goes by another name."""


def open_to(state: CaseState, by: Actor) -> list[dict[str, Any]]:
    """What the case's table lets somebody of this kind do now: the buttons of a desk, before the guards are asked."""
    moves = {move.name: move for move in CASE.open_to(state.status, by.kind)}
    return [
        {
            "move": name,
            "zh": moves[_MOVE.get(name, name)].zh,
            "needs": {field_name: need.hint for field_name, need in act.needs.items()},
            "allows": {field_name: need.hint for field_name, need in act.allows.items()},
        }
        for name, act in ACTS.items()
        if _MOVE.get(name, name) in moves
    ]
