"""The printable case file: whole, in three languages, escaped, and without anybody who must not be in it."""

from __future__ import annotations

import asyncio
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from bot.case_file import case_file
from bot.case_print import printable
from cases.catalogue import LANGUAGES
from cases.ports import Applied, ByCode
from cases.registrar import Registrar
from cases.rulebook import Rulebook
from cases.signals import told
from storage import open_keys, open_storage
from tests.bot.test_cli import Danmod
from tests.bot.test_cli import danmod as danmod
from tests.cases.matter import NOW, commanded, evidence, reported

EVIL = "<script>alert(1)</script>"


class Seen(HTMLParser):
    """The tags of a page, and whatever it would load."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.loads += [str(value) for name, value in attrs if name in ("src", "href", "action")]


async def file_of(text: str) -> dict[str, Any]:
    keys = await open_keys(Path("danmod.keys"), "sqlite:///danmod.db")
    async with open_storage("sqlite:///danmod.db", keys=keys) as storage:
        registrar = Registrar(keys)
        made = reported("p-MARK", note=EVIL, evidence=evidence(text))
        answer = await storage.log.apply(ByCode("-"), registrar.report(made, NOW))
        assert isinstance(answer, Applied), answer
        await storage.log.apply(ByCode(answer.state.code), registrar.measure(commanded(reason=EVIL), NOW))
        found = await case_file(storage.reader, answer.state.code)
    assert found is not None
    return found


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.norm("N1.3-4", "behaviour")
def test_a_file_prints_whole_and_nobody_is_in_it(
    language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    document = asyncio.run(file_of(f"buy now {EVIL}"))
    page = printable(document, language, Rulebook())
    seen = Seen()
    seen.feed(page)
    assert seen.loads == []
    assert "script" not in seen.tags
    assert "p-MARK" not in page
    assert "buy now &lt;script&gt;" in page
    for entry in document["history"]:
        assert f"<td>{entry['seq']}</td>" in page
    assert document["case"]["code"] in page


def test_an_erased_entry_is_a_row_like_any(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    document = asyncio.run(file_of("buy now"))
    document["history"].append({"seq": 99, "entry": "erased"})
    document["evidence"] = []
    page = printable(document, "en", Rulebook())
    assert "erased" in page
    assert "No line is kept" in page


def test_danmod_cases_export_html(danmod: Danmod, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('language = "zh-CN"\n')
    code = asyncio.run(file_of("buy now"))["case"]["code"]
    page = danmod("cases", "export", code, "--html").out
    assert page[page.index("<!doctype") :].startswith('<!doctype html>\n<html lang="zh-CN">')
    assert f"案件 {code}" in page
    assert "no case" in danmod("cases", "export", "ZZZZ", "--html", code=1).out.lower()


def test_what_a_check_saw_is_told_in_the_readers_language(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    document = asyncio.run(file_of("buy now"))
    fact = told((("same", "6"), ("limit", "3")))
    document["evidence"][0]["facts"] = [fact]
    document["statements"][0]["facts"] = [fact, "he was rude"]
    assert printable(document, "en", Rulebook()).count("the same text 6 times; the limit is 3") == 2
    page = printable(document, "zh-CN", Rulebook())
    assert page.count("同一句话 6 遍；上限是 3") == 2
    assert "he was rude" in page
