"""What Bilibili says when a call fails, beside what every platform may (`streams.errors`).

HTTP 412 and 429, a captcha page and the code -352 are Blocked.
"""

from __future__ import annotations

from streams.errors import ApiError, Away, Blocked, Unclear

__all__ = ["ApiError", "Away", "Blocked", "NoSuchRoom", "Refused", "Unclear", "Unsigned"]


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
