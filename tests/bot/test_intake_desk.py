"""Every way in leads to the same case under the same deadlines; disclosed data is hidden first and never repeated."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from bot.case_file import case_file, describe
from bot.ways import broken, signed_headers
from cases.history import Addressee
from cases.intents import DismissCommanded
from cases.masking import MASK
from cases.model import Actor, ActorKind, CaseState, Mode, Profile, ReportStatus
from cases.ports import AccessFilter, ByCode
from tests.bot.engine import ANN, BEN
from tests.bot.front import PARTNERS, Front, front

PHONE = "13812345678"
ADDRESS = "221b Baker Street"
PNG = b"\x89PNG\r\n\x1a\n" + b"pixels" * 10
BY_FORM = {"room": "irc:#talk", "category": "insult", "note": "he means me", "faith": "yes"}
BY_API: dict[str, Any] = {**BY_FORM, "faith": True}


def entered(front: Front, **more: Any) -> dict[str, Any]:
    """A report as it came by mail just now."""
    return {**BY_API, "channel": "mail", "received_at": front.now.isoformat(), "original_ref": "mail-17", **more}


async def by_chat(front: Front, line: str) -> None:
    await front.say(ANN, f"!report #{line} insult he means me")


async def by_form(front: Front, line: str) -> None:
    assert (await front.form({**BY_FORM, "message": line}))[0] == 200


async def by_api(front: Front, line: str) -> None:
    assert (await front.api("/reports", {**BY_API, "message": line}))[0] == 201


async def by_hook(front: Front, line: str) -> None:
    assert (await front.hook(json.dumps(entered(front, message=line)).encode()))[0] == 201


async def by_staff(front: Front, line: str) -> None:
    assert (await front.api("/entries", entered(front, message=line), **front.token()))[0] == 201


WAYS: list[Callable[[Front, str], Awaitable[None]]] = [by_chat, by_form, by_api, by_hook, by_staff]


def _same_of(case: CaseState) -> Any:
    (report,) = case.reports
    return (
        case.kind,
        case.status,
        case.category,
        case.severity,
        case.rule,
        case.respondents,
        case.dry_run,
        report.category,
        report.status,
        report.lines,
        report.presumed,
        report.note.splitlines()[0],
    )


async def _outcome(way: Callable[[Front, str], Awaitable[None]]) -> Any:
    async with front() as house:
        await house.say(ANN, "good evening")
        line = await house.say(BEN, "you are a fool")
        await way(house, line)
        case = await house.case()
        evidence = [
            (one.kind, one.gap, [(line.sender, line.text, line.judged) for line in one.lines])
            for one in await house.storage.reader.evidence(case.code)
        ]
        spans = {
            (row.deadline.key, row.deadline.due_at - row.deadline.started_at, row.met_at is not None)
            for row in await house.deadlines()
            if row.deadline.key not in ("ack", "entry")
        }
        letters = [
            row.letter.key for row in await house.storage.letters.letters_to(Addressee.REPORTER, case.reports[0].id)
        ]
        return _same_of(case), evidence, spans, letters


@pytest.mark.norm("N2.1-3", "behaviour")
async def test_the_same_report_by_each_way_is_the_same_case_under_the_same_deadlines() -> None:
    first, *others = [await _outcome(way) for way in WAYS]
    assert {key for key, _, _ in first[2]} == {"triage_auto", "review_moderate"}
    for way, other in zip(WAYS[1:], others, strict=True):
        assert other == first, way.__name__


@pytest.mark.norm("N2.1-3", "deadline")
async def test_deadlines_run_from_the_first_receipt_and_a_late_entry_stays_on_record() -> None:
    async with front() as house:
        line = await house.say(BEN, "you are a fool")
        came = house.now - timedelta(hours=5)
        body = entered(house, message=line, received_at=came.isoformat(), channel="telephone")
        assert (await house.api("/entries", body, **house.token()))[0] == 201
        rows = {row.deadline.key: row for row in await house.deadlines()}
        case = await house.case()
    assert (case.reports[0].at, case.reports[0].channel, case.reports[0].original_ref) == (came, "telephone", "mail-17")
    assert rows["review_moderate"].deadline.started_at == came
    assert rows["entry"].deadline.due_at == came + timedelta(hours=4)
    assert rows["entry"].met_at is not None
    assert rows["entry"].overdue_at is not None
    assert "ack" not in rows


@pytest.mark.norm("N2.1-3", "deadline")
async def test_an_entry_within_four_hours_is_kept() -> None:
    async with front() as house:
        line = await house.say(BEN, "you are a fool")
        came = (house.now - timedelta(hours=4)).isoformat()
        await house.api("/entries", entered(house, message=line, received_at=came), **house.token())
        (row,) = [row for row in await house.deadlines() if row.deadline.key == "entry"]
    assert row.met_at is not None
    assert row.overdue_at is None


@pytest.mark.norm("N2.1-3", "bad-input")
async def test_who_entered_a_report_does_not_decide_it_alone() -> None:
    async with front(profile=Profile.TEAM) as house:
        house.hire("mona", ActorKind.MODERATOR)
        house.hire("max", ActorKind.MODERATOR)
        line = await house.say(BEN, "you are a fool")
        assert (await house.api("/entries", entered(house, message=line), **house.token("mona")))[0] == 201
        code = (await house.case()).code
        wish = {"move": "dismiss", "fields": {"reason": "it was a joke between friends"}}
        status, told = await house.api(f"/cases/{code}/moves", wish, **house.token("mona"))
        assert (status, told["reason"]) == (403, "conflict")
        assert (await house.case()).status.waits
        assert (await house.api(f"/cases/{code}/moves", wish, **house.token("max")))[0] == 200


@pytest.mark.norm("N2.1-3", "bad-input")
@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"X_Danmod_Signature": "0" * 64}, "unsigned"),
        ({"X_Danmod_Signature": ""}, "unsigned"),
        ({"X_Danmod_Partner": "nobody"}, "unsigned"),
        ({"X_Danmod_Timestamp": "17"}, "unsigned"),
        ({"X_Danmod_Timestamp": "now"}, "unsigned"),
    ],
)
async def test_an_unsigned_message_is_refused(changed: dict[str, str], reason: str) -> None:
    async with front() as house:
        status, told = await house.hook(json.dumps(entered(house, quote="x", when="now")).encode(), **changed)
        assert (status, told["reason"]) == (401, reason)
        assert await house.cases() == []


@pytest.mark.norm("N2.1-3", "bad-input")
async def test_a_message_is_taken_once_and_only_within_its_window() -> None:
    async with front() as house:
        line = await house.say(BEN, "you are a fool")
        body = json.dumps(entered(house, message=line)).encode()
        sent = signed_headers("helpdesk", PARTNERS["helpdesk"].encode(), house.now_s, body)
        again = {name.replace("-", "_"): value for name, value in sent.items() if name.startswith("X-")}
        first = await house.hook(body, **again)
        assert first[0] == 201
        assert (await house.hook(body, **again))[1]["reason"] == "replayed"
        house.now_s += 301
        assert (await house.hook(body, **again))[1]["reason"] == "expired"
        repeated = await house.hook(body)
        assert repeated[1]["receipt"] == first[1]["receipt"], "signed anew, the same reference is the same report"
        assert len((await house.case()).reports) == 1
        (report,) = (await house.case()).reports
        assert (report.entered_by, report.channel) == ("partner:helpdesk", "mail")


async def test_a_message_signed_before_the_start_is_not_taken() -> None:
    async with front() as house:
        before = house.now_s - 60
        sent = signed_headers("helpdesk", PARTNERS["helpdesk"].encode(), before, b"{}")
        again = {name.replace("-", "_"): value for name, value in sent.items() if name.startswith("X-")}
        assert (await house.hook(b"{}", **again))[1]["reason"] == "expired"


@pytest.mark.norm("N2.1-3", "bad-input")
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"channel": "pigeon"}, "channel"),
        ({"channel": None}, "channel"),
        ({"received_at": "yesterday"}, "received_at"),
        ({"received_at": "2026-05-01T12:00:00"}, "received_at"),
        ({"category": ""}, "category"),
        ({"note": 7}, "note"),
        ({"room": "irc:#nowhere"}, "room"),
    ],
)
async def test_an_entry_says_what_is_wrong_by_field(change: dict[str, Any], field: str) -> None:
    async with front() as house:
        body = {**entered(house, quote="you fool", when="20:15"), **change}
        status, told = await house.api("/entries", body, **house.token())
        assert (status, list(told["errors"])) == (422, [field])
        assert told["errors"][field]["detail"]
        assert await house.cases() == []


@pytest.mark.parametrize("away", [timedelta(minutes=6), timedelta(days=-181)])
async def test_an_entry_is_neither_from_the_future_nor_from_long_ago(away: timedelta) -> None:
    async with front() as house:
        body = entered(house, quote="x", when="now", received_at=(house.now + away).isoformat())
        status, told = await house.api("/entries", body, **house.token())
        assert (status, told["reason"]) == (422, "received")


@pytest.mark.norm("N2.1-3", "bad-input")
async def test_nobody_enters_a_report_without_the_right() -> None:
    async with front(profile=Profile.TEAM) as house:
        house.hire("petra", ActorKind.PRIVACY)
        body = entered(house, quote="x", when="now")
        assert (await house.api("/entries", body))[0] == 401
        status, told = await house.api("/entries", body, **house.token("petra"))
        assert (status, told["reason"]) == (403, "not_allowed")


@pytest.mark.norm("N2.1-3", "behaviour")
async def test_each_way_in_is_tried_from_outside_and_a_broken_one_is_named() -> None:
    async with front() as house:
        tried = await house.ways.self_test()
        assert broken(tried) == []
        assert {way.name for way in tried} == {"chat", "form", "api", "entry", "hook"}
        assert all(way.tried_at == house.now for way in tried)
        assert await house.cases() == [], "a trial is no report"
        house.rooms._rooms.clear()
        assert broken(await house.ways.self_test()) == ["chat: no room is heard"]


# -- the API --------------------------------------------------------------------------------------------------------------


@pytest.mark.norm("N2.2-0", "behaviour")
async def test_every_category_is_reachable_by_the_api() -> None:
    async with front() as house:
        async with house.http.get(f"{house.base}/api/v1/categories?lang=zh-CN") as answer:
            leaves = (await answer.json())["categories"]
        for leaf in leaves:
            assert leaf["outside"]["eu"]
            body = {**BY_API, "category": leaf["code"], "quote": leaf["label"], "when": "now"}
            assert (await house.api("/reports", body))[0] == 201
        taken = {report.category for case in await house.cases() for report in case.reports}
    assert taken == {leaf["code"] for leaf in leaves}


@pytest.mark.norm("N2.2-0", "bad-input")
async def test_an_unknown_category_becomes_other_and_waits_for_a_person() -> None:
    async with front() as house:
        assert (await house.api("/reports", {**BY_API, "category": "N9", "quote": "hm", "when": "now"}))[0] == 201
        (report,) = (await house.case()).reports
    assert (report.category, report.status) == ("other", ReportStatus.RECEIVED)


@pytest.mark.norm("N2.1-2a", "bad-input")
async def test_one_key_is_one_report_and_what_is_no_report_is_a_problem() -> None:
    async with front() as house:
        body = {**BY_API, "quote": "you fool", "when": "20:15"}
        first = await house.api("/reports", body, **{"Idempotency-Key": "key-of-a-client"})
        again = await house.api("/reports", body, **{"Idempotency-Key": "key-of-a-client"})
        assert first == again
        assert first[0] == 201
        assert len((await house.case()).reports) == 1
        for bad in ([], "text", 7):
            assert (await house.api("/reports", bad))[0] == 400
        assert list((await house.api("/reports", {}))[1]["errors"]) == [
            "room",
            "quote",
            "when",
            "category",
            "note",
            "faith",
        ]
        status, told = await house.api("/reports", {**body, "faith": "yes", "notice": "0"})
        assert (status, told["reason"]) == (409, "notice_changed")
        assert list((await house.api("/reports", {**body, "faith": "yes"}))[1]["errors"]) == ["faith"]


# -- disclosed personal data ----------------------------------------------------------------------------------------------


@pytest.mark.norm("N2.2-2", "deadline")
@pytest.mark.parametrize("way", ["chat", "form", "api"])
async def test_a_line_that_discloses_somebody_is_gone_when_the_report_is_answered(way: str) -> None:
    async with front() as house:
        line = await house.say(BEN, f"her number is {PHONE}")
        other = await house.say(BEN, "call her everybody")
        assert house.shows(line)
        if way == "chat":
            await house.say(ANN, f"!report #{line} doxx")
        elif way == "form":
            await house.form({**BY_FORM, "category": "doxxing", "message": line})
        else:
            await house.api("/reports", {**BY_API, "category": "privacy", "message": line})
        assert not house.shows(line), "hidden with the answer: well within 2 s"
        assert house.shows(other)
        case = await house.case()
        (evidence,) = await house.storage.reader.evidence(case.code)
        assert "personal data (phone) in 1 lines, hidden at once" in evidence.facts
        assert any(PHONE in line.text for line in evidence.lines), "the frozen original stays as it was"


@pytest.mark.norm("N2.2-2", "bad-input")
async def test_nothing_is_hidden_unseen_without_the_pattern_or_in_a_dry_run() -> None:
    async with front() as house:
        plain = await house.say(BEN, "she is from the next town")
        await house.api("/reports", {**BY_API, "category": "doxxing", "message": plain})
        number = await house.say(BEN, f"mine is {PHONE}")
        await house.api("/reports", {**BY_API, "category": "insult", "message": number})
        assert house.shows(plain)
        assert house.shows(number)
    async with front(Mode.DRY_RUN) as house:
        line = await house.say(BEN, f"her number is {PHONE}")
        await house.api("/reports", {**BY_API, "category": "doxxing", "message": line})
        assert house.shows(line)


@pytest.mark.norm("N2.2-2", "behaviour")
async def test_disclosed_data_stands_in_no_list_notice_export_letter_or_log(capsys: pytest.CaptureFixture[str]) -> None:
    async with front() as house:
        line = await house.say(BEN, f"her number is {PHONE}, she lives at {ADDRESS}")
        note = f"he wrote {PHONE} and {ADDRESS}"
        status, receipt = await house.api("/reports", {**BY_API, "category": "doxxing", "message": line, "note": note})
        assert status == 201
        case = await house.case()
        span = {"move": "mute", "fields": {"span": "10m", "rule": "R4", "reason": f"posted {PHONE}"}}
        assert (await house.api(f"/cases/{case.code}/moves", span, **house.token()))[0] == 200
        other = await house.say(ANN, f"no, {PHONE} is the shop's")
        _, second = await house.api("/reports", {**BY_API, "category": "doxxing", "message": other})
        dismiss = {"move": "dismiss", "fields": {"reason": f"{PHONE} is a shop"}}
        assert (await house.api(f"/cases/{second['code']}/moves", dismiss, **house.token()))[0] == 200
        document = await case_file(house.storage.reader, case.code)
        assert document is not None
        letters = await house.storage.letters.letters_to(Addressee.REPORTER, f"{second['code']}-r1")
        assert "shop" in str([row.letter for row in letters])
        places = [
            json.dumps(document, ensure_ascii=False, default=str),
            "\n".join(describe(document)),
            str([row.letter for row in letters]),
            "\n".join(house.heard.replies),
            str([applied.changes.notices for applied in house.heard.applied_changes]),
            "".join(capsys.readouterr()),
        ]
        (statement,) = [one for done in house.heard.applied_changes for one in done.changes.statements]
        pages = ["/desk", f"/receipt/{receipt['receipt']}", f"/receipt/{second['receipt']}", f"/case/{case.code}"]
        pages += ["/feed/talk", f"/statement/{statement.token}"]
        for page in pages:
            async with house.http.get(house.base + page) as answer:
                places.append(await answer.text())
    assert [place for place in places if PHONE in place or ADDRESS in place] == []
    assert MASK in places[0]


@pytest.mark.norm("N2.2-2", "behaviour")
async def test_the_original_is_read_with_a_reason_that_is_written_down() -> None:
    async with front(profile=Profile.TEAM) as house:
        house.hire("sam", ActorKind.SUPPORT)
        line = await house.say(BEN, f"her number is {PHONE}")
        await house.api("/reports", {**BY_API, "category": "doxxing", "message": line})
        path = f"{house.base}/api/v1/cases/{(await house.case()).code}/original"
        async with house.http.get(path, headers=house.token()) as answer:
            assert answer.status == 422
        async with house.http.get(f"{path}?why=look", headers=house.token("sam")) as answer:
            assert answer.status == 403
        async with house.http.get(f"{path}?why=to+judge+it", headers=house.token()) as answer:
            assert PHONE in await answer.text()
        noted = await house.storage.access.accesses(AccessFilter(limit=10))
    assert [(row.what, row.who.ref, row.why) for row in noted] == [
        ("evidence:original", "operator", "to judge it"),
        ("refused:evidence:original", "sam", "look"),
    ]


@pytest.mark.norm("N2.2-2", "bad-input")
async def test_a_report_for_somebody_else_is_accepted_and_asked_whose_right_it_is() -> None:
    async with front() as house:
        line = await house.say(BEN, "that song is mine, download it here")
        body = {**BY_API, "category": "copyright", "message": line, "harmed": "other", "victim": "Ann"}
        await house.say(ANN, "hello")
        _, told = await house.api("/reports", body)
        (report,) = (await house.case()).reports
        keys = [row.letter.key for row in await house.storage.letters.letters_to(Addressee.REPORTER, report.id)]
        assert report.status is ReportStatus.ACCEPTED
        assert keys == ["report_received", "report_rights_holder", "report_accepted"]
        status, _ = await house.form({"text": "it is Ann's, she knows"}, path=f"/receipt/{told['receipt']}/add")
        case = await house.case()
        assert status == 200
        assert case.reports[0].added == ("it is Ann's, she knows",)
        assert case.reports[0].status is ReportStatus.ACCEPTED
        assert len(case.victims) == 1
        assert "ann" not in str(case.victims).lower(), "the person harmed is a pseudonym too"


# -- the receipt ----------------------------------------------------------------------------------------------------------


@pytest.mark.norm("P1-1", "deadline")
@pytest.mark.norm("N2.1-2b", "behaviour")
async def test_consent_is_taken_back_in_one_step_and_the_report_goes_on() -> None:
    async with front() as house:
        line = await house.say(BEN, "you are a fool")
        _, told = await house.api("/reports", {**BY_API, "message": line, "contact": "me@example.org"})
        page = f"{house.base}/receipt/{told['receipt']}"
        async with house.http.get(page) as answer:
            assert 'id="withdraw"' in await answer.text()
        status, text = await house.form({}, path=f"/receipt/{told['receipt']}/withdraw")
        assert status == 200
        assert "The address is erased" in text
        assert 'id="withdraw"' not in text
        (report,) = (await house.case()).reports
        assert await house.storage.contacts.of_report(report.id) is None
        assert report.status is ReportStatus.ACCEPTED
        assert (await house.form({}, path="/receipt/nobodyknowsthistoken00000/withdraw"))[0] == 404


@pytest.mark.norm("N2.1-2b", "behaviour")
async def test_anonymous_and_named_reports_come_to_the_same() -> None:
    outcomes = []
    for contact in ("", "me@example.org"):
        async with front() as house:
            line = await house.say(BEN, "you are a fool")
            await house.api("/reports", {**BY_API, "message": line, "contact": contact})
            case = await house.case()
            mona = Actor(ActorKind.MODERATOR, "mona", "Mona")
            dismissed = house.registrar.dismiss(DismissCommanded(mona, "a quotation"), house.now)
            await house.storage.log.apply(ByCode(case.code), dismissed)
            rows = {(row.deadline.key, row.deadline.due_at) for row in await house.deadlines()}
            outcomes.append((_same_of(await house.case()), rows))
    assert outcomes[0] == outcomes[1]


# -- files ----------------------------------------------------------------------------------------------------------------


@pytest.mark.norm("N2.1-2a", "behaviour")
async def test_a_file_is_kept_encrypted_and_handed_out_only_to_be_saved() -> None:
    async with front() as house:
        line = await house.say(BEN, "you are a fool")
        status, _ = await house.form({**BY_FORM, "message": line}, ("../../shot 1.png", PNG))
        assert status == 200
        case = await house.case()
        (listed,) = await house.storage.attachments.about(case.reports[0].id)
        assert (listed.name, listed.media_type) == ("shot 1.png", "image/png")
        assert "file: shot 1.png (image/png, 68 bytes)" in case.reports[0].note
        path = f"{house.base}/api/v1/files/{listed.id}"
        async with house.http.get(path) as answer:
            assert answer.status == 401
        async with house.http.get(f"{path}?why=evidence", headers=house.token()) as answer:
            assert await answer.read() == PNG
            assert answer.headers["Content-Disposition"].startswith("attachment;")
            assert answer.headers["Content-Security-Policy"].startswith("sandbox;")
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.content_type == "application/octet-stream"
        (noted,) = await house.storage.access.accesses(AccessFilter(what="attachment"))
        assert (noted.ref, noted.why) == (listed.id, "evidence")


async def test_a_partner_may_pass_on_many_a_stranger_is_slowed_down() -> None:
    async with front() as house:
        for number in range(30):
            body = json.dumps(
                entered(house, quote=f"line {number}", when="now", original_ref=f"mail-{number}")
            ).encode()
            assert (await house.hook(body))[0] == 201
        assert len(await house.cases()) == 30
        answers = [(await house.hook(b"{}", X_Danmod_Signature="0"))[0] for _ in range(30)]
    assert set(answers) == {401, 429}
