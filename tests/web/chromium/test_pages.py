"""Pages in a real Chromium: live without tricks, whole without scripts, sound on a phone and in the dark."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, Page

from cases.model import CaseStatus, ReportStatus
from tests.browser import Visitor, open_visitor
from tests.web.house import DEMO, RECEIPT_TOKEN, STATEMENT_TOKEN, House, a_case, changed, check_row, until

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.asyncio(loop_scope="module")]


async def _texts(page: Page) -> list[str]:
    return await page.locator("#feed .line-text").all_text_contents()


async def _has(page: Page, *texts: str) -> bool:
    return await _texts(page) == list(texts)


@pytest.mark.norm("N2.1-1a", "deadline")
async def test_the_feed_lives_and_every_line_can_be_reported(house: House, visitor: Visitor) -> None:
    house.say("loaded with the page")
    await until(lambda: bool(house.hub.lines(DEMO)))
    page = visitor.page
    await page.goto(f"{house.url}/feed/demo")
    await page.wait_for_selector("#state.live")
    message_id = house.say("<b>live</b>", name="Eve", id="x&y=1")
    await until(lambda: _has(page, "loaded with the page", "<b>live</b>"), within_s=2)
    await page.get_by_role("link", name="Report this line by Eve").focus()
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/report?**")
    assert await page.locator(".picked .line-text").text_content() == "<b>live</b>"
    assert await page.locator("input[name=message]").input_value() == message_id
    visitor.assert_clean()


async def test_the_feed_takes_back_what_was_hidden_also_after_a_break(house: House, visitor: Visitor) -> None:
    page = visitor.page
    await page.goto(f"{house.url}/feed/demo")
    await page.wait_for_selector("#state.live")
    first, second, _ = house.say("one"), house.say("two"), house.say("three")
    await until(lambda: _has(page, "one", "two", "three"))
    house.hub.hide(DEMO, [first])
    await until(lambda: _has(page, "two", "three"))
    await house.stop()
    await page.wait_for_selector("#state[data-now=lost]")
    house.hub.hide(DEMO, [second])
    await house.start()
    await until(lambda: _has(page, "three"), within_s=30)


async def test_the_feed_stays_small(house: House, visitor: Visitor) -> None:
    page = visitor.page
    await page.goto(f"{house.url}/feed/demo")
    await page.wait_for_selector("#state.live")
    for index in range(1000):
        house.say(f"line {index}")
    await until(lambda: _last(page, "line 999"))
    assert await page.locator("#feed > li").count() == 200


async def _last(page: Page, text: str) -> bool:
    return (await _texts(page))[-1:] == [text]


@pytest.mark.norm("N2.1-2a", "behaviour")
async def test_a_report_is_made_from_the_feed_without_any_script(house: House, browser: Browser) -> None:
    house.say("buy followers", name="Eve")
    house.reader.hold(a_case(status=CaseStatus.OPEN))
    await until(lambda: bool(house.hub.lines(DEMO)))
    async with open_visitor(browser, java_script_enabled=False) as visitor:
        page = visitor.page
        await page.goto(f"{house.url}/feed/demo")
        await page.get_by_role("link", name="Report this line by Eve").click()
        await page.get_by_role("button", name="Send the report").click()
        assert await page.locator(".error").count() == 3
        await page.get_by_label("Off-topic advertising").check()
        await page.get_by_label("What happened, and why is it wrong?").fill("three times at 20:15")
        await page.get_by_label("I report in good faith").check()
        await page.get_by_role("button", name="Send the report").click()
        await page.get_by_role("link", name="Open my receipt").click()
        assert "waits for a moderator" in (await page.locator("#progress").text_content() or "")
    (report,) = house.reports
    assert (report.message_id, report.note, report.contact) == ("m1", "three times at 20:15", None)


async def test_an_appeal_is_made_from_the_statement(house: House, visitor: Visitor) -> None:
    house.reader.hold(a_case())
    page = visitor.page
    await page.goto(f"{house.url}/statement/{STATEMENT_TOKEN}")
    house.offset_s = a_case().opened_at.timestamp() - house.clock()
    await page.reload()
    await page.get_by_role("link", name="Object to this decision").click()
    await page.get_by_label("Why was it wrong?").fill("it was a song")
    await page.get_by_role("button", name="Send the appeal").click()
    assert await page.locator("#code").text_content() == "A7K2"
    assert house.appeals[0].reasons == "it was a song"
    visitor.assert_clean()


PAGES = [
    "/",
    "/feed/demo",
    "/report",
    "/appeal",
    "/case/A7K2",
    f"/receipt/{RECEIPT_TOKEN}",
    f"/statement/{STATEMENT_TOKEN}",
    "/rights",
    "/privacy",
    "/desk",
    "/desk/checks",
]


@pytest.mark.parametrize("language", ["en-GB", "zh-CN"])
async def test_no_page_is_wider_than_a_phone_or_complains(house: House, browser: Browser, language: str) -> None:
    house.reader.hold(a_case())
    house.reader.states["B3X9"] = a_case("B3X9", status=CaseStatus.OPEN)
    house.say("w" * 300, name="n" * 100)
    house.checks = [check_row(), check_row(check="words:" + "w" * 40, looks_for="w" * 40, origin="disarmed")]
    house.checks[0]["samples"][0] |= {"text": "w" * 300, "name": "n" * 100}
    await until(lambda: bool(house.hub.lines(DEMO)))
    phone = {"width": 360, "height": 640}
    async with open_visitor(browser, viewport=phone, locale=language, color_scheme="dark") as visitor:
        for path in PAGES:
            await visitor.page.goto(house.url + path)
            width = await visitor.page.evaluate("document.documentElement.scrollWidth")
            assert width <= 360, path
        visitor.assert_clean()


async def test_every_control_has_a_name(house: House, visitor: Visitor) -> None:
    """Whoever uses a screen reader finds a name on every control of the forms."""
    house.checks = [check_row()]
    for path in ("/report", "/appeal", "/desk/checks"):
        await visitor.page.goto(house.url + path)
        nameless = await visitor.page.evaluate(
            "[...document.querySelectorAll('input:not([type=hidden]), select, textarea')]"
            ".filter(field => !field.labels.length).map(field => field.name)"
        )
        assert nameless == []


async def test_a_reporter_adds_something_and_takes_consent_back_on_the_receipt(house: House, browser: Browser) -> None:
    house.reader.hold(a_case(status=CaseStatus.REVIEW))
    state = house.reader.states["A7K2"]
    (report,) = state.reports
    house.reader.hold(changed(state, reports=(changed(report, status=ReportStatus.ACCEPTED),)))
    async with open_visitor(browser, java_script_enabled=False) as visitor:
        page = visitor.page
        await page.goto(f"{house.url}/receipt/{RECEIPT_TOKEN}")
        await page.get_by_label("Add something").fill("it was at 20:15")
        await page.get_by_role("button", name="Add it").click()
        assert await page.locator("#done").text_content() == "Added. Thank you."
        await page.get_by_role("button", name="Take my consent back").click()
        assert "The address is erased" in (await page.locator("#done").text_content() or "")
    assert house.intake.supplied == [(RECEIPT_TOKEN, "it was at 20:15")]
    assert house.intake.withdrawn == [RECEIPT_TOKEN]
