"""The contract of a gauge, run on every gauge: memory and a real Redis."""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ratelimit.gauge import Gauge
from ratelimit.gauges import make_gauge
from ratelimit.limits import ROOM_TEMPO, SENDER_BURST, SENDER_SUSTAINED, WINDOWS, Hit, Subject, Usage
from ratelimit.window import epoch_of, estimate
from tests.servers import RedisServer, RedisServers

START_MS = 1_700_000_000_000
SERIAL = itertools.count()
MakeGauge = Callable[[], Gauge]


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    servers = RedisServers(tmp_path_factory.mktemp("redis"))
    yield servers()
    servers.stop_all()


@pytest.fixture(params=["memory", pytest.param("redis", marks=pytest.mark.needs("redis"))])
async def make(request: pytest.FixtureRequest) -> AsyncIterator[MakeGauge]:
    """Makes empty gauges of one kind."""
    url = "memory://"
    if request.param == "redis":
        server: RedisServer = request.getfixturevalue("redis")
        server.ask("FLUSHALL")
        url = server.url
    made: list[Gauge] = []

    def build() -> Gauge:
        made.append(make_gauge(url, key=b"secret", clock=time.time))
        return made[-1]

    yield build
    for gauge in made:
        await gauge.close()


def hit(at_ms: int, sender: str | None = "ann", room: str = "irc:#talk") -> Hit:
    return Hit(room, sender, START_MS + at_ms)


class Model:
    """The contract in its plainest form: a counter for every epoch, nothing forgotten."""

    def __init__(self) -> None:
        self.counters: dict[tuple[object, ...], int] = {}
        self.latest: dict[str, int] = {}

    def count(self, hit: Hit) -> Usage:
        at_ms = max(hit.at_ms, self.latest.get(hit.room, 0))
        self.latest[hit.room] = at_ms
        return Usage(tuple(self._count(hit, at_ms, window) for window in WINDOWS))

    def _count(self, hit: Hit, at_ms: int, window) -> int:  # type: ignore[no-untyped-def]
        if window.subject is not Subject.ROOM and hit.sender is None:
            return 0
        who = () if window.subject is Subject.ROOM else (hit.sender,)
        epoch = epoch_of(at_ms, window.span_ms)
        name = (hit.room, window.name, *who)
        self.counters[(*name, epoch)] = self.counters.get((*name, epoch), 0) + 1
        return estimate(self.counters.get((*name, epoch - 1), 0), self.counters[(*name, epoch)], at_ms, window.span_ms)


async def test_a_line_counts_itself_in_every_window(make: MakeGauge) -> None:
    assert await make().count([hit(0)], "t") == [Usage((1, 1, 1))]


async def test_answers_are_as_of_each_lines_own_place(make: MakeGauge) -> None:
    usages = await make().count([hit(0), hit(1, "bob"), hit(2), hit(3)], "t")
    assert [usage.counts for usage in usages] == [(1, 1, 1), (1, 1, 2), (2, 2, 3), (3, 3, 4)]


async def test_nobody_is_counted_in_the_room_only(make: MakeGauge) -> None:
    usages = await make().count([hit(0, None), hit(1, None), hit(2, "ann")], "t")
    assert [usage.counts for usage in usages] == [(0, 0, 1), (0, 0, 2), (1, 1, 3)]


async def test_rooms_do_not_mix(make: MakeGauge) -> None:
    usages = await make().count([hit(0), hit(1, room="irc:#other"), hit(2, room="irc:{#talk}")], "t")
    assert [usage.counts for usage in usages] == [(1, 1, 1)] * 3


async def test_braces_in_room_names_do_not_mix_rooms(make: MakeGauge) -> None:
    names = ["irc:a}b", "irc:a{b", "irc:a%7Db", "irc:a%b", "irc:", "irc:a", "", "{}"]
    usages = await make().count([hit(i, room=name) for i, name in enumerate(names)], "t")
    assert {usage.counts for usage in usages} == {(1, 1, 1)}


