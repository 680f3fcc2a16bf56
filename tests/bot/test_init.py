"""`danmod init` writes a file that loads, and `danmod login` tells where a secret belongs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from bot.config import ConfigError, Settings, load
from bot.init import READS_ONLY, UNSANCTIONED, write_config
from bot.login import VARIABLE, check_login
from cases.model import Mode


class Answers:
    """Answers questions by the first of its words that the question holds, else with the default."""

    def __init__(self, **answers: str) -> None:
        self.asked: list[str] = []
        self._answers = answers

    def __call__(self, question: str, default: str) -> str:
        self.asked.append(question)
        return next((text for word, text in self._answers.items() if word in question.lower()), default)


@pytest.mark.parametrize("platform", ["irc", "bilibili", "twitch", "owncast", "douyu", "sandbox"])
def test_every_platforms_file_loads_and_looks_before_it_acts(tmp_path: Path, platform: str) -> None:
    path = tmp_path / "config.toml"
    said = write_config(path, platform, "", Answers())
    settings = load(path)
    (room,) = settings.rooms
    assert (room.platform, room.mode) == (platform, Mode.DRY_RUN)
    assert "danmod doctor" in said
    assert getattr(settings.platforms, platform) is not None


def test_what_is_left_out_is_asked_with_a_default(tmp_path: Path) -> None:
    answers = Answers(platform="bilibili", route="web", room="12345")
    said = write_config(tmp_path / "config.toml", "", "", answers)
    settings = load(tmp_path / "config.toml")
    assert settings.platforms.bilibili is not None
    assert settings.platforms.bilibili.route == "web"
    assert settings.rooms[0].room == "12345"
    assert UNSANCTIONED in said
    assert VARIABLE in said


def test_the_sanctioned_route_says_that_it_only_reads(tmp_path: Path) -> None:
    assert READS_ONLY in write_config(tmp_path / "config.toml", "bilibili", "1", Answers())


def test_an_existing_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("# mine")
    with pytest.raises(ConfigError, match="exists already"):
        write_config(path, "irc", "#talk", Answers())
    assert path.read_text() == "# mine"


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ({"platform": "icq"}, "irc, bilibili, twitch, owncast, douyu, sandbox"),
        ({"platform": "bilibili", "route": "back"}, "open or web"),
    ],
)
def test_an_answer_that_is_none_writes_nothing(tmp_path: Path, answers: dict[str, str], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        write_config(tmp_path / "config.toml", "", "", Answers(**answers))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("room", ['#"quoted"', "#back\\slash", "#新房间", '#x"\nmode = "enforce'])
def test_whatever_a_room_is_called_it_stays_a_string(tmp_path: Path, room: str) -> None:
    write_config(tmp_path / "config.toml", "irc", room, Answers())
    (made,) = load(tmp_path / "config.toml").rooms
    assert (made.room, made.mode) == (room, Mode.DRY_RUN)


def test_a_token_with_quotes_is_kept_whole(tmp_path: Path) -> None:
    token = 'a"b\\c'
    write_config(tmp_path / "config.toml", "sandbox", "demo", Answers(token=token))
    section = load(tmp_path / "config.toml").platforms.sandbox
    assert section is not None
    assert section.token.get_secret_value() == token


def test_a_file_that_would_not_load_is_not_left_behind(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        write_config(tmp_path / "config.toml", "irc", "#talk", Answers(server="gopher://x"))
    assert not (tmp_path / "config.toml").exists()


class _Nav(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        known = "SESSDATA=good" in self.headers.get("Cookie", "")
        body = b'{"code":0,"data":{"isLogin":%s,"uname":"Mona"}}' % (b"true" if known else b"false")
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Quiet."""


@pytest.fixture
def platform_url() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), _Nav)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(("cookie", "code"), [("SESSDATA=good-secret", 0), ("SESSDATA=bad-secret", 1)])
async def test_a_cookie_is_tried_and_never_repeated(platform_url: str, cookie: str, code: int) -> None:
    said: list[str] = []
    settings = Settings.model_validate({"platforms": {"bilibili": {"route": "web", "api_url": platform_url}}})
    assert await check_login("bilibili", settings, lambda text: cookie, said.append) == code
    assert "secret" not in " ".join(said)
    assert (VARIABLE in " ".join(said)) is (code == 0)


async def test_a_platform_that_cannot_be_asked_is_told() -> None:
    settings = Settings.model_validate({"platforms": {"bilibili": {"route": "web", "api_url": "http://127.0.0.1:1"}}})
    with pytest.raises(ConfigError, match="could not be asked"):
        await check_login("bilibili", settings, lambda text: "SESSDATA=x", lambda text: None)


async def test_irc_needs_no_login_and_others_have_none() -> None:
    said: list[str] = []
    assert await check_login("irc", Settings(), lambda text: "", said.append) == 0
    assert "SASL" in " ".join(said)
    with pytest.raises(ConfigError, match="irc, bilibili, twitch or owncast"):
        await check_login("sandbox", Settings(), lambda text: "", said.append)
