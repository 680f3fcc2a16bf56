"""Letters that go out: by a real mail server and a real web server on this machine, throttled, retried, held on the page."""

from __future__ import annotations

import asyncio
import email
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from email import policy
from email.message import EmailMessage, Message
from typing import Any, cast

import aiohttp
import pytest
from aiohttp import web
from aiosmtpd.smtp import SMTP, Envelope, Session

from bot.channels import Mail, MailSettings, NotSent, Webhook, is_address, signature
from bot.post import RETRIES, Channels, Post
from bot.recipients import LetterRecipients
from bot.rooms import Rooms, WatchedRoom
from bot.silence import Silence
from cases.catalogue import LANGUAGES, catalogue
from cases.history import Addressee, Letter
from cases.intents import DismissCommanded
from cases.model import Mode
from cases.policy import RoomPolicy
from cases.ports import Applied, ByCode, LetterRow
from tests.bot.bureau import MONA, ROOM, Bureau, bureau
from tests.bot.engine import KEYS
from tests.bot.platform import RecordedPlatform

ADDRESS = "cai@example.org"
SECRET = "a secret of sixteen"
ALARM_WORDS = {"about": "irc:#talk", "detail": "danmod can no longer mute here", "id": "alarm-1"}


@dataclass
class Postman:
    """A mail server: takes letters, or refuses as a test wishes."""

    answers: list[str] = field(default_factory=list)
    received: list[Message] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    port: int = 0

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.answers:
            return self.answers.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.received.append(email.message_from_bytes(cast(bytes, envelope.content), policy=policy.default))
        self.recipients += envelope.rcpt_tos
        return "250 OK"


@asynccontextmanager
async def mail_server() -> AsyncIterator[Postman]:
    postman = Postman()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(postman, loop=loop, hostname="localhost"), "127.0.0.1", 0)
    postman.port = server.sockets[0].getsockname()[1]
    try:
        yield postman
    finally:
        server.close()
        await server.wait_closed()


@dataclass
class Hook:
    """The moderators' own chat."""

    url: str = ""
    status: int = 204
    received: list[dict[str, Any]] = field(default_factory=list)
    signed: list[bool] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        stamp = request.headers["X-Danmod-Timestamp"]
        self.signed.append(request.headers["X-Danmod-Signature"] == signature(SECRET.encode(), stamp, body))
        self.received.append(json.loads(body))
        return web.Response(status=self.status)


