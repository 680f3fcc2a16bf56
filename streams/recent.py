"""A bounded memory of what was seen. Pure."""

from __future__ import annotations


class Recent:
    """The last ``size`` keys; the oldest are forgotten first."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._keys: dict[str, None] = {}

    def add(self, key: str) -> bool:
        """Remember ``key``; False when it was known already."""
        if key in self._keys:
            return False
        self._keys[key] = None
        if len(self._keys) > self._size:
            del self._keys[next(iter(self._keys))]
        return True
