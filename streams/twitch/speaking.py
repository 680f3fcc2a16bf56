"""What danmod says on Twitch: each line once, no faster than Twitch takes it."""

from __future__ import annotations

import asyncio
from collections import deque

from streams.connection import Sleep
from streams.platform import Outcome, OutcomeStatus
from streams.session import Clock
from streams.twitch.answers import DONE, NOTHING_TO_SAY, failed, sent, unsupported, whispered
from streams.twitch.errors import ApiError, Refused, Unclear
from streams.twitch.helix import Helix

LINE_LIMIT = 500
WINDOW_S = 30.0
LINES_AS_VIEWER, LINES_AS_MODERATOR = 19, 99
"""One fewer than Twitch takes in 30 seconds from one account; beyond that it ignores the account for half an hour."""
WHISPERS_A_DAY = 40
"""To so many different people."""
WHISPER_SPACING_S = 0.6
DAY_S = 86_400.0
ECHO_S = 5.0

_LOST = Outcome(OutcomeStatus.UNCONFIRMED, "Twitch's answer was lost, and it has not shown the line")
_UNPROVEN = Outcome(OutcomeStatus.UNCONFIRMED, "Twitch took the whisper, and does not tell whether it arrived")
_TOO_MANY = Outcome(OutcomeStatus.REFUSED, "Twitch lets an account whisper to 40 people a day")


class Voice:
    """The lines of one account. ``heard`` is told every line of ours that the chat shows."""

    def __init__(self, helix: Helix, *, clock: Clock, sleep: Sleep = asyncio.sleep) -> None:
        self._helix = helix
        self._clock = clock
        self._sleep = sleep
        self._said: deque[float] = deque(maxlen=LINES_AS_MODERATOR)
        self._turn = asyncio.Lock()
        self._whispering = asyncio.Lock()
        self._whisper_at_s = 0.0
        self._reached: dict[str, float] = {}
        self._no_phone = ""
        self._echoes: list[tuple[str, str, asyncio.Future[None]]] = []

    @property
    def can_whisper(self) -> bool:
        """False once Twitch said that our account may not."""
        return not self._no_phone

    async def say(self, room_id: str, text: str, reply_to: str | None, *, moderates: bool) -> Outcome:
        """Say a line. One whose answer was lost is never said again: its echo tells, or nothing does."""
        text = " ".join(text.split())
        if not text:
            return NOTHING_TO_SAY
        if len(text) > LINE_LIMIT:
            return Outcome(OutcomeStatus.REFUSED, f"the line has {len(text)} characters, Twitch takes {LINE_LIMIT}")
        echo = self._expect(room_id, text)
        try:
            async with self._turn:
                await self._pace(LINES_AS_MODERATOR if moderates else LINES_AS_VIEWER)
                return sent(await self._helix.send(room_id, text, reply_to))
        except Unclear:
            return await self._heard(echo)
        except ApiError as error:
            return failed(error)
        finally:
            echo.cancel()

    async def whisper(self, to_id: str, text: str) -> Outcome:
        """Whisper one line, cut to what a stranger may be sent."""
        if self._no_phone:
            return unsupported(self._no_phone)
        async with self._whispering:
            now_s = self._clock()
            self._reached = {who: at_s for who, at_s in self._reached.items() if now_s - at_s < DAY_S}
            if to_id not in self._reached and len(self._reached) >= WHISPERS_A_DAY:
                return _TOO_MANY
            await self._sleep(max(0.0, self._whisper_at_s - now_s))
            self._whisper_at_s = self._clock() + WHISPER_SPACING_S
            return await self._whisper(to_id, text[:LINE_LIMIT])

    def heard(self, room_id: str, text: str) -> None:
        """The chat shows a line of ours."""
        for place, wanted, echo in self._echoes:
            if place == room_id and text.endswith(wanted) and not echo.done():
                echo.set_result(None)
                return

    async def _whisper(self, to_id: str, text: str) -> Outcome:
        try:
            await self._helix.whisper(to_id, text)
        except Unclear:
            return _UNPROVEN
        except Refused as refusal:
            outcome = whispered(refusal)
            if outcome.status is OutcomeStatus.UNSUPPORTED:
                self._no_phone = outcome.detail
            return outcome
        except ApiError as error:
            return failed(error)
        self._reached[to_id] = self._clock()
        return _UNPROVEN

    async def _pace(self, most: int) -> None:
        """Wait until one more line fits into 30 seconds."""
        if len(self._said) >= most:
            await self._sleep(max(0.0, self._said[-most] + WINDOW_S - self._clock()))
        self._said.append(self._clock())

    def _expect(self, room_id: str, text: str) -> asyncio.Future[None]:
        echo: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._echoes = [kept for kept in self._echoes if not kept[2].done()]
        self._echoes.append((room_id, text, echo))
        return echo

    async def _heard(self, echo: asyncio.Future[None]) -> Outcome:
        try:
            async with asyncio.timeout(ECHO_S):
                await echo
        except TimeoutError:
            return _LOST
        return DONE
