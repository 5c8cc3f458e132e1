"""A witness is asked to cosign the newest head (C2SP tlog-witness)."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from hashlib import sha256

from appliance.anchoring.anchor import Contradicted, Failed
from appliance.anchoring.http import Server
from appliance.ledger.anchors.cosignature import Witness, cosigned
from appliance.ledger.anchors.outside import contradiction, found, head_and_proof
from appliance.ledger.anchors.receipt import Receipt
from appliance.ledger.anchors.submission import Submission, joined, number, only
from appliance.ledger.errors import NoteError
from appliance.ledger.note import Checkpoint, parts
from appliance.ledger.store import Store

_TRIES = 3


class WitnessAnchor:
    """One witness; it remembers how far this one has followed us."""

    kind = "witness"

    def __init__(
        self, name: str, server: Server, witness: Witness, every: float, store: Store
    ) -> None:
        self.id = name
        self.every = every
        self._server = server
        self._witness = witness
        self._store = store
        self._old: tuple[str, int] = ("", 0)

    async def take(self) -> Receipt:
        for _ in range(_TRIES):
            name = self._store.verifier.name
            old = self._old[1] if self._old[0] == name else 0
            note, proof = await self._store.read(partial(head_and_proof, old=old))
            size = Checkpoint.parse(parts(note)[0]).size
            answer = await self._server.ask(
                "POST", "/add-checkpoint", Submission(old, proof, note).body
            )
            if answer.status == 200:
                receipt = self._receipt(note, answer.text)
                self._old = (name, size)
                return receipt
            theirs = number(answer.text.strip()) if answer.status == 409 else None
            if theirs is None or theirs > size or theirs == old:
                await self._ask_what_it_knows()
                raise Failed(
                    f"{self._server.url}: {_refusal(answer.status, answer.text, theirs, size)}"
                )
            self._old = (name, theirs)
        raise Failed(f"{self._server.url}: it names another size each time it is asked")

    async def known(self) -> str | None:
        digest = sha256(self._store.verifier.name.encode()).hexdigest()
        answer = await self._server.ask("GET", f"/checkpoint/{digest}")
        if answer.status != 200:
            # Not part of the protocol: another witness need not have it.
            return None
        try:
            cosigned(answer.text, self._witness)
        except NoteError as error:
            raise Failed(f"{self._server.url}: {error}") from error
        return answer.text

    async def _ask_what_it_knows(self) -> None:
        """Raises `Contradicted` when it keeps a checkpoint of ours that we do not continue."""
        note = await self.known()
        if note is None:
            return
        try:
            outside = found(f"the witness {self.id}", note, self._store.verifier)
        except NoteError:
            return
        own = self._store.verifier.name
        why = await self._store.read(partial(contradiction, outside=outside, own=own))
        if why is not None:
            raise Contradicted(outside, why)

    def _receipt(self, note: str, lines: str) -> Receipt:
        try:
            whole = joined(note, lines)
            at = cosigned(whole, self._witness)
        except NoteError as error:
            raise Failed(f"{self._server.url}: its answer does not verify: {error}") from error
        kept = only(whole, [self._store.verifier.name, self._witness.name])
        when = datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")
        fields = {"witness": self._witness.vkey, "cosigned": when}
        return Receipt(self.id, self.kind, kept, fields=fields)


def _refusal(status: int, text: str, theirs: int | None, size: int) -> str:
    if theirs is not None and theirs > size:
        return f"it has cosigned {theirs} entries, and this ledger holds {size}"
    said = " ".join(text.split())[:200]
    meaning = {
        403: "it does not accept our key; give it the line of evidence.vkey",
        404: "it does not know this log; give it the line of evidence.vkey",
    }.get(status, "it refused")
    return f"{meaning} ({status}: {said})" if said else f"{meaning} ({status})"
