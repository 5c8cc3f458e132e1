"""
Is this evidence package what was recorded?  One file, standard library only; read it first.

    python3 verify.py PACKAGE --vkey FILE --outside FILE [--outside FILE ...]
    python3 verify.py PACKAGE --policy FILE --outside FILE

PACKAGE is the zip or the folder it unpacks to.  What you trust comes from outside the package: the
log's public key (one line, handed over at commissioning), or a C2SP tlog-policy that also names
witnesses, and checkpoints somebody else received (the SOC) no later than the package was made.

What is computed here:
1. every file against manifest-sha256.txt and tagmanifest-sha256.txt, and the signature over both;
2. the log's Merkle tree (RFC 6962) again from the entries, and from hashes where entries are not
   in the package; its root must be the signed root at every checkpoint, ours and the outside ones;
3. every content against the digest by which an entry names it, every inclusion proof.

Ends with 0: intact; 1: broken; 3: nothing broken, but something is missing or rests on trust.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import json
import re
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
LOG = RAW + "log/"
NAMESPACE = b"evidence-package@upheld"
UNLISTED = ("tagmanifest-sha256.txt", "tagmanifest-sha256.txt.sig")
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


# --- the package: a zip or a folder -------------------------------------------------------------


class Package:
    """Files by their name inside the bag."""

    def __init__(self, path: Path) -> None:
        self._zip = None if path.is_dir() else zipfile.ZipFile(path)
        if self._zip is not None:
            found = [i.filename for i in self._zip.infolist() if not i.is_dir()]
            tops = {n.split("/")[0] for n in found}
            self._top = tops.pop() + "/" if len(tops) == 1 else ""
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
        if len(set(self.names)) != len(self.names):
            raise Wrong("two files of the package have the same name")
        self._known = frozenset(self.names)

    def read(self, name: str) -> bytes:
        if name not in self._known:
            raise Wrong(f"{name}: missing")
        try:
            if self._zip is not None:
                return self._zip.read(self._top + name)
            if (self._folder / name).is_symlink():
                raise Wrong(f"{name}: a link, not a file")
            return (self._folder / name).read_bytes()
        except Wrong:
            raise
        except Exception as error:  # noqa: BLE001 - a damaged zip fails in many ways
            raise Wrong(f"{name}: cannot be read: {error}") from None

    def text(self, name: str) -> str:
        try:
            return self.read(name).decode("utf-8")
        except UnicodeDecodeError:
            raise Wrong(f"{name}: not UTF-8") from None

    def lines(self, name: str) -> list[bytes]:
        return self.read(name).split(b"\n")[:-1]


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

    @classmethod
    def parse(cls, vkey: str) -> Key:
        name, _, rest = vkey.strip().partition("+")
        identity, _, encoded = rest.partition("+")
        data = decode64(encoded)
        if not name or len(data) != 33 or data[0] not in (LOG_KEY, COSIGNER):
            raise Wrong(f"{vkey.strip()!r} is no Ed25519 verifier key (name+id+key)")
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
            blob = decode64(encoded)
            if blob[:4] != self.id:
                continue
            message, signature = f"{text}\n".encode(), blob[4:]
            if self.kind == COSIGNER:
                (at,) = struct.unpack(">Q", signature[:8])
                message = f"cosignature/v1\ntime {at}\n".encode() + message
                signature = signature[8:]
            if not ed25519(self.key, signature, message):
                raise Wrong(f"the signature of {self.name} on it is false")
            return True
        return False


@dataclass(frozen=True)
class Head:
    """A checkpoint: the log's name, how many entries, and the root over them."""

    called: str
    origin: str
    size: int
    root: bytes
    note: str