async def test_the_window_slides(make: MakeGauge) -> None:
    """8 lines before 12:00:10, the 3rd since at 12:00:14: 8 x 6/10 + 3, as the docstring of `window` tells it."""
    early = [hit(5000 + i) for i in range(8)]
    late = [hit(13_998), hit(13_999), hit(14_000)]
    usages = await make().count(early + late, "t")
    assert usages[-1].count(SENDER_BURST) == 8 * 6000 // 10_000 + 3
    assert usages[-1].count(ROOM_TEMPO) == 7
    assert usages[-1].count(SENDER_SUSTAINED) == 11


async def test_silence_of_two_spans_forgets(make: MakeGauge) -> None:
    gauge = make()
    await gauge.count([hit(i) for i in range(5)], "a")
    [usage] = await gauge.count([hit(120_000)], "b")
    assert usage.counts == (1, 1, 1)


@pytest.mark.fault("F25")
async def test_time_stepping_back_is_clamped_to_the_rooms_latest(make: MakeGauge) -> None:
    gauge = make()
    await gauge.count([hit(3_600_000)], "a")
    usages = await gauge.count([hit(0), hit(-1_000_000_000_000), Hit("irc:#talk", "ann", -5)], "b")
    assert [usage.counts for usage in usages] == [(2, 2, 2), (3, 3, 3), (4, 4, 4)]
    [elsewhere] = await gauge.count([hit(0, room="irc:#other")], "c")
    assert elsewhere.counts == (1, 1, 1)


@pytest.mark.fault("F25")
async def test_instants_before_1970_count_as_its_beginning(make: MakeGauge) -> None:
    usages = await make().count([Hit("r", "a", -1), Hit("r", "a", 0), Hit("r", "a", 5)], "t")
    assert [usage.counts for usage in usages] == [(1, 1, 1), (2, 2, 2), (3, 3, 3)]


@pytest.mark.fault("F25")
async def test_a_clock_an_hour_ahead_begins_anew_and_does_not_raise(make: MakeGauge) -> None:
    usages = await make().count([hit(0), hit(1), hit(3_600_000), hit(3_600_001)], "t")
    assert [usage.counts for usage in usages] == [(1, 1, 1), (2, 2, 2), (1, 1, 1), (2, 2, 2)]


async def test_a_repeated_batch_is_not_counted_twice(make: MakeGauge) -> None:
    gauge = make()
    batch = [hit(0), hit(1)]
    first = await gauge.count(batch, "same")
    assert await gauge.count(batch, "same") == first
    [third] = await gauge.count([hit(2)], "new")
    assert third.counts == (3, 3, 3)


async def test_what_a_caller_does_with_an_answer_does_not_change_the_repeat(make: MakeGauge) -> None:
    gauge = make()
    (await gauge.count([hit(0)], "same")).clear()
    assert await gauge.count([hit(0)], "same") == [Usage((1, 1, 1))]


async def test_an_empty_batch_answers_nothing(make: MakeGauge) -> None:
    assert await make().count([], "t") == []


async def test_odd_names_are_counted_apart(make: MakeGauge) -> None:
    odd = ["", "\x00", "\ud800", "a" * 10_000, "水樹", "*", "-" * 65, "n\r\n", "%7B"]
    batch = [hit(i, sender) for i, sender in enumerate(odd * 3)]
    usages = await make().count(batch, "tok\ud800en")
    assert [usage.count(SENDER_BURST) for usage in usages] == [1] * 9 + [2] * 9 + [3] * 9
    assert usages[-1].counts == (3, 3, 27)


async def test_a_large_batch_is_answered_whole(make: MakeGauge) -> None:
    model, chance = Model(), random.Random(5)
    batch = [hit(i * 3, f"u{chance.randrange(6000)}") for i in range(9000)]
    gauge = make_with_patience(make)
    assert await gauge.count(batch, "t") == [model.count(one) for one in batch]


