"""What goes wrong with Redis, and that counting goes on: real servers, and a proxy that misbehaves."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import timedelta

import pytest

from ratelimit import redis_gauge
from ratelimit.limits import Hit, Usage
from ratelimit.packing import Stretch, begin
from ratelimit.redis_gauge import RedisGauge
from tests.chaos import ChaosProxy
from tests.servers import RedisServer, RedisServers, free_port

pytestmark = pytest.mark.needs("redis")

KEY = b"secret"
DEADLINE = timedelta(milliseconds=100)
START_MS = 1_700_000_000_000
MakeGauge = Callable[..., RedisGauge]


def line(number: int, sender: str = "ann") -> Hit:
    return Hit("irc:#talk", sender, START_MS + number)


@pytest.fixture
async def make() -> AsyncIterator[MakeGauge]:
    """Makes gauges and closes them all. Their deadline is wide unless told: a busy machine is not the fault tested."""
    made: list[RedisGauge] = []

    def build(url: str, **settings: object) -> RedisGauge:
        chosen = {"deadline": timedelta(seconds=2), "probe_every": timedelta(milliseconds=100), **settings}
        made.append(RedisGauge(url, clock=time.monotonic, key=KEY, **chosen))  # type: ignore[arg-type]
        return made[-1]

    yield build
    for gauge in made:
        await gauge.close()


async def count(gauge: RedisGauge, number: int, sender: str = "ann") -> Usage:
    [usage] = await gauge.count([line(number, sender)], f"token-{number}-{sender[:3]}")
    return usage


def hold_the_loop(seconds: float) -> None:
    """Nothing else runs meanwhile."""
    time.sleep(seconds)


async def until(true: Callable[[], Awaitable[bool] | bool], seconds: float = 25.0) -> None:
    """Wait for something to become true; five times the promised five seconds by default."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        answer = true()
        if answer if isinstance(answer, bool) else await answer:
            return
        await asyncio.sleep(0.02)
    raise AssertionError("did not become true in time")


@pytest.mark.fault("F14")
async def test_counting_goes_on_while_redis_is_away_and_recovers(redis_server: RedisServers, make: MakeGauge) -> None:
    server = redis_server()
    told: list[bool] = []
    gauge = make(server.url, on_degraded=lambda degraded, reason: told.append(degraded))
    assert await count(gauge, 1) == Usage((1, 1, 1))
    server.stop()
    assert await count(gauge, 2) == Usage((2, 2, 2), degraded=True)
    assert gauge.degraded
    assert gauge.degraded_since_s is not None
    server.start()
    await until(lambda: not gauge.degraded)
    assert await count(gauge, 3) == Usage((1, 1, 1)), "Redis came back empty: its counters restart"
    assert told == [True, False]


@pytest.mark.fault("F14")
async def test_a_restart_between_two_batches_is_not_even_noticed(redis_server: RedisServers, make: MakeGauge) -> None:
    server = redis_server()
    gauge = make(server.url)
    await count(gauge, 1)
    server.stop()
    server.start()
    assert not (await count(gauge, 2)).degraded


@pytest.mark.fault("F14")
@pytest.mark.parametrize("command", ["FLUSHALL", "SCRIPT FLUSH"])
async def test_emptied_under_way_counters_restart_without_a_fault(
    redis_server: RedisServers, make: MakeGauge, command: str
) -> None:
    server = redis_server()
    gauge = make(server.url)
    await count(gauge, 1)
    server.ask(*command.split())
    expected = 1 if command == "FLUSHALL" else 2
    assert await count(gauge, 2) == Usage((expected,) * 3)


@pytest.mark.fault("F14")
async def test_redis_that_was_never_there(make: MakeGauge) -> None:
    gauge = make(f"redis://127.0.0.1:{free_port()}/0")
    assert await count(gauge, 1) == Usage((1, 1, 1), degraded=True)
    assert await count(gauge, 2) == Usage((2, 2, 2), degraded=True)


