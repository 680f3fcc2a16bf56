"""The databases of these tests."""

from tests.storage.stores import postgres, postgres_template, sqlite_template, storage, store

__all__ = ["postgres", "postgres_template", "sqlite_template", "storage", "store"]