def head(called: str, note: str, key: Key) -> Head:
    lines = note.split("\n")
    if len(lines) < 5 or not re.fullmatch("0|[1-9][0-9]{0,18}", lines[1]):
        raise Wrong(f"{called}: no checkpoint")
    try:
        good = key.signed(note)
        root = decode64(lines[2])
    except (Wrong, struct.error) as error:
        raise Wrong(f"{called}: {error}") from None
    if not good:
        raise Wrong(f"{called}: not signed by {key.name}+{key.id.hex()}")
    if lines[0] != key.name:
        raise Wrong(f"{called}: of the log {lines[0]!r}, the key is of {key.name!r}")
    return Head(called, lines[0], int(lines[1]), root, note)


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


def included(hashed: bytes, index: int, size: int, path: list[bytes], root: bytes) -> bool:
    place, last = index, size - 1
    if index >= size:
        return False
    for step in path:
        if last == 0:
            return False
        if place & 1 or place == last:
            hashed = node(step, hashed)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            hashed = node(hashed, step)
        place, last = place >> 1, last >> 1
    return last == 0 and hashed == root


def extends(old: int, size: int, path: list[bytes], before: bytes, after: bytes) -> bool:
    """Whether the tree of `size` with root `after` only adds to the tree of `old`."""
    if not 0 < old < size:
        return old == size and before == after and not path
    steps = path if old & (old - 1) else [before, *path]
    if not steps:
        return False
    place, last = old - 1, size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    first = second = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            first, second = node(step, first), node(step, second)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            second = node(second, step)
        place, last = place >> 1, last >> 1
    return last == 0 and first == before and second == after


# --- 1. files -----------------------------------------------------------------------------------


def check_files(package: Package, key: Key, found: Findings) -> None:
    listed = manifests(package)
    for name in sorted(set(listed) - set(package.names)):
        found.broken.append(f"{name}: missing, though a manifest lists it")
    for name in sorted(package.names):
        if name in UNLISTED:
            continue
        if name not in listed:
            found.broken.append(f"{name}: no manifest lists it")
            continue
        try:
            if sha256(package.read(name)).hexdigest() != listed[name]:
                found.broken.append(f"{name}: its bytes are not those the manifest lists")
        except Wrong as error:
            found.broken.append(str(error))
    found.shown.append(f"{len(listed)} files have the digests their manifests list")
    if UNLISTED[1] not in package.names:
        found.missing.append("nobody signed the manifests: files could be exchanged together")
    elif fault := _fault(package, key):
        found.broken.append(f"{UNLISTED[1]}: {fault}")
    else:
        found.shown.append(f"the manifests are signed with the key of {key.name}")


def manifests(package: Package) -> dict[str, str]:
    lines = [
        line
        for name in ("manifest-sha256.txt", "tagmanifest-sha256.txt")
        for line in package.text(name).splitlines()
    ]
    return {name: digest for digest, _, name in (line.partition("  ") for line in lines)}


def _fault(package: Package, key: Key) -> str:
    """What is wrong with the SSHSIG over tagmanifest-sha256.txt; empty: nothing."""
    text = package.read(UNLISTED[1])
    armour = (b"-----BEGIN SSH SIGNATURE-----\n", b"-----END SSH SIGNATURE-----\n")
    if not text.startswith(armour[0]) or not text.endswith(armour[1]):
        return "no SSH signature"
    try:
        inner = text[len(armour[0]) : -len(armour[1])].decode("ascii")
        blob = decode64(inner.replace("\n", ""))
    except (Wrong, UnicodeDecodeError) as error:
        return str(error)
    digest = sha512(package.read(UNLISTED[0])).digest()
    public = strings(b"ssh-ed25519", key.key)
    signed = b"SSHSIG" + strings(NAMESPACE, b"", b"sha512", digest)
    start = b"SSHSIG" + struct.pack(">I", 1) + strings(public, NAMESPACE, b"", b"sha512")
    # Everything before the signature itself is known beforehand, so nothing needs parsing.
    known = start + struct.pack(">I", 83) + strings(b"ssh-ed25519") + struct.pack(">I", 64)
    if len(blob) != len(known) + 64 or not blob.startswith(known):
        return f"not by the key of {key.name}, or not for an evidence package"
    return "" if ed25519(key.key, blob[-64:], signed) else "does not belong to the manifests"


