"""Mutes and bans: each set on the server, confirmed by the server's own word, and remembered.

What is remembered is the mask, which cannot always be told again from the person: they may have left or changed nick.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from streams.events import RoomKey
from streams.irc.answers import (
    ALREADY,
    DONE,
    UNKNOWN_COMMAND,
    Judge,
    creation_judge,
    kick_judge,
    list_judge,
    mode_judge,
    timed_ban_judge,
)
from streams.irc.channel import Channel
from streams.irc.exchange import Exchange
from streams.irc.lists import list_letters, read_lists
from streams.irc.masks import MuteForm, mask_of, masks_of, mute_form, nick_mask
from streams.irc.session import IrcSession
from streams.irc.wire import cut, format_line
from streams.platform import BanSender, MuteSender, Outcome, OutcomeStatus, Silenced
from streams.session import Clock

ECHO_S = 1.5
"""So long we wait for the echo of a mode before we look it up in the list…"""
LIST_S = 3.5
"""…and so long for the list."""
KICK_S = 5.0
SLACK_S = 2.0
REMEMBERED = 5000
REASON_BYTES = 200

UNCONFIRMED = Outcome(OutcomeStatus.RETRY, "the IRC server did not confirm it")
NO_MUTES = Outcome(
    OutcomeStatus.UNSUPPORTED, "this IRC server cannot mute one person: ban them, or make the room moderated (+m)"
)


@dataclass(slots=True)
class Held:
    """What holds one person in one room: list entries (as sent), and when the mute ends (None: a ban).

    ``created`` is the channel's creation as the server told it then: another one now is another channel, whose server
    was restarted and has forgotten the entries.
    """

    entries: list[str] = field(default_factory=list)
    until_s: float | None = None
    created: str = ""


Key = tuple[RoomKey, str]


class Deeds:
    """Everything we set against people on one server."""

    def __init__(self, exchange: Exchange, clock: Clock) -> None:
        self.mutes: OrderedDict[Key, Held] = OrderedDict()
        self.bans: OrderedDict[Key, Held] = OrderedDict()
        self._exchange = exchange
        self._clock = clock

    async def mute(self, session: IrcSession, channel: Channel, action: MuteSender) -> Outcome:
        """Mute with the server's own timer where it has one."""
        form = mute_form(session.features)
        if form is None:
            return NO_MUTES
        entry = self._entry(channel, form, action.sender_id)
        until_s = self._clock() + action.span.total_seconds()
        outcome = await self._set_mute(session, channel, form, entry, action, until_s)
        if outcome.status in (OutcomeStatus.DONE, OutcomeStatus.ALREADY):
            held = self.mutes.setdefault((action.room, action.sender_id), Held())
            held.created = channel.created
            held.until_s = until_s if outcome is DONE else max(until_s, held.until_s or 0.0)
            _remember(self.mutes, held, entry)
        return outcome

    async def unmute(self, session: IrcSession, channel: Channel, sender_id: str) -> Outcome:
        """Lift every mute that holds this person."""
        form = mute_form(session.features)
        if form is None:
            return NO_MUTES
        held = self.mutes.get((channel.room, sender_id), Held())
        candidates = [*held.entries, *(form.prefix + mask for mask in masks_of(channel, sender_id))]
        outcome = await self._lift(session, channel, form.letter, candidates)
        if outcome.status.final:
            self.mutes.pop((channel.room, sender_id), None)
        return outcome

    async def ban(self, session: IrcSession, channel: Channel, action: BanSender) -> Outcome:
        """Put on the ban list, then out of the room."""
        entry = mask_of(channel, action.sender_id)
        listed = await self._set(session, channel, True, "b", entry)
        if listed.status not in (OutcomeStatus.DONE, OutcomeStatus.ALREADY):
            return listed
        _remember(self.bans, self.bans.setdefault((action.room, action.sender_id), Held()), entry)
        if action.sender_id not in channel.members:
            return listed
        kick = format_line("KICK", channel.name, action.sender_id, cut(action.reason, REASON_BYTES))
        judge = kick_judge(channel, session.features, action.sender_id)
        kicked = await self._exchange.ask(session, [kick], judge, within_s=KICK_S) or UNCONFIRMED
        return listed if kicked == ALREADY else kicked

    async def unban(self, session: IrcSession, channel: Channel, sender_id: str) -> Outcome:
        """Take every entry that holds this person off the ban list."""
        held = self.bans.get((channel.room, sender_id), Held())
        outcome = await self._lift(session, channel, "b", [*held.entries, *masks_of(channel, sender_id)])
        if outcome.status.final:
            self.bans.pop((channel.room, sender_id), None)
        return outcome

    async def silenced(self, session: IrcSession, channel: Channel) -> Silenced | None:
        """Whom the channel's lists keep silent or out; None when they cannot be read just now."""
        lists: dict[str, dict[str, str]] = {}
        for letter in list_letters(session.features):
            if await self._list(session, channel, letter, lists.setdefault(letter, {})) != DONE:
                return None
        ours = [*self.mutes.items(), *self.bans.items()]
        set_by_us = {entry: who for (room, who), held in ours if room == channel.room for entry in held.entries}
        return read_lists(lists, channel, session.features, set_by_us)

    def forget_mute(self, room: RoomKey, sender_id: str) -> None:
        """Somebody lifted it, or it ended."""
        self.mutes.pop((room, sender_id), None)

    def rename(self, room: RoomKey, old_id: str, new_id: str) -> bool:
        """Follow a nick change; True when a running mute named the old nick and must be set anew."""
        if (banned := self.bans.pop((room, old_id), None)) is not None:
            self.bans[room, new_id] = banned
        held = self.mutes.pop((room, old_id), None)
        if held is None:
            return False
        self.mutes[room, new_id] = held
        evaded = any(entry.endswith(nick_mask(old_id)) for entry in held.entries)
        return evaded and (held.until_s or 0.0) - self._clock() >= 1

    async def follow(self, session: IrcSession, channel: Channel, old_id: str, new_id: str) -> Outcome:
        """Mute somebody under their new nick for what is left, then free the old nick for others."""
        form, held = mute_form(session.features), self.mutes.get((channel.room, new_id))
        if form is None or held is None:
            return ALREADY
        left = timedelta(seconds=round((held.until_s or 0.0) - self._clock()))
        if left < timedelta(seconds=1):
            return ALREADY
        outcome = await self.mute(session, channel, MuteSender(channel.room, new_id, new_id, left, ""))
        if outcome.status.final and form.prefix + nick_mask(old_id) in held.entries:
            old = form.prefix + nick_mask(old_id)
            held.entries.remove(old)
            channel.masks.pop(_mask_key(session, form.letter, old), None)  # nobody is freed by this
            await self._lift(session, channel, form.letter, [old])
        return outcome

    def muted_in(self, room: RoomKey) -> list[tuple[str, Held]]:
        """The running mutes of a room."""
        now_s = self._clock()
        return [
            (sender_id, held)
            for (where, sender_id), held in self.mutes.items()
            if where == room and (held.until_s or 0.0) - now_s >= 1
        ]

    async def restore(self, session: IrcSession, channel: Channel) -> None:
        """Set the running mutes of a room anew where its server has forgotten them. Those lifted by people stay so."""
        judge = creation_judge(channel, session.features)
        await self._exchange.ask(session, [format_line("MODE", channel.name)], judge, within_s=LIST_S)
        for sender_id, held in self.muted_in(channel.room):
            if held.created and channel.created and held.created != channel.created:
                del self.mutes[channel.room, sender_id]
                span = timedelta(seconds=max(1, round((held.until_s or 0.0) - self._clock())))
                await self.mute(session, channel, MuteSender(channel.room, sender_id, sender_id, span, ""))

    def _entry(self, channel: Channel, form: MuteForm, sender_id: str) -> str:
        """The entry to mute somebody with: one that holds them already, else the best."""
        possible = [form.prefix + mask for mask in masks_of(channel, sender_id)]
        held = self.mutes.get((channel.room, sender_id))
        standing = (entry for entry in held.entries if entry in possible) if held else iter(())
        return next(standing, form.prefix + mask_of(channel, sender_id))

    async def _set_mute(
        self, session: IrcSession, channel: Channel, form: MuteForm, entry: str, action: MuteSender, until_s: float
    ) -> Outcome:
        if session.timed_bans and form.letter == "b":
            outcome = await self._set_timed(session, channel, entry, action, until_s)
            if outcome is not UNKNOWN_COMMAND:
                return outcome
            session.timed_bans = False
        return await self._set(session, channel, True, form.letter, entry)

    async def _set_timed(
        self, session: IrcSession, channel: Channel, entry: str, action: MuteSender, until_s: float
    ) -> Outcome:
        """TBAN. An entry of ours that ends too early is taken off and set again; another's is left alone."""
        seconds = max(1, round(action.span.total_seconds()))
        key = _mask_key(session, "b", entry)
        judge = timed_ban_judge(channel, session.features, entry, session.own_id)
        for _ in range(2):
            channel.ends[key] = until_s
            line = format_line("TBAN", channel.name, f"{seconds}s", entry)
            outcome = await self._exchange.ask(session, [line], judge, within_s=ECHO_S)
            if outcome is not None and outcome != ALREADY:
                return outcome
            entries: dict[str, str] = {}
            listing = await self._list(session, channel, "b", entries)
            if listing != DONE:
                return listing
            if self._holds_long_enough(session, action, entry, until_s, entries):
                return ALREADY
            if session.features.fold(entry) in entries:
                await self._set(session, channel, False, "b", entry)
        return UNCONFIRMED

    def _holds_long_enough(
        self, session: IrcSession, action: MuteSender, entry: str, until_s: float, entries: dict[str, str]
    ) -> bool:
        setter = entries.get(session.features.fold(entry))
        if setter is None:
            return False
        held = self.mutes.get((action.room, action.sender_id))
        known = held is not None and entry in held.entries and (held.until_s or 0.0) >= until_s - SLACK_S
        return known or setter != session.own_id

    async def _set(self, session: IrcSession, channel: Channel, on: bool, letter: str, entry: str) -> Outcome:
        """Set or lift one entry of a list; where no echo comes the list itself is asked."""
        line = format_line("MODE", channel.name, f"{'+' if on else '-'}{letter}", entry)
        judge = mode_judge(channel, session.features, on, letter, entry)
        outcome = await self._exchange.ask(session, [line], judge, within_s=ECHO_S)
        if outcome is not None:
            return outcome
        entries: dict[str, str] = {}
        listing = await self._list(session, channel, letter, entries)
        if listing != DONE:
            return listing
        return ALREADY if (session.features.fold(entry) in entries) is on else UNCONFIRMED

    async def _lift(self, session: IrcSession, channel: Channel, letter: str, candidates: Iterable[str]) -> Outcome:
        """Take off the list whatever of ``candidates`` is on it."""
        entries: dict[str, str] = {}
        listing = await self._list(session, channel, letter, entries)
        if listing != DONE:
            return listing
        outcome = ALREADY
        for entry in dict.fromkeys(candidates):
            if session.features.fold(entry) in entries:
                outcome = await self._set(session, channel, False, letter, entry)
                if outcome.status not in (OutcomeStatus.DONE, OutcomeStatus.ALREADY):
                    return outcome
        return outcome

    async def _list(self, session: IrcSession, channel: Channel, letter: str, entries: dict[str, str]) -> Outcome:
        """Read a list mode into ``entries``; DONE when it came to its end."""
        judge: Judge = list_judge(channel, session.features, letter, entries)
        line = format_line("MODE", channel.name, letter)
        return await self._exchange.ask(session, [line], judge, within_s=LIST_S) or UNCONFIRMED


def _remember(kept: OrderedDict[Key, Held], held: Held, entry: str) -> None:
    if entry not in held.entries:
        held.entries.append(entry)
    while len(kept) > REMEMBERED:
        kept.popitem(last=False)


def _mask_key(session: IrcSession, letter: str, entry: str) -> str:
    return f"{letter}{session.features.fold(entry)}"
