"""Files in a form: read within their limits, told apart by their first bytes, never shown inline (norm N2.1-2a)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from urllib.parse import quote

from aiohttp import BodyPartReader, web

from web.forms import BODY_CAP, FIELDS_CAP, Draft, admit, check_key, posted
from web.shown import shown
from web.views import GivenFile, Upload

FILE_CAP = 2 * 1024 * 1024
"""Largest file, in bytes."""
FILES = 3
TOTAL_CAP = 16 * 1024 * 1024
"""Beyond so many bytes in all, a body is not read to its end: what was typed cannot be kept then."""
NAME_CAP = 80
SECONDS = 120.0
"""A telephone may send slowly."""
_KINDS = (
    ("image/png", re.compile(rb"\x89PNG\r\n\x1a\n")),
    ("image/jpeg", re.compile(rb"\xff\xd8\xff")),
    ("image/webp", re.compile(rb"RIFF....WEBP", re.DOTALL)),
    ("application/pdf", re.compile(rb"%PDF-1\.|%PDF-2\.")),
)


def media_type(content: bytes) -> str | None:
    """What a file is by its first bytes; None for anything but PNG, JPEG, WebP and PDF."""
    return next((kind for kind, begins in _KINDS if begins.match(content)), None)


async def posted_with_files(request: web.Request) -> tuple[Draft, tuple[Upload, ...]]:
    """A posted form that may carry files. What is wrong with a file stands in the draft, under ``file``.

    Raises 403, 429, 413, 415 and 408, as `web.forms.posted`.
    """
    if request.content_type != "multipart/form-data":
        return await posted(request), ()
    admit(request)
    if (request.content_length or 0) > TOTAL_CAP:
        raise web.HTTPRequestEntityTooLarge(TOTAL_CAP, request.content_length or 0)
    try:
        async with asyncio.timeout(SECONDS):
            draft, files = await _parts(request)
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    except (ValueError, AssertionError):  # a broken boundary, a part without an end
        raise web.HTTPUnsupportedMediaType from None
    check_key(request, draft)
    return draft, files


async def _parts(request: web.Request) -> tuple[Draft, tuple[Upload, ...]]:
    fields: dict[str, str] = {}
    files: list[Upload] = []
    draft, typed = Draft(fields), 0
    async for part in _each(request):
        if part.filename is None:
            content = await _content(part, BODY_CAP + 1)
            typed += len(content)
            if typed > BODY_CAP or len(fields) > FIELDS_CAP:
                raise web.HTTPRequestEntityTooLarge(BODY_CAP, typed)
            text = content.decode("utf-8", "replace").replace("\x00", "\ufffd").replace("\r\n", "\n")
            fields.setdefault(part.name or "", text)
        else:
            _take(draft, files, part.filename, await _content(part, FILE_CAP + 1))
    return draft, tuple(files)


async def _each(request: web.Request) -> AsyncIterator[BodyPartReader]:
    reader = await request.multipart()
    while (part := await reader.next()) is not None:
        if isinstance(part, BodyPartReader):
            yield part


async def _content(part: BodyPartReader, most: int) -> bytes:
    """At most so many bytes of a part; the rest is read and dropped, so that what follows can be read."""
    kept, seen = bytearray(), 0
    while chunk := await part.read_chunk(64 * 1024):
        seen += len(chunk)
        kept += chunk[: most - len(kept)]
        if seen > TOTAL_CAP:
            raise web.HTTPRequestEntityTooLarge(TOTAL_CAP, seen)
    return bytes(kept)


def _take(draft: Draft, files: list[Upload], name: str, content: bytes) -> None:
    """Keep a file that is fit, else say what is wrong. A field left empty is no file."""
    if not name and not content:
        return
    kind = media_type(content)
    if len(content) > FILE_CAP:
        draft.errors["file"] = "intake.error.file_large"
    elif kind is None:
        draft.errors["file"] = "intake.error.file_kind"
    elif len(files) >= FILES:
        draft.errors["file"] = "intake.error.file_many"
    else:
        files.append(Upload(_safe(name), kind, content))


def _safe(name: str) -> str:
    """The last part of a file's name, made fit for showing."""
    return shown(re.split(r"[/\\]", name)[-1], NAME_CAP).strip() or "file"


def handed_out(file: GivenFile) -> web.Response:
    """The answer that hands a file out: to be saved, never opened in place, with no right to do anything."""
    name = quote(file.name, safe="")
    return web.Response(
        body=file.content,
        headers={
            "Content-Type": "application/octet-stream",
            "Content-Disposition": f"attachment; filename=\"file\"; filename*=UTF-8''{name}",
            "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
        },
    )
