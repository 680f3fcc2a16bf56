"""Two settings over the same recorded chat: which decisions would be new, gone, or others. `danmod replay --compare`.

Both go through the same replay; nothing is performed, and the database, where one is given, is only read: for decisions
that were overturned on appeal, and which the other settings would not make again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

from bot.config import Settings
from bot.replay import Fallen, Replay
from cases.model import CaseState, CaseStatus, EvidenceLine
from cases.ports import CaseFilter, CaseReader
from streams.events import Message, name_of
from streams.replay import Recording

SAMPLES_SHOWN = 5
MOST_CASES = 1_000_000
SAME_WITHIN = timedelta(seconds=2)
"""A line of a case and a line of the log with one text in one room are the same one when they lie no further apart."""
KINDS = ("added", "dropped", "changed")


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was decided about a line."""

    measures: tuple[str, ...]
    mute_seconds: int | None
    severity: str
    checks: tuple[str, ...]

    def follows(self) -> tuple[object, ...]:
        """What it means for the sender; by which checks it came makes no difference to them."""
        return self.measures, self.mute_seconds, self.severity

    def __str__(self) -> str:
        mute = f" {timedelta(seconds=self.mute_seconds)}" if self.mute_seconds is not None else ""
        return f"{'+'.join(self.measures)}{mute} ({', '.join(self.checks)})"


