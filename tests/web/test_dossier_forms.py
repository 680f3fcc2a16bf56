"""Complaints, concerns and requests on the web: taken in whole or not at all, followed by a secret page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape

import pytest

from cases.docket import Wish
from cases.model import Refusal
from cases.ports import StorageError
from tests.cases.dossiers.matters import OLA, PAT, SUE
from tests.web.house import House
from tests.web.public_house import PROOF, token_of

BOXES = [("/public/complaints", "complaint"), ("/public/concerns", "concern")]


async def _post(house: House, path: str, data: Mapping[str, str], **headers: str) -> tuple[int, str]:
    sent = {"Origin": house.url, **headers}
    async with house.session.post(path, data=dict(data), headers=sent, allow_redirects=False) as answer:
        return answer.status, unescape(await answer.text())


async def _page(house: House, path: str) -> tuple[int, str]:
    async with house.session.get(path) as answer:
        return answer.status, unescape(await answer.text())


async def _key(house: House, path: str) -> str:
    found = re.search(r'name="key" value="([^"]+)"', (await _page(house, path))[1])
    assert found
    return found[1]


async def _sent_in(house: House, path: str = "/public/complaints", **more: str) -> str:
    """Send something in; answers the path of its private page."""
    status, body = await _post(house, path, {"key": await _key(house, path), "text": "nobody answers", **more})
    found = re.search(r'id="receipt"><a href="([^"]+)"', body)
    assert found, (status, body)
    return found[1]


@pytest.mark.norm("P1-5", "behaviour")
@pytest.mark.norm("N4.2-1", "behaviour")
@pytest.mark.parametrize(("path", "kind"), BOXES)
async def test_what_is_sent_in_is_numbered_and_has_a_private_page(house: House, path: str, kind: str) -> None:
    private = await _sent_in(house, path)
    dossier = house.public.dossiers[f"{kind}-1"]
    assert private == f"/{kind}/{token_of(dossier.id)}"
    assert dossier.fields["text"] == "nobody answers"
    status, body = await _page(house, private)
    assert status == 200
    assert f"{kind}-1" in body
    assert re.search(r'id="next"><time', body)


@pytest.mark.norm("P1-5", "deadline")
async def test_the_next_step_is_always_shown_and_an_overdue_one_said(house: House) -> None:
    private = await _sent_in(house)
    assert "we are late" not in (await _page(house, private))[1]
    house.offset_s = 25 * 3600
    assert "we are late" in (await _page(house, private))[1]
    complaint = house.public.dossiers["complaint-1"]
    house.public.go(complaint, Wish("complaint", "resolve", SUE, {"reply": "mended", "cause": "slow"}))
    body = (await _page(house, private))[1]
    assert "nothing is open" in body
    assert "mended" in body


@pytest.mark.norm("P1-5", "behaviour")
async def test_a_resolved_complaint_is_rated_and_opened_again_by_its_person_alone(house: House) -> None:
    private, other = await _sent_in(house), await _sent_in(house)
    for number in ("complaint-1", "complaint-2"):
        wish = Wish("complaint", "resolve", SUE, {"reply": "mended", "cause": "slow"})
        house.public.go(house.public.dossiers[number], wish)
    key = await _key(house, private)
    assert (await _post(house, private, {"key": key, "step": "rate", "satisfaction": "2"}))[0] == 303
    assert house.public.dossiers["complaint-1"].fields["satisfaction"] == 2
    assert (await _post(house, private, {"key": key, "step": "reopen", "reason": "it is back"}))[0] == 303
    assert house.public.dossiers["complaint-1"].status == "reopened"
    assert house.public.dossiers["complaint-2"].status == "resolved"
    status, _ = await _post(house, private, {"key": key, "step": "reopen", "reason": "it is back"})
    assert (status, house.public.dossiers["complaint-1"].status) == (303, "reopened")
    assert (await _page(house, other))[0] == 200


@pytest.mark.norm("P1-5", "bad-input")
@pytest.mark.parametrize(
    "data",
    [
        {"step": "rate"},
        {"step": "rate", "satisfaction": "6"},
        {"step": "rate", "satisfaction": "5; drop"},
        {"step": "reopen", "reason": ""},
        {"step": "reopen", "reason": "x" * 4001},
    ],
)
async def test_a_bad_step_changes_nothing_and_loses_nothing(house: House, data: dict[str, str]) -> None:
    private = await _sent_in(house)
    complaint = house.public.dossiers["complaint-1"]
    house.public.go(complaint, Wish("complaint", "resolve", SUE, {"reply": "mended", "cause": "slow"}))
    status, body = await _post(house, private, {"key": await _key(house, private), **data})
    assert status == 422
    assert 'role="alert"' in body
    assert house.public.dossiers["complaint-1"].status == "resolved"


@pytest.mark.norm("P1-5", "bad-input")
@pytest.mark.norm("N4.2-1", "bad-input")
@pytest.mark.parametrize(("path", "kind"), BOXES)
async def test_an_empty_or_endless_text_stays_in_the_form(house: House, path: str, kind: str) -> None:
    key = await _key(house, path)
    for text in ("", "   ", "x" * 4001):
        status, body = await _post(house, path, {"key": key, "text": text})
        assert status == 422
        assert 'id="text-error"' in body
        assert text.strip()[:4001] in body
    assert house.public.dossiers == {}


@pytest.mark.parametrize(("path", "kind"), BOXES)
async def test_a_form_sent_twice_is_one_matter(house: House, path: str, kind: str) -> None:
    data = {"key": await _key(house, path), "text": "nobody answers"}
    first, second = [await _post(house, path, data) for _ in range(2)]
    assert first == second
    assert len(house.public.dossiers) == 1


@pytest.mark.parametrize(("path", "kind"), [*BOXES, ("/rights/request", "rights_request")])
async def test_what_cannot_be_stored_is_said_and_kept_in_the_form(house: House, path: str, kind: str) -> None:
    house.public.answer = StorageError("the disk is full")
    data = {"key": await _key(house, path), "text": "my words", "words": "my words", "what": "access", "token": PROOF}
    status, body = await _post(house, path, data)
    assert status == 503
    assert "my words" in body
    assert "disk" not in body
    house.public.answer = Refusal("too_many", "later please")
    status, body = await _post(house, path, data)
    assert (status, "later please" in body) == (422, True)


@pytest.mark.parametrize(("path", "kind"), [*BOXES, ("/rights/request", "rights_request")])
@pytest.mark.fault("X20")
async def test_a_post_from_elsewhere_is_refused(house: House, path: str, kind: str) -> None:
    status, _ = await _post(house, path, {"text": "x"}, Origin="https://evil.example")
    assert status == 403
    assert house.public.dossiers == {}


@pytest.mark.norm("N4.2-1", "bad-input")
async def test_whoever_says_that_a_reporter_is_named_has_the_concern_covered_first(house: House) -> None:
    await _sent_in(house, "/public/concerns", names="yes")
    concern = house.public.dossiers["concern-1"]
    answer = house.public.go(concern, Wish("concern", "read", SUE, {}))
    assert getattr(answer, "reason", "") == "unknown_dossier"
    answer = house.public.go(concern, Wish("concern", "read", OLA, {}))
    assert getattr(answer, "reason", "") == "redact_first"


@pytest.mark.parametrize("path", ["/complaint/", "/concern/", "/request/"])
async def test_an_unknown_token_gets_the_neutral_page(house: House, path: str) -> None:
    await _sent_in(house)
    mine = token_of("complaint-1")
    for token in ("nobody-has-this-token-1", "x", "..%2f..", mine if path != "/complaint/" else "z" * 26):
        status, body = await _page(house, f"{path}{token}")
        assert status == 404
        assert "There is nothing" in body
    status, _ = await _post(house, "/complaint/nobody-has-this-token-1", {"step": "rate", "satisfaction": "5"})
    assert status == 404


# -- requests about one's own data ----------------------------------------------------------------------------------


async def _asked(house: House, what: str = "access", token: str = PROOF, words: str = "") -> tuple[int, str]:
    key = await _key(house, "/rights/request")
    return await _post(house, "/rights/request", {"key": key, "what": what, "token": token, "words": words})


@pytest.mark.norm("P3-1c", "behaviour")
async def test_a_proved_request_is_taken_and_its_copy_downloaded(house: House) -> None:
    status, body = await _asked(house, "copy")
    assert status == 200
    request = house.public.dossiers["rights_request-1"]
    private = f"/request/{token_of(request.id)}"
    assert private in body
    assert (await _page(house, f"{private}/copy"))[0] == 404
    house.public.go(request, Wish("rights_request", "grant", OLA, {"answer": "here"}))
    assert f"{private}/copy" in (await _page(house, private))[1]
    house.public.copies[token_of(request.id)] = {"format": "danmod-copy/1", "you": {"name": "Fred"}}
    async with house.session.get(f"{private}/copy") as answer:
        assert answer.headers["Content-Disposition"] == 'attachment; filename="danmod-copy.json"'
        assert (await answer.json())["you"] == {"name": "Fred"}


@pytest.mark.norm("P3-1c", "bad-input")
async def test_without_proof_one_answer_whatever_is_asked(house: House) -> None:
    answers = [
        await _asked(house, what, token) for what in ("access", "erasure") for token in ("A7K2", "x" * 26, "../..")
    ]
    assert {status for status, _ in answers} == {404}
    assert len({body for _, body in answers}) == 1
    assert "Without proof" in answers[0][1]
    assert house.public.dossiers == {}


@pytest.mark.norm("P3-1c", "bad-input")
async def test_a_request_says_what_is_wanted_and_a_correction_how_it_should_be(house: House) -> None:
    for what, token, field in (("", PROOF, "what"), ("everything", PROOF, "what"), ("access", "", "token")):
        status, body = await _asked(house, what, token)
        assert status == 422
        assert f'id="{field}-error"' in body
    status, body = await _asked(house, "correction")
    assert (status, 'id="words-error"' in body) == (422, True)
    assert house.public.dossiers == {}


@pytest.mark.norm("P3-1c", "behaviour")
async def test_a_refused_request_shows_its_reason(house: House) -> None:
    await _asked(house, "erasure")
    request = house.public.dossiers["rights_request-1"]
    house.public.go(
        request, Wish("rights_request", "refuse", PAT, {"ground": "pending-case", "reason": "an appeal is open"})
    )
    body = (await _page(house, f"/request/{token_of(request.id)}"))[1]
    assert "an appeal is open" in body
    assert "data protection authority" in body


async def test_guesses_are_throttled(house: House) -> None:
    codes = [(await _page(house, f"/request/guess-number-{index:04}"))[0] for index in range(40)]
    assert codes[0] == 404
    assert codes[-1] == 429


@pytest.mark.norm("N4.3-2b", "behaviour")
@pytest.mark.parametrize(("what", "wants"), [("harm-correction", "correction"), ("harm-file", "evidence")])
async def test_whoever_was_harmed_asks_for_a_correction_or_a_file(house: House, what: str, wants: str) -> None:
    assert (await _asked(house, what))[0] == 422
    status, body = await _asked(house, what, words="I lost my job over it")
    assert status == 200
    claim = house.public.dossiers["disclosure-1"]
    assert (claim.fields["wants"], claim.fields["harm"]) == (wants, "I lost my job over it")
    private = f"/request/{token_of(claim.id)}"
    assert private in body
    assert f"{private}/copy" not in (await _page(house, private))[1]
    if wants == "evidence":
        house.public.go(claim, Wish("disclosure", "give-file", PAT, {"digest": "a" * 64}))
        assert f"{private}/copy" in (await _page(house, private))[1]
