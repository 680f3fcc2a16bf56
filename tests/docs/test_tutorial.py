"""The tutorial is true: what it says in its ``chat`` blocks is said in a real demo, and danmod answers as written."""

from __future__ import annotations

import re
from contextlib import AsyncExitStack
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.contracts.platforms import eventually
from tests.contracts.sandbox_harness import SandboxViewer, visiting
from tests.docs.generated import ROOT
from tests.screenshots import demo

BLOCK = re.compile(r"^```chat\n(.*?)^```$", re.DOTALL | re.MULTILINE)
CODE = r"(?P<code>[A-Z][0-9][A-Z0-9]{2,6})"


def script(page: str) -> list[tuple[str, str]]:
    """Who says what, in the order of the page."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    lines = [line for block in BLOCK.findall(text) for line in block.splitlines()]
    return [(name, said) for name, _, said in (line.partition(": ") for line in lines)]


def is_free(person: SandboxViewer) -> bool:
    """True when no mute runs."""
    return len(person.of_kind("silenced")) == len(person.of_kind("freed"))


class Stage:
    """The demo's people, and what danmod has said."""

    def __init__(self, url: str, people: AsyncExitStack) -> None:
        self._server = cast(Any, SimpleNamespace(url=url.rstrip("/")))
        self._people = people
        self._known: dict[str, SandboxViewer] = {}
        self._code = "CODE"

    async def play(self, name: str, text: str) -> None:
        """One line of the script: said by its person, or heard from danmod."""
        if name == "danmod":
            await self._hear(text)
            return
        person = await self.person(name)
        await eventually(lambda: is_free(person), what=f"{name} may speak")
        said = text.replace("CODE", self._code)
        await person.say(said)
        await eventually(
            lambda: any(frame["text"] == said for frame in person.of_kind("message")), what=f"{name} says {said!r}"
        )

    async def _hear(self, text: str) -> None:
        pattern = re.compile(re.escape(text).replace("CODE", CODE, 1))
        answers = (await self.person("mod")).of_kind

        def answer() -> re.Match[str] | None:
            spoken = [str(f["text"]) for f in answers("message") if cast(Any, f["sender"])["name"] == "danmod"]
            return next((found for said in spoken if (found := pattern.fullmatch(said))), None)

        heard = await eventually(answer, what=f"danmod says {text!r}")
        self._code = heard["code"] if heard else ""

    async def person(self, name: str) -> SandboxViewer:
        if name not in self._known:
            self._known[name] = await self._people.enter_async_context(visiting(self._server, name))
        return self._known[name]


@pytest.mark.parametrize(("page", "language"), [("tutorial.md", "en"), ("zh-CN/tutorial.md", "zh-CN")])
async def test_the_tutorial_happens_as_it_is_told(page: str, language: str) -> None:
    lines = script(page)
    assert [name for name, _ in lines] == ["Max", "Rin", "mod", "danmod", "Max", "danmod", "mod", "danmod"]
    async with demo("--language", language) as addresses, AsyncExitStack() as people:
        stage = Stage(addresses.chat, people)
        await stage.person("mod")
        for name, text in lines:
            await stage.play(name, text)
