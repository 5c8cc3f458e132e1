"""From a ledger and a site to a package: the same input gives the same bytes, in little memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import BinaryIO

from appliance.ledger.errors import LedgerError
from appliance.ledger.note import Checkpoint, Signer, Verifier, opened_checkpoint
from appliance.ledger.package import receipts
from appliance.ledger.package.bag import Bag
from appliance.ledger.package.contents import Contents
from appliance.ledger.package.logs import Log, Logs, read_logs
from appliance.ledger.package.masking import Mask
from appliance.ledger.package.material import Material
from appliance.ledger.package.pieces import (
    contradicted,
    masked,
    without,
    write_log,
    write_masked,
)
from appliance.ledger.package.report import STATEMENT, Known, material, write_report
from appliance.ledger.package.request import Request
from appliance.ledger.package.runs import Runs
from appliance.ledger.package.span import Span, decoded, span
from appliance.ledger.package.sshsig import allowed_signers, signature
from appliance.ledger.package.walk import Entry, Walked, walk
from appliance.site.loading import Loaded

_NAMED = 5
"""So many of a kind are told to whoever exports; all of them are in the package."""


@dataclass(frozen=True)
class Exported:
    """A package's name without its ending, and what somebody should be told.

    `verifier` is the SHA-256 of the verify.py in it, in hex, to be handed over another way;
    `unmasked` says which masked name stands for what, empty where nothing is masked.
    """

    name: str
    said: tuple[str, ...]
    verifier: str
    unmasked: bytes


def export(
    ledger: Path,
    loaded: Loaded,
    request: Request,
    vkey: str,
    signer: Signer | None,
    out: BinaryIO,
) -> Exported:
    """
    Write one package to `out`, a seekable file; changes nothing else.

    Reads through a connection of its own, so whoever writes the ledger goes on.  Without a signer
    its manifests are not signed, and it says so.  Raises `LedgerError` for a period without
    entries, for what the site does not have, and for a ledger that cannot be read or is not of
    this key.
    """
    request.choice.refuse_unknown(loaded.site)
    verifier = Verifier.parse(vkey)
    if signer is not None and signer.verifier != verifier:
        raise LedgerError(f"the key at hand is {signer.vkey!r}, but the log's is {vkey!r}.")
    exporting = _Exporting(loaded, request, verifier, signer, out)
    try:
        return read_logs(ledger, "exporting", exporting.run, verifier)
    except LookupError as error:
        raise LedgerError(f"the ledger: {error}; run `upheld evidence verify`.") from error


@dataclass
class _Exporting:
    loaded: Loaded
    request: Request
    verifier: Verifier
    signer: Signer | None
    out: BinaryIO

    def run(self, logs: Logs) -> Exported:
        site, request = self.loaded.site, self.request
        # What reads a ledger may find that it was written meanwhile, and begin again.
        self.out.seek(0)
        self.out.truncate()
        start = request.start or (request.before.end if request.before else None)
        period = _signed(span(logs, start, request.end), logs)
        mask = Mask(site, request.mask)
        walked = walk(logs, period, site, request.choice, mask)
        name = f"evidence-{site.site.id}-{period.start:%Y%m%dT%H%M}-{period.end:%Y%m%dT%H%M}"
        with Bag(self.out, name) as bag:
            said = self._written(bag, logs, period, walked, mask)
        program = files("appliance.ledger.verifier").joinpath("verify.py").read_bytes()
        verifier = sha256(program).hexdigest()
        return Exported(name, tuple(said), verifier, mask.key if mask else b"")

    def _written(self, bag: Bag, logs: Logs, period: Span, walked: Walked, mask: Mask) -> list[str]:
        """What somebody should be told."""
        hidden = masked(logs, walked.disclosed, mask)
        gone = self._contents(bag, logs, walked, mask)
        count = sum(_count(log, period.within(log)) for log in logs)
        m = material(
            self.loaded,
            period,
            walked,
            Known(logs, count, gone, len(hidden), str(mask), self.request),
            partial(_entries, logs, mask),
        )
        said = [] if self.signer else ["the evidence key is not at hand: no manifest is signed"]
        said += [f"content {d} is not in the ledger" for d in gone[:_NAMED]]
        disclosed, proven = without(walked.disclosed, hidden), _proven(m, hidden)
        olds = self._olds(logs)
        for log in logs:
            inner = period.within(log)
            sizes = [o.size for o in olds if o.origin == log.verifier.name]
            own = log.own(disclosed)
            write_log(bag, log, inner, own, sizes, log.own(proven))
            write_masked(bag, log, inner, log.own(hidden), mask)
            said += contradicted(log, olds)
        received = receipts.write(bag, logs, period, mask)
        write_report(bag, m, self.request, mask, received)
        self._tags(bag)
        info = self._info(bag.folder, _made_at(logs.newest))
        bag.close(info, self._sign())
        return [*said, *logs.notes, *walked.differing[:_NAMED]]

    def _contents(self, bag: Bag, logs: Logs, walked: Walked, mask: Mask) -> list[str]:
        found = Contents(logs, (b for _, b in logs.bodies(walked.disclosed)), mask)
        try:
            found.write(bag)
            return found.gone(1_000)
        finally:
            found.close()

    def _olds(self, logs: Logs) -> list[Checkpoint]:
        """Heads others hold, of this log or one closed before it.  Raises `NoteError`."""
        before = self.request.before
        notes = [*self.request.outside, *([before.checkpoint] if before else [])]
        keys = {log.verifier.name: log.verifier for log in logs}
        return [
            opened_checkpoint(note, keys.get(note.partition("\n")[0], self.verifier))
            for note in notes
        ]

    def _info(self, name: str, made_at: str) -> dict[str, str]:
        site = self.loaded.site.site
        return {
            "Source-Organization": site.name or site.id,
            "External-Identifier": name,
            "External-Description": STATEMENT,
            # The head's own time, not the wall's: the same ledger gives the same bytes.
            "Bagging-Date": made_at[:10],
        }

    def _sign(self) -> partial[bytes] | None:
        if self.signer is None:
            return None
        return partial(signature, self.verifier.key, self.signer.octets)

    def _tags(self, bag: Bag) -> None:
        """The programs, and what a reader needs beside them."""
        programs = files("appliance.ledger.verifier")
        readme = programs.joinpath("README.txt").read_text("utf-8")
        bag.add("data/90_raw/evidence.vkey", f"{self.verifier.vkey}\n".encode())
        bag.add("README.txt", readme.replace("@ORIGIN@", self.verifier.name).encode())
        bag.add("allowed_signers", allowed_signers(self.verifier.name, self.verifier.key).encode())
        bag.add("verify.py", programs.joinpath("verify.py").read_bytes())
        bag.add("rejudge.py", programs.joinpath("rejudge.py").read_bytes())


def _signed(period: Span, logs: Logs) -> Span:
    """Entries written down but not signed yet are the next package's."""
    if logs.signed <= period.first:
        raise LedgerError("the period's entries are not signed yet; start upheld, which signs them")
    return replace(period, last=min(period.last, logs.signed - 1), size=logs.signed)


def _count(log: Log, period: Span) -> int:
    (count,) = log.connection.execute(
        "SELECT count(*) FROM checkpoint WHERE size > ? AND size <= ?",
        (period.first, period.last + 1),
    ).fetchone()
    return int(count)


def _made_at(log: Log) -> str:
    query = "SELECT made_at FROM checkpoint WHERE size = ?"
    return str(log.connection.execute(query, (log.size,)).fetchone()[0])


def _entries(logs: Logs, mask: Mask, places: Runs) -> Iterator[Entry]:
    for place, body in logs.bodies(places):
        yield place, mask.entry(decoded(body))


def _proven(m: Material, hidden: Runs) -> Runs:
    """The last entries of the keys drawn for the sample, but for those that are masked."""
    wanted = {m.walked.last_entry[k] for k, _ in m.histories if str(k) in m.sample.drawn}
    return Runs(sorted(wanted - wanted.intersection(hidden)))
