"""How a person is muted or banned on IRC: as a mask on one of a channel's lists. Pure.

``nick!*@*`` is evaded by a nick change and ``*!user@host`` hits everybody behind it, so the second is chosen only where
nobody else in the channel comes from there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from streams.irc.channel import Channel
from streams.irc.features import Features

_NO_NICK = re.compile(r"[\s,*?!@:\x00-\x20\x7f]")


@dataclass(frozen=True, slots=True)
class MuteForm:
    """The server's way to mute: the mode letter of the list, and what goes before a mask."""

    letter: str
    prefix: str


def mute_form(features: Features) -> MuteForm | None:
    """The extended ban ``m:`` (InspIRCd, Ergo), ``~q:`` (UnrealIRCd), the list ``+q`` (solanum); None: no mutes."""
    if features.extban_prefix == "" and "m" in features.extbans:
        return MuteForm("b", "m:")
    if features.extban_prefix and features.extban_prefix != "$" and "q" in features.extbans:
        return MuteForm("b", f"{features.extban_prefix}q:")
    return MuteForm("q", "") if "q" in features.list_modes else None


def is_nick(text: str) -> bool:
    """Whether a text can stand where a nick stands in a command, and means one person."""
    return bool(text) and not _NO_NICK.search(text) and text[0] not in "#&$+"


def nick_mask(sender_id: str) -> str:
    """The mask of a nick, wherever it comes from."""
    return f"{sender_id}!*@*"


def mask_of(channel: Channel, sender_id: str) -> str:
    """The mask that holds this person best and nobody else."""
    user_host = channel.user_host(sender_id)
    shared = any(other != sender_id for other in channel.sharing(user_host))
    if not user_host or shared or "*" in user_host or "?" in user_host:
        return nick_mask(sender_id)
    return f"*!{user_host}"


def masks_of(channel: Channel, sender_id: str) -> list[str]:
    """Every mask that may have been set against this person alone."""
    return list(dict.fromkeys((nick_mask(sender_id), mask_of(channel, sender_id))))


def read_mask(letter: str, mask: str, features: Features) -> tuple[str, bool] | None:
    """What an entry of a list means: (the plain mask, whether it bans); None for what aims at no person."""
    form = mute_form(features)
    if form is not None and letter == form.letter and mask.startswith(form.prefix):
        return mask.removeprefix(form.prefix), False
    if letter != "b" or "!" not in mask or mask.startswith("$") or ":" in mask.partition("!")[0]:
        return None
    return mask, True


def whom(mask: str, channel: Channel, features: Features) -> str | None:
    """The one member a mask holds; None when it holds nobody or several."""
    folded = features.fold(mask)
    held = [
        sender_id
        for sender_id, member in channel.members.items()
        if glob(folded, features.fold(f"{sender_id}!{member.user_host or '@'}"))
    ]
    return held[0] if len(held) == 1 else None


def glob(pattern: str, text: str) -> bool:
    """Match ``*`` and ``?``; linear in the text for each star, so that no mask can stall us."""
    at, star, resume, place = 0, -1, 0, 0
    while place < len(text):
        if at < len(pattern) and pattern[at] == "*":
            star, resume = at, place
            at += 1
        elif at < len(pattern) and pattern[at] in ("?", text[place]):
            at += 1
            place += 1
        elif star >= 0:
            at, resume = star + 1, resume + 1
            place = resume
        else:
            return False
    return pattern[at:].strip("*") == ""
