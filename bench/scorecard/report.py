"""The tables: for the terminal by rich, for the documents as markdown; and samples of what was hit or came through."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rich.table import Table

from bench.scorecard.engine import Fate
from bench.scorecard.real import Toll
from bench.scorecard.score import AFTER, figures, touched
from bench.scorecard.single import Singles
from bench.scorecard.targets import Target
from bench.scorecard.trials import Trial

ATTACKS = "attack|tried|lines shown, median|p90|median with a hold of 1 s|after line|kept off|kept off with 1 s"
INNOCENTS = "innocents|scenes|lines|hidden|people|muted|banned|by check"
BYSTANDERS = "lines|hidden per 10,000|muted per 10,000|by check"
REAL = "source|part|lines|hidden per 10,000|muted per 10,000|banned per 10,000|by check"
SINGLE = "source|label|part|said|kept off|by regulars kept off"
TARGETS = "target|gate|measured|verdict"


class Sheet(NamedTuple):
    """A table as plain cells. ``head`` names its columns, parted by ``|``."""

    title: str
    head: str
    rows: Sequence[Sequence[str]]


def attacks(trials: Sequence[Trial]) -> Sheet:
    """Every kind of attack."""
    return Sheet("attacks", ATTACKS, [_attack(own) for own in _by_kind(trials) if own[0].kind.family != "innocent"])


def _attack(own: list[Trial]) -> Sequence[str]:
    found = figures(own, AFTER.get(own[0].kind.family, 0))
    stopped, strict = _percent(found.stopped), _percent(found.stopped_strict)
    shown = (f"{found.shown:g}", f"{found.shown_p90:g}", f"{found.strict:g}")
    return (own[0].kind.name, str(found.attacks), *shown, str(found.after), stopped, strict)


def innocents(trials: Sequence[Trial]) -> Sheet:
    """Every kind of innocents."""
    return Sheet(
        "innocents", INNOCENTS, [_innocents(own) for own in _by_kind(trials) if own[0].kind.family == "innocent"]
    )


def _innocents(own: list[Trial]) -> Sequence[str]:
    hit = touched(own)
    hidden = f"{hit.hidden:,} ({_percent(hit.hidden / hit.lines)})"
    fates = [fate for trial in own for fate in trial.lines]
    people = (f"{hit.people:,}", str(hit.muted), str(hit.banned))
    return (own[0].kind.name, str(hit.scenes), f"{hit.lines:,}", hidden, *people, _checks(fates))


def bystanders(trials: Sequence[Trial]) -> Sheet:
    """The people who chatted on during the attacks."""
    fates = [fate for trial in trials if trial.kind.family != "innocent" for fate in trial.bystanders]
    if not fates:
        return Sheet("bystanders of the attacks", BYSTANDERS, [])
    rates = [
        10_000 * count / len(fates) for count in (sum(each.hidden for each in fates), sum(each.muted for each in fates))
    ]
    row = (f"{len(fates):,}", *(f"{rate:.2f}" for rate in rates), _checks(fates))
    return Sheet("bystanders of the attacks", BYSTANDERS, [row])


def real(tolls: Sequence[Toll]) -> Sheet:
    """Chat as it is."""
    return Sheet("chat as it is", REAL, [_toll(each) for each in tolls])


def _toll(toll: Toll) -> Sequence[str]:
    rates = [f"{toll.per_10_000(count):.2f}" for count in (toll.hidden, toll.muted, toll.banned)]
    return (toll.source, toll.part, f"{toll.lines:,}", *rates, _checks(toll.hit))


def single(found: Sequence[Singles]) -> Sheet:
    """Texts judged by hand."""
    return Sheet("single lines", SINGLE, [_single(each) for each in found if each.said])


def _single(found: Singles) -> Sequence[str]:
    regulars = f"{found.regulars_held} of {found.regulars_said}"
    return (found.source, found.label, found.part, str(found.said), _percent(found.held / found.said), regulars)


def verdicts(found: Sequence[Target]) -> Sheet:
    """Every target."""
    return Sheet("targets", TARGETS, [(each.name, each.gate, each.measured, each.verdict) for each in found])


def as_table(sheet: Sheet) -> Table:
    """For the terminal."""
    table = Table(*sheet.head.split("|"), title=sheet.title)
    for row in sheet.rows:
        table.add_row(*row)
    return table


def as_markdown(sheet: Sheet) -> str:
    """For a document."""
    head = sheet.head.split("|")
    lines = [head, ["---"] * len(head), *sheet.rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def sample(fates: Sequence[Fate], count: int) -> Iterator[str]:
    """Some of the lines, evenly picked, one a row: the instant, who, what was decided, the text."""
    step = max(1, len(fates) // count)
    for fate in fates[::step][:count]:
        deed = "muted" if fate.muted else "hidden" if fate.hidden else "shown"
        checks, who = ",".join(dict.fromkeys(fate.checks)), fate.message.sender.id or "-"
        yield f"{fate.at_s:14.1f} {who:18.18} {deed:6} {checks:20} {fate.message.text!r}"


def worst(trials: Sequence[Trial], count: int) -> Iterator[str]:
    """The attacks of which most lines were shown beyond those allowed, the worst first: one a row."""
    beyond = [(sum(fate.shown() for fate in each.lines[AFTER.get(each.kind.family, 0) :]), each) for each in trials]
    missed = sorted(
        (each for each in beyond if each[0] and each[1].kind.family != "innocent"), key=lambda each: -each[0]
    )
    for shown, trial in missed[:count]:
        first = trial.lines[0].message.text
        yield f"{trial.kind.name:18} {trial.source:18} {shown:4} of {len(trial.lines):4} came through: {first!r}"


def _by_kind(trials: Sequence[Trial]) -> list[list[Trial]]:
    kinds: dict[str, list[Trial]] = {}
    for trial in trials:
        kinds.setdefault(trial.kind.name, []).append(trial)
    return list(kinds.values())


def _checks(fates: Sequence[Fate]) -> str:
    """The checks that hit most of these lines."""
    counted = Counter(check for fate in fates for check in set(fate.checks))
    return ", ".join(f"{name} {count}" for name, count in counted.most_common(4))


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.1%}"
