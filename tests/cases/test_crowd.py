"""Who says one text, held against who writes here; a room's words; what people say out of courtesy."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.courtesy import is_courtesy
from cases.crowd import FEW, Known, Mix, known, leaning
from cases.room_memory import Line
from cases.vocabulary import WORDS, Vocabulary
from ratelimit.fold import fold
from streams.events import Message, RoomKey, Sender

ROOM = RoomKey("irc:#talk")


def line(earlier: int) -> Line:
    return Line(Message(ROOM, "m", Sender("ann", "Ann"), "hi", 0.0), "hi", 0.0, 1, earlier=earlier)


def mix(*earlier: int) -> Mix:
    """A room with two hundred lines, by people who had said so many in turn."""
    found = Mix()
    for number in range(200):
        found.note(line(earlier[number % len(earlier)]))
    return found


class TestPeople:
    def test_somebody_is_fresh_little_or_well_known(self) -> None:
        assert [known(line(earlier)) for earlier in (0, 1, FEW - 1, FEW, 500)] == [
            Known.FRESH, Known.LITTLE, Known.LITTLE, Known.WELL, Known.WELL,
        ]  # fmt: skip

    def test_strangers_speak_for_a_push_where_people_know_each_other(self) -> None:
        settled, begun = mix(30, 50, 70, 20, 0), mix(0, 0, 0, 1)
        strangers = [Known.FRESH] * 6
        assert leaning(strangers, settled).total > 4.0
        assert leaning(strangers, begun).total < leaning(strangers, settled).total / 2

    def test_warmed_up_accounts_do_too(self) -> None:
        assert leaning([Known.LITTLE] * 6, mix(30, 50, 70, 2, 0)).pushes(Known.LITTLE)

    def test_people_known_here_speak_against_it(self) -> None:
        settled = mix(30, 50, 70, 20, 0)
        assert leaning([Known.FRESH] * 3 + [Known.WELL] * 3, settled).total < leaning([Known.FRESH] * 3, settled).total
        assert leaning([Known.WELL] * 6, settled).total < 0.0

    @given(st.lists(st.sampled_from(Known), max_size=60), st.lists(st.integers(0, 40), min_size=1, max_size=10))
    def test_those_known_well_are_never_pushers(self, people: list[Known], room: list[int]) -> None:
        assert not leaning(people, mix(*room)).pushes(Known.WELL)


class TestVocabulary:
    def test_words_that_were_said_are_known_others_not(self) -> None:
        words = Vocabulary()
        assert words.share("the bridge again") == 0.0
        words.learn("the bridge is out")
        words.learn("今天的桥又断了")
        assert words.share("the bridge") == 1.0
        assert words.share("the potato") == 0.5
        assert words.share("桥又断了") == 1.0
        assert words.share("土豆开会") == 0.0

    def test_nothing_is_no_surprise(self) -> None:
        assert Vocabulary().share("") == 1.0

    def test_old_words_are_forgotten_in_the_end(self) -> None:
        words = Vocabulary()
        words.learn("quokka")
        for number in range(2 * WORDS + 1_000):
            words.learn(f"word{number}")
        assert words.share(f"word{2 * WORDS + 999}") == 1.0
        assert sum(words.share(f"word{number}") for number in range(3_000)) < 3_000 / 20

    @given(st.lists(st.text(max_size=60), max_size=20), st.text(max_size=60))
    def test_any_text_is_taken(self, said: list[str], asked: str) -> None:
        words = Vocabulary()
        for text in said:
            words.learn(text)
            assert words.share(text) == 1.0
        assert 0.0 <= words.share(asked) <= 1.0


class TestCourtesy:
    @pytest.mark.parametrize(
        "text",
        ["Hello everyone!!", "晚上好主播", "第一次来，大家好", "gg wp", "happy birthday", "生日快乐🎂", "おはようございます",
         "hi from Momo raid", "来自橘子的朋友们好", "raid from nightowl <3", "小鹿家的观众前来报到",
         "let's gooo", "guten Abend"],
    )  # fmt: skip
    def test_greetings_cheers_wishes_and_raids(self, text: str) -> None:
        assert is_courtesy(fold(text))

    @pytest.mark.parametrize(
        "text",
        ["worst streamer on this site", "主播滚出去，这里不欢迎你", "大家都取关吧，别看了", "free skins today only",
         "hello add me on wechat for cheap viewers", "", "???", "the toaster speaks"],
    )  # fmt: skip
    def test_other_things_are_none(self, text: str) -> None:
        assert not is_courtesy(fold(text))

    @given(st.text(max_size=200))
    def test_any_text_is_taken(self, text: str) -> None:
        assert is_courtesy(fold(text)) in (True, False)
