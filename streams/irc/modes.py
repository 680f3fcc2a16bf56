"""What a MODE line changes: ranks, the lists of muted and banned people, the room's silence."""

from __future__ import annotations

from collections.abc import Iterator

from streams.events import Event, RolesChanged, RoomSilenced, SenderFreed, SenderSilenced
from streams.irc.channel import Channel
from streams.irc.features import Features, ModeChange
from streams.irc.masks import read_mask, whom
from streams.irc.wire import Line


def apply_modes(channel: Channel, features: Features, line: Line, own_id: str, now_s: float) -> Iterator[Event]:
    """Bring ``channel`` up to date, and tell what it means for people."""
    by = features.fold(line.nick) if line.user_host else None
    for change in features.read_modes(line.param(1), line.params[2:]):
        if change.letter in features.ranks:
            yield from _rank(channel, features, change, own_id, now_s)
        elif change.letter in features.list_modes:
            yield from _listed(channel, features, change, by, now_s)
        elif change.argument is None:
            yield from _flag(channel, change, now_s)


def _rank(channel: Channel, features: Features, change: ModeChange, own_id: str, now_s: float) -> Iterator[Event]:
    sender_id = features.fold(change.argument or "")
    member = channel.members.get(sender_id)
    if member is None:
        return
    others = member.letters.replace(change.letter, "")
    member.letters = others + change.letter if change.on else others
    roles = features.role_of(member.letters)
    if roles != member.roles:
        member.roles = roles
        yield RolesChanged(channel.room, now_s, sender_id, channel.sender(sender_id, own_id).roles)


def _listed(channel: Channel, features: Features, change: ModeChange, by: str | None, now_s: float) -> Iterator[Event]:
    """A mask came or went. Told only where it means one known person."""
    meaning = read_mask(change.letter, change.argument or "", features)
    if meaning is None:
        return
    mask, bans = meaning
    key = f"{change.letter}{features.fold(change.argument or '')}"
    if not change.on:
        channel.ends.pop(key, None)
        freed = channel.masks.pop(key, None) or whom(mask, channel, features)
        if freed is not None:
            yield SenderFreed(channel.room, now_s, freed, by)
    elif (held := whom(mask, channel, features)) is not None:
        channel.remember_mask(key, held)
        yield SenderSilenced(channel.room, now_s, held, channel.ends.get(key), bans, by)


def _flag(channel: Channel, change: ModeChange, now_s: float) -> Iterator[Event]:
    before = change.letter in channel.flags
    if change.on:
        channel.flags.add(change.letter)
    else:
        channel.flags.discard(change.letter)
    if change.letter == "m" and before != change.on:
        yield RoomSilenced(channel.room, now_s, change.on)
