"""What can go wrong when a platform's HTTP addresses are called, whatever the platform.

ApiError
├─ Away      the call never reached the platform
├─ Unclear   it was sent and no readable answer came, or the platform is failing: it may have been done
└─ Blocked   the platform holds us back: it was not done, wait

Each platform adds what it says by itself: a refusal with its code, a login that is over.
"""

from __future__ import annotations

from datetime import timedelta


class ApiError(Exception):
    """A call that did not succeed. ``detail`` is one sentence for the operator; ``retry_after`` None: no wish known."""

    def __init__(self, detail: str, retry_after: timedelta | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.retry_after = retry_after


class Away(ApiError):
    """The call never reached the platform."""


class Unclear(ApiError):
    """The call was sent, and no readable answer came back: it may have been carried out."""


class Blocked(ApiError):
    """The platform stopped the call before it was carried out; later it may go through."""
