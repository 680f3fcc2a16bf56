"""Catalogues: same keys, same placeholders, nothing that a template wants is missing."""

from __future__ import annotations

import re

import pytest

from cases.catalogue import LANGUAGES
from cases.categories import CATEGORIES
from cases.model import ActionKind, AppealStatus, CaseStatus, MeasureStatus, Mode
from cases.sentence import Measure, Severity
from streams.events import FeedState
from web.render import TEMPLATES
from web.texts import choose, texts


def test_every_text_a_template_names_exists() -> None:
    for template in TEMPLATES.glob("*.html"):
        for key in re.findall(r'\bt\("([a-z_.0-9]+[a-z0-9_])"', template.read_text(encoding="utf-8")):
            assert key in texts("en").all or any(known.startswith(f"{key}.") for known in texts("en").all), key


@pytest.mark.norm("P3-3", "behaviour")
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_has_a_plain_word(language: str) -> None:
    known = texts(language).all
    wanted = [
        *(f"{group}.{status}" for status in CaseStatus for group in ("progress", "status")),
        *(f"status.{status}" for status in AppealStatus),
        *(f"measure.{measure}" for measure in Measure),
        *(f"severity.{severity}" for severity in Severity),
        *(f"outcome.{status}" for status in MeasureStatus),
        *(f"action.{kind}" for kind in ActionKind),
        *(f"mode.{mode}" for mode in Mode),
        *(f"state.{state.value}" for state in FeedState),
        *(f"branch.{category.branch}" for category in CATEGORIES),
    ]
    assert [key for key in wanted if key not in known] == []


@pytest.mark.parametrize(
    ("asked", "accepted", "language"),
    [
        (None, "", "en"),
        (None, "zh-TW,zh;q=0.9,en;q=0.8", "zh-TW"),
        (None, "fr,en;q=0.5,zh;q=0.7", "zh-CN"),
        (None, "en;q=0,zh;q=0.1", "zh-CN"),
        (None, "xx;q=many,;;,", "en"),
        ("zh", "en", "zh-CN"),
        ("ZH-cn", "en", "zh-CN"),
        ("../../etc/passwd", "zh", "zh-CN"),
        ("klingon", "", "en"),
    ],
)
@pytest.mark.fault("X30")
def test_the_language_is_asked_for_or_negotiated(asked: str | None, accepted: str, language: str) -> None:
    assert choose(asked, accepted) == language


@pytest.mark.fault("X21")
def test_a_language_is_no_path() -> None:
    with pytest.raises(KeyError):
        texts("../locale/en")
