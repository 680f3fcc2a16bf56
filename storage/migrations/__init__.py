"""The history of the schema: Alembic scripts, run by `storage/revisions.py`."""
