"""The ways in, with the real program: a report leaves the chat, disclosed data the overlay; rights are told."""

from __future__ import annotations

import time
from pathlib import Path

import aiohttp
import pytest

from tests.contracts.sandbox_harness import SandboxViewer
from tests.journeys.running import eventually, overlay
from tests.journeys.sandbox_room import ROOM, sandbox_room

PHONE = "13812345678"


@pytest.mark.norm("N1.3-4", "deadline")
@pytest.mark.norm("N2.2-2", "deadline")
@pytest.mark.norm("P1-2", "deadline")
async def test_what_a_report_sets_going_in_the_first_seconds(tmp_path: Path) -> None:
    async with sandbox_room(tmp_path, limits='modes = { contact = "off" }') as room:
        rude, reporter = await room.person("Rudy"), await room.person("Rita")
        async with overlay(room.danmod, ROOM) as screen:
            await rude.say(f"her number is {PHONE}")
            await eventually(lambda: any(PHONE in text for text in screen.shown), "the line on the overlay")
            (line,) = [frame["id"] for frame in reporter.of_kind("message") if PHONE in str(frame["text"])]
            began = time.monotonic()
            await reporter.say("!report @Rudy doxx")
            await eventually(lambda: _is_removed(reporter, "!report"), "the report's line to vanish", 10.0)
            gone_s = time.monotonic() - began
            await eventually(lambda: line in screen.hidden, "the number to leave the overlay", 10.0)
            hidden_s = time.monotonic() - began
        await eventually(lambda: _told(reporter, "nobody is told who reported"), "where rights are read")
        feed = await room.danmod.feed(ROOM)
        (case,) = await room.danmod.cases()
        shown = [feed, str(await room.danmod.export(case.code)), room.danmod.log, (await room.danmod.get("/desk"))[1]]
    assert gone_s < 2.0 * 5
    assert hidden_s < 2.0 * 5
    assert [text for text in shown if PHONE in text] == []


async def test_a_program_reports_by_the_api_and_follows_its_receipt(tmp_path: Path) -> None:
    async with sandbox_room(tmp_path) as room:
        rude = await room.person("Rudy")
        await rude.say("somebody here is a fool")
        await eventually(lambda: _listed(room.danmod.feed, "somebody here is a fool"), "the line on the feed")
        body = {"room": ROOM, "quote": "somebody here is a fool", "name": "Rudy", "when": "just now"}
        body |= {"category": "insult", "note": "this was about me"}
        async with aiohttp.ClientSession() as http:
            address = f"{room.danmod.base}/api/v1/reports"
            async with http.post(address, json={**body, "faith": True}) as answer:
                told = await answer.json()
                assert answer.status == 201, told
        (case,) = await room.danmod.cases()
        assert (case.code, [person.name for person in case.respondents]) == (told["code"], ["Rudy"])
        assert (await room.danmod.get(f"/receipt/{told['receipt']}"))[0] == 200


async def _listed(feed: object, text: str) -> bool:
    return text in await feed(ROOM)  # type: ignore[operator]  # a bound method of the running danmod


def _told(viewer: SandboxViewer, words: str) -> bool:
    return any(words in str(frame["text"]) for frame in viewer.of_kind("message"))


def _is_removed(viewer: SandboxViewer, beginning: str) -> bool:
    ids = {frame["id"] for frame in viewer.of_kind("message") if str(frame["text"]).startswith(beginning)}
    return bool(ids) and ids <= {frame["id"] for frame in viewer.of_kind("removed")}
