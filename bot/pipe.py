"""A log pipe that never stops the program: lines wait in a bounded queue, a thread writes them, overflow is counted."""

from __future__ import annotations

import os
import queue
import threading
from typing import IO

LINES = 10_000


class PatientPipe:
    """Looks like a text stream to write to; ``dropped`` counts the lines that found the queue full."""

    def __init__(self, target: IO[str], lines: int = LINES) -> None:
        self.dropped = 0
        self._target = target
        self._told = 0
        self._queue: queue.Queue[str] = queue.Queue(lines)
        threading.Thread(target=self._drain, name="log", daemon=True).start()

    def write(self, text: str) -> int:
        """Queue the text; drop it, counted, when the reader of the log has stopped reading."""
        try:
            self._queue.put_nowait(text)
        except queue.Full:
            self.dropped += 1
        return len(text)

    def flush(self) -> None:
        """Nothing to do: the thread writes as fast as the target takes it."""

    def close(self, within_s: float = 1.0) -> None:
        """Wait a moment for what is queued to be written."""
        done = threading.Event()

        def wait() -> None:
            self._queue.join()
            done.set()

        threading.Thread(target=wait, daemon=True).start()
        done.wait(within_s)

    def _drain(self) -> None:
        while True:
            text = self._queue.get()
            try:
                if self.dropped > self._told:
                    self._put(f"danmod: {self.dropped - self._told} log lines were dropped, nobody read them\n")
                    self._told = self.dropped
                self._put(text)
            except (OSError, ValueError):
                self.dropped += 1  # the target is gone; the program goes on
            finally:
                self._queue.task_done()

    def _put(self, text: str) -> None:
        """Past the stream's own buffer: a write that is stuck would hold its lock until the interpreter ends on it."""
        try:
            number = self._target.fileno()
        except (OSError, ValueError):
            self._target.write(text)
            self._target.flush()
            return
        data = text.encode("utf-8", "backslashreplace")
        while data:
            data = data[os.write(number, data) :]
