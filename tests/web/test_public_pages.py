"""What everybody may know, and the boxes: readable without account or scripts, honest about what is missing."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from html import unescape

import pytest

from cases.catalogue import LANGUAGES, catalogue
from cases.deadlines import TERMS
from cases.docket import Wish
from cases.dossiers import KINDS
from cases.dossiers.complaint import figures
from cases.dossiers.public_note import Shown
from cases.dossiers.standard import checklist
from cases.model import Profile
from cases.ports import DeadlineCount
from cases.statistics import Gap, Period, period, published
from tests.cases.dossiers.matters import OLA, VERA, Matters
from tests.web.house import House, a_case
from web.public_pages import RELAXED
from web.public_views import Controller, FiguresView, RuleView, SupervisionView


async def _get(house: House, path: str, status: int = 200) -> str:
    async with house.session.get(path, allow_redirects=False) as answer:
        body = await answer.text()
        assert answer.status == status, (path, answer.status, body[:300])
        return unescape(body)


def _may() -> Period:
    """A month with a gap and hardly a case."""
    since, until = datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)
    return period([a_case()], [], since, until, [Gap(since, since + timedelta(hours=1))])


def _note(text: str) -> Shown:
    return Shown("public-note-1", text, text, date(2026, 5, 4), "", text, overturned=False, withdrawn=False)


@pytest.mark.norm("N4.2-1", "behaviour")
@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_public_page_needs_no_account_and_no_script(house: House, language: str) -> None:
    body = await _get(house, f"/public?lang={language}")
    words = catalogue(language)
    for part in ("rules", "heard", "who", "numbers", "notes", "standards", "size"):
        assert f'id="{part}"' in body
        assert words[f"public.{part}"] in body
    for way in ("/report", "/appeal", "/public/complaints", "/public/concerns", "/rights/request", "/privacy"):
        assert f'href="{way}?lang={language}"' in body
    assert re.findall(r"<script[^>]*>", body) == ['<script src="/static/times.js" defer>']
    assert "onclick" not in body


@pytest.mark.norm("N4.2-1", "behaviour")
async def test_every_page_leads_to_the_public_page(house: House) -> None:
    for path in ("/", "/report", "/appeal", "/rights", "/privacy", "/public/complaints", "/public/concerns"):
        assert 'href="/public"' in await _get(house, path)


@pytest.mark.norm("P2-1", "behaviour")
async def test_the_controller_is_named_and_the_duties_are_divided(house: House) -> None:
    for path in ("/public", "/privacy"):
        assert "ask the streamer" in await _get(house, path)
    named = Controller("Danmaku Ltd", "privacy@chat.example")
    house.public.shown = replace(house.public.shown, profile=Profile.PLATFORM, controller=named)
    for path in ("/public", "/privacy"):
        body = await _get(house, path)
        assert "Danmaku Ltd" in body
        assert "privacy@chat.example" in body
        assert "ask the streamer" not in body
    for language in LANGUAGES:
        body = await _get(house, f"/privacy?lang={language}")
        for who in ("operator", "streamer", "platform", "claims"):
            assert catalogue(language)[f"public.duty.{who}"] in body


@pytest.mark.parametrize("profile", Profile)
async def test_what_the_size_of_the_team_relaxes_is_printed(house: House, profile: Profile) -> None:
    house.public.shown = replace(house.public.shown, profile=profile)
    body = await _get(house, "/public")
    relaxed = {key for key in catalogue("en") if key.startswith("public.relaxed.")}
    assert {f"public.relaxed.{item}" for items in RELAXED.values() for item in items} == relaxed
    for key in relaxed:
        assert (catalogue("en")[key] in body) is (key.rpartition(".")[2] in RELAXED[profile])


@pytest.mark.norm("P5-1", "behaviour")
@pytest.mark.norm("P5-1", "bad-input")
async def test_points_of_standards_that_are_not_met_are_public(house: House) -> None:
    matters = Matters()
    at = matters.now.isoformat()
    for point, claim, evidence in (
        ("we encrypt backups", "met", {}),
        ("we keep logs", "met", {"evidence": "https://docs.example/a", "evidence_at": at}),
    ):
        one = matters.begin("standard", "adopt", OLA, standard="data life cycle", point=point)
        matters.go(one, "assess", OLA, claim=claim, **evidence)
    points = tuple(matters.dossiers.values())
    house.public.shown = replace(house.public.shown, standards=checklist(points, matters.now))
    body = await _get(house, "/public")
    assert re.search(r"not met</span>\s*we encrypt backups", body)
    assert re.search(r"shown-met\">met</span>\s*we keep logs", body)
    old = checklist(points, matters.now + timedelta(days=184))
    house.public.shown = replace(house.public.shown, standards=old)
    assert re.search(r"shown-expired\">evidence too old</span>\s*we keep logs", await _get(house, "/public"))


@pytest.mark.norm("P1-5", "behaviour")
@pytest.mark.norm("N4.2-1", "behaviour")
async def test_numbers_are_shown_and_no_text_of_anybody(house: House) -> None:
    matters = Matters()
    complaint = matters.begin("complaint", "receive", VERA, text="MARK-complaint")
    concern = matters.begin("concern", "receive", VERA, text="MARK-concern")
    house.public.shown = replace(
        house.public.shown,
        complaints=figures([complaint], missed={complaint.id}),
        concerns=[concern],
        deadlines=[DeadlineCount("complaint_first", 5, 3, 1, 2, 0)],
        figures=FiguresView(published(_may()), "/f.json"),
        notes=[_note("A mute was set aside.")],
        rules=(RuleView("R9", {"en": "no shouting", "zh-CN": "禁止大喊"}),),
        rules_version="7",
    )
    body = await _get(house, "/public")
    for shown in (
        "concern-2",
        "A mute was set aside.",
        "corrected",
        "no shouting",
        "Version 7",
        "<5",
        "partial",
        "By severity",
    ):
        assert shown in body
    assert "First answer to a complaint" in body
    assert "MARK" not in body
    assert "禁止大喊" in await _get(house, "/public?lang=zh-CN")


def test_every_state_and_deadline_has_its_words() -> None:
    tokened = [kind for kind in KINDS.values() if kind.name in ("complaint", "concern", "rights_request", "disclosure")]
    states = {state for kind in tokened for state in kind.machine.states}
    wanted = {f"public.{group}.{state}" for state in states for group in ("status", "progress")}
    wanted |= {f"public.deadline.{key}" for key in TERMS}
    for language in LANGUAGES:
        assert sorted(wanted - set(catalogue(language))) == []


@pytest.mark.norm("P4-2", "behaviour")
@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_rights_page_is_readable_without_login_and_gives_examples(house: House, language: str) -> None:
    body = await _get(house, f"/rights?lang={language}")
    words = catalogue(language)
    for key in ("web.rights.good", "web.rights.good_appeal", "public.rights.weak", "public.rights.weak_appeal"):
        assert words[key] in body
    assert f'href="/rights/request?lang={language}"' in body


@pytest.mark.norm("P4-2", "deadline")
async def test_the_rights_page_follows_each_version_of_the_rules(house: House) -> None:
    house.public.shown = replace(
        house.public.shown,
        rules=(RuleView("R9", {"en": "no shouting"}),),
        rules_version="8",
        rules_since=datetime(2026, 6, 1, tzinfo=UTC),
    )
    body = await _get(house, "/rights")
    assert "Version 8" in body
    assert "no shouting" in body
    assert "2026-06-01" in body


AREAS = ["web.rights.", "public.rights.", "public.complaint.", "public.concern.", "public.request."]
LONGEST = {"en": 14, "zh-CN": 24, "zh-TW": 24}
"""Mean length of a sentence: words in English, characters in Chinese."""


@pytest.mark.norm("P4-2", "behaviour")
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("area", AREAS)
def test_the_pages_about_rights_are_easy_to_read(language: str, area: str) -> None:
    texts = [text for key, text in catalogue(language).items() if key.startswith(area)]
    sentences = [part for text in texts for part in re.split(r"[.!?。！？:：]+[\s\"”」]*", text) if part.strip()]
    units = [len(part.split()) if language == "en" else len(part) for part in sentences]
    assert sum(units) / len(units) <= LONGEST[language]
    assert max(units) <= 3 * LONGEST[language]


async def test_a_strange_rule_or_note_cannot_break_the_page(house: House) -> None:
    evil = "<img src=x onerror=alert(1)>"
    note = _note(evil)
    house.public.shown = replace(
        house.public.shown, controller=Controller(evil, evil), notes=[note], rules=(RuleView("R1", {"en": evil}),)
    )
    async with house.session.get("/public") as answer:
        assert evil not in await answer.text()


def test_a_wish_from_the_web_is_a_viewers() -> None:
    assert Wish("complaint", "receive", VERA, {}).by.kind == "viewer"


@pytest.mark.norm("N4.1-2", "behaviour")
async def test_published_months_are_files_for_programs(house: House) -> None:
    house.public.published["2026-05"] = {**published(_may()), "problems": [], "improvements": []}
    async with house.session.get("/public/statistics.json") as answer:
        listed = await answer.json()
    assert [one["file"] for one in listed["months"]] == ["/public/statistics/2026-05.json"]
    async with house.session.get("/public/statistics/2026-05.json") as answer:
        told = await answer.json()
    assert (told["format"], told["month"], told["partial"]) == ("danmod-statistics/1", "2026-05", True)
    for path in ("/public/statistics/2026-06.json", "/public/statistics/yesterday.json"):
        async with house.session.get(path) as answer:
            assert answer.status == 404


@pytest.mark.norm("N4.1-2", "behaviour")
async def test_the_page_names_problems_improvements_and_how_handling_is_checked(house: House) -> None:
    numbers = {
        **published(_may()),
        "problems": [{"cause": "slow"}, {"summary": "Sundays were thin."}],
        "improvements": [{"cause": "slow", "action": "two on Sundays", "status": "checked", "effect": "better"}],
    }
    house.public.shown = replace(
        house.public.shown,
        figures=FiguresView(numbers, "/public/statistics/2026-05.json"),
        supervision=SupervisionView(40, 0.95, ("2026-W19",), 2),
    )
    body = await _get(house, "/public")
    for shown in ("too slow", "Sundays were thin.", "two on Sundays", "It got better.", "95 %", "2026-W19"):
        assert shown in body, shown
