"""What every command gets (a command as asked, in its room) and what it hands back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from cases.catalogue import has, say, span_words
from cases.evidence import storable
from cases.history import Changes
from cases.links import LinkBook
from cases.model import Actor, CaseState, Mode, Refusal, Respondent
from cases.nuke import Nukes
from cases.ports import Applied, CaseLog, CaseReader, CaseRef, Decide, Repeated, Seals
from cases.registrar import Registrar
from cases.room_memory import Line, RoomMemory
from cases.shield import Raised
from commands import permissions
from commands.arguments import case_code
from commands.parse import Invocation
from commands.plans import Plans
from commands.replies import HintLimit, Reply, fit, short_name
from commands.targets import Ambiguous, Missing, Target, resolve_target
from streams.events import Message, RoomKey, Sender
from streams.platform import Capabilities

NOTE_LENGTH = 500
"""Characters of a reason or a note that are kept."""


@dataclass(frozen=True, slots=True)
class RoomContext:
    """One room as the commands see it.

    ``language`` is that of the replies. ``moderators_known`` is how many of its staff have been seen. ``public_url`` is
    where the public pages are, "" when they cannot be reached from outside. ``nukes`` are the texts whose late copies are
    looked for.
    """

    memory: RoomMemory
    mode: Mode
    capabilities: Capabilities
    language: str = "en"
    moderators_known: int = 0
    public_url: str = ""
    nukes: Nukes = field(default_factory=Nukes)


@dataclass(frozen=True, slots=True)
class Handled:
    """What became of a command.

    ``reply`` None: nothing to say. ``applied`` are the committed changes. ``refused`` is a stable word for the log and
    the counters, None when the command was carried out. ``aside`` is whispered to the sender besides, on
    platforms that whisper. ``unsay`` asks to take the command's own line out of the
    platform's chat, where that can be done: it shows who reported whom.
    """

    reply: Reply | None
    applied: tuple[Applied, ...] = ()
    refused: str | None = None
    unsay: bool = False
    aside: Reply | None = None


class Allowance(Protocol):
    """Who may do something how often; `ratelimit.cooldown` has it."""

    def try_take(self, key: str, now_s: float) -> timedelta | None:
        """None: taken, go on; otherwise how long to wait."""


class Controls(Protocol):
    """What commands change about a room as a whole; a running bot has it."""

    async def up(self, key: RoomKey, by: Actor, span: timedelta | None, processed: str | None) -> Refusal | None:
        """Raise the shield, or let it go on: for ``span``, None: until the room has been quiet."""

    async def down(self, key: RoomKey, by: Actor, processed: str | None) -> Refusal | None:
        """Lower the shield."""

    def shield(self, key: RoomKey) -> Raised | None:
        """The room's shield; None while it is down."""

    def overlay(self, key: RoomKey, order: str) -> None:
        """``pause``, ``clear`` or ``resume`` the room's screens."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What the commands work with. ``hints`` limits the hints to one person, ``lookups`` questions about cases; ``links``
    are the codes that pages show. ``controls`` None: there is no running bot to change anything about a room; ``plans`` are
    what was shown and not confirmed yet."""

    log: CaseLog
    reader: CaseReader
    registrar: Registrar
    seals: Seals
    reports: Allowance
    hints: HintLimit
    lookups: HintLimit
    links: LinkBook
    prefix: str = "!"
    controls: Controls | None = None
    plans: Plans = field(default_factory=Plans)


