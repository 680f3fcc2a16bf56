"""The configuration: every mistake named with its place and its cure, no secret repeated, the environment on top."""

from __future__ import annotations

import tomllib
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config import ConfigError, LimitsSection, Settings, check_controller, load, policy_of
from cases.checks import CheckMode
from cases.model import Mode, Profile

IRC = '[platforms.irc]\nurl = "ws://127.0.0.1:1"\n'
ROOM = '[[rooms]]\nplatform = "irc"\nroom = "#talk"\n'
ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.fault("X25")


@pytest.fixture
def write(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def fault(path: Path, text: str | bytes) -> str:
    """What is said about a file that cannot be used; always three lines at most."""
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigError) as caught:
        load(path)
    said = str(caught.value)
    assert len(said.splitlines()) <= 3, said
    assert "Traceback" not in said
    return said


def test_no_file_means_the_defaults_and_a_room_starts_in_dry_run(write: Path) -> None:
    assert load(None).profile is Profile.SOLO
    write.write_text(IRC + ROOM)
    (room,) = load(write).rooms
    assert (room.mode, room.key) == (Mode.DRY_RUN, "irc:#talk")


def test_an_empty_file_is_fine_and_has_no_rooms(write: Path) -> None:
    write.write_text("")
    assert load(write).rooms == ()


def test_a_misspelt_key_is_named_with_its_line_and_the_right_word(write: Path) -> None:
    said = fault(write, IRC + ROOM + 'moed = "enforce"\n')
    assert f"{write}:6:" in said
    assert "moed" in said
    assert "did you mean mode?" in said


def test_a_misspelt_section_is_named(write: Path) -> None:
    said = fault(write, '[storrage]\nurl = "sqlite:///x.db"\n')
    assert f"{write}:1:" in said
    assert "did you mean storage?" in said


def test_a_wrong_type_is_named_with_its_value(write: Path) -> None:
    said = fault(write, '[web]\nhost = "127.0.0.1"\nport = "eighty"\n')
    assert f"{write}:3: web.port is 'eighty'" in said
    assert "integer" in said


def test_the_line_is_that_of_the_right_section(write: Path) -> None:
    said = fault(write, '[storage]\nurl = "sqlite:///x.db"\n\n[counters]\nurl = "mongo://x"\n')
    assert f"{write}:5: counters.url" in said
    assert "memory://" in said


def test_the_line_is_that_of_the_right_room(write: Path) -> None:
    said = fault(write, IRC + ROOM + ROOM.replace("#talk", "#other") + 'mode = "enforced"\n')
    assert f"{write}:9: " in said
    assert "'enforced'" in said
    assert "dry-run" in said


def test_an_unknown_platform_is_told_which_there_are(write: Path) -> None:
    said = fault(write, '[[rooms]]\nplatform = "icq"\nroom = "1"\n')
    assert f"{write}:2:" in said
    assert "'icq'" in said
    assert "irc, bilibili, twitch, owncast, douyu, sandbox" in said


def test_a_room_listed_twice_is_named_with_its_line(write: Path) -> None:
    said = fault(write, IRC + ROOM + ROOM.replace("#talk", "#TALK"))
    assert "irc:#talk is listed twice" in said
    assert f"{write}:6:" in said
    assert "keep one" in said


def test_a_room_whose_platform_has_no_section_is_told_which(write: Path) -> None:
    said = fault(write, ROOM)
    assert "[platforms.irc]" in said


def test_windows_line_ends_a_byte_order_mark_and_tabs_are_no_mistakes(write: Path) -> None:
    text = (IRC + ROOM).replace("\n", "\r\n").replace("url = ", "url\t=\t").replace("room = ", "\troom = ")
    write.write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert load(write).rooms[0].key == "irc:#talk"


def test_a_file_that_is_not_utf8_is_told_the_byte_and_the_cure(write: Path) -> None:
    said = fault(write, '# 弹幕\nprofile = "solo"\n'.encode("gbk"))
    assert str(write) in said
    assert "byte 2" in said
    assert "save it as UTF-8" in said


@pytest.mark.parametrize("text", ["profile = solo", 'profile = "solo', "[web\nport = 1", "a = 1\na = 2", "\x00"])
def test_what_is_no_toml_is_told_the_line(write: Path, text: str) -> None:
    said = fault(write, text)
    assert str(write) in said
    assert "line" in said


def test_a_file_that_is_not_there_is_told_the_cure(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="danmod init"):
        load(tmp_path / "nothing.toml")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path)


def test_a_missing_key_is_named(write: Path) -> None:
    assert "platforms.sandbox.token is missing" in fault(write, '[platforms.sandbox]\nurl = "http://x"\n')


def test_many_mistakes_are_summed_up(write: Path) -> None:
    said = fault(write, "a = 1\nb = 2\nc = 3\nd = 4\n")
    assert "and 2 more" in said


SECRET = "hunter2-very-secret"


@pytest.mark.parametrize(
    "text",
    [
        f'[platforms.irc]\nurl = "ws://x"\npasword = "{SECRET}"\n',
        f'[platforms.irc]\nurl = "ws://x"\npassword = ["{SECRET}"]\n',
        f'[platforms.bilibili]\ncookie = {{ a = "{SECRET}" }}\n',
        f'[platforms.bilibili]\ncookies = "{SECRET}"\n',
        f'[counters]\nurl = "redis+cluster://:{SECRET}@127.0.0.1:6379"\n',
        f'[storage]\nurl = "mysql://danmod:{SECRET}@db/danmod"\n',
        f'[platforms.irc]\nurl = "http://me:{SECRET}@irc.example.org"\n',
        f'[platforms.irc]\nurl = "ws://x"\npassword = "{SECRET}\n',
        f'[[rooms]]\nplatform = "bilibili"\nroom = "1"\ncode = ["{SECRET}"]\n',
    ],
)
def test_no_secret_is_ever_repeated(write: Path, text: str) -> None:
    assert SECRET not in fault(write, text)


