"""What danmod says on Twitch: never faster than Twitch takes it, to no more people than it allows."""

from __future__ import annotations

from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from streams.platform import OutcomeStatus
from streams.twitch.errors import Blocked, LoggedOut, Refused, Unclear
from streams.twitch.helix import Helix, Sent
from streams.twitch.modes import SHIELD, settings_of, words_of
from streams.twitch.speaking import LINES_AS_MODERATOR, LINES_AS_VIEWER, WHISPERS_A_DAY, WINDOW_S, Voice


class FakeHelix:
    """Takes every line, and notes when."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.at_s: list[float] = []
        self.answer: Sent | Exception = Sent("1", True, "", "")

    async def send(self, room_id: str, text: str, reply_to: str | None) -> Sent:
        return self._answer()

    async def whisper(self, to_id: str, text: str) -> None:
        self._answer()

    def _answer(self) -> Sent:
        self.at_s.append(self.now_s)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    async def sleep(self, seconds: float) -> None:
        self.now_s += seconds


def voice() -> tuple[Voice, FakeHelix]:
    helix = FakeHelix()
    return Voice(cast(Helix, cast(Any, helix)), clock=lambda: helix.now_s, sleep=helix.sleep), helix


def most_within(at_s: list[float], span_s: float) -> int:
    return max(sum(0 <= other - one < span_s for other in at_s) for one in at_s)


async def test_no_more_lines_than_twitch_takes_leave_within_thirty_seconds() -> None:
    for moderates, most in ((False, LINES_AS_VIEWER), (True, LINES_AS_MODERATOR)):
        speaker, helix = voice()
        for number in range(3 * most):
            await speaker.say("9001", f"line {number}", None, moderates=moderates)
        assert len(helix.at_s) == 3 * most
        assert most_within(helix.at_s, WINDOW_S) == most


async def test_losing_the_rank_slows_down_at_once() -> None:
    speaker, helix = voice()
    for number in range(60):
        await speaker.say("9001", f"line {number}", None, moderates=True)
    await speaker.say("9001", "as a viewer", None, moderates=False)
    assert helix.at_s[-1] >= WINDOW_S


async def test_whispers_reach_forty_people_a_day_and_known_ones_any_time() -> None:
    speaker, helix = voice()
    for number in range(WHISPERS_A_DAY):
        assert (await speaker.whisper(str(number), "hello")).status is OutcomeStatus.UNCONFIRMED
    assert most_within(helix.at_s, 1.0) <= 3
    assert most_within(helix.at_s, 60.0) <= 100
    assert (await speaker.whisper("one more", "hello")).status is OutcomeStatus.REFUSED
    assert (await speaker.whisper("0", "hello")).status is OutcomeStatus.UNCONFIRMED
    helix.now_s += 86_400
    assert (await speaker.whisper("one more", "hello")).status is OutcomeStatus.UNCONFIRMED


async def test_what_went_wrong_with_a_whisper_is_told() -> None:
    speaker, helix = voice()
    for error, status in (
        (Unclear("lost"), OutcomeStatus.UNCONFIRMED),
        (Blocked("too many"), OutcomeStatus.RETRY),
        (LoggedOut("over"), OutcomeStatus.RETRY),
        (Refused(404, "not found"), OutcomeStatus.REFUSED),
    ):
        helix.answer = error
        assert (await speaker.whisper("7", "hello")).status is status


MODES = st.fixed_dictionaries(
    {"subscriber_mode": st.booleans(), "emote_mode": st.booleans(), "unique_chat_mode": st.booleans()},
    optional={
        "follower": st.integers(0, 129_600),
        "slow": st.integers(3, 120),
    },
)


@given(MODES)
def test_words_and_settings_say_the_same(found: dict[str, Any]) -> None:
    follower, slow = found.pop("follower", None), found.pop("slow", None)
    settings: dict[str, Any] = {**found, "follower_mode": follower is not None, "slow_mode": slow is not None}
    if follower is not None:
        settings["follower_mode_duration"] = follower
    if slow is not None:
        settings["slow_mode_wait_time"] = slow
    assert settings_of(words_of(settings)) == settings


@given(st.text(max_size=40))
def test_words_that_mean_nothing_set_nothing(words: str) -> None:
    wish = settings_of(words)
    assert wish is None or settings_of(words_of(wish)) == wish


def test_the_shield_is_a_mode_and_everybody_is_the_empty_one() -> None:
    assert words_of({**cast(dict[str, Any], settings_of(SHIELD))}) == SHIELD
    assert words_of(settings_of("") or {}) == ""
