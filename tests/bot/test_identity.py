"""Who a reporter is: asked by the privacy officer, approved by a second person, opened once; every other try is refused, on
record and told (norm N1.3-4, N4.3-2b). And what data is read for (norm P3-1a)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cases.docket import Wish
from cases.dossier import Dossier
from cases.history import Addressee
from cases.model import Actor, ActorKind, Profile, Refusal
from cases.ports import AccessFilter, DossierFilter
from cases.purposes import DUTIES, PURPOSES, granted
from tests.bot.bureau import Bureau, bureau

OLGA = Actor(ActorKind.PRIVACY, "olga", "Olga")
PAUL = Actor(ActorKind.PRIVACY, "paul", "Paul")
SUE = Actor(ActorKind.SUPERVISOR, "sue", "Sue")
OTHERS = tuple(Actor(kind, f"x-{kind}") for kind in ActorKind if kind is not ActorKind.PRIVACY)
WHY = "order 12 of the district court"


async def asked(desk: Bureau) -> Dossier:
    state = await desk.report(contact="cai@example.org")
    made = await ask(desk, OLGA, state.code, state.reports[0].id)
    assert isinstance(made, Dossier), made
    return made


async def ask(desk: Bureau, by: Actor, code: str, report: str) -> Dossier | Refusal:
    return await desk.office.move(Wish("identity-opening", "ask", by, {"report": report, "reason": WHY}, code))


async def move(desk: Bureau, opening: Dossier, name: str, by: Actor, **fields: Any) -> Dossier | Refusal:
    return await desk.office.move(Wish("identity-opening", name, by, fields), opening.id)


async def attempts(desk: Bureau) -> list[Dossier]:
    return list(await desk.storage.dossiers.dossiers(DossierFilter(kind="identity-opening", status="refused")))


@pytest.mark.norm("N1.3-4", "behaviour")
@pytest.mark.norm("N4.3-2b", "behaviour")
async def test_asked_approved_by_a_second_person_and_opened_once_on_record() -> None:
    async with bureau(profile=Profile.PLATFORM) as desk:
        opening = await asked(desk)
        assert isinstance(await move(desk, opening, "open", OLGA), Refusal), "not before somebody approved"
        approved = await move(desk, opening, "approve", SUE)
        assert isinstance(approved, Dossier), approved
        opened = await move(desk, opening, "open", OLGA)
        assert isinstance(opened, Dossier), opened
        assert "cai@example.org" not in str(opened), "the record says that it was opened, not what it was"
        (noted,) = await desk.storage.access.accesses(AccessFilter(what="identity"))
        assert (noted.who.ref, noted.ref, noted.why) == ("olga", opening.fields["report"], f"rights: {WHY}")
        again = await move(desk, opening, "open", OLGA)
        assert isinstance(again, Refusal)
        assert again.reason == "already"
        told = await desk.storage.letters.letters_to(Addressee.STAFF, "role:supervisor")
        assert [row.letter.key for row in told][-2:] == ["identity_asked", "identity_opened"]


@pytest.mark.norm("N1.3-4", "bad-input")
@pytest.mark.parametrize("who", OTHERS, ids=lambda who: who.kind)
async def test_any_other_role_is_refused_recorded_and_the_supervisor_told(who: Actor) -> None:
    async with bureau(profile=Profile.PLATFORM) as desk:
        state = await desk.report(contact="cai@example.org")
        refused = await ask(desk, who, state.code, state.reports[0].id)
        assert isinstance(refused, Refusal)
        assert refused.reason in ("not_allowed", "untrained")
        (attempt,) = await attempts(desk)
        assert (attempt.fields["who"], attempt.fields["role"], attempt.about) == (who.ref, who.kind, state.code)
        told = await desk.storage.letters.letters_to(Addressee.STAFF, "role:supervisor")
        assert [row.letter.words["role"] for row in told if row.letter.key == "identity_refused"] == [who.kind]


@pytest.mark.norm("N1.3-4", "bad-input")
async def test_nobody_approves_what_they_asked_and_only_the_asker_opens() -> None:
    async with bureau(profile=Profile.PLATFORM) as desk:
        opening = await asked(desk)
        own = await move(desk, opening, "approve", OLGA)
        assert isinstance(own, Refusal)
        assert own.reason == "second_person"
        assert isinstance(await move(desk, opening, "approve", PAUL), Dossier)
        other = await move(desk, opening, "open", PAUL)
        assert isinstance(other, Refusal)
        assert other.reason == "not_allowed"
        assert {one.fields["who"] for one in await attempts(desk)} == {"olga", "paul"}


@pytest.mark.norm("N1.3-4", "bad-input")
async def test_an_old_approval_a_foreign_report_or_no_reason_opens_nothing() -> None:
    async with bureau(profile=Profile.PLATFORM) as desk:
        opening = await asked(desk)
        await move(desk, opening, "approve", SUE)
        desk.clock.wait(timedelta(hours=73))
        late = await move(desk, opening, "open", OLGA)
        assert isinstance(late, Refusal)
        assert late.reason == "too_late"
        foreign = await ask(desk, OLGA, opening.about, "OTHER-r1")
        assert isinstance(foreign, Refusal)
        assert foreign.reason == "unknown_report"
        bare = Wish("identity-opening", "ask", OLGA, {"report": opening.fields["report"], "reason": " "}, opening.about)
        refused = await desk.office.move(bare)
        assert isinstance(refused, Refusal)
        assert refused.reason == "unfit"


async def test_a_streamer_alone_may_and_it_is_on_record_all_the_same() -> None:
    async with bureau() as desk:
        state = await desk.report(contact="cai@example.org")
        owner = Actor(ActorKind.OWNER, "olli")
        made = await ask(desk, owner, state.code, state.reports[0].id)
        assert isinstance(made, Dossier), made
        assert isinstance(await move(desk, made, "approve", owner), Dossier)
        assert isinstance(await move(desk, made, "open", owner), Dossier)
        assert len(await desk.storage.access.accesses(AccessFilter(what="identity"))) == 1


# -- purposes -------------------------------------------------------------------------------------------------------------


@pytest.mark.norm("P3-1a", "behaviour")
async def test_a_reading_notes_its_purpose_and_without_one_nothing_is_read() -> None:
    async with bureau() as desk:
        state = await desk.report()
        seen = await desk.office.case(state.code, SUE, "sample of week 12")
        assert not isinstance(seen, Refusal)
        (row,) = await desk.storage.access.accesses(AccessFilter(what="case"))
        assert row.why == "supervision: sample of week 12"
        nameless = await desk.office.case(state.code, Actor(ActorKind.VIEWER, "v"), "just looking")
        assert isinstance(nameless, Refusal)
        assert nameless.reason == "no_purpose"
        assert len(await desk.storage.access.accesses(AccessFilter(what="refused:case"))) == 1


@pytest.mark.norm("P3-1a", "bad-input")
@pytest.mark.parametrize(
    ("what", "kind", "why", "reason"),
    [
        ("case", ActorKind.MODERATOR, "", "no_reason"),
        ("case", ActorKind.MODERATOR, "rights: ", "not_allowed"),
        ("case", ActorKind.MODERATOR, "handling:  ", "no_reason"),
        ("case", ActorKind.MODERATOR, "supervision: a look", "not_allowed"),
        ("identity", ActorKind.SUPERVISOR, "supervision: who is it", "not_allowed"),
        ("original", ActorKind.SUPPORT, "a complaint", "not_allowed"),
        ("case", ActorKind.BOT, "anything", "no_purpose"),
    ],
)
def test_a_reading_for_no_purpose_or_another_roles_is_refused(
    what: str, kind: ActorKind, why: str, reason: str
) -> None:
    refused = granted(what, kind, why)
    assert isinstance(refused, Refusal)
    assert refused.reason == reason


@pytest.mark.norm("P6-1", "behaviour")
def test_no_purpose_is_advertising_or_a_profile_and_each_duty_is_a_purpose_of_its_role() -> None:
    assert set(PURPOSES) == {"handling", "appeal", "supervision", "answering", "rights", "running"}
    assert all(kind in PURPOSES[duty].roles for kind, duty in DUTIES.items())


def test_a_purpose_said_first_stands_first() -> None:
    assert granted("case", ActorKind.OWNER, "Rights: a copy") == "rights: a copy"
    assert granted("case", ActorKind.OWNER, "re: his mail") == "handling: re: his mail"
