"""What complaints teach: each month's causes, an action for each of the top ones, and later whether it helped (norm P2-2).

Two kinds: an `improvement` is one action against one cause; a `period` is one month, which closes only when every
complaint of it is coded and each top cause has an action.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from cases.dossier import Attempt, Dossier, DossierKind
from cases.dossiers.common import HANDLERS, matching
from cases.dossiers.complaint import CAUSES
from cases.machine import BEGINNING, Machine, Move
from cases.model import Refusal
from cases.needs import instant, one_of, text

TOP = 3
"""How many of the most frequent causes of a month must have an action."""
MONTH = matching(r"20[0-9]{2}-(?:0[1-9]|1[0-2])", "a month like 2026-05")


def in_month(complaints: Iterable[Dossier], month: str) -> tuple[Dossier, ...]:
    """The complaints that came in within a month (``2026-05``, UTC), without those that were reports in truth."""
    return tuple(
        each
        for each in complaints
        if each.kind == "complaint" and f"{each.opened_at:%Y-%m}" == month and each.status != "converted"
    )


def top_causes(complaints: Iterable[Dossier]) -> tuple[str, ...]:
    """The most frequent coded causes, at most three; equal numbers in the order of the list of causes."""
    counted = Counter(str(each.fields["cause"]) for each in complaints if "cause" in each.fields)
    return tuple(sorted(counted, key=lambda cause: (-counted[cause], CAUSES.index(cause)))[:TOP])


def over(attempt: Attempt) -> Refusal | None:
    """A month closes after its end."""
    if f"{attempt.now:%Y-%m}" <= str(attempt.field("month")):
        return Refusal("too_early", f"{attempt.field('month')} is not over")
    return None


def once(attempt: Attempt) -> Refusal | None:
    """One list a month."""
    months = {other.fields["month"] for other in attempt.about.linked if other.kind == "period"}
    if attempt.fields["month"] in months:
        return Refusal("already", f"there is a list of {attempt.fields['month']}")
    return None


def all_coded(attempt: Attempt) -> Refusal | None:
    """No complaint of the month is left without a cause."""
    uncoded = [each.id for each in _complaints(attempt) if "cause" not in each.fields]
    if uncoded:
        return Refusal("uncoded", f"these complaints have no cause yet: {', '.join(uncoded)}")
    return None


def top_has_action(attempt: Attempt) -> Refusal | None:
    """Each of the top causes has an open or finished action."""
    acted = {
        each.fields["cause"] for each in attempt.about.linked if each.kind == "improvement" and each.status != "dropped"
    }
    missing = [cause for cause in top_causes(_complaints(attempt)) if cause not in acted]
    if missing:
        return Refusal("no_action", f"there is no action against: {', '.join(missing)}")
    return None


def after_done(attempt: Attempt) -> Refusal | None:
    """Whether it helped is looked at two weeks after it was done, not the same day."""
    done = attempt.dossier.last("finish") if attempt.dossier else None
    if done is not None and (attempt.now - done.at).days < 14:
        return Refusal("too_early", "wait two weeks: an effect shows only then")
    return None


def _complaints(attempt: Attempt) -> tuple[Dossier, ...]:
    return in_month(attempt.about.linked, str(attempt.field("month")))


PERIOD = DossierKind(
    "period",
    "月度分析",
    Machine(
        "period",
        (
            Move("begin", {BEGINNING: "open"}, HANDLERS, {"month": MONTH}, guards=(once,), zh="建立"),
            Move(
                "close",
                {"open": "closed"},
                HANDLERS,
                {"summary": text(4_000)},
                guards=(over, all_coded, top_has_action),
                zh="结束",
            ),
        ),
    ),
    "P2-2",
    readers=HANDLERS,
    looks_at=frozenset({"complaint", "improvement", "period"}),
)

KIND = DossierKind(
    "improvement",
    "改进",
    Machine(
        "improvement",
        (
            Move(
                "plan",
                {BEGINNING: "planned"},
                HANDLERS,
                {
                    "month": MONTH,
                    "cause": one_of(*CAUSES),
                    "action": text(2_000),
                    "owner": text(80),
                    "until": instant(),
                },
                zh="计划",
            ),
            Move("finish", {"planned": "done"}, HANDLERS, {"result": text(2_000)}, zh="完成"),
            Move(
                "check",
                {"done": "checked"},
                HANDLERS,
                {"effect": one_of("better", "same", "worse"), "seen": text(2_000)},
                guards=(after_done,),
                zh="复查",
            ),
            Move("drop", {"planned": "dropped"}, HANDLERS, {"reason": text(2_000)}, zh="放弃"),
        ),
    ),
    "P2-2",
    readers=HANDLERS,
)


def late(actions: Iterable[Dossier], now: datetime) -> tuple[Dossier, ...]:
    """Actions whose day has passed and that are not done."""
    return tuple(
        each for each in actions if each.status == "planned" and datetime.fromisoformat(str(each.fields["until"])) < now
    )
