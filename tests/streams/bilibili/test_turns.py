"""One at a time, the urgent first, and no turn is lost with who was cancelled."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from streams.bilibili.turns import Rank, Turns


@given(
    ranks=st.lists(st.sampled_from(Rank), max_size=8),
    cancelled=st.sets(st.integers(0, 7)),
    late=st.booleans(),
)
def test_everybody_gets_a_turn_in_order_of_rank(ranks: list[Rank], cancelled: set[int], late: bool) -> None:
    """``late``: the cancellations come in the moment the turn is passed on."""
    served: list[tuple[Rank, int]] = []

    async def one(turns: Turns, rank: Rank, number: int) -> None:
        async with turns.turn(rank):
            served.append((rank, number))

    async def scene() -> None:
        turns = Turns()
        async with turns.turn(Rank.READING):
            tasks = [asyncio.create_task(one(turns, rank, number)) for number, rank in enumerate(ranks)]
            await asyncio.sleep(0)
            if not late:
                for number in cancelled & set(range(len(tasks))):
                    tasks[number].cancel()
        if late:
            for number in cancelled & set(range(len(tasks))):
                tasks[number].cancel()
        await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 5)
        async with asyncio.timeout(5), turns.turn(Rank.CHATTER):
            pass

    asyncio.run(scene())
    assert served == sorted((rank, number) for number, rank in enumerate(ranks) if number not in cancelled)
