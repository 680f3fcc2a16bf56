"""Which command goes where: the one entrance for lines that are commands."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from cases.links import LinkBook
from cases.ports import CaseLog, CaseReader, Seals, StorageError
from cases.registrar import Registrar
from cases.room_memory import Line, RoomMemory
from commands import answers, information, link, moderator, nuke, permissions, permit, room_wide, viewer
from commands.asking import Allowance, Asked, Controls, Handled, Parts, RoomContext
from commands.parse import CommandName, Invocation, nearly, parse
from commands.replies import HintLimit
from ratelimit.cooldown import REPORT_LIMITS, Cooldowns
from streams.events import Message

__all__ = ["HANDLERS", "INLINE", "Allowance", "Handled", "RoomContext", "Router"]

HANDLERS: Mapping[CommandName, Callable[[Asked], Awaitable[Handled]]] = {
    CommandName.REPORT: viewer.report,
    CommandName.APPEAL: viewer.appeal,
    CommandName.WHY: information.why,
    CommandName.CASE: information.case,
    CommandName.RULES: information.rules,
    CommandName.RIGHTS: information.rights,
    CommandName.HELP: information.help_,
    CommandName.WARN: moderator.warn,
    CommandName.DELETE: moderator.delete,
    CommandName.MUTE: moderator.mute,
    CommandName.BAN: moderator.ban,
    CommandName.UNMUTE: moderator.unmute,
    CommandName.UNBAN: moderator.unban,
    CommandName.UNDO: moderator.undo,
    CommandName.UPHOLD: answers.uphold,
    CommandName.OVERTURN: answers.overturn,
    CommandName.DISMISS: answers.dismiss,
    CommandName.CONFIRM: moderator.confirm,
    CommandName.PERMIT: permit.permit,
    CommandName.LINK: link.link,
    CommandName.SHIELD: room_wide.shield,
    CommandName.OVERLAY: room_wide.overlay,
    CommandName.NUKE: nuke.nuke,
}
"""What each command does."""

INLINE = frozenset(
    {
        CommandName.MUTE,
        CommandName.UNMUTE,
        CommandName.BAN,
        CommandName.UNBAN,
        CommandName.DELETE,
        CommandName.UNDO,
        CommandName.CONFIRM,
        CommandName.OVERTURN,
        CommandName.PERMIT,
        CommandName.SHIELD,
        CommandName.NUKE,
        CommandName.OVERLAY,
    }
)
"""Staff commands that change what later lines mean."""


class Router:
    """Recognises commands and carries them out. One for all rooms.

    ``links`` are the codes that pages show, None: pages show none. ``reports`` limits how often one person may report, None:
    as `ratelimit.cooldown` has it. Hints and questions about
    cases are limited here, one a minute and one in five seconds a person.
    """

    def __init__(
        self,
        log: CaseLog,
        reader: CaseReader,
        registrar: Registrar,
        seals: Seals,
        *,
        reports: Allowance | None = None,
        links: LinkBook | None = None,
        prefix: str = "!",
    ) -> None:
        limited = reports or Cooldowns(REPORT_LIMITS)
        hints, lookups = HintLimit(), HintLimit(timedelta(seconds=5))
        codes = link.fresh_links() if links is None else links
        self._parts = Parts(log, reader, registrar, seals, limited, hints, lookups, codes, prefix)

    def connect(self, controls: Controls) -> None:
        """A running bot: rooms can be changed as a whole."""
        self._parts = replace(self._parts, controls=controls)

    def recognise(self, message: Message, memory: RoomMemory) -> Invocation | None:
        """The command a message is, None when it is none or of somebody who is never obeyed. Cheap and pure."""
        invocation = parse(message.text, prefix=self._parts.prefix)
        return invocation if invocation is not None and permissions.is_heard(message, memory) else None

    def mistyped(self, message: Message, memory: RoomMemory) -> Invocation | None:
        """The command a line probably meant, where it is none; it is a line like any other all the same. Cheap and pure."""
        invocation = nearly(message.text, prefix=self._parts.prefix)
        return invocation if invocation is not None and permissions.is_heard(message, memory) else None

    def is_inline(self, invocation: Invocation, message: Message, memory: RoomMemory) -> bool:
        """True when the command must be carried out before the next line is looked at."""
        return not invocation.mistyped and invocation.command in INLINE and permissions.is_staff(message.sender, memory)

    async def handle(self, invocation: Invocation, line: Line, room: RoomContext, now: datetime) -> Handled:
        """Carry out a command. When the database cannot take it nothing was done, and the reply says so."""
        asked = Asked(invocation, line, room, now, self._parts)
        if not permissions.is_heard(line.message, room.memory):
            return Handled(None, refused="not_heard")
        if invocation.mistyped:
            return information.pointer(asked)
        fault = permissions.refusal(invocation.command, line.message.sender, room.memory)
        if fault is not None:
            return asked.refuse(fault)
        try:
            return await HANDLERS[invocation.command](asked)
        except StorageError:
            return asked.refuse("storage", True)
