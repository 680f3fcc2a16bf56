"""Answers of Helix that are no success."""

from __future__ import annotations

import json
from http import HTTPStatus

from aiohttp import web


def refusal(status: int, message: str, headers: dict[str, str] | None = None) -> web.HTTPException:
    """The error as Twitch writes it, to be raised."""
    body = {"error": HTTPStatus(status).phrase, "status": status, "message": message}
    return Refusal(status, json.dumps(body), headers)


class Refusal(web.HTTPException):
    """Any status, with a JSON body."""

    status_code = 400

    def __init__(self, status: int, text: str, headers: dict[str, str] | None) -> None:
        self.status_code = status
        super().__init__(text=text, content_type="application/json", headers=headers)
