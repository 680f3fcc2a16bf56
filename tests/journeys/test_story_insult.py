"""The second story: one insult, three reports of three people, one case, and nobody learns who they were."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from cases.model import ActionKind, CaseState, CaseStatus, MeasureStatus, ReportStatus
from storage import Keys
from streams.sandbox.names import account_id
from tests.contracts.sandbox_harness import SandboxViewer
from tests.journeys.running import Danmod, eventually, overlay
from tests.journeys.sandbox_room import ROOM, sandbox_room

INSULT = "you are all pathetic, the cat as well"
RITA, QUINN = "Zaphodrita", "Vogonquinn"
"""Names that can stand nowhere by chance."""


@pytest.mark.norm("N1.3-4", "behaviour")
@pytest.mark.norm("N2.1-2a", "behaviour")
@pytest.mark.norm("N2.1-2b", "behaviour")
@pytest.mark.norm("N3.1-2c", "behaviour")
@pytest.mark.norm("N3.2-1a", "behaviour")
@pytest.mark.norm("N3.2-1b", "behaviour")
async def test_three_reports_of_one_insult_are_one_case_and_nobody_is_named(tmp_path: Path) -> None:
    async with (
        sandbox_room(tmp_path, more='profile = "team"', public=True) as room,
        overlay(room.danmod, ROOM) as screen,
    ):
        rudy, rita, quinn = [await room.person(name) for name in ("Rudy", RITA, QUINN)]
        mona = await room.moderator("Mona")
        await rudy.say(INSULT)

        # one by the page, anonymously; two in the chat
        receipt = await _reported_by_page(room.danmod)
        await rita.say("!report @Rudy insult he means us all")
        await quinn.say("!report @Rudy insult")
        case = await eventually(lambda: _one_case(room.danmod, reports=3), "three reports in one case")
        await eventually(lambda: _are_gone(mona, "!report"), "the reporters' lines to vanish")
        assert "Received" in await _page(room.danmod, receipt)

        # a moderator deletes the line and mutes
        line = next(str(frame["id"]) for frame in mona.of_kind("message") if frame["text"] == INSULT)
        await mona.say("!mute @Rudy 10m R3 insulting everybody")
        await mona.say(f"!delete #{line} R3 insulting everybody")
        await eventually(lambda: _deleted_and_muted(room.danmod), "both, confirmed by the platform")
        assert INSULT not in await mona.heard()
        assert not await rudy.can_speak()

        # all three are told
        decided = await eventually(lambda: _one_case(room.danmod, reports=3), "the case")
        assert decided.status is CaseStatus.DECIDED
        assert {report.status for report in decided.reports} == {ReportStatus.ANSWERED}
        receipts = [receipt, *(path for path in _receipts(room.danmod, decided) if path != receipt)]
        assert len(receipts) == 3
        pages = [await _page(room.danmod, path) for path in receipts]
        for page in pages:
            assert "The result of your report" in page
            assert "Received" in page

        # whom it is about reads why
        link = (await eventually(lambda: _whispered(rudy, "/statement/"), "the whisper")).split()[-1]
        statement = await _page(room.danmod, link.removeprefix(room.danmod.base))
        assert "R3" in statement
        assert INSULT in statement

        # and nobody learns who reported
        await mona.say("good, let us go on")
        await eventually(lambda: "good, let us go on" in screen.shown, "the overlay to go on")
        places = {
            "statement": statement,
            "public page": await _page(room.danmod, f"/case/{case.code}"),
            "the other reporters' receipts": "\n".join(pages),
            "export": json.dumps(await room.danmod.export(case.code)),
            "command line": await room.danmod.command("cases", "show", case.code),
            "desk": await _page(room.danmod, "/desk"),
            "feed": await room.danmod.feed(ROOM),
            "overlay": "\n".join(screen.shown),
            "chat": "\n".join(_of_the_bot(mona)),
            "whispers": "\n".join(await rudy.whispers()),
        }
        named = [
            (place, name)
            for place, text in places.items()
            for name in (RITA, QUINN, account_id(RITA), account_id(QUINN))
            if name in text
        ]
        assert named == []
        for place in ("statement", "public page", "whispers"):
            assert "report" not in _body(places[place]).lower(), f"{place} tells that somebody reported"
        assert "are as written" in await room.danmod.command("audit", "verify")


async def _reported_by_page(danmod: Danmod) -> str:
    """Somebody finds the line on the feed page and reports it, anonymously; their receipt's path."""
    feed = await eventually(lambda: _listed(danmod, INSULT), "the line on the feed")
    link = re.search(rf'{re.escape(INSULT)}.*?href="(/report\?[^"]+)"', feed, re.DOTALL)
    link = link or re.search(r'href="(/report\?[^"]+)"', feed)
    assert link is not None
    form = await _page(danmod, link[1].replace("&amp;", "&"))
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
    fields |= {"room": ROOM, "category": "insult", "note": "said to everybody", "faith": "yes"}
    status, done = await danmod.post("/report", fields)
    receipt = re.search(r"/receipt/[\w-]+", done)
    assert status == 200
    assert receipt is not None
    return receipt[0]


def _receipts(danmod: Danmod, case: CaseState) -> list[str]:
    """Where each report stands, by the secret token its reporter would have."""
    keys = Keys.open(danmod.keys_file, create=False)
    return [f"/receipt/{keys.token('report', report.id)}" for report in case.reports]


async def _page(danmod: Danmod, path: str) -> str:
    status, page = await danmod.get(path)
    assert status == 200, path
    return page


def _body(page: str) -> str:
    """What a page itself says, without the links that every page has."""
    found = re.search(r"<main.*?</main>", page, re.DOTALL)
    return found[0] if found else page


async def _listed(danmod: Danmod, text: str) -> str:
    page = await danmod.feed(ROOM)
    return page if text in page else ""


async def _one_case(danmod: Danmod, *, reports: int) -> CaseState | None:
    reported = [case for case in await danmod.cases() if case.reports]
    assert len(reported) <= 1
    return next((case for case in reported if len(case.reports) == reports), None)


async def _deleted_and_muted(danmod: Danmod) -> bool:
    orders = [*await danmod.actions(ActionKind.MUTE), *await danmod.actions(ActionKind.DELETE)]
    done = (MeasureStatus.IN_FORCE, MeasureStatus.ENDED)
    return len({order.kind for order in orders if order.status in done}) == 2


def _are_gone(viewer: SandboxViewer, beginning: str) -> bool:
    said = {frame["id"] for frame in viewer.of_kind("message") if str(frame["text"]).startswith(beginning)}
    return len(said) == 2 and said <= {frame["id"] for frame in viewer.of_kind("removed")}


def _of_the_bot(viewer: SandboxViewer) -> list[str]:
    frames = [(frame["sender"], str(frame["text"])) for frame in viewer.of_kind("message")]
    return [text for sender, text in frames if isinstance(sender, dict) and sender["role"] == "bot"]


async def _whispered(viewer: SandboxViewer, words: str) -> str:
    return next((text for text in await viewer.whispers() if words in text), "")
