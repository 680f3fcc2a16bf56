"""A report's whole way: from the chat command to the mute, the appeal on the web, and the lift on the platform."""

from __future__ import annotations

import re
from pathlib import Path

from cases.model import ActionKind, CaseState, CaseStatus, MeasureStatus
from tests.contracts.sandbox_harness import SandboxViewer
from tests.journeys.running import Danmod, eventually
from tests.journeys.sandbox_room import sandbox_room


async def test_a_report_is_received_decided_appealed_and_overturned(tmp_path: Path) -> None:
    async with sandbox_room(tmp_path) as room:
        rude, reporter, moderator = (
            await room.person("Rudy"),
            await room.person("Rita"),
            await room.moderator("Mona"),
        )
        await rude.say("you are all pathetic, get lost")
        await reporter.say("!report @Rudy insult he insults everybody")
        received = await eventually(lambda: _said(reporter, r"received: ([0-9A-Z]{4,})"), "the receipt")
        await eventually(lambda: _is_gone(moderator, "!report"), "the report's line to vanish")
        (case,) = await room.danmod.cases()
        assert (received, case.status) == (case.code, CaseStatus.REVIEW)
        assert [person.name for person in case.respondents] == ["Rudy"]

        await moderator.say("!mute @Rudy 10m R3 calm down")
        await eventually(lambda: _said(moderator, r"Rudy: mute (10m)"), "the moderator's answer")
        await eventually(lambda: _confirmed(room.danmod), "the mute on the platform")
        assert not await rude.can_speak()
        assert await eventually(lambda: _whispered(rude, case.code), "the whisper with the case's code")

        await moderator.say(f"!why {case.code}")
        assert await eventually(lambda: _said(moderator, f"({case.code}: R3)"), "the reasons")

        (mute,) = await room.danmod.actions(ActionKind.MUTE)
        token = room.danmod.statement_token(mute.id)
        status, page = await room.danmod.get(f"/case/{case.code}")
        assert (status, "Rudy" in page, "Rita" in page) == (200, False, False)
        status, page = await room.danmod.post("/appeal", {"token": token, "reasons": "it was a quotation"})
        assert status == 200, page
        await eventually(lambda: _stands(room.danmod, CaseStatus.APPEALED), "the appeal in the case")

        await moderator.say(f"!overturn {case.code} a quotation indeed")
        await eventually(lambda: _stands(room.danmod, CaseStatus.OVERTURNED), "the answer in the case")
        await eventually(rude.can_speak, "the viewer to write again", every_s=0.3)
        file = await room.danmod.export(case.code)
    assert [(action["kind"], action["status"]) for action in file["case"]["actions"]] == [
        ("mute", "revoked"),
        ("unmute", "in-force"),
    ]
    assert file["case"]["appeals"][0]["reasons"] == "it was a quotation"
    assert [row["rule"] for row in file["statements"]] == ["R3"]


async def test_a_web_report_gets_its_receipt_and_sent_twice_is_one(tmp_path: Path) -> None:
    async with sandbox_room(tmp_path) as room:
        rude = await room.person("Rudy")
        await rude.say("somebody here is a fool")
        page = await eventually(lambda: _listed(room.danmod, "somebody here is a fool"), "the line on the feed")
        link = re.search(r'href="(/report\?[^"]+)"', page)
        assert link is not None
        form = (await room.danmod.get(link[1].replace("&amp;", "&")))[1]
        fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
        fields |= {"room": "sandbox:demo", "category": "insult", "note": "this was about me", "faith": "yes"}
        first, second = await room.danmod.post("/report", fields), await room.danmod.post("/report", fields)
        (case,) = await room.danmod.cases()
        receipts = [re.search(r"/receipt/([\w-]+)", text) for _, text in (first, second)]
        assert (first[0], second[0]) == (200, 200)
        assert receipts[0] is not None
        assert receipts[1] is not None
        assert receipts[0][1] == receipts[1][1]
        assert len(case.reports) == 1
        assert (await room.danmod.get(f"/receipt/{receipts[0][1]}"))[0] == 200
        assert (await room.danmod.get("/receipt/nobodyknowsthistoken00000"))[0] in (404, 410)


def _said(viewer: SandboxViewer, pattern: str) -> str:
    """What the pattern's group matched in a line of the bot, "" while there is none."""
    for frame in viewer.of_kind("message"):
        sender = frame["sender"]
        assert isinstance(sender, dict)
        found = re.search(pattern, str(frame["text"]))
        if sender["role"] == "bot" and found:
            return found[1]
    return ""


def _is_gone(viewer: SandboxViewer, beginning: str) -> bool:
    ids = {frame["id"] for frame in viewer.of_kind("message") if str(frame["text"]).startswith(beginning)}
    return bool(ids) and ids <= {frame["id"] for frame in viewer.of_kind("removed")}


async def _whispered(viewer: SandboxViewer, words: str) -> bool:
    return any(words in text for text in await viewer.whispers())


async def _confirmed(danmod: Danmod) -> bool:
    return [mute.status for mute in await danmod.actions(ActionKind.MUTE)] == [MeasureStatus.IN_FORCE]


async def _stands(danmod: Danmod, status: CaseStatus) -> bool:
    cases: list[CaseState] = await danmod.cases()
    return [case.status for case in cases] == [status]


async def _listed(danmod: Danmod, text: str) -> str:
    page = await danmod.feed("sandbox:demo")
    return page if text in page else ""
