"""`python -m bench.scorecard`: play the attacks and the innocents, run the logs, print how it went.

For tuning: ``--only real --source youtube --limit 50000 --show hidden``, or
``--only attacks --kinds wave,drip --show shown``.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console

from bench.scorecard import report
from bench.scorecard.card import GROUPS, Asked, Card, measure
from bench.scorecard.document import write
from bench.scorecard.logs import read_chat
from bench.scorecard.recorded import is_aside
from bot.config import Settings, policy_of


def main() -> None:
    """Measure and print; exit 1 on a missed target where ``--gate`` asks for it."""
    given = _arguments()
    folder = given.data or os.environ.get("DANMOD_CHAT_DATA")
    settings = Settings()
    try:
        chat = read_chat(Path(folder) if folder else None, frozenset(given.source or ()))
        card = measure(chat, policy_of(settings.limits, settings.profile), _asked(given))
    except (ValueError, FileNotFoundError) as fault:
        sys.exit(f"scorecard: {fault}")
    console = Console(width=160)
    for sheet in card.sheets():
        console.print(report.as_table(sheet))
    for line in _shown(card, given.show, given.samples) if given.show else ():
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    if not card.trials and {"attacks", "innocents"} & set(given.only or GROUPS):
        console.print("No scenes were played: no session is long enough and tells who wrote.")
    console.print(f"{card.cpu_s:.1f} s of CPU, on {', '.join(chat.sources)}")
    if given.write:
        write(card)
    sys.exit(1 if given.gate and not all(each.holds for each in card.targets()) else 0)


def _shown(card: Card, what: str, count: int) -> Iterator[str]:
    if what == "worst":
        return report.worst([trial for trial in card.trials if not is_aside(trial.kind)], count)
    return report.sample(card.fates(what), count)


def _asked(given: argparse.Namespace) -> Asked:
    least = Asked()
    return Asked(
        groups=given.only or GROUPS,
        kinds=given.kinds,
        seeds=range(given.first, given.first + (given.seeds or len(least.seeds))),
        lines=None if given.full else given.limit or least.lines,
        texts=None if given.full else least.texts,
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.scorecard", description=__doc__)
    add = parser.add_argument
    add("--data", help="folder of logs (else $DANMOD_CHAT_DATA, else a made-up crowd)")
    add("--only", type=_list, help=f"only some of {', '.join(GROUPS)}")
    add("--kinds", type=_list, help="only these kinds of scenes, or families; `wave-` means all that begin so")
    add("--source", type=_list, help="only logs whose name begins so")
    add("--seeds", type=int, help="scenes of a kind")
    add("--first", type=int, default=0, help="the first seed: other scenes than those that were tuned on")
    add("--limit", type=int, help="lines of a source in `real`")
    add("--full", action="store_true", help="every line of the logs and every labelled text")
    add(
        "--show",
        choices=("hidden", "muted", "shown", "worst"),
        help="print lines that were hit or came through, or the worst attacks",
    )
    add("--samples", type=int, default=60, help="how many of them")
    add("--write", action="store_true", help="write the tables into the documents")
    add("--gate", action="store_true", help="exit 1 on a missed target")
    return parser.parse_args()


def _list(words: str) -> list[str]:
    return [word for word in words.split(",") if word]


if __name__ == "__main__":
    main()
