"""What Owncast needs: an address and two credentials, each of which opens something else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class OwncastSettings:
    """Where the server is (``https://live.example.org``) and who danmod is there. Secrets never appear in a repr.

    ``access_token`` is an integration's (admin page, Integrations, Access Tokens) with the scopes
    CAN_SEND_MESSAGES (to speak) and HAS_ADMIN_ACCESS (to hide lines and to catch up after a cut); "" for none.
    ``moderator_token`` is that of a chat user whom the owner made a moderator: it reads, hides, and disables people; "":
    danmod registers as a plain viewer and only reads. ``mute`` says how a mute is done: ``soft`` hides each further line of
    the person, who can go on writing; ``disable`` shuts the account out, which hides all its lines, says so in public and
    bans its addresses.
    """

    url: str
    access_token: str = field(default="", repr=False)
    moderator_token: str = field(default="", repr=False)
    mute: Literal["soft", "disable"] = "soft"
