"""Two counters make a sliding window: the arithmetic, in whole numbers, so that every gauge answers alike.

Time is cut into epochs as long as the window. One counter belongs to the epoch that runs, one to the epoch before.
The estimate takes the running counter whole and as much of the one before as the window still overlaps.

Example, a window of 10 s. Between 12:00:00 and 12:00:10 a viewer wrote 8 lines; since 12:00:10 he wrote 3, the last at
12:00:14. Of the earlier epoch the window (12:00:04 to 12:00:14) still covers 6 of 10 seconds, so the estimate is
8 x 6000 // 10000 + 3 = 4 + 3 = 7. At 12:00:20 the running counter becomes the one before; a viewer silent until
12:00:30 is back at nothing.

The error: exact if the earlier epoch's lines came evenly. If they all came at its very end, the estimate is too low
by at most the share already slid out; at its very beginning, too high by the rest. Never above the sum of both.
"""

from __future__ import annotations


def epoch_of(at_ms: int, span_ms: int) -> int:
    """The number of the epoch an instant lies in: 12:00:10.000 begins a new one in a window of 10 s."""
    return at_ms // span_ms


def estimate(previous: int, current: int, at_ms: int, span_ms: int) -> int:
    """Lines in the ``span_ms`` before ``at_ms``.

    ``previous`` and ``current`` are the counters of the epoch before and of the running one, this line included.
    """
    return previous * (span_ms - at_ms % span_ms) // span_ms + current