def test_a_loaded_secret_does_not_print_itself(write: Path) -> None:
    write.write_text(f'[platforms.bilibili]\nroute = "web"\ncookie = "{SECRET}"\n[web]\ntoken = "{SECRET}"\n')
    assert SECRET not in repr(load(write))


def test_the_environment_wins_over_the_file(write: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write.write_text('[platforms.bilibili]\nroute = "web"\ncookie = "from the file"\n[web]\nport = 1\n')
    monkeypatch.setenv("DANMOD_PLATFORMS__BILIBILI__COOKIE", "from the environment")
    monkeypatch.setenv("DANMOD_WEB__PORT", "9999")
    settings = load(write)
    assert settings.platforms.bilibili is not None
    assert settings.platforms.bilibili.cookie.get_secret_value() == "from the environment"
    assert settings.platforms.bilibili.route == "web", "what the environment does not name stays"
    assert settings.web.port == 9999


def test_a_wrong_value_of_the_environment_is_told_by_its_variable(write: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write.write_text("[web]\nport = 8080\n")
    monkeypatch.setenv("DANMOD_WEB__PORT", "many")
    with pytest.raises(ConfigError) as caught:
        load(write)
    assert "DANMOD_WEB__PORT" in str(caught.value)
    assert f"{write}:" not in str(caught.value)


def test_cluster_counters_are_refused_with_the_cure(write: Path) -> None:
    assert "one redis://" in fault(write, '[counters]\nurl = "redis+cluster://127.0.0.1:7000"\n')


@pytest.mark.parametrize("mutes", ["[]", "[0]", "[-1]", "[1441]", '["long"]'])
def test_a_mute_ladder_needs_lengths_a_bot_may_give(write: Path, mutes: str) -> None:
    assert "mutes_min" in fault(write, f"[limits]\nmutes_min = {mutes}\n")


def test_a_check_whose_mode_is_set_must_exist(write: Path) -> None:
    said = fault(write, '[limits]\nmodes = { sender-rates = "off" }\n')
    assert "'sender-rates'" in said
    assert "sender-rate" in said


def test_a_mode_is_one_of_four(write: Path) -> None:
    said = fault(write, '[limits]\nmodes = { repeat = "loud" }\n')
    assert "limits.modes" in said
    assert "'off', 'shadow', 'hide' or 'enforce'" in said


def test_a_rooms_modes_lie_over_the_common_ones() -> None:
    common = LimitsSection(modes={"wave": CheckMode.SHADOW, "repeat": CheckMode.OFF})
    policy = policy_of(LimitsSection(modes={"repeat": CheckMode.HIDE}).over(common), Profile.SOLO)
    assert policy.checks.modes == {"wave": CheckMode.SHADOW, "repeat": CheckMode.HIDE}


def test_a_rooms_limits_lie_over_the_common_ones() -> None:
    common = LimitsSection(burst_lines=20, hold_s=2.5, mutes_min=(1, 2))
    policy = policy_of(LimitsSection(burst_lines=30).over(common), Profile.SOLO)
    assert policy.checks.thresholds.burst.amount == 30
    assert policy.hold == timedelta(seconds=2.5)
    assert policy.ladder.steps == (timedelta(minutes=1), timedelta(minutes=2))


def test_a_hold_of_nothing_is_a_hold_of_nothing() -> None:
    assert policy_of(LimitsSection(hold_s=0), Profile.SOLO).hold == timedelta(0)


def test_the_example_file_can_be_loaded_and_is_what_the_defaults_say() -> None:
    example = ROOT / "config.example.toml"
    text = example.read_text(encoding="utf-8")
    assert set(tomllib.loads(text)) <= set(Settings.model_fields)


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_file_whatever_raises_anything_but_the_one_error(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_bytes(data)
    said = ""
    try:
        load(path)
    except ConfigError as told:
        said = str(told)
    assert len(said.splitlines()) <= 3


@pytest.mark.norm("P2-1", "behaviour")
@pytest.mark.norm("P2-1", "bad-input")
@pytest.mark.norm("P2-1", "deadline")
@pytest.mark.parametrize("profile", Profile)
@pytest.mark.parametrize(
    "named", ["", '[controller]\nname = "Danmaku Ltd"\n', '[controller]\ncontact = " "\nname = "D"\n']
)
def test_before_start_up_somebody_answers_where_the_whole_norm_binds(write: Path, profile: Profile, named: str) -> None:
    write.write_text(f'profile = "{profile}"\n{named}')
    settings = load(write)
    if profile is not Profile.PLATFORM:
        check_controller(settings)
        return
    with pytest.raises(ConfigError) as caught:
        check_controller(settings)
    assert "[controller]" in str(caught.value)
    assert len(str(caught.value).splitlines()) <= 3
    write.write_text('profile = "platform"\n[controller]\nname = "Danmaku Ltd"\ncontact = "privacy@chat.example"\n')
    check_controller(load(write))
