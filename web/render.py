"""From a template to an answer, in the visitor's language."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from cases.collection import NOTICE_VERSION
from web.shown import shown, shown_name
from web.texts import Texts, choose, texts

LANGUAGE_NAMES = {"en": "English", "zh-CN": "简体中文", "zh-TW": "繁體中文"}
TEMPLATES = Path(__file__).parent / "templates"


def page(request: web.Request, template: str, *, status: int = 200, **values: object) -> web.Response:
    """Render a template; it finds ``t`` (the texts), ``link`` (an own path that keeps the language) and ``lang``."""
    words = words_for(request)
    html = (
        _environment()
        .get_template(template)
        .render(t=words, lang=words.language, link=_linker(request), others=_others(request, words), **values)
    )
    return web.Response(text=html, status=status, content_type="text/html", charset="utf-8")


def words_for(request: web.Request) -> Texts:
    """The catalogue this visitor reads."""
    return texts(choose(request.query.get("lang"), request.headers.get("Accept-Language", "")))


def _linker(request: web.Request) -> object:
    asked = request.query.get("lang")
    chosen = choose(asked, "") if asked else None

    def link(path: str, **query: object) -> str:
        wanted = {name: value for name, value in query.items() if value not in (None, "")}
        if chosen and "lang" not in wanted:
            wanted["lang"] = chosen
        return f"{path}?{urlencode(wanted)}" if wanted else path

    return link


def _others(request: web.Request, words: Texts) -> list[tuple[str, str, str]]:
    """This page in the other languages: tag, name in that language, address; none for the answer to a post, which a
    link cannot ask for again."""
    if request.method == "POST":
        return []
    kept = {name: request.query[name] for name in ("room", "message", "key", "token") if name in request.query}
    return [
        (language, name, f"{request.rel_url.raw_path}?{urlencode({**kept, 'lang': language})}")
        for language, name in LANGUAGE_NAMES.items()
        if language != words.language
    ]


def _stamp(at: datetime | float | None, clock_only: bool = False) -> Markup:
    """An instant as a time element, in UTC; a script of ours turns it into the visitor's own time."""
    if at is None:
        return Markup("—")
    instant = (datetime.fromtimestamp(at, UTC) if isinstance(at, int | float) else at.astimezone(UTC)).replace(
        microsecond=0
    )
    words = f"{instant:%H:%M:%S}" if clock_only else f"{instant:%Y-%m-%d %H:%M} UTC"
    kind = "clock" if clock_only else "full"
    return Markup('<time datetime="{}" data-time="{}">{}</time>').format(
        instant.isoformat().replace("+00:00", "Z"), kind, words
    )


def span_words(span: timedelta, words: Texts) -> str:
    """A span in its two largest units: "2 h 5 min"."""
    seconds = max(0, int(span.total_seconds()))
    parts = (("days", seconds // 86400), ("hours", seconds // 3600 % 24), ("minutes", seconds // 60 % 60))
    told = [words(f"span.{unit}", n=amount) for unit, amount in parts if amount][:2]
    return " ".join(told) or words("span.seconds", n=seconds)


def _person(name: str) -> Markup:
    return Markup("<bdi>{}</bdi>").format(shown_name(name))


def _line(text: str) -> Markup:
    return Markup('<bdi class="line-text">{}</bdi>').format(escape(shown(text)))


_cache: list[Environment] = []


def _environment() -> Environment:
    if not _cache:
        made = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        made.globals.update(notice_version=NOTICE_VERSION)
        made.filters.update(stamp=_stamp, person=_person, line=_line, span=span_words)
        _cache.append(made)
    return _cache[0]