def make_with_patience(make: MakeGauge) -> Gauge:
    """For work far beyond a live batch: the deadline is not what is tested."""
    gauge = make()
    if hasattr(gauge, "_deadline_s"):
        gauge._deadline_s = 20.0
    return gauge


async def test_after_close_nothing_is_left_open(make: MakeGauge) -> None:
    gauge = make()
    await gauge.count([hit(0)], "t")
    await gauge.close()
    await gauge.close()
    assert not gauge.degraded


hits = st.builds(
    Hit,
    room=st.sampled_from(["irc:#a", "irc:#b", "bilibili:7"]),
    sender=st.sampled_from([None, "ann", "bob", "水"]),
    at_ms=st.integers(0, 200_000) | st.integers(0, 10**13),
)
streams = st.lists(hits, max_size=40)
steady = st.lists(st.tuples(hits, st.integers(0, 9_000)), max_size=60).map(
    lambda steps: [
        one._replace(at_ms=START_MS + at)
        for (one, _), at in zip(steps, itertools.accumulate(step for _, step in steps), strict=True)
    ]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stream=streams | steady, cuts=st.lists(st.integers(1, 12), min_size=1))
async def test_any_stream_in_any_cuts_gets_the_models_answers(
    make: MakeGauge, stream: list[Hit], cuts: list[int]
) -> None:
    """Both gauges agree with the model, hence with each other; each example has rooms of its own."""
    gauge, model, serial = make_with_patience(make), Model(), next(SERIAL)
    stream = [one._replace(room=f"{one.room}/{serial}") for one in stream]
    answers: list[Usage] = []
    for number, size in enumerate(itertools.cycle(cuts)):
        if len(answers) == len(stream):
            break
        part = stream[len(answers) : len(answers) + size]
        answers += await gauge.count(part, f"{serial}-{number}")
    await gauge.close()
    assert answers == [model.count(one) for one in stream]
    assert not gauge.degraded


@pytest.mark.needs("redis")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stream=streams | steady, turns=st.lists(st.tuples(st.integers(0, 1), st.integers(1, 8)), min_size=1))
async def test_two_processes_on_one_redis_get_the_answers_of_one(
    redis: RedisServer, stream: list[Hit], turns: list[tuple[int, int]]
) -> None:
    """Each counts what the other does not know of, in rooms both have seen, their clocks apart."""
    gauges = [make_with_patience(lambda: make_gauge(redis.url, key=b"secret", clock=time.time)) for _ in range(2)]
    model, serial = Model(), next(SERIAL)
    stream = [one._replace(room=f"{one.room}/two/{serial}") for one in stream]
    answers: list[Usage] = []
    for number, (who, size) in enumerate(itertools.cycle(turns)):
        if len(answers) == len(stream):
            break
        part = stream[len(answers) : len(answers) + size]
        answers += await gauges[who].count(part, f"two-{serial}-{number}")
    for gauge in gauges:
        await gauge.close()
    assert answers == [model.count(one) for one in stream]


def test_an_url_that_cannot_be_is_refused_in_one_sentence() -> None:
    for url in ["", "memory", "http://x", "redis+cluster://a:1", "redis://h:port/0", "redis://h:1/0?nonsense=1"]:
        with pytest.raises(ValueError, match=r"counters url|cluster") as refusal:
            make_gauge(url, key=b"k", clock=time.time)
        assert "\n" not in str(refusal.value)


def test_a_cluster_url_names_the_cure() -> None:
    with pytest.raises(ValueError, match="redis://host:6379/0, or use memory://"):
        make_gauge("redis+cluster://a:1", key=b"k", clock=time.time)


def test_a_refused_url_does_not_repeat_its_password() -> None:
    with pytest.raises(ValueError, match="counters url 'rediss") as refusal:
        make_gauge("rediss+x://user:hunter2@h:1/0", key=b"k", clock=time.time)
    assert "hunter2" not in str(refusal.value)
