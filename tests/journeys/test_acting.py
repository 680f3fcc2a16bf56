"""Acting beside a running bot and without one: by command line and by API, with a token always."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from cases.model import MeasureStatus
from storage import Keys
from tests.journeys.running import ROOT, Danmod, eventually
from tests.journeys.sandbox_room import SandboxRoom, sandbox_room


async def command(running: Danmod, *words: str) -> tuple[int, str]:
    """Exit code and output of `danmod WORDS -c its configuration`."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        *words,
        "-c",
        str(running.config),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode is not None
    return process.returncode, output.decode()


async def reported(room: SandboxRoom) -> str:
    """Somebody reports Ann; the case's code."""
    ann, ben = await room.person("ann"), await room.person("ben")
    await ann.say("you are all fools")
    await ben.say("!report @ann insult")

    async def code() -> str:
        cases = await room.danmod.cases()
        return cases[0].code if cases else ""

    return await eventually(code, "the case")


class Api:
    """Requests to `/api/v1` of a running danmod."""

    def __init__(self, running: Danmod, token: str) -> None:
        self._base = f"{running.base}/api/v1"
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    async def ask(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, str, Any]:
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        async with (
            aiohttp.ClientSession() as http,
            http.request(method, self._base + path, data=data, headers={**self._headers, **headers}) as answer,
        ):
            return answer.status, answer.content_type, await answer.json(content_type=None)


@pytest.mark.norm("N3.1-2e", "behaviour")
async def test_a_measure_by_command_line_beside_the_running_bot_is_done_on_the_platform(tmp_path: Path) -> None:
    async with sandbox_room(tmp_path) as room:
        code = await reported(room)
        exit_code, said = await command(
            room.danmod, "act", code, "mute", "-f", "span=10m", "-f", "rule=R3", "-f", "reason=called names"
        )
        assert (exit_code, said.strip()) == (0, f"{code}: decided")
        mutes = room.server.hub("demo").room.mutes
        await eventually(lambda: mutes, "the mute on the platform")
        exit_code, said = await command(room.danmod, "act", code, "mute", "-f", "span=soon", "-f", "rule=R3")
        assert exit_code == 1
        assert said.startswith("refused (unfit): span")
        exit_code, said = await command(room.danmod, "act", "ZZZZ", "dismiss", "-f", "reason=none")
        assert exit_code == 1
        assert "unknown_case" in said
        exit_code, said = await command(room.danmod, "act", code, "dismiss", "--as", "zoe")
        assert exit_code == 2
        assert "nobody called zoe works here" in said


@pytest.mark.norm("N1.2", "behaviour")
async def test_what_a_moderator_lifts_on_the_platform_stands_in_our_record_and_on_the_desk(tmp_path: Path) -> None:
    async with sandbox_room(tmp_path) as room:
        code = await reported(room)
        await command(room.danmod, "act", code, "mute", "-f", "span=10m", "-f", "rule=R3", "-f", "reason=called names")
        hub = room.server.hub("demo")
        await eventually(lambda: hub.room.mutes, "the mute on the platform")

        async def status() -> MeasureStatus:
            (state,) = await room.danmod.cases()
            return state.actions[0].status

        async def confirmed() -> bool:
            return await status() is MeasureStatus.IN_FORCE

        await eventually(confirmed, "the mute in our record")
        hub.room.unmute(next(iter(hub.room.mutes)), time.time())
        hub.flush()

        async def drifted() -> bool:
            return await status() is MeasureStatus.DRIFTED

        await eventually(drifted, "the drift in our record", 60.0)

        async def alarm() -> str:
            return (await command(room.danmod, "dossiers", "list", "--kind", "alarm"))[1]

        await eventually(lambda: _with("alarm-1", alarm), "the alarm on the desk", 60.0)
        exit_code, said = await command(room.danmod, "dossiers", "show", "alarm-1")
        assert exit_code == 0
        assert "drift" in said
        exit_code, said = await command(room.danmod, "dossiers", "move", "alarm-1", "see", "-f", "note=it was me")
        assert (exit_code, said.strip()) == (0, "alarm-1: seen")


async def _with(word: str, ask: Any) -> bool:
    return word in await ask()


@pytest.mark.norm("N3.1-2e", "bad-input")
async def test_the_api_wants_a_token_from_this_machine_too(tmp_path: Path) -> None:
    async with sandbox_room(tmp_path) as room:
        code = await reported(room)
        keys = Keys.open(room.danmod.keys_file, create=False)
        body = {"move": "dismiss", "fields": {"reason": "a joke among friends, both say so"}}
        for token in ("", "nonsense", keys.token("api", "nobody"), keys.token("report", "operator")):
            status, kind, answer = await Api(room.danmod, token).ask("POST", f"/cases/{code}/moves", body)
            assert (status, kind, answer["reason"]) == (401, "application/problem+json", "unauthorized")
        api = Api(room.danmod, keys.token("api", "operator"))
        for path, bad, status in (
            (f"/cases/{code}/moves", b"{", 400),
            (f"/cases/{code}/moves", [], 400),
            (f"/cases/{code}/moves", {"fields": {}}, 422),
            (f"/cases/{code}/moves", {"move": "dismiss", "fields": []}, 422),
            (f"/cases/{code}/moves", {"move": "dismiss", "fields": {}}, 422),
            (f"/cases/{code}/moves", b'"' + b"x" * 70_000 + b'"', 413),
            ("/cases/ZZZZ/moves", body, 404),
            ("/dossiers/teapot", {}, 404),
            ("/dossiers/complaint-99/moves", {"move": "answer", "fields": {"reply": "x"}}, 404),
            ("/teapots", {}, 404),
        ):
            got, kind, answer = await api.ask("POST", path, bad)
            assert (got, kind) == (status, "application/problem+json"), (path, bad, answer)
        (state,) = await room.danmod.cases()
        assert state.actions == ()
        status, kind, answer = await api.ask("POST", f"/cases/{code}/moves", body)
        assert (status, kind, answer["status"]) == (200, "application/json", "dismissed")
        status, _, answer = await api.ask("GET", f"/cases/{code}")
        assert status == 422, "a reading has a reason"
        status, _, answer = await api.ask("GET", f"/cases/{code}?why=test")
        assert status == 200
        assert answer["case"]["code"] == code
        assert "ben" not in json.dumps(answer), "no reporter can be recognised"
        status, _, answer = await api.ask("GET", "/deadlines")
        assert status == 200


async def test_without_a_running_bot_the_storage_is_opened_and_the_next_start_does_the_deed(tmp_path: Path) -> None:
    async with sandbox_room(tmp_path) as room:
        code = await reported(room)
        await room.danmod.terminate()
        exit_code, said = await command(
            room.danmod, "act", code, "mute", "-f", "span=10m", "-f", "rule=R3", "-f", "reason=called names"
        )
        assert (exit_code, said.strip()) == (0, f"{code}: decided")
        exit_code, said = await command(room.danmod, "deadlines")
        assert exit_code == 0
        await room.danmod.start()
        await eventually(lambda: room.server.hub("demo").room.mutes, "the mute on the platform")
