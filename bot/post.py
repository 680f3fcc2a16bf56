"""The post: letters go out by what is at hand, and can always be read on their page.

A reporter who left an address gets a mail, the staff a message in their own chat, a respondent a whisper where the
platform has one; whoever left nothing reads the page. A failure is tried twice more, then the letter is held on the page;
no other channel is guessed (norm N3.2-1a).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from bot.channels import Mail, NotSent, Webhook, is_address
from bot.clock import instant
from bot.silence import Silence
from cases.catalogue import has, say
from cases.history import Addressee
from cases.ports import LetterRow, Letters, StorageError

log = structlog.get_logger(__name__)

RETRIES = (timedelta(minutes=2), timedelta(minutes=15))
"""After the first and after the second failure; after the third the letter is held."""
LOOK_EVERY_S = 5.0
TROUBLED_S = 5.0
MINUTE_S = 60.0
PORTION = 100


class Recipients(Protocol):
    """Where the people are whom letters are for."""

    async def address(self, row: LetterRow) -> str | None:
        """What was left to be answered to, in the clear; None: nothing was."""

    def page(self, row: LetterRow) -> str:
        """The address of the letter's own page, "" when nobody reaches it from outside."""

    async def whisper(self, row: LetterRow, text: str) -> bool:
        """Say it to the person alone, in the room; False where the platform cannot."""


@dataclass(frozen=True, slots=True)
class Channels:
    """The ways there are; None: not configured. The numbers are letters a minute at most."""

    mail: Mail | None = None
    webhook: Webhook | None = None
    mails_per_minute: int = 20
    posts_per_minute: int = 20


class Post:
    """Takes the letters that wait and sends them."""

    def __init__(
        self,
        letters: Letters,
        recipients: Recipients,
        channels: Channels,
        *,
        silence: Silence,
        language: str,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._letters = letters
        self._recipients = recipients
        self._channels = channels
        self._silence = silence
        self._language = language
        self._clock = clock
        self._sleep = sleep
        self._mails = _Budget(channels.mails_per_minute)
        self._posts = _Budget(channels.posts_per_minute)

    async def run(self) -> None:
        """Send for ever."""
        while True:
            try:
                await self.turn()
            except StorageError as fault:
                log.error("letters not readable", reason=str(fault))
                await self._sleep(TROUBLED_S)
            await self._sleep(LOOK_EVERY_S)

    async def turn(self) -> None:
        """Send every letter that is due, as far as the throttle lets. Raises StorageError."""
        done: set[int] = set()
        held: frozenset[str] | None = None
        while rows := [row for row in await self._waiting(len(done)) if row.id not in done]:
            held = (await self._silence.now()).held if held is None else held
            for row in rows:
                done.add(row.id)
                if row.letter.to is Addressee.RESPONDENT and row.about in held:
                    self._silence.note(f"letter {row.id}", row.about)
                else:
                    await self._send(row)

    async def _waiting(self, passed: int) -> Sequence[LetterRow]:
        """The next portion; what the throttle or a silence holds back (``passed``) keeps nobody behind it waiting."""
        return await self._letters.pending(instant(self._clock()), PORTION + passed)

    async def _send(self, row: LetterRow) -> None:
        now = instant(self._clock())
        key = f"letter.{row.letter.key}"
        if not has(key):
            log.error("a letter without a text", key=row.letter.key)
            await self._letters.hold(row.id, now, f"there is no text {row.letter.key}")
            return
        try:
            channel = await self._deliver(row, self._text(row), now)
        except NotSent as fault:
            await self._failed(row, str(fault), now)
            return
        if channel is not None:
            await self._letters.sent(row.id, channel, now)

    def _text(self, row: LetterRow) -> str:
        """The letter in words. A step of a deadline is named as people name it."""
        words = dict(row.letter.words)
        if "step" in words and has(f"deadline.{words['step']}"):
            words["step"] = say(self._language, f"deadline.{words['step']}")
        return say(self._language, f"letter.{row.letter.key}", **words)

    async def _deliver(self, row: LetterRow, text: str, now: datetime) -> str | None:
        """By which channel it went; None while the throttle holds it back. Raises NotSent."""
        match row.letter.to:
            case Addressee.REPORTER:
                return await self._mail(row, text, now)
            case Addressee.RESPONDENT:
                by_mail = await self._mail(row, text, now)
                return "whisper" if by_mail == "page" and await self._recipients.whisper(row, text) else by_mail
            case Addressee.STAFF if self._channels.webhook is not None:
                if not self._posts.take(now):
                    return None
                await self._channels.webhook.send(row.id, row.letter.key, row.about, text, now)
                return "webhook"
        return "page"

    async def _mail(self, row: LetterRow, text: str, now: datetime) -> str | None:
        """To the address that was left, else only the page; None while it waits or is held."""
        address = await self._recipients.address(row) if self._channels.mail else None
        if self._channels.mail is None or not address:
            return "page"
        if not is_address(address):
            await self._letters.hold(row.id, now, "the contact is no e-mail address")
            return None
        if not self._mails.take(now):
            return None
        letter_id = f"{row.id}.{int(row.created_at.timestamp())}"
        await self._channels.mail.send(address.strip(), self._subject(row), self._body(row, text), letter_id, now)
        return "mail"

    def _subject(self, row: LetterRow) -> str:
        """Says nothing that whoever looks over a shoulder should not read."""
        code = row.letter.words.get("code", "")
        key = "post.mail_subject" if code else "post.mail_subject_plain"
        return say(self._language, key, code=code)

    def _body(self, row: LetterRow, text: str) -> str:
        parts = [text]
        if link := self._recipients.page(row):
            parts.append(say(self._language, "post.mail_page", link=link))
        return "\n\n".join([*parts, "-- \n" + say(self._language, "post.mail_foot")]) + "\n"

    async def _failed(self, row: LetterRow, detail: str, now: datetime) -> None:
        if row.attempts >= len(RETRIES):
            log.warning("letter held on its page", letter=row.id, reason=detail)
            await self._letters.hold(row.id, now, detail)
            return
        await self._letters.postpone(row.id, now + RETRIES[row.attempts], detail)


class _Budget:
    """So many a minute at most."""

    def __init__(self, per_minute: int) -> None:
        self._most = per_minute
        self._taken: list[float] = []

    def take(self, now: datetime) -> bool:
        """True when one more may go now; then it counts."""
        now_s = now.timestamp()
        self._taken = [at_s for at_s in self._taken if now_s - at_s < MINUTE_S]
        if len(self._taken) >= self._most:
            return False
        self._taken.append(now_s)
        return True
