"""One room of the sandbox platform: who is who, what was said, who must be silent. Pure: ``now_s`` is an argument.

Every method that changes something answers what became of it; what everybody must learn goes through ``news``, which
the hub empties. A person is an account: a name, with an id made from that name, so another name is another account.
"""

from __future__ import annotations

import itertools
import re
from collections import OrderedDict
from dataclasses import dataclass, field

import msgspec

from streams.sandbox.frames import (
    Account,
    Closed,
    Freed,
    Line,
    Live,
    News,
    Removed,
    RoleName,
    Roles,
    RoomSilence,
    Silenced,
)
from streams.sandbox.names import Refused, account_id, clean_name, clean_text

KEPT_LINES = 200
"""Lines a room remembers for people who come later."""
KEPT_REMOVALS = 2_000
KEPT_ACCOUNTS = 10_000
LINE_LIMIT = 200
"""Longest line, in characters."""
MUTE_MAXIMUM_S = 14 * 86_400

SILENT = "silent"
"""The mode in which only staff may write."""
SHIELDED = "known:120"
"""The mode of a room under attack: who first wrote here two minutes ago goes on writing."""
_MODE = re.compile(r"silent|(?:known|slow):[1-9][0-9]{0,4}")

STREAMER = "streamer"
MODERATOR = "mod"
BOT = "danmod"
_GIVEN_ROLES: dict[str, RoleName] = {STREAMER: "streamer", MODERATOR: "moderator", BOT: "bot"}


@dataclass(frozen=True, slots=True)
class Sanction:
    """A standing mute or ban. ``until_s`` None: until lifted."""

    until_s: float | None
    reason: str


