"""Incidents: data that leaked, or may have. The same clock runs for a suspicion as for a certainty (norm P1-3).

The record holds the kinds of data, cause, possible harm, what we did and what people should do, and whom to ask. The
authority and the people affected are told without delay; who is affected can be read off a dump.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from cases.docket import Effects
from cases.dossier import Attempt, Dossier, DossierKind
from cases.dossiers.common import OFFICERS, STAFF, officer, to_role
from cases.history import Addressee, Letter
from cases.machine import BEGINNING, Machine, Move, by
from cases.model import ActorKind, CaseState
from cases.needs import instant, many, one_of, text

KINDS_OF_DATA = ("names", "lines", "decisions", "reports", "reporter-pseudonyms", "contacts", "tokens", "keys", "staff")
"""What can leak."""
_PERSON = re.compile(r"[A-Z0-9]{2,12}(?:\.|-r)[0-9]+")
_OPEN = ("discovered", "assessed", "authority-told", "persons-told")
_RECORD = {
    "kinds": many(one_of(*KINDS_OF_DATA)),
    "cause": text(2_000),
    "harm": text(2_000),
    "taken": text(2_000),
    "advised": text(2_000),
    "contact": text(300),
}

MACHINE = Machine(
    "incident",
    (
        Move(
            "discover",
            {BEGINNING: "discovered"},
            STAFF | by(ActorKind.BOT),
            {"what": text(4_000), "certainty": one_of("suspected", "confirmed")},
            {"discovered_at": instant()},
            starts=("breach_notice",),
            zh="发现",
        ),
        Move(
            "assess",
            {"discovered": "assessed", "assessed": "assessed"},
            OFFICERS,
            _RECORD,
            {"certainty": one_of("suspected", "confirmed")},
            (officer,),
            zh="评估",
        ),
        Move(
            "tell-authority",
            {"assessed": "authority-told", "persons-told": "told"},
            OFFICERS,
            {"authority": text(300)},
            {"reference": text(200)},
            (officer,),
            zh="通知主管机关",
        ),
        Move(
            "tell-persons",
            {"assessed": "persons-told", "authority-told": "told"},
            OFFICERS,
            {"persons": many(text(40), most=100_000)},
            guards=(officer,),
            zh="通知当事人",
        ),
        Move(
            "clear",
            {"discovered": "cleared", "assessed": "cleared"},
            OFFICERS,
            {"reason": text(2_000)},
            guards=(officer,),
            meets=("breach_notice",),
            zh="排除",
        ),
        Move("close", {"told": "closed"}, OFFICERS, {"learnt": text(4_000)}, guards=(officer,), zh="结案"),
    ),
)


def affected(dump: str, cases: Iterable[CaseState]) -> tuple[str, ...]:
    """The people whose data a dump holds, as the refs letters go to: reports (``A7K2-r1``) and statements (``A7K2.1``).

    Whoever is named in it (account, name, pseudonym) counts, and everybody of a case whose statement or report it lists.
    """
    found = set(_PERSON.findall(dump))
    refs: dict[str, None] = {}
    for state in cases:
        for report in state.reports:
            if report.id in found or report.reporter in dump:
                refs[report.id] = None
        for action in state.actions:
            person = state.respondent(action.respondent)
            told = action.undoes is None and (action.id in found or bool(person and person.name in dump))
            if told:
                refs[action.id] = None
    return tuple(refs)


def _notice(dossier: Dossier) -> dict[str, str]:
    """The record as the words of a notice."""
    words = {name: dossier.fields[name] for name in _RECORD}
    words["kinds"] = ", ".join(words["kinds"])
    return {**words, "certainty": dossier.fields["certainty"], "since": dossier.opened_at.isoformat(timespec="minutes")}


def _letters(attempt: Attempt, dossier: Dossier) -> tuple[Letter, ...]:
    if attempt.move == "discover":
        return (to_role(ActorKind.PRIVACY, dossier, "incident_discovered", what=str(attempt.fields["what"])),)
    if attempt.move == "tell-authority":
        authority = str(attempt.fields["authority"])
        return (to_role(ActorKind.PRIVACY, dossier, "incident_authority", authority=authority, **_notice(dossier)),)
    if attempt.move == "tell-persons":
        return tuple(_to_affected(ref, dossier) for ref in dict.fromkeys(attempt.fields["persons"]))
    return ()


def _to_affected(ref: str, dossier: Dossier) -> Letter:
    """To a reporter by the report, to a respondent by the statement."""
    to = Addressee.REPORTER if re.search(r"-r[0-9]+$", ref) else Addressee.RESPONDENT
    return Letter(to, ref, "incident_person", {"id": dossier.id, **_notice(dossier)})


def _effects(attempt: Attempt, dossier: Dossier) -> Effects:
    """The clock is met only when both the authority and the people were told."""
    met = (("breach_notice", dossier.id),) if dossier.status == "told" else ()
    return Effects(deadlines_met=met, letters=_letters(attempt, dossier))


KIND = DossierKind(
    "incident",
    "数据安全事件",
    MACHINE,
    "P1-3",
    readers=OFFICERS | by(ActorKind.SUPERVISOR),
    private=frozenset({"persons", "what"}),
    effects=_effects,
)
