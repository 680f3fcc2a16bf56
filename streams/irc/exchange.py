"""Ask the server something and wait for its own answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from datetime import timedelta

from streams.connection import Connection
from streams.irc.answers import Judge
from streams.irc.outgoing import Ticket, Urgency
from streams.irc.session import IrcSession
from streams.platform import Outcome, OutcomeStatus

QUEUE_S = 30.0
"""Longest wait of a line for its turn under flood control."""

AWAY = Outcome(OutcomeStatus.RETRY, "danmod is not connected to the IRC server")
LOST = Outcome(OutcomeStatus.RETRY, "the connection to the IRC server was lost before it answered")
BUSY = Outcome(OutcomeStatus.RETRY, "too many lines wait to be sent to the IRC server", timedelta(seconds=10))


class Exchange:
    """All questions open on one platform."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._open: set[asyncio.Future[Outcome | None]] = set()

    def give_up(self) -> None:
        """The connection is gone: nothing more will be answered."""
        for question in self._open:
            if not question.done():
                question.set_result(LOST)

    async def ask(
        self,
        session: IrcSession,
        lines: Sequence[str],
        judge: Judge,
        *,
        within_s: float,
        urgency: Urgency = Urgency.DEED,
    ) -> Outcome | None:
        """Send ``lines`` and give the first answer ``judge`` sees; None when none came in ``within_s`` seconds.

        The seconds count from when the last line left. LOST when the connection went first; AWAY or BUSY, with nothing
        sent, when it was gone already or flood control held the lines back for too long.
        """
        if self._connection.session is not session:
            return AWAY
        question: asyncio.Future[Outcome | None] = asyncio.get_running_loop().create_future()
        sent = asyncio.Event()
        stop = session.observe(lambda line: _answer(question, judge(line)))
        self._open.add(question)
        tickets = [session.send(line, urgency) for line in lines[:-1]]
        tickets.append(session.send(lines[-1], urgency, sent.set))
        self._connection.flush()
        try:
            return await self._wait(session, question, sent, tickets, within_s)
        finally:
            stop()
            self._open.discard(question)

    async def _wait(
        self,
        session: IrcSession,
        question: asyncio.Future[Outcome | None],
        sent: asyncio.Event,
        tickets: Sequence[Ticket],
        within_s: float,
    ) -> Outcome | None:
        if not await _either(sent.wait(), question, QUEUE_S):
            for ticket in tickets:
                session.withdraw(ticket)
            return BUSY
        done, _ = await asyncio.wait((question,), timeout=within_s)
        if done:
            return question.result()
        return None if self._connection.session is session else LOST


def _answer(question: asyncio.Future[Outcome | None], outcome: Outcome | None) -> None:
    if outcome is not None and not question.done():
        question.set_result(outcome)


async def _either(sent: Awaitable[object], question: asyncio.Future[Outcome | None], within_s: float) -> bool:
    """Wait until the lines left or the question is over, whichever is first."""
    leaving = asyncio.ensure_future(sent)
    try:
        done, _ = await asyncio.wait((leaving, question), timeout=within_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        leaving.cancel()
    return bool(done)
