"""The only writer of cases: every intent comes here and leaves as changes, or as a refusal that changes nothing.

Pure. Each method answers a `Decide`, which the case log calls inside its transaction with the case's state (None: there
is none) and a fresh code for a new case. The parts stand in files of their own.
"""

from __future__ import annotations

from cases.appeal_review import AppealReview
from cases.confirmations import Confirmations
from cases.hearing import Appeals
from cases.intake import EPISODE_GAP, Reports
from cases.measures import ACTIONS_A_CASE, LONGEST_MUTE, RESPONDENTS_A_CASE, SEVERITY_OF, Measures
from cases.nuking import Nuking
from cases.panel import Panels
from cases.review import Reviews
from cases.triage import Triage

__all__ = ["ACTIONS_A_CASE", "EPISODE_GAP", "LONGEST_MUTE", "RESPONDENTS_A_CASE", "SEVERITY_OF", "Registrar"]


class Registrar(Reports, Triage, Reviews, Panels, Measures, Nuking, Confirmations, Appeals, AppealReview):
    """Turns intents into changes."""
