"""What danmod keeps: cases with their history, and what waits to be done.

In reading order: `opening` (open a storage), `writer` (one task writes, in groups), with `doubt` (did a commit come
through), `case_log` (an intent's way into the database), with `lookup` (find its case), `dossier_log` (the same for
dossiers and noted readings), `rows`, `dossier_rows`, `parts` and `owed` (what they write: the case or dossier, who took
part, deadlines and letters), gathered as `row`, and `batch` with `alongside` (what a group writes); `schema` and `fields`
(the tables, and why each column exists), `chain` and `chain_end` (the history cannot be changed unseen), `audit` (checks
that), `outbox`, `deadlines`, `letters` and `access` (what waits, and who looked), `reader` and `dossier_reader`, `rooms`,
`runs` (starts and absence), `facts` (about the store itself), `vault` (keys) over `key_file`, `rotation` (of what wraps),
`codes` (case codes), `database` (engines and locks), `erasure` with `erasing` and `erasing_request` (what goes, with a
proof), `checkpoints` and `tail` (the history against its signed ends), `revisions` with `migrations/` (its `guards` hold
against any statement) and `refold` (states after an upgrade).
"""

from storage.opening import Beside, Storage, open_beside, open_keys, open_reading, open_storage
from storage.revisions import SchemaMismatch, upgrade
from storage.rooms import StoredRoom, StoredRooms
from storage.runs import Run
from storage.vault import Keys, KeysError

__all__ = [
    "Beside",
    "Keys",
    "KeysError",
    "Run",
    "SchemaMismatch",
    "Storage",
    "StoredRoom",
    "StoredRooms",
    "open_beside",
    "open_keys",
    "open_reading",
    "open_storage",
    "upgrade",
]
