"""What can go wrong when Bilibili's HTTP addresses are called.

ApiError
├─ Away      the call never reached the platform
├─ Unclear   it was sent and no readable answer came: it may have been done
├─ Blocked   the platform holds us back (HTTP 412 or 429, a captcha page, -352): it was not done, wait
└─ Refused   the platform said no, with a code
   └─ NoSuchRoom
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
    """The platform's risk control or rate limit stopped the call before it was carried out."""


class Unsigned(Blocked):
    """The signature or the browser number was not accepted, or risk control says so; new keys may help, once."""


class Refused(ApiError):
    """The platform answered with a code other than 0."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"the platform answered {code}: {message}")
        self.code = code
        self.message = message


class NoSuchRoom(Refused):
    """There is no room of this number."""
