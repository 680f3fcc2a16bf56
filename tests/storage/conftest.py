"""The databases of these tests."""

from tests.storage.stores import postgres, storage, store

__all__ = ["postgres", "storage", "store"]
