"""How the server's answers read: judges for :class:`streams.irc.exchange.Exchange`. Pure."""

from __future__ import annotations

from collections.abc import Callable

from streams.irc.channel import Channel
from streams.irc.features import Features
from streams.irc.wire import Line
from streams.platform import Outcome, OutcomeStatus

Judge = Callable[[Line], Outcome | None]
"""Reads one line of the server; None while it is no answer."""

DONE = Outcome(OutcomeStatus.DONE)
ALREADY = Outcome(OutcomeStatus.ALREADY)
UNKNOWN_COMMAND = Outcome(OutcomeStatus.UNSUPPORTED, "the IRC server does not know this command")


def not_operator(channel: Channel, said: str = "") -> Outcome:
    """We lack the rights."""
    words = f" (the server says: {said})" if said else ""
    return Outcome(OutcomeStatus.REFUSED, f"make danmod an operator of {channel.name}{words}")


def refusal(line: Line, channel: Channel, features: Features) -> Outcome | None:
    """The server's no to something in this channel; None for any other line."""
    if features.fold(line.param(1)) != channel.id:
        return None
    said = line.params[-1]
    match line.command:
        case "482":
            return not_operator(channel, said)
        case "403" | "442":
            return Outcome(OutcomeStatus.RETRY, f"danmod is not in {channel.name}")
        case "478":
            return Outcome(OutcomeStatus.REFUSED, f"the ban list of {channel.name} is full: take old entries off it")
        case "404" | "472" | "473" | "480" | "486" | "531" | "972":
            return Outcome(OutcomeStatus.REFUSED, f"the IRC server refused: {said}")
        case _:
            return None


def mode_judge(channel: Channel, features: Features, on: bool, letter: str, argument: str | None) -> Judge:
    """Waits for one mode to be set or lifted; 697 and 698 are InspIRCd's "is so already"."""
    wanted = None if argument is None else features.fold(argument)

    def judge(line: Line) -> Outcome | None:
        if line.command == "MODE" and features.fold(line.param(0)) == channel.id:
            for change in features.read_modes(line.param(1), line.params[2:]):
                same = wanted is None or features.fold(change.argument or "") == wanted
                if change.on is on and change.letter == letter and same:
                    return DONE
            return None
        if line.command == ("697" if on else "698") and features.fold(line.param(2)) == wanted:
            return ALREADY
        return refusal(line, channel, features)

    return judge


def timed_ban_judge(channel: Channel, features: Features, mask: str, own_id: str) -> Judge:
    """Waits for a TBAN to show as a mode. That it is set already is told by a mere notice to us."""
    set_as_mode = mode_judge(channel, features, True, "b", mask)

    def judge(line: Line) -> Outcome | None:
        if line.command == "421" and line.param(1).upper() == "TBAN":
            return UNKNOWN_COMMAND
        told_us = line.command == "NOTICE" and not line.user_host and features.fold(line.param(0)) == own_id
        if told_us and "already set" in line.param(1).lower():
            return ALREADY
        return set_as_mode(line)

    return judge


def kick_judge(channel: Channel, features: Features, sender_id: str) -> Judge:
    """Waits until somebody is out of the room."""

    def judge(line: Line) -> Outcome | None:
        if line.command == "KICK" and features.fold(line.param(0)) == channel.id:
            return DONE if features.fold(line.param(1)) == sender_id else None
        if line.command in ("401", "441") and features.fold(line.param(1)) == sender_id:
            return ALREADY
        return refusal(line, channel, features)

    return judge


def list_judge(channel: Channel, features: Features, letter: str, entries: dict[str, str]) -> Judge:
    """Collects a list mode into ``entries`` (folded mask → who set it, folded) until its end."""
    entry, end = ("367", "368") if letter == "b" else ("728", "729")
    at = 2 if letter == "b" else 3

    def judge(line: Line) -> Outcome | None:
        if features.fold(line.param(1)) != channel.id:
            return None
        if line.command == entry:
            entries[features.fold(line.param(at))] = features.fold(line.param(at + 1).partition("!")[0])
        return DONE if line.command == end else refusal(line, channel, features)

    return judge


def creation_judge(channel: Channel, features: Features) -> Judge:
    """Waits until the server has told when the channel was created (the session notes it)."""

    def judge(line: Line) -> Outcome | None:
        return DONE if line.command == "329" and features.fold(line.param(1)) == channel.id else None

    return judge


def speech_judge(target: str, text: str, features: Features, own_id: str, token: str) -> Judge:
    """Waits for the echo of our own line, or for the answer to a PING sent behind it."""
    folded = features.fold(target)

    def judge(line: Line) -> Outcome | None:
        if line.command == "PRIVMSG":
            ours = features.fold(line.nick) == own_id and features.fold(line.param(0)) == folded
            return DONE if ours and line.param(1) == text else None
        if line.command == "PONG":
            return DONE if token and token in line.params else None
        if line.command in ("401", "403", "404", "442", "477", "489", "531", "716") and (
            features.fold(line.param(1)) == folded
        ):
            return Outcome(OutcomeStatus.REFUSED, f"the IRC server refused the line: {line.params[-1]}")
        return None

    return judge
