"""A case as a document: whole, stable, and without a trace of who reported."""

from __future__ import annotations

import json

import msgspec

from bot.case_file import FORMAT, case_file, describe
from cases.model import Panel, PanelRound
from cases.sentence import Measure, Severity
from tests.bot.engine import ANN, BEN, CEM, KEYS, MONA, ROOM, Engine, engine
from tests.cases.matter import NOW, Matter


async def _reported(world: Engine) -> str:
    """A case with two reports, a mute and an appeal; its code."""
    await world.say(ANN, "you are all fools")
    await world.say(BEN, "!report @Ann insult she means us")
    await world.say(CEM, "!report @Ann insult")
    await world.say(MONA, "!mute @Ann 10m R3 calm down")
    await world.say(ANN, "!appeal it was a joke", after_s=30.0)
    (case,) = await world.cases()
    return case.code


async def test_the_document_holds_state_history_evidence_and_statements() -> None:
    async with engine() as world:
        code = await _reported(world)
        document = await case_file(world.storage.reader, code)
        assert document is not None
        assert list(document) == ["format", "case", "history", "evidence", "explained", "statements"]
        assert document["format"] == FORMAT
        assert document["case"]["status"] == "appealed"
        assert [entry["seq"] for entry in document["history"]] == sorted(entry["seq"] for entry in document["history"])
        assert document["statements"][0]["measures"] == ["mute"]
        json.dumps(document)


async def test_no_reporter_can_be_told_in_it() -> None:
    async with engine() as world:
        document = await case_file(world.storage.reader, await _reported(world))
        assert document is not None
        text = json.dumps(document)
        for sender in (BEN, CEM):
            assert sender.id is not None
            assert sender.name not in text
            assert f'"{sender.id}"' not in text
            assert KEYS.pseudonym(ROOM, sender.id) not in text
        assert [report["reporter"] for report in document["case"]["reports"]] == ["reporter 1", "reporter 2"]


async def test_no_secret_token_is_in_it() -> None:
    async with engine() as world:
        code = await _reported(world)
        text = json.dumps(await case_file(world.storage.reader, code))
        assert KEYS.token("statement", f"{code}.1") not in text
        assert KEYS.token("report", f"{code}-r1") not in text


async def test_no_case_is_none() -> None:
    async with engine() as world:
        assert await case_file(world.storage.reader, "A7K2") is None


async def test_in_plain_lines_it_names_what_was_done_and_why() -> None:
    async with engine() as world:
        code = await _reported(world)
        document = await case_file(world.storage.reader, code)
        assert document is not None
        lines = list(describe(document))
        assert lines[0] == f"case {code} in irc:#talk: appealed (report)"
        assert any(line.startswith(f"action {code}.1 mute ann until") for line in lines)
        assert any("it was a joke" in line for line in lines)
        assert f"report {code}-r1: answered: insult: she means us" in lines
        assert f"report {code}-r2: answered: insult: no words" in lines
        assert any(line.strip() == "> Ann: you are all fools" for line in lines)
        assert not any("Ben" in line or "Cem" in line for line in lines)


def test_in_plain_lines_it_names_who_sits_on_a_panel_and_what_was_found() -> None:
    matter = Matter()
    matter.report()
    first = PanelRound(1, ("staff-1", "staff-2", "staff-3"), NOW, "disagreement")
    assert "panel 1 (disagreement): staff-1, staff-2, staff-3; 0 of 3 have voted" in _lines(matter, Panel((first,)))
    decided = msgspec.structs.replace(first, outcome="decided")
    lines = _lines(matter, Panel((decided,), severity=Severity.MINOR, measure=Measure.WARN))
    assert "panel 1 (disagreement): staff-1, staff-2, staff-3; decided" in lines
    assert "the panel found it minor; to be done: warn" in lines


def _lines(matter: Matter, panel: Panel) -> list[str]:
    case = msgspec.to_builtins(msgspec.structs.replace(matter.case, panel=panel))
    return list(describe({"case": case, "evidence": [], "history": []}))


async def test_what_the_checks_saw_is_explained_in_the_readers_language() -> None:
    async with engine() as world:
        await world.say(ANN, *["what a lovely evening it is"] * 8, after_s=0.5)
        (case,) = await world.cases()
        document = await case_file(world.storage.reader, case.code, "zh-CN")
        assert document is not None
        decisions = document["explained"]["decisions"]
        assert {one["respondent"] for one in decisions} == {ANN.id}
        assert document["explained"]["looks_for"]["repeat"] == "反复发同一句"
        seen = {one["signal"]: (one["value"], one["words"]) for told in decisions for one in told["seen"]}
        assert seen["same"][1] == f"同一句话 {seen['same'][0]} 遍"
        assert seen["limit"][1] == f"上限是 {seen['limit'][0]}"
        assert document["explained"]["members"] == [], "no text was pushed by several"
        lines = list(describe(document))
        assert any(line.startswith("why, ") and "repeat (反复发同一句)" in line for line in lines)


async def test_a_persons_decision_is_explained_by_their_reason_alone() -> None:
    async with engine() as world:
        document = await case_file(world.storage.reader, await _reported(world))
        assert document is not None
        assert document["explained"] == {"looks_for": {}, "decisions": [], "members": []}
