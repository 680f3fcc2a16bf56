"""What is left of a case when the data of people in it is erased: code, times, measures, and nobody (norm P3-1b).

The state stays readable for every page, count and command. Whoever was in it is ``erased-1``, ``erased-2`` … from then on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from cases.model import Appeal, CaseState, Panel, Report, Respondent

ERASED = "erased"
"""What stands for the key of an erased case's matter, with its code."""


def without_people(state: CaseState) -> CaseState:
    """The case without anybody's data but the staff's: who was in it, who reported, and every word that was written."""
    aliased = _aliased(state, {person.id: _alias(place) for place, person in enumerate(state.respondents, 1)})
    return msgspec.structs.replace(
        aliased,
        episode=f"{ERASED}/{state.code}",
        respondents=tuple(Respondent(person.id, "") for person in aliased.respondents),
        reports=tuple(_without_reporter(report) for report in aliased.reports),
        actions=tuple(msgspec.structs.replace(one, message_id=None, detail="") for one in aliased.actions),
        appeals=tuple(_without_words(appeal) for appeal in aliased.appeals),
        classifications=tuple(msgspec.structs.replace(one, reason="") for one in aliased.classifications),
        proposals=tuple(msgspec.structs.replace(one, reason="") for one in aliased.proposals),
        conflicts=tuple(msgspec.structs.replace(one, reason="") for one in aliased.conflicts),
        panel=None if aliased.panel is None else _without_ballots(aliased.panel),
        victims=(),
        reasons=(),
        reminded=(),
        gap="",
    )


def without_respondent(state: CaseState, sender_id: str) -> CaseState:
    """The case without one of its respondents; the others stay. The same state where the person is none of them."""
    place = next((place for place, one in enumerate(state.respondents, 1) if one.id == sender_id), None)
    if place is None:
        return state
    alias = _alias(place)
    aliased = _aliased(state, {sender_id: alias})
    return msgspec.structs.replace(
        aliased,
        episode=f"{ERASED}-person/{state.code}" if sender_id in state.episode else state.episode,
        respondents=tuple(Respondent(one.id, "") if one.id == alias else one for one in aliased.respondents),
        appeals=tuple(_without_words(one) if one.respondent == alias else one for one in aliased.appeals),
    )


def without_reporter(state: CaseState, report_id: str) -> CaseState:
    """The case without the person who made one report; what was alleged, by category and lines, stays."""
    return msgspec.structs.replace(
        state,
        reports=tuple(_without_reporter(one) if one.id == report_id else one for one in state.reports),
        appeals=tuple(_without_words(one) if one.report == report_id else one for one in state.appeals),
    )


def _alias(place: int) -> str:
    return f"{ERASED}-{place}"


def _without_reporter(report: Report) -> Report:
    return msgspec.structs.replace(report, reporter="", note="", answer="", added=(), original_ref="")


def _without_words(appeal: Appeal) -> Appeal:
    return msgspec.structs.replace(
        appeal, reasons="", answer="", evidence=(), contact="", news="", findings=(), remarks=()
    )


def _without_ballots(panel: Panel) -> Panel:
    rounds = tuple(
        msgspec.structs.replace(
            one, why="", sealed=(), ballots=tuple(msgspec.structs.replace(vote, reason="") for vote in one.ballots)
        )
        for one in panel.rounds
    )
    return msgspec.structs.replace(panel, rounds=rounds, advice=())


def _aliased(state: CaseState, aliases: Mapping[str, str]) -> CaseState:
    """Every account id of these, wherever it stands alone, under its alias."""
    return msgspec.convert(_mapped(msgspec.to_builtins(state), aliases), CaseState)


def _mapped(value: Any, aliases: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return aliases.get(value, value)
    if isinstance(value, dict):
        return {key: _mapped(item, aliases) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_mapped(item, aliases) for item in value]
    return value
