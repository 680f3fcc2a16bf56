"""The text people see of a line's HTML, in which Owncast sends what was typed as Markdown."""

from __future__ import annotations

from html.parser import HTMLParser

BODY_CAP = 20_000
"""Characters of a body that are looked at; Owncast takes lines of 2,048 bytes, which its HTML may lengthen."""
_BREAKS = frozenset({"p", "br", "div", "li", "pre"})


def text_of(body: str) -> str:
    """The plain text of a body: tags go, entities become characters, an emoji picture becomes its name (``:name:``).

    A link keeps its words; where it leads elsewhere than its words say, the address follows in brackets, as the words
    alone would deceive. Takes any string, never raises.
    """
    if "<" not in body and "&" not in body:
        return body.strip()
    reader = _Reader()
    reader.feed(body[:BODY_CAP])
    reader.close()
    return " ".join("".join(reader.parts).split())


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._link: tuple[str, int] | None = None

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag in _BREAKS:
            self.parts.append(" ")
        elif tag == "img":
            named = dict(attributes)
            self.parts.append(named.get("alt") or named.get("title") or "")
        elif tag == "a":
            self._link = dict(attributes).get("href") or "", len(self.parts)

    def handle_endtag(self, tag: str) -> None:
        if tag in _BREAKS:
            self.parts.append(" ")
        elif tag == "a" and self._link is not None:
            href, since = self._link
            self._link = None
            if href and _bare(href) not in _bare("".join(self.parts[since:])):
                self.parts.append(f" ({href})")

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def _bare(address: str) -> str:
    """An address as people write it."""
    return address.casefold().removeprefix("mailto:").partition("://")[2].rstrip("/") or address.casefold()
