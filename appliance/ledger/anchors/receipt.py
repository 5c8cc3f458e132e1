"""What an anchor gave back: that a head was outside our reach at some time."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from appliance.ledger.note import Checkpoint, parts, text64


@dataclass(frozen=True)
class Receipt:
    """
    `note` is the head that was anchored, with the cosignature where the anchor gives one.

    `token` is what else it gave (a time stamp's octets); `fields` says the rest in plain values.
    """

    anchor: str
    kind: str
    note: str
    token: bytes = b""
    fields: dict[str, Any] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return self.checkpoint.size

    @property
    def checkpoint(self) -> Checkpoint:
        return Checkpoint.parse(parts(self.note)[0])

    @property
    def plain(self) -> dict[str, Any]:
        """The fields of its entry, of type `anchor.<kind>`."""
        body = {
            "anchor": self.anchor,
            "size": self.size,
            "root": text64(self.checkpoint.root),
            "note": self.note,
            **self.fields,
        }
        return body | ({"content": self.digest} if self.token else {})

    @property
    def contents(self) -> dict[str, bytes]:
        """What its entry names by digest."""
        return {self.digest: self.token} if self.token else {}

    @property
    def digest(self) -> str:
        return f"sha256:{sha256(self.token).hexdigest()}"

    def row(self, at: datetime) -> tuple[int, str, str, str, bytes]:
        """As the table `anchor` keeps it."""
        sent = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return self.size, self.kind, self.anchor, sent, self.token or self.note.encode()
