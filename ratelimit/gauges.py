"""Which gauge a URL means."""

from __future__ import annotations

from collections.abc import Callable

from ratelimit.gauge import Gauge
from ratelimit.memory_gauge import MemoryGauge
from ratelimit.redis_gauge import RedisGauge


def make_gauge(
    url: str,
    *,
    key: bytes,
    clock: Callable[[], float],
    on_degraded: Callable[[bool, str], None] | None = None,
) -> Gauge:
    """The gauge for ``memory://`` or ``redis://``, ``rediss://``, ``unix://``. Nothing is connected yet.

    ``key`` makes the senders' pseudonyms, ``clock`` is steady Unix time, ``on_degraded`` hears when shared counters are
    lost and found. Raises ValueError, one sentence with the cure, for any other URL.
    """
    if url == "memory://":
        return MemoryGauge()
    return RedisGauge(url, key=key, clock=clock, on_degraded=on_degraded)