@dataclass(slots=True)
class SandboxRoom:
    """One live chat. ``mark`` sets the line ids of this run apart from those of an earlier one."""

    name: str
    mark: str
    live: bool = True
    silence: RoomSilence | None = None
    """The room's mode; None while everybody may write."""
    lines: OrderedDict[str, Line] = field(default_factory=OrderedDict)
    people: OrderedDict[str, Account] = field(default_factory=OrderedDict)
    mutes: dict[str, Sanction] = field(default_factory=dict)
    bans: dict[str, Sanction] = field(default_factory=dict)
    news: list[News] = field(default_factory=list)
    _removed: OrderedDict[str, None] = field(default_factory=OrderedDict)
    _wrote: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)
    """When each account first and last wrote here."""
    _count: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def enter(self, name: str) -> Account:
        """The account of this name, made on its first visit. Raises Refused for a name nobody can have."""
        tidy = clean_name(name)
        key = account_id(tidy)
        known = self.people.get(key)
        if known is None:
            known = self.people[key] = Account(id=key, name=tidy, role=_GIVEN_ROLES.get(tidy, "viewer"))
            self._forget_old_people()
        self.people.move_to_end(key)
        return known

    def speak(self, account: Account, text: str, now_s: float, *, reply_to: str | None = None) -> Line:
        """Say one line. Raises Refused when the account may not write or the text cannot be a line."""
        speaker = self.people.get(account.id, account)
        self._refuse_the_silent(speaker, now_s)
        tidy = clean_text(text)
        if not tidy:
            raise Refused("empty", "a line needs a text")
        if len(tidy) > LINE_LIMIT:
            raise Refused("too-long", f"a line has at most {LINE_LIMIT} characters, this one has {len(tidy)}")
        return self._keep(speaker, tidy, now_s, reply_to if reply_to in self.lines else None)

    def remove(self, line_id: str, now_s: float) -> bool:
        """Take a line out. False: it was already gone. Raises Refused when there never was such a line."""
        if line_id in self._removed:
            return False
        if line_id not in self.lines:
            raise Refused("no-such-line", "this line is not among those the room keeps")
        del self.lines[line_id]
        self._removed[line_id] = None
        _shorten(self._removed, KEPT_REMOVALS)
        self.news.append(Removed(id=line_id, at_s=now_s))
        return True

    def mute(self, sender_id: str, span_s: float, reason: str, now_s: float) -> bool:
        """Keep somebody from writing for a while; a new mute replaces an older one. False: it stood already."""
        if not 1 <= span_s <= MUTE_MAXIMUM_S:
            raise Refused("bad-span", f"a mute lasts 1 to {MUTE_MAXIMUM_S} seconds, not {span_s:g}")
        self._refuse_for_staff(sender_id)
        until_s, standing = now_s + span_s, self.mutes.get(sender_id)
        if standing and standing.until_s and abs(standing.until_s - until_s) < 1:
            return False
        self.mutes[sender_id] = Sanction(until_s, clean_text(reason))
        self.news.append(Silenced(sender_id=sender_id, at_s=now_s, until_s=until_s, reason=clean_text(reason)))
        return True

    def unmute(self, sender_id: str, now_s: float) -> bool:
        """End a mute. False: there was none."""
        if self.mutes.pop(sender_id, None) is None:
            return False
        self._tell_freed(sender_id, now_s)
        return True

    def ban(self, sender_id: str, reason: str, now_s: float) -> bool:
        """Keep somebody from writing until lifted. False: it stood already."""
        self._refuse_for_staff(sender_id)
        if sender_id in self.bans:
            return False
        self.bans[sender_id] = Sanction(None, clean_text(reason))
        self.news.append(Silenced(sender_id=sender_id, at_s=now_s, banned=True, reason=clean_text(reason)))
        return True

    def unban(self, sender_id: str, now_s: float) -> bool:
        """End a ban; a mute that still runs goes on. False: there was none."""
        if self.bans.pop(sender_id, None) is None:
            return False
        self._tell_freed(sender_id, now_s)
        return True

    def set_mode(self, mode: str, span_s: float | None, now_s: float) -> bool:
        """Let only some write (``span_s`` None: until lifted); "" lets everybody. False: it was so already.

        Raises Refused for a mode there is not.
        """
        if mode and not _MODE.fullmatch(mode):
            raise Refused("bad-mode", "a room's mode is silent, known:SECONDS or slow:SECONDS")
        if mode and span_s is not None and not span_s > 0:
            raise Refused("bad-span", f"a mode lasts more than 0 seconds, not {span_s:g}")
        until_s = now_s + span_s if mode and span_s is not None else None
        standing = self.silence
        if (mode, until_s) == ((standing.mode, standing.until_s) if standing else ("", None)):
            return False
        word = RoomSilence(on=bool(mode), at_s=now_s, until_s=until_s, mode=mode or SILENT)
        self.silence = word if mode else None
        self.news.append(word)
        return True

    def grant(self, name: str, role: RoleName, now_s: float) -> Account:
        """Give a person a role in this room."""
        known = self.enter(name)
        changed = self.people[known.id] = Account(id=known.id, name=known.name, role=role)
        self.news.append(Roles(sender=changed, at_s=now_s))
        return changed

    def go_live(self, on: bool, now_s: float) -> None:
        """Begin or end the stream; the chat stays open."""
        if on != self.live:
            self.live = on
            self.news.append(Live(at_s=now_s) if on else Closed(at_s=now_s))

    def advance(self, now_s: float) -> None:
        """End the mutes and the silence that have run out."""
        for sender_id in [each for each, mute in self.mutes.items() if (mute.until_s or 0) <= now_s]:
            self.unmute(sender_id, now_s)
        if self.silence and self.silence.until_s is not None and self.silence.until_s <= now_s:
            self.set_mode("", None, now_s)

    def lines_after(self, line_id: str) -> list[Line]:
        """The kept lines that came after ``line_id``; all of them when it is not among them any more."""
        kept = list(self.lines.values())
        if line_id in self.lines:
            return kept[list(self.lines).index(line_id) + 1 :]
        return kept

    def sanction_of(self, sender_id: str) -> Silenced | None:
        """What keeps this account silent, the heaviest first; None when nothing does."""
        if banned := self.bans.get(sender_id):
            return Silenced(sender_id=sender_id, at_s=0, banned=True, reason=banned.reason)
        if muted := self.mutes.get(sender_id):
            return Silenced(sender_id=sender_id, at_s=0, until_s=muted.until_s, reason=muted.reason)
        return None

    def _refuse_the_silent(self, speaker: Account, now_s: float) -> None:
        self.advance(now_s)
        if speaker.id in self.bans:
            raise Refused("banned", "you are banned from this room")
        if speaker.id in self.mutes:
            raise Refused("muted", "you are muted in this room")
        if self.silence and speaker.role == "viewer":
            self._refuse_by_mode(self.silence.mode, speaker.id, now_s)

    def _refuse_by_mode(self, mode: str, sender_id: str, now_s: float) -> None:
        kind, _, seconds = mode.partition(":")
        first_s, last_s = self._wrote.get(sender_id, (now_s, -float("inf")))
        if kind == SILENT:
            raise Refused("silence", "the room is silenced")
        if kind == "known" and now_s - first_s < float(seconds):
            raise Refused("newcomer", "only people who have been writing here for a while may write now")
        if kind == "slow" and now_s - last_s < float(seconds):
            raise Refused("slow", f"here one line may be written every {seconds} seconds")

    def _refuse_for_staff(self, sender_id: str) -> None:
        person = self.people.get(sender_id)
        if person is None:
            raise Refused("no-such-person", "nobody with this id was ever in the room")
        if person.role != "viewer":
            raise Refused("staff", "the streamer, moderators and the bot cannot be silenced")

    def _keep(self, speaker: Account, text: str, now_s: float, reply_to: str | None) -> Line:
        answered = self.lines[reply_to].sender.id if reply_to else None
        line = Line(
            id=f"{self.mark}{next(self._count)}",
            sender=speaker,
            text=text,
            at_s=now_s,
            reply_to=reply_to,
            reply_to_sender=answered,
        )
        self.lines[line.id] = line
        self._wrote[speaker.id] = (self._wrote.pop(speaker.id, (now_s, now_s))[0], now_s)
        if len(self._wrote) > KEPT_ACCOUNTS:
            self._wrote.popitem(last=False)
        _shorten(self.lines, KEPT_LINES)
        self.news.append(line)
        return line

    def _tell_freed(self, sender_id: str, now_s: float) -> None:
        """Say that the sender is free, or what still stands: a mute inside a ban, a ban around a mute."""
        standing = self.sanction_of(sender_id)
        self.news.append(
            msgspec.structs.replace(standing, at_s=now_s) if standing else Freed(sender_id=sender_id, at_s=now_s)
        )

    def _forget_old_people(self) -> None:
        """Forget the longest unseen viewer when there are too many; staff and sanctioned people are kept."""
        if len(self.people) <= KEPT_ACCOUNTS:
            return
        for key, person in self.people.items():
            if person.role == "viewer" and self.sanction_of(key) is None:
                del self.people[key]
                return


def _shorten(kept: OrderedDict[str, object] | OrderedDict[str, Line] | OrderedDict[str, None], most: int) -> None:
    while len(kept) > most:
        kept.popitem(last=False)