@pytest.mark.fault("F15")
@pytest.mark.parametrize("delay_s", [0.2, 5.0])
async def test_a_slow_redis_costs_one_deadline_and_no_more(
    redis_server: RedisServers, make: MakeGauge, delay_s: float
) -> None:
    async with ChaosProxy(redis_server().port) as proxy:
        gauge = make(f"redis://127.0.0.1:{proxy.port}/0", deadline=DEADLINE)
        await until(lambda: _sound(gauge))
        proxy.delay_s = delay_s
        start = time.monotonic()
        assert (await count(gauge, 1)).degraded
        assert time.monotonic() - start < 5 * DEADLINE.total_seconds()
        start, tasks = time.monotonic(), len(asyncio.all_tasks())
        for number in range(2, 500):
            assert (await count(gauge, number)).counts[0] >= number
        assert time.monotonic() - start < 5 * DEADLINE.total_seconds(), "the circuit is open: no waiting any more"
        assert len(asyncio.all_tasks()) <= tasks + 4, "nothing piles up but the probe and the proxy's own"
        proxy.delay_s = 0.0
        await until(lambda: not gauge.degraded)


@pytest.mark.fault("F15")
async def test_a_loop_held_up_past_the_deadline_still_takes_the_reply(
    redis_server: RedisServers, make: MakeGauge
) -> None:
    gauge = make(redis_server().url, deadline=timedelta(seconds=1))
    await count(gauge, 1)
    asked = asyncio.create_task(count(gauge, 2))
    await asyncio.sleep(0)
    hold_the_loop(1.2)  # our own work, while Redis answers
    assert await asked == Usage((2, 2, 2))
    assert not gauge.degraded


async def _sound(gauge: RedisGauge) -> bool:
    """Count until the shared counters answer: on a busy machine the first connection may miss the deadline."""
    return not (await gauge.count([Hit("irc:#warm", None, START_MS)], f"warm-{time.monotonic()}"))[0].degraded


@pytest.mark.fault("F15")
async def test_while_slow_the_probe_does_not_close_the_circuit(redis_server: RedisServers, make: MakeGauge) -> None:
    async with ChaosProxy(redis_server().port) as proxy:
        proxy.delay_s = 0.3
        told: list[bool] = []
        gauge = make(
            f"redis://127.0.0.1:{proxy.port}/0", deadline=DEADLINE, on_degraded=lambda on, reason: told.append(on)
        )
        await count(gauge, 1)
        await until(lambda: proxy.connections >= 5)
        assert told == [True]
        assert proxy.open_links <= 3


@pytest.mark.fault("F16")
async def test_a_lost_reply_does_not_count_twice(redis_server: RedisServers, make: MakeGauge) -> None:
    async with ChaosProxy(redis_server().port) as proxy:
        gauge = make(f"redis://127.0.0.1:{proxy.port}/0")
        await count(gauge, 1)
        proxy.cut_next_at = 0
        assert await count(gauge, 2) == Usage((2, 2, 2)), "carried out, its reply cut off, asked again: one line more"
        assert proxy.connections == 2
        assert await count(gauge, 3) == Usage((3, 3, 3))


@pytest.mark.fault("F16")
async def test_a_reply_that_never_comes_is_asked_for_again_in_time(redis_server: RedisServers, make: MakeGauge) -> None:
    async with ChaosProxy(redis_server().port) as proxy:
        gauge = make(f"redis://127.0.0.1:{proxy.port}/0", deadline=timedelta(seconds=1))
        await count(gauge, 1)
        proxy.lose_replies = 1
        assert await count(gauge, 2) == Usage((2, 2, 2))
        assert proxy.connections == 2


@pytest.mark.fault("F16")
async def test_a_late_repeat_by_the_caller_gets_the_degraded_answer_again(make: MakeGauge) -> None:
    gauge = make(f"redis://127.0.0.1:{free_port()}/0")
    assert await count(gauge, 1) == await count(gauge, 1) == Usage((1, 1, 1), degraded=True)
    assert await count(gauge, 2) == Usage((2, 2, 2), degraded=True)


