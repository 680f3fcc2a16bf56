"""Files and addresses that reporters gave: sealed at rest, erased by their key, addresses 30 days after the last letter."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from cases.house import House
from cases.intents import DismissCommanded, ReportMade
from cases.model import Actor, ActorKind, Respondent
from cases.ports import Applied, ByCode, ByEpisode
from cases.registrar import Registrar
from storage import Storage
from storage.contacts import KEPT
from storage.vault import Keys, KeysError, SealedContact
from tests.storage.stories import NOW, ROOM

PNG = b"\x89PNG\r\n\x1a\n" + b"secret pixels" * 20


async def test_a_file_is_kept_once_listed_and_opened(storage: Storage) -> None:
    kept = await storage.attachments.keep("A7K2-r1", "shot.png", "image/png", PNG, NOW)
    again = await storage.attachments.keep("A7K2-r1", "shot.png", "image/png", PNG, NOW)
    assert kept.id == again.id
    (listed,) = await storage.attachments.about("A7K2-r1")
    assert (listed.name, listed.media_type, listed.size_bytes, listed.content) == (
        "shot.png",
        "image/png",
        len(PNG),
        None,
    )
    opened = await storage.attachments.open(kept.id)
    assert opened is not None
    assert opened.content == PNG
    assert await storage.attachments.open("no-such-file") is None


async def test_an_erased_file_is_gone_for_good(storage: Storage) -> None:
    kept = await storage.attachments.keep("A7K2-r1", "shot.png", "image/png", PNG, NOW)
    await storage.attachments.erase("A7K2-r1", NOW)
    assert await storage.attachments.about("A7K2-r1") == []
    assert await storage.attachments.open(kept.id) is None


def test_a_sealed_file_tells_nothing_and_opens_only_as_itself() -> None:
    keys = Keys.ephemeral(b"files")
    sealed = keys.seal_file("one", PNG)
    assert b"secret" not in sealed.sealed
    assert keys.open_file("one", sealed) == PNG
    with pytest.raises(KeysError):
        keys.open_file("other", sealed)
    with pytest.raises(KeysError):
        Keys.ephemeral(b"others").open_file("one", SealedContact(sealed.wrapped_key, sealed.sealed))


async def _reported(storage: Storage, at: datetime) -> tuple[str, str]:
    """A case reported with an address; its code and the report's id."""
    registrar = Registrar(Keys.ephemeral(b"contract"), House())
    bob = Respondent("bob", "Bob")
    made = ReportMade(ROOM, "r", bob, "web", "insult", "rude", ("m1",), None, False, contact="me@example.org")
    answer = await storage.log.apply(ByEpisode(ROOM, "report:bob", at, timedelta(days=1)), registrar.report(made, at))
    assert isinstance(answer, Applied)
    return answer.state.code, answer.state.reports[0].id


@pytest.mark.norm("N2.1-2b", "deadline")
async def test_an_address_is_due_30_days_after_the_last_letter_and_not_while_the_case_goes_on(storage: Storage) -> None:
    code, report = await _reported(storage, NOW)
    late = NOW + timedelta(days=90)
    assert await storage.contacts.due(late) == []
    registrar = Registrar(Keys.ephemeral(b"contract"), House())
    mona = Actor(ActorKind.MODERATOR, "mona", "Mona")
    await storage.log.apply(ByCode(code), registrar.dismiss(DismissCommanded(mona, "nothing to see"), NOW))
    sent = NOW + timedelta(days=2)
    for letter in await storage.letters.pending(sent):
        await storage.letters.sent(letter.id, "mail", sent)
    assert await storage.contacts.due(sent + KEPT - timedelta(seconds=1)) == []
    assert await storage.contacts.due(sent + KEPT) == [report]
    await storage.contacts.erase([report])
    assert await storage.contacts.due(late) == []
    assert await storage.contacts.of_report(report) is None


@pytest.mark.norm("P1-1", "deadline")
async def test_consent_taken_back_erases_the_address_before_the_answer(storage: Storage) -> None:
    _, report = await _reported(storage, NOW)
    assert await storage.contacts.is_kept(report)
    await storage.contacts.erase([report])
    assert not await storage.contacts.is_kept(report)
    assert await storage.contacts.of_report(report) is None
