"""The report and appeal forms, field by field: nothing typed is lost, nothing half-valid gets through."""

from __future__ import annotations

import asyncio
import re
from html import unescape
from io import BytesIO
from typing import Any

import pytest

from cases.categories import CATEGORIES
from cases.model import Refusal
from cases.ports import StorageError
from tests.web.house import DEMO, RECEIPT_TOKEN, STATEMENT_TOKEN, House, a_case, until

GOOD = {
    "room": "sandbox:demo",
    "quote": "buy followers at spam.example",
    "when": "about 20:15",
    "category": "advertising",
    "note": "About 20:15, three times in a row.",
    "who": "anonymous",
    "faith": "yes",
}


async def _post(house: House, data: Any, path: str = "/report", **headers: str) -> tuple[int, str]:
    async with house.session.post(path, data=data, headers={"Origin": house.url, **headers}) as answer:
        return answer.status, await answer.text()


async def _key(house: House, path: str = "/report") -> str:
    async with house.session.get(path) as answer:
        found = re.search(r'name="key" value="([^"]+)"', await answer.text())
        assert found
        return found[1]


@pytest.mark.norm("N2.1-2a", "behaviour")
async def test_a_good_report_is_answered_with_code_and_secret_receipt(house: House) -> None:
    status, body = await _post(house, {**GOOD, "key": await _key(house)})
    assert status == 200
    assert "A7K2" in body
    assert f"{house.url}/receipt/{RECEIPT_TOKEN}</a>" in body
    assert "lang=zh" not in body, "the receipt is shown once: no link may lead away from it by mistake"
    (report,) = house.reports
    assert (report.room, report.category, report.contact, report.message_id) == (DEMO, "advertising", None, None)
    assert report.quote == GOOD["quote"]
    assert report.note == GOOD["note"]


@pytest.mark.norm("N2.1-2a", "bad-input")
@pytest.mark.parametrize("field", ["room", "quote", "when", "category", "note", "faith"])
@pytest.mark.parametrize("value", [None, "", "   "])
async def test_a_missing_field_keeps_the_draft_and_says_so_beside_the_field(
    house: House, field: str, value: str | None
) -> None:
    data = {name: text for name, text in GOOD.items() if name != field} | ({} if value is None else {field: value})
    status, body = await _post(house, data)
    assert status == 422
    assert f'id="{field}-error"' in body
    assert body.count('class="error"') == 1
    for name in {"quote", "note"} - {field}:
        assert GOOD[name] in unescape(body)
    assert house.reports == []


@pytest.mark.parametrize(("field", "longest"), [("quote", 1000), ("note", 2000), ("name", 100)])
async def test_a_field_that_is_too_long_is_kept_and_named(house: House, field: str, longest: int) -> None:
    assert (await _post(house, {**GOOD, field: "长" * longest}))[0] == 200
    status, body = await _post(house, {**GOOD, field: "长" * (longest + 1)})
    assert status == 422
    assert f'id="{field}-error"' in body
    assert "长" * (longest + 1) in body


async def test_an_unknown_room_is_named(house: House) -> None:
    status, body = await _post(house, {**GOOD, "room": "irc:#elsewhere"})
    assert status == 422
    assert "We do not know this room" in body


async def test_an_unknown_category_becomes_other(house: House) -> None:
    assert (await _post(house, {**GOOD, "category": "N9.9"}))[0] == 200
    assert house.reports[0].category == "other"


@pytest.mark.norm("N2.2-0", "behaviour")
async def test_every_category_can_be_chosen_in_both_languages(house: House) -> None:
    for language in ("en", "zh-CN"):
        async with house.session.get(f"/report?lang={language}") as answer:
            body = unescape(await answer.text())
        for leaf in CATEGORIES:
            assert f'value="{leaf.code}"' in body
            assert leaf.label(language) in body
            assert leaf.definition(language) in body


