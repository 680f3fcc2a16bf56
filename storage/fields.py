"""The field register (norm P1-1): why each stored column exists, on what ground, how long, and who may read it.

A test compares it with `storage/schema.py`: a column without an entry, or an entry without a column, fails.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cases.retention import kept


@dataclass(frozen=True, slots=True)
class Handling:
    """How a kind of data is treated. ``basis`` is the ground for keeping it, ``readers`` the roles that see it."""

    basis: str
    retention: str
    readers: str


@dataclass(frozen=True, slots=True)
class Field:
    """One column: what it is needed for, and how it is treated."""

    purpose: str
    handling: Handling


def _table(handling: Handling, /, **purposes: str | Field) -> dict[str, Field]:
    """Columns of one table; a plain text is a purpose under the table's own handling."""
    return {
        name: purpose if isinstance(purpose, Field) else Field(purpose, handling) for name, purpose in purposes.items()
    }


_DUTY = "keeping order in the room and accounting for it"
TECHNICAL = Handling("running the program", "as long as the database", "operator")
RECORD = Handling(_DUTY, kept("record"), "moderators of the room, supervisor")
PUBLIC = Handling(_DUTY, kept("record"), "anybody who has the case's code")
PERSON = Handling(_DUTY, kept("person"), "moderators of the room")
PROOF = Handling("proof that the record was not changed", "as long as the database", "operator, supervisor")
REPORTER = Handling("answering the report", kept("person"), "the program; alone the privacy officer")
CONTACT = Handling("consent given with the report", kept("contact"), "the program; alone the privacy officer")
PASSING = Handling("carrying out what was decided", kept("errand"), "the program, operator")
REPEATS = Handling("applying a command once", kept("repeat"), "the program")
OWN_ROOM = Handling("set by the operator", "until the room is removed", "operator")
READING = Handling("showing who looked at what", kept("reading"), "supervisor, privacy officer")
GIVEN = Handling("consent given with the report or the request", kept("attachment"), "who handles the matter")
MATTER = Handling(_DUTY, "as its kind says, counted from its last step", "the roles its kind names")
TERM = Handling("handling every matter in time", kept("deadline"), "moderators of the room, supervisor, public sums")
LETTER = Handling("telling people what concerns them", kept("letter"), "the addressee, operator")
DECAYING = Handling(_DUTY, kept("strike"), "moderators of the room")

