"""What a channel's lists say about people: who is kept silent or out, whoever set it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from streams.irc.channel import Channel
from streams.irc.features import Features
from streams.irc.masks import is_nick, mute_form, read_mask, whom
from streams.platform import Silenced


def list_letters(features: Features) -> Iterable[str]:
    """The lists on which mutes and bans stand on this server."""
    form = mute_form(features)
    return dict.fromkeys(("b", form.letter if form else "b"))


def read_lists(
    lists: Mapping[str, Iterable[str]], channel: Channel, features: Features, set_by_us: Mapping[str, str]
) -> Silenced:
    """Whom the entries (by letter, folded) hold. ``set_by_us`` names the people behind our own entries, as sent."""
    ours = {features.fold(entry): who for entry, who in set_by_us.items()}
    found = [
        ours.get(entry) or channel.masks.get(f"{letter}{entry}") or _meant(meaning[0], channel, features)
        for letter, entries in lists.items()
        for entry in entries
        if (meaning := read_mask(letter, entry, features)) is not None
    ]
    return Silenced(frozenset(who for who in found if who), sum(who is None for who in found))


def _meant(mask: str, channel: Channel, features: Features) -> str | None:
    """The one member a mask holds, else the nick it spells out; None where it aims at a place."""
    nick = mask.partition("!")[0]
    return whom(mask, channel, features) or (nick if is_nick(nick) else None)
