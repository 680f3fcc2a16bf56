"""`make bench`: every comparison, as ratios within one run; exits non-zero when a measured gate is missed.

`python -m bench --quick` measures less long; `python -m bench counters irc` only these.
"""

from __future__ import annotations

import sys
from importlib import import_module

from rich.console import Console
from rich.progress import track
from rich.table import Table

from bench.row import Row

PARTS = ("counters", "storage", "cases", "irc", "bilibili", "twitch", "text", "pipeline", "memory")


def main() -> None:
    """Measure and print."""
    quick = "--quick" in sys.argv
    wanted = [name for name in sys.argv[1:] if name in PARTS] or list(PARTS)
    rows: list[Row] = []
    for name in track(wanted, description="measuring", console=Console(stderr=True)):
        rows += import_module(f"bench.{name}").run(quick)
    Console(width=200).print(_table(rows))
    sys.exit(0 if all(row.holds for row in rows) else 1)


def _table(rows: list[Row]) -> Table:
    table = Table("what", "ours", "other", "ratio", "gate", "verdict", "note", title="ratios within this run")
    for row in rows:
        ratio = "" if row.ratio is None else f"{row.ratio:.1f}"
        table.add_row(
            row.name, row.ours, row.other, ratio, row.bound, row.verdict, row.note if row.ratio is not None else ""
        )
    return table


if __name__ == "__main__":
    main()
