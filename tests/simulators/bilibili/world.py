"""What the simulated platform knows: accounts, rooms, who is silenced, which tokens were given out."""

from __future__ import annotations

import hashlib
import secrets
import time
import zlib
from dataclasses import dataclass, field
from typing import Any

FOREVER = -1


@dataclass
class Account:
    """Somebody with an account; the cookie proves who it is."""

    uid: int
    name: str
    line_limit: int = 40
    last_sent_s: float = 0.0
    last_text: str = ""

    @property
    def sessdata(self) -> str:
        return f"sessdata-{self.uid}"

    @property
    def csrf(self) -> str:
        return hashlib.md5(f"csrf {self.uid}".encode()).hexdigest()

    @property
    def cookie(self) -> str:
        """The cookie line a browser logged in as this account would send."""
        return f"SESSDATA={self.sessdata}; bili_jct={self.csrf}; DedeUserID={self.uid}"

    @property
    def open_id(self) -> str:
        """The account as the open platform's application sees it."""
        return hashlib.md5(f"open {self.uid}".encode()).hexdigest()


@dataclass
class Silence:
    """A row of the list of the silenced. ``until_s`` None: for ever."""

    id: int
    account: Account
    by: Account
    made_s: float
    until_s: float | None


@dataclass
class Token:
    """A chat token and whose it is. ``user_agent`` None: not bound to one."""

    uid: int
    buvid: str | None
    user_agent: str | None = None


@dataclass
class SimRoom:
    """One room of the platform. ``masks_guests``: guests see ``X***`` with uid 0."""

    room_id: int = 545068
    short_id: int = 77
    owner: Account = field(default_factory=lambda: Account(9001, "streamer"))
    admins: set[int] = field(default_factory=lambda: {1001})
    masks_guests: bool = True
    code: str = "AB12CD34EF567"
    """The identity code the streamer gave to the open platform's application."""
    silenced: dict[int, Silence] = field(default_factory=dict)
    room_silence: str = ""
    """The type of the room's silence, "" for none; with its level, and its end (Unix seconds, -1: until lifted)."""
    silence_level: int = 1
    silence_end: int = -1
    lines: list[dict[str, Any]] = field(default_factory=list)
    """Every line the room saw: uid, name, text, id, reply."""
    keywords: list[str] = field(default_factory=list)

    def is_staff(self, account: Account) -> bool:
        return account.uid == self.owner.uid or account.uid in self.admins

    def is_silenced(self, account: Account) -> bool:
        """True while the account may not write: muted, or a viewer while the room is silenced."""
        silence = self.silenced.get(account.uid)
        if silence and silence.until_s is not None and silence.until_s <= time.time():
            del self.silenced[account.uid]
            silence = None
        return silence is not None or (bool(self.room_silence) and not self.is_staff(account))


@dataclass
class World:
    """Everything behind the addresses."""

    rooms: list[SimRoom]
    bot: Account = field(default_factory=lambda: Account(1001, "danmod"))
    accounts: dict[int, Account] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    img_key: str = "7cd084941338484aae1ad9425b84077c"
    sub_key: str = "4932caff0ff746eab6f01bf08b70ac45"
    swallow: str = ""
    """The sign with which the next lines are swallowed: ``f`` or ``k``; empty: none."""
    mute_is_ignored: bool = False
    """Mutes are answered "success" and do nothing."""
    repeats_are_refused: bool = False
    """A second mute of the same account is answered with an error."""
    serial: int = 0

    def __post_init__(self) -> None:
        for account in [self.bot, *(room.owner for room in self.rooms)]:
            self.accounts[account.uid] = account

    def account(self, uid: int, name: str = "") -> Account:
        """The account of a uid, made when it is new."""
        return self.accounts.setdefault(uid, Account(uid, name or f"user{uid}"))

    def room(self, number: int) -> SimRoom | None:
        """The room of a real or a short number."""
        return next((room for room in self.rooms if number and number in (room.room_id, room.short_id)), None)

    def logged_in(self, cookies: dict[str, str]) -> Account | None:
        """Whose cookies these are; None for a guest."""
        sessdata = cookies.get("SESSDATA", "")
        return next((account for account in self.accounts.values() if account.sessdata == sessdata), None)

    def issue_token(self, uid: int, buvid: str | None = None, user_agent: str | None = None) -> str:
        """A chat token that is good for this uid, and for this buvid and agent where they are given."""
        token = secrets.token_urlsafe(24)
        self.tokens[token] = Token(uid, buvid, user_agent)
        return token

    def next_id(self) -> int:
        self.serial += 1
        return self.serial


def line_event(account: Account, text: str, world: World, *, is_admin: bool, reply: dict[str, Any]) -> dict[str, Any]:
    """A DANMU_MSG as the platform sends it in 2026; every third carries a suffixed command."""
    import json

    number = world.next_id()
    now_s = time.time()
    mid_hash = f"{zlib.crc32(str(account.uid).encode()):08x}"
    extra = {
        "send_from_me": False,
        "mode": 0,
        "color": 16777215,
        "dm_type": 0,
        "content": text,
        "user_hash": str(int(mid_hash, 16)),
        "id_str": hashlib.md5(f"{number} {account.uid}".encode()).hexdigest(),
        "reply_mid": int(reply.get("reply_mid") or 0),
        "reply_uname": str(reply.get("reply_uname") or ""),
        "hit_combo": 0,
        "emoticon_unique": "",
        "is_mirror": False,
    }
    user = {"uid": account.uid, "base": {"name": account.name, "face": "", "is_mystery": False}, "medal": None}
    mode = {"extra": json.dumps(extra, ensure_ascii=False), "mode": 0, "show_player_type": 0, "user": user}
    activity = {"activity_identity": "", "activity_source": 0, "not_show": 0}
    meta = [
        0,
        1,
        25,
        16777215,
        int(now_s * 1000),
        int(now_s),
        0,
        mid_hash,
        0,
        0,
        0,
        "",
        0,
        "{}",
        "{}",
        mode,
        activity,
        42,
    ]
    who = [account.uid, account.name, int(is_admin), 0, 0, 10000, 1, ""]
    check = {"ts": int(now_s), "ct": f"{number:08X}"}
    info = [
        meta,
        text,
        who,
        [],
        [20, 0, 5805790, ">50000", 0],
        ["", ""],
        0,
        0,
        None,
        check,
        0,
        0,
        None,
        None,
        0,
        28,
        [7],
        None,
    ]
    suffix = ":4:0:2:2:2:0" if number % 3 == 0 else ""
    return {"cmd": f"DANMU_MSG{suffix}", "dm_v2": "", "info": info}


def masked(event: dict[str, Any]) -> dict[str, Any]:
    """The same line as a guest sees it."""
    info = list(event["info"])
    meta, who = list(info[0]), list(info[2])
    who[0], who[1] = 0, f"{who[1][:1]}***"
    mode = dict(meta[15])
    mode["user"] = {"uid": 0, "base": {"name": who[1], "face": "", "is_mystery": False}, "medal": None}
    meta[15] = mode
    info[0], info[2], info[3] = meta, who, []
    return {**event, "info": info}
