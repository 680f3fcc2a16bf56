"""`python -m bench.scorecard`: play the attacks and the innocents, run the logs, print how it went.

For tuning: ``--only real --source youtube --limit 50000 --show hidden``, or
``--only attacks --kinds wave,drip --show shown``.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from rich.console import Console

from bench.scorecard import report
from bench.scorecard.engine import Fate
from bench.scorecard.logs import read_chat
from bench.scorecard.real import Toll, tolls
from bench.scorecard.single import Singles, singles
from bench.scorecard.targets import targets
from bench.scorecard.trials import Trial, trials
from bot.config import Settings, policy_of
from streams.sandbox.attacks import ATTACKS, INNOCENTS, KINDS, Kind

GROUPS = ("attacks", "innocents", "real", "single")
SEEDS, LINES, TEXTS = 12, 24_000, 150
"""How much is measured unless told: scenes of a kind, lines of a source, texts of a label."""


def main() -> None:
    """Measure and print; exit 1 on a missed target where ``--gate`` asks for it."""
    asked = _arguments()
    folder = asked.data or os.environ.get("DANMOD_CHAT_DATA")
    chat = read_chat(Path(folder) if folder else None, frozenset(asked.source or ()))
    settings = Settings()
    policy = policy_of(settings.limits, settings.profile)
    groups = asked.only or list(GROUPS)
    played = list(trials(_kinds(asked.kinds, groups), asked.seeds, chat, policy))
    toll = list(tolls(chat, policy, None if asked.full else asked.limit)) if "real" in groups else []
    said = list(singles(chat, policy, None if asked.full else TEXTS)) if "single" in groups else []
    met = list(targets(played, toll, said))
    sheets = [
        report.attacks(played),
        report.innocents(played),
        report.bystanders(played),
        report.real(toll),
        report.single(said),
    ]
    console = Console(width=160)
    for sheet in (*sheets, report.verdicts(met)):
        if sheet.rows:
            console.print(report.as_table(sheet))
    for line in report.sample(_shown(asked.show, played, toll, said), asked.samples) if asked.show else ():
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    sys.exit(1 if asked.gate and not all(each.holds for each in met) else 0)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.scorecard", description=__doc__)
    parser.add_argument("--data", help="folder of logs (else $DANMOD_CHAT_DATA, else a made-up crowd)")
    parser.add_argument("--only", type=_list, help=f"only some of {', '.join(GROUPS)}")
    parser.add_argument(
        "--kinds", type=_list, help="only these kinds of scenes, or families; `wave-` begins all evasions"
    )
    parser.add_argument("--source", type=_list, help="only logs whose name begins so")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="scenes of a kind")
    parser.add_argument("--limit", type=int, default=LINES, help="lines of a source in `real`")
    parser.add_argument("--full", action="store_true", help="every line of the logs and every labelled text")
    parser.add_argument(
        "--show", choices=("hidden", "muted", "shown"), help="print lines that were hit, or (attacks, ads) came through"
    )
    parser.add_argument("--samples", type=int, default=60, help="how many of them")
    parser.add_argument("--gate", action="store_true", help="exit 1 on a missed target")
    return parser.parse_args()


def _list(words: str) -> list[str]:
    return [word for word in words.split(",") if word]


def _kinds(wanted: list[str] | None, groups: list[str]) -> list[Kind]:
    known = [
        kind
        for group, kinds in (("attacks", ATTACKS), ("innocents", INNOCENTS))
        if group in groups
        for kind in kinds.values()
    ]
    if not wanted:
        return [kind for kind in known if kind.family != "single"]
    found = [
        kind
        for kind in known
        if any(
            kind.name == each or kind.family == each or (each[-1] == "-" and kind.name.startswith(each))
            for each in wanted
        )
    ]
    if not found:
        sys.exit(f"no such kind: {', '.join(wanted)}; the kinds are {', '.join(KINDS)}")
    return found


def _shown(what: str, played: list[Trial], toll: list[Toll], said: list[Singles]) -> list[Fate]:
    """The lines to show; never one of a log that is kept aside."""
    fates = [fate for trial in played for fate in trial.lines]
    fates += [fate for trial in played if trial.part != "aside" for fate in trial.bystanders if fate.hidden]
    fates += [fate for each in toll if each.part != "aside" for fate in each.hit]
    fates += [fate for each in said if each.part != "aside" for fate in each.fates]
    return [fate for fate in fates if {"hidden": fate.hidden, "muted": fate.muted, "shown": fate.shown()}[what]]


if __name__ == "__main__":
    main()
