"""A process that writes cases until it is killed: ``python -m tests.storage.writing_process FILE``.

Prints ``ready``, then the code and version of every state whose write was acknowledged, a line each.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
from pathlib import Path

from cases.model import Respondent
from cases.ports import Applied
from tests.storage.stores import sqlite_store
from tests.storage.stories import muting

WRITERS = 40


def tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def main(file: Path, start: int) -> None:
    serial = itertools.count(start)
    async with sqlite_store(file).open() as storage:
        tell("ready")

        async def write() -> None:
            while True:
                number = next(serial)
                answer = await storage.log.apply(*muting(Respondent(f"s{number % 500}", "name"), token=f"t{number}"))
                assert isinstance(answer, Applied)
                tell(f"{answer.state.code} {answer.state.version}")

        await asyncio.gather(*(write() for _ in range(WRITERS)))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
