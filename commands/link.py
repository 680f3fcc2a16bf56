"""``!link``: who shows a page's code in chat is the account behind that page (norm N2.1-1b, N3.3-1)."""

from __future__ import annotations

import secrets

from cases.links import Account, LinkBook
from commands.arguments import case_code
from commands.asking import Asked, Handled
from streams.events import platform_of

_LETTERS, _DIGITS = "ACDEFHJKMNPQRTWXY", "34679"
"""As in case codes: nothing that is easily taken for something else."""
CODE_LENGTH = 8


def fresh_links() -> LinkBook:
    """A book whose codes and secrets cannot be guessed."""
    return LinkBook(_code, lambda: secrets.token_urlsafe(24))


def _code() -> str:
    """The shape of every code in chat: a letter, a digit, then any of both."""
    rest = "".join(secrets.choice(_LETTERS + _DIGITS) for _ in range(CODE_LENGTH - 2))
    return secrets.choice(_LETTERS) + secrets.choice(_DIGITS) + rest


async def link(asked: Asked) -> Handled:
    """``!link CODE`` binds the page that shows the code; without a code it ends the links of this account.

    A wrong code, one that is over and one that was used are answered alike, and each person may try only so often.
    """
    account = Account(platform_of(asked.key), asked.sender.id or "")
    if not asked.invocation.arguments:
        asked.parts.links.cut(account)
        return asked.done("link_cut", ())
    if not asked.parts.lookups.allows(f"link {asked.pseudonym}", asked.now.timestamp()):
        return Handled(None, refused="too_often")
    code = case_code(asked.invocation.arguments[0])
    if code is None or not asked.parts.links.bind(code, account, asked.now):
        return asked.refuse("unknown_link")
    return asked.done("linked", (), True)
