"""A danmod that starts again and again dials ever more slowly: a crash loop must not use up a platform's patience."""

from __future__ import annotations

from datetime import timedelta

from storage import Run
from streams.backoff import Backoff

FREE_STARTS = 3
"""So many starts within five minutes dial at once: an upgrade, a changed setting, a mistake."""
_BACKOFF = Backoff(first=timedelta(seconds=1), cap=timedelta(seconds=60))


def dial_wait(run: Run) -> timedelta:
    """How long this start waits before its feeds dial."""
    return _BACKOFF.ceiling(run.starts_lately - FREE_STARTS)
