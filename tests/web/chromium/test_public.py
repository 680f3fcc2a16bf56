"""The public pages in a real Chromium: whole without scripts, on a phone, in the dark, in three languages."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser

from cases.catalogue import LANGUAGES
from cases.docket import Wish
from tests.browser import Visitor, open_visitor
from tests.cases.dossiers.matters import SUE
from tests.web.house import House

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.asyncio(loop_scope="module")]

PAGES = ("/public", "/public/complaints", "/public/concerns", "/rights", "/rights/request", "/privacy")


@pytest.mark.norm("P1-5", "behaviour")
async def test_a_complaint_from_first_word_to_last_without_scripts(house: House, browser: Browser) -> None:
    async with open_visitor(browser, java_script_enabled=False) as visitor:
        page = visitor.page
        await page.goto(f"{house.url}/public")
        await page.get_by_role("link", name="Complain about us").click()
        await page.get_by_role("button", name="Send").click()
        await page.locator("#text-error").wait_for()
        visitor.errors.clear()  # the browser's own word about the form that came back
        await page.get_by_label("What went wrong?").fill("My appeal of 4 May got no answer.")
        await page.get_by_role("button", name="Send").click()
        await page.get_by_role("link", name="Open my page").click()
        assert await page.locator("#next time").count() == 1
        complaint = house.public.dossiers["complaint-1"]
        house.public.go(complaint, Wish("complaint", "resolve", SUE, {"reply": "It is answered now.", "cause": "slow"}))
        await page.reload()
        await page.get_by_text("It is answered now.").wait_for()
        await page.get_by_label("4").check()
        await page.get_by_role("button", name="Send my mark").click()
        await page.get_by_text("4 / 5").wait_for()
        await page.get_by_label("Not solved? What is missing?").fill("The reasons.")
        await page.get_by_role("button", name="Open it again").click()
        await page.get_by_text("You opened it again").wait_for()
        visitor.assert_clean()


@pytest.mark.norm("N4.2-1", "behaviour")
@pytest.mark.norm("P4-2", "behaviour")
@pytest.mark.parametrize("language", LANGUAGES)
async def test_no_page_is_wider_than_a_phone_or_complains(house: House, browser: Browser, language: str) -> None:
    small = {"width": 360, "height": 740}
    async with open_visitor(browser, viewport=small, color_scheme="dark", locale=language) as visitor:
        for path in PAGES:
            await visitor.page.goto(f"{house.url}{path}")
            assert await visitor.page.locator("html").get_attribute("lang") == language
            assert await visitor.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
            assert await visitor.page.locator("h1").count() == 1
        visitor.assert_clean()


async def test_every_field_of_a_form_has_its_label(house: House, visitor: Visitor) -> None:
    for path in PAGES:
        await visitor.page.goto(f"{house.url}{path}")
        unnamed = await visitor.page.evaluate(
            "[...document.querySelectorAll('input:not([type=hidden]), textarea')].filter(e => !e.labels.length).length"
        )
        assert unnamed == 0, path
