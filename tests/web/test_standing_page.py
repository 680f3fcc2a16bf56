"""The private page of a finding about one's own reports: what, why, until when, and an objection in one field."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from cases.catalogue import LANGUAGES
from cases.docket import Wish
from cases.dossier import Dossier
from cases.model import Actor, ActorKind
from tests.web.house import House
from tests.web.public_house import token_of

OLA = Actor(ActorKind.MODERATOR, "ola", "Ola")
REASONS = "of lines that were never written"


def finding(house: House) -> Dossier:
    """A step in force."""
    fields: dict[str, Any] = {
        "proposed": "warning", "reasons": REASONS, "cases": ["A7K2"], "false_reports": 3, "share": 1, "gravity": "g",
        "intent": "i", "closed_at": datetime.fromtimestamp(house.clock(), UTC),
    }  # fmt: skip
    found = house.public.go(None, Wish("standing", "find", OLA, fields, about_id="p-secret"))
    assert isinstance(found, Dossier), found
    confirmed = house.public.go(found, Wish("standing", "confirm", OLA, {"step": "warning"}))
    assert isinstance(confirmed, Dossier), confirmed
    return confirmed


@pytest.mark.norm("N4.3-2a", "behaviour")
@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_person_reads_why_and_objects(house: House, language: str) -> None:
    path = f"/standing/{token_of(finding(house).id)}"
    async with house.session.get(f"{path}?lang={language}") as answer:
        body = await answer.text()
        assert answer.status == 200
    assert REASONS in body
    assert "p-secret" not in body
    form = {"key": "k" * 32, "step": "appeal", "objection": "they were real"}
    async with house.session.post(path, data=form, headers={"Origin": house.url}, allow_redirects=False) as answer:
        assert answer.status == 303
    assert house.public.dossiers["standing-1"].status == "appealed"
    async with house.session.get(path) as answer:
        assert "objection" not in await answer.text()


@pytest.mark.norm("N4.3-2a", "bad-input")
async def test_an_empty_objection_and_a_wrong_token_change_nothing(house: House) -> None:
    dossier, ours = finding(house), {"Origin": house.url}
    async with house.session.post(f"/standing/{token_of(dossier.id)}", data={"key": "k" * 32}, headers=ours) as answer:
        assert answer.status == 422
    async with house.session.get("/standing/s-nobody-has-this-token") as answer:
        assert answer.status == 404
    async with house.session.get(f"/complaint/{token_of(dossier.id)}") as answer:
        assert answer.status == 404
    assert house.public.dossiers[dossier.id].status == "in-force"
