"""
What an HTML page shows to whoever opens it, and whether it asks for a login: pure.

Nothing is run and nothing is fetched.  What scripts, frames or style sheets would add or hide is
not known, so a page is called a login page only when little else shows on it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from collectors.html_tokens import Comment, End, Start, Text, tokens

MOST_WORDS = 300
"""A login page with a long notice; beyond that it shows something else as well."""
MOST_NUMBERS = 8
"""A version and some years; beyond that it shows values."""
FEW_WORDS = 10
MOST_DEPTH = 256

_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
)
_UNSEEN = frozenset({"head", "script", "style", "template", "noscript", "title", "option", "svg"})
_FRAMES = frozenset({"frame", "iframe", "object", "embed"})
_BREAKS_NO_WORD = frozenset({"a", "b", "em", "font", "i", "span", "strong", "u"})
_NOT_TYPED = frozenset({"hidden", "submit", "button", "reset", "image"})
_CONCEALED = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.ASCII)
_LOGIN = re.compile(
    r"log[ _-]?(in|on)(?![a-z])|sign[ _-]?(in|on)(?![a-z])|authenti|anmeld|einlogg|inlogg|"
    r"aanmeld|connexion|accedi|acceder|iniciar ses|entrar|zaloguj|přihl|вход|войти|登[录入陆]|"
    r"ログイン|로그인"
)
_CHANGES = re.compile(
    r"save|apply|change|update|store|submit settings|speicher|ändern|übernehm|enregistr|modif|"
    r"guardar|salva|保存|应用"
)
_REFRESH = re.compile(r"\s*+[0-9.]++\s*+[;,]\s*+(?:url\s*+=\s*+)?+[\"']?([^\"'\s]+)", re.IGNORECASE)


@dataclass
class _Form:
    """What can be typed into one form, and the words that say what it is for."""

    passwords: int = 0
    fields: int = 0
    choices: int = 0
    new_password: bool = False
    words: list[str] = field(default_factory=list)

    @property
    def logs_in(self) -> bool:
        told = " ".join(self.words)
        return (
            self.passwords == 1
            and not self.new_password
            and self.fields <= 2
            and self.choices <= 2
            and not _CHANGES.search(told)
        )


@dataclass(frozen=True)
class Page:
    """
    `text` is what shows, `comments` what does not; both as long as they are.

    `asks`: all it does is ask for a login; None where nobody can say without running it.
    `goes_to` is where it sends a browser by itself, as written; empty: nowhere.
    """

    title: str
    text: str
    comments: str
    asks: bool | None
    goes_to: str


def read(markup: str) -> Page:
    """Never raises, whatever the markup."""
    reader = _Reader()
    for token in tokens(markup):
        match token:
            case Start():
                reader.begins(token.tag, token.given)
            case End():
                reader.ends(token.tag)
            case Text():
                reader.says(token.text)
            case Comment():
                reader.comments.append(token.text)
    title, text = _spaced("".join(reader.title)), _spaced("".join(reader.text))
    asks = _asks(reader, title, text)
    return Page(title, text, "\n".join(reader.comments), asks, reader.goes_to)


def _asks(reader: _Reader, title: str, text: str) -> bool | None:
    words = text.split()
    forms = [reader.loose, *reader.forms]
    if not any(form.passwords for form in forms):
        elsewhere = reader.active or reader.goes_to
        return None if not words or (len(words) < FEW_WORDS and elsewhere) else False
    logins = [form for form in forms if form.logs_in]
    others = sum(form.fields + form.choices for form in forms if form not in logins)
    if len(logins) != 1 or sum(form.passwords for form in forms) != 1 or others > 1:
        return None
    named = _LOGIN.search(" ".join([title.casefold(), *logins[0].words]))
    numbers = sum(any(c.isdigit() for c in word) for word in words)
    little = len(words) <= MOST_WORDS and numbers <= MOST_NUMBERS
    return True if named and little and not reader.frames else None


class _Reader:
    """`active`: scripts or frames could show anything."""

    def __init__(self) -> None:
        self.title: list[str] = []
        self.text: list[str] = []
        self.comments: list[str] = []
        self.loose = _Form()
        self.forms: list[_Form] = []
        self.goes_to = ""
        self.active = False
        self.frames = False
        self._form = self.loose
        self._open: list[tuple[str, bool]] = []
        self._opened: Counter[str] = Counter()
        self._unseen = 0

    def begins(self, tag: str, given: Mapping[str, str]) -> None:
        self._gap(tag)
        if tag == "form":
            self._form = _Form(words=_said(given, "action", "id", "name", "class"))
            self.forms.append(self._form)
        self.active = self.active or tag == "script" or tag in _FRAMES
        self.frames = self.frames or tag in _FRAMES
        if tag == "meta" and given.get("http-equiv", "").casefold() == "refresh":
            found = _REFRESH.match(given.get("content", ""))
            self.goes_to = self.goes_to or (found[1] if found else "")
        hides = tag in _UNSEEN or "hidden" in given
        hides = hides or bool(_CONCEALED.search(given.get("style", "").casefold()))
        if not hides and not self._unseen:
            self._control(tag, given)
        if tag not in _VOID and len(self._open) < MOST_DEPTH:
            self._open.append((tag, hides))
            self._opened[tag] += 1
            self._unseen += hides

    def _control(self, tag: str, given: Mapping[str, str]) -> None:
        kind = given.get("type", "text").casefold() if tag == "input" else ""
        form = self._form
        if kind == "password":
            form.passwords += 1
            form.new_password = form.new_password or given.get("autocomplete") == "new-password"
        elif tag == "select" or kind in ("checkbox", "radio"):
            form.choices += 1
        elif tag == "textarea" or (kind and kind not in _NOT_TYPED):
            form.fields += 1
        if kind in ("submit", "button", "image"):
            form.words += _said(given, "value", "alt", "id", "name")
        elif tag == "button":
            form.words += _said(given, "id", "name")

    def ends(self, tag: str) -> None:
        self._gap(tag)
        if tag == "form":
            self._form = self.loose
        # An end of nothing is nothing; looking for its beginning each time would take long.
        while self._opened[tag]:
            last, hid = self._open.pop()
            self._opened[last] -= 1
            self._unseen -= hid
            if last == tag:
                return

    def says(self, text: str) -> None:
        if self._open and self._open[-1][0] == "title":
            self.title.append(text)
        elif not self._unseen:
            self.text.append(text)
            if any(tag == "button" for tag, _ in self._open[-4:]):
                self._form.words.append(text.casefold())

    def _gap(self, tag: str) -> None:
        if tag not in _BREAKS_NO_WORD and not self._unseen:
            self.text.append(" ")


def _said(given: Mapping[str, str], *names: str) -> list[str]:
    return [given[name].casefold() for name in names if name in given]


def _spaced(text: str) -> str:
    plain = "".join(c if c.isprintable() or c.isspace() else "\ufffd" for c in text)
    return " ".join(plain.split())
