"""Saying a line on the web route: spaced, sent once, and believed only when our own echo comes back."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from streams.bilibili.answers import failed, swallowed
from streams.bilibili.api import Form, WebApi
from streams.bilibili.errors import ApiError, Unclear
from streams.bilibili.rooms import Room
from streams.connection import Clock
from streams.platform import Outcome, OutcomeStatus, Say

SPACING = timedelta(seconds=2)
"""The platform takes one line a second and grumbles over longer series."""
ECHO_WITHIN = timedelta(seconds=10)
"""A silenced account is answered "sent" too: without the echo nobody has seen the line."""


class Voice:
    """The lines of one account, in all of its rooms."""

    def __init__(
        self, api: WebApi, clock: Clock, *, spacing: timedelta = SPACING, echo_within: timedelta = ECHO_WITHIN
    ):
        self._api = api
        self._clock = clock
        self._spacing_s = spacing.total_seconds()
        self._echo_within_s = echo_within.total_seconds()
        self._turn = asyncio.Lock()
        self._next_s = 0.0

    async def say(self, room: Room, say: Say) -> Outcome:
        """Send the line once. A line whose answer was lost is never sent again: it is unconfirmed, or its echo came."""
        assert room.facts is not None
        limit = room.line_limit
        if limit is not None and len(say.text) > limit:
            detail = f"the line has {len(say.text)} characters, this account may write {limit}"
            return Outcome(OutcomeStatus.REFUSED, detail)
        echo = room.expect_echo(say.text)
        try:
            outcome = await self._send(room, room.facts.room_id, say)
            return outcome or await self._heard(room, echo)
        finally:
            echo.cancel()

    async def _send(self, room: Room, room_id: int, say: Say) -> Outcome | None:
        """The outcome where it is known at once; None where the echo decides."""
        async with self._turn:
            await asyncio.sleep(max(0.0, self._next_s - self._clock()))
            try:
                message = await self._api.send(room_id, say.text, _reply(room, say.reply_to))
            except Unclear:
                return None
            except ApiError as error:
                return failed(error)
            finally:
                self._next_s = self._clock() + self._spacing_s
        return swallowed(message)

    async def _heard(self, room: Room, echo: asyncio.Future[None]) -> Outcome:
        try:
            async with asyncio.timeout(self._echo_within_s if room.live else 0):
                await echo
        except TimeoutError:
            return Outcome(
                OutcomeStatus.UNCONFIRMED, "the platform has not shown our own line: is danmod silenced here?"
            )
        return Outcome(OutcomeStatus.DONE)


def _reply(room: Room, message_id: str | None) -> Form | None:
    """The fields that make a line an answer; None where the line answered is unknown."""
    author = room.author_of(message_id) if message_id else None
    if author is None or message_id is None:
        return None
    sender_id, name = author
    return {"reply_mid": sender_id, "reply_uname": name, "reply_attr": 0, "replay_dmid": message_id}
