"""A case file as one printable HTML page: no script, nothing loaded from anywhere, every word escaped."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from cases.catalogue import catalogue, say
from cases.categories import category
from cases.rulebook import Rulebook
from cases.signals import retold

_TEMPLATES = Path(__file__).parent / "templates"


def printable(document: dict[str, Any], language: str, book: Rulebook) -> str:
    """The page of a case's file (`bot.case_file`) in a language. ``book`` gives the rules their words.

    What stands in the file stands on the page: no reporter can be recognised, disclosed personal data is masked.
    """
    texts = catalogue(language)

    def word(area: str, key: str) -> str:
        return texts.get(f"web.{area}.{key}", key)

    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["when"] = _when
    case = document["case"]
    return made.get_template("case_file.html").render(
        file=document,
        case=case,
        lang=language,
        t=lambda key, **values: say(language, f"file.{key}", **values),
        word=word,
        told=lambda fact: retold(fact, language),
        rule=book.told(case["rule"], case["policy_version"], language),
        category=category(case["category"]).label(language),
    )


def _when(instant: str | datetime | None) -> Markup:
    """An instant as people read it, in UTC; a dash where there is none."""
    if not instant:
        return Markup("–")
    at = datetime.fromisoformat(instant) if isinstance(instant, str) else instant
    return Markup('<time datetime="{}">{} UTC</time>').format(at.isoformat(), f"{at:%Y-%m-%d %H:%M:%S}")
