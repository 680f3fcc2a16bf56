"""One matter from its first intent on: each decide is applied, folded, kept. A case log without a database."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cases import intents
from cases.deadlines import Deadline
from cases.evidence import digest
from cases.history import ActionOrdered, AnyEntry, Changes, EvidenceFrozen, Notice, Strike
from cases.house import House
from cases.lifecycle import fold
from cases.model import (
    ActionKind,
    Actor,
    ActorKind,
    AppealStatus,
    CaseState,
    Evidence,
    EvidenceKind,
    EvidenceLine,
    MeasureStatus,
    OrderedAction,
    Refusal,
    Respondent,
    Statement,
)
from cases.ports import Decide
from cases.registrar import Registrar
from cases.sentence import Measure, Sentence, Severity, sentence
from streams.events import RoomKey
from tests.cases.roster import staffed
from tests.cases.seals import SEALS

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
ROOM = RoomKey("irc:#talk")
ANN, BEN = Respondent("ann", "Ann"), Respondent("ben", "Ben")
MONA = Actor(ActorKind.MODERATOR, "mona", "Mona")
MAX = Actor(ActorKind.MODERATOR, "max", "Max")
OWNER = Actor(ActorKind.OWNER, "own", "Streamer")
MINUTE = timedelta(minutes=1)
HIDE = sentence(Measure.HIDE)
MUTE = sentence(Measure.HIDE, mute=5 * MINUTE)
FULL = sentence(Measure.HIDE, Measure.DELETE, mute=5 * MINUTE)


def evidence(text: str = "buy now") -> Evidence:
    """What was seen: one line of Ann's."""
    return Evidence(EvidenceKind.AT_ONCE, NOW, (EvidenceLine("m1", "Ann", text, NOW, judged=True),), ("4 copies",))


def judged(what: Sentence = MUTE, severity: Severity = Severity.MODERATE, **changes: Any) -> intents.LinesJudged:
    """The checks decided about Ann."""
    values: dict[str, Any] = {
        "room": ROOM,
        "episode": "flood:ann",
        "respondent": ANN,
        "message_ids": ("m1",),
        "deletable": ("m1",) if Measure.DELETE in what.measures else (),
        "sentence": what,
        "severity": severity,
        "rule": "R1",
        "category": "flooding",
        "checks": ("repeat",),
        "facts": ("4 copies in 30 s, the limit is 3",),
        "evidence": evidence(),
        "cluster": None,
        "dry_run": False,
    }
    return intents.LinesJudged(**(values | changes))


def reported(reporter: str = "p-cai", **changes: Any) -> intents.ReportMade:
    """Somebody reports Ann."""
    values: dict[str, Any] = {
        "room": ROOM,
        "reporter": reporter,
        "respondent": ANN,
        "channel": "chat",
        "category": "insult",
        "note": "rude",
        "message_ids": ("m1",),
        "evidence": evidence("you fool"),
        "dry_run": False,
    }
    return intents.ReportMade(**(values | changes))


def commanded(measure: Measure = Measure.MUTE, **changes: Any) -> intents.MeasureCommanded:
    """Mona orders a measure on Ann."""
    values: dict[str, Any] = {
        "room": ROOM,
        "by": MONA,
        "measure": measure,
        "respondent": ANN,
        "span": 10 * MINUTE if measure is Measure.MUTE else None,
        "message_ids": ("m1", "m2") if measure is Measure.DELETE else (),
        "rule": "R3",
        "reason": "insults",
        "evidence": evidence("you fool"),
        "dry_run": False,
    }
    return intents.MeasureCommanded(**(values | changes))


def answered(
    outcome: AppealStatus = AppealStatus.OVERTURNED, by: Actor = MAX, **changes: Any
) -> intents.AppealAnswered:
    """Max answers the appeal."""
    values: dict[str, Any] = {"by": by, "outcome": outcome, "answer": "looked at it", "uninvolved_exists": True}
    return intents.AppealAnswered(**(values | changes))


