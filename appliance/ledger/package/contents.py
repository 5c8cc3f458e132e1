"""The contents that the disclosed entries name, and the source of every revision that judged."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any

from appliance.ledger.verify import CONTENT_KEYS
from checks import BY_ID
from checks.revision import sources_of

FOLDER = "data/90_raw/contents/"
_KEYS = CONTENT_KEYS | {"rev"}


def content_files(
    connection: sqlite3.Connection, bodies: Iterable[bytes]
) -> tuple[dict[str, bytes], list[str]]:
    """Files by name, and the digests nobody could give."""
    installed = {d: data for check in BY_ID.values() for d, data in sources_of(check).items()}
    found: dict[str, bytes] = {}
    gone: list[str] = []
    # Most of the time is spent reading JSON, so what names nothing is not read.
    naming = (body for body in bodies if b'"sha256:' in body)
    left = sorted({d for body in naming for d in named(_decoded(body))})
    while left:
        digest = left.pop()
        name = FOLDER + digest.removeprefix("sha256:")
        if name in found:
            continue
        data = _stored(connection, digest) or installed.get(digest)
        if data is None:
            gone.append(digest)
            continue
        found[name] = data
        left += _sources(data)
    return found, sorted(gone)


def named(value: Any) -> Iterator[str]:
    """The digests of contents in an entry, at any depth."""
    left = [value]
    while left:
        inner = left.pop()
        if isinstance(inner, list):
            left += inner
        elif isinstance(inner, dict):
            left += inner.values()
            for key in _KEYS & inner.keys():
                if _is_digest(inner[key]):
                    yield inner[key]


def _sources(data: bytes) -> list[str]:
    """The files of a check's revision, where the content is the list of one."""
    if not data.startswith(b'{"files":{'):
        return []
    files = _decoded(data).get("files", {})
    return [d for d in files.values() if _is_digest(d)]


def _stored(connection: sqlite3.Connection, digest: str) -> bytes | None:
    row = connection.execute("SELECT body FROM content WHERE digest = ?", (digest,)).fetchone()
    if row is None or "sha256:" + sha256(row[0]).hexdigest() != digest:
        # A damaged content is as good as none; `evidence verify` names it.
        return None
    return bytes(row[0])


def _is_digest(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("sha256:") and len(value) == 71


def _decoded(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return {}
