"""Installs the clients of ``package-lock.json`` into a cache of the checkout, once for each lock file."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

import filelock

HERE = Path(__file__).parent
CACHE = HERE.parents[1] / ".cache" / "npm-foreign"
FILES = ("package.json", "package-lock.json", ".npmrc")


def installed() -> Path:
    """The folder in which the clients can be imported; ``npm ci`` runs only when the lock file changed."""
    CACHE.mkdir(parents=True, exist_ok=True)
    wanted = hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()
    stamp = CACHE / "installed"
    with filelock.FileLock(CACHE / "lock"):
        if not stamp.exists() or stamp.read_text() != wanted:
            for name in FILES:
                shutil.copy(HERE / name, CACHE / name)
            subprocess.run(["npm", "ci"], cwd=CACHE, check=True, capture_output=True, timeout=110)
            stamp.write_text(wanted)
    return CACHE


def script(name: str) -> Path:
    """A script of this folder, placed where it finds the installed clients."""
    return Path(shutil.copy(HERE / name, installed() / name))
