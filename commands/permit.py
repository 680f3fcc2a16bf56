"""A moderator lets a viewer post one link or contact. No measure and no case: it lives in the room's memory for minutes."""

from __future__ import annotations

from datetime import timedelta

from commands import permissions
from commands.arguments import ArgumentFault, terms
from commands.asking import Asked, Handled, named
from commands.targets import Target
from commands.viewer import hint_for

USUAL = timedelta(minutes=2)
LONGEST = timedelta(hours=1)


async def permit(asked: Asked) -> Handled:
    """``!permit @name [2m]``: two minutes unless said otherwise, an hour at most. For one line."""
    target = asked.target()
    if not isinstance(target, Target):
        return hint_for(asked, target)
    fault = permissions.untouchable(target.sender, asked.sender, asked.room.memory, measure=True)
    if fault is not None:
        return asked.refuse("permit_needless" if fault != "target_bot" else fault)
    said = terms(target.rest)
    if isinstance(said, ArgumentFault):
        return asked.refuse(said.hint)
    span = min(said.span or USUAL, LONGEST)
    asked.room.memory.permits.give(target.sender.id or "", asked.now.timestamp() + span.total_seconds())
    return asked.done("permit", (), name=named(target.sender), span=asked.span(span))
