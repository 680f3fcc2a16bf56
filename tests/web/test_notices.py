"""Before the first field is stored, people are told who, what, why, how long and their rights, in their language (P1-2)."""

from __future__ import annotations

import hashlib
from html import unescape

import pytest

from cases.catalogue import LANGUAGES
from cases.collection import NOTICE_VERSION, POINTS, notice
from tests.web.house import House
from tests.web.test_forms import GOOD, _key, _post

PLACES = {
    "/report": "report",
    "/appeal": "appeal",
    "/appeal/remark": "appeal",
    "/public/complaints": "complaint",
    "/public/concerns": "concern",
    "/rights/request": "request",
    "/link": "link",
}
VERSIONS = {"1": "5efb7cec009ab3c4"}
"""Each version of the notice with the digest of its English words: who changes their meaning adds a version."""


@pytest.mark.norm("P1-2", "behaviour")
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", PLACES)
async def test_every_point_of_collection_shows_the_notice_beside_its_first_field(
    house: House, path: str, language: str
) -> None:
    async with house.session.get(f"{path}?lang={language}") as answer:
        body = unescape(await answer.text())
    for sentence in notice(PLACES[path], language):
        assert sentence in body
    assert f'data-version="{NOTICE_VERSION}"' in body
    assert "/privacy" in body
    assert "/rights/request" in body


@pytest.mark.norm("P1-2", "deadline")
async def test_it_is_there_before_anything_is_stored_and_looking_stores_nothing(house: House) -> None:
    for path in PLACES:
        async with house.session.get(path) as answer:
            assert 'id="notice"' in await answer.text()
            assert "Set-Cookie" not in answer.headers
    assert (house.reports, house.appeals) == ([], [])


@pytest.mark.norm("P1-2", "bad-input")
async def test_a_form_opened_under_another_notice_is_shown_again_with_the_new_one(house: House) -> None:
    data = {**GOOD, "key": await _key(house), "notice": "0"}
    status, body = await _post(house, data)
    assert status == 422
    assert "This notice has changed" in body
    assert GOOD["note"] in unescape(body)
    assert house.reports == []
    assert (await _post(house, {**data, "notice": NOTICE_VERSION}))[0] == 200


@pytest.mark.norm("P1-2", "bad-input")
def test_other_words_need_another_version() -> None:
    words = "\n".join(sentence for point in POINTS for sentence in notice(point, "en"))
    assert VERSIONS[NOTICE_VERSION] == hashlib.sha256(words.encode()).hexdigest()[:16]