@dataclass(frozen=True, slots=True)
class Asked:
    """A command somebody gave in a room at an instant."""

    invocation: Invocation
    line: Line
    room: RoomContext
    now: datetime
    parts: Parts

    @property
    def message(self) -> Message:
        """The command's own line."""
        return self.line.message

    @property
    def sender(self) -> Sender:
        """Who gave it."""
        return self.line.message.sender

    @property
    def key(self) -> RoomKey:
        """The room's key."""
        return self.room.memory.room

    @property
    def staff(self) -> bool:
        """True when a moderator or the owner gave it."""
        return permissions.is_staff(self.sender, self.room.memory)

    @property
    def dry_run(self) -> bool:
        """True when nothing is done in this room."""
        return self.room.mode is Mode.DRY_RUN

    @property
    def actor(self) -> Actor:
        """The staff member who acts."""
        return permissions.actor(self.sender, self.room.memory)

    @property
    def pseudonym(self) -> str:
        """The sender's pseudonym in this room; the same for all masked senders."""
        return self.parts.seals.pseudonym(self.key, self.sender.id or "")

    def target(self, known: Sequence[Sender] = ()) -> Target | Ambiguous | Missing:
        """Whom the command names: its arguments, the line it answers, or the name the answer begins with."""
        memory, asked = self.room.memory, self.invocation
        found = resolve_target(asked.arguments, self.message, memory, known=known)
        if isinstance(found, Missing) and asked.addressed and not _is_explicit(asked):
            addressed = resolve_target((f"@{asked.addressed}",), self.message, memory, known=known)
            if not isinstance(addressed, Target):
                return addressed
            return replace(addressed, rest=asked.arguments)
        return found

    def text(self, key: str, **values: str) -> str:
        """A text of the catalogue for this room, within the platform's line."""
        limit = self.room.capabilities.line_limit
        return fit(say(self.room.language, f"chat.{key}", limit, **values), limit)

    def reply(self, key: str, urgent: bool = False, /, **values: str) -> Reply:
        """An answer to the sender; to staff it is urgent."""
        return Reply(self.text(key, **values), self.sender, urgent=urgent or self.staff)

    def done(self, key: str, applied: Sequence[Applied], urgent: bool = False, /, **values: str) -> Handled:
        """The command was carried out."""
        return Handled(self.reply(key, urgent, **values), tuple(applied))

    def refuse(self, reason: str, urgent: bool = False, /, **values: str) -> Handled:
        """Nothing was done; one short hint, unless this person was given one just now. Staff always get it."""
        who = self.pseudonym if self.sender.id is not None else f"masked {self.key}"
        if not self.staff and not self.parts.hints.allows(who, self.now.timestamp()):
            return Handled(None, refused=reason)
        return Handled(self.reply(reason, urgent, **values), refused=reason)

    def refused(self, refusal: Refusal, code: str = "", *, urgent: bool = False) -> Handled:
        """The registrar said no."""
        if has(f"chat.{refusal.reason}"):
            named_in_detail = case_code(refusal.detail.partition(" ")[0]) or ""
            return self.refuse(refusal.reason, urgent, code=code or named_in_detail, command=self.word)
        hint = self.refuse("other_refusal", urgent, detail=refusal.detail)
        return replace(hint, refused=refusal.reason)

    @property
    def word(self) -> str:
        """The command as a hint writes it."""
        return self.parts.prefix + self.invocation.command

    async def apply(self, ref: CaseRef, decide: Decide) -> Applied | Repeated | Refusal:
        """Hand an intent to the case log, for a case of this room only."""
        return await self.parts.log.apply(ref, _within(self.key, decide))

    def settle(self, answer: Applied | Repeated | Refusal, key: str, **values: str) -> Handled:
        """The usual reply to the case log's answer: done, said already, or why not."""
        match answer:
            case Repeated():
                return Handled(None, refused="repeated")
            case Refusal():
                return self.refused(answer, values.get("code", ""))
            case Applied(state=state):
                return self.done(key, [answer], **{**values, "code": state.code})

    def rule_words(self, rule: str, state: CaseState | None = None) -> str:
        """A rule in the room's language, of the version the case is judged by, or that is in force now."""
        book = self.parts.registrar.house.rulebook
        return book.told(rule, state.policy_version if state else book.at(self.now).number, self.room.language)

    def span(self, span: timedelta) -> str:
        """A span in the room's language."""
        return span_words(span, self.room.language)


def respondent_of(sender: Sender) -> Respondent:
    """A sender as the one accused. Raises ValueError for a masked sender."""
    if sender.id is None:
        raise ValueError("a masked sender cannot be accused")
    return Respondent(sender.id, storable(sender.name))


def named(sender: Sender) -> str:
    """A display name as a reply repeats it."""
    return short_name(sender.name)


def _is_explicit(invocation: Invocation) -> bool:
    return bool(invocation.arguments) and invocation.arguments[0][:1] in ("@", "#")


def _within(room: RoomKey, decide: Decide) -> Decide:
    """A code of another room is no case here: a moderator's rights end with the room."""

    def guarded(state: CaseState | None, fresh: str) -> Changes | Refusal:
        if state is not None and state.room != room:
            return Refusal("unknown_case", "no such case")
        return decide(state, fresh)

    return guarded
