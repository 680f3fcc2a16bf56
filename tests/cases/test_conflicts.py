"""Nobody handles a case in which they have a part: every way of having one, every role, every profile (norm N1.3-2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product

import pytest

from cases import intents
from cases.conflicts import Why, conflict
from cases.history import Changes, ConflictDeclared, ConflictRefused
from cases.house import House
from cases.model import Actor, ActorKind, Profile, Refusal, Respondent
from cases.sentence import Severity
from cases.staff import StaffBook
from tests.cases.matter import NOW, Matter
from tests.cases.roster import MEMBERS, ROOM, ROSTER, actor, member
from tests.cases.seals import SEALS

K = ActorKind
ALL_ROLES = tuple(kind for kind in K if kind not in (K.BOT, K.VIEWER))
PARTS = ("none", "reporter", "respondent", "victim", "declared", "sampled")
ZOE = member("zoe", "south", *ALL_ROLES, accounts=frozenset({"irc:zoe", "twitch:9"}))
"""Holds every role, so that the role alone bars nothing."""
REFS = ("staff-zoe", "irc:zoe", "zoe")


def case_with(part: str) -> Matter:
    """A case in which Zoe has this part, seen from a house where Zoe works."""
    samples = [("staff-zoe", "A7K2")] if part == "sampled" else []
    matter = Matter(House(Profile.PLATFORM, staff=StaffBook([*MEMBERS, ZOE], samples=samples)))
    zoe = SEALS.pseudonym(ROOM, "zoe")
    victim = zoe if part == "victim" else ""
    respondent = Respondent("zoe", "Zoe") if part == "respondent" else Respondent("ann", "Ann")
    matter.report(zoe if part == "reporter" else "p-cai", respondent=respondent, victim=victim)
    if part == "declared":
        named = intents.ConflictNamed(actor("sid", K.SUPERVISOR), "irc:zoe", "they are friends")
        matter.done(matter.registrar.declare(named, NOW))
    return matter


@pytest.mark.norm("N1.3-2", "behaviour")
@pytest.mark.norm("N1.3-2", "bad-input")
@pytest.mark.norm("N3.3-2", "bad-input")
@pytest.mark.parametrize(("part", "kind", "ref", "profile"), tuple(product(PARTS, ALL_ROLES, REFS, Profile)))
def test_the_matrix(part: str, kind: ActorKind, ref: str, profile: Profile) -> None:
    """Whoever has a part is barred, under whichever role and name they come; who has none is not. Alone, all may."""
    matter = case_with(part)
    why = conflict(matter.case, Actor(kind, ref), matter.house.staff, profile, SEALS)
    if profile is Profile.SOLO or part == "none":
        assert why is None
    elif part == "respondent" and why is Why.STAFF_MATTER:
        pytest.fail("the own part comes first")
    else:
        assert why == part


@pytest.mark.norm("N1.3-2", "bad-input")
@pytest.mark.parametrize(("part", "kind"), tuple(product(PARTS[1:], (K.MODERATOR, K.REVIEWER, K.SUPERVISOR))))
def test_who_has_a_part_is_refused_and_the_attempt_is_recorded(part: str, kind: ActorKind) -> None:
    matter = case_with(part)
    before = matter.case.version
    zoe = Actor(kind, "staff-zoe", "Zoe")
    answer = matter.apply(matter.registrar.look(intents.ContextOpened(zoe), NOW))
    assert isinstance(answer, Refusal)
    assert answer.reason == "conflict"
    entry = matter.entries[-1]
    assert isinstance(entry, ConflictRefused)
    assert (entry.step, entry.reason) == ("look", part)
    assert matter.case.version == before + 1
    assert not matter.case.seen_by


@pytest.mark.norm("N1.3-2", "bad-input")
@pytest.mark.parametrize("part", ["reporter", "victim"])
def test_the_record_names_no_reporter_and_no_victim(part: str) -> None:
    """The attempt stands under the pseudonym the report has already; what the person reads names no part either."""
    matter = case_with(part)
    answer = matter.apply(matter.registrar.look(intents.ContextOpened(actor("zoe")), NOW))
    entry = matter.entries[-1]
    assert entry.by == Actor(K.VIEWER, SEALS.pseudonym(ROOM, "zoe"))
    assert isinstance(answer, Refusal)
    others = matter_sentence("respondent")
    assert answer.detail == others


def matter_sentence(part: str) -> str:
    """What somebody reads who is refused for this part."""
    matter = case_with(part)
    answer = matter.apply(matter.registrar.look(intents.ContextOpened(actor("zoe")), NOW))
    assert isinstance(answer, Refusal)
    return answer.detail


STEPS: dict[str, Callable[[Matter, Actor], object]] = {
    "look": lambda m, by: m.registrar.look(intents.ContextOpened(by), NOW),
    "classify": lambda m, by: m.registrar.classify(
        intents.ClassGiven(by, "insult", Severity.MODERATE, "an insult"), NOW
    ),
    "dismiss": lambda m, by: m.registrar.dismiss(intents.DismissCommanded(by, "banter"), NOW),
    "convene": lambda m, by: m.registrar.convene(intents.PanelWanted(by, "complex"), NOW),
}


@pytest.mark.norm("N1.3-2", "bad-input")
@pytest.mark.parametrize("step", STEPS)
def test_each_step_is_closed_to_who_has_a_part(step: str) -> None:
    matter = case_with("declared")
    assert matter.refused(STEPS[step](matter, actor("zoe"))) == "conflict"  # type: ignore[arg-type]
    entry = matter.entries[-1]
    assert isinstance(entry, ConflictRefused)
    assert entry.step == step
    assert matter.apply(STEPS[step](matter, actor("eve"))) is not None  # type: ignore[arg-type]
    assert not isinstance(matter.entries[-1], ConflictRefused)


# -- reports about staff ----------------------------------------------------------------------------------------------


def about_staff(*, told_by_the_platform: bool) -> Matter:
    """A report about the streamer (whom the platform shows as such), or about Mona, whom the book knows."""
    matter = Matter(House(Profile.PLATFORM, staff=ROSTER))
    if told_by_the_platform:
        matter.report("p-cai", respondent=Respondent("boss", "Boss"), about_staff=True)
    else:
        matter.report("p-cai", respondent=Respondent("mona", "Mona"))
    return matter


@pytest.mark.norm("N1.3-2", "behaviour")
@pytest.mark.parametrize("told_by_the_platform", [True, False])
def test_a_report_about_staff_leaves_the_room(told_by_the_platform: bool) -> None:
    """Colleagues and the streamer do not handle it, not even from afar; supervisors do."""
    matter = about_staff(told_by_the_platform=told_by_the_platform)
    for by in (actor("max"), actor("eve"), actor("own", K.OWNER)):
        assert matter.refused(matter.registrar.look(intents.ContextOpened(by), NOW)) == "conflict"
        assert isinstance(matter.entries[-1], ConflictRefused)
        assert matter.entries[-1].reason == Why.STAFF_MATTER
    matter.done(matter.registrar.dismiss(intents.DismissCommanded(actor("sid", K.SUPERVISOR), "a quotation"), NOW))


@pytest.mark.norm("N1.3-2", "bad-input")
def test_a_supervisor_who_moderates_this_very_room_is_of_the_room() -> None:
    both = member("bo", "office", K.SUPERVISOR, K.MODERATOR, rooms=frozenset({ROOM}))
    matter = about_staff(told_by_the_platform=True)
    matter.house = replace(matter.house, staff=StaffBook([*MEMBERS, both]))
    assert matter.refused(matter.registrar.look(intents.ContextOpened(actor("bo", K.SUPERVISOR)), NOW)) == "conflict"


def test_in_a_team_colleagues_handle_it() -> None:
    matter = about_staff(told_by_the_platform=True)
    matter.house = replace(matter.house, profile=Profile.TEAM)
    matter.done(matter.registrar.look(intents.ContextOpened(actor("max")), NOW))


# -- declared ---------------------------------------------------------------------------------------------------------


def declare(by: Actor, person: str, reason: str = "we are friends") -> intents.ConflictNamed:
    return intents.ConflictNamed(by, person, reason)


@pytest.mark.norm("N1.3-2", "behaviour")
def test_a_conflict_is_declared_with_person_and_reason() -> None:
    matter = case_with("none")
    changes = matter.done(matter.registrar.declare(declare(actor("eve"), "irc:eve"), NOW))
    (entry,) = changes.entries
    assert isinstance(entry, ConflictDeclared)
    assert (entry.person, entry.reason) == ("staff-eve", "we are friends")
    assert matter.refused(matter.registrar.look(intents.ContextOpened(actor("eve")), NOW)) == "conflict"


@pytest.mark.norm("N1.3-2", "bad-input")
@pytest.mark.parametrize(
    ("named", "reason"),
    [
        (declare(actor("eve"), "staff-wim"), "not_allowed"),
        (declare(Actor(K.VIEWER, "p-cai"), "staff-wim"), "not_allowed"),
        (declare(actor("eve"), "staff-eve", "  "), "unfit"),
        (declare(actor("eve"), " "), "unfit"),
    ],
)
def test_what_is_no_declaration(named: intents.ConflictNamed, reason: str) -> None:
    matter = case_with("none")
    assert matter.refused(matter.registrar.declare(named, NOW)) == reason
    assert matter.case.conflicts == ()


def test_a_conflict_is_declared_once() -> None:
    matter = case_with("declared")
    again = declare(actor("zoe"), "staff-zoe")
    assert matter.refused(matter.registrar.declare(again, NOW)) == "already"
    assert isinstance(matter.committed[-1], Changes)


@pytest.mark.norm("N1.3-2", "deadline")
def test_a_conflict_stays_for_as_long_as_the_case() -> None:
    """It does not lapse with time, nor with a decision."""
    matter = case_with("declared")
    matter.done(matter.registrar.dismiss(intents.DismissCommanded(actor("eve"), "banter"), NOW))
    late = NOW.replace(year=NOW.year + 5)
    fresh = StaffBook([*MEMBERS, replace(ZOE, passed_at=late)])
    matter.house = replace(matter.house, staff=fresh)
    assert matter.refused(matter.registrar.look(intents.ContextOpened(actor("zoe")), late)) == "conflict"