@pytest.mark.fault("F3")
async def test_a_dribbled_reply_is_understood(redis_server: RedisServers, make: MakeGauge) -> None:
    async with ChaosProxy(redis_server().port) as proxy:
        proxy.dribble = True
        gauge = make(f"redis://127.0.0.1:{proxy.port}/0", deadline=timedelta(seconds=20))
        assert await count(gauge, 1) == Usage((1, 1, 1))


@pytest.mark.fault("F2")
async def test_a_reply_cut_at_any_byte_is_asked_for_again(redis_server: RedisServers, make: MakeGauge) -> None:
    async with ChaosProxy(redis_server().port) as proxy:
        gauge = make(f"redis://127.0.0.1:{proxy.port}/0")
        await count(gauge, 1)
        for byte in range(14):
            proxy.cut_next_at = byte
            assert await count(gauge, 2 + byte) == Usage((2 + byte,) * 3)
        assert proxy.connections == 15


@pytest.mark.fault("F19")
async def test_out_of_memory(redis_server: RedisServers, make: MakeGauge) -> None:
    server = redis_server("--maxmemory-policy", "noeviction")
    gauge = make(server.url)
    await count(gauge, 1)
    server.ask("CONFIG", "SET", "maxmemory", "1")
    assert await count(gauge, 2) == Usage((2, 2, 2), degraded=True)
    server.ask("CONFIG", "SET", "maxmemory", "0")
    await until(lambda: not gauge.degraded)
    assert await count(gauge, 3) == Usage((2, 2, 2)), "the refused batch was not half counted"


@pytest.mark.fault("F19")
async def test_a_read_only_replica(redis_server: RedisServers, make: MakeGauge) -> None:
    server = redis_server("--replicaof", "127.0.0.1", str(free_port()))
    await _is_degraded_until(make(server.url), lambda: server.ask("REPLICAOF", "NO", "ONE"))


@pytest.mark.fault("F19")
async def test_a_password_not_given(redis_server: RedisServers, make: MakeGauge) -> None:
    server = redis_server("--requirepass", "hunter2")
    reasons: list[str] = []
    gauge = make(server.url, on_degraded=lambda degraded, reason: reasons.append(reason))
    assert (await count(gauge, 1)).degraded
    assert "Authentication required" in reasons[0]
    right = make(f"redis://:hunter2@127.0.0.1:{server.port}/0")
    assert not (await count(right, 1)).degraded


@pytest.mark.fault("F19")
async def test_a_wrong_password_does_not_show(redis_server: RedisServers, make: MakeGauge) -> None:
    server = redis_server("--requirepass", "other")
    reasons: list[str] = []
    gauge = make(
        f"redis://:hunter2@127.0.0.1:{server.port}/0", on_degraded=lambda degraded, reason: reasons.append(reason)
    )
    assert (await count(gauge, 1)).degraded
    assert "hunter2" not in reasons[0]


