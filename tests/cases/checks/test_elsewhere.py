"""One text by strangers in several rooms: later rooms know it at its first lines. A chorus of the whole world is none."""

from __future__ import annotations

import pytest

from cases.room_memory import RoomMemory
from ratelimit.echoes import Echoes
from streams.events import RoomKey
from tests.cases.room import Room, remark

SLOGAN = "everybody leave this boring stream"
NONSENSE = "请把企鹅放回冰箱第二层"
CHEER = "冲冲冲决赛加油啊兄弟们"


def house(count: int = 4, people: int = 12) -> list[Room]:
    """Rooms of one installation, in each of which people have talked for a while."""
    echoes = Echoes(b"secret")
    return [room_of(echoes, number, people) for number in range(count)]


def room_of(echoes: Echoes | None, number: int, people: int = 12) -> Room:
    room = Room(RoomMemory(RoomKey(f"irc:#talk{number}")), echoes=echoes)
    room.settle(people, 6, gap_s=3.0)
    return room


def shown_in_each(rooms: list[Room], text: str, strangers: int = 3, gap_s: float = 5.0) -> list[int]:
    """Room after room hears the text from so many strangers; how many of their lines were shown in each."""
    shown = []
    for room in rooms:
        hit: set[int] = set()
        for number in range(strangers):
            hit |= {decision.line.number for decision in room.say(f"Bot{number}", text)}
            for other in rooms:
                other.wait(gap_s)
        shown.append(strangers - len(hit))
    return shown


@pytest.mark.parametrize("text", [SLOGAN, NONSENSE])
def test_a_wave_from_room_to_room_is_kept_off_from_its_first_line_in_the_later_ones(text: str) -> None:
    assert shown_in_each(house(), text)[2:] == [0, 0]


def test_the_second_room_keeps_it_off_at_its_second_line() -> None:
    rooms = house(2)
    shown_in_each(rooms[:1], SLOGAN)
    seen = rooms[1].see("Bot1", SLOGAN)
    assert not rooms[1].judge(seen)
    assert rooms[1].hold_s(seen) == rooms[1].policy.hold_unsure.total_seconds(), "the overlay waits for the next"
    assert {decision.line.number for decision in rooms[1].say("Bot2", SLOGAN)} >= {seen.line.number}


def test_nobody_is_muted_for_what_others_say_elsewhere() -> None:
    rooms = house()
    shown_in_each(rooms, f"加微信 abc888 领取福利 {SLOGAN}")
    assert not any(rooms[3].memory.is_muted(f"bot{number}", rooms[3].now_s) for number in range(3))


def test_the_words_say_in_how_many_rooms() -> None:
    rooms = house()
    shown_in_each(rooms[:3], SLOGAN)
    (decision,) = rooms[3].say("Bot0", SLOGAN)
    assert decision.facts[0].startswith("the same by strangers in 3 other rooms within ten minutes; ")


@pytest.mark.parametrize(
    "text", ["哈哈哈哈哈哈哈哈哈哈", "GG", "新年快乐新年快乐大家", "!vote for the second one", "草草草草草草草草草"]
)
def test_what_any_crowd_says_is_no_evidence(text: str) -> None:
    assert shown_in_each(house(), text) == [3, 3, 3, 3]


def test_nor_is_what_people_known_in_their_rooms_say_too() -> None:
    """A final that every room watches."""
    rooms = house(4)
    for room in rooms[:3]:
        for number in range(4):
            room.say(f"Regular{number}", CHEER)
        room.say("New0", CHEER)
        room.say("New1", CHEER)
        for other in rooms:
            other.wait(2.0)
    assert not rooms[3].say("New0", CHEER)


def test_nor_is_what_one_newcomer_in_each_room_asks() -> None:
    assert shown_in_each(house(6), "how long has this stream been on", strangers=1) == [1] * 6


def test_rooms_that_know_nobody_tell_each_other_nothing() -> None:
    """After a start everybody is a stranger everywhere."""
    echoes = Echoes(b"secret")
    with_echoes = [Room(RoomMemory(RoomKey(f"irc:#new{number}")), echoes=echoes) for number in range(4)]
    alone = [Room(RoomMemory(RoomKey(f"irc:#new{number}"))) for number in range(4)]
    for rooms in (with_echoes, alone):
        for number in range(40):
            for room in rooms:
                room.say(f"Guest{number}", remark(number))
    assert shown_in_each(with_echoes, CHEER) == shown_in_each(alone, CHEER)


def test_after_ten_minutes_it_is_forgotten() -> None:
    rooms = house()
    shown_in_each(rooms[:3], SLOGAN)
    rooms[3].wait(700)
    assert not rooms[3].say("Bot0", SLOGAN)


def test_with_one_room_nothing_changes() -> None:
    echoing, alone = room_of(Echoes(b"secret"), 1), room_of(None, 1)
    for room in (echoing, alone):
        room.told = [  # type: ignore[attr-defined]
            [(one.line.number, one.facts) for one in room.say(f"Bot{number}", SLOGAN)] for number in range(6)
        ]
    assert echoing.told == alone.told  # type: ignore[attr-defined]
