"""
What an owner need not show everybody: addresses and people, under names that mean nothing.

The same thing has the same name everywhere in a package (address-1, person-1), in the order it is
met, so the same package is the same bytes; which is which is for the owner alone, in a file that
is not part of the package.  Rather one text too many is masked than one too few: a version that
looks like an address becomes one.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from ipaddress import ip_address
from typing import Any

from appliance.ledger.errors import LedgerError
from appliance.ledger.package.tables import safe
from appliance.site.model import Site


class Hidden(StrEnum):
    ADDRESSES = "addresses"
    PEOPLE = "people"


UNSAID = "[masked: a sentence that names a person]"
_IPV4 = r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?!\w|\.\d)"
_MAC = r"(?<![\w:-])[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}(?![\w:-])"
_IPV6 = (
    r"(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){2,7}(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]{0,4})(?![\w:])"
)
_ACTED = re.compile(r"\bby (?:root for )?([\w.@-]+)|^(.{1,80}?) acknowledged\b")
_NOBODY = frozenset({"a", "an", "the", "itself", "hand", "default", "root", "uid", "signal"})
_DOERS = ("who", "by", "user", "operator", "person", "approved_by", "signed_by", "owner")


class Mask:
    """Without anything to hide it changes nothing."""

    def __init__(self, site: Site, hidden: Iterable[Hidden] = ()) -> None:
        self.hidden = frozenset(hidden)
        self._names: dict[str, str] = {}
        self._counts = dict.fromkeys(("address", "person"), 0)
        self._people = {p.id for p in site.people} | {p.phone for p in site.people if p.phone}
        self._people |= {p.ssh_key for p in site.people if p.ssh_key}
        self._hosts = {a for asset in site.assets for a in asset.addresses}
        self._hosts |= {v.source for v in site.appliance.vantages if v.source}
        self._pattern = self._compiled()

    def __bool__(self) -> bool:
        return bool(self.hidden)

    def __str__(self) -> str:
        return ", ".join(sorted(self.hidden))

    def learn(self, fields: Mapping[str, Any]) -> None:
        """People are known from what they did, so every entry must be met before one is masked."""
        if Hidden.PEOPLE not in self.hidden:
            return
        found = {str(v) for k in _DOERS if isinstance(v := fields.get(k), str)}
        said = fields.get("said")
        if fields.get("type") == "guard" and isinstance(said, str):
            found |= {a or b for a, b in _ACTED.findall(said)}
        fresh = {name.strip() for name in found} - _NOBODY - self._people - {""}
        if fresh:
            self._people |= fresh
            self._pattern = self._compiled()

    def text(self, text: str) -> str:
        if self._pattern is None:
            return text
        return self._pattern.sub(self._named, text)

    def octets(self, data: bytes) -> bytes:
        """A whole line, file or cell: nothing to be hidden may be cut in two."""
        if self._pattern is None:
            return data
        return self.text(data.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")

    def view(self, body: bytes) -> bytes | None:
        """What may be shown of an entry or a content; None where all of it may."""
        if self._pattern is None:
            return None
        shown = self.octets(self._unsaid(body))
        return None if shown == body else shown

    def entry(self, fields: dict[str, Any]) -> dict[str, Any]:
        """An entry for a table."""
        hide = self._tells(fields)
        return {**fields, "said": UNSAID} if hide else fields

    @property
    def key(self) -> bytes:
        """Which name stands for what, as CSV: for the owner, never for the package."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow(("in the package", "is"))
        writer.writerows((name, safe(real)) for real, name in self._names.items())
        return out.getvalue().encode()

    def _unsaid(self, body: bytes) -> bytes:
        if Hidden.PEOPLE not in self.hidden or b'"guard"' not in body:
            return body
        try:
            fields = json.loads(body)
        except ValueError:
            return body
        if not isinstance(fields, dict) or not self._tells(fields):
            return body
        shown = {**fields, "said": UNSAID}
        return json.dumps(shown, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()

    def _tells(self, fields: Mapping[str, Any]) -> bool:
        """A reason somebody typed may name anybody, so the whole sentence goes."""
        said = fields.get("said")
        if Hidden.PEOPLE not in self.hidden or fields.get("type") != "guard":
            return False
        return isinstance(said, str) and _ACTED.search(said) is not None

    def _compiled(self) -> re.Pattern[str] | None:
        parts = []
        if Hidden.ADDRESSES in self.hidden:
            parts += [*map(_word, _longest(self._hosts)), _MAC, _IPV4, _IPV6]
        if Hidden.PEOPLE in self.hidden:
            parts += map(_word, _longest(self._people))
        return re.compile("|".join(parts)) if parts else None

    def _named(self, found: re.Match[str]) -> str:
        real = found[0]
        kind = "person" if real in self._people else "address"
        if kind == "address" and real not in self._hosts and ":" in real and not _is_address(real):
            # A time of day, or a word between colons.
            return real
        if real not in self._names:
            self._counts[kind] += 1
            self._names[real] = f"{kind}-{self._counts[kind]}"
        return self._names[real]


def hidden(text: str) -> tuple[Hidden, ...]:
    """What `--mask` asks for.  Raises `LedgerError` for a word it does not know."""
    found = []
    for word in filter(None, (w.strip() for w in text.split(","))):
        if word not in list(Hidden):
            raise LedgerError(f"--mask {word}: write addresses, people, or addresses,people.")
        found.append(Hidden(word))
    return tuple(found)


def _longest(words: Iterable[str]) -> list[str]:
    """The longer first, so that no name is cut by one that begins like it."""
    return sorted(words, key=lambda w: (-len(w), w))


def _word(text: str) -> str:
    return rf"(?<![\w-]){re.escape(text)}(?![\w-])"


def _is_address(text: str) -> bool:
    if len(text) == 17 and text.count(":") == 5:
        return True
    try:
        return bool(ip_address(text))
    except ValueError:
        return False
