"""`!link` in chat: who types a page's code is the account behind that page."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cases.links import Account, LinkBook
from cases.registrar import Registrar
from commands.link import CODE_LENGTH, fresh_links
from commands.parse import CODE, CommandName, parse
from commands.router import Router
from storage.vault import Keys
from tests.commands.scene import BOB, EVE, MASKED, START, Scene, text


@pytest.fixture
def links(scene: Scene) -> LinkBook:
    """The scene's pages show codes of this book."""
    book = fresh_links()
    keys = Keys.ephemeral(b"commands")
    scene.router = Router(scene.storage.log, scene.storage.reader, Registrar(keys), keys, links=book)
    return book


def code_of(links: LinkBook, secret: str, scene: Scene) -> str:
    link = links.look(secret, scene.now)
    assert link is not None
    return link.code


@pytest.mark.norm("N2.1-1b", "behaviour")
@pytest.mark.parametrize("words", ["!link {code}", "绑定 {code}", "！綁定 {code}", "!LINK {code}"])
async def test_the_page_learns_the_account(scene: Scene, links: LinkBook, words: str) -> None:
    page = links.begin(scene.now)
    code = code_of(links, page, scene)
    handled = await scene.give(BOB, words.format(code=code.lower() if "!link" in words else code))
    assert handled.refused is None
    assert code not in text(handled)
    assert links.look(page, scene.now).account == Account("irc", "bob")  # type: ignore[union-attr]


@pytest.mark.norm("N2.1-1b", "bad-input")
async def test_a_wrong_a_used_and_an_old_code_are_answered_alike(scene: Scene, links: LinkBook) -> None:
    used, old = links.begin(scene.now), links.begin(scene.now)
    codes = {"never": "K7ACDEFH", "used": code_of(links, used, scene), "old": code_of(links, old, scene), "odd": "???"}
    await scene.give(BOB, f"!link {codes['used']}")
    scene.wait(timedelta(minutes=11))
    said = set()
    for code in codes.values():
        scene.wait(timedelta(minutes=2))
        handled = await scene.give(EVE, f"!link {code}")
        assert handled.refused == "unknown_link"
        said.add(text(handled))
    assert len(said) == 1


@pytest.mark.norm("N2.1-1b", "bad-input")
async def test_guessing_is_slow_and_nobody_masked_is_linked(scene: Scene, links: LinkBook) -> None:
    page = links.begin(scene.now)
    await scene.give(EVE, "!link K7ACDEFH")
    assert (await scene.give(EVE, f"!link {code_of(links, page, scene)}")).refused == "too_often"
    assert links.look(page, scene.now).account is None  # type: ignore[union-attr]
    assert (await scene.give(MASKED, "!link K7ACDEFH")).refused == "masked"


@pytest.mark.norm("N2.1-1b", "behaviour")
async def test_without_a_code_the_own_links_end(scene: Scene, links: LinkBook) -> None:
    page = links.begin(scene.now)
    await scene.give(BOB, f"!link {code_of(links, page, scene)}")
    assert (await scene.give(BOB, "!link")).refused is None
    assert links.look(page, scene.now) is None


def test_codes_have_the_shape_of_every_code_and_do_not_repeat() -> None:
    book = fresh_links()
    links = [book.look(book.begin(START), START) for _ in range(500)]
    codes = {link.code for link in links if link is not None}
    assert len(codes) == 500
    assert all(CODE.fullmatch(code) and len(code) == CODE_LENGTH for code in codes)
    invocation = parse(f"绑定 {min(codes)}")
    assert invocation is not None
    assert invocation.command is CommandName.LINK
