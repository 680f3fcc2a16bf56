"""A process that writes cases and dossiers until it is killed: ``python -m tests.storage.writing_process FILE``.

Prints ``ready``, then the code (or id) and version of every state whose write was acknowledged, a line each.
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
from tests.storage.tickets import TICKETS, opening, step, taken

WRITERS = 40
TICKET_WRITERS = 5


def tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def main(file: Path, start: int) -> None:
    serial = itertools.count(start)
    async with sqlite_store(file).open(kinds=TICKETS) as storage:
        tell("ready")

        async def write() -> None:
            while True:
                number = next(serial)
                answer = await storage.log.apply(*muting(Respondent(f"s{number % 500}", "name"), token=f"t{number}"))
                assert isinstance(answer, Applied)
                tell(f"{answer.state.code} {answer.state.version}")

        async def write_tickets() -> None:
            while True:
                ticket = await taken(storage, None, opening(processed=f"form-{next(serial)}"))
                tell(f"{ticket.id} {ticket.version}")
                ticket = await taken(storage, ticket.id, step("close"))
                tell(f"{ticket.id} {ticket.version}")

        await asyncio.gather(*(write() for _ in range(WRITERS)), *(write_tickets() for _ in range(TICKET_WRITERS)))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