FIELDS: Mapping[str, Mapping[str, Field]] = {
    "meta": _table(TECHNICAL, name="which fact about the store", value="the fact, such as the end of the history"),
    "rooms": _table(
        OWN_ROOM, room="which room is moderated", mode="whether measures are carried out", added_at="order of the list"
    ),
    "room_numbers": _table(TECHNICAL, room="whose cases are numbered", last_number="the next case's number"),
    "cases": _table(
        RECORD,
        ordinal="running number over all rooms, from which the code is made",
        code=Field("names the case towards everybody", PUBLIC),
        room=Field("where it happened", PUBLIC),
        number="running number in the room",
        kind="what opened the case",
        status=Field("where the case stands", PUBLIC),
        episode=Field("joins further facts of the same matter; may hold an account id", PERSON),
        opened_at="age and order",
        last_at="tells whether an episode goes on",
        severity="bounds the measures",
        category="what the matter is about",
        rule=Field("which published rule was broken", PUBLIC),
        dry_run="whether anything was carried out",
        automatic="whether the program decided alone",
        version="guards against lost entries",
        state=Field("the fold of the history, for quick reading", PERSON),
    ),
    "respondents": _table(
        PERSON,
        code="which case",
        sender_id="whom the measures concern",
        room="finds a person's cases in one room",
        name="how moderators recognise the person",
    ),
    "history": _table(
        PROOF,
        seq="place in the chain",
        code="which case",
        at="when it happened",
        entry="what kind of thing happened",
        prev_hash="joins the entry to the one before",
        commitment="binds the body without telling it",
        hash="seals the entry",
    ),
    "history_body": _table(
        PERSON, seq="which entry", salt="keeps an erased body from being guessed", body="what happened, and by whom"
    ),
    "evidence": _table(
        PERSON,
        id="order of capture",
        code="which case",
        kind="whether it was taken at once or afterwards",
        captured_at="when it was frozen",
        digest=Field("proves that it was not changed", PROOF),
        body="the lines the decision rests on, and counters; absent after erasure",
    ),
    "statements": _table(
        PERSON,
        id="which action it explains",
        code="which case",
        respondent="to whom it is addressed",
        issued_at="when the person could know",
        appeal_until="until when an appeal is admitted",
        token_hash="opens it for the person alone; the token itself is not kept",
        body="the reasons",
    ),
    "reports": _table(
        REPORTER,
        id="which report",
        code="which case it led to",
        room="pseudonyms differ from room to room",
        reporter="keyed pseudonym: one voice per person",
        channel="by which way it came",
        category="what was alleged",
        received_at="deadlines run from here",
        token_hash="opens the own progress; the token itself is not kept",
        status="where the report stands",
    ),
    "contacts": _table(
        CONTACT,
        report_id="which report is to be answered",
        wrapped_key="opens the contact; erasing it erases the contact",
        sealed="where the answer is sent, encrypted",
        given_at="when consent was given",
    ),
    "outbox": _table(
        PASSING,
        action_id="idempotency key towards the platform",
        position="order in which actions are carried out",
        code="which case ordered it",
        room="where it is carried out",
        kind="what is to be done",
        sender_id="to whom",
        name="some platforms act on names",
        message_id="which line is deleted",
        until="when it ends",
        undoes="which action it takes back",
        ordered_by="who may undo it; a staff account id, empty for the program",
        ordered_at="how fresh it is",
        reason="what the platform may show the person",
        status="how it went",
        detail="what the platform answered",
        attempts="limits repeating",
        due_at="when to try next",
        settled_at="when its outcome was known",
        severity="a minor fault admits no such action",
    ),
    "timers": _table(
        PASSING,
        kind="what is waited for",
        ref="what it concerns",
        code="which case",
        room="where it is carried out",
        due_at="when it is due",
        done_at="when it was met",
    ),
    "notices": _table(
        PASSING,
        id="order of sending",
        code="which case it belongs to",
        room="where it is said",
        text="what is said; a private text is erased when it is sent",
        private_to="whom alone it is for",
        secret="what only a whisper adds; erased when it is sent",
        created_at="too old a notice is not sent",
        sent_at="said at most once",
        lapsed_at="when it was given up",
    ),
    "strikes": _table(
        DECAYING,
        id="order",
        code="which case it comes from",
        room="counts in one room only",
        sender_id="who is counted",
        at="decays from here",
        cleared_at="when an appeal cleared it",
    ),
    "processed": _table(
        REPEATS,
        room="message ids are unique in a room",
        message_id="which command or form was carried out",
        code="what to answer when it comes again",
        at="forgotten a week later",
    ),
    "participations": _table(
        RECORD,
        code="which case",
        ref="who took part; a staff account id, of a reporter a digest that only this case knows",
        part="in what: whoever decided does not answer the appeal, whoever is concerned does not vote",
        at="since when",
    ),
    "appeals": _table(
        PERSON,
        id="which appeal",
        code="which case it is about",
        respondent="who objects",
        filed_at="deadlines run from here",
        status="where it stands",
        decided_by="who answered; never somebody who took part in the case",
        decider_pseudonym="a digest of this case alone: shows that the reporter did not answer",
        decided_at="when it was answered",
    ),
    "votes": _table(
        RECORD,
        code="which case",
        ref="who voted; nobody twice, nobody concerned",
        round="in which round",
        pseudonym="a digest of this case alone: shows that the reporter did not vote",
        at="when",
    ),
    "dossiers": _table(
        MATTER,
        id="names the matter",
        kind="what sort of matter it is",
        number="running number of its kind",
        status="where it stands",
        room="where it belongs, absent for the whole installation",
        about="what it concerns",
        opened_at="age and order",
        last_at="how long it has rested",
        version="guards against lost entries",
        token_hash="opens it for who began it; the token itself is not kept",
        state="the fold of the history, for quick reading",
    ),
    "deadlines": _table(
        TERM,
        key="which step is waited for",
        ref="what it concerns",
        about="which case or dossier",
        room="where it belongs",
        started_at="when it began",
        warn_at="when people are warned",
        due_at="when it is due",
        warned_at="warned once",
        met_at="when the step was taken",
        overdue_at="that it was missed stays on record",
        dropped_at="when it no longer applied",
    ),
    "letters": _table(
        LETTER,
        id="order of sending",
        addressee="what kind of person it is for",
        ref="for whom, by what it answers; a staff reference",
        about="which case or dossier it belongs to",
        room="where it belongs",
        key="which text",
        words="what fills the text in",
        created_at="when it was written",
        due_at="when to try next",
        attempts="limits repeating",
        sent_at="sent at most once",
        held_at="when it was left for the page alone",
        channel="by which way it went",
        detail="why it could not be sent",
    ),
    "access_log": _table(
        READING,
        seq="its entry in the history, so that it cannot be changed unseen",
        at="when somebody looked",
        who="who looked; a staff account id",
        role="in which role",
        name="how the person is recognised",
        what="what kind of thing was looked at, or refused",
        ref="which one",
        why="the reason that was given",
    ),
    "attachments": _table(
        GIVEN,
        id="which file",
        about="which case, report or dossier it belongs to",
        name="how the giver called it",
        media_type="how it is shown",
        size_bytes="bounds what is kept",
        digest=Field("proves that it was not changed", PROOF),
        given_at="when it was given",
        wrapped_key="opens the file; erasing it erases the file",
        sealed="the file, encrypted",
        erased_at="when it was erased",
    ),
}
"""Table → column → field."""