@pytest.mark.fault("F19")
@pytest.mark.parametrize(
    "answer",
    [
        b"-LOADING Redis is loading the dataset in memory\r\n",
        b"-NOSCRIPT No matching script. Please use EVAL.\r\n",
        b"-BUSY Redis is busy running a script.\r\n",
        b"-MISCONF Redis is configured to save RDB snapshots\r\n",
        b"-CLUSTERDOWN The cluster is down\r\n",
        b"-MOVED 866 127.0.0.1:1\r\n",
        b"$3\r\nabc\r\n",
        b"$44\r\n" + b"\x01" * 44 + b"\r\n",
        b"$47\r\n" + b"\x01" * 47 + b"\r\n",
        b"*0\r\n",
        b":1\r\n",
        b"$-1\r\n",
        b"+OK\r\n",
        b"nonsense\r\n",
        b"\xff\xfe\x00",
        b"",
    ],
)
async def test_whatever_it_says_the_line_is_judged(make: MakeGauge, answer: bytes) -> None:
    """A server that says one thing to everything."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(1 << 16) and answer:
            writer.write(answer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    gauge = make(f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0", deadline=DEADLINE)
    assert await count(gauge, 1) == Usage((1, 1, 1), degraded=True)
    await gauge.close()
    server.close()


async def _is_degraded_until(gauge: RedisGauge, cured: Callable[[], object]) -> None:
    assert await count(gauge, 1) == Usage((1, 1, 1), degraded=True)
    cured()
    await until(lambda: not gauge.degraded)
    assert not (await count(gauge, 2)).degraded


async def test_a_listener_that_raises_does_not_stop_the_counting(make: MakeGauge) -> None:
    def broken(degraded: bool, reason: str) -> None:
        raise RuntimeError("the desk is on fire")

    gauge = make(f"redis://127.0.0.1:{free_port()}/0", on_degraded=broken)
    assert (await count(gauge, 1)).degraded


async def test_a_cancelled_count_leaves_no_reply_for_the_next(redis_server: RedisServers, make: MakeGauge) -> None:
    async with ChaosProxy(redis_server().port) as proxy:
        gauge = make(f"redis://127.0.0.1:{proxy.port}/0")
        await count(gauge, 1)
        proxy.delay_s = 0.2
        pending = asyncio.ensure_future(count(gauge, 2))
        await asyncio.sleep(0.05)
        pending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await pending
        proxy.delay_s = 0.0
        assert (await count(gauge, 3, "bob")).counts[0] == 1


async def test_calls_at_the_same_time_are_each_counted_once(redis_server: RedisServers, make: MakeGauge) -> None:
    gauge = make(redis_server().url)
    usages = await asyncio.gather(*(count(gauge, number) for number in range(50)))
    assert sorted(usage.counts[0] for usage in usages) == list(range(1, 51))


async def test_keys_hold_pseudonyms_only_and_expire(redis_server: RedisServers, make: MakeGauge) -> None:
    server = redis_server()
    gauge = make(server.url)
    await count(gauge, 1, "a-very-recognisable-name")
    keys = [word for word in server.ask("KEYS", "*").split(b"\r\n") if word.startswith(b"danmod:")]
    assert len(keys) == 2, "a token and the room"
    for key in keys:
        assert int(server.ask("PTTL", key.decode())[1:].strip()) in range(1, 180_000)
        kind = server.ask("TYPE", key.decode())
        held = server.ask("HGETALL" if b"hash" in kind else "GET", key.decode())
        assert b"recognisable" not in key + held


async def test_other_processes_share_the_counters(redis_server: RedisServers, make: MakeGauge) -> None:
    server: RedisServer = redis_server()
    here, there = make(server.url), make(server.unix_url)
    await count(here, 1)
    assert (await count(there, 2)).counts == (2, 2, 2)


async def test_what_was_counted_here_alone_is_not_counted_again(
    redis_server: RedisServers, make: MakeGauge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where Redis agrees with the local counters, their answers are taken; where it does not, they are not."""
    recounted: list[int] = []

    def counting_begin(stretches: Sequence[Stretch], told: Sequence[int]) -> None:
        recounted.append(len(told))
        begin(stretches, told)

    monkeypatch.setattr(redis_gauge, "begin", counting_begin)
    server: RedisServer = redis_server()
    here, there = make(server.url), make(server.url)
    for number in range(1, 25):
        assert (await count(here, number * 5_000)).counts[2] <= 3
    assert not recounted
    await count(there, 125_000, "bob")
    assert len(recounted) == 1
    assert (await count(here, 125_001)).counts[2] == 3, "120, 125 and 125.001 s; alone it would be 2"
    assert len(recounted) == 2


@pytest.mark.parametrize("key", [b"", b"x" * 65])
def test_a_key_that_cannot_be_is_refused(key: bytes) -> None:
    with pytest.raises(ValueError, match="1 to 64 bytes"):
        RedisGauge("redis://127.0.0.1:1/0", clock=time.time, key=key)