@asynccontextmanager
async def hook_server() -> AsyncIterator[Hook]:
    hook = Hook()
    app = web.Application()
    app.add_routes([web.post("/hook", hook.take)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    hook.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    try:
        yield hook
    finally:
        await runner.cleanup()


def mail_to(postman: Postman) -> Mail:
    return Mail(MailSettings("127.0.0.1", postman.port, "none", "", "", "danmod@example.org"))


@dataclass
class Desk:
    """A bureau with a post."""

    it: Bureau
    platform: RecordedPlatform = field(default_factory=RecordedPlatform)

    def __post_init__(self) -> None:
        self.rooms = Rooms()
        self.rooms.add(WatchedRoom(ROOM, Mode.ENFORCE, RoomPolicy(), "en", lambda: self.platform.can))

    def post(self, channels: Channels) -> Post:
        storage = self.it.storage
        recipients = LetterRecipients(
            storage.contacts, storage.reader, KEYS, self.rooms, {"irc": self.platform}, "https://chat.example.org"
        )
        silence = Silence(storage.dossiers, storage.letters, clock=self.it.clock)
        return Post(storage.letters, recipients, channels, silence=silence, language="en", clock=self.it.clock)

    async def dismissed(self, contact: str | None) -> str:
        """A report that was answered; its id."""
        state = await self.it.report(contact=contact)
        wanted = DismissCommanded(MONA, "a joke among friends, both say so")
        applied = await self.it.storage.log.apply(
            ByCode(state.code), self.it.registrar.dismiss(wanted, self.it.clock.now)
        )
        assert isinstance(applied, Applied)
        return state.reports[0].id

    async def letters(self, ref: str) -> list[LetterRow]:
        return list(await self.it.storage.letters.letters_to(Addressee.REPORTER, ref))


@asynccontextmanager
async def desk() -> AsyncIterator[Desk]:
    async with bureau() as it:
        yield Desk(it)


@pytest.mark.norm("N3.2-1a", "behaviour")
async def test_a_reporter_who_left_an_address_gets_every_letter_by_mail() -> None:
    async with desk() as it, mail_server() as postman:
        report = await it.dismissed(ADDRESS)
        await it.post(Channels(mail=mail_to(postman))).turn()
        rows = await it.letters(report)
        assert len(rows) >= 2
        assert {row.channel for row in rows} == {"mail"}
        assert len(postman.received) == len(rows)
        assert set(postman.recipients) == {ADDRESS}
        last = postman.received[-1]
        text = cast(EmailMessage, last).get_content()
        assert f"https://chat.example.org/receipt/{KEYS.token('report', report)}" in text
        assert "a joke among friends" in text
        assert last["Auto-Submitted"] == "auto-generated"
        assert last["From"] == "danmod <danmod@example.org>"


@pytest.mark.norm("N1.3-4", "behaviour")
async def test_a_letter_by_mail_names_neither_the_respondent_nor_the_line() -> None:
    async with desk() as it, mail_server() as postman:
        await it.dismissed(ADDRESS)
        await it.post(Channels(mail=mail_to(postman))).turn()
        said = "".join(str(message) for message in postman.received)
        assert "Ann" not in said
        assert "you fool" not in said


@pytest.mark.parametrize("contact", [None, ""])
async def test_who_left_nothing_reads_the_page(contact: str | None) -> None:
    async with desk() as it, mail_server() as postman:
        report = await it.dismissed(contact)
        await it.post(Channels(mail=mail_to(postman))).turn()
        assert {row.channel for row in await it.letters(report)} == {"page"}
        assert postman.received == []


@pytest.mark.norm("N3.2-1a", "bad-input")
async def test_a_bounced_address_is_tried_twice_more_and_then_held_on_the_page() -> None:
    async with desk() as it, mail_server() as postman:
        state = await it.it.report(contact=ADDRESS)
        report = state.reports[0].id
        count = len(await it.letters(report))
        post = it.post(Channels(mail=mail_to(postman)))
        for wait in (timedelta(0), *RETRIES):
            postman.answers = ["550 no such mailbox"] * count
            it.it.clock.wait(wait)
            await post.turn()
            assert postman.answers == [], "each letter was tried once"
        rows = await it.letters(report)
        assert all(row.held_at is not None for row in rows)
        assert {row.detail for row in rows} == {"the mail server answered 550"}
        it.it.clock.wait(timedelta(days=2))
        await post.turn()
        assert postman.received == [], "no further try, and no other channel"


@pytest.mark.norm("N3.2-1a", "bad-input")
@pytest.mark.parametrize("contact", ["call me 12345678", "QQ 12345", "a@b", "x@y.z>\r\nBcc: all@example.org"])
async def test_a_contact_that_is_no_address_is_never_guessed_at(contact: str) -> None:
    async with desk() as it, mail_server() as postman:
        report = await it.dismissed(contact)
        await it.post(Channels(mail=mail_to(postman))).turn()
        assert all(row.held_at is not None for row in await it.letters(report))
        assert postman.recipients == []


async def test_a_mail_server_that_is_away_costs_a_retry_and_nothing_else() -> None:
    async with desk() as it, mail_server() as postman:
        report = await it.dismissed(ADDRESS)
        away = Mail(MailSettings("127.0.0.1", 1, "none", "", "", "danmod@example.org"))
        await it.post(Channels(mail=away)).turn()
        assert {row.attempts for row in await it.letters(report)} == {1}
        it.it.clock.wait(RETRIES[0])
        await it.post(Channels(mail=mail_to(postman))).turn()
        rows = await it.letters(report)
        assert all(row.sent_at is not None for row in rows)
        ids = [message["Message-ID"] for message in postman.received]
        assert len(set(ids)) == len(rows)


async def test_the_throttle_lets_the_rest_go_a_minute_later() -> None:
    async with desk() as it, mail_server() as postman:
        report = await it.dismissed(ADDRESS)
        count = len(await it.letters(report))
        post = it.post(Channels(mail=mail_to(postman), mails_per_minute=1))
        await post.turn()
        assert len(postman.received) == 1
        for _ in range(count):
            it.it.clock.wait(timedelta(seconds=61))
            await post.turn()
        assert len(postman.received) == count


async def test_mails_that_wait_for_the_throttle_keep_no_other_letter_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.post.PORTION", 1)
    async with desk() as it, mail_server() as postman, hook_server() as hook, aiohttp.ClientSession() as http:
        await it.dismissed(ADDRESS)
        await it.it.open_case(letters=(Letter(Addressee.STAFF, "role:owner", "alarm_rights", ALARM_WORDS),))
        channels = Channels(mail=mail_to(postman), webhook=Webhook(hook.url, SECRET, http), mails_per_minute=1)
        await it.post(channels).turn()
        assert len(postman.received) == 1
        assert [message["kind"] for message in hook.received] == ["alarm_rights"]


@pytest.mark.norm("N1.3-4", "behaviour")
async def test_the_moderators_chat_gets_signed_words_without_a_reporter() -> None:
    async with desk() as it, hook_server() as hook, aiohttp.ClientSession() as http:
        state = await it.it.report("p-secret-reporter", contact=ADDRESS)
        it.it.clock.wait(timedelta(days=2))
        await it.it.watch.turn()
        await it.post(Channels(webhook=Webhook(hook.url, SECRET, http))).turn()
        assert hook.received
        assert all(hook.signed)
        first = hook.received[0]
        assert first["about"] == state.code
        assert first["text"] == first["content"]
        assert "the decision on a moderate report" in str(hook.received)
        assert "secret" not in str(hook.received)
        assert ADDRESS not in str(hook.received)


async def test_a_moderators_chat_that_fails_is_tried_again() -> None:
    async with desk() as it, hook_server() as hook, aiohttp.ClientSession() as http:
        await it.it.report()
        it.it.clock.wait(timedelta(hours=10))
        await it.it.watch.turn()
        hook.status = 500
        post = it.post(Channels(webhook=Webhook(hook.url, SECRET, http)))
        await post.turn()
        tried = len(hook.received)
        hook.status = 204
        it.it.clock.wait(RETRIES[0])
        await post.turn()
        assert len(hook.received) == 2 * tried
        assert {message["id"] for message in hook.received[:tried]} == {m["id"] for m in hook.received[tried:]}


async def test_a_redirect_of_the_moderators_chat_is_not_followed() -> None:
    async with hook_server() as hook, aiohttp.ClientSession() as http:
        hook.status = 307
        async with bureau() as it:
            with pytest.raises(NotSent, match="307"):
                await Webhook(hook.url, SECRET, http).send(1, "alarm_drift", "A7K2", "hello", it.clock.now)


async def test_a_letter_without_a_text_is_held_and_says_so() -> None:
    async with bureau() as it:
        letter = Letter(Addressee.STAFF, "role:moderator", "no_such_letter")
        await it.open_case(letters=(letter,))
        await Desk(it).post(Channels()).turn()
        (row,) = await it.storage.letters.letters_to(Addressee.STAFF, "role:moderator")
        assert row.held_at is not None
        assert "no_such_letter" in row.detail


@pytest.mark.parametrize("word", ["a@example.org", "first.last+tag@sub.example.co"])
def test_addresses(word: str) -> None:
    assert is_address(word)


@pytest.mark.parametrize("word", ["", "a", "a@b", "a b@example.org", "ä@example.org", "<a@x.org>", "a@x.org,b@x.yz"])
def test_what_is_no_address(word: str) -> None:
    assert not is_address(word)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_step_with_a_deadline_has_a_name(language: str) -> None:
    from cases.deadlines import TERMS

    assert {f"deadline.{key}" for key in TERMS} <= set(catalogue(language))
