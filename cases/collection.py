"""What people are told before anything of theirs is stored: one versioned notice, at every point of collection (norm P1-2).

Its words stand in the catalogue of texts, area ``collect``. Whoever changes what they mean gives the notice a new version: a
form that was opened under the old one is shown again with the new one before anything is taken.
"""

from __future__ import annotations

from cases.catalogue import say

NOTICE_VERSION = "1"
"""The version of the notice; recorded nowhere of whom it was shown to."""
POINTS = ("report", "appeal", "complaint", "concern", "request", "link", "entry")
"""Where something is collected by a form, or by a person who reads the notice out (``entry``)."""


def notice(point: str, language: str) -> tuple[str, ...]:
    """The sentences of one point: what, why, how long, and the rights. Raises KeyError for a point that is none."""
    own = [say(language, f"collect.{point}.{part}") for part in ("what", "why", "long")]
    return (*own, say(language, "collect.rights"))
