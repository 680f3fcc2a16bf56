"""`danmod doctor`: a line for everything, "wrong" with its cure, never a secret."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot import doctor
from bot.config import Settings, load
from cases.model import Profile
from storage import open_keys, open_storage
from streams.sandbox.server import SandboxServer
from tests.servers import free_port


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A room that is not seen is given up sooner."""
    monkeypatch.setattr(doctor, "LOOK_S", 2.0)


@pytest.fixture
async def sandbox() -> AsyncIterator[SandboxServer]:
    async with SandboxServer(("demo",)) as server:
        yield server


def settings_in(
    folder: Path, server: SandboxServer, more: str = "", *, token: str = "", room: str = "demo"
) -> Settings:
    file = folder / "config.toml"
    file.write_text(
        f"""
[storage]
url = "sqlite:///{folder / "danmod.db"}"
[keys]
file = "{folder / "danmod.keys"}"
[platforms.sandbox]
url = "{server.url}"
token = "{token or server.token}"
{more}
[[rooms]]
platform = "sandbox"
room = "{room}"
"""
    )
    return load(file)


async def examined(settings: Settings) -> tuple[int, str]:
    said: list[str] = []
    code = await doctor.examine(settings, said.append)
    assert all(line.startswith(("ok ", "wrong ")) for line in said)
    return code, "\n".join(said)


async def test_all_is_well(tmp_path: Path, sandbox: SandboxServer) -> None:
    settings = settings_in(tmp_path, sandbox)
    keys = await open_keys(settings.keys.file, settings.storage.url)
    async with open_storage(settings.storage.url, keys=keys):
        pass
    code, said = await examined(settings)
    assert code == 0, said
    assert "sandbox:demo: seen; danmod can hide, delete, mute, ban, speak" in said
    assert "database: readable" in said
    assert "memory://" in said
    assert "is private" in said


async def test_a_room_that_refuses_us_is_told_with_its_reason_and_no_token(
    tmp_path: Path, sandbox: SandboxServer
) -> None:
    code, said = await examined(settings_in(tmp_path, sandbox, token="quite-the-wrong-token"))
    assert code == 1
    assert "sandbox:demo: refused: the sandbox refuses the bot's token" in said
    assert "quite-the-wrong-token" not in said


async def test_a_room_that_is_not_there_is_told(tmp_path: Path, sandbox: SandboxServer) -> None:
    code, said = await examined(settings_in(tmp_path, sandbox, room="nowhere"))
    assert code == 1
    assert "no such room" in said


async def test_counters_that_do_not_answer_are_told_without_their_password(
    tmp_path: Path, sandbox: SandboxServer
) -> None:
    url = f"redis://:redis-password@127.0.0.1:{free_port()}/0"
    code, said = await examined(settings_in(tmp_path, sandbox, f'[counters]\nurl = "{url}"'))
    assert code == 1
    assert "does not answer" in said
    assert "redis-password" not in said


async def test_keys_that_others_can_read_are_told_with_the_cure(tmp_path: Path, sandbox: SandboxServer) -> None:
    settings = settings_in(tmp_path, sandbox)
    await open_keys(settings.keys.file, settings.storage.url)
    settings.keys.file.chmod(0o644)
    code, said = await examined(settings)
    assert code == 1
    assert f"chmod 600 {settings.keys.file}" in said


async def test_a_file_that_is_no_database_is_told(tmp_path: Path, sandbox: SandboxServer) -> None:
    (tmp_path / "danmod.db").write_bytes(b"a letter, no database" * 100)
    code, said = await examined(settings_in(tmp_path, sandbox))
    assert code == 1
    assert "wrong database:" in said


async def test_what_viewers_lack_is_said(tmp_path: Path, sandbox: SandboxServer) -> None:
    assert "no public_url" in (await examined(settings_in(tmp_path, sandbox)))[1]
    told = (await examined(settings_in(tmp_path, sandbox, '[web]\npublic_url = "https://mod.example"')))[1]
    assert "https://mod.example" in told


async def test_without_a_room_something_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(f'[storage]\nurl = "sqlite:///{tmp_path / "danmod.db"}"\n')
    code, said = await examined(load(file))
    assert code == 1
    assert "danmod rooms add" in said


@pytest.mark.norm("P2-1", "bad-input")
async def test_a_missing_controller_is_said_and_wrong_only_where_the_whole_norm_binds(
    tmp_path: Path, sandbox: SandboxServer
) -> None:
    _, said = await examined(settings_in(tmp_path, sandbox))
    assert 'ok    controller: nobody is named: the pages say "ask the streamer"' in said
    platform = settings_in(tmp_path, sandbox).model_copy(update={"profile": Profile.PLATFORM})
    code, said = await examined(platform)
    assert code == 1
    assert "wrong controller: " in said
    named = '[controller]\nname = "Danmaku Ltd"\ncontact = "privacy@chat.example"\n'
    _, said = await examined(settings_in(tmp_path, sandbox, named))
    assert "ok    controller: Danmaku Ltd, privacy@chat.example" in said
