"""A refusal that must stand on record: the entries are kept, and the caller gets the refusal (norm N1.3-2, N2.3-3)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cases import intents
from cases.history import ConflictRefused, PanelClosed, VoteCast
from cases.house import House
from cases.model import Profile, Refusal
from cases.ports import Applied, ByCode, ByEpisode, Decide
from cases.registrar import Registrar
from cases.sentence import Measure, Severity
from storage import Storage
from tests.cases.matter import NOW, reported
from tests.cases.roster import ROOM, ROSTER, actor
from tests.storage.stores import KEYS, Store


async def opened(storage: Storage, registrar: Registrar, reporter: str) -> str:
    """A case that Eve is asked about; its code."""
    ref = ByEpisode(ROOM, "report:ann", NOW, timedelta(0))
    answer = await storage.log.apply(ref, registrar.report(reported(reporter), NOW))
    assert isinstance(answer, Applied)
    return answer.state.code


@pytest.mark.norm("N1.3-2", "bad-input")
async def test_who_is_concerned_gets_the_refusal_and_the_history_the_attempt(store: Store) -> None:
    async with store.open() as storage:
        registrar = Registrar(KEYS, House(Profile.PLATFORM, staff=ROSTER))
        pseudonym = KEYS.pseudonym(ROOM, "eve")
        code = await opened(storage, registrar, pseudonym)
        look = registrar.look(intents.ContextOpened(actor("eve")), NOW)
        answer = await storage.log.apply(ByCode(code), look)
        assert isinstance(answer, Refusal)
        assert answer.reason == "conflict"
        entry = (await storage.reader.history(code))[-1].entry
        assert isinstance(entry, ConflictRefused)
        assert entry.by.ref == pseudonym
        assert "eve" not in repr(entry)


@pytest.mark.norm("N2.3-3", "behaviour")
async def test_votes_are_sealed_in_the_store_until_all_are_in(store: Store) -> None:
    """With the real keys: the history holds ciphertext that opens nowhere else, then all votes at once."""
    async with store.open() as storage:
        registrar = Registrar(KEYS, House(Profile.PLATFORM, staff=ROSTER))
        code = await opened(storage, registrar, "p-cai")
        seats = ("eve", "wim", "nora")
        wanted = intents.PanelWanted(actor("max"), "complex", tuple(f"staff-{name}" for name in seats))
        steps: list[Decide] = [registrar.convene(wanted, NOW)]
        for name in seats:
            given = intents.VoteGiven(actor(name), Severity.SEVERE, Measure.DELETE, f"says {name}")
            steps.append(registrar.vote(given, NOW))
        for decide in steps[:-1]:
            assert isinstance(await storage.log.apply(ByCode(code), decide), Applied)
        history = repr(await storage.reader.history(code)) + repr(await storage.reader.case(code))
        assert "says" not in history
        assert "delete" not in history
        assert isinstance(await storage.log.apply(ByCode(code), steps[-1]), Applied)
        entries = [row.entry for row in await storage.reader.history(code)]
        assert sum(isinstance(entry, VoteCast) for entry in entries) == 3
        closed = next(entry for entry in entries if isinstance(entry, PanelClosed))
        assert [ballot.reason for ballot in closed.ballots] == ["says eve", "says nora", "says wim"]