@pytest.mark.norm("N2.1-2b", "behaviour")
async def test_anonymous_is_what_is_chosen_and_drops_a_contact_that_was_typed(house: House) -> None:
    async with house.session.get("/report") as answer:
        assert 'value="anonymous" checked' in await answer.text()
    await _post(house, {**GOOD, "contact": "me@example.org"})
    await _post(house, {name: text for name, text in GOOD.items() if name != "who"} | {"contact": "me@example.org"})
    assert [report.contact for report in house.reports] == [None, None]
    await _post(house, {**GOOD, "who": "contact", "contact": " me@example.org "})
    assert house.reports[-1].contact == "me@example.org"


@pytest.mark.norm("N2.1-2b", "bad-input")
@pytest.mark.parametrize("contact", ["", "me", "me@", "a b@c.de", "<x@y.zz>", "x" * 300])
async def test_a_malformed_contact_is_named_with_the_way_out(house: House, contact: str) -> None:
    status, body = await _post(house, {**GOOD, "who": "contact", "contact": contact})
    assert status == 422
    assert 'id="contact-error"' in body
    assert house.reports == []


async def test_a_picked_line_brings_its_own_words(house: House) -> None:
    message_id = house.say("spam spam", name="Eve")
    await until(lambda: house.hub.line(DEMO, message_id) is not None)
    async with house.session.get(f"/report?room=demo&message={message_id}") as answer:
        body = await answer.text()
        assert "spam spam" in body
        assert 'name="quote"' not in body
    data = {name: text for name, text in GOOD.items() if name != "quote"} | {"message": message_id}
    assert (await _post(house, data))[0] == 200
    report = house.reports[0]
    assert (report.message_id, report.quote, report.sender_name) == (message_id, "spam spam", "Eve")


@pytest.mark.norm("N2.1-1a", "bad-input")
async def test_a_line_that_is_gone_opens_the_form_with_free_text(house: House) -> None:
    async with house.session.get("/report?room=demo&message=gone") as answer:
        body = await answer.text()
        assert "no longer at hand" in body
        assert 'name="quote"' in body
    assert (await _post(house, {**GOOD, "message": "gone"}))[0] == 200
    assert house.reports[0].message_id is None


@pytest.mark.norm("N2.1-2a", "bad-input")
async def test_the_key_of_the_form_is_the_reports_key_and_survives_an_error(house: House) -> None:
    key = await _key(house)
    _, body = await _post(house, {**GOOD, "note": "", "key": key})
    assert f'value="{key}"' in body
    for _ in range(2):
        await _post(house, {**GOOD, "key": key})
    assert [report.key for report in house.reports] == [key, key]


async def test_a_robot_that_reads_the_form_may_report(house: House) -> None:
    key = await _key(house)
    async with house.session.post("/report", data={**GOOD, "key": key}) as answer:
        assert answer.status == 200


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (Refusal("too_many", "you reported this already <b>"), 429),
        (Refusal("unknown_case", "no <b>"), 422),
        (StorageError("disk full"), 503),
    ],
)
async def test_what_the_case_log_says_against_it_keeps_the_draft(
    house: House, answer: Refusal | Exception, status: int
) -> None:
    house.answer = answer
    got, body = await _post(house, GOOD)
    assert got == status
    assert GOOD["note"] in body
    assert "<b>" not in body.partition("<form")[0]
    assert "disk full" not in body


@pytest.mark.fault("X17")
async def test_a_body_too_large_is_413_told_or_not(house: House) -> None:
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    assert (await _post(house, BytesIO(b"note=" + b"x" * 10_000_000), **kind))[0] == 413

    async def chunks() -> Any:
        for _ in range(200):
            yield b"note=" + b"x" * 1000

    assert (await _post(house, chunks(), **kind))[0] == 413
    assert (await _post(house, {f"f{index}": "x" for index in range(1000)}))[0] == 413


