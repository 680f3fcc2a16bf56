"""Filters, word lists and patterns in the configuration: what they become, and how a mistake is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.config import ConfigError, Settings, list_reports, load, policy_in
from cases.checks import CheckMode
from streams.events import RoomKey

ROOM = RoomKey("irc:#talk")
BASE = '[platforms.irc]\nurl = "ws://127.0.0.1:1"\n[[rooms]]\nplatform = "irc"\nroom = "#talk"\n'


def settings(folder: Path, text: str) -> Settings:
    path = folder / "config.toml"
    path.write_text(text + BASE, encoding="utf-8")
    return load(path)


def own(folder: Path, text: str) -> dict[str, CheckMode]:
    return {check.name: check.mode for check in policy_in(settings(folder, text), ROOM).checks.own}


def test_nothing_is_on_by_itself(tmp_path: Path) -> None:
    assert own(tmp_path, "") == {}


def test_each_list_and_pattern_is_a_check_with_its_mode(tmp_path: Path) -> None:
    (tmp_path / "slurs.txt").write_bytes("傻逼\n".encode("gbk"))
    text = (
        f'[[word_lists]]\nname = "slurs"\nfile = {str(tmp_path / "slurs.txt")!r}\nrule = "R3"\nweight = "mild"\n'
        '[[word_lists]]\nname = "spoilers"\nwords = ["he dies"]\nmode = "shadow"\nrooms = ["irc:#talk"]\n'
        '[[word_lists]]\nname = "others"\nwords = ["he dies"]\nrooms = ["irc:#other"]\n'
        '[[patterns]]\nname = "prices"\npattern = "¥\\\\d{3}"\n'
        "[filters]\ncapitals = 0.8\n"
    )
    assert own(tmp_path, text) == {
        "shape": CheckMode.ENFORCE,
        "words:slurs": CheckMode.ENFORCE,
        "words:spoilers": CheckMode.SHADOW,
        "pattern:prices": CheckMode.ENFORCE,
    }


def test_quiet_hours_add_a_check(tmp_path: Path) -> None:
    text = '[filters.quiet]\nhours = ["22:00-07:00"]\nzone = "Asia/Shanghai"\n'
    assert list(own(tmp_path, text)) == ["quiet-contact"]
    assert list(own(tmp_path, text + "emoji = 3\ncontacts = false\n")) == ["shape"]


def test_a_room_has_its_own_filters_over_the_common_ones(tmp_path: Path) -> None:
    text = "[filters]\ncapitals = 0.8\nlength = 300\n"
    found = settings(tmp_path, text)
    room = found.rooms[0].model_copy(update={"filters": type(found.filters)(capitals=0.5)})
    filters = room.filters.over(found.filters).filters
    assert (filters.shape.capitals, filters.shape.length) == (0.5, 300)


@pytest.mark.fault("X15")
@pytest.mark.fault("X16")
@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[[patterns]]\nname = "all"\npattern = ".*"\n', "everything = true"),
        ('[[patterns]]\nname = "look"\npattern = "a(?=b)"\n', "look-around"),
        ('[[word_lists]]\nname = "empty"\n', "write words"),
        ('[[word_lists]]\nname = "Has Space"\nwords = ["x y"]\n', "name"),
        ('[[word_lists]]\nname = "a"\nwords = ["xy"]\nrule = "R99"\n', "there is no rule R99"),
        ('[[word_lists]]\nname = "a"\nwords = ["xy"]\n[[word_lists]]\nname = "a"\nwords = ["xy"]\n', "listed twice"),
        ('[[word_lists]]\nname = "a"\nwords = ["xy"]\nrooms = ["#talk"]\n', "PLATFORM:ROOM"),
        ("[filters]\ncapitals = 80\n", "less than 1"),
        ('[filters.quiet]\nhours = ["22-7"]\n', "22:00-07:00"),
        ('[filters.quiet]\nhours = ["22:00-07:00"]\nzone = "Shanghai"\n', "Asia/Shanghai"),
    ],
)
def test_a_mistake_is_told_with_its_cure(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        settings(tmp_path, text)


@pytest.mark.fault("X16")
def test_a_list_whose_file_cannot_be_read_stops_the_start(tmp_path: Path) -> None:
    text = f'[[word_lists]]\nname = "slurs"\nfile = {str(tmp_path / "gone.txt")!r}\n'
    with pytest.raises(ConfigError, match=r"gone\.txt cannot be read"):
        own(tmp_path, text)


@pytest.mark.fault("X16")
def test_what_is_left_out_of_a_list_is_told_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "slurs.txt").write_text("idiot\n草\n\nIDIOT\n", encoding="utf-8")
    file = str(tmp_path / "slurs.txt")
    text = f'[[word_lists]]\nname = "slurs"\nwords = ["cow", " "]\nfile = {file!r}\n'
    assert list_reports(settings(tmp_path, text)) == [
        "slurs: 1 of 2 entries are used",
        "slurs: left out, nothing but spaces or marks: 1",
        f"slurs ({file}): 1 of 4 entries are used",
        f"slurs ({file}): left out, nothing but spaces or marks: 1",
        f"slurs ({file}): left out, said before, after folding: 1",
        f"slurs ({file}): left out, a single character stands in too many words: 草",
    ]
