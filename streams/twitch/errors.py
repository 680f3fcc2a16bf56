"""What Twitch says when a call fails, beside what every platform may (`streams.errors`).

An answer of 429 (too many calls) or 409 (another change of the same is under way) is Blocked, one of 5xx Unclear.
"""

from __future__ import annotations

from streams.errors import ApiError, Away, Blocked, Unclear

__all__ = ["ApiError", "Away", "Blocked", "LoggedOut", "Refused", "Unclear"]


class LoggedOut(ApiError):
    """The account's login is over, or it never was: only a person can help."""


class Refused(ApiError):
    """Twitch answered no. ``status`` is HTTP's, ``message`` Twitch's own words."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"Twitch answered {status}: {message}")
        self.status = status
        self.message = message
