"""The two ways a letter leaves: an e-mail to the address somebody left, and a post to the moderators' own chat."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

import aiohttp
import msgspec

MAIL_TIMEOUT_S = 20.0
WEBHOOK_TIMEOUT = aiohttp.ClientTimeout(total=10)
_ADDRESS = re.compile(r"[^@\s<>\"(),:;\[\]\\]{1,64}@[^@\s<>\"(),:;\[\]\\]{1,190}\.[^@\s<>\"(),:;\[\]\\.]{2,63}")


class NotSent(Exception):
    """It could not be sent this time; the sentence says why, and names nobody."""


@dataclass(frozen=True, slots=True)
class MailSettings:
    """A server that takes letters. ``tls`` is ``starttls``, ``tls`` or ``none``."""

    host: str
    port: int
    tls: str
    user: str
    password: str = field(repr=False)
    sender: str = ""


class Mail:
    """Sends e-mails. Needs aiosmtplib (the extra `mail`); raises ImportError, with the cure, where it is missing."""

    def __init__(self, settings: MailSettings) -> None:
        try:
            import aiosmtplib
        except ImportError:
            raise ImportError("[mail] needs the extra `mail`: pip install 'danmod[mail]'") from None
        self._smtp = aiosmtplib
        self._settings = settings

    async def send(self, to: str, subject: str, text: str, letter_id: str, now: datetime) -> None:
        """One letter. The same letter sent again carries the same Message-ID. Raises NotSent."""
        how = self._settings
        try:
            await self._smtp.send(
                self._message(to, subject, text, letter_id, now),
                hostname=how.host,
                port=how.port,
                username=how.user or None,
                password=how.password or None,
                use_tls=how.tls == "tls",
                start_tls=how.tls == "starttls",
                timeout=MAIL_TIMEOUT_S,
            )
        except self._smtp.SMTPRecipientsRefused as fault:
            raise NotSent(f"the mail server answered {fault.recipients[0].code}") from None
        except self._smtp.SMTPResponseException as fault:
            raise NotSent(f"the mail server answered {fault.code}") from None
        except (self._smtp.SMTPException, OSError, TimeoutError, ValueError) as fault:
            raise NotSent(f"the mail server could not be reached: {type(fault).__name__}") from None

    def _message(self, to: str, subject: str, text: str, letter_id: str, now: datetime) -> EmailMessage:
        domain = self._settings.sender.rpartition("@")[2]
        message = EmailMessage()
        message["From"] = Address("danmod", addr_spec=self._settings.sender)
        message["To"] = Address(addr_spec=to)
        message["Subject"] = subject
        message["Date"] = format_datetime(now)
        message["Message-ID"] = f"<letter-{letter_id}@{domain}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(text)
        return message


def is_address(text: str) -> bool:
    """True for what can be an e-mail address; everything else is left unguessed."""
    return _ADDRESS.fullmatch(text.strip()) is not None and text.isascii()


class Webhook:
    """Posts JSON to one address, signed: ``X-Danmod-Signature`` is the HMAC-SHA256 of timestamp, dot and body."""

    def __init__(self, url: str, secret: str, http: aiohttp.ClientSession) -> None:
        self._url = url
        self._secret = secret.encode()
        self._http = http

    async def send(self, letter_id: int, key: str, about: str, text: str, now: datetime) -> None:
        """One message. ``text`` and ``content`` are the same words, for chats that read one or the other. Raises NotSent."""
        body = msgspec.json.encode(
            {"id": letter_id, "kind": key, "about": about, "at": now, "text": text, "content": text}
        )
        stamp = str(int(now.timestamp()))
        headers = {
            "Content-Type": "application/json",
            "X-Danmod-Timestamp": stamp,
            "X-Danmod-Id": str(letter_id),
            "X-Danmod-Signature": signature(self._secret, stamp, body),
        }
        try:
            async with self._http.post(
                self._url, data=body, headers=headers, timeout=WEBHOOK_TIMEOUT, allow_redirects=False
            ) as answer:
                status = answer.status
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as fault:
            raise NotSent(f"the moderators' chat could not be reached: {type(fault).__name__}") from None
        if not 200 <= status < 300:
            raise NotSent(f"the moderators' chat answered {status}")


def signature(secret: bytes, stamp: str, body: bytes) -> str:
    """What a receiver compares with: hexadecimal HMAC-SHA256 of ``stamp.body``."""
    return hmac.new(secret, stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