def strings(*values: bytes) -> bytes:
    return b"".join(struct.pack(">I", len(v)) + v for v in values)


# --- 2. the log ---------------------------------------------------------------------------------


def entries(package: Package) -> dict[int, bytes]:
    bodies = package.lines(LOG + "entries.jsonl")
    try:
        indices = [int(i) for i in package.lines(LOG + "indices.txt")]
    except ValueError:
        raise Wrong(LOG + "indices.txt: a line is no number") from None
    if len(bodies) != len(indices):
        raise Wrong(f"{LOG}entries.jsonl: {len(bodies)} entries, but {len(indices)} indices")
    return dict(zip(indices, bodies, strict=True))


def pieces(package: Package, bodies: dict[int, bytes]) -> Iterator[tuple[int, int, bytes]]:
    """(start, level, hash) of every entry and every subtree that stands for entries, in order."""
    found = []
    for line in package.lines(LOG + "subtrees.txt"):
        try:
            start, level, hashed = line.decode("ascii").split(" ")
            found.append((int(start), int(level), bytes.fromhex(hashed)))
        except ValueError:
            raise Wrong(f"{LOG}subtrees.txt: {line!r} is not start, level and hash") from None
    # Both are sorted already in an honest package, and then this is one pass.
    leaves = ((index, 0, leaf(bodies[index])) for index in sorted(bodies))
    yield from merge(leaves, sorted(found))


def check_log(
    package: Package,
    bodies: dict[int, bytes],
    heads: list[Head],
    outside: list[Head],
    found: Findings,
) -> dict[int, bytes]:
    """The roots at the sizes of heads, ours (the newest last) and others', that can be computed."""
    wanted, newest = {h.size for h in [*heads, *outside]}, heads[-1]
    tree, roots = Tree(), {}
    for start, level, hashed in pieces(package, bodies):
        if start != tree.size:
            raise Wrong(f"the log: at {tree.size} something for {start} follows")
        tree.append(level, hashed)
        if tree.size in wanted:
            roots[tree.size] = tree.root()
    roots[0] = sha256(b"").digest()
    good = 0
    for one in heads:
        if one.size not in roots:
            found.broken.append(f"{one.called}: the package's pieces do not lead to its size")
        elif roots[one.size] != one.root:
            found.broken.append(f"{one.called}: signed root {one.root.hex()}, but the entries "
                                f"give {roots[one.size].hex()}")  # fmt: skip
        else:
            good += 1
    if tree.size != newest.size:
        found.broken.append(f"the log: pieces for {tree.size} entries, signed are {newest.size}")
    found.shown.append(f"{len(bodies)} entries lead to the signed root at {good} checkpoints")
    return roots


def check_outside(
    package: Package, roots: dict[int, bytes], newest: Head, outside: list[Head], found: Findings
) -> None:
    proofs = {p["from"]: p for p in map(json.loads, package.lines(LOG + "consistency.jsonl"))}
    good = [one.size for one in outside if continued(one, roots, proofs, newest, found)]
    if not outside:
        found.missing.append(
            "no checkpoint from outside was given: whoever holds the key could have written "
            "another history and signed it"
        )
    if good:
        last = max(good)
        found.shown.append(f"the log extends what outsiders received, up to entry {last - 1}")
        if last < newest.size:
            found.unshown.append(
                f"entries {last} to {newest.size - 1} are younger than the newest outside "
                "checkpoint: whoever holds the key could still have exchanged them"
            )


