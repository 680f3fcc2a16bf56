"""One dossier after another over the real docket: what each move changed, what it refused, which deadlines it left."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cases.catalogue import LANGUAGES, say
from cases.deadlines import Deadline
from cases.docket import Docket, Wish
from cases.dossier import About, Dossier, fold_dossier
from cases.dossiers import KINDS
from cases.history import Changes, DossierMoved, Letter
from cases.house import House
from cases.model import Actor, ActorKind, Profile, Refusal
from cases.staff import StaffBook
from streams.events import RoomKey

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
"""A Monday."""
VERA = Actor(ActorKind.VIEWER, "p-vera")
SUE = Actor(ActorKind.SUPPORT, "staff-sue", "Sue")
PAT = Actor(ActorKind.PRIVACY, "staff-pat", "Pat")
PIA = Actor(ActorKind.PRIVACY, "staff-pia", "Pia")
SID = Actor(ActorKind.SUPERVISOR, "staff-sid", "Sid")
OLA = Actor(ActorKind.OPERATOR, "staff-ola", "Ola")
STREAMER = Actor(ActorKind.OWNER, "irc:streamer", "Streamer")


@dataclass
class Matters:
    """All dossiers of one installation. ``now`` moves by hand; ``deadlines`` are those that run, ``missed`` those late."""

    profile: Profile = Profile.PLATFORM
    now: datetime = NOW
    about: About = field(default_factory=About)
    dossiers: dict[str, Dossier] = field(default_factory=dict)
    room: RoomKey | None = None
    """The room that what begins concerns; None: the whole installation."""
    running: dict[tuple[str, str], Deadline] = field(default_factory=dict)
    letters: list[Letter] = field(default_factory=list)

    @property
    def house(self) -> House:
        """The house, with the staff that the dossiers say."""
        return House(self.profile, staff=StaffBook.of(self.dossiers.values()))

    def begin(self, kind: str, move: str, by: Actor, about_id: str = "", /, **fields: Any) -> Dossier:
        """A new dossier. Raises AssertionError when it was refused."""
        answer = self.attempt(None, kind, move, by, about_id, **fields)
        assert isinstance(answer, Dossier), answer
        return answer

    def go(self, dossier: Dossier, move: str, by: Actor, /, **fields: Any) -> Dossier:
        """One more move. Raises AssertionError when it was refused."""
        answer = self.attempt(dossier, dossier.kind, move, by, **fields)
        assert isinstance(answer, Dossier), answer
        return answer

    def refused(
        self, dossier: Dossier | None, kind: str, move: str, by: Actor, about_id: str = "", /, **fields: Any
    ) -> str:
        """The word with which a move was refused. Raises AssertionError when it was made."""
        answer = self.attempt(dossier, kind, move, by, about_id, **fields)
        assert isinstance(answer, Refusal), answer
        return answer.reason

    def attempt(
        self, dossier: Dossier | None, kind: str, move: str, by: Actor, about_id: str = "", /, **fields: Any
    ) -> Dossier | Refusal:
        """One move as the docket takes it; the latest state of the dossier counts."""
        current = self.dossiers[dossier.id] if dossier else None
        fresh = f"{kind}-{len(self.dossiers) + 1}"
        wish = Wish(kind, move, by, fields, about_id, self.room)
        answer = Docket(KINDS, self.house).move(wish, self._about(kind), self.now)(current, fresh)
        return answer if isinstance(answer, Refusal) else self._keep(current, kind, answer)

    def _about(self, kind: str) -> About:
        looked = KINDS[kind].looks_at
        linked = tuple(each for each in self.dossiers.values() if each.kind in looked)
        others = tuple(each for each in self.dossiers.values() if each.kind == kind)
        return About(self.about.case, self.about.evidence, others, (*self.about.linked, *linked))

    def _keep(self, current: Dossier | None, kind: str, changes: Changes) -> Dossier:
        (entry,) = changes.entries
        assert isinstance(entry, DossierMoved)
        dossier = fold_dossier(current, KINDS[kind].machine, entry)
        self.dossiers[dossier.id] = dossier
        for key in changes.deadlines_met:
            self.running.pop(key, None)
        self.running.update({(row.key, row.ref): row for row in changes.deadlines})
        for letter in changes.letters:
            for language in LANGUAGES:
                assert say(language, f"letter.{letter.key}", **letter.words)
        self.letters.extend(changes.letters)
        return dossier

    def later(self, **span: float) -> None:
        """Time passes."""
        self.now += timedelta(**span)

    def due(self, key: str, dossier: Dossier) -> datetime | None:
        """When a running deadline of a dossier is due; None when it does not run."""
        row = self.running.get((key, dossier.id))
        return row.due_at if row else None

    def told(self, dossier: Dossier) -> list[str]:
        """The keys of the letters to one dossier's person, in order."""
        return [letter.key for letter in self.letters if letter.ref == dossier.id]
