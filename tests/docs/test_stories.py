"""The stories are told in danmod's own words: every line it says in them is a text of the catalogue, filled in."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from cases.catalogue import catalogue
from commands.parse import parse
from tests.docs.generated import ROOT
from tests.docs.test_tutorial import BLOCK

PAGES = [("docs/stories.md", "en"), ("docs/zh-CN/stories.md", "zh-CN")]
STATEMENT = r"( http://\S+/statement/\w+)?"


def lines(page: str) -> Iterator[tuple[str, str]]:
    """Who says what, to whomever."""
    for block in BLOCK.findall((ROOT / page).read_text(encoding="utf-8")):
        for line in block.splitlines():
            who, _, said = line.partition(": ")
            yield who.partition("→")[0], said


def patterns(language: str) -> list[re.Pattern[str]]:
    """Everything danmod can say in a chat, with any words in its places."""
    texts = [text for key, text in catalogue(language).items() if key.startswith(("chat.", "notice."))]
    return [re.compile(re.sub(r"\\\{\w+\\\}", ".+", re.escape(text)) + STATEMENT) for text in texts]


@pytest.mark.parametrize(("page", "language"), PAGES)
def test_danmod_says_what_it_says(page: str, language: str) -> None:
    known = patterns(language)
    said = [text for who, text in lines(page) if who == "danmod"]
    assert len(said) > 10
    assert [text for text in said if not any(pattern.fullmatch(text) for pattern in known)] == []


@pytest.mark.parametrize(("page", "language"), PAGES)
def test_people_type_commands_that_there_are(page: str, language: str) -> None:
    typed = [text for who, text in lines(page) if who != "danmod" and text.startswith("!")]
    assert len(typed) > 8
    assert [text for text in typed if parse(text) is None] == []


@pytest.mark.parametrize(("page", "language"), PAGES)
def test_each_names_its_test(page: str, language: str) -> None:
    named = re.findall(r"`(tests/journeys/test_story_\w+\.py)`", (ROOT / page).read_text(encoding="utf-8"))
    assert sorted(named) == sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("tests/journeys/test_story_*.py"))
