"""
HTML markup cut into tags, texts and comments, in time proportional to its length: pure.

The standard library's parser takes half a minute for 64 KiB of `<a `, and raises on a long number.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

MOST_ATTRIBUTES = 64

_OPENS = re.compile(r"<(?:[A-Za-z!?]|/[A-Za-z])", re.ASCII)
_NAME = re.compile(r"[A-Za-z][^\s/>]*+", re.ASCII)
# One attribute.  Possessive, so that nothing is ever tried a second time.
_ATTRIBUTE = re.compile(
    r"""[\s/]*+(?P<name>[^\s/>=]++|=[^\s/>=]*+)"""
    r"""(?:\s*+=\s*+(?:"(?P<two>[^"]*+)"|'(?P<one>[^']*+)'|(?P<bare>[^\s>]*+)))?+"""
)
_END = re.compile(r"[\s/]*+>")
_RAW = {
    tag: re.compile(rf"</{tag}(?=[\s/>])", re.IGNORECASE | re.ASCII)
    for tag in ("script", "style", "title", "textarea", "xmp", "iframe", "noembed", "noframes")
}
_WITH_REFERENCES = ("title", "textarea")


@dataclass(frozen=True)
class Start:
    tag: str
    given: Mapping[str, str] = field(default_factory=dict)
    """Attribute names in lower case; of two with one name the first."""


@dataclass(frozen=True)
class End:
    tag: str


@dataclass(frozen=True)
class Text:
    text: str


@dataclass(frozen=True)
class Comment:
    text: str


Token = Start | End | Text | Comment


def tokens(markup: str) -> Iterator[Token]:
    """Never raises.  A tag or comment that is not closed takes all the rest, as in a browser."""
    at = 0
    while at < len(markup):
        found = _OPENS.search(markup, at)
        opens = found.start() if found else len(markup)
        if opens > at:
            yield Text(_plain(markup[at:opens]))
        if opens == len(markup):
            return
        token, at = _tag(markup, opens)
        yield token
        if isinstance(token, Start) and token.tag in _RAW:
            ends = _RAW[token.tag].search(markup, at)
            raw = markup[at : ends.start() if ends else None]
            at += len(raw)
            yield Text(_plain(raw) if token.tag in _WITH_REFERENCES else raw)
            yield End(token.tag)


def _tag(markup: str, at: int) -> tuple[Token, int]:
    """What begins at a `<`, and where it ends."""
    if markup.startswith("<!--", at):
        # `<!-->` is a whole comment.
        end = markup.find("-->", at + 2)
        return Comment(markup[at + 4 : None if end < 0 else end]), _after(markup, end, 3)
    if markup.startswith(("<!", "<?"), at):
        end = markup.find(">", at)
        return Comment(""), _after(markup, end, 1)
    closes = markup.startswith("</", at)
    name = _NAME.match(markup, at + 1 + closes)
    assert name is not None
    tag = name[0].lower()
    if closes:
        return End(tag), _after(markup, markup.find(">", at), 1)
    given, at = _attributes(markup, name.end())
    # Cut off in the middle of its tag: there is no such element.
    return (Comment(""), at) if given is None else (Start(tag, given), at)


def _attributes(markup: str, at: int) -> tuple[Mapping[str, str] | None, int]:
    given: dict[str, str] = {}
    while at < len(markup):
        if end := _END.match(markup, at):
            return given, end.end()
        found = _ATTRIBUTE.match(markup, at)
        if found is None:
            break
        at = found.end()
        if len(given) < MOST_ATTRIBUTES:
            value = found["two"] or found["one"] or found["bare"] or ""
            given.setdefault(found["name"].lower(), _plain(value))
    return None, len(markup)


def _after(markup: str, found: int, size: int) -> int:
    return len(markup) if found < 0 else found + size


def _plain(text: str) -> str:
    try:
        return html.unescape(text) if "&" in text else text
    except ValueError:
        # A number longer than Python reads.
        return text
