"""A BagIt 1.0 bag (RFC 8493) in one zip whose bytes depend on nothing but what is put in."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Mapping
from hashlib import sha256

_SAFE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
# The oldest time a zip can say; the real ones are in the files.
_EPOCH = (1980, 1, 1, 0, 0, 0)
MANIFEST = "manifest-sha256.txt"
TAG_MANIFEST = "tagmanifest-sha256.txt"


def bag(
    payload: Mapping[str, bytes],
    tags: Mapping[str, bytes],
    info: Mapping[str, str],
    sign: Callable[[bytes], bytes] | None,
) -> dict[str, bytes]:
    """
    Every file of the bag.

    `payload` names begin with data/; `tags` stand beside it; `sign` makes the signature file
    over the tag manifest, which covers everything else.
    """
    octets = sum(map(len, payload.values()))
    rows = {**info, "Payload-Oxum": f"{octets}.{len(payload)}"}
    found = {
        **tags,
        "bagit.txt": b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
        "bag-info.txt": "".join(f"{k}: {_one_line(v)}\n" for k, v in rows.items()).encode(),
        MANIFEST: _manifest(payload),
    }
    found[TAG_MANIFEST] = _manifest(found)
    if sign is not None:
        found[f"{TAG_MANIFEST}.sig"] = sign(found[TAG_MANIFEST])
    return {**found, **payload}


def zipped(folder: str, files: Mapping[str, bytes]) -> bytes:
    """The zip.  Raises `ValueError` for a name that could lead out of the folder."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name in sorted(files):
            path = f"{folder}/{name}"
            if not all(_SAFE.fullmatch(part) for part in path.split("/")):
                raise ValueError(f"{path!r} is no name for a file of a package")
            entry = zipfile.ZipInfo(path, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            # As if made on Unix, a plain file, whatever it was made on.
            entry.create_system, entry.external_attr = 3, 0o100644 << 16
            archive.writestr(entry, files[name])
    return out.getvalue()


def _manifest(files: Mapping[str, bytes]) -> bytes:
    """Two blanks: sha256sum reads it as it is."""
    return "".join(f"{sha256(files[n]).hexdigest()}  {n}\n" for n in sorted(files)).encode()


def _one_line(text: str) -> str:
    return " ".join(text.split())
