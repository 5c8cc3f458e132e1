"""
Is this evidence package what was recorded?  One file, standard library only; read it first.

    python3 verify.py PACKAGE --vkey FILE --outside FILE [--outside FILE ...]
    python3 verify.py PACKAGE --policy FILE --outside FILE

PACKAGE is the zip or the folder it unpacks to.  What you trust comes from outside the package: the
log's public key (one line, handed over at commissioning), or a C2SP tlog-policy that also names
witnesses, and checkpoints somebody else received (the SOC) no later than the package was made.

A log that was found to be an older copy of itself is closed, and the next one (its name ends with
the next number, its key is the same) begins with an entry that quotes it.  A package has them all.

What is computed here:
1. every file against manifest-sha256.txt and tagmanifest-sha256.txt, and the signature over both;
2. each log's Merkle tree (RFC 6962) again from the entries, and from hashes where entries are not
   in the package; its root must be the signed root at every checkpoint, ours and the outside ones;
   and how the logs are joined;
3. every content against the digest by which an entry names it, every inclusion proof.

Ends with 0: intact; 1: broken; 3: nothing broken, but something is missing or rests on trust.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import io
import json
import re
import stat
import struct
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256, sha512
from heapq import merge
from pathlib import Path
from typing import Any

RAW = "data/90_raw/"
LOG = re.compile(f"({RAW}log(?:-[0-9]+)?/)checkpoint")
NAMESPACE = b"evidence-package@upheld"
MANIFEST, TAGS = "manifest-sha256.txt", "tagmanifest-sha256.txt"
SIGNATURE = TAGS + ".sig"
CONTENT_KEYS = ("content", "facts", "expected", "own", "inputs", "rev")
DIGEST = re.compile("sha256:([0-9a-f]{64})")
INTACT, BROKEN, USAGE, INCOMPLETE = 0, 1, 2, 3


class Wrong(Exception):
    """What is not as it should be, in one sentence."""


@dataclass
class Findings:
    shown: list[str] = field(default_factory=list)
    unshown: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def take(self, others: Findings, of: str) -> None:
        for mine, theirs in zip(vars(self).values(), vars(others).values(), strict=True):
            mine += [f"{of}{row}" for row in theirs]


# --- the package: a zip or a folder -------------------------------------------------------------


class Package:
    """Files by their name inside the bag."""

    def __init__(self, path: Path) -> None:
        self._zip = None if path.is_dir() else zipfile.ZipFile(path)
        if self._zip is not None:
            check_zip(self._zip, path)
            found = [i.filename for i in self._zip.infolist() if not i.is_dir()]
            tops = {n.split("/")[0] for n in found} if found else {""}
            top = tops.pop() if len(tops) == 1 else ""
            # A top that leads elsewhere stays part of the names, which are looked at below.
            self._top = f"{top}/" if top.strip(".") else ""
            self.names = [n[len(self._top) :] for n in found]
        else:
            inner = [p for p in path.iterdir() if p.is_dir()]
            if not (path / "bagit.txt").exists() and len(inner) == 1:
                path = inner[0]
            self._folder = path
            files = (p for p in path.rglob("*") if not p.is_dir() or p.is_symlink())
            self.names = sorted(p.relative_to(path).as_posix() for p in files)
        for name in self.names:
            if name.startswith("/") or "\\" in name or ".." in name.split("/"):
                raise Wrong(f"{name}: a name that leads out of the package")
        self.has = frozenset(self.names)
        # Where upper and lower case are the same, one of the two would take the other's place.
        if len({name.casefold() for name in self.names}) != len(self.names):
            raise Wrong("two files of the package have the same name")

    def pieces(self, name: str, size: int = -1) -> Iterator[bytes]:
        """Its lines with their ends, or pieces of a size: a year need not fit into memory."""
        if name not in self.has:
            raise Wrong(f"{name}: missing")
        try:
            if self._zip is None and (self._folder / name).is_symlink():
                raise ValueError("a link, not a file")
            place = (
                self._zip.open(self._top + name) if self._zip else (self._folder / name).open("rb")
            )
            with place as file:
                yield from iter(lambda: file.read(size), b"") if size > 0 else file
        except Exception as error:  # noqa: BLE001 - a damaged zip fails in many ways
            raise Wrong(f"{name}: cannot be read: {error}") from None

    def read(self, name: str) -> bytes:
        return b"".join(self.pieces(name))

    def digest(self, name: str) -> str:
        hashed = sha256()
        for piece in self.pieces(name, 1 << 16):
            hashed.update(piece)
        return hashed.hexdigest()

    def text(self, name: str) -> str:
        try:
            return self.read(name).decode("utf-8")
        except UnicodeDecodeError:
            raise Wrong(f"{name}: not UTF-8") from None

    def lines(self, name: str) -> Iterator[bytes]:
        for line in self.pieces(name) if name in self.has else ():
            if not line.endswith(b"\n"):
                raise Wrong(f"{name}: its last line has no end")
            yield line[:-1]

    def rows(self, name: str) -> Iterator[Any]:
        return map(json.loads, self.lines(name))


def check_zip(archive: zipfile.ZipFile, path: Path) -> None:
    """Nothing but the files and their list: programs find their way through the rest differently."""
    end, loose = 0, 0
    with path.open("rb") as file:
        for one in sorted(archive.infolist(), key=lambda i: i.header_offset):
            if stat.S_ISLNK(one.external_attr >> 16):
                raise Wrong(f"{one.filename}: a link, not a file")
            if not 0 <= one.header_offset - end <= loose:
                raise Wrong(f"the zip has octets that are no file's before {one.filename}")
            file.seek(one.header_offset + 26)
            end = file.tell() + 4 + sum(struct.unpack("<HH", file.read(4))) + one.compress_size
            # What was written without going back says its size once more, behind it.
            loose = 24 if one.flag_bits & 8 else 0
        file.seek(-22, 2)
        last = file.read()
    if not 0 <= archive.start_dir - end <= loose or last[:4] != b"PK\5\6" or last[-2:] != b"\0\0":
        raise Wrong("the zip has octets that are no file's around its list of files")


# --- Ed25519 (RFC 8032): the curve -x^2 + y^2 = 1 + d x^2 y^2 over the field of 2^255 - 19 -----

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_1 = pow(2, (P - 1) // 4, P)
Point = tuple[int, int, int, int]
NEUTRAL: Point = (0, 1, 1, 0)


def add(a: Point, b: Point) -> Point:
    m = (a[1] - a[0]) * (b[1] - b[0]) % P
    n = (a[1] + a[0]) * (b[1] + b[0]) % P
    o = 2 * a[3] * b[3] * D % P
    p = 2 * a[2] * b[2] % P
    e, f, g, h = n - m, p - o, p + o, n + m
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(factor: int, point: Point) -> Point:
    total = NEUTRAL
    while factor:
        if factor & 1:
            total = add(total, point)
        point, factor = add(point, point), factor >> 1
    return total


def decoded(octets: bytes) -> Point | None:
    number = int.from_bytes(octets, "little")
    y, odd = number & ((1 << 255) - 1), number >> 255
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_1 % P
    if (x * x - square) % P or (x == 0 and odd):
        return None
    x = P - x if x & 1 != odd else x
    return x, y, 1, x * y % P


BASE = decoded((4 * pow(5, P - 2, P) % P).to_bytes(32, "little")) or NEUTRAL


def ed25519(key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether the signature over the message was made with this key's other half."""
    if len(key) != 32 or len(signature) != 64:
        return False
    point, nonce = decoded(key), decoded(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if point is None or nonce is None or s >= ORDER:
        return False
    k = int.from_bytes(sha512(signature[:32] + key + message).digest(), "little") % ORDER
    left, right = times(s, BASE), add(nonce, times(k, point))
    same_x = (left[0] * right[2] - right[0] * left[2]) % P == 0
    return same_x and (left[1] * right[2] - right[1] * left[2]) % P == 0


# --- signed notes (C2SP signed-note, tlog-checkpoint, tlog-cosignature) -------------------------

LOG_KEY, COSIGNER = 1, 4


def decode64(text: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Wrong(f"{text!r} is not base64") from None
    if base64.b64encode(data).decode() != text:
        raise Wrong(f"{text!r} is not base64 as it is written in one way only")
    return data


@dataclass(frozen=True)
class Key:
    name: str
    kind: int
    key: bytes

    @property
    def id(self) -> bytes:
        return sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.key).digest()[:4]

    @property
    def base(self) -> str:
        """The name without the number of the incarnation."""
        return re.sub("/[1-9][0-9]{0,8}$", "", self.name)

    @property
    def number(self) -> int:
        return int(self.name[len(self.base) + 1 :] or 1)

    def renamed(self, note: str) -> Key:
        """The same key for the incarnation this note is of."""
        other = Key(note.partition("\n")[0], self.kind, self.key)
        return other if other.base == self.base else self

    @classmethod
    def parse(cls, vkey: str, kind: int = LOG_KEY) -> Key:
        name, _, rest = vkey.strip().partition("+")
        identity, _, encoded = rest.partition("+")
        data = decode64(encoded)
        if not name or len(data) != 33 or data[0] != kind:
            whose = {LOG_KEY: "log", COSIGNER: "witness"}[kind]
            raise Wrong(f"{vkey.strip()!r} is no Ed25519 key of a {whose} (name+id+key)")
        found = cls(name, data[0], data[1:])
        if found.id.hex() != identity:
            raise Wrong(f"{vkey.strip()!r}: its id should be {found.id.hex()}")
        return found

    def signed(self, note: str) -> bool:
        """Whether the note carries this key's signature; raises `Wrong` for a false one."""
        text, _, tail = note.rpartition("\n\n")
        for line in tail.split("\n"):
            mark, _, rest = line.partition(" ")
            name, _, encoded = rest.partition(" ")
            if mark != "\N{EM DASH}" or name != self.name:
                continue
            blob, message = decode64(encoded), f"{text}\n".encode()
            if blob[:4] != self.id:
                continue
            if self.kind == COSIGNER and len(blob) == 76:
                (at,) = struct.unpack(">Q", blob[4:12])
                message = f"cosignature/v1\ntime {at}\n".encode() + message
            if not ed25519(self.key, blob[12 if self.kind == COSIGNER else 4 :], message):
                raise Wrong(f"the signature of {self.name} on it is false")
            return True
        return False


@dataclass(frozen=True)
class Head:
    """A checkpoint: how many entries, and the root over them."""

    called: str
    size: int
    root: bytes
    note: str


def head(called: str, note: str, key: Key) -> Head:
    lines = note.split("\n")
    if len(lines) < 5 or not re.fullmatch("0|[1-9][0-9]{0,18}", lines[1]):
        raise Wrong(f"{called}: no checkpoint")
    try:
        good, root = key.signed(note), decode64(lines[2])
    except Wrong as error:
        raise Wrong(f"{called}: {error}") from None
    if not good:
        raise Wrong(f"{called}: not signed by {key.name}+{key.id.hex()}")
    if len(root) != 32:
        raise Wrong(f"{called}: its root is no SHA-256")
    if lines[0] != key.name:
        raise Wrong(f"{called}: of the log {lines[0]!r}, the key is of {key.name!r}")
    return Head(called, int(lines[1]), root, note)


# --- the tree (RFC 6962, 2.1; verification as RFC 9162, 2.1.3.2 and 2.1.4.2) ---------------------


def leaf(body: bytes) -> bytes:
    return sha256(b"\0" + body).digest()


def node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\1" + left + right).digest()


class Tree:
    """Grows from the left by leaves and by whole subtrees; keeps the roots of the full ones."""

    def __init__(self) -> None:
        self.size = 0
        self._full: list[tuple[int, bytes]] = []

    def append(self, level: int, hashed: bytes) -> None:
        if self.size % (1 << level):
            raise Wrong(f"a subtree of level {level} cannot stand at {self.size}")
        self.size += 1 << level
        while self._full and self._full[-1][0] == level:
            hashed, level = node(self._full.pop()[1], hashed), level + 1
        self._full.append((level, hashed))

    def root(self) -> bytes:
        if not self._full:
            return sha256(b"").digest()
        hashed = self._full[-1][1]
        for _, left in reversed(self._full[:-1]):
            hashed = node(left, hashed)
        return hashed


def climbed(place: int, last: int, first: bytes, path: list[bytes]) -> tuple[bytes, bytes] | None:
    """
    Up from a node at `place` of `last` + 1, joining the hashes of `path` on their side.

    Gives the root of all, and the root of what lies left of it and under it; None: no such path.
    """
    old = new = first
    for step in path:
        if last == 0:
            return None
        if place & 1 or place == last:
            old, new = node(step, old), node(step, new)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            new = node(new, step)
        place, last = place >> 1, last >> 1
    return (new, old) if last == 0 else None


def included(hashed: bytes, index: int, size: int, path: list[bytes], root: bytes) -> bool:
    found = climbed(index, size - 1, hashed, path) if 0 <= index < size else None
    return found is not None and found[0] == root


def extends(old: int, size: int, path: list[bytes], before: bytes, after: bytes) -> bool:
    """Whether the tree of `size` with root `after` only adds to the tree of `old`."""
    if not 0 < old < size:
        return old == size and before == after and not path
    steps = path if old & (old - 1) else [before, *path]
    place, last = old - 1, size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    return bool(steps) and climbed(place, last, steps[0], steps[1:]) == (after, before)


# --- 1. files -----------------------------------------------------------------------------------


def check_files(package: Package, key: Key, found: Findings) -> None:
    lines = [line.partition("  ") for n in (MANIFEST, TAGS) for line in package.text(n).split("\n")]
    listed: dict[str, str] = {}
    good = 0
    for digest, _, name in lines:
        if listed.setdefault(name, digest) != digest:
            found.broken.append(f"{name}: the manifests list it twice, with different digests")
    for name in sorted(package.has | listed.keys() - {""}):
        if name in (TAGS, SIGNATURE):
            continue
        if name not in listed:
            found.broken.append(f"{name}: no manifest lists it")
            continue
        try:
            if package.digest(name) != listed[name]:
                found.broken.append(f"{name}: its bytes are not those the manifest lists")
            else:
                good += 1
        except Wrong as error:
            found.broken.append(f"{error}, though a manifest lists it")
    found.shown.append(f"{good} files have the digests their manifests list")
    if SIGNATURE not in package.has:
        found.missing.append("nobody signed the manifests: files could be exchanged together")
    elif fault := signature_fault(package, key):
        found.broken.append(f"{SIGNATURE}: {fault}")
    else:
        found.shown.append(f"the manifests are signed with the key of {key.name}")


def signature_fault(package: Package, key: Key) -> str:
    """What is wrong with the SSHSIG over the tag manifest; empty: nothing."""
    text = package.read(SIGNATURE)
    armour = (b"-----BEGIN SSH SIGNATURE-----\n", b"-----END SSH SIGNATURE-----\n")
    if not text.startswith(armour[0]) or not text.endswith(armour[1]):
        return "no SSH signature"
    try:
        inner = text[len(armour[0]) : -len(armour[1])].decode("ascii")
        blob = decode64(inner.replace("\n", ""))
    except (Wrong, UnicodeDecodeError) as error:
        return str(error)
    public = strings(b"ssh-ed25519", key.key)
    start = b"SSHSIG" + struct.pack(">I", 1) + strings(public, NAMESPACE, b"", b"sha512")
    # Everything before the signature itself is known beforehand, so nothing needs parsing.
    known = start + struct.pack(">I", 83) + strings(b"ssh-ed25519") + struct.pack(">I", 64)
    if len(blob) != len(known) + 64 or not blob.startswith(known):
        return f"not by the key of {key.name}, or not for an evidence package"
    digest = sha512(package.read(TAGS)).digest()
    signed = b"SSHSIG" + strings(NAMESPACE, b"", b"sha512", digest)
    return "" if ed25519(key.key, blob[-64:], signed) else "does not belong to the manifests"


def strings(*values: bytes) -> bytes:
    return b"".join(struct.pack(">I", len(v)) + v for v in values)


# --- 2. the log ---------------------------------------------------------------------------------


class Log:
    """Entries by index, hashes for all others, views of those that are masked, and signed heads."""

    def __init__(self, package: Package, folder: str, trusted: Key) -> None:
        self.folder, note = folder, package.text(folder + "checkpoint")
        self.key = trusted.renamed(note)
        rows = package.rows(folder + "checkpoints.jsonl")
        self.heads = [head(f"checkpoint {r['size']}", r["note"], self.key) for r in rows]
        self.heads.append(head(folder + "checkpoint", note, self.key))
        self.leaves: dict[int, bytes] = {}
        self._last = -1
        self.named: dict[str, int] = {}
        self.receipts: list[Any] = []
        self.opening = b"{}"
        bodies = package.lines(folder + "entries.jsonl")
        try:
            for line, body in zip(package.lines(folder + "indices.txt"), bodies, strict=True):
                self._meet(int(line), body)
        except ValueError as error:
            raise Wrong(f"{folder}entries.jsonl and indices.txt: {error}") from None
        self.masked = {r["index"]: r["leaf"] for r in package.rows(folder + "masked.jsonl")}
        parts = (line.split(b" ") for line in package.lines(folder + "subtrees.txt"))
        self._hashes = [(int(s), int(n), bytes.fromhex(h.decode())) for s, n, h in parts]

    def _meet(self, index: int, body: bytes) -> None:
        if index <= self._last:
            raise Wrong(f"{self.folder}indices.txt: {index} follows {self._last}")
        self._last = index
        self.leaves[index] = leaf(body)
        if index == 0:
            self.opening = body
        if b'"type":"anchor.' in body:
            self.receipts.append(json.loads(body))
        for digest in named(json.loads(body)) if b'"sha256:' in body else ():
            self.named.setdefault(digest, index)

    @property
    def newest(self) -> Head:
        return self.heads[-1]

    def roots(self, sizes: set[int], found: Findings) -> tuple[int, dict[int, bytes]]:
        """How many entries the pieces make, and the roots at those sizes that they lead to."""
        # The hashes are sorted already in an honest package, and then this is one pass.
        leaves = ((i, 0, hashed) for i, hashed in self.leaves.items())
        tree, roots, hidden = Tree(), {0: sha256(b"").digest()}, dict(self.masked)
        for start, level, hashed in merge(leaves, sorted(self._hashes)):
            if start != tree.size:
                raise Wrong(f"the log: at {tree.size} something for {start} follows")
            if start in hidden and level == 0 and hidden.pop(start) != hashed.hex():
                found.broken.append(f"masked entry {start}: its hash is not the one in the tree")
            if not 0 <= level < 63 or len(hashed) != 32:
                raise Wrong(
                    f"the log: what stands for entries from {start} on is no hash of a tree"
                )
            tree.append(level, hashed)
            if tree.size in sizes:
                roots[tree.size] = tree.root()
        found.broken += [f"masked entry {i}: the tree has no hash for it alone" for i in hidden]
        return tree.size, roots


def check_heads(log: Log, theirs: list[Head], found: Findings) -> dict[int, bytes]:
    """The roots at the sizes of heads, the log's own and others', that can be computed."""
    size, roots = log.roots({h.size for h in [*log.heads, *theirs]}, found)
    if size != log.newest.size:
        found.broken.append(f"the log: pieces for {size} entries, signed are {log.newest.size}")
    good = 0
    for one in log.heads:
        if one.size not in roots:
            found.broken.append(f"{one.called}: the package's pieces do not lead to its size")
        elif roots[one.size] != one.root:
            found.broken.append(f"{one.called}: signed root {one.root.hex()}, but the entries "
                                f"give {roots[one.size].hex()}")  # fmt: skip
        else:
            good += 1
    found.shown.append(f"{len(log.leaves)} entries lead to the signed root at {good} checkpoints")
    return roots


def check_outside(
    package: Package, log: Log, theirs: list[Head], lost: int, found: Findings
) -> int:
    """How many entries others are shown to have got heads of; `lost` as in `continued`."""
    roots, newest, good = check_heads(log, theirs, found), log.newest, [0]
    proofs = {p["from"]: p["hashes"] for p in package.rows(log.folder + "consistency.jsonl")}
    for one in theirs:
        fault, said = continued(one, roots, proofs, newest, lost)
        (found.broken if fault == BROKEN else found.missing).extend(
            [f"{one.called}: {said}"] * bool(said)
        )
        good += [] if said else [one.size]
    if max(good):
        found.shown.append(f"the log extends what outsiders received, up to entry {max(good) - 1}")
    if 0 < max(good) < newest.size:
        found.unshown.append(
            f"entries {max(good)} to {newest.size - 1} are younger than the newest outside "
            "checkpoint: whoever holds the key could still have exchanged them"
        )
    return max(good)


def continued(
    one: Head, roots: dict[int, bytes], proofs: dict[int, Any], newest: Head, lost: int
) -> tuple[int, str]:
    """What keeps this log from containing all the head was signed over; no text: nothing.

    The log after this one says that this one had `lost` entries, and lost the last of them."""
    if one.size == 0:
        return INCOMPLETE, "covers no entry, so it shows nothing"
    if newest.size < one.size <= lost:
        return (
            INCOMPLETE,
            f"covers {one.size} entries; those from {newest.size} on are the lost ones",
        )
    if one.size > newest.size:
        return BROKEN, (
            f"covers {one.size} entries, the package's log has only {newest.size}: it was cut or "
            f"rolled back (or {one.called} is younger than the package; then compare it with a "
            "younger package)"
        )
    if one.size in roots:
        same = roots[one.size] == one.root
        return (
            BROKEN,
            ""
            if same
            else f"another history: its root over {one.size} entries is not the package's",
        )
    if one.size in proofs:
        path = [decode64(h) for h in proofs[one.size]]
        good = extends(one.size, newest.size, path, one.root, newest.root)
        return BROKEN, "" if good else "the package's log does not extend it"
    return INCOMPLETE, (
        f"the package holds no proof from {one.size} entries on; ask for an export with "
        "--outside and this checkpoint"
    )


def check_joint(log: Log, earlier: Log | None, found: Findings) -> tuple[list[Head], int]:
    """The head of the log before as the first entry quotes it, and how many entries it had had."""
    if log.key.number == 1:
        return [], 0
    opening = json.loads(log.opening)
    if opening.get("type") != "log.open" or "before" not in opening:
        found.missing.append("its first entry is not shown: nothing shows which log it continues")
        return [], 0
    note, kept, where = opening["before"], opening.get("outside", ""), opening.get("kept_by")
    quoted, name = head("what it quotes", note, log.key.renamed(note)), note.split("\n")[0]
    if earlier is None or earlier.key.name != name:
        found.missing.append(f"it continues {name} of {quoted.size} entries, which is not in here")
        return [], 0
    size, root = earlier.newest.size, earlier.newest.root
    if (quoted.size, quoted.root) != (size, root):
        found.broken.append(
            f"its first entry quotes {name} with {quoted.size} entries and root "
            f"{quoted.root.hex()}; in here it has {size} and another end"
        )
        return [], 0
    why = opening.get("why")
    found.shown.append(f"it begins with the end of {name}, entry {size - 1}, because: {why}")
    if not kept:
        return [quoted], 0
    other, of = head("what it quotes", kept, log.key.renamed(kept)), kept.split("\n")[0]
    if of == name and other.size > size:
        found.missing.append(
            f"entries {size} to {other.size - 1} of {name} were signed and are lost; {where} kept "
            "their head: an older copy took their place"
        )
        return [quoted], other.size
    found.missing.append(f"{where} kept a head of {of} over {other.size} entries, of a history "
                         "that is not in here")  # fmt: skip
    return [quoted], 0


def check_proofs(package: Package, log: Log, found: Findings) -> None:
    names = [n for n in package.names if n.startswith(log.folder + "proofs/")]
    for name in names:
        try:
            first, _, note = package.text(name).partition("\n\n")
            title, index, *path = first.split("\n")
            number, signed = int(index.removeprefix("index ")), head(name, note, log.key)
            named_so = name == f"{log.folder}proofs/{number}.tlog-proof"
            if title != "c2sp.org/tlog-proof@v1" or number not in log.leaves or not named_so:
                raise Wrong("no proof of the entry of this package that it is named after")
            if (signed.size, signed.root) != (log.newest.size, log.newest.root):
                raise Wrong("its signed head is not that of the package's log")
            hashed, steps = log.leaves[number], [decode64(p) for p in path]
            if not included(hashed, number, signed.size, steps, signed.root):
                raise Wrong(f"does not lead from entry {number} to the signed root")
        except (Wrong, ValueError) as error:
            found.broken.append(f"{name}: {error}")
    found.shown.append(f"{len(names)} inclusion proofs were followed")


# --- 3. contents, and what is not in here --------------------------------------------------------


def named(value: Any) -> Iterator[str]:
    left = [value]
    while left:
        inner = left.pop()
        if isinstance(inner, list):
            left += inner
        elif isinstance(inner, dict):
            left += inner.values()
            for key in CONTENT_KEYS:
                if isinstance(inner.get(key), str) and DIGEST.fullmatch(inner[key]):
                    yield inner[key][7:]


def check_contents(package: Package, logs: list[Log], found: Findings) -> None:
    held = {sha256(line).hexdigest() for line in package.lines(RAW + "contents.jsonl")}
    for name in package.names:
        if name.startswith(RAW + "contents/"):
            held.add(digest := package.digest(name))
            if digest != name.rpartition("/")[2]:
                found.broken.append(f"{name}: its bytes have another digest than its name")
    hidden = {r["digest"][7:] for r in package.rows(RAW + "masked-contents.jsonl")}
    wanted: dict[str, int] = {}
    for log in logs:
        wanted |= log.named
    gone = [(d, i) for d, i in wanted.items() if d not in held and d not in hidden]
    for digest, index in gone[:20]:
        found.missing.append(f"content {digest} is not in the package; entry {index} names it")
    found.missing += [f"and {len(gone) - 20} more contents"] if len(gone) > 20 else []
    found.shown.append(f"{len(wanted.keys() & held)} contents are what the entries name")
    if hidden:
        found.missing.append(f"{len(hidden)} contents are named, content not shown: masked")


def check_period(about: Any, log: Log, found: Findings) -> None:
    (row,) = [r for r in about["logs"] if f"{RAW}{r['folder']}/" == log.folder]
    first, last = row["first"], row["last"]
    if not 0 <= first <= last + 1 <= log.newest.size:
        raise Wrong(f"data/package.json: the log has no entries {first} to {last}")
    period = f"{about['period']['from']} to {about['period']['to']}"
    found.shown.append(
        f"entries {first} to {last} are said to be the period from {period}"
        if first <= last
        else f"no entry is said to be of the period from {period}"
    )
    if log.masked:
        found.missing.append(
            f"{len(log.masked)} entries are included, content not shown: {about['masked']} masked"
        )
    absent = sum(i not in log.leaves and i not in log.masked for i in range(first, last + 1))
    if absent:
        found.missing.append(
            f"{absent} of the {last + 1 - first} entries of the period are there as hashes only: "
            f"{about['entries']['why_hashes_only'] or 'nobody says why'}"
        )
    if last + 1 < log.newest.size:
        found.unshown.append(f"entries from {last + 1} on came after the period")


# --- what is trusted, from outside ---------------------------------------------------------------


@dataclass
class Policy:
    """A C2SP tlog-policy: keys of logs, witnesses, groups of them, and the quorum wanted."""

    logs: list[Key] = field(default_factory=list)
    witnesses: dict[str, Key] = field(default_factory=dict)
    groups: dict[str, tuple[int, list[str]]] = field(default_factory=dict)
    quorum: str = "none"

    @classmethod
    def parse(cls, text: str) -> Policy:
        policy, quorum = cls(), list[str]()
        for line in text.split("\n"):
            match line.split("#")[0].split():
                case []:
                    pass
                case ["log", vkey] | ["log", vkey, _]:
                    policy.logs.append(Key.parse(vkey))
                case ["witness", name, vkey] | ["witness", name, vkey, _]:
                    policy._new(name)
                    policy.witnesses[name] = Key.parse(vkey, COSIGNER)
                case ["group", name, many, *members]:
                    policy._new(name)
                    policy.groups[name] = policy._group(name, many, members)
                case ["quorum", name]:
                    quorum.append(name)
                case _:
                    raise Wrong(
                        f"the policy's line {line!r} is none of log, witness, group, quorum"
                    )
        if len(quorum) != 1:
            raise Wrong(f"the policy has {len(quorum)} quorum lines; write one: quorum NAME")
        (policy.quorum,) = quorum
        policy._refuse()
        return policy

    def _refuse(self) -> None:
        if self.quorum not in ("none", *self.witnesses, *self.groups):
            raise Wrong(f"the policy's quorum {self.quorum!r} is nobody it names")
        for keys in (self.logs, self.witnesses.values()):
            if len({key.key for key in keys}) != len(keys):
                raise Wrong("the policy names one key twice")

    def _group(self, name: str, many: str, members: list[str]) -> tuple[int, list[str]]:
        """Its members stand above it and are in one group, once: so nobody counts twice."""
        taken = {m for _, others in self.groups.values() for m in others}
        free = (self.witnesses.keys() | self.groups.keys()) - taken
        count = {"any": 1, "all": len(members)}.get(many)
        count = int(many) if count is None and many.isdecimal() else count or 0
        if not 1 <= count <= len(members) or len(members) != len(free & {*members}):
            raise Wrong(
                f"the policy's group {name!r} wants {many} of {' '.join(members)}; each of them "
                "must stand above it, and be in one group, once"
            )
        return count, members

    def _new(self, name: str) -> None:
        if name == "none" or name in self.witnesses or name in self.groups:
            raise Wrong(f"the policy names {name!r} twice")

    def of(self, note: str) -> Key | None:
        """The key of this checkpoint's log: a policy may have those of many plants."""
        origin = note.partition("\n")[0]
        fitting = [key for key in self.logs if key.renamed(note).name == origin]
        return next(iter([*fitting, *self.logs]), None)

    def met(self, note: str, name: str) -> bool:
        if name in self.witnesses:
            return self.witnesses[name].signed(note)
        count, members = self.groups[name]
        return sum(self.met(note, m) for m in members) >= count


def received(package: Package, log: Log) -> Iterator[Head]:
    """Heads with what witnesses put under them, out of receipts: as they came, or recorded."""
    notes = {h.size: h.note for h in log.heads}
    rows = [*package.rows(RAW + "anchors.jsonl"), *log.receipts]
    left: list[tuple[Any, Any]] = [(r, None) for r in rows if r.get("log") in (None, log.key.name)]
    while left:
        value, size = left.pop()
        if isinstance(value, dict):
            left += [(v, value.get("size", size)) for v in value.values()]
        elif isinstance(value, list):
            left += [(v, size) for v in value]
        elif isinstance(value, str) and value.startswith("\N{EM DASH} ") and size in notes:
            yield head(f"receipt for {size}", notes[size] + value.rstrip("\n") + "\n", log.key)
        elif isinstance(value, str) and value.startswith(f"{log.key.name}\n"):
            yield head(f"receipt for {size}", value, log.key)


def check_witnesses(policy: Policy, heads: list[Head], found: Findings) -> list[Head]:
    """The heads a quorum of witnesses signed: as good as checkpoints from outside."""
    if policy.quorum == "none":
        return []
    met = []
    for one in heads:
        try:
            met += [one] if policy.met(one.note, policy.quorum) else []
        except Wrong as error:
            found.broken.append(f"{one.called}: {error}")
    number = len({one.size for one in met})
    found.shown += [f"{number} checkpoints are cosigned by the quorum {policy.quorum}"] * bool(met)
    return met


# --- all of it ----------------------------------------------------------------------------------


def verified(path: Path, policy: Policy, outside: list[tuple[str, str]]) -> Findings:
    found = Findings()
    try:
        package = Package(path)
        newest = f"{RAW}log/checkpoint"
        trusted = policy.of(package.text(newest) if newest in package.has else "")
        key = trusted or Key.parse(package.text(RAW + "evidence.vkey"))
        if trusted is None:
            found.missing.append(
                "the key came out of the package itself: nothing shows whose it is"
            )
        check_files(package, key, found)
        folders = [m[1] for n in sorted(package.names) if (m := LOG.fullmatch(n))]
        logs = sorted((Log(package, f, key) for f in folders), key=lambda log: log.key.number)
        if len({log.key.number for log in logs}) != len(logs) or not logs:
            raise Wrong("the package has no log, or one twice")
        about = json.loads(package.text("data/package.json"))
        for folder in {f"{RAW}{row['folder']}/" for row in about["logs"]} - {*folders}:
            here = any(name.startswith(folder) for name in package.names)
            said = f"{folder}: data/package.json names this log, and it has no checkpoint in here"
            (found.broken if here else found.missing).append(said)
        check_logs(package, about, logs, policy, outside, found)
        check_contents(package, logs, found)
        found.missing += about["not_in_here"]
        found.unshown += about["not_shown"]
    except Wrong as error:
        found.broken.append(str(error))
    except Exception as error:  # noqa: BLE001
        # Whatever else a damaged or hostile file makes fail; never mistaken for intact.
        found.broken.append(f"the package is not of the shape it should have: {error!r}")
    return found


def check_logs(
    package: Package,
    about: Any,
    logs: list[Log],
    policy: Policy,
    outside: list[tuple[str, str]],
    found: Findings,
) -> None:
    """The newest first: what others received of it vouches for what it quotes of the one before."""
    newest, lost, cosigned, quoted = logs[-1].key, 0, False, list[Head]()
    notes = [(called, note, newest.renamed(note)) for called, note in outside]
    given = [(key.name, head(called, note, key)) for called, note, key in notes]
    names = [log.key.name for log in logs]
    for name, one in given:
        if name not in names:
            found.broken.append(f"{one.called}: of the log {name}, which is not in here (or the "
                                "package is older)")  # fmt: skip
    for earlier, log in reversed(list(zip([None, *logs], logs, strict=False))):
        here = Findings()
        met = check_witnesses(policy, [*log.heads, *received(package, log)], here)
        theirs = [*quoted, *met, *(one for name, one in given if name == log.key.name)]
        covered = check_outside(package, log, theirs, lost, here)
        check_proofs(package, log, here)
        check_period(about, log, here)
        quoted, lost = check_joint(log, earlier, here)
        # A head nobody else has seen vouches for nothing.
        quoted = quoted if covered else []
        cosigned = cosigned or bool(met)
        found.take(here, f"{log.key.name}: " if len(logs) > 1 else "")
        if log is logs[-1] and not theirs:
            found.missing.append(
                f"no checkpoint of {log.key.name} from outside was given: whoever holds the key could have written "
                "another history and signed it"
            )
    if policy.quorum != "none" and not cosigned:
        found.missing.append(f"no checkpoints are cosigned by the quorum {policy.quorum}")
    if len(logs) > 1:
        found.unshown.append(
            f"the evidence is {len(logs)} logs one after the other ({', '.join(names)}): all but the last "
            "were closed because the file was a copy; what is lost beyond their ends is under MISSING"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("package", type=Path)
    parser.add_argument("--vkey", help="the log's public key from outside: a file, or the line")
    parser.add_argument("--policy", type=Path, help="a C2SP tlog-policy from outside")
    parser.add_argument("--outside", type=Path, action="append", default=[],
                        help="a checkpoint somebody else received before the package was made")  # fmt: skip
    given = parser.parse_args()
    try:
        policy = Policy.parse(given.policy.read_text("utf-8")) if given.policy else Policy()
        if given.vkey:
            file = Path(given.vkey)
            policy.logs = [Key.parse(file.read_text("utf-8") if file.is_file() else given.vkey)]
        outside = [(str(p), p.read_text("utf-8")) for p in given.outside]
        if not given.package.exists():
            raise Wrong(f"{given.package}: there is nothing of that name")
    except (Wrong, OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return USAGE
    return say(verified(given.package, policy, outside))


def say(found: Findings) -> int:
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A name this terminal cannot write is no fault of the package.
        sys.stdout.reconfigure(errors="backslashreplace")
    for title, rows in (
        ("SHOWN", found.shown),
        ("NOT SHOWN", found.unshown),
        ("MISSING", found.missing),
        ("BROKEN", found.broken),
    ):
        for row in rows:
            # What a package says may not steer a terminal.
            safe = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in str(row))
            sys.stdout.write(f"{title}: {safe}\n")
    code = BROKEN if found.broken else INCOMPLETE if found.missing else INTACT
    sys.stdout.write({INTACT: "intact", BROKEN: "broken", INCOMPLETE: "incomplete"}[code] + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