@dataclass
class Matter:
    """A case, its history and everything that was committed with it."""

    house: House = field(default_factory=House)
    now: datetime = NOW
    state: CaseState | None = None
    entries: list[AnyEntry] = field(default_factory=list)
    committed: list[Changes] = field(default_factory=list)
    code: str = "A7K2"

    @property
    def registrar(self) -> Registrar:
        """The registrar of this house; in profile `platform` its usual people are entered and tested."""
        return Registrar(SEALS, staffed(self.house))

    @property
    def case(self) -> CaseState:
        """The state; the case must be there."""
        assert self.state is not None
        return self.state

    def wait(self, span: timedelta) -> None:
        """Time passes."""
        self.now += span

    def apply(self, decide: Decide) -> Changes | Refusal:
        """What the registrar makes of it; changes are kept."""
        before = self.state
        answer = decide(self.state, self.code)
        if isinstance(answer, Refusal):
            assert self.state is before
            return answer
        self.state = fold(self.state, answer.entries) if answer.entries or before is not None else None
        assert answer.state is None or answer.state == self.state
        self.entries += answer.entries
        self.committed.append(answer)
        assert [digest(one) for one in answer.evidence] == [
            entry.digest for entry in answer.entries if isinstance(entry, EvidenceFrozen)
        ]
        return answer.refused or answer

    def done(self, decide: Decide) -> Changes:
        """Changes there must be."""
        answer = self.apply(decide)
        assert isinstance(answer, Changes), answer
        return answer

    def refused(self, decide: Decide) -> str:
        """A refusal there must be; its reason."""
        answer = self.apply(decide)
        assert isinstance(answer, Refusal), answer
        assert answer.detail
        return answer.reason

    # -- the usual steps --------------------------------------------------------------------------------------------

    def judge(self, what: Sentence = MUTE, severity: Severity = Severity.MODERATE, **changes: Any) -> Changes:
        """The checks decide."""
        return self.done(self.registrar.judge(judged(what, severity, **changes), self.now))

    def report(self, reporter: str = "p-cai", **changes: Any) -> Changes:
        """Somebody reports."""
        return self.done(self.registrar.report(reported(reporter, **changes), self.now))

    def measure(self, measure: Measure = Measure.MUTE, **changes: Any) -> Changes:
        """A moderator's measure."""
        return self.done(self.registrar.measure(commanded(measure, **changes), self.now))

    def appeal(self, sender_id: str = "ann", reasons: str = "I did not", **changes: Any) -> Changes:
        """A respondent objects."""
        return self.done(self.registrar.appeal(intents.AppealMade(sender_id, reasons, **changes), self.now))

    def inform(self, sender_id: str = "ann", how: str = "page") -> Changes:
        """A respondent learns of it."""
        return self.done(self.registrar.inform(sender_id, how, self.now))

    def answer(self, outcome: AppealStatus = AppealStatus.OVERTURNED, **changes: Any) -> Changes:
        """Somebody answers."""
        return self.done(self.registrar.answer(answered(outcome, **changes), self.now))

    def outcome(self, action_id: str, status: MeasureStatus = MeasureStatus.IN_FORCE, detail: str = "ok") -> Changes:
        """The platform answers."""
        return self.done(self.registrar.outcome(intents.OutcomeSeen(action_id, status, detail), self.now))

    # -- what there is ----------------------------------------------------------------------------------------------

    def statements(self) -> list[Statement]:
        """Every statement."""
        return [one for changes in self.committed for one in changes.statements]

    def strikes(self) -> list[Strike]:
        """Every strike."""
        return [one for changes in self.committed for one in changes.strikes]

    def notices(self) -> list[Notice]:
        """Every notice."""
        return [one for changes in self.committed for one in changes.notices]


def running(changes: Changes) -> list[Deadline]:
    """The deadlines that run from these changes on; not those whose step they take themselves."""
    return [one for one in changes.deadlines if (one.key, one.ref) not in changes.deadlines_kept]


def orders(changes: Changes) -> list[OrderedAction]:
    """The actions these changes order."""
    return [entry.action for entry in changes.entries if isinstance(entry, ActionOrdered)]


def kinds(changes: Changes) -> list[ActionKind]:
    """The kinds of the actions these changes order."""
    return [action.kind for action in orders(changes)]


def public(changes: Changes) -> list[str]:
    """What is said to the whole room."""
    return [one.text for one in changes.notices if one.text]
