"""
A BagIt 1.0 bag (RFC 8493) in one zip whose bytes depend on nothing but what is put in.

Files are written as they come, piece by piece; of what was written only digests are remembered,
so a package may be larger than the memory of the appliance.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from typing import BinaryIO, Self

_SAFE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
# The oldest time a zip can say; the real ones are in the files.
_EPOCH = (1980, 1, 1, 0, 0, 0)
MANIFEST = "manifest-sha256.txt"
TAG_MANIFEST = "tagmanifest-sha256.txt"


class Bag:
    """
    One bag on its way into `out`, which must be seekable; every name stands below `folder`.

    Payload names begin with data/, tag files stand beside it.
    """

    def __init__(self, out: BinaryIO, folder: str) -> None:
        self._archive = zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6)
        self.folder = folder
        self._digests: dict[str, str] = {}
        self._octets = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._archive.close()

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self._digests)

    def add(self, name: str, data: bytes | Iterable[bytes]) -> None:
        """Raises `ValueError` for a name that could lead out of the folder or is taken."""
        path = f"{self.folder}/{name}"
        if name in self._digests or not all(_SAFE.fullmatch(p) for p in path.split("/")):
            raise ValueError(f"{path!r} is no name for a file of a package")
        entry = zipfile.ZipInfo(path, _EPOCH)
        entry.compress_type = zipfile.ZIP_DEFLATED
        # As if made on Unix, a plain file, whatever it was made on.
        entry.create_system, entry.external_attr = 3, 0o100644 << 16
        hashed, octets = sha256(), 0
        pieces = (data,) if isinstance(data, bytes) else data
        # What comes in pieces may turn out to be longer than a plain zip can say.
        with self._archive.open(entry, "w", force_zip64=not isinstance(data, bytes)) as file:
            for piece in pieces:
                file.write(piece)
                hashed.update(piece)
                octets += len(piece)
        self._digests[name] = hashed.hexdigest()
        self._octets += octets if name.startswith("data/") else 0

    def close(self, info: Mapping[str, str], sign: Callable[[bytes], bytes] | None) -> None:
        """
        Write the manifests and end the zip.

        `sign` makes the signature file over the tag manifest, which covers everything else.
        """
        payload = [n for n in self._digests if n.startswith("data/")]
        rows = {**info, "Payload-Oxum": f"{self._octets}.{len(payload)}"}
        self.add("bagit.txt", b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")
        self.add("bag-info.txt", "".join(f"{k}: {_line(v)}\n" for k, v in rows.items()).encode())
        self.add(MANIFEST, self._manifest(payload))
        listed = self._manifest(n for n in self._digests if not n.startswith("data/"))
        if sign is not None:
            self.add(f"{TAG_MANIFEST}.sig", sign(listed))
        # Last: a zip that lost its end must not look like one that nobody signed.
        self.add(TAG_MANIFEST, listed)
        self._archive.close()

    def _manifest(self, names: Iterable[str]) -> bytes:
        """Two blanks: sha256sum reads it as it is."""
        return "".join(f"{self._digests[n]}  {n}\n" for n in sorted(names)).encode()


def _line(text: str) -> str:
    return " ".join(text.split())
