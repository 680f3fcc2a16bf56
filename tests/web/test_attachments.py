"""Files with a report: told apart by their first bytes, bounded, refused with a reason, and nothing typed is lost."""

from __future__ import annotations

from html import unescape
from io import BytesIO

import aiohttp
import pytest

from tests.web.house import House
from tests.web.test_forms import GOOD
from web.attachments import FILE_CAP, handed_out, media_type
from web.views import GivenFile

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 50
JPEG = b"\xff\xd8\xff\xe0" + b"0" * 50
WEBP = b"RIFF\x00\x00\x00\x00WEBPVP8 " + b"0" * 50
PDF = b"%PDF-1.7\n" + b"0" * 50


async def _send(house: House, *files: tuple[str, bytes], **changed: str) -> tuple[int, str]:
    data = aiohttp.FormData(default_to_multipart=True)
    for name, value in {**GOOD, **changed}.items():
        data.add_field(name, value)
    for name, content in files:
        data.add_field("file", BytesIO(content), filename=name, content_type="image/png")
    async with house.session.post("/report", data=data, headers={"Origin": house.url}) as answer:
        return answer.status, await answer.text()


@pytest.mark.norm("N2.1-2a", "behaviour")
async def test_screenshots_come_with_the_report_by_what_they_are(house: House) -> None:
    status, _ = await _send(house, ("a.png", PNG), ("b.txt", JPEG), ("c", WEBP))
    assert status == 200
    assert [file.media_type for file in house.reports[0].files] == ["image/png", "image/jpeg", "image/webp"]
    assert (await _send(house, ("d.pdf", PDF)))[0] == 200
    assert house.reports[1].files[0].content == PDF
    assert (await _send(house, ("", b"")))[0] == 200, "a file field left empty is no file"
    assert house.reports[2].files == ()


@pytest.mark.norm("N2.1-2a", "bad-input")
@pytest.mark.parametrize(
    ("files", "why"),
    [
        pytest.param([("a.png", PNG + b"0" * FILE_CAP)], "2 MB at most", id="large"),
        ([("a.png", b"<svg onload=alert(1)>")], "Only PNG, JPEG, WebP and PDF"),
        ([("a.png", b"MZ\x90\x00")], "Only PNG, JPEG, WebP and PDF"),
        ([("a.png", b"<html>" + PNG)], "Only PNG, JPEG, WebP and PDF"),
        ([("a.png", b"")], "Only PNG, JPEG, WebP and PDF"),
        ([(f"{n}.png", PNG) for n in range(4)], "Three files at most"),
    ],
)
async def test_an_unfit_file_is_refused_with_its_reason_and_the_draft_is_kept(
    house: House, files: list[tuple[str, bytes]], why: str
) -> None:
    status, body = await _send(house, *files)
    body = unescape(body)
    assert (status, house.reports) == (422, [])
    assert why in body
    assert 'id="file-error"' in body
    assert "choose your files once more" in body
    assert GOOD["note"] in body
    assert GOOD["quote"] in body


@pytest.mark.norm("N2.1-2a", "bad-input")
async def test_a_body_beyond_all_bounds_is_413(house: House) -> None:
    data = BytesIO(b"--x\r\n" + b"0" * (17 * 1024 * 1024))
    headers = {"Origin": house.url, "Content-Type": "multipart/form-data; boundary=x"}
    try:
        async with house.session.post("/report", data=data, headers=headers) as answer:
            assert answer.status == 413
    except aiohttp.ClientConnectionError:
        pass  # the server stopped reading
    assert house.reports == []


async def test_a_form_of_another_site_may_not_send_files_either(house: House) -> None:
    data = aiohttp.FormData(default_to_multipart=True)
    for name, value in GOOD.items():
        data.add_field(name, value)
    async with house.session.post("/report", data=data, headers={"Origin": "https://evil.example"}) as answer:
        assert answer.status == 403
    async with house.session.post("/report", data=data) as answer:
        assert answer.status == 403, "neither origin nor key"


def test_first_bytes_decide() -> None:
    assert [media_type(content) for content in (PNG, JPEG, WEBP, PDF)] == [
        "image/png",
        "image/jpeg",
        "image/webp",
        "application/pdf",
    ]
    assert media_type(b"GIF89a") is None
    assert media_type(b"") is None


@pytest.mark.norm("N2.1-2a", "bad-input")
@pytest.mark.parametrize("name", ['a"b.png', "a\r\nSet-Cookie: x=y", "名字.png", "../../etc/passwd"])
def test_a_file_is_handed_out_only_to_be_saved_whatever_its_name(name: str) -> None:
    headers = handed_out(GivenFile(name, "image/png", PNG)).headers
    assert headers["Content-Disposition"].startswith('attachment; filename="file"; ')
    assert "\r" not in headers["Content-Disposition"]
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["Content-Security-Policy"].startswith("sandbox;")
