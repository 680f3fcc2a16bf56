"""The same text in several rooms: counted, bounded, fading, and shared through Redis without a line waiting for it."""

from __future__ import annotations

import asyncio
import sys

import pytest

from ratelimit.echoes import COUNTED, Echo, Echoes, worth_asking
from ratelimit.fold import fold
from ratelimit.redis_echoes import RedisEchoes, make_echoes
from tests.servers import RedisServers

KEY = b"secret"
AD = fold("免费领皮肤 加微信 abc12345")


def test_other_rooms_and_all_senders_are_counted() -> None:
    echoes = Echoes(KEY)
    assert echoes.hear(AD, "one", "ann", 0.0) == Echo(rooms=0, senders=1)
    assert echoes.hear(AD, "one", "bob", 1.0) == Echo(rooms=0, senders=2)
    assert echoes.hear(AD, "two", "eve", 2.0) == Echo(rooms=1, senders=3)
    assert echoes.hear(AD, "one", "ann", 3.0) == Echo(rooms=1, senders=3)
    assert echoes.hear(fold("what a lovely stream"), "two", "ann", 4.0) == Echo(rooms=0, senders=1)


def test_variants_that_are_alike_are_one_text() -> None:
    echoes = Echoes(KEY)
    echoes.hear(AD, "one", "ann", 0.0)
    assert echoes.hear(fold("免-费-领-皮-肤 加薇信 xyz98765"), "two", "bob", 0.0).rooms == 1


def test_one_account_in_many_rooms_is_many_senders() -> None:
    """Accounts of different platforms share no ids, so a sender is one of a room."""
    echoes = Echoes(KEY)
    echoes.hear(AD, "one", "ann", 0.0)
    assert echoes.hear(AD, "two", "ann", 0.0) == Echo(rooms=1, senders=2)


def test_who_is_known_in_a_room_is_counted_apart() -> None:
    echoes = Echoes(KEY)
    echoes.hear(AD, "one", "ann", 0.0)
    echoes.hear(AD, "one", "bob", 0.0, known=True)
    assert echoes.hear(AD, "two", "eve", 0.0) == Echo(rooms=1, senders=3, known=1)


def test_the_counters_url_says_whether_processes_share_them() -> None:
    assert type(make_echoes("memory://", key=KEY)) is Echoes
    assert isinstance(make_echoes("redis://127.0.0.1:1/0", key=KEY), RedisEchoes)
    with pytest.raises(ValueError, match="redis"):
        make_echoes("http://127.0.0.1", key=KEY)


def test_an_echo_fades() -> None:
    echoes = Echoes(KEY)
    echoes.hear(AD, "one", "ann", 1000.0)
    assert echoes.hear(AD, "two", "bob", 1290.0).rooms == 1
    assert echoes.hear(AD, "three", "eve", 1580.0).rooms == 2, "kept alive by the second"
    assert echoes.hear(AD, "four", "joe", 2300.0).rooms == 0


def test_memory_is_bounded() -> None:
    echoes = Echoes(KEY, texts=10)
    for number in range(200):
        assert echoes.hear(AD, f"room {number}", f"sender {number}", 0.0).senders <= COUNTED
        echoes.hear(f"quite another text number {chr(97 + number % 26)} {chr(97 + number // 26)}", "one", "ann", 0.0)
    assert len(echoes._young) + len(echoes._old) <= 20


def test_nothing_kept_tells_a_text_or_a_name() -> None:
    echoes = Echoes(KEY)
    echoes.hear(AD, "some room", "some sender", 0.0)
    kept = repr((echoes._young, echoes._old))
    assert "some" not in kept
    assert AD not in kept
    assert Echoes(b"another")._hash(AD) != echoes._hash(AD)


@pytest.mark.parametrize(
    ("folded", "newcomer", "size", "worth"),
    [(AD, True, 1, True), (AD, False, 2, True), (AD, False, 1, False), ("hello", True, 9, False)],
)
def test_ordinary_lines_are_not_asked_for(folded: str, newcomer: bool, size: int, worth: bool) -> None:
    assert worth_asking(folded, newcomer=newcomer, size=size) is worth


@pytest.mark.parametrize("key", [b"", b"x" * 65])
def test_a_key_that_cannot_be_is_refused(key: bytes) -> None:
    with pytest.raises(ValueError, match="1 to 64 bytes"):
        Echoes(key)


@pytest.mark.needs("redis")
async def test_processes_learn_from_each_other(redis_server: RedisServers) -> None:
    server = redis_server()
    here, there = RedisEchoes(server.url, KEY), RedisEchoes(server.url, KEY)
    try:
        here.hear(AD, "one", "ann", 0.0)
        await here.exchange()
        assert there.hear(AD, "two", "bob", 1.0) == Echo(rooms=0, senders=1)
        await there.exchange()
        assert there.hear(AD, "two", "eve", 2.0) == Echo(rooms=1, senders=3)
    finally:
        await here.close()
        await there.close()


@pytest.mark.needs("redis")
@pytest.mark.fault("F14")
async def test_redis_away_loses_nothing_heard_here(redis_server: RedisServers) -> None:
    server = redis_server()
    here, there = RedisEchoes(server.url, KEY), RedisEchoes(server.url, KEY)
    try:
        server.stop()
        here.hear(AD, "one", "ann", 0.0)
        await here.exchange()
        assert here.hear(AD, "two", "bob", 0.0) == Echo(rooms=1, senders=2)
        server.start()
        await here.exchange()
        there.hear(AD, "three", "eve", 0.0)
        await there.exchange()
        assert there.hear(AD, "three", "eve", 0.0) == Echo(rooms=2, senders=3)
    finally:
        await here.close()
        await there.close()


@pytest.mark.needs("redis")
async def test_after_a_restart_the_text_is_known_again_from_its_next_line(redis_server: RedisServers) -> None:
    server = redis_server()
    before = make_echoes(server.url, key=KEY)
    assert isinstance(before, RedisEchoes)
    before.hear(AD, "one", "ann", 0.0)
    before.hear(AD, "one", "bob", 0.0, known=True)
    await before.exchange()
    await before.close()
    after = make_echoes(server.url, key=KEY)
    assert isinstance(after, RedisEchoes)
    try:
        assert after.hear(AD, "two", "eve", 5.0).rooms == 0
        await after.exchange()
        assert after.hear(AD, "two", "joe", 6.0) == Echo(rooms=1, senders=4, known=1)
    finally:
        await after.close()


@pytest.mark.needs("redis")
async def test_it_exchanges_by_itself_until_it_is_stopped(redis_server: RedisServers) -> None:
    server = redis_server()
    here, there = RedisEchoes(server.url, KEY), RedisEchoes(server.url, KEY)
    running = [asyncio.create_task(one.run()) for one in (here, there)]
    try:
        here.hear(AD, "one", "ann", 0.0)
        for _ in range(200):
            if there.hear(AD, "two", "bob", 0.0).rooms:
                break
            await asyncio.sleep(0.05)
        assert there.hear(AD, "two", "bob", 0.0).rooms == 1
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await here.close()
        await there.close()


def test_a_full_memory_is_small() -> None:
    """What the docstring says of the worst case."""
    echoes = Echoes(KEY, texts=64)
    for number in range(64):
        for other in range(COUNTED):
            echoes._count(number, (other << 40) + number, (other << 41) + number)
    held = sum(
        sys.getsizeof(known) + sum(map(sys.getsizeof, known)) for heard in echoes._young.values() for known in heard
    )
    assert held / 64 * 2 * 2048 <= 30 * 2**20
