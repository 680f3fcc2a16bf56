"""What danmod says on IRC: lines cut to what a relayed line can hold, and at most once."""

from __future__ import annotations

import itertools

from streams.irc.answers import DONE, speech_judge
from streams.irc.channel import Channel
from streams.irc.exchange import AWAY, BUSY, Exchange
from streams.irc.outgoing import Urgency
from streams.irc.session import IrcSession
from streams.irc.wire import BODY_CAP, format_line, split
from streams.platform import Outcome, OutcomeStatus

ECHO_S = 5.0
MOST_PIECES = 4
SOURCE_BYTES = 120
"""What the server puts before a line when it relays it, where we do not know our own user@host."""

_NOT_SENT = (AWAY, BUSY)
_NOT_SEEN = Outcome(OutcomeStatus.UNCONFIRMED, "the IRC server did not show the line")


def text_bytes(session: IrcSession, target: str, channel: Channel | None) -> int:
    """The bytes of text that survive being relayed to ``target``."""
    user_host = channel.user_host(session.own_id) if channel else ""
    source = len(f":{session.login.nick}!{user_host} ".encode()) if user_host else SOURCE_BYTES
    return max(64, BODY_CAP - source - len(f"PRIVMSG {target} :".encode()))


class Speech:
    """Says lines to rooms and to people."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._tokens = itertools.count(1)

    async def say(
        self, session: IrcSession, target: str, text: str, channel: Channel | None, reply_to: str | None = None
    ) -> Outcome:
        """Say a text in as many lines as it needs (four at most). Once a line has left it is never said again."""
        pieces = split(text.replace("\x01", ""), text_bytes(session, target, channel), MOST_PIECES)
        if not pieces:
            return Outcome(OutcomeStatus.REFUSED, "there is nothing to say")
        outcome = DONE
        for number, piece in enumerate(pieces):
            tags = {"+draft/reply": reply_to} if reply_to and number == 0 and _may_reply(session, reply_to) else None
            said = await self._say_one(session, target, piece, tags)
            if said.status is OutcomeStatus.REFUSED or (said in _NOT_SENT and number == 0):
                return said
            outcome = outcome if said == DONE else _NOT_SEEN
        return outcome

    async def _say_one(self, session: IrcSession, target: str, piece: str, tags: dict[str, str] | None) -> Outcome:
        """One line, confirmed by its echo, or by the answer to a PING behind it where the server echoes nothing."""
        lines = [format_line("PRIVMSG", target, piece, tags=tags)]
        token = ""
        if not session.has("echo-message"):
            token = f"said-{next(self._tokens)}"
            lines.append(format_line("PING", token))
        judge = speech_judge(target, piece, session.features, session.own_id, token)
        answer = await self._exchange.ask(session, lines, judge, within_s=ECHO_S, urgency=Urgency.CHATTER)
        if answer is None or (answer.status is OutcomeStatus.RETRY and answer not in _NOT_SENT):
            return _NOT_SEEN  # it may have been said: saying it again could say it twice
        return answer


def _may_reply(session: IrcSession, reply_to: str) -> bool:
    """Whether the server takes a reply tag, and the id is its own and not made up by us."""
    allowed = session.has("message-tags") and session.features.allows_tag("draft/reply")
    return allowed and not reply_to.startswith("danmod-")
