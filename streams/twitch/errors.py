"""What can go wrong when Twitch's HTTP addresses are called.

ApiError
├─ Away       the call never reached Twitch
├─ Unclear    it was sent and no readable answer came, or Twitch is failing (5xx): it may have been done
├─ Blocked    too many calls (429), or another change of the same is under way (409): it was not done, wait
├─ LoggedOut  there is no account any more: a person must log in again
└─ Refused    Twitch said no, with a status
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
    """The call never reached Twitch."""


class Unclear(ApiError):
    """The call was sent, and no readable answer came back: it may have been carried out."""


class Blocked(ApiError):
    """Twitch stopped the call before it was carried out; later it may go through."""


class LoggedOut(ApiError):
    """The account's login is over, or it never was: only a person can help."""


class Refused(ApiError):
    """Twitch answered no. ``status`` is HTTP's, ``message`` Twitch's own words."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"Twitch answered {status}: {message}")
        self.status = status
        self.message = message