class Difference(NamedTuple):
    """A line about which the two decide differently. ``before`` None: only the second decides; ``after`` None: only the
    first. ``overturned``: the case in which an appeal set the decision about this line aside, "" where none did."""

    place: int
    message: Message
    before: Judgement | None
    after: Judgement | None
    overturned: str = ""

    @property
    def kind(self) -> str:
        """``added``, ``dropped`` or ``changed``."""
        return "added" if self.before is None else "dropped" if self.after is None else "changed"

    def row(self) -> dict[str, Any]:
        """As it stands in the file."""
        message = self.message
        return {
            "kind": self.kind,
            "index": self.place,
            "t": message.sent_s,
            "room": name_of(message.room),
            "user": message.sender.id,
            "text": message.text,
            "before": None if self.before is None else asdict(self.before),
            "after": None if self.after is None else asdict(self.after),
            "overturned": self.overturned,
        }


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came out. ``first`` and ``second`` count decisions, ``overturned`` the lines of overturned cases (None: no cases
    were looked at), ``again`` those of them that the first settings decide about."""

    lines: int
    first: int
    second: int
    differences: Sequence[Difference]
    overturned: int | None = None
    again: int = 0

    def of(self, kind: str) -> list[Difference]:
        """The differences of one kind, in the order of the log."""
        return [one for one in self.differences if one.kind == kind]

    def by(self, what: Callable[[Judgement], Iterable[str]]) -> dict[str, dict[str, int]]:
        """Differences by kind and check, or measure."""
        counts = {kind: Counter[str]() for kind in KINDS}
        for one in self.differences:
            judgements = [judged for judged in (one.before, one.after) if judged is not None]
            counts[one.kind].update({name for judged in judgements for name in what(judged)})
        return {kind: dict(sorted(count.items())) for kind, count in counts.items()}

    def document(self) -> dict[str, Any]:
        """Everything, as JSON."""
        return {
            "lines": self.lines,
            "decisions": {"before": self.first, "after": self.second},
            "counts": {kind: len(self.of(kind)) for kind in KINDS},
            "by_check": self.by(lambda judged: judged.checks),
            "by_measure": self.by(lambda judged: judged.measures),
            "overturned": {
                "lines": self.overturned,
                "decided_again": self.again,
                "would_change": sum(1 for one in self.differences if one.overturned),
            },
            "differences": [one.row() for one in self.differences],
        }


class _Decided(NamedTuple):
    message: Message
    judgement: Judgement


class Overturned(NamedTuple):
    """A line that was judged in a case which an appeal set aside."""

    case: str
    room: str
    line: EvidenceLine


async def overturned_in(reader: CaseReader) -> list[Overturned]:
    """Those of a store, oldest first. Raises StorageError."""
    states = await reader.cases(CaseFilter(status=CaseStatus.OVERTURNED, limit=MOST_CASES))
    return [
        Overturned(state.code, name_of(state.room), line)
        for state in reversed(states)
        for line in await _judged(reader, state)
    ]


def _matched(overturned: Iterable[Overturned], messages: Mapping[int, Message]) -> dict[int, str]:
    """The places of the log at which an overturned line stands, with its case: of one text in one room the nearest."""
    places: dict[tuple[str, str], list[int]] = {}
    for place, message in messages.items():
        places.setdefault((name_of(message.room), message.text), []).append(place)
    found: dict[int, str] = {}
    for case, room, line in overturned:
        written_s = line.at.timestamp()
        apart = [
            (messages[place].id != line.message_id and abs(messages[place].sent_s - written_s), place)
            for place in places.get((room, line.text), ())
            if place not in found
        ]
        if apart and min(apart)[0] <= SAME_WITHIN.total_seconds():
            found[min(apart)[1]] = case
    return found


async def _judged(reader: CaseReader, state: CaseState) -> list[EvidenceLine]:
    captures = await reader.evidence(state.code)
    found = {line.message_id: line for capture in captures for line in capture.lines if line.judged}
    return list(found.values())


async def compare(
    before: Settings,
    after: Settings,
    logs: Sequence[Path],
    overturned: Sequence[Overturned] | None,
    on_bytes: Callable[[int], None],
    batch: int,
) -> tuple[Comparison, Recording]:
    """Replay the logs under both settings. ``on_bytes`` hears how many bytes of all that is to be read twice were read.

    Answers with the recording too, which counts what could not be used.
    """
    first, lines, _ = await _decisions(before, logs, on_bytes, batch)
    second, _, recording = await _decisions(after, logs, on_bytes, batch)
    cases = _matched(overturned or (), {place: one.message for place, one in {**first, **second}.items()})
    known = None if overturned is None else len(overturned)
    differences = list(_differences(first, second, cases))
    return Comparison(lines, len(first), len(second), differences, known, len(cases.keys() & first.keys())), recording


async def _decisions(
    settings: Settings, logs: Sequence[Path], on_bytes: Callable[[int], None], batch: int
) -> tuple[dict[int, _Decided], int, Recording]:
    recording, decided, read = Recording(list(logs)), dict[int, _Decided](), 0

    def keep(fallen: Fallen) -> None:
        decided[fallen.place] = _Decided(fallen.decision.line.message, _judgement(fallen, decided.get(fallen.place)))

    def on_lines(count: int) -> None:
        nonlocal read
        step = recording.bytes_read - read
        on_bytes(step if step >= 0 else recording.bytes_read)  # the next file began
        read = recording.bytes_read

    summary = await Replay(settings, batch).run(recording, keep, on_lines)
    return decided, summary.lines, recording


def _judgement(fallen: Fallen, earlier: _Decided | None) -> Judgement:
    """What is decided about a line, together with what was decided about it before."""
    decision = fallen.decision
    measures, checks = {str(measure) for measure in decision.sentence.measures}, list(decision.checks)
    mute = decision.sentence.mute
    seconds = None if mute is None else int(mute.total_seconds())
    if earlier is not None:
        measures |= set(earlier.judgement.measures)
        checks = [*earlier.judgement.checks, *checks]
        seconds = max((one for one in (seconds, earlier.judgement.mute_seconds) if one is not None), default=None)
    return Judgement(tuple(sorted(measures)), seconds, str(decision.severity), tuple(dict.fromkeys(checks)))


def _differences(
    first: Mapping[int, _Decided], second: Mapping[int, _Decided], cases: Mapping[int, str]
) -> Iterator[Difference]:
    for place in sorted({*first, *second}):
        before, after = first.get(place), second.get(place)
        known = before or after
        assert known is not None
        if before and after and before.judgement.follows() == after.judgement.follows():
            continue
        judgements = before and before.judgement, after and after.judgement
        yield Difference(place, known.message, *judgements, cases.get(place, ""))


def told(found: Comparison) -> Iterator[str]:
    """What came out, in lines for a terminal."""
    yield f"{found.lines:,} lines; {found.first:,} decisions before, {found.second:,} after"
    checks, measures = found.by(lambda judged: judged.checks), found.by(lambda judged: judged.measures)
    for kind in KINDS:
        differences = found.of(kind)
        yield f"{kind}: {len(differences):,}{_counts(checks[kind])}{_counts(measures[kind])}"
        yield from (f"  {_line(one)}" for one in differences[:SAMPLES_SHOWN])
    if found.overturned is not None:
        changed = [one for one in found.differences if one.overturned]
        yield (
            f"overturned on appeal: {found.overturned:,} lines, {found.again:,} of them decided again before, "
            f"{len(changed):,} otherwise after"
        )
        yield from (f"  {one.overturned}: {_line(one)}" for one in changed[:SAMPLES_SHOWN])


def _counts(counts: Mapping[str, int]) -> str:
    words = ", ".join(f"{name} {count:,}" for name, count in counts.items())
    return f"; {words}" if words else ""


def _line(one: Difference) -> str:
    who, text = one.message.sender.id or "nobody", " ".join(one.message.text.split())[:80]
    before, after = one.before or "nothing", one.after or "nothing"
    return f"{one.place} {name_of(one.message.room)} {who}: {text} – {before} → {after}"
