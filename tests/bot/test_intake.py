"""What waits before the pipeline: each id once, a bounded queue, the least valuable shed first and counted."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.intake import BATCH, IDS_KEPT, Intake
from streams.events import Event, Message, Role, RoomKey, RoomLive, Sender

ROOM, OTHER = RoomKey("irc:#talk"), RoomKey("irc:#other")
VIEWER, MODERATOR = Sender("v", "Vi"), Sender("m", "Mo", Role.MODERATOR)


def line(name: str, text: str = "hello", sender: Sender = VIEWER, room: RoomKey = ROOM) -> Message:
    return Message(room, name, sender, text, 0.0)


class World:
    """An intake, a clock moved by hand, and what was shed."""

    def __init__(self, capacity: int = 10) -> None:
        self.now_s = 100.0
        self.shed: Counter[str] = Counter()
        self.intake = Intake(lambda: self.now_s, lambda reason: self.shed.update([reason]), capacity)

    async def taken(self) -> list[Event]:
        """Everything that waits, in order."""
        self.intake.close()
        events: list[Event] = []
        while (batch := await self.intake.take()) is not None:
            events += [arrived.event for arrived in batch]
        return events


@pytest.mark.fault("X14")
async def test_a_message_id_comes_once_a_room() -> None:
    world = World()
    world.intake.put([line("a"), line("b"), line("a"), line("a", room=OTHER)])
    world.intake.put([line("b"), line("c")])
    assert [event.id for event in await world.taken() if isinstance(event, Message)] == ["a", "b", "a", "c"]
    assert world.shed == {"repeated": 2}


async def test_the_memory_of_ids_is_bounded_and_can_be_dropped() -> None:
    world = World(capacity=10 * IDS_KEPT)
    world.intake.put([line(str(number)) for number in range(IDS_KEPT + 1)])
    world.intake.put([line("0"), line(str(IDS_KEPT))])
    assert world.shed == {"repeated": 1}, "the oldest was forgotten, the latest was not"
    world.intake.forget(ROOM)
    world.intake.put([line(str(IDS_KEPT))])
    assert world.shed == {"repeated": 1}


@pytest.mark.fault("F31")
async def test_plain_lines_are_shed_first_then_staff_commands_and_events() -> None:
    world = World(capacity=3)
    world.intake.put([line(f"plain{number}") for number in range(5)])
    assert world.shed == {"overload": 2}
    precious: list[Event] = [
        line("staff", sender=MODERATOR),
        line("command", "!report @Vi"),
        RoomLive(ROOM, 0.0),
        line("one too many", "!why"),
    ]
    world.intake.put(precious)
    assert world.shed == {"overload": 3}
    assert (await world.taken())[3:] == precious[:3]


@given(st.lists(st.tuples(st.integers(0, 40), st.booleans(), st.booleans())), st.integers(1, 20))
def test_the_queue_never_holds_more_than_twice_its_capacity(puts: list[tuple[int, bool, bool]], capacity: int) -> None:
    async def play() -> None:
        world = World(capacity)
        for name, staff, command in puts:
            text, sender = "!why" if command else "hello", MODERATOR if staff else VIEWER
            world.intake.put([line(str(name), text, sender)])
            assert len(world.intake) <= 2 * capacity
        kept = len(world.intake)
        assert kept + sum(world.shed.values()) == len(puts), "what is not kept is counted"
        assert len(await world.taken()) == kept

    asyncio.run(play())


async def test_the_order_is_kept_and_every_event_has_its_arrival() -> None:
    world = World()
    world.intake.put([line("a")])
    world.now_s = 101.0
    world.intake.put([line("b")])
    world.intake.close()
    batch = await world.intake.take()
    assert batch is not None
    assert [(arrived.at_s, arrived.event) for arrived in batch] == [(100.0, line("a")), (101.0, line("b"))]


async def test_a_batch_is_bounded() -> None:
    world = World(capacity=2 * BATCH)
    world.intake.put([line(str(number)) for number in range(BATCH + 3)])
    first, second = await world.intake.take(), await world.intake.take()
    assert first is not None
    assert second is not None
    assert (len(first), len(second)) == (BATCH, 3)


async def test_who_waits_is_woken_by_the_first_event() -> None:
    world = World()
    waiting = asyncio.create_task(world.intake.take())
    await asyncio.sleep(0)
    assert not waiting.done()
    world.intake.put([line("a")])
    batch = await waiting
    assert batch is not None
    assert len(batch) == 1


async def test_after_the_end_nothing_is_taken_in_and_what_waits_is_handed_out() -> None:
    world = World()
    world.intake.put([line("a")])
    world.intake.close()
    world.intake.put([line("b")])
    assert await world.taken() == [line("a")]
    assert await world.intake.take() is None


async def test_closing_wakes_who_waits() -> None:
    world = World()
    waiting = asyncio.create_task(world.intake.take())
    await asyncio.sleep(0)
    world.intake.close()
    assert await waiting is None
