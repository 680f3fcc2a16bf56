"""What the store alone tells of reporters: nobody is followed from room to room, no time tells who it was (norm P3-1a,
N1.3-4)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from cases import intents
from cases.history import Addressee
from cases.house import House
from cases.model import Actor, ActorKind, CaseState, Evidence, EvidenceKind, EvidenceLine, Respondent
from cases.ports import Applied, ByCode, ByEpisode
from cases.registrar import Registrar
from cases.sentence import Measure
from storage import Storage
from streams.events import RoomKey
from tests.storage.stores import KEYS, Store
from tests.storage.stories import NOW

ROOMS = (RoomKey("irc:#talk"), RoomKey("irc:#elsewhere"), RoomKey("sandbox:demo"))
ANN = Respondent("ann-id", "Ann")
MONA = Actor(ActorKind.MODERATOR, "mona", "Mona")


async def reported(storage: Storage, room: RoomKey, at: datetime, reporter: str = "one-and-the-same") -> CaseState:
    seen = EvidenceLine("m1", "Ann", "you fool", at, judged=True)
    made = intents.ReportMade(
        room, KEYS.pseudonym(room, reporter), ANN, "web", "insult", "rude", ("m1",),
        Evidence(EvidenceKind.AT_ONCE, at, (seen,)), False,
    )  # fmt: skip
    ref = ByEpisode(room, f"report:{at.isoformat()}", at, timedelta(0))
    applied = await storage.log.apply(ref, Registrar(KEYS, House()).report(made, at))
    assert isinstance(applied, Applied), applied
    return applied.state


@pytest.mark.norm("P3-1a", "behaviour")
async def test_a_join_over_rooms_finds_nobody(store: Store) -> None:
    async with store.open() as storage:
        for place, room in enumerate(ROOMS):
            for again in range(2):
                await reported(storage, room, NOW + timedelta(hours=place, minutes=30 * again))
    joins = {
        "reports": "SELECT count(*) FROM reports a JOIN reports b ON a.reporter = b.reporter AND a.room <> b.room",
        "participations": (
            "SELECT count(*) FROM participations a JOIN cases c ON c.code = a.code JOIN participations b ON a.ref = b.ref "
            "JOIN cases d ON d.code = b.code WHERE c.room <> d.room AND a.part = 'reported'"
        ),
    }
    within = "SELECT count(*) FROM reports a JOIN reports b ON a.reporter = b.reporter AND a.id < b.id"
    assert [int(store.sql(query)[0][0]) for query in joins.values()] == [0, 0]
    assert int(store.sql(within)[0][0]) == len(ROOMS), "within a room the same person is one voice"


@pytest.mark.norm("N1.3-4", "behaviour")
async def test_what_the_respondent_sees_is_dated_by_the_decision_never_by_the_report(store: Store) -> None:
    """However long before the decision the report came: what the person sees is told at the same instants after it."""
    spans: list[list[timedelta]] = []
    async with store.open() as storage:
        for day, before_s in enumerate((30, 4_711, 80_000)):
            decided = NOW + timedelta(days=day + 1)
            store.clock.now = decided - timedelta(seconds=before_s)
            state = await reported(storage, ROOMS[0], store.clock.now, f"reporter-{day}")
            assert await seen_by_ann(storage, state.code) == ([], ""), "a report alone is told to nobody it is about"
            store.clock.now = decided
            mute = intents.MeasureCommanded(
                ROOMS[0], MONA, Measure.MUTE, ANN, timedelta(minutes=10), (), "R3", "rude", None, False
            )
            done = await storage.log.apply(ByCode(state.code), Registrar(KEYS, House()).measure(mute, decided))
            assert isinstance(done, Applied), done
            instants, words = await seen_by_ann(storage, state.code)
            spans.append([at - decided for at in instants])
            came = store.clock.now - timedelta(seconds=before_s)
            assert f"{came:%H:%M:%S}" not in words
            assert "reporter" not in words
    assert spans[0]
    assert spans[0] == spans[1] == spans[2]


async def seen_by_ann(storage: Storage, code: str) -> tuple[list[datetime], str]:
    """Every instant the respondent can learn of a case, and everything she can read."""
    statements = await storage.reader.statements(code)
    letters = [row for one in statements for row in await storage.letters.letters_to(Addressee.RESPONDENT, one.id)]
    instants = [one.issued_at for one in statements] + [row.created_at for row in letters]
    return instants, " ".join(str(one) for one in (*statements, *letters)) if instants else ""
