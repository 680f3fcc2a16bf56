"""Where the people are whom letters are for: the address they left, their page, their ear in the room."""

from __future__ import annotations

from bot.rooms import Rooms
from cases.history import Addressee
from cases.model import Appeal, CaseState
from cases.ports import CaseReader, LetterRow, Seals
from storage.contacts import StoredContacts
from streams.events import platform_of
from streams.platform import OutcomeStatus, Platform, Whisper

HEARD = (OutcomeStatus.DONE, OutcomeStatus.UNCONFIRMED)


class LetterRecipients:
    """Implements `bot.post.Recipients` over the store and the platforms."""

    def __init__(
        self,
        contacts: StoredContacts,
        reader: CaseReader,
        seals: Seals,
        rooms: Rooms,
        platforms: dict[str, Platform],
        public_url: str,
    ) -> None:
        self._contacts = contacts
        self._reader = reader
        self._seals = seals
        self._rooms = rooms
        self._platforms = platforms
        self._public_url = public_url.rstrip("/")

    async def address(self, row: LetterRow) -> str | None:
        """What was left with the report, or with the appeal."""
        if row.letter.to is Addressee.REPORTER:
            return await self._contacts.of_report(row.letter.ref)
        state = await self._reader.case(row.about)
        appeal = None if state is None else _appeal(state, row.letter.ref)
        return self._seals.unseal("appeal-contact", appeal.contact) if appeal and appeal.contact else None

    def page(self, row: LetterRow) -> str:
        """A reporter's receipt, a respondent's statement."""
        if not self._public_url:
            return ""
        if row.letter.to is Addressee.REPORTER:
            return f"{self._public_url}/receipt/{self._seals.token('report', row.letter.ref)}"
        return f"{self._public_url}/case/{row.about}"

    async def whisper(self, row: LetterRow, text: str) -> bool:
        """To the respondent, in the case's room."""
        state = await self._reader.case(row.about)
        person = None if state is None else _respondent(state, row.letter.ref)
        room = None if state is None else self._rooms.get(state.room)
        if person is None or room is None or room.dry_run or not room.capabilities().whisper:
            return False
        outcome = await self._platforms[platform_of(room.key)].perform(Whisper(room.key, person, text))
        return outcome.status in HEARD


def _appeal(state: CaseState, ref: str) -> Appeal | None:
    return next((appeal for appeal in state.appeals if appeal.id == ref), None)


def _respondent(state: CaseState, ref: str) -> str | None:
    """Whom a letter about an appeal or a statement (an action's id) is for."""
    appeal, action = _appeal(state, ref), state.action(ref)
    return appeal.respondent if appeal else action.respondent if action else None
