"""What Twitch's answers mean for an action, in words for a person. Pure."""

from __future__ import annotations

from datetime import timedelta

from streams.platform import Outcome, OutcomeStatus
from streams.twitch.errors import ApiError, Refused
from streams.twitch.helix import Sent

DONE = Outcome(OutcomeStatus.DONE)
NOT_SEEN = Outcome(OutcomeStatus.RETRY, "danmod does not see this chat just now")
NOTHING_TO_SAY = Outcome(OutcomeStatus.REFUSED, "there is nothing to say")

NO_RIGHT = "make danmod's account a moderator of this channel"
NO_SCOPE = "danmod's login lacks this right: danmod login twitch"
NO_PHONE = "Twitch lets danmod whisper only when its account has a verified phone number"
NO_STRANGERS = "this person takes no whispers from strangers"
PROTECTED = "Twitch protects this person: the streamer, a moderator, or staff"
TOO_OLD = "Twitch deletes only lines of the last six hours: delete it by hand"
PROTECTED_LINE = "Twitch does not let danmod delete this line: the streamer's, or a moderator's"

_WAIT = {"msg_ratelimit": timedelta(seconds=30), "msg_slowmode": timedelta(seconds=30)}
_DROPPED = {
    "msg_banned": "danmod is banned from this chat",
    "msg_timedout": "danmod is timed out in this chat",
    "msg_duplicate": "Twitch shows the same line only once in 30 seconds",
    "msg_rejected": "AutoMod holds danmod's line: let it through",
    "msg_rejected_mandatory": "AutoMod does not let danmod's line through",
    "msg_requires_verified_phone_number": "this chat is for accounts with a verified phone number",
    "msg_verified_email": "this chat is for accounts with a verified e-mail address",
    "msg_followersonly": "this chat is for followers: let danmod follow, or make it a moderator",
    "msg_subsonly": "this chat is for subscribers: make danmod a moderator",
    "msg_emoteonly": "this chat takes emotes only: make danmod a moderator",
}


def failed(error: ApiError) -> Outcome:
    """The outcome of an action that ended in ``error``: a no for good, or later again."""
    if not isinstance(error, Refused):
        return Outcome(OutcomeStatus.RETRY, error.detail, error.retry_after)
    return Outcome(OutcomeStatus.REFUSED, f"{_cure(error)}{error.detail}")


def _cure(refusal: Refused) -> str:
    said = refusal.message.lower()
    if "scope" in said:
        return f"{NO_SCOPE}. "
    return f"{NO_RIGHT}. " if refusal.status in (401, 403) else ""


def banned(refusal: Refused) -> Outcome:
    """Why somebody was not timed out or banned."""
    said = refusal.message.lower()
    if refusal.status == 400 and "already" in said:
        return Outcome(OutcomeStatus.ALREADY, "banned there already")
    if refusal.status == 400 and "may not be" in said:
        return Outcome(OutcomeStatus.REFUSED, PROTECTED)
    return failed(refusal)


def freed(refusal: Refused) -> Outcome:
    """Why nobody was freed."""
    if refusal.status == 400 and "not banned" in refusal.message.lower():
        return Outcome(OutcomeStatus.ALREADY, "neither timed out nor banned there")
    return failed(refusal)


def deleted(refusal: Refused) -> Outcome:
    """Why a line was not deleted. A timeout takes all lines of its sender along, so one that is gone is no fault."""
    if refusal.status == 404:
        if "6 hours" in refusal.message:
            return Outcome(OutcomeStatus.REFUSED, TOO_OLD)
        return Outcome(OutcomeStatus.ALREADY, "Twitch does not show this line any more")
    if refusal.status == 400:
        return Outcome(OutcomeStatus.REFUSED, PROTECTED_LINE)
    return failed(refusal)


def whispered(refusal: Refused) -> Outcome:
    """Why nobody was whispered to."""
    if "phone" in refusal.message.lower():
        return Outcome(OutcomeStatus.UNSUPPORTED, NO_PHONE)
    if refusal.status == 403:
        return Outcome(OutcomeStatus.REFUSED, NO_STRANGERS)
    return failed(refusal)


def sent(answer: Sent) -> Outcome:
    """What became of a line Twitch took."""
    if answer.is_sent:
        return DONE
    if answer.code in _WAIT:
        return Outcome(OutcomeStatus.RETRY, "too many lines in a short time", _WAIT[answer.code])
    words = (
        _DROPPED.get(answer.code) or f"Twitch dropped the line: {answer.words or answer.code or 'it does not say why'}"
    )
    return Outcome(OutcomeStatus.REFUSED, words)


def unsupported(instruction: str) -> Outcome:
    """Twitch cannot, or does not let us; a person is told what to do instead."""
    return Outcome(OutcomeStatus.UNSUPPORTED, instruction)
