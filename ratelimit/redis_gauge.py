"""The gauge on Redis: one script call a batch, a deadline, and local numbers whenever Redis cannot keep it.

Every batch is counted in this process too, while Redis works, so that the local numbers are warm; and where Redis ends up
with the same records, as it does when nobody else counts in these rooms, they are the answer. After a fault the
circuit is open: answers are local at once, and one background task asks about every second whether Redis is back. It
asks within the same deadline and with a real write, so a Redis that is slow, full or read-only stays away.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

import structlog
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from ratelimit.counters import count_lines
from ratelimit.limits import Hit, Usage
from ratelimit.memory_gauge import MemoryGauge
from ratelimit.packing import LINES_AT_ONCE, Stretch, begin, cut, pack, pseudonyms, unpack
from ratelimit.redis_link import RedisLink
from ratelimit.tokens import TokenMemory

log = structlog.get_logger(__name__)

DEADLINE = timedelta(milliseconds=100)
PROBE_EVERY = timedelta(seconds=1)
FIRST_TRY_SHARE = 0.6
"""How much of the deadline the first try may use, so that a lost reply leaves time for the second."""

_MAY_BE_RETRIED = (RedisConnectionError, RedisTimeoutError, OSError)
"""The question or its answer may have been lost on the way. (TimeoutError is an OSError.)"""


class RedisGauge:
    """See :class:`ratelimit.gauge.Gauge`.

    ``key`` (1 to 64 bytes) makes the pseudonyms under which senders appear in Redis. ``clock`` is steady Unix time.
    ``deadline`` is for one batch, connecting and a second try included. ``on_degraded`` hears of every change, with the
    reason as one sentence, empty when all is well again. Raises ValueError for a URL or key that cannot be.
    """

    def __init__(
        self,
        url: str,
        *,
        clock: Callable[[], float],
        key: bytes,
        deadline: timedelta = DEADLINE,
        on_degraded: Callable[[bool, str], None] | None = None,
        probe_every: timedelta = PROBE_EVERY,
    ) -> None:
        self._link = RedisLink(url)
        self._pseudonym = pseudonyms(key)
        self._clock = clock
        self._deadline_s = deadline.total_seconds()
        self._probe_every_s = probe_every.total_seconds()
        self._on_degraded = on_degraded
        self._local = MemoryGauge()
        self._local_answers = TokenMemory()
        self._turn = asyncio.Lock()
        self._prober: asyncio.Task[None] | None = None
        self._degraded_since_s: float | None = None

    @property
    def degraded(self) -> bool:
        """True from the first batch Redis did not answer in time until a probe succeeds."""
        return self._degraded_since_s is not None

    @property
    def degraded_since_s(self) -> float | None:
        """When the shared counters were lost, on the gauge's clock; None while they are there."""
        return self._degraded_since_s

    async def count(self, batch: Sequence[Hit], token: str) -> list[Usage]:
        """See :class:`ratelimit.gauge.Gauge`."""
        if not batch:
            return []
        if (known := self._local_answers.recall(token)) is not None:
            return known
        if not self.degraded:
            try:
                return await self._count_shared(batch, token)
            except Exception as fault:  # whatever is wrong with Redis, the line must be judged
                self._lose(_reason(fault))
        return self._count_locally(batch, token)

    async def close(self) -> None:
        """Stop probing and let go of the connection."""
        if self._prober is not None:
            self._prober.cancel()
            await asyncio.gather(self._prober, return_exceptions=True)
        await self._link.close()

    async def _count_shared(self, batch: Sequence[Hit], token: str) -> list[Usage]:
        usages: list[Usage] = []
        async with _within(self._deadline_s), self._turn:
            for start in range(0, len(batch), LINES_AT_ONCE):
                part = batch[start : start + LINES_AT_ONCE]
                usages += await self._count_part(part, f"{token}/{start}" if start else token)
        return usages

    async def _count_part(self, part: Sequence[Hit], token: str) -> list[Usage]:
        stretches, of_line = cut(part)
        arguments = pack(stretches, self._pseudonym)
        token_key = b"danmod:token:" + token.encode("utf-8", "surrogatepass")
        clocks = [self._clock_of(stretch.room) for stretch in stretches]

        def meanwhile() -> tuple[list[Usage], list[int]]:
            return self._local.count_once(part, token), self._expected(stretches, clocks)

        try:
            async with _within(self._deadline_s * FIRST_TRY_SHARE):
                answer, (local, expected) = await self._link.run(token_key, arguments, meanwhile)
        except _MAY_BE_RETRIED:
            answer, (local, expected) = await self._link.run(token_key, arguments, meanwhile)
        told = unpack(answer)
        if told == expected:  # then the local answers are the shared ones: nearly always, with one process a room
            return local
        begin(stretches, told)
        return count_lines(part, [stretch.counters for stretch in of_line], len(part))

    def _clock_of(self, room: str) -> int:
        counters = self._local.counters(room)
        return 0 if counters is None else counters.latest_ms

    def _expected(self, stretches: Sequence[Stretch], clocks: Sequence[int]) -> list[int]:
        """What Redis tells if it counted what was counted here; nothing where a room's epoch turned within the batch."""
        expected: list[int] = []
        if len({stretch.room for stretch in stretches}) < len(stretches):
            return expected
        for stretch, clock_ms in zip(stretches, clocks, strict=True):
            if (counters := self._local.counters(stretch.room)) is not None:
                expected += divmod(clock_ms, 1 << 32)
                expected += counters.told(stretch.senders)
        return expected

    def _count_locally(self, batch: Sequence[Hit], token: str) -> list[Usage]:
        usages: list[Usage] = []
        for start in range(
            0, len(batch), LINES_AT_ONCE
        ):  # the same tokens as above: a part counted is not counted again
            part = batch[start : start + LINES_AT_ONCE]
            usages += self._local.count_once(part, f"{token}/{start}" if start else token)
        answers = [Usage(usage.counts, degraded=True) for usage in usages]
        self._local_answers.remember(token, answers)
        return answers

    def _lose(self, reason: str) -> None:
        if self.degraded:
            return
        self._degraded_since_s = self._clock()
        log.warning("shared counters lost, counting locally", reason=reason)
        self._prober = asyncio.get_running_loop().create_task(self._probe_until_back())
        self._tell(True, reason)

    async def _probe_until_back(self) -> None:
        while True:
            await asyncio.sleep(self._probe_every_s)
            try:
                await self._probe()
                break
            except Exception as fault:  # still away, for whatever reason
                log.debug("shared counters still away", reason=_reason(fault))
        self._degraded_since_s = None
        log.info("shared counters are back")
        self._tell(False, "")

    async def _probe(self) -> None:
        """Count nothing, the way a batch is counted: connects, loads the script, writes."""
        arguments = pack((), self._pseudonym)
        token_key = b"danmod:token:probe-" + uuid.uuid4().hex.encode()
        async with _within(self._deadline_s), self._turn:
            await self._link.run(token_key, arguments, lambda: None)

    def _tell(self, degraded: bool, reason: str) -> None:
        if self._on_degraded is None:
            return
        try:
            self._on_degraded(degraded, reason)
        except Exception:
            log.exception("on_degraded failed")  # the listener's fault must not stop the counting


@asynccontextmanager
async def _within(span_s: float) -> AsyncIterator[None]:
    """Like `asyncio.timeout`, with one more turn of the loop: a loop that was held up finds the reply and the end of the
    time in the same turn, and the reply counts."""
    async with asyncio.timeout(None) as limit:
        over = asyncio.get_running_loop().call_later(span_s, limit.reschedule, 0.0)
        try:
            yield
        finally:
            over.cancel()


def _reason(fault: BaseException) -> str:
    """A fault as one sentence for the operator."""
    if isinstance(fault, TimeoutError):
        return "Redis did not answer within the deadline"
    return f"{type(fault).__name__}: {fault}"[:200]
