"""Statements of reasons in the form of the EU's transparency database (its API, version 2, in force since July 2025).

Source: the API documentation of transparency.dsa.ec.europa.eu, attributes of a statement. The database takes no personal
data: names, quotations and codes of people are left out of the facts, which then are told in general words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cases.leaks import leaks
from cases.model import ActionKind, CaseState, Evidence, Ground, MeasureStatus, Statement
from cases.rules import Rule
from cases.sentence import Measure

EEA = (
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IS", "IT", "LI", "LT",
    "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK",
)  # fmt: skip
"""A chat line is seen everywhere: the territorial scope of a measure is the whole economic area."""

CATEGORY: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "law": ("STATEMENT_CATEGORY_ILLEGAL_OR_HARMFUL_SPEECH", ("KEYWORD_OTHER",)),
    "morals": ("STATEMENT_CATEGORY_OTHER_VIOLATION_TC", ("KEYWORD_OTHER",)),
    "terror": ("STATEMENT_CATEGORY_RISK_FOR_PUBLIC_SECURITY", ("KEYWORD_TERRORIST_CONTENT",)),
    "obscene": ("STATEMENT_CATEGORY_OTHER_VIOLATION_TC", ("KEYWORD_ADULT_SEXUAL_MATERIAL",)),
    "fraud": ("STATEMENT_CATEGORY_SCAMS_AND_FRAUD", ("KEYWORD_PYRAMID_SCHEMES",)),
    "promotion": ("STATEMENT_CATEGORY_CONSUMER_INFORMATION", ("KEYWORD_HIDDEN_ADVERTISEMENT",)),
    "copyright": ("STATEMENT_CATEGORY_INTELLECTUAL_PROPERTY_INFRINGEMENTS", ("KEYWORD_COPYRIGHT_INFRINGEMENT",)),
    "reputation": ("STATEMENT_CATEGORY_ILLEGAL_OR_HARMFUL_SPEECH", ("KEYWORD_DEFAMATION",)),
    "privacy": ("STATEMENT_CATEGORY_DATA_PROTECTION_AND_PRIVACY_VIOLATIONS", ("KEYWORD_MISSING_PROCESSING_GROUND",)),
    "slander": ("STATEMENT_CATEGORY_ILLEGAL_OR_HARMFUL_SPEECH", ("KEYWORD_DEFAMATION",)),
    "insult": ("STATEMENT_CATEGORY_CYBER_VIOLENCE", ("KEYWORD_CYBER_BULLYING_INTIMIDATION",)),
    "doxxing": ("STATEMENT_CATEGORY_DATA_PROTECTION_AND_PRIVACY_VIOLATIONS", ("KEYWORD_OTHER",)),
    "flooding": ("STATEMENT_CATEGORY_OTHER_VIOLATION_TC", ("KEYWORD_OTHER",)),
    "advertising": ("STATEMENT_CATEGORY_OTHER_VIOLATION_TC", ("KEYWORD_OTHER",)),
    "other": ("STATEMENT_CATEGORY_OTHER_VIOLATION_TC", ("KEYWORD_OTHER",)),
}
"""Category and keywords of the database for each of our codes."""
_OTHER_KEYWORD = {"flooding": "flooding of a live chat", "advertising": "off-topic advertising in a live chat"}

FORMS: Mapping[str, frozenset[str]] = {
    "decision_visibility": frozenset(
        f"DECISION_VISIBILITY_{word}"
        for word in (
            "CONTENT_REMOVED", "CONTENT_DISABLED", "CONTENT_DEMOTED", "CONTENT_AGE_RESTRICTED",
            "CONTENT_INTERACTION_RESTRICTED", "CONTENT_LABELLED", "OTHER",
        )
    ),
    "decision_provision": frozenset(
        f"DECISION_PROVISION_{word}"
        for word in ("PARTIAL_SUSPENSION", "TOTAL_SUSPENSION", "PARTIAL_TERMINATION", "TOTAL_TERMINATION")
    ),
    "decision_ground": frozenset({"DECISION_GROUND_ILLEGAL_CONTENT", "DECISION_GROUND_INCOMPATIBLE_CONTENT"}),
    "content_type": frozenset(
        f"CONTENT_TYPE_{word}"
        for word in ("APP", "AUDIO", "IMAGE", "PRODUCT", "SYNTHETIC_MEDIA", "TEXT", "VIDEO", "OTHER")
    ),
    "source_type": frozenset(
        {"SOURCE_ARTICLE_16", "SOURCE_TRUSTED_FLAGGER", "SOURCE_TYPE_OTHER_NOTIFICATION", "SOURCE_VOLUNTARY"}
    ),
    "automated_detection": frozenset({"Yes", "No"}),
    "automated_decision": frozenset(
        f"AUTOMATED_DECISION_{word}" for word in ("FULLY", "PARTIALLY", "NOT_AUTOMATED")
    ),
}  # fmt: skip
"""The words the database knows, by attribute."""
_REQUIRED = (
    "decision_facts", "decision_ground", "content_type", "category", "territorial_scope", "content_date",
    "application_date", "source_type", "automated_detection", "automated_decision", "puid",
)  # fmt: skip
_LONGEST = {
    "decision_facts": 5_000, "illegal_content_legal_ground": 500, "illegal_content_explanation": 2_000,
    "incompatible_content_ground": 500, "incompatible_content_explanation": 2_000, "category_specification_other": 500,
    "puid": 500,
}  # fmt: skip
_DATES = ("content_date", "application_date", "end_date_visibility_restriction", "end_date_service_restriction")


def eu_statement(
    state: CaseState, statement: Statement, rule: Rule, evidence: Sequence[Evidence], public_url: str
) -> dict[str, Any]:
    """One statement as the database takes it. ``public_url`` "": no address of the rules is given.

    Silence in a chat is a partial suspension of the service, a ban from the room a total one; a ban is without end.
    """
    category, keywords = CATEGORY.get(state.category, CATEGORY["other"])
    row = {
        **_decision(statement),
        **_ground(state, statement, rule, evidence, public_url),
        "content_type": ["CONTENT_TYPE_TEXT"],
        "category": category,
        "category_specification": list(keywords),
        "category_specification_other": _OTHER_KEYWORD.get(state.category) if "KEYWORD_OTHER" in keywords else None,
        "territorial_scope": list(EEA),
        "content_date": _content_date(evidence, statement),
        "application_date": statement.issued_at.date().isoformat(),
        "decision_facts": _facts(state, statement, evidence),
        "source_type": "SOURCE_ARTICLE_16" if state.reports else "SOURCE_VOLUNTARY",
        "automated_detection": "Yes" if state.automatic else "No",
        "automated_decision": _automation(state, statement),
        "puid": re.sub(r"[^A-Za-z0-9_-]", "-", statement.id),
    }
    return {name: value for name, value in row.items() if value is not None}


def _decision(statement: Statement) -> dict[str, Any]:
    removed = Measure.DELETE in statement.measures
    banned, muted = Measure.BAN in statement.measures, Measure.MUTE in statement.measures
    decision: dict[str, Any] = {}
    if removed:
        decision["decision_visibility"] = ["DECISION_VISIBILITY_CONTENT_REMOVED"]
    if banned or muted:
        decision["decision_provision"] = f"DECISION_PROVISION_{'TOTAL' if banned else 'PARTIAL'}_SUSPENSION"
    if muted and not banned and statement.until is not None:
        decision["end_date_service_restriction"] = statement.until.date().isoformat()
    return decision


def _ground(
    state: CaseState, statement: Statement, rule: Rule, evidence: Sequence[Evidence], public_url: str
) -> dict[str, Any]:
    words = rule.told("en")
    explanation = _facts(state, statement, evidence)
    address = {"decision_ground_reference_url": f"{public_url.rstrip('/')}/public"} if public_url else {}
    if statement.ground is Ground.ILLEGAL:
        return {
            "decision_ground": "DECISION_GROUND_ILLEGAL_CONTENT",
            "illegal_content_legal_ground": statement.provision[:500],
            "illegal_content_explanation": explanation[:2_000],
            **address,
        }
    return {
        "decision_ground": "DECISION_GROUND_INCOMPATIBLE_CONTENT",
        "incompatible_content_ground": f"house rule {rule.id}: {words}"[:500],
        "incompatible_content_explanation": explanation[:2_000],
        **address,
    }


def _facts(state: CaseState, statement: Statement, evidence: Sequence[Evidence]) -> str:
    """The facts, fact by fact, without those that give somebody away."""
    safe = [fact for fact in statement.facts if fact and not leaks(fact, state, evidence, room_named=False)]
    general = f"lines in a live chat broke the rule {statement.rule}, judged {state.severity}"
    return ("; ".join(safe) or general)[:5_000]


def _content_date(evidence: Sequence[Evidence], statement: Statement) -> str:
    """When the first judged line was written; where no line is kept, the day of the decision."""
    written = [line.at for one in evidence for line in one.lines if line.judged]
    return min(written, default=statement.issued_at).date().isoformat()


def _automation(state: CaseState, statement: Statement) -> str:
    if not statement.automatic:
        return "AUTOMATED_DECISION_NOT_AUTOMATED"
    return "AUTOMATED_DECISION_PARTIALLY" if state.deciders else "AUTOMATED_DECISION_FULLY"


def stands(state: CaseState, statement: Statement) -> bool:
    """False for a statement whose measures were all taken back: it is not reported (and withdrawn where it was)."""
    measures = (ActionKind.DELETE, ActionKind.MUTE, ActionKind.BAN)
    own = [one for one in state.actions if one.respondent == statement.respondent and one.kind in measures]
    return any(action.status is not MeasureStatus.REVOKED for action in own)


def faults(row: Mapping[str, Any]) -> Iterable[str]:
    """What the database would refuse in a row, in sentences."""
    yield from (f"{name} is missing" for name in _REQUIRED if not row.get(name))
    decisions = ("decision_visibility", "decision_provision", "decision_account", "decision_monetary")
    if not any(row.get(name) for name in decisions):
        yield "no decision: one of visibility, provision, account and monetary is needed"
    for name, known in FORMS.items():
        given = row.get(name, ())
        for word in [given] if isinstance(given, str) else given:
            if word not in known:
                yield f"{name} does not know {word}"
    yield from (
        f"{name} is longer than {longest}" for name, longest in _LONGEST.items() if len(row.get(name) or "") > longest
    )
    yield from (
        f"{name} is no date" for name in _DATES if row.get(name) and not re.fullmatch(r"\d{4}-\d\d-\d\d", row[name])
    )
    if not re.fullmatch(r"[A-Za-z0-9_-]+", str(row.get("puid", ""))):
        yield "puid has other characters than letters, digits, - and _"
    yield from _ground_faults(row)


def _ground_faults(row: Mapping[str, Any]) -> Iterable[str]:
    kind = "illegal" if row.get("decision_ground") == "DECISION_GROUND_ILLEGAL_CONTENT" else "incompatible"
    wanted = ("illegal_content_legal_ground", "illegal_content_explanation")
    if kind == "incompatible":
        wanted = ("incompatible_content_ground", "incompatible_content_explanation")
    yield from (f"{name} is missing" for name in wanted if not row.get(name))
