"""The third story: forty people report somebody who did nothing; nothing happens to her, and one of them is warned."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cases.dossier import Dossier
from cases.model import ActorKind, CaseState, CaseStatus
from cases.ports import CaseFilter, DeadlineFilter, DossierFilter
from cases.queue import Place, queue
from cases.standing import credibility
from storage import Keys, open_beside
from streams.sandbox.names import account_id
from tests.contracts.sandbox_harness import SandboxViewer
from tests.journeys.running import Danmod, eventually
from tests.journeys.sandbox_room import ROOM, SandboxRoom, sandbox_room
from tests.journeys.test_acting import Api, command

CROWD = 40
GREETING = "good evening everybody"
DISMISSED = "she said good evening; nobody was insulted"
WORDS = ("reasons=two reports of lines that were never written", "gravity=forty reports about one viewer")
INTENT = "intent=announced before: let us report her away"


@pytest.mark.norm("N1.3-2", "behaviour")
@pytest.mark.norm("N1.3-3", "behaviour")
@pytest.mark.norm("N4.3-2a", "behaviour")
@pytest.mark.norm("N4.3-2a", "bad-input")
async def test_a_brigade_moves_nothing_and_its_leader_is_warned_by_people(tmp_path: Path) -> None:
    async with sandbox_room(tmp_path, more='profile = "team"', public=True) as room:
        olga, sid, una = await _team(room.danmod)
        vera, bob, malo = [await room.person(name) for name in ("Vera", "Bob", "Malo")]
        await _dismissed_before(room, malo, bob, olga)

        # forty reports within a breath; the queue is that of one
        await vera.say(GREETING)
        await bob.say("that was a silly move, you fool")
        await eventually(lambda: _listed(room.danmod, "silly move"), "both lines to have been judged", every_s=0.2)
        for number in range(1, CROWD):
            room.say(f"crowd{number}", "!report @Vera insult she insulted me too")
        room.say("Neutral", "!report @Bob insult")
        attacked = await _insisting(
            malo, "!report @Vera insult she insulted me", lambda: _reported(room.danmod, "Vera", CROWD)
        )
        await eventually(lambda: _reported(room.danmod, "Bob", 1), "another case beside it")
        places = await _queue(room.danmod)
        assert [one.state.code for one in places] == [one.state.code for one in await _queue(room.danmod, at_most=1)]
        (place,) = [one for one in places if one.state.code == attacked.code]
        assert place.brigade is not None
        assert (len(place.brigade.reporters), place.growing, place.urgent) == (CROWD, False, False)

        shown = (await olga.ask("GET", "/queue"))[2]["queue"]
        assert [row["code"] for row in shown] == [one.state.code for one in places]
        (told,) = [row["brigade"] for row in shown if row["brigade"]]
        assert told.startswith(f"{CROWD} reports within")
        assert not any(report.reporter in str(shown) for report in attacked.reports)

        # nothing was done to her, and nobody told her
        assert (attacked.actions, attacked.measures) == ((), ())
        assert await vera.can_speak()
        assert GREETING in await bob.heard()
        assert await vera.whispers() == []

        # a person dismisses, with reasons; that finds malice with nobody
        await _act(olga, attacked.code, "dismiss", reason=DISMISSED)
        (after,) = [case for case in await room.danmod.cases() if case.code == attacked.code]
        assert (after.status, after.actions) == (CaseStatus.DISMISSED, ())
        assert await _findings(room.danmod) == []

        # one finds, another confirms, and never the same
        report = next(one.id for one in after.reports if one.reporter == _pseudonym(room.danmod, "Malo"))
        named = [part for word in (*WORDS, INTENT) for part in ("-f", word)]
        exit_code, said = await command(
            room.danmod, "dossiers", "open", "standing", "--about", report, *named, "--as", "staff-1"
        )
        assert (exit_code, said.strip()) == (0, "standing-1: found")
        assert (await _move(olga, "confirm", step="warning"))[1]["reason"] == "second_person"
        exit_code, said = await command(
            room.danmod, "dossiers", "move", "standing-1", "confirm", "-f", "step=warning", "--as", "staff-2"
        )
        assert (exit_code, said.strip()) == (0, "standing-1: in-force")
        assert (await sid.ask("GET", "/dossiers/standing-1?why=look"))[2]["about"] == "", "no pseudonym is shown"

        # the warned reporter reads it on the own page, and nobody else does
        own = await _own_finding(room.danmod, malo)
        assert "warning" in await _page(room.danmod, own)
        assert await _own_finding(room.danmod, bob) == ""
        await _insisting(malo, "!report @Bob insult he called us fools", lambda: _reported(room.danmod, "Bob", 2))

        # danmod is started again: deadlines and the token survive; the reporter objects, and a third person answers
        before = await _deadlines(room.danmod)
        assert before
        assert await room.danmod.terminate() == 0
        await room.danmod.start()
        assert await _deadlines(room.danmod) == before
        assert "warning" in await _page(room.danmod, own)
        status, _ = await room.danmod.post(own, {"step": "appeal", "objection": "I did think it was an insult"})
        assert status == 200
        for who in (olga, sid):
            assert (await _move(who, "uphold", answer="no"))[1]["reason"] == "second_person"
        await _move(una, "uphold", answer="you announced the reports before she had written a line")
        assert "you announced the reports" in await _page(room.danmod, own)

        # at no point did the program suspend anybody
        (found,) = await _findings(room.danmod)
        assert found.status == "in-force"
        assert {step.by.kind for step in found.steps} == {ActorKind.MODERATOR, ActorKind.SUPERVISOR, ActorKind.VIEWER}
        assert found.fields["step"] == "warning"
        assert await vera.can_speak()
        assert "are as written" in await room.danmod.command("audit", "verify")


# -- people -------------------------------------------------------------------------------------------------------------


async def _team(danmod: Danmod) -> tuple[Api, Api, Api]:
    """Olga and Sid moderate, Una supervises."""
    keys = Keys.open(danmod.keys_file, create=False)
    operator = Api(danmod, keys.token("api", "operator"))
    for name, role in (("Olga", "moderator"), ("Sid", "moderator"), ("Una", "supervisor")):
        fields = {"name": name, "accounts": [f"sandbox:staff-{name}"], "roles": [role], "group": "house"}
        status, _, made = await operator.ask("POST", "/dossiers/staff", {"fields": fields})
        assert status == 201, made
        status, _, made = await operator.ask("POST", f"/dossiers/{made['id']}/moves", {"move": "activate"})
        assert status == 200, made
    first, second, third = [Api(danmod, keys.token("api", f"staff-{number}")) for number in (1, 2, 3)]
    return first, second, third


async def _act(who: Api, code: str, move: str, **fields: str) -> None:
    status, _, body = await who.ask("POST", f"/cases/{code}/moves", {"move": move, "fields": fields})
    assert status == 200, body


async def _move(who: Api, move: str, **fields: str) -> tuple[int, Any]:
    status, _, body = await who.ask("POST", "/dossiers/standing-1/moves", {"move": move, "fields": fields})
    return status, body


async def _dismissed_before(room: SandboxRoom, reporter: SandboxViewer, victim: SandboxViewer, olga: Api) -> None:
    """An earlier report of the same person that led to nothing."""
    await victim.say("what a lovely stream")
    await eventually(lambda: _listed(room.danmod, "what a lovely stream"), "the line to have been judged")
    await reporter.say("!report @Bob insult he insulted me")
    case = await eventually(lambda: _reported(room.danmod, "Bob", 1), "the earlier report")
    await _act(olga, case.code, "dismiss", reason="he praised the stream; there was no insult")


async def _insisting(person: SandboxViewer, line: str, done: Callable[[], Awaitable[CaseState | None]]) -> CaseState:
    """Somebody who says it again each second until it is taken: one report in five seconds is heard."""

    async def said() -> CaseState | None:
        await person.say(line)
        return await done()

    found = await eventually(said, f"{line} to be taken", every_s=1.0)
    assert found is not None
    return found


def _pseudonym(danmod: Danmod, name: str) -> str:
    return Keys.open(danmod.keys_file, create=False).pseudonym(ROOM, account_id(name))  # type: ignore[arg-type]


# -- what stands in the record ------------------------------------------------------------------------------------------


async def _reported(danmod: Danmod, name: str, reports: int) -> CaseState | None:
    """The waiting or latest case about somebody, once it has so many reports."""
    about = [case for case in await danmod.cases() if [person.name for person in case.respondents] == [name]]
    return next((case for case in about if len(case.reports) == reports and case.status.waits), None)


async def _queue(danmod: Danmod, *, at_most: int = CROWD) -> list[Place]:
    """The moderators' queue; ``at_most`` so many of each case's reports are looked at."""
    async with open_beside(danmod.url) as beside:
        states = list(await beside.reader.cases(CaseFilter(limit=100)))
        since = min(state.opened_at for state in states)
        everybody = {report.reporter for state in states for report in state.reports}
        rows = await beside.reader.reports_by(states[0].room, everybody, since)
    earlier: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        earlier[row.reporter].add(row.code)
    now = max(state.last_at for state in states) + timedelta(seconds=1)
    records = {one: credibility([row for row in rows if row.reporter == one], now) for one in everybody}
    cut = [msgspec.structs.replace(state, reports=state.reports[:at_most]) for state in states]
    known = {reporter: frozenset(codes) for reporter, codes in earlier.items()}
    return list(queue(cut, now, frozenset({states[0].room}), known, records))


async def _deadlines(danmod: Danmod) -> list[tuple[str, str, datetime]]:
    async with open_beside(danmod.url) as beside:
        rows = await beside.deadlines.deadlines(DeadlineFilter(running=True, limit=1000))
    return [(row.deadline.key, row.deadline.ref, row.deadline.due_at) for row in rows]


async def _findings(danmod: Danmod) -> list[Dossier]:
    async with open_beside(danmod.url) as beside:
        return list(await beside.dossiers.dossiers(DossierFilter(kind="standing")))


# -- pages --------------------------------------------------------------------------------------------------------------


async def _page(danmod: Danmod, path: str) -> str:
    status, page = await danmod.get(path)
    assert status == 200, path
    return page


async def _listed(danmod: Danmod, text: str) -> bool:
    return text in await danmod.feed(ROOM)


async def _own_finding(danmod: Danmod, person: SandboxViewer) -> str:
    """Where the finding about this person's reports stands, reached by a code said in the chat; "" when there is none."""
    page = (await danmod.post("/link", {}))[1]
    code, secret = re.search(r"!link ([A-Z0-9]+)", page), re.search(r"/link/([\w-]+)", page)
    assert code is not None
    assert secret is not None
    await person.say(f"!link {code[1]}")
    bound = await eventually(lambda: _bound(danmod, f"/link/{secret[1]}"), "the page to know who it is")
    found = re.search(r'href="(/standing/[\w-]+)"', bound)
    return found[1] if found else ""


async def _bound(danmod: Danmod, path: str) -> str:
    page = (await danmod.get(path))[1]
    return page if 'id="bound"' in page else ""
