"""Who may write in a channel: its modes m (moderated) and M (registered people only), and voices for single people.

Read from the server each time (324), for what we remember of a channel may be a second old.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from streams.irc.answers import ALREADY, DONE, Judge, mode_judge, refusal
from streams.irc.channel import Channel
from streams.irc.exchange import Exchange
from streams.irc.features import Features
from streams.irc.session import IrcSession
from streams.irc.wire import Line, format_line
from streams.platform import Outcome, OutcomeStatus, RoomMode

MODERATED = "m"
LETTERS = "Mm"
"""The channel modes that tell who may write, as InspIRCd, UnrealIRCd and Solanum know them."""
WITHIN_S = 5.0
VOICE = "v"
UNCONFIRMED = Outcome(OutcomeStatus.RETRY, "the IRC server did not confirm it")


def words_of(flags: Iterable[str]) -> str:
    """The mode a channel's flags amount to."""
    return "".join(letter for letter in LETTERS if letter in set(flags))


async def read(exchange: Exchange, session: IrcSession, channel: Channel) -> RoomMode | None:
    """The channel's mode as the server tells it now; None when it does not answer."""
    judge = _modes_judge(channel, session.features)
    told = await exchange.ask(session, [format_line("MODE", channel.name)], judge, within_s=WITHIN_S)
    if told != DONE:
        return None
    voiced = frozenset(who for who in channel.members if VOICE in _letters(channel, who))
    return RoomMode(words_of(channel.flags), voiced=voiced)


async def change(
    exchange: Exchange, session: IrcSession, channel: Channel, wanted: RoomMode, voices: Sequence[str]
) -> Outcome:
    """Bring the channel to the wanted mode. Voices are given before it is moderated, and taken back after it is open."""
    if not set(wanted.words) <= set(LETTERS):
        return Outcome(OutcomeStatus.REFUSED, f"IRC knows no mode {wanted.words!r} for a room")
    if MODERATED in wanted.words:
        await _voice(exchange, session, channel, voices, on=True)
    outcome = await _flags(exchange, session, channel, wanted.words)
    if outcome.status in (OutcomeStatus.DONE, OutcomeStatus.ALREADY) and MODERATED not in wanted.words:
        await _voice(exchange, session, channel, voices, on=False)
    return outcome


async def _flags(exchange: Exchange, session: IrcSession, channel: Channel, words: str) -> Outcome:
    outcome = ALREADY
    for letter in LETTERS:
        on = letter in words
        if (letter in channel.flags) is on:
            continue
        line = format_line("MODE", channel.name, f"{'+' if on else '-'}{letter}")
        judge = mode_judge(channel, session.features, on, letter, None)
        outcome = await exchange.ask(session, [line], judge, within_s=WITHIN_S) or UNCONFIRMED
        if outcome.status is not OutcomeStatus.DONE:
            return outcome
    return outcome


async def _voice(exchange: Exchange, session: IrcSession, channel: Channel, people: Sequence[str], *, on: bool) -> None:
    """Give or take the voice of everybody named who is here; as many as the server takes go in one line."""
    here = [who for who in people if (VOICE in _letters(channel, who)) is not on and who in channel.members]
    for some in _portions(here, max(1, session.features.modes_per_line)):
        letters = ("+" if on else "-") + VOICE * len(some)
        nicks = [channel.members[who].nick for who in some]
        judge = mode_judge(channel, session.features, on, VOICE, nicks[-1])
        line = format_line("MODE", channel.name, letters, *nicks)
        await exchange.ask(session, [line], judge, within_s=WITHIN_S)


def _letters(channel: Channel, sender_id: str) -> str:
    member = channel.members.get(sender_id)
    return member.letters if member else ""


def _portions(people: Sequence[str], most: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(people), most):
        yield people[start : start + most]


def _modes_judge(channel: Channel, features: Features) -> Judge:
    """Waits for the channel's modes (the roster notes them)."""

    def judge(line: Line) -> Outcome | None:
        if line.command == "324" and features.fold(line.param(1)) == channel.id:
            return DONE
        return refusal(line, channel, features)

    return judge