def continued(
    one: Head, roots: dict[int, bytes], proofs: dict[int, Any], newest: Head, found: Findings
) -> bool:
    """Whether the package's log is shown to contain all that this head was signed over."""
    if one.size == 0:
        found.missing.append(f"{one.called}: covers no entry, so it shows nothing")
    elif one.size > newest.size:
        found.broken.append(
            f"{one.called}: covers {one.size} entries, the package's log has only "
            f"{newest.size}: it was cut or rolled back (or {one.called} is younger than the "
            "package; then compare it with a younger package)"
        )
    elif one.size in roots:
        if roots[one.size] == one.root:
            return True
        found.broken.append(
            f"{one.called}: another history: its root over {one.size} entries is not the package's"
        )
    elif one.size in proofs:
        path = [decode64(h) for h in proofs[one.size]["hashes"]]
        if extends(one.size, newest.size, path, one.root, newest.root):
            return True
        found.broken.append(f"{one.called}: the package's log does not extend it")
    else:
        found.missing.append(
            f"{one.called}: the package holds no proof from {one.size} entries on; ask for an "
            "export with --outside and this checkpoint"
        )
    return False


def check_proofs(package: Package, bodies: dict[int, bytes], key: Key, found: Findings) -> None:
    count = 0
    for name in package.names:
        if not name.endswith(".tlog-proof"):
            continue
        try:
            first, _, note = package.text(name).partition("\n\n")
            title, index, *path = first.split("\n")
            number = int(index.removeprefix("index "))
            signed = head(name, note, key)
            steps = [decode64(p) for p in path]
            if title != "c2sp.org/tlog-proof@v1" or number not in bodies:
                raise Wrong("no proof of an entry of this package")
            if not included(leaf(bodies[number]), number, signed.size, steps, signed.root):
                raise Wrong(f"does not lead from entry {number} to the signed root")
            count += 1
        except (Wrong, ValueError) as error:
            found.broken.append(f"{name}: {error}")
    found.shown.append(f"{count} inclusion proofs lead to a signed root")


# --- 3. contents --------------------------------------------------------------------------------


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


def check_contents(package: Package, bodies: dict[int, bytes], found: Findings) -> None:
    held = {n.rpartition("/")[2]: n for n in package.names if n.startswith(RAW + "contents/")}
    for digest, name in held.items():
        if sha256(package.read(name)).hexdigest() != digest:
            found.broken.append(f"{name}: its bytes have another digest than its name")
    wanted: dict[str, int] = {}
    for index, body in bodies.items():
        if b'"sha256:' not in body:
            continue
        try:
            value = json.loads(body)
        except ValueError:
            continue
        for digest in named(value):
            wanted.setdefault(digest, index)
    gone = [(d, i) for d, i in wanted.items() if d not in held]
    for digest, index in gone[:20]:
        found.missing.append(f"content {digest} is not in the package; entry {index} names it")
    if len(gone) > 20:
        found.missing.append(f"and {len(gone) - 20} more contents")
    found.shown.append(f"{len(wanted) - len(gone)} contents are what the entries name")


def check_period(package: Package, bodies: dict[int, bytes], newest: Head, found: Findings) -> None:
    about = json.loads(package.text("data/package.json"))
    first, last = about["entries"]["first"], about["entries"]["last"]
    gaps = sum(1 for i in range(first, last + 1) if i not in bodies)
    if gaps:
        found.missing.append(
            f"{gaps} of the {last + 1 - first} entries of the period are there as hashes only: "
            f"{about['entries']['why_hashes_only'] or 'nobody says why'}"
        )
    if last + 1 < newest.size:
        found.unshown.append(f"entries from {last + 1} on came after the period")
    found.unshown += about["not_shown"]


# --- what is trusted, from outside ---------------------------------------------------------------


