"""The rules' versions: seven days' notice, never backdated, each line judged by those of its time."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.categories import CATEGORIES
from cases.docket import Docket, Wish
from cases.dossier import About, Dossier, fold_dossier
from cases.dossiers import interpretation, policy
from cases.history import DossierMoved, Opened
from cases.house import House
from cases.lifecycle import fold
from cases.model import BOT, Actor, ActorKind, CaseKind, Refusal
from cases.rulebook import FIRST, INDISPENSABLE, NOTICE, Rulebook
from cases.rules import HOUSE_RULES
from cases.sentence import Severity
from streams.events import RoomKey

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
OWNER = Actor(ActorKind.OWNER, "owner", "Streamer")
KINDS = {kind.name: kind for kind in (policy.KIND, interpretation.KIND)}
OTHER_WORDS = "be kind to each other"


def rules(**changes: Any) -> list[dict[str, Any]]:
    """The rules danmod comes with, in plain form; a change of one is named by its id."""
    return [policy.plain(rule) | changes.get(rule.id, {}) for rule in HOUSE_RULES.values()]


@dataclass
class Desk:
    """Writes dossiers into memory."""

    docket: Docket = field(default_factory=lambda: Docket(KINDS, House()))
    known: dict[str, Dossier] = field(default_factory=dict)

    def move(
        self, kind: str, move: str, now: datetime, on: str | None = None, by: Actor = OWNER, **fields: Any
    ) -> Dossier | Refusal:
        """One move; the dossier after it."""
        wish = Wish(kind, move, by, fields, about_id="rules")
        others = [one for one in self.known.values() if one.kind == kind and one.id != on]
        fresh = f"{kind}-{len(self.known) + 1}"
        changes = self.docket.move(wish, About(others=others), now)(self.known.get(on or ""), fresh)
        if isinstance(changes, Refusal):
            return changes
        entry = changes.entries[0]
        assert isinstance(entry, DossierMoved)
        self.known[entry.id] = fold_dossier(self.known.get(entry.id), KINDS[kind].machine, entry)
        return self.known[entry.id]

    def publish(self, effective: datetime, now: datetime = NOW, **fields: Any) -> Dossier | Refusal:
        """Write a version and publish it."""
        given = {"rules": rules(), "change": "clearer", "effective_at": effective} | fields
        written = self.move("policy", "write", now, **given)
        return self.move("policy", "publish", now, on=written.id) if isinstance(written, Dossier) else written

    def book(self) -> Rulebook:
        """The rulebook of all that was published."""
        return policy.rulebook(self.known.values())


@pytest.fixture
def desk() -> Desk:
    return Desk()


def refused(answer: Dossier | Refusal) -> str:
    assert isinstance(answer, Refusal)
    return answer.reason


@pytest.mark.norm("N1.1", "behaviour")
def test_danmod_comes_with_rules_that_are_in_force(desk: Desk) -> None:
    book = desk.book()
    assert book.at(NOW) is FIRST
    assert set(INDISPENSABLE) <= set(book.at(NOW).rules)
    assert book.told("R1", "1", "zh-TW") == "禁止刷屏"


@pytest.mark.norm("N1.1", "behaviour")
@pytest.mark.norm("N5.1", "behaviour")
def test_a_line_is_judged_by_the_rules_of_its_time(desk: Desk) -> None:
    effective = NOW + NOTICE
    desk.publish(effective, rules=rules(R3={"words": {"en": OTHER_WORDS}}))
    book = desk.book()
    assert book.told("R3", book.at(effective - timedelta(seconds=1)).number, "en") == "no insults"
    assert book.told("R3", book.at(effective).number, "en") == OTHER_WORDS
    assert [version.number for version in book.upcoming(NOW)] == [book.at(effective).number]


@pytest.mark.norm("N5.1", "deadline")
@pytest.mark.norm("N1.1", "deadline")
@pytest.mark.parametrize(("early", "published"), [(timedelta(0), True), (timedelta(microseconds=1), False)])
def test_a_version_is_public_seven_days_before_it_binds(desk: Desk, early: timedelta, published: bool) -> None:
    answer = desk.publish(NOW + NOTICE - early)
    assert isinstance(answer, Dossier) == published
    if not published:
        assert refused(answer) == "too_soon"


@pytest.mark.norm("N5.1", "bad-input")
def test_a_backdated_version_is_refused(desk: Desk) -> None:
    assert refused(desk.publish(NOW - timedelta(days=30))) == "too_soon"
    assert desk.book().versions == (FIRST,)


def test_versions_come_one_after_the_other(desk: Desk) -> None:
    desk.publish(NOW + timedelta(days=20))
    assert refused(desk.publish(NOW + timedelta(days=10))) == "too_soon"


def test_what_is_in_force_is_not_withdrawn(desk: Desk) -> None:
    published = desk.publish(NOW + NOTICE)
    assert isinstance(published, Dossier)
    later = NOW + NOTICE + timedelta(hours=1)
    assert refused(desk.move("policy", "withdraw", later, on=published.id, reason="no")) == "too_late"
    before = desk.move("policy", "withdraw", NOW, on=published.id, reason="a mistake")
    assert isinstance(before, Dossier)
    assert desk.book().versions == (FIRST,)


@pytest.mark.norm("N1.1", "bad-input")
@pytest.mark.parametrize(
    "wrong",
    [
        [],
        "R1",
        [{"id": "1"}],
        rules()[1:],
        [row for row in rules() if row["id"] != "R1"],
        rules(R3={"category": "nonsense"}),
        rules(R3={"mildest": "severe", "gravest": "minor"}),
        rules(R3={"gravest": "lethal"}),
        rules(R3={"words": {}}),
        rules(R3={"words": {"zh-CN": "只有中文"}}),
        rules(R1={"gravest": "minor"}),
        rules(R3={"secret": "x"}),
        rules() + rules()[:1],
    ],
)
def test_rules_that_do_not_hold_together_are_not_written(desk: Desk, wrong: Any) -> None:
    answer = desk.move("policy", "write", NOW, rules=wrong, change="x", effective_at=NOW + NOTICE)
    assert refused(answer) == "unfit"
    assert desk.known == {}


@pytest.mark.parametrize("kind", [ActorKind.VIEWER, ActorKind.MODERATOR, ActorKind.BOT, ActorKind.SUPERVISOR])
def test_only_who_runs_the_place_writes_rules(desk: Desk, kind: ActorKind) -> None:
    answer = desk.move(
        "policy", "write", NOW, by=Actor(kind, "x"), rules=rules(), change="x", effective_at=NOW + NOTICE
    )
    assert refused(answer) == "not_allowed"


def test_a_rule_that_was_dropped_keeps_its_words(desk: Desk) -> None:
    effective = NOW + NOTICE
    desk.publish(effective, rules=[row for row in rules() if row["id"] != "R4"])
    assert desk.book().rule("R4", effective) is None
    assert desk.book().told("R4", desk.book().at(effective).number, "en") == "no private data of others"
    assert desk.book().told("R77", "1", "en") == "R77"


@pytest.mark.norm("N5.1", "behaviour")
def test_the_rules_name_who_interprets_them_and_an_interpretation_never_reaches_back(desk: Desk) -> None:
    desk.publish(NOW + NOTICE, interpreter="the streamer and two moderators")
    written = desk.move(
        "interpretation", "write", NOW, rule="R3", text="Mild teasing among friends is none.", effective_at=NOW + NOTICE
    )
    assert isinstance(written, Dossier)
    desk.move("interpretation", "publish", NOW, on=written.id)
    book = desk.book()
    assert book.interpreter == "the streamer and two moderators"
    opened = Opened(
        at=NOW + NOTICE - timedelta(seconds=1),
        by=BOT,
        code="A7K4",
        room=RoomKey("irc:#a"),
        kind=CaseKind.REPORT,
        episode="report:ann",
        category="insult",
        rule="R3",
        severity=Severity.MODERATE,
        dry_run=False,
    )
    pending = fold(None, (opened,))
    assert book.meanings("R3", pending) == ()
    later = msgspec.structs.replace(pending, opened_at=NOW + NOTICE)
    assert [meaning.text for meaning in book.meanings("R3", later)] == ["Mild teasing among friends is none."]


@pytest.mark.norm("N5.1", "bad-input")
def test_an_interpretation_has_seven_days_too(desk: Desk) -> None:
    written = desk.move("interpretation", "write", NOW, rule="R3", text="x", effective_at=NOW + timedelta(days=6))
    assert isinstance(written, Dossier)
    assert refused(desk.move("interpretation", "publish", NOW, on=written.id)) == "too_soon"


@given(st.lists(st.integers(1, 400), min_size=1, max_size=6, unique=True), st.integers(-50, 900))
def test_at_every_instant_exactly_one_version_binds(days: list[int], asked: int) -> None:
    """The latest of those that took effect, whatever the order of publishing allowed."""
    desk = Desk()
    for day in days:
        desk.publish(NOW + timedelta(days=day), rules=rules(R3={"words": {"en": f"day {day}"}}))
    instant = NOW + timedelta(days=asked)
    book = desk.book()
    begun = [version for version in book.versions if version.effective_at is None or version.effective_at <= instant]
    assert book.at(instant) is begun[-1]
    assert book.learnt(instant) is begun[-1]


@pytest.mark.norm("N2.2-0", "deadline")
def test_what_can_be_reported_changes_only_after_seven_days_in_public() -> None:
    desk = Desk()
    fewer = ["insult", "doxxing"]
    early = desk.publish(NOW + NOTICE - timedelta(seconds=1), categories=fewer)
    assert isinstance(early, Refusal)
    assert early.reason == "too_soon"
    desk = Desk()
    desk.publish(NOW + NOTICE, categories=fewer)
    book = desk.book()
    assert book.offered(NOW + NOTICE - timedelta(seconds=1)) == CATEGORIES
    assert [leaf.code for leaf in book.offered(NOW + NOTICE)] == ["insult", "doxxing", "other"]
    assert [version.categories for version in book.upcoming(NOW)] == [("insult", "doxxing")]


@pytest.mark.norm("N2.2-0", "bad-input")
def test_a_version_offers_only_what_is_in_the_catalogue() -> None:
    answer = Desk().move("policy", "write", NOW, rules=rules(), change="x", effective_at=NOW + NOTICE, categories=["x"])
    assert isinstance(answer, Refusal)
    assert "no category of the catalogue" in answer.detail
