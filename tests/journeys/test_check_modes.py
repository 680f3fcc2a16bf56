"""A check in shadow on a running danmod: set by command, counted, shown on command line, API and desk; nobody is hit."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from storage import Keys
from tests.journeys.running import eventually
from tests.journeys.sandbox_room import ROOM, sandbox_room
from tests.journeys.test_acting import Api

LINE = "free gifts here, come and get them"


async def test_a_check_in_shadow_says_what_it_would_have_hit_and_hits_nobody(tmp_path: Path) -> None:
    async with sandbox_room(tmp_path) as room:
        danmod = room.danmod
        for check in ("repeat", "sender-rate", "contact"):
            assert await danmod.command("checks", "mode", ROOM, check, "shadow") == f"{ROOM} {check}: shadow\n"
        api = Api(danmod, Keys.open(tmp_path / "danmod.keys", create=False).token("api", "operator"))
        ann = await room.person("ann")
        for _ in range(6):
            await ann.say(LINE)

        async def counted() -> bool:
            _, _, body = await api.ask("GET", f"/checks?room={ROOM}")
            rows = {row["check"]: row for row in body["checks"]}
            return bool(rows["repeat"]["lines"] >= 6 and rows["repeat"]["hits"])

        await eventually(counted, "the results")
        said = await danmod.command("checks", "shadow")
        assert f"{ROOM} repeat (the same again and again): would have hit " in said
        assert f"ann: {LINE} – the same text " in said
        status, page = await danmod.get("/desk/checks")
        assert status == 200
        assert "would have hit" in page
        assert LINE in page
        assert ann.id not in room.server.hub("demo").room.mutes
        assert await danmod.cases() == []
        assert LINE in await danmod.feed(ROOM), "the overlay shows it"


async def test_the_api_sets_a_mode_and_refuses_what_will_not_do(tmp_path: Path) -> None:
    async with sandbox_room(tmp_path, limits='modes = { wave = "hide" }') as room:
        api = Api(room.danmod, Keys.open(tmp_path / "danmod.keys", create=False).token("api", "operator"))
        good = {"room": ROOM, "check": "repeat", "mode": "hide", "reason": "trying"}
        status, _, body = await api.ask("POST", "/checks/modes", good)
        assert (status, body["kind"], body["fields"]) == (200, "check-mode", {"mode": "hide", "reason": "trying"})
        refused = {}
        for change in ({"mode": "loud"}, {"check": "x"}, {"room": "irc:#x"}, {"check": "wave"}, {"room": ""}):
            status, kind, body = await api.ask("POST", "/checks/modes", {**good, **change})
            assert kind == "application/problem+json"
            refused[body["reason"]] = status
        assert refused == {"unfit": 422, "unknown_check": 404, "unknown_room": 404, "file_wins": 409}
        assert (await api.ask("POST", "/checks/modes", b"["))[0] == 400
        assert (await Api(room.danmod, "").ask("GET", "/checks"))[0] == 401
        assert "file" in await room.danmod.command("checks", "list", "--room", ROOM)
        said = await room.danmod.command("checks", "mode", ROOM, "wave", "off", code=1)
        assert "refused (file_wins): the file says hide for wave" in said


async def test_without_a_bot_the_modes_are_listed_and_set_and_there_are_no_results(tmp_path: Path) -> None:
    async with sandbox_room(tmp_path) as room:
        await room.danmod.terminate()
        assert "shadow" in await room.danmod.command("checks", "mode", "all", "repeat", "shadow")
        listed = await room.danmod.command("checks", "list")
        assert "  repeat           shadow   command: the same again and again" in listed.splitlines()
        assert "danmod is not running" in await room.danmod.command("checks", "shadow", code=1)


async def test_an_edit_of_the_file_that_goes_wrong_disarms_itself_and_the_desk_is_told(tmp_path: Path) -> None:
    async with sandbox_room(tmp_path) as room:
        danmod = room.danmod
        await danmod.terminate()
        text = danmod.config.read_text().replace(
            "[limits]\n", '[limits]\nmodes = { repeat = "hide" }\nrepeat_lines = 2\n'
        )
        danmod.config.write_text(text)
        await danmod.start()
        ann = await room.person("ann")
        for _ in range(12):
            await ann.say(LINE)

        async def told() -> str:
            listed = await danmod.command("dossiers", "list", "--kind", "alarm")
            return await danmod.command("dossiers", "show", "alarm-1") if "alarm-1" in listed else ""

        alarm = await eventually(told, "the alarm", every_s=0.5)
        (case, *_) = await danmod.cases()
        assert "what: disarmed" in alarm
        assert f"its cases: {case.code}" in alarm
        listed = await danmod.command("checks", "list")
        (row,) = [line for line in listed.splitlines() if " repeat " in line]
        assert "shadow   disarmed itself after an edit: the same again and again; would have hit " in row
        assert case.status == "decided", "it undid nothing"


async def test_a_line_can_be_tried_on_a_running_danmod_and_without_one(tmp_path: Path) -> None:
    async with sandbox_room(tmp_path, limits='modes = { wave = "off" }') as room:
        said = await room.danmod.command("checks", "test", "加v abc123 看片", "--room", ROOM)
        assert "HIT contact (enforce, hold): a messenger account" in said
        assert "no  wave (off): switched off" in said
        assert "on the overlay never" in said
        _, page = await room.danmod.get(f"/desk/checks?text=call%2013800138000&room={quote(ROOM)}&as=newcomer")
        assert "a number to call" in page
        api = Api(room.danmod, Keys.open(tmp_path / "danmod.keys", create=False).token("api", "operator"))
        refused = []
        for change in ({"text": " "}, {"as": "king"}, {"room": "irc:#x"}):
            status, _, body = await api.ask(
                "POST", "/checks/test", {"room": ROOM, "text": "hi", "as": "regular", **change}
            )
            refused.append((status, body["reason"]))
        assert refused == [(422, "unfit"), (422, "unfit"), (404, "unknown_room")]
        assert await room.danmod.cases() == []
        await room.danmod.terminate()
        assert "somebody known here may" in await room.danmod.command(
            "checks", "test", "加v abc123", "--room", ROOM, "--as", "regular"
        )
