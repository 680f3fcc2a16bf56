"""What was answered lately, by batch token: a repeated batch gets the same answers and is not counted again."""

from __future__ import annotations

from collections.abc import Sequence

from ratelimit.limits import Usage

LINES = 16_384
"""How many lines' answers are remembered, however they are cut into batches."""


class TokenMemory:
    """The answers of the latest batches, at most ``lines`` lines in all; the newest batch is always kept."""

    def __init__(self, lines: int = LINES) -> None:
        self._lines = lines
        self._held = 0
        self._answers: dict[str, Sequence[Usage]] = {}

    def recall(self, token: str) -> list[Usage] | None:
        """The answers given under ``token``, None when it is new or long ago."""
        known = self._answers.get(token)
        return None if known is None else list(known)

    def remember(self, token: str, answers: Sequence[Usage]) -> None:
        """Keep a batch's answers, and let go of the oldest beyond the bound. A known token keeps its first answers."""
        if token in self._answers:
            return
        self._answers[token] = tuple(answers)
        self._held += len(answers) + 1
        while self._held > self._lines and len(self._answers) > 1:
            oldest = next(iter(self._answers))
            self._held -= len(self._answers.pop(oldest)) + 1
