"""One wanted room of this platform: what we know of it, and who waits for what in it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from streams.bilibili.facts import RoomFacts
from streams.bilibili.session import ChatSession
from streams.connection import Connection
from streams.events import Event, Message, Role, RolesChanged, RoomKey, name_of

LINES_REMEMBERED = 512
"""So many lines can still be answered."""


@dataclass(eq=False)
class Room:
    """``facts`` stay None until the room was dialled once. ``is_admin`` and ``line_limit`` are our account's."""

    key: RoomKey
    facts: RoomFacts | None = None
    connection: Connection | None = None
    session: ChatSession | None = None
    """The session of the last dial, which may be over."""
    is_admin: bool = False
    line_limit: int | None = None
    dials: int = 0
    game_id: str = ""
    """The open platform's session that has not been ended yet; empty: none."""
    _echoes: list[tuple[str, asyncio.Future[None]]] = field(default_factory=list)
    _authors: dict[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The room as configured: a number, or the name that has an identity code."""
        return name_of(self.key)

    @property
    def live(self) -> bool:
        """True while the chat has let us in."""
        session = self.connection.session if self.connection else None
        return session is not None and session.established

    def end_session(self, reason: str) -> None:
        """Drop the connection that is open now and dial again, for ``reason``."""
        if self.session and self.connection:
            self.session.end(reason)
            self.connection.flush()

    def author_of(self, message_id: str) -> tuple[str, str] | None:
        """Id and name of who wrote a recent line; None when it is forgotten or masked."""
        return self._authors.get(message_id)

    def expect_echo(self, text: str) -> asyncio.Future[None]:
        """A future that is done when our own line with this text is seen; cancel it to stop waiting."""
        echo: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._echoes = [(wanted, waiting) for wanted, waiting in self._echoes if not waiting.done()]
        self._echoes.append((text.strip(), echo))
        return echo

    def observe(self, events: Sequence[Event]) -> None:
        """Learn from what arrives: our echoes, our role, who wrote what."""
        for event in events:
            if isinstance(event, Message):
                self._observe_line(event)
            elif isinstance(event, RolesChanged) and self.facts and event.sender_id == self.facts.own_id:
                self.is_admin = event.roles.is_staff

    def _observe_line(self, message: Message) -> None:
        sender = message.sender
        if sender.id is not None and not message.mirrored:
            self._authors[message.id] = (sender.id, sender.name)
            if len(self._authors) > LINES_REMEMBERED:
                del self._authors[next(iter(self._authors))]
        if Role.SELF in sender.roles and self._echoes:
            self._settle_echo(message.text.strip())

    def _settle_echo(self, text: str) -> None:
        self._echoes = [(wanted, echo) for wanted, echo in self._echoes if not echo.done()]
        for wanted, echo in self._echoes:
            if wanted == text:
                echo.set_result(None)
                return
