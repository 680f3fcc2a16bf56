"""What the platform's errors mean for an action, in words for a person. Pure."""

from __future__ import annotations

from datetime import timedelta

from streams.bilibili.errors import ApiError, Refused
from streams.platform import Outcome, OutcomeStatus

CURES = {
    -101: "log in again: the cookie (SESSDATA) has expired",
    -111: "log in again: the cookie's bili_jct is missing, wrong or was revoked",
    65530: "log in again: the cookie is not accepted",
    -400: "the platform did not understand the call",
    -403: "the platform forbids it",
    100004: "make danmod's account a moderator (房管) of this room, or the sender cannot be silenced",
    100007: "make danmod's account a moderator (房管) of this room",
    1003212: "the line is longer than this account may write",
    10023: "this account has blacklisted the streamer: take that back",
}
"""What a person can do about a code, where it is known."""

LOGGED_OUT = frozenset({-101, -111, 65530})
_TOO_FAST = {10030: timedelta(seconds=3), 10031: timedelta(seconds=6)}
_SWALLOWED = {
    "f": "the platform's filter swallowed the line: only danmod's account sees it",
    "fire": "the platform's filter swallowed the line: only danmod's account sees it",
    "k": "the room's own list of forbidden words swallowed the line",
}
_TOO_FAST_WORDS = {"msg in 1s": 10030, "msg repeat": 10031}

NO_DELETE = "Bilibili cannot remove one message: hide it on the overlay, or mute the sender"
NO_WHISPER = "danmod cannot write privately on Bilibili: write to the person in the app"
READ_ONLY = 'the open platform only reads: do it in the Bilibili app, or choose route = "web"'
NO_IDENTITY = "the platform hides who this is: nobody can be acted on"
NOT_CONNECTED = "the room is not connected yet"
NO_LOGIN = "danmod is a guest here: log in (platforms.bilibili.cookie), or do it in the Bilibili app"


def failed(error: ApiError) -> Outcome:
    """The outcome of an action that ended in ``error``: a no for good, or later again."""
    if not isinstance(error, Refused):
        return Outcome(OutcomeStatus.RETRY, error.detail, error.retry_after)
    if error.code in _TOO_FAST:
        return Outcome(OutcomeStatus.RETRY, "too many lines in a short time", _TOO_FAST[error.code])
    cure = CURES.get(error.code)
    return Outcome(OutcomeStatus.REFUSED, f"{cure} ({error.detail})" if cure else error.detail)


def swallowed(message: str) -> Outcome | None:
    """The outcome of a line that was answered with code 0 and ``message``; None when it was really sent."""
    if message in _TOO_FAST_WORDS:
        return failed(Refused(_TOO_FAST_WORDS[message], message))
    if message in _SWALLOWED:
        return Outcome(OutcomeStatus.REFUSED, _SWALLOWED[message])
    return None


def unsupported(instruction: str) -> Outcome:
    """The platform cannot; a person is told what to do instead."""
    return Outcome(OutcomeStatus.UNSUPPORTED, instruction)
