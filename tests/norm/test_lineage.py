"""Who pays is unknown to whoever judges (norm P6-1): no field, no import, no word leads from a paid status to a review."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from streams import events
from streams.bilibili.decode import Decoder
from tests.streams.bilibili.samples import FACTS, NOW_S, captured, encoded
from tests.streams.bilibili.test_decode import COLLECTIONS

ROOT = Path(__file__).parents[2]
REVIEW = ("cases", "web", "storage", "commands", "ratelimit")
MONEY = re.compile(
    r"(?i)(?:^|_)(?:gift|medal|guard_?level|fans?_?club|tier|subscriber|subscription|donation|donor|sponsor_?level|revenue|"
    r"price|superchat|super_chat|vip|svip|noble|honou?r_?level|wealth|coins?|bits_?(?:used|given)|paid_(?:status|amount|level))(?:s|$|_)"
)
PAID: dict[str, Any] = {
    "paid_tier": 9,
    "guard_level": 3,
    "privilege_type": 1,
    "fans_medal": {"medal_name": "PAIDMARK", "medal_level": 40},
    "wealth": {"level": 60, "name": "PAIDMARK"},
    "sponsor_badge": "PAIDMARK",
}


def _structs() -> Iterator[type[msgspec.Struct]]:
    for value in vars(events).values():
        if isinstance(value, type) and issubclass(value, msgspec.Struct) and value is not msgspec.Struct:
            yield value


@pytest.mark.norm("P6-1", "behaviour")
def test_no_event_that_comes_in_has_a_field_for_money() -> None:
    fields = [f"{kind.__name__}.{name}" for kind in _structs() for name in kind.__struct_fields__]
    assert "Message.text" in fields
    assert [name for name in fields if MONEY.search(name.partition(".")[2])] == []


def _names(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(attr=name) | ast.Name(id=name) | ast.arg(arg=name) | ast.FunctionDef(name=name):
                yield name
            case ast.keyword(arg=str(name)):
                yield name


@pytest.mark.norm("P6-1", "behaviour")
@pytest.mark.parametrize("package", REVIEW)
def test_the_code_that_judges_knows_no_name_for_money_and_no_platforms_payload(package: str) -> None:
    found, imported = [], []
    for file in sorted((ROOT / package).rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        found += [f"{file.name}: {name}" for name in _names(tree) if MONEY.search(name)]
        for node in ast.walk(tree):
            modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            modules += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            imported += [
                f"{file.name}: {name}" for name in modules if re.match(r"streams\.(?!events$|platform$)", name)
            ]
    assert found == []
    assert imported == [], "only events and what a platform can do: never a platform's own folder"


@pytest.mark.norm("P6-1", "bad-input")
def test_a_new_paid_field_in_a_platforms_payload_changes_nothing_that_comes_in() -> None:
    compared = 0
    for collection in COLLECTIONS:
        for source, body in captured(collection):
            plain = Decoder(FACTS).decode(encoded(body), NOW_S)
            paid = Decoder(FACTS).decode(encoded(_paying(body)), NOW_S)
            assert paid == plain, source
            assert "PAIDMARK" not in str(paid)
            compared += len(plain)
    assert compared > 100


def _paying(body: dict[str, Any]) -> dict[str, Any]:
    """The same body from somebody who pays, by fields nobody has seen yet, wherever a table stands."""
    changed: dict[str, Any] = json.loads(json.dumps(body))
    for place in (changed, changed.get("data")):
        if isinstance(place, dict):
            place.update({name: value for name, value in PAID.items() if name not in place})
    return changed
