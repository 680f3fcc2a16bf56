"""Echoes shared by the processes of one installation, through the Redis that counts for them.

Lines are counted and answered in this process at once; what was heard since is told to Redis in the background, and what
the others told is learnt. So no line waits for Redis, and an echo from another process counts from a text's next line on.
In Redis stand sets of keyed hashes, which fade after ten minutes.
"""

from __future__ import annotations

import asyncio
import hashlib

import redis.asyncio
import structlog
from redis.exceptions import RedisError

from ratelimit.echoes import COUNTED, SPAN, Echo, Echoes
from ratelimit.redis_link import check_url

log = structlog.get_logger(__name__)

EXCHANGE_EVERY_S = 0.25
DEADLINE_S = 1.0
UNTOLD = 4096
"""So many lines wait to be told while Redis is away; those after them are told of by their text's next line."""


class RedisEchoes(Echoes):
    """See :class:`ratelimit.echoes.Echoes`. ``key`` is the installation's, the same in all its processes."""

    def __init__(self, url: str, key: bytes, *, texts: int = 2048) -> None:
        super().__init__(key, texts=texts)
        check_url(url)
        self._redis = redis.asyncio.from_url(url, socket_timeout=DEADLINE_S, socket_connect_timeout=DEADLINE_S)
        self._untold: set[tuple[int, int, int]] = set()
        self._away = False

    async def run(self) -> None:
        """Exchange until cancelled."""
        while True:
            await asyncio.sleep(EXCHANGE_EVERY_S)
            await self.exchange()

    async def exchange(self) -> None:
        """Tell what was heard here since the last time, and learn what others heard of the same texts. Never raises for a
        Redis that is away: what is untold waits."""
        untold, self._untold = self._untold, set()
        if not untold:
            return
        try:
            async with asyncio.timeout(DEADLINE_S):
                await self._tell(untold)
            self._away = False
        except (RedisError, OSError) as fault:
            self._untold |= untold
            if not self._away:
                log.warning("echoes of other processes are lost, counting locally", reason=type(fault).__name__)
            self._away = True

    async def close(self) -> None:
        """Let go of the connection."""
        await self._redis.aclose()

    def _count(self, text: int, room: int, sender: int) -> Echo:
        if len(self._untold) < UNTOLD:
            self._untold.add((text, room, sender))
        return super()._count(text, room, sender)

    async def _tell(self, heard: set[tuple[int, int, int]]) -> None:
        texts = sorted({text for text, _, _ in heard})
        async with self._redis.pipeline(transaction=False) as pipeline:
            for text, room, sender in sorted(heard):
                pipeline.sadd(_key("rooms", text), room)
                pipeline.sadd(_key("senders", text), sender)
            for text in texts:
                for kind in ("rooms", "senders"):
                    pipeline.expire(_key(kind, text), SPAN)
                    pipeline.srandmember(_key(kind, text), COUNTED)
            answers = await pipeline.execute()
        told = iter(answers[2 * len(heard) + 1 :: 2])
        for text, rooms, senders in zip(texts, told, told, strict=True):
            self._learn(text, map(int, rooms), map(int, senders))


def make_echoes(url: str, *, key: bytes) -> Echoes:
    """Echoes beside the counters at this URL (see `ratelimit.gauges.make_gauge`): in this process alone for ``memory://``,
    else shared through Redis, for which `RedisEchoes.run` must run. Raises ValueError for a URL or key that cannot be."""
    own = hashlib.blake2b(b"echoes", key=key, digest_size=32).digest()  # no hash here is one of the counters'
    return Echoes(own) if url == "memory://" else RedisEchoes(url, own)


def _key(kind: str, text: int) -> str:
    return f"danmod:echo:{kind}:{{{text:014x}}}"
