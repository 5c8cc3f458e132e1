"""A time-stamping authority is asked to stamp the newest head (RFC 3161 over HTTP)."""

from __future__ import annotations

from appliance.anchoring.anchor import Failed
from appliance.anchoring.http import Server
from appliance.ledger.anchors import timestamp
from appliance.ledger.anchors.receipt import Receipt
from appliance.ledger.errors import LedgerError
from appliance.ledger.note import parts
from appliance.ledger.store import Store

_HEADERS = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}


class TsaAnchor:
    """What is stamped is the checkpoint's text: origin, size and root, a line each."""

    kind = "tsa"

    def __init__(self, name: str, server: Server, roots: bytes, every: float, store: Store) -> None:
        self.id = name
        self.every = every
        self._server = server
        self._roots = roots
        self._store = store

    async def take(self) -> Receipt:
        note = await self._store.latest_checkpoint()
        text = parts(note)[0].encode()
        try:
            asked = timestamp.request(text)
        except LedgerError as error:
            raise Failed(f"{self._server.url}: {error}") from error
        answer = await self._server.ask("POST", "", asked.octets, _HEADERS)
        if answer.status != 200:
            raise Failed(f"{self._server.url}: it refused ({answer.status})")
        try:
            stamped = timestamp.verified(answer.body, text, self._roots, asked.nonce)
        except LedgerError as error:
            raise Failed(f"{self._server.url}: {error}") from error
        fields = {
            "stamped": stamped.at.isoformat().replace("+00:00", "Z"),
            "serial": stamped.serial,
            "policy": stamped.policy,
            "over": "checkpoint-text",
        }
        return Receipt(self.id, self.kind, note, token=answer.body, fields=fields)

    async def known(self) -> str | None:
        """An authority keeps nothing."""
        return None
