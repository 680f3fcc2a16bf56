"""Every address: what it shows, what it keeps to itself, what it says to bad input."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cases.catalogue import LANGUAGES
from cases.model import Appeal, AppealStatus, CaseStatus, Informed, MeasureStatus
from cases.signals import told
from streams.events import RoomKey
from tests.web.house import (
    DEMO,
    NOW,
    RECEIPT_TOKEN,
    STATEMENT_TOKEN,
    House,
    a_case,
    a_statement,
    changed,
    check_row,
    until,
)
from web.views import RoomView


async def _get(house: House, path: str, status: int = 200, /, **headers: str) -> str:
    async with house.session.get(path, headers=headers, allow_redirects=False) as answer:
        body = await answer.text()
        assert answer.status == status, (path, answer.status, body[:500])
        return body


async def _show(house: House, text: str, **more: object) -> str:
    message_id = house.say(text, **more)  # type: ignore[arg-type]
    await until(lambda: house.hub.line(DEMO, message_id) is not None)
    return message_id


async def test_the_index_lists_the_rooms(house: House) -> None:
    body = await _get(house, "/")
    assert "/feed/sandbox%3Ademo" in body
    assert "No line for 12 minutes." in body
    assert "/overlay/sandbox%3Ademo?key=key-of-sandbox%3Ademo" in body


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"])
async def test_the_overlays_address_is_for_this_machine_only(house: House, header: str) -> None:
    assert "key-of" not in await _get(house, "/", 200, **{header: "198.51.100.7"})


@pytest.mark.parametrize("room", ["sandbox:demo", "sandbox%3Ademo", "demo", "irc:room", "irc%3A%23room", "room"])
async def test_a_room_is_found_by_key_and_by_short_form(house: House, room: str) -> None:
    await _get(house, f"/feed/{room}")


@pytest.mark.parametrize("room", ["nobody", "irc:demo", "%00", "..%2f..%2fetc%2fpasswd", "x" * 3000])
@pytest.mark.fault("X21")
async def test_an_unknown_room_is_404(house: House, room: str) -> None:
    await _get(house, f"/feed/{room}", 404)
    await _get(house, f"/overlay/{room}?key=x", 404)


async def test_a_short_form_of_two_rooms_is_404(house: House) -> None:
    house.rooms.append(RoomView(RoomKey("twitch:demo"), "enforce", "live"))
    await _get(house, "/feed/demo", 404)
    await _get(house, "/feed/twitch:demo")


@pytest.mark.norm("N2.1-1a", "behaviour")
async def test_the_feed_shows_judged_lines_each_with_its_report_link(house: House) -> None:
    message_id = await _show(house, "hello there", id="a b&c")
    house.say("still in its hold", hold_s=60)
    house.say("kept off", hold_s=None)
    body = await _get(house, "/feed/demo")
    assert "hello there" in body
    assert "/report?room=sandbox%3Ademo&amp;message=a+b%26c" in body
    assert "still in its hold" not in body
    assert "kept off" not in body
    assert "http-equiv" not in body
    assert message_id == "a b&c"


@pytest.mark.fault("X1")
@pytest.mark.parametrize(
    "text", ["<img src=x onerror=alert(1)>", '"><svg onload=alert(1)>', "{{7*7}}", "</script><i>", "</bdi><b>", "' x='"]
)
async def test_texts_and_names_are_escaped_on_every_page(house: House, text: str) -> None:
    message_id = await _show(house, text, name=text)
    for path in ("/feed/demo", f"/report?room=demo&message={message_id}"):
        body = await _get(house, path)
        assert text not in body or text == "{{7*7}}"
        assert ">49<" not in body


async def test_the_overlay_wants_its_key(house: House) -> None:
    await _get(house, "/overlay/demo", 403)
    await _get(house, "/overlay/demo?key=wrong%F0", 403)
    await _get(house, "/overlay/demo?key=key-of-irc:%23room", 403)
    await _get(house, "/overlay/demo/socket?key=wrong", 403)
    assert 'data-style="scroll"' in await _get(house, house.overlay())


async def test_the_overlays_options_are_brought_into_range(house: House) -> None:
    body = await _get(house, house.overlay(style="box", size="9000", speed="nan", opacity="-3", lines="1e9"))
    assert 'data-size="96" data-speed="1" data-opacity="0.1" data-lines="50"' in body
    assert 'data-size="28"' in await _get(house, house.overlay(size='"><script>'))


@pytest.mark.fault("X21")
@pytest.mark.parametrize(
    "path",
    [
        "/static/",
        "/static/../app.py",
        "/static/..%2fapp.py",
        "/static/%2e%2e/app.py",
        "/static//etc/passwd",
        "/static/overlay.js/",
        "/static/..\\app.py",
        "/templates/base.html",
        "/static/nothing.css",
    ],
)
async def test_only_the_packages_own_files_are_served(house: House, path: str) -> None:
    from yarl import URL

    async with house.session.get(URL(house.url + path, encoded=True)) as answer:
        assert answer.status == 404


async def test_an_unknown_style_is_404(house: House) -> None:
    await _get(house, house.overlay(style="../../secret"), 404)


@pytest.mark.parametrize("name", ["pages.css", "overlay.css", "overlay.js", "feed.js", "times.js", "icon.svg"])
async def test_static_files_have_their_types(house: House, name: str) -> None:
    kinds = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
    async with house.session.get(f"/static/{name}") as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"].startswith(kinds[name.rpartition(".")[2]])
        body = await answer.text()
        assert "://" not in body.replace("http://www.w3.org/2000/svg", "")


async def test_the_public_case_page_says_rule_measure_scope_end_and_appeal(house: House) -> None:
    house.reader.hold(a_case())
    body = await _get(house, "/case/a7k2")
    for wanted in ("R1", "no flooding", "mute", "2026-05-04 20:25 UTC", "How to object", "/appeal"):
        assert wanted in body, wanted
    for secret in ("Fred", "Olga", "aaaa", "floods", "pseudonym", "42", "7 lines", STATEMENT_TOKEN, RECEIPT_TOKEN):
        assert secret not in body, secret


async def test_an_open_report_reveals_that_it_waits_and_nothing_else(house: House) -> None:
    house.reader.hold(a_case(status=CaseStatus.OPEN, measures=(), actions=()))
    body = await _get(house, "/case/A7K2")
    assert "waits for a moderator" in body
    assert "R1" not in body


CLOSED = {
    "dismissed": a_case(status=CaseStatus.DISMISSED),
    "overturned": a_case(status=CaseStatus.OVERTURNED),
    "undone": a_case(status=CaseStatus.UNDONE),
    "dry run": a_case(dry_run=True),
}


@pytest.mark.parametrize("kind", CLOSED)
async def test_an_unknown_code_gets_the_page_of_a_closed_case(house: House, kind: str) -> None:
    house.reader.hold(CLOSED[kind])
    closed = await _get(house, "/case/A7K2", 404)
    unknown = await _get(house, "/case/ZZZZ", 404)
    assert closed.replace("A7K2", "") == unknown.replace("ZZZZ", "")
    assert closed.count("A7K2") == len(LANGUAGES) - 1, "only in the links that change the language"


async def test_a_case_closes_when_all_has_ended_and_nobody_can_appeal_any_more(house: House) -> None:
    ended = changed(a_case().actions[0], status=MeasureStatus.ENDED)  # type: ignore[arg-type]
    house.reader.hold(a_case(actions=(ended,), informed=(Informed("42", NOW, "page"),)))
    house.offset_s = NOW.timestamp() - house.clock()
    assert "nothing runs any more" in await _get(house, "/case/A7K2")
    house.offset_s += timedelta(days=181).total_seconds()
    await _get(house, "/case/A7K2", 404)


@pytest.mark.norm("P3-3", "bad-input")
@pytest.mark.fault("X20")
@pytest.mark.parametrize("page", ["receipt", "statement"])
async def test_a_guessed_token_gets_the_same_neutral_page(house: House, page: str) -> None:
    pages = {
        (await _get(house, f"/{page}/{token}", 404)).partition("<main")[2]
        for token in ("r-secret-receipt-token-002", "x", "%00", "a" * 2000)
    }
    assert len(pages) == 1


@pytest.mark.norm("P3-3", "deadline")
async def test_guessing_is_slowed_down_but_what_is_known_costs_nothing(house: House) -> None:
    house.reader.hold(a_case())
    for _ in range(60):
        await _get(house, "/case/A7K2")
    for index in range(30):
        await _get(house, f"/receipt/guess-number-{index}", 404)
    await _get(house, "/receipt/guess-number-31", 429)
    await _get(house, "/case/A7K2", 429)
    house.offset_s += 60
    await _get(house, "/case/A7K2")


@pytest.mark.norm("P3-3", "behaviour")
@pytest.mark.parametrize("status", CaseStatus)
async def test_a_receipt_tells_every_state_in_plain_words(house: House, status: CaseStatus) -> None:
    house.reader.hold(a_case(status=status))
    for language, alien in (("en", "您的举报"), ("zh", "Your report")):
        body = await _get(house, f"/receipt/{RECEIPT_TOKEN}?lang={language}")
        assert alien not in body
        assert f"progress.{status}" not in body
        for private in ("Fred", "Olga", "aaaa", "pseudonym"):
            assert private not in body


async def test_the_statement_tells_one_person_everything_about_themselves_and_nothing_about_others(
    house: House,
) -> None:
    appeal = Appeal("A7K2/1", "42", NOW, "it was a song", AppealStatus.UPHELD, None, NOW, "it was not the chorus")
    house.reader.hold(a_case(appeals=(appeal, changed(appeal, respondent="43", reasons="Olga objects"))))  # type: ignore[arg-type]
    house.offset_s = NOW.timestamp() - house.clock()
    body = await _get(house, f"/statement/{STATEMENT_TOKEN}")
    for wanted in ("7 lines in 10 seconds, 5 are fine", "aaaaaaaa", "automatically", "it was not the chorus", "R1"):
        assert wanted in body, wanted
    for other in ("Olga", "please stop", "pseudonym", "he floods"):
        assert other not in body, other
    assert f"/appeal?token={STATEMENT_TOKEN}" in body


async def test_a_statement_tells_what_a_check_saw_in_the_readers_language(house: House) -> None:
    house.reader.hold(a_case())
    fact = told((("senders", "9"), ("span", "60"), ("contact", "")))
    house.reader.letters[STATEMENT_TOKEN] = ("A7K2", a_statement(facts=(fact, "call 13812345678")))
    english = await _get(house, f"/statement/{STATEMENT_TOKEN}?lang=en")
    assert "one text by 9 accounts; within 60 s; it names a contact or link" in english
    chinese = await _get(house, f"/statement/{STATEMENT_TOKEN}?lang=zh-CN")
    assert "9 个账号发同一句话；在 60 秒内；带有联系方式或链接" in chinese
    assert "13812345678" not in english + chinese, "what was disclosed is not shown again"


async def test_a_statement_offers_no_appeal_when_it_is_too_late(house: House) -> None:
    house.reader.hold(a_case(informed=(Informed("42", NOW, "page"),)))
    house.reader.letters[STATEMENT_TOKEN] = ("A7K2", a_statement(appeal_until=NOW))
    assert "can no longer be objected to" in await _get(house, f"/statement/{STATEMENT_TOKEN}")


async def test_while_an_appeal_waits_the_statement_says_neither_that_it_is_too_late_nor_until_when(
    house: House,
) -> None:
    appeal = Appeal("A7K2/1", "42", NOW, "it was a song", AppealStatus.OPEN)
    house.reader.hold(a_case(status=CaseStatus.APPEALED, appeals=(appeal,)))
    house.offset_s = NOW.timestamp() - house.clock()
    body = await _get(house, f"/statement/{STATEMENT_TOKEN}")
    assert "under review" in body
    assert "can no longer be objected to" not in body
    assert "You can object until" not in body


@pytest.mark.norm("P1-2", "behaviour")
@pytest.mark.parametrize("path", ["/rights", "/privacy", "/report", "/appeal"])
async def test_words_for_everybody_are_there_in_both_languages(house: House, path: str) -> None:
    assert '<html lang="en">' in await _get(house, path)
    chinese = await _get(house, path, 200, **{"Accept-Language": "zh-CN,zh;q=0.9"})
    assert '<html lang="zh-CN">' in chinese
    assert '<html lang="zh-CN">' in await _get(house, f"{path}?lang=zh-CN")
    if path in ("/report", "/appeal"):
        assert "/privacy" in chinese


async def test_health(house: House) -> None:
    assert await _get(house, "/livez") == "ok\n"
    assert await _get(house, "/readyz") == "ok\n"
    house.readiness = (False, "the database does not answer")
    assert await _get(house, "/readyz", 503) == "the database does not answer\n"
    assert await _get(house, "/statusz") == '{"rooms": 2}'


async def test_metrics_begin_with_danmod(house: House) -> None:
    house.metrics.shed.labels("queue_full").inc()
    house.metrics.decision_seconds.observe(0.004)
    house.metrics.overlay_clients.set_function(lambda: house.hub.overlays)
    body = await _get(house, "/metrics")
    names = {line.split()[2] for line in body.splitlines() if line.startswith("# TYPE")}
    assert names
    assert all(name.startswith("danmod_") for name in names)
    assert 'danmod_shed_total{reason="queue_full"} 1.0' in body


async def test_the_desk_lists_what_waits_with_the_command_that_decides_it(house: House) -> None:
    house.reader.states["B3X9"] = a_case("B3X9", status=CaseStatus.OPEN)
    house.reader.states["C4M8"] = a_case("C4M8", status=CaseStatus.APPEALED)
    house.reader.states["D5N9"] = a_case("D5N9")
    house.offset_s = NOW.timestamp() + 7500 - house.clock()
    body = await _get(house, "/desk")
    assert "!dismiss B3X9" in body
    assert "!overturn C4M8" in body
    assert "2 h 5 min" in body
    assert "D5N9" not in body
    assert "Fred" not in body


async def test_the_checks_page_tells_what_shadow_would_have_hit(house: House) -> None:
    house.checks = [
        check_row(),
        check_row(room="irc:#other", origin="disarmed", samples=[]),
        check_row(room="irc:#other", check="wave", mode="enforce", origin="default", since=None, samples=[], lines=9),
    ]
    body = await _get(house, "/desk/checks")
    assert "would have hit 12 of 4310 lines, of them 3 by regulars" in body
    assert "&lt;b&gt;buy&lt;/b&gt;" in body
    assert "disarmed itself after an edit" in body
    assert "hit 12 of 9 lines" in body
    assert body.index("irc:#talk") < body.index("irc:#other")
    assert "其中常客 3 条" in await _get(house, "/desk/checks?lang=zh-CN")
    house.checks = []
    assert "No room is watched." in await _get(house, "/desk/checks")


async def test_the_box_shows_what_the_checks_make_of_a_line(house: House) -> None:
    house.checks = [check_row()]
    assert "Try a line" in await _get(house, "/desk/checks")
    answer = {"check": "contact", "looks_for": "a link", "mode": "enforce", "hit": True, "weight": "hold", "why": "<i>"}
    house.tried = {"folded": "<b>", "disguised": 2, "contact": None, "measures": [], "hold_s": None, "checks": [answer]}
    body = await _get(house, "/desk/checks?text=%3Cb%3E&room=irc%3A%23talk&as=regular")
    assert "<code>&lt;b&gt;</code>" in body
    assert "&lt;i&gt;" in body
    assert "never" in body
    assert '<option value="regular" selected>' in body
    assert "Folded" not in await _get(house, "/desk/checks?text=%20")
    house.tried = None
    assert "Folded" not in await _get(house, "/desk/checks?text=hello&room=irc%3A%23gone")


@pytest.mark.parametrize("path", ["/desk", "/desk/checks", "/metrics", "/statusz"])
async def test_what_is_inside_opens_on_loopback_or_by_the_token(path: str) -> None:
    async with House(token="s3cret") as house:
        await _get(house, path)
        from_afar = {"X-Forwarded-For": "198.51.100.7"}
        await _get(house, path, 403, **from_afar)
        await _get(house, path, 403, **from_afar, Authorization="Bearer wrong")
        await _get(house, path, 200, **from_afar, Authorization="Bearer s3cret")
        await _get(house, f"{path}?token=s3cret", 200, **from_afar)


async def test_without_a_token_nothing_opens_from_afar(house: House) -> None:
    await _get(house, "/metrics?token=", 403, **{"X-Forwarded-For": "198.51.100.7", "Authorization": "Bearer "})


async def test_wrong_methods_and_addresses_get_a_page(house: House) -> None:
    assert "There is nothing at this address." in await _get(house, "/nothing", 404)
    async with house.session.post("/case/A7K2") as answer:
        assert answer.status == 405
        assert "GET" in answer.headers["Allow"]


async def test_a_fault_inside_tells_nothing_outside(house: House) -> None:
    async def broken(code: str) -> None:
        raise RuntimeError("the secret inside")

    house.reader.case = broken  # type: ignore[method-assign]
    body = await _get(house, "/case/A7K2", 500)
    assert "secret inside" not in body
    assert "Traceback" not in body


async def test_a_taken_port_is_one_clear_sentence(house: House) -> None:
    from web.app import make_app, serve

    port = int(house.url.rpartition(":")[2])
    with pytest.raises(OSError, match=rf"^port {port} on 127.0.0.1 is taken by another program"):
        await serve(make_app(house.deps()), "127.0.0.1", port)