@pytest.mark.fault("X17")
async def test_a_body_that_never_ends_is_408(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.forms.BODY_SECONDS", 0.1)
    done = asyncio.Event()

    async def forever() -> Any:
        yield b"room=demo"
        await done.wait()

    posting = asyncio.create_task(_post(house, forever(), **{"Content-Type": "application/x-www-form-urlencoded"}))
    async with asyncio.timeout(10):
        async with house.session.get("/livez") as answer:
            assert answer.status == 200
        status, _ = await posting
    done.set()
    assert status == 408


@pytest.mark.fault("X17")
@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=x", "application/json", "text/plain", "nonsense"])
async def test_another_content_type_is_415(house: House, kind: str) -> None:
    assert (await _post(house, b"--x", **{"Content-Type": kind}))[0] == 415


@pytest.mark.fault("X17")
async def test_many_posts_of_one_address_are_429_and_others_are_served(house: House) -> None:
    codes = [(await _post(house, GOOD))[0] for _ in range(25)]
    assert codes == [200] * 20 + [429] * 5
    assert (await _post(house, GOOD, **{"X-Forwarded-For": "198.51.100.9"}))[0] == 200
    house.offset_s += 60
    assert (await _post(house, GOOD))[0] == 200


@pytest.mark.fault("X17")
async def test_many_posts_of_many_addresses_are_429_while_pages_are_served(house: House) -> None:
    answers = [await _post(house, GOOD, **{"X-Forwarded-For": f"198.51.{index}.9"}) for index in range(100)]
    assert 429 in {code for code, _ in answers}
    async with house.session.get("/desk") as answer:
        assert answer.status == 200


@pytest.mark.fault("X17")
@pytest.mark.parametrize("body", [b"%", b"\xff\xfe=\xff", b"room=%ff%fe&&&==;", b"", b"room\x00=demo", b"a" * 60_000])
async def test_a_mangled_form_is_an_error_beside_the_fields(house: House, body: bytes) -> None:
    status, text = await _post(house, body, **{"Content-Type": "application/x-www-form-urlencoded"})
    assert status == 422
    assert "Nothing is lost" in text


@pytest.mark.fault("X1")
async def test_a_draft_is_shown_as_text(house: House) -> None:
    nasty = "</textarea><script>alert(1)</script>\"'>"
    _, body = await _post(house, {**GOOD, "quote": nasty, "note": nasty, "name": nasty, "category": ""})
    assert "<script>alert" not in body
    assert nasty in unescape(body)


async def test_a_good_appeal_is_stored(house: House) -> None:
    house.reader.hold(a_case())
    async with house.session.get(f"/appeal?token={STATEMENT_TOKEN}") as answer:
        assert f'value="{STATEMENT_TOKEN}"' in await answer.text()
    status, body = await _post(house, {"token": STATEMENT_TOKEN, "reasons": "it was a song"}, "/appeal")
    assert status == 200
    assert f"/statement/{STATEMENT_TOKEN}" in body
    assert house.appeals[0].reasons == "it was a song"


@pytest.mark.parametrize(
    "data",
    [
        {"reasons": "why"},
        {},
        {"token": "x" * 200, "reasons": "y"},
        {"token": STATEMENT_TOKEN, "reasons": "why", "contact": "no address"},
        {"token": STATEMENT_TOKEN, "reasons": "why", "evidence": "x" * 2_001},
    ],
)
async def test_an_incomplete_appeal_keeps_the_draft(house: House, data: dict[str, str]) -> None:
    house.reader.hold(a_case())
    status, body = await _post(house, data, "/appeal")
    assert status == 422
    assert all(text in body for text in data.values())
    assert house.appeals == []


@pytest.mark.fault("X20")
async def test_an_appeal_with_a_wrong_token_gets_the_neutral_page_and_guessing_is_slow(house: House) -> None:
    house.reader.hold(a_case())
    status, body = await _post(house, {"token": "someone-elses-token", "reasons": "let me in"}, "/appeal")
    assert status == 404
    async with house.session.get("/statement/someone-elses-token") as answer:
        assert (await answer.text()).partition("<main")[2] == body.partition("<main")[2]
    assert house.appeals == []


async def test_a_refused_appeal_keeps_the_draft(house: House) -> None:
    house.reader.hold(a_case())
    house.answer = Refusal("already", "A7K2: your appeal is waiting")
    status, body = await _post(house, {"token": STATEMENT_TOKEN, "reasons": "once more"}, "/appeal")
    assert status == 422
    assert "your appeal is waiting" in body
    assert "once more" in body
