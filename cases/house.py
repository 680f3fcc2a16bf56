"""What binds every case of one installation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from cases.deadlines import Terms
from cases.exercises import Exercise
from cases.model import Profile
from cases.promotions import Fingerprints
from cases.rulebook import Rulebook
from cases.staff import StaffBook
from cases.standing import Step
from cases.training import Edition


@dataclass(frozen=True, slots=True)
class House:
    """The house's settings for cases. ``automatic_cap`` bounds every automatic mute; ``language`` is that of notices.

    ``public_url`` is where viewers reach the pages, "" when they cannot. ``staff`` are the people who work here;
    ``edition`` is the version of the rules they have to know.
    """

    profile: Profile = Profile.SOLO
    automatic_cap: timedelta = timedelta(hours=24)
    appeal_window: timedelta = timedelta(days=180)
    undo_window: timedelta = timedelta(minutes=15)
    language: str = "en"
    public_url: str = ""
    terms: Terms = field(default_factory=Terms)
    staff: StaffBook = field(default_factory=StaffBook)
    edition: Edition = Edition()
    rulebook: Rulebook = field(default_factory=Rulebook)
    standings: Mapping[str, Step] = field(default_factory=dict)
    """By reporters' pseudonyms what findings of malice took away."""
    exercises: tuple[Exercise, ...] = ()
    """Further exercises of the scenario test, made from overturned decisions."""
    fingerprints: tuple[Fingerprints, ...] = ()
    """What other installations know as advertising: hints for whoever judges."""
