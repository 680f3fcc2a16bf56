"""How often one visitor may knock, without knowing who it is: salted hashes of addresses, in memory only."""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
from collections import OrderedDict


class Throttle:
    """At most ``burst`` at once and ``per_minute`` in the long run, per visitor. Pure: ``now_s`` is an argument.

    Remembers at most ``cap`` visitors; the one longest unseen is forgotten first.
    """

    def __init__(self, per_minute: float, burst: int, *, cap: int = 20_000) -> None:
        self._step_s = 60.0 / per_minute
        self._slack_s = self._step_s * (burst - 1)
        self._cap = cap
        self._next: OrderedDict[str, float] = OrderedDict()

    def wait_s(self, visitor: str, now_s: float) -> float:
        """Seconds until the visitor may knock again, 0.0 when that is now. Costs nothing."""
        return max(0.0, self._next.get(visitor, 0.0) - self._slack_s - now_s)

    def take(self, visitor: str, now_s: float) -> float:
        """Like `wait_s`; 0.0 means it was allowed, and counted."""
        wait_s = self.wait_s(visitor, now_s)
        if wait_s == 0.0:
            self._next[visitor] = max(self._next.get(visitor, 0.0), now_s) + self._step_s
            self._next.move_to_end(visitor)
            if len(self._next) > self._cap:
                self._next.popitem(last=False)
        return wait_s


class Anonymiser:
    """Turns an address into a word that means nothing outside this process and after it."""

    def __init__(self) -> None:
        self._salt = secrets.token_bytes(32)

    def visitor(self, address: str) -> str:
        """The word for an address; an IPv6 network of 64 bits is one visitor."""
        return hashlib.blake2b(_network(address).encode("utf-8", "replace"), key=self._salt, digest_size=12).hexdigest()


def _network(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 6:
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
