"""The fixture of the command tests."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.commands.scene import Scene, scene_in


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    """A room in `enforce`, profile solo."""
    async with scene_in() as made:
        yield made
