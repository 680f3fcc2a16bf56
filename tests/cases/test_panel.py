"""Several different people judge: who sits, what stays sealed, what the votes come to, how it goes on (norm N2.3-3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases import intents
from cases.deadlines import TERMS
from cases.history import Changes, PanelClosed, PanelOpened, VoteCast
from cases.house import House
from cases.lifecycle import fold
from cases.model import BOT, Actor, ActorKind, Ballot, CaseStatus, Profile, Refusal, Respondent
from cases.sentence import ALLOWED, Measure, Severity
from cases.staff import StaffBook
from cases.votes import Outcome, tally
from tests.cases.matter import NOW, Matter, commanded
from tests.cases.roster import MEMBERS, ROOM, ROSTER, actor, member
from tests.cases.seals import SEALS

K = ActorKind
MUTED = (Severity.MODERATE, Measure.MUTE)
NOTHING = (None, None)
Verdict = tuple[Severity | None, Measure | None]
SEATS = ("staff-eve", "staff-wim", "staff-nora")
BIG = StaffBook([*MEMBERS, *(member(f"x{n}", group, K.MODERATOR) for n, group in enumerate("pqrpqr"))])


def opened(profile: Profile = Profile.PLATFORM, book: StaffBook = ROSTER, seats: Sequence[str] = SEATS) -> Matter:
    """A reported case with a panel of three."""
    matter = Matter(House(profile, staff=book))
    matter.report()
    matter.done(matter.registrar.convene(intents.PanelWanted(actor("max"), "complex", tuple(seats)), NOW))
    return matter


def vote(matter: Matter, who: str, verdict: Verdict = MUTED, *, abstains: bool = False) -> Changes | Refusal:
    given_ = intents.VoteGiven(Actor(K.MODERATOR, who), *verdict, "because", abstains)
    return matter.apply(matter.registrar.vote(given_, matter.now))


def all_vote(matter: Matter, *verdicts: Verdict) -> None:
    panel = matter.case.panel
    assert panel is not None
    for who, verdict in zip(panel.last.members, verdicts, strict=True):
        assert isinstance(vote(matter, who, verdict), Changes)


# -- opening ----------------------------------------------------------------------------------------------------------


@pytest.mark.norm("N2.3-3", "behaviour")
@pytest.mark.parametrize("why", ["complex", "disagreement", "severity", "public-figure", "media", "supervisor"])
@pytest.mark.parametrize("by", [actor("max"), actor("nils", K.REVIEWER), actor("sid", K.SUPERVISOR), BOT])
def test_reviewers_supervisors_and_the_rules_open_a_panel(why: str, by: Actor) -> None:
    matter = Matter(House(Profile.PLATFORM, staff=ROSTER))
    matter.report()
    changes = matter.done(matter.registrar.convene(intents.PanelWanted(by, why), NOW))
    entry = changes.entries[-1]
    assert isinstance(entry, PanelOpened)
    assert matter.case.status is CaseStatus.PANEL
    assert len(set(entry.members)) == 3
    assert len({ROSTER.group(one) for one in entry.members}) >= 2
    assert {letter.ref for letter in changes.letters if letter.key == "panel_invited"} == set(entry.members)


@pytest.mark.norm("N2.3-3", "deadline")
def test_a_panel_has_72_hours() -> None:
    matter = opened()
    (deadline,) = [one for one in matter.committed[-1].deadlines if one.key == "panel"]
    assert deadline.due_at == NOW + timedelta(hours=72)
    assert TERMS["panel"].ceiling == timedelta(days=7)
    all_vote(matter, MUTED, MUTED, MUTED)
    assert ("panel", deadline.ref) in matter.committed[-1].deadlines_met


def test_one_person_alone_has_no_panel() -> None:
    matter = Matter(House(Profile.SOLO, staff=ROSTER))
    matter.report()
    assert matter.refused(matter.registrar.convene(intents.PanelWanted(actor("max"), "complex"), NOW)) == "no_panel"


def test_a_team_has_panels() -> None:
    assert opened(Profile.TEAM).case.status is CaseStatus.PANEL


@pytest.mark.norm("N2.3-3", "bad-input")
@pytest.mark.parametrize(
    ("seats", "reason"),
    [
        (("staff-eve", "staff-wim"), "too_few"),
        (("staff-eve", "staff-wim", "staff-nora", "staff-wes"), "too_few"),
        (("staff-eve", "irc:eve", "staff-wim"), "unfit"),
        (("staff-mona", "staff-max", "staff-eve"), "one_group"),
        (("staff-eve", "staff-wim", "staff-nobody"), "ineligible"),
        (("staff-eve", "staff-wim", "staff-own"), "ineligible"),
    ],
)
def test_who_cannot_make_a_panel(seats: tuple[str, ...], reason: str) -> None:
    matter = Matter(House(Profile.PLATFORM, staff=ROSTER))
    matter.report()
    wanted = intents.PanelWanted(actor("wes"), "complex", seats)
    assert matter.refused(matter.registrar.convene(wanted, NOW)) == reason


@pytest.mark.norm("N2.3-3", "bad-input")
@pytest.mark.parametrize("part", ["reporter", "respondent", "decider", "untested", "suspended"])
def test_the_concerned_do_not_sit_and_nobody_learns_why(part: str) -> None:
    """Refused in the same words whatever the cause: one of the causes is being the reporter."""
    changes: dict[str, dict[str, Any]] = {"untested": {"passed_at": None}, "suspended": {"status": "suspended"}}
    changed = changes.get(part, {})
    eve = member("eve", "east", **changed)
    book = StaffBook([eve, *(one for one in MEMBERS if one.id != "staff-eve")])
    matter = Matter(House(Profile.PLATFORM, staff=book))
    respondent = Respondent("eve", "Eve") if part == "respondent" else Respondent("ann", "Ann")
    matter.report(SEALS.pseudonym(ROOM, "eve") if part == "reporter" else "p-cai", respondent=respondent)
    if part == "decider":
        matter.state = msgspec.structs.replace(matter.case, deciders=("eve",))
    by = actor("sid", K.SUPERVISOR)
    answer = matter.apply(matter.registrar.convene(intents.PanelWanted(by, "complex", SEATS), NOW))
    assert answer == Refusal("ineligible", "staff-eve cannot sit on this panel")


@pytest.mark.norm("N2.3-3", "bad-input")
def test_a_reason_that_is_none() -> None:
    matter = Matter(House(Profile.PLATFORM, staff=ROSTER))
    matter.report()
    assert matter.refused(matter.registrar.convene(intents.PanelWanted(actor("max"), "boredom"), NOW)) == "unfit"
    viewer = intents.PanelWanted(Actor(K.VIEWER, "p-cai"), "complex")
    assert matter.refused(matter.registrar.convene(viewer, NOW)) == "not_allowed"
    matter.done(matter.registrar.convene(intents.PanelWanted(actor("max"), "complex"), NOW))
    assert matter.refused(matter.registrar.convene(intents.PanelWanted(actor("max"), "complex"), NOW)) == "already"


# -- voting -----------------------------------------------------------------------------------------------------------


@pytest.mark.norm("N2.3-3", "behaviour")
def test_no_vote_is_visible_before_all_are_in() -> None:
    """Neither entry, state, letters nor deadlines say what was voted; two equal votes do not look alike."""
    matter = opened()
    for who in SEATS[:2]:
        vote(matter, who, (Severity.SEVERE, Measure.DELETE))
        panel = matter.case.panel
        assert panel is not None
        assert panel.last.ballots == ()
        written = msgspec.json.encode([msgspec.to_builtins(one) for one in matter.committed[-1].entries]).decode()
        assert "severe" not in written
        assert "delete" not in written
        assert "because" not in written
    sealed = [entry.sealed for entry in matter.entries if isinstance(entry, VoteCast)]
    assert len(set(sealed)) == 2


@pytest.mark.norm("N2.3-3", "behaviour")
def test_the_last_vote_opens_all_and_the_outcome_follows_from_them() -> None:
    matter = opened()
    all_vote(matter, MUTED, (Severity.SEVERE, Measure.MUTE), MUTED)
    entry = matter.entries[-1]
    assert isinstance(entry, PanelClosed)
    assert (entry.outcome, entry.severity, entry.measure) == ("decided", *MUTED)
    assert {ballot.by for ballot in entry.ballots} == set(SEATS)
    assert all(ballot.reason == "because" for ballot in entry.ballots)
    assert tally(entry.ballots) == Outcome(False, *MUTED)
    assert fold(None, matter.entries) == matter.case


@pytest.mark.norm("N2.3-3", "bad-input")
def test_nobody_votes_twice_nor_without_a_seat() -> None:
    matter = opened()
    vote(matter, "staff-eve")
    for name in ("staff-eve", "irc:eve"):
        again = vote(matter, name)
        assert isinstance(again, Refusal)
        assert again.reason == "already"
    stranger = vote(matter, "staff-wes")
    assert isinstance(stranger, Refusal)
    assert stranger.reason == "not_a_member"


@pytest.mark.norm("N2.3-3", "bad-input")
def test_a_conflict_that_shows_later_bars_the_vote() -> None:
    matter = opened()
    matter.done(matter.registrar.declare(intents.ConflictNamed(actor("eve"), "staff-eve", "a cousin"), NOW))
    refused = vote(matter, "staff-eve")
    assert isinstance(refused, Refusal)
    assert refused.reason == "conflict"


@pytest.mark.norm("N2.3-3", "bad-input")
@pytest.mark.parametrize(
    ("verdict", "reason"),
    [
        ((Severity.MODERATE, Measure.BAN), "because"),
        ((Severity.MINOR, Measure.MUTE), "because"),
        ((None, Measure.HIDE), "because"),
        (MUTED, "  "),
    ],
)
def test_an_unfit_vote_is_none(verdict: Verdict, reason: str) -> None:
    matter = opened()
    given_ = intents.VoteGiven(actor("eve"), *verdict, reason)
    assert matter.refused(matter.registrar.vote(given_, NOW)) == "unfit"
    assert matter.case.panel is not None
    assert matter.case.panel.last.sealed == ()


@pytest.mark.norm("N2.3-3", "behaviour")
def test_advice_is_no_vote() -> None:
    matter = opened()
    adviser = Actor(K.SUPPORT, "staff-law", "Counsel")
    matter.done(matter.registrar.advise(intents.AdviceGiven(adviser, "it is a quotation"), NOW))
    panel = matter.case.panel
    assert panel is not None
    assert [one.text for one in panel.advice] == ["it is a quotation"]
    assert panel.last.sealed == ()
    assert matter.refused(matter.registrar.advise(intents.AdviceGiven(adviser, " "), NOW)) == "unfit"
    all_vote(matter, MUTED, MUTED, MUTED)
    assert matter.refused(matter.registrar.advise(intents.AdviceGiven(adviser, "late"), NOW)) == "no_panel"


# -- ties -------------------------------------------------------------------------------------------------------------


@pytest.mark.norm("N2.3-3", "behaviour")
def test_a_tie_goes_on_with_new_people() -> None:
    matter = opened(book=BIG)
    all_vote(matter, MUTED, NOTHING, (Severity.SEVERE, Measure.DELETE))
    panel = matter.case.panel
    assert panel is not None
    assert (panel.rounds[0].outcome, panel.last.number, panel.last.why) == ("tied", 2, "tie")
    assert not set(panel.last.members) & set(SEATS)
    assert len({BIG.group(one) for one in panel.last.members}) >= 2
    former = vote(matter, "staff-eve")
    assert isinstance(former, Refusal)
    assert (former.reason, "former round" in former.detail) == ("not_a_member", True)


@pytest.mark.norm("N2.3-3", "behaviour")
def test_an_abstention_goes_on_with_new_people() -> None:
    matter = opened(book=BIG)
    vote(matter, SEATS[0])
    vote(matter, SEATS[1])
    vote(matter, SEATS[2], NOTHING, abstains=True)
    panel = matter.case.panel
    assert panel is not None
    assert [one.outcome for one in panel.rounds] == ["tied", ""]


@pytest.mark.norm("N2.3-3", "bad-input")
def test_who_sat_before_does_not_sit_again() -> None:
    small = StaffBook([one for one in MEMBERS if one.id in (*SEATS, "staff-max", "staff-sid")])
    matter = opened(book=small)
    all_vote(matter, MUTED, NOTHING, (Severity.SEVERE, Measure.DELETE))
    assert [letter.key for letter in matter.committed[-1].letters] == ["panel_stuck"]
    assert matter.case.panel is not None
    assert matter.case.panel.is_open
    matter.house = replace(matter.house, staff=BIG)
    sid = actor("sid", K.SUPERVISOR)
    again = intents.PanelWanted(sid, "tie", ("staff-eve", "staff-x0", "staff-x1"))
    assert matter.refused(matter.registrar.convene(again, NOW)) == "ineligible"
    fresh = intents.PanelWanted(sid, "tie", ("staff-x0", "staff-x1", "staff-x2"))
    matter.done(matter.registrar.convene(fresh, NOW))
    all_vote(matter, MUTED, MUTED, MUTED)
    assert not matter.case.panel.is_open


# -- what it binds ----------------------------------------------------------------------------------------------------


@pytest.mark.norm("N2.3-3", "behaviour")
def test_while_a_panel_sits_nobody_else_decides() -> None:
    matter = opened()
    by = actor("wes")
    assert matter.refused(matter.registrar.measure(commanded(by=by), NOW)) == "panel_sits"
    assert matter.refused(matter.registrar.dismiss(intents.DismissCommanded(by, "banter"), NOW)) == "panel_sits"


@pytest.mark.norm("N2.3-3", "behaviour")
def test_afterwards_only_what_it_decided_is_done() -> None:
    matter = opened()
    all_vote(matter, MUTED, MUTED, MUTED)
    by = actor("wes")
    assert matter.refused(matter.registrar.dismiss(intents.DismissCommanded(by, "banter"), NOW)) == "panel_decided"
    delete = commanded(Measure.DELETE, by=by)
    assert matter.refused(matter.registrar.measure(delete, NOW)) == "panel_decided"
    matter.done(matter.registrar.measure(commanded(by=by), NOW))
    assert matter.case.status is CaseStatus.DECIDED


def test_a_panel_that_finds_nothing_closes_the_case() -> None:
    matter = opened()
    all_vote(matter, NOTHING, NOTHING, MUTED)
    by = actor("wes")
    assert matter.refused(matter.registrar.measure(commanded(by=by), NOW)) == "panel_decided"
    matter.done(matter.registrar.dismiss(intents.DismissCommanded(by, "banter"), NOW))


# -- the count --------------------------------------------------------------------------------------------------------

verdicts = st.one_of(
    st.just(NOTHING),
    st.sampled_from([(severity, measure) for severity in Severity for measure in [*sorted(ALLOWED[severity]), None]]),
)
ballots = st.lists(
    st.builds(
        lambda verdict, away: Ballot("x", verdict[0], verdict[1], "why", away),
        verdicts,
        st.sampled_from([False] * 9 + [True]),
    ),
    max_size=9,
)


@pytest.mark.norm("N2.3-3", "behaviour")
@given(ballots, st.randoms(use_true_random=False))
def test_the_outcome_follows_from_the_votes_alone(given_: list[Ballot], chance: st.DataObject) -> None:
    """In whatever order they are counted; it is always something more than half voted for, and never out of class."""
    outcome = tally(given_)
    shuffled = list(given_)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert tally(shuffled) == outcome
    if outcome.tied:
        assert (outcome.severity, outcome.measure) == (None, None)
        return
    assert 2 * sum(ballot.severity is outcome.severity for ballot in given_) > len(given_)
    assert 2 * sum(ballot.measure is outcome.measure for ballot in given_) > len(given_)
    assert not any(ballot.abstains for ballot in given_)
    if outcome.measure is not None:
        assert outcome.severity is not None
        assert outcome.measure in ALLOWED[outcome.severity]


def test_no_votes_decide_nothing() -> None:
    assert tally([]).tied
