"""Wave or chorus: who takes part, what the text is, how it is spelled and how it began; what each leaves in peace."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.checks import Weight
from cases.sentence import Measure
from streams.events import Role, Sender
from tests.cases.room import Room, remark, viewer

MASKED = Sender(None, "***")
ADVERT = "加微信 abc888 领取福利{}"
SLOGAN = "everybody leave this boring stream"
NONSENSE = "请把企鹅放回冰箱第二层"


def settled(people: int = 12, lines: int = 6) -> Room:
    """A room in which people have talked for a while."""
    room = Room()
    room.settle(people, lines, gap_s=3.0)
    return room


def kept_off(room: Room, said: list[tuple[str, str]], gap_s: float = 0.7) -> list[int]:
    """These lines come one after the other; the places, from 0, of those that were kept off, at once or later."""
    first = room.memory.lines[-1].number + 1 if room.memory.lines else 1
    hit: set[int] = set()
    for who, text in said:
        hit |= {decision.line.number - first for decision in room.say(who, text) if decision.checks != ("contact",)}
        room.wait(gap_s)
    return sorted(hit)


def bots(text: str, count: int = 30) -> list[tuple[str, str]]:
    """A text by so many accounts that were never here."""
    return [(f"Bot{number}", text) for number in range(count)]


def anew(text: str, number: int) -> str:
    """A text with something invisible after every third letter, from another one on each time."""
    return "".join(f"{one}\u200b" if (place + number) % 3 == 0 else one for place, one in enumerate(text))


def is_muted(room: Room, name: str) -> bool:
    return room.memory.is_muted(name.lower(), room.now_s)


class TestPushes:
    @pytest.mark.norm("N2.2-3a", "behaviour")
    @pytest.mark.parametrize("text", [SLOGAN, NONSENSE, ADVERT.format(""), "free skins at skinz.example today"])
    def test_fresh_accounts_with_one_text_are_kept_off_from_the_first_lines(self, text: str) -> None:
        assert kept_off(settled(), bots(text))[:1] == [0]
        assert len(kept_off(settled(), bots(text))) == 30

    @pytest.mark.parametrize("gap_s", [0.0, 0.2, 3.0, 20.0])
    def test_at_any_speed(self, gap_s: float) -> None:
        assert set(range(5, 30)) <= set(kept_off(settled(), bots(NONSENSE), gap_s))

    def test_the_accounts_of_a_slow_drip_are_found_though_people_talk_between_them(self) -> None:
        room = settled()
        shown = 0
        for number in range(30):
            shown += not room.say(f"Drip{number}", SLOGAN)
            for turn in range(10):
                room.say(f"Regular{turn}", remark(100 + 10 * number + turn))
                room.wait(2.0)
        assert shown <= 6

    def test_accounts_warmed_up_before_are_found(self) -> None:
        room = settled()
        for number in range(20):
            for turn in range(1 + number % 3):
                room.say(f"Warm{number}", remark(number * 7 + turn + 300))
                room.say(f"Regular{number % 12}", remark(number * 5 + turn + 500))
                room.wait(1.5)
        room.wait(120)
        hit = kept_off(room, [(f"Warm{number}", SLOGAN) for number in range(20)])
        assert set(range(6, 20)) <= set(hit)

    def test_spelled_anew_by_each(self) -> None:
        hit = kept_off(settled(), [(f"Bot{number}", anew(SLOGAN, number)) for number in range(12)])
        assert len(hit) >= 11

    def test_with_a_contact_its_senders_are_muted(self) -> None:
        room = settled()
        kept_off(room, bots(ADVERT.format(""), 8))
        assert all(is_muted(room, f"Bot{number}") for number in range(8))

    def test_where_the_platform_tells_the_age_of_accounts_it_counts(self) -> None:
        for age_s, found in ((86_400.0, True), (900 * 86_400.0, False)):
            room = settled()
            for number in range(2):
                who = Sender(f"bot{number}", f"Bot{number}", created_s=room.now_s - age_s)
                decisions = room.say(who, NONSENSE)
            assert bool(decisions) == found

    @pytest.mark.parametrize(("gap_s", "muted"), [(0.5, True), (3.0, False)])
    def test_where_nobody_is_known_a_link_is_proof_only_when_many_push_it_at_once(
        self, gap_s: float, muted: bool
    ) -> None:
        room = Room()
        for number in range(40):
            room.say(f"New{number}", remark(number))
        for who, text in bots("watch it on www.club.example now", 12):
            room.say(who, text)
            room.wait(gap_s)
        assert all(is_muted(room, f"Bot{number}") is muted for number in range(12))

    def test_without_proof_in_the_text_nobody_is(self) -> None:
        for text in (SLOGAN, NONSENSE):
            room = settled()
            kept_off(room, bots(text))
            assert not any(is_muted(room, f"Bot{number}") for number in range(30))

    def test_the_words_say_what_was_seen(self) -> None:
        room = settled()
        found = [decision for who, text in bots(ADVERT.format(""), 6) for decision in room.say(who, text)]
        words = next(one for one in found if "wave" in one.checks).facts[0]
        assert words.startswith("one text by 4 accounts; within ")
        assert "4 of them had said nothing else here" in words
        assert "it names a contact or link" in words


class TestChoruses:
    @pytest.mark.norm("N2.2-3a", "behaviour")
    @pytest.mark.parametrize("text", ["what a beautiful final boss fight", "thanks to www.sponsor.example", ADVERT])
    def test_of_people_known_here_of_any_text(self, text: str) -> None:
        room = settled(people=40)
        assert kept_off(room, [(f"Regular{number}", text) for number in range(40)], 0.2) == []

    @pytest.mark.norm("N2.2-3a", "behaviour")
    @pytest.mark.parametrize(
        "text",
        ["666666", "加油加油加油", "gg", "GOOOOAL", "来了来了", "23333333", "好耶！！！", "wwwww", "主播加油", "草"],
    )
    def test_a_crowd_of_strangers_that_cheers(self, text: str) -> None:
        """A goal falls and five hundred people who never wrote before cheer."""
        assert kept_off(Room(), [(f"New{number}", text) for number in range(500)], 0.02) == []
        assert kept_off(settled(), [(f"New{number}", text) for number in range(100)], 0.1) == []

    @pytest.mark.parametrize(
        "text",
        ["good evening everybody", "hello everyone", "第一次来，主播好", "晚上好主播晚上好", "おはようございます"],
    )
    def test_newcomers_who_greet(self, text: str) -> None:
        assert kept_off(settled(), [(f"New{number}", text) for number in range(60)], 2.0) == []

    @pytest.mark.parametrize(
        "text", ["hi from Momo raid!", "来自橘子的朋友们好", "raid from nightowl <3", "我们是小鹿直播间过来的"]
    )
    def test_a_friendly_raid(self, text: str) -> None:
        room = settled()
        assert kept_off(room, bots(text, 50), 0.3) == []

    def test_a_raid_that_brings_a_link_is_kept_off_at_most(self) -> None:
        room = settled()
        kept_off(room, bots("hi from www.momo.example raid!", 30), 0.3)
        assert not any(is_muted(room, f"Bot{number}") for number in range(30))

    @pytest.mark.parametrize("text", ["!vote a", "!join", "1", "A", "选1", "option a", "!beards Chad Trollson"])
    def test_votes(self, text: str) -> None:
        assert kept_off(settled(), [(f"New{number}", text) for number in range(200)], 0.1) == []

    def test_what_staff_asked_for_before(self) -> None:
        """The keyword of a giveaway, told by the streamer; not what a moderator quotes once the wave is there."""
        said = [(f"New{number}", "I want the blue one") for number in range(60)]
        room = settled()
        assert kept_off(room, said) != []
        room = settled()
        room.say(viewer("Star", Role.OWNER), 'type "I want the blue one" to take part!')
        assert kept_off(room, said) == []
        room = settled()
        kept_off(room, said[:2])
        room.say(viewer("Mona", Role.MODERATOR), "who are all these: I want the blue one?")
        assert kept_off(room, said[2:]) != []

    def test_what_is_asked_for_may_not_carry_disguise(self) -> None:
        room = settled()
        room.say(viewer("Star", Role.OWNER), SLOGAN)
        disguised = SLOGAN.replace("e", "\u0435").replace("a", "\u0430")
        assert len(kept_off(room, bots(disguised, 12))) >= 10

    def test_many_say_what_they_see_in_the_words_of_the_evening(self) -> None:
        """Newcomers among them, each typing it in their own way."""
        room = settled()
        for number in range(12):
            room.say(f"Regular{number}", "the old bridge again, poor cat")
            room.wait(8)
        ways = (
            "the cat on the bridge",
            "The cat on the bridge!!",
            "the cat on the bridge lol",
            "THE CAT ON THE BRIDGE",
        )
        said = [(f"New{number}" if number % 2 else f"Regular{number % 12}", ways[number % 4]) for number in range(24)]
        assert kept_off(room, said, 0.8) == []

    def test_staff_bots_and_copies_from_other_rooms_count_for_nothing(self) -> None:
        room = settled()
        for number in range(20):
            assert room.say(viewer(f"Mod{number}", Role.MODERATOR), SLOGAN) == []
            assert room.say(f"Far{number}", NONSENSE, mirrored=True) == []
            assert room.say(MASKED, SLOGAN) == []

    def test_one_alone_is_no_wave(self) -> None:
        room = settled()
        assert all("wave" not in decision.checks for _ in range(20) for decision in room.say("Ann", SLOGAN))


@given(st.integers(1, 12), st.integers(0, 12), st.sampled_from([ADVERT.format(""), SLOGAN, "gg", "hello there"]))
def test_nobody_known_here_is_ever_hit(new: int, known: int, text: str) -> None:
    room = settled(lines=5)
    for person in [f"Bot{n}" for n in range(new)] + [f"Regular{n}" for n in range(known)]:
        found = [one for one in room.say(person, text) if "wave" in one.checks]
        assert {one.line.message.sender.name[:3] for one in found} <= {"Bot"}


@given(st.text(min_size=1, max_size=60), st.integers(3, 20))
def test_a_chorus_by_people_known_here_is_never_muted(text: str, singers: int) -> None:
    room = settled(people=singers, lines=5)
    for _ in range(2):
        for number in range(singers):
            for decision in room.say(f"Regular{number}", text):
                assert decision.sentence.measures == {Measure.HIDE}


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 400)), max_size=40), st.integers(6, 25))
def test_a_lone_flooder_is_never_worse_off_for_what_others_say(others: list[tuple[int, int]], copies: int) -> None:
    def hits(chatter: list[tuple[int, int]]) -> int:
        room, waiting, hit = Room(), list(chatter), 0
        for _ in range(copies):
            hit += len(room.say("Ann", "please play my song now"))
            for _ in range(2):
                if waiting:
                    who, what = waiting.pop()
                    room.say(f"Guest{who}", remark(what))
            room.wait(1.0)
        return hit

    assert hits(others) <= hits([])


def test_what_is_held_without_certainty_stays_the_evenings_own() -> None:
    room = settled()
    assert all(
        decision.sentence.measures == {Measure.HIDE} for who, text in bots(SLOGAN) for decision in room.say(who, text)
    )
    assert Weight.HOLD < Weight.MILD
