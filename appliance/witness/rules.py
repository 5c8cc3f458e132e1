"""May this checkpoint be cosigned?  Pure: C2SP tlog-witness's rules and their status codes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from appliance.ledger.anchors.submission import Submission
from appliance.ledger.errors import NoteError
from appliance.ledger.note import Checkpoint, Verifier, opened
from appliance.ledger.tree import EMPTY_ROOT, verify_consistency

Pinned = Mapping[str, tuple[Verifier, ...]]
"""The keys each log may sign with, by its origin."""


class Refused(Exception):
    """
    Not cosigned: the status code, and the text that says why.

    `size` is the number the protocol wants as the whole body of a 409, else None.  `suspicious`:
    the log's own key signed it, and it does not continue what was cosigned before.  `forked`: two
    heads of one size by this key, which nobody else can have made; all else whoever once received
    an honest head can send.
    """

    def __init__(
        self,
        status: int,
        why: str,
        *,
        size: int | None = None,
        suspicious: bool = False,
        forked: bool = False,
    ) -> None:
        super().__init__(why)
        self.status = status
        self.size = size
        self.suspicious = suspicious or forked
        self.forked = forked


@dataclass(frozen=True)
class Latest:
    """The largest head of one log that was cosigned."""

    size: int = 0
    root: bytes = EMPTY_ROOT


def pinned(verifiers: Iterable[Verifier]) -> Pinned:
    found: dict[str, tuple[Verifier, ...]] = {}
    for verifier in verifiers:
        found[verifier.name] = (*found.get(verifier.name, ()), verifier)
    return found


def signed(submission: Submission, known: Pinned) -> Checkpoint:
    """The checkpoint a pinned key has signed.  Raises `Refused` with 404, 403 or 400."""
    checkpoint = submission.checkpoint
    keys = known.get(checkpoint.origin)
    if keys is None:
        raise Refused(404, f"the log {checkpoint.origin!r} is not one of those pinned here.")
    if not any(_good(submission.note, key) for key in keys):
        raise Refused(403, f"no good signature by a pinned key of {checkpoint.origin!r}.")
    if submission.old > checkpoint.size:
        why = f"the old size {submission.old} is larger than the checkpoint's {checkpoint.size}."
        raise Refused(400, why)
    return checkpoint


def continues(checkpoint: Checkpoint, submission: Submission, latest: Latest) -> None:
    """Raises `Refused` with 409 or 422 unless it only appends to the latest head."""
    if checkpoint.size == latest.size and checkpoint.root != latest.root:
        why = f"another root was cosigned for the same {latest.size} entries."
        raise Refused(409, why, size=latest.size, forked=True)
    if submission.old != latest.size:
        why = f"the latest size cosigned is {latest.size}, not {submission.old}."
        raise Refused(409, why, size=latest.size, suspicious=checkpoint.size < latest.size)
    if not verify_consistency(
        latest.size, checkpoint.size, submission.proof, latest.root, checkpoint.root
    ):
        why = f"the proof does not lead from {latest.size} to {checkpoint.size} entries."
        raise Refused(422, why, suspicious=True)


def _good(note: str, key: Verifier) -> bool:
    try:
        opened(note, key)
    except NoteError:
        return False
    return True
