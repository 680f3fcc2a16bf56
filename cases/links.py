"""Link codes: a page shows a code, the person types it in chat, and the page knows the account. Pure; in memory only.

So somebody who is muted in one room, or banned from it, reaches the own statements without posting there: the code is
typed in another room, or said to the bot alone (norm N2.1-1b, N3.3-1). A lost process costs a new code, nothing else.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

LIVES = timedelta(minutes=10)
"""A code that nobody typed by then is over."""
LOOKS = timedelta(minutes=30)
"""How long a page that was bound may look."""
PAGES = 5_000
"""So many pages wait or look at a time; the oldest goes first."""


@dataclass(frozen=True, slots=True)
class Account:
    """Who somebody is on a platform: the id is the platform's own."""

    platform: str
    id: str


@dataclass(frozen=True, slots=True)
class Link:
    """One page's link. ``account`` None: the code was not typed yet. ``ends_at``: until then it waits, or looks."""

    code: str
    account: Account | None
    ends_at: datetime


class LinkBook:
    """Every link that lives. ``make_code`` and ``make_secret`` give fresh words, unguessable ones for the secrets."""

    def __init__(self, make_code: Callable[[], str], make_secret: Callable[[], str]) -> None:
        self._make_code = make_code
        self._make_secret = make_secret
        self._links: OrderedDict[str, Link] = OrderedDict()
        self._waiting: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self._links)

    def begin(self, now: datetime) -> str:
        """A page wants a code; answers the page's secret."""
        self._sweep(now)
        secret, code = self._make_secret(), self._make_code()
        while code in self._waiting:
            code = self._make_code()
        self._links[secret] = Link(code, None, now + LIVES)
        self._waiting[code] = secret
        return secret

    def look(self, secret: str, now: datetime) -> Link | None:
        """What a page's secret opens; None for one that never was, or is over."""
        link = self._links.get(secret)
        return link if link is not None and now < link.ends_at else None

    def bind(self, code: str, account: Account, now: datetime) -> bool:
        """Somebody typed a code. False, and nothing more is told, for one that never was, is over, or was used."""
        secret = self._waiting.get(code)
        link = None if secret is None else self.look(secret, now)
        if secret is None or link is None:
            return False
        del self._waiting[code]
        self._links[secret] = replace(link, account=account, ends_at=now + LOOKS)
        return True

    def cut(self, account: Account) -> int:
        """End every link of an account; how many there were."""
        mine = [secret for secret, link in self._links.items() if link.account == account]
        for secret in mine:
            del self._links[secret]
        return len(mine)

    def _sweep(self, now: datetime) -> None:
        over = [secret for secret, link in self._links.items() if now >= link.ends_at]
        if len(self._links) - len(over) >= PAGES:
            over.append(next(secret for secret in self._links if secret not in over))
        for secret in over:
            self._waiting.pop(self._links.pop(secret).code, None)