@dataclass
class Policy:
    """A C2SP tlog-policy: the log's key, witnesses, groups of them, and the quorum wanted."""

    log: Key | None = None
    witnesses: dict[str, Key] = field(default_factory=dict)
    groups: dict[str, tuple[int, list[str]]] = field(default_factory=dict)
    quorum: str = "none"

    @classmethod
    def parse(cls, text: str) -> Policy:
        policy = cls()
        for line in text.splitlines():
            match line.split("#")[0].split():
                case []:
                    pass
                case ["log", vkey, *_]:
                    policy.log = Key.parse(vkey)
                case ["witness", name, vkey, *_]:
                    policy.witnesses[name] = Key.parse(vkey)
                case ["group", name, many, *members]:
                    count = {"any": 1, "all": len(members)}.get(many)
                    policy.groups[name] = (int(many) if count is None else count, members)
                case ["quorum", name]:
                    policy.quorum = name
                case _:
                    raise Wrong(
                        f"the policy's line {line!r} is none of log, witness, group, quorum"
                    )
        if policy.quorum not in ({"none"} | policy.witnesses.keys() | policy.groups.keys()):
            raise Wrong(f"the policy's quorum {policy.quorum!r} is nobody it names")
        return policy

    def met(self, note: str, name: str) -> bool:
        if name in self.witnesses:
            return self.witnesses[name].signed(note)
        count, members = self.groups[name]
        return sum(self.met(note, m) for m in members) >= count


def check_witnesses(policy: Policy, heads: list[Head], found: Findings) -> list[Head]:
    """The heads a quorum of witnesses signed: as good as checkpoints from outside."""
    if policy.quorum == "none":
        return []
    met = []
    for one in heads:
        try:
            if policy.met(one.note, policy.quorum):
                met.append(one)
        except (Wrong, struct.error) as error:
            found.broken.append(f"{one.called}: {error}")
    if met:
        found.shown.append(f"{len(met)} checkpoints are cosigned by the quorum {policy.quorum}")
    else:
        found.missing.append(f"no checkpoint is cosigned by the quorum {policy.quorum}")
    return met


# --- all of it ----------------------------------------------------------------------------------


def verified(path: Path, policy: Policy, outside: list[tuple[str, str]]) -> Findings:
    found = Findings()
    try:
        package = Package(path)
        key = policy.log or Key.parse(package.text(RAW + "evidence.vkey"))
        if policy.log is None:
            found.missing.append(
                "the key came out of the package itself: nothing shows whose it is"
            )
        check_files(package, key, found)
        newest = head(LOG + "checkpoint", package.text(LOG + "checkpoint"), key)
        rows = [json.loads(line) for line in package.lines(LOG + "checkpoints.jsonl")]
        heads = [head(f"checkpoint {r['size']}", r["note"], key) for r in rows] + [newest]
        theirs = [head(name, note, key) for name, note in outside]
        bodies = entries(package)
        theirs += check_witnesses(policy, heads, found)
        roots = check_log(package, bodies, heads, theirs, found)
        check_outside(package, roots, newest, theirs, found)
        check_proofs(package, bodies, key, found)
        check_contents(package, bodies, found)
        check_period(package, bodies, newest, found)
    except Wrong as error:
        found.broken.append(str(error))
    except (ValueError, KeyError, TypeError, RecursionError, zipfile.BadZipFile) as error:
        # Whatever else a damaged or hostile file makes fail; never mistaken for intact.
        found.broken.append(f"the package is not of the shape it should have: {error!r}")
    return found


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
            policy.log = Key.parse(file.read_text("utf-8") if file.is_file() else given.vkey)
        outside = [(str(p), p.read_text("utf-8")) for p in given.outside]
        if not given.package.exists():
            raise Wrong(f"{given.package}: there is nothing of that name")
    except (Wrong, OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return USAGE
    return say(verified(given.package, policy, outside))


def say(found: Findings) -> int:
    for title, rows in (
        ("SHOWN", found.shown),
        ("NOT SHOWN", found.unshown),
        ("MISSING", found.missing),
        ("BROKEN", found.broken),
    ):
        for row in rows:
            # What a package says may not steer a terminal.
            safe = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in row)
            sys.stdout.write(f"{title}: {safe}\n")
    code = BROKEN if found.broken else INCOMPLETE if found.missing else INTACT
    sys.stdout.write({INTACT: "intact", BROKEN: "broken", INCOMPLETE: "incomplete"}[code] + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
