"""The tables: for the terminal by rich, for the documents as markdown; and samples of what was hit or came through."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rich.table import Table

from bench.scorecard.engine import Fate
from bench.scorecard.real import Toll
from bench.scorecard.score import AFTER, figures, touched
from bench.scorecard.single import Singles
from bench.scorecard.targets import Target
from bench.scorecard.trials import Trial


class Sheet(NamedTuple):
    """A table as plain cells."""

    title: str
    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


def attacks(trials: Sequence[Trial]) -> Sheet:
    """Every kind of attack."""
    rows = [_attack(own) for own in _by_kind(trials) if own[0].kind.family != "innocent"]
    head = (
        "attack",
        "tried",
        "shown, median",
        "p90",
        "median with a hold of 1 s",
        "after line",
        "kept off",
        "with 1 s",
    )
    return Sheet("attacks", head, rows)


def _attack(own: list[Trial]) -> tuple[str, ...]:
    found = figures(own, AFTER.get(own[0].kind.family, 0))
    stopped, strict = _percent(found.stopped), _percent(found.stopped_strict)
    shown = (f"{found.shown:g}", f"{found.shown_p90:g}", f"{found.strict:g}")
    return (own[0].kind.name, str(found.attacks), *shown, str(found.after), stopped, strict)


def innocents(trials: Sequence[Trial]) -> Sheet:
    """Every kind of innocents."""
    rows = []
    for own in _by_kind(trials):
        if own[0].kind.family == "innocent":
            hit = touched(own)
            hidden = f"{hit.hidden:,} ({hit.hidden / hit.lines:.1%})"
            rows.append(
                (
                    own[0].kind.name,
                    str(hit.scenes),
                    f"{hit.lines:,}",
                    hidden,
                    f"{hit.people:,}",
                    str(hit.muted),
                    str(hit.banned),
                )
            )
    return Sheet("innocents", ("innocents", "scenes", "lines", "hidden", "people", "muted", "banned"), rows)


def bystanders(trials: Sequence[Trial]) -> Sheet:
    """The people who chatted on during the attacks."""
    toll = [fate for trial in trials if trial.kind.family != "innocent" for fate in trial.bystanders]
    hidden, muted = sum(fate.hidden for fate in toll), sum(fate.muted for fate in toll)
    rate = 10_000 / max(1, len(toll))
    row = (f"{len(toll):,}", f"{hidden} ({hidden * rate:.1f})", f"{muted} ({muted * rate:.2f})")
    return Sheet(
        "bystanders during attacks", ("lines", "hidden (per 10,000)", "muted (per 10,000)"), [row] if toll else []
    )


def real(tolls: Sequence[Toll]) -> Sheet:
    """Chat as it is."""
    rows = []
    for toll in tolls:
        rates = [f"{toll.per_10_000(count):.2f}" for count in (toll.hidden, toll.muted, toll.banned)]
        checks = ", ".join(f"{name} {count}" for name, count in toll.checks.most_common(4))
        rows.append((toll.source, toll.part, f"{toll.lines:,}", *rates, checks))
    head = ("source", "part", "lines", "hidden /10k", "muted /10k", "banned /10k", "by check")
    return Sheet("chat as it is", head, rows)


def single(found: Sequence[Singles]) -> Sheet:
    """Texts judged by hand."""
    rows = [
        (
            each.source,
            each.label,
            each.part,
            str(each.said),
            _percent(each.held / each.said),
            f"{each.regulars_held} of {each.regulars_said}",
        )
        for each in found
        if each.said
    ]
    return Sheet("single lines", ("source", "label", "part", "said", "kept off", "by regulars kept off"), rows)


def verdicts(found: Sequence[Target]) -> Sheet:
    """Every target."""
    rows = [(each.name, each.gate, each.measured, "holds" if each.holds else "MISSED") for each in found]
    return Sheet("targets", ("target", "gate", "measured", "verdict"), rows)


def as_table(sheet: Sheet) -> Table:
    """For the terminal."""
    table = Table(*sheet.head, title=sheet.title)
    for row in sheet.rows:
        table.add_row(*row)
    return table


def as_markdown(sheet: Sheet) -> str:
    """For a document."""
    lines = [sheet.head, tuple("---" for _ in sheet.head), *sheet.rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def sample(fates: Sequence[Fate], count: int) -> Iterator[str]:
    """Some of the lines, evenly picked, one a row: the instant, who, what was decided, the text."""
    step = max(1, len(fates) // count)
    for fate in fates[::step][:count]:
        deed = "muted" if fate.muted else "hidden" if fate.hidden else "shown"
        checks, who = ",".join(dict.fromkeys(fate.checks)), fate.message.sender.id or "-"
        yield f"{fate.at_s:14.1f} {who:18.18} {deed:6} {checks:20} {fate.message.text!r}"


def _by_kind(trials: Sequence[Trial]) -> list[list[Trial]]:
    kinds: dict[str, list[Trial]] = {}
    for trial in trials:
        kinds.setdefault(trial.kind.name, []).append(trial)
    return list(kinds.values())


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.1%}"
