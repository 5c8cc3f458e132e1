"""
Judge every verdict of an evidence package again.  One file, standard library only; read it first.

    python3 rejudge.py PACKAGE

Run verify.py first: this program runs the checks' own source, as the package holds it under
90_raw/contents, one revision at a time, in memory.  A revision is named by the digest of the list
of its files, and each file by its digest, so it is the text that judged or nothing is run.

For every verdict entry: the observations, expectations and moment it names are looked up by their
digests and judged again.  The answer must be the recorded one, to the letter.

Ends with 0: every verdict was judged again and is the recorded one; 1: one is not, and is named;
3: some could not be judged again, because what they rest on is not in the package, or masked.
"""

from __future__ import annotations

import argparse
import importlib
import io
import json
import sys
import types
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import sha256
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any, get_type_hints

RAW = "data/90_raw/"
CONTENTS = RAW + "contents"
GOOD, DIFFERENT, USAGE, INCOMPLETE = 0, 1, 2, 3
MOST_NAMED = 20


class Absent(Exception):
    """What a verdict rests on is not here."""


class Package:
    """Files by their name inside the bag, from the zip or from the folder it unpacks to."""

    def __init__(self, path: Path) -> None:
        self._zip = None if path.is_dir() else zipfile.ZipFile(path)
        self._top = ""
        if self._zip is not None:
            tops = {n.partition("/")[0] for n in self._zip.namelist()}
            self._top = tops.pop() + "/" if len(tops) == 1 else ""
        elif not (path / "bagit.txt").exists():
            path = next((p for p in path.iterdir() if (p / "bagit.txt").exists()), path)
        self._folder = path
        lines = self.read(CONTENTS + ".jsonl").split(b"\n")[:-1]
        self._lines = {digest_of(line): line for line in lines}

    def read(self, name: str) -> bytes:
        try:
            if self._zip is not None:
                return self._zip.read(self._top + name)
            return (self._folder / name).read_bytes()
        except (KeyError, FileNotFoundError):
            raise Absent(f"{name} is not in the package") from None
        except Exception as error:  # noqa: BLE001 - a damaged zip fails in many ways
            raise Absent(f"{name}: cannot be read: {error}") from None

    def content(self, digest: str) -> bytes:
        if digest in self._lines:
            return self._lines[digest]
        data = self.read(f"{CONTENTS}/{digest.removeprefix('sha256:')}")
        if digest_of(data) != digest:
            raise Absent(f"content {digest} is not what its name says")
        return data

    def entries(self, folder: str) -> Iterator[tuple[int, Any]]:
        """Of one log, by their numbers."""
        indices = self.read(f"{RAW}{folder}/indices.txt").split()
        bodies = self.read(f"{RAW}{folder}/entries.jsonl").split(b"\n")
        for index, body in zip(indices, bodies, strict=False):
            yield int(index), json.loads(body)


def digest_of(data: bytes) -> str:
    return "sha256:" + sha256(data).hexdigest()


def digest_of_value(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return digest_of(text.encode())


# --- a revision's own program --------------------------------------------------------------------


class Sources(MetaPathFinder, Loader):
    """Gives Python the modules of `checks` out of the package, and no others."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._modules = {p.removesuffix(".py").replace("/", "."): t for p, t in files.items()}

    def find_spec(
        self, name: str, _path: Sequence[str] | None, _target: object = None
    ) -> ModuleSpec | None:
        if name.split(".", maxsplit=1)[0] != "checks":
            return None
        inner = name.removeprefix("checks").removeprefix(".")
        is_package = inner not in self._modules
        if is_package and inner and not any(m.startswith(f"{inner}.") for m in self._modules):
            return None
        return ModuleSpec(name, self, is_package=is_package)

    def exec_module(self, module: types.ModuleType) -> None:
        inner = module.__name__.removeprefix("checks").removeprefix(".")
        text = self._modules.get(inner, b"")
        # The point of this program: what judged then judges again.
        exec(compile(text, f"<{module.__name__}>", "exec"), module.__dict__)  # noqa: S102


class Program:
    """Files of revisions that agree about every file they share: loaded once, for all of them."""

    def __init__(self) -> None:
        self._digests: dict[str, str] = {}
        self._texts: dict[str, bytes] = {}
        self.modules: dict[str, types.ModuleType] = {}

    def fits(self, digests: Mapping[str, str]) -> bool:
        return all(self._digests.get(path, d) == d for path, d in digests.items())

    def add(self, digests: Mapping[str, str], texts: Mapping[str, bytes]) -> None:
        self._digests |= digests
        self._texts |= texts

    @contextmanager
    def loading(self) -> Iterator[None]:
        """While it lasts, `checks` is this program's; afterwards what was there before."""
        before = {n: m for n, m in sys.modules.items() if n.split(".")[0] == "checks"}
        for name in before:
            del sys.modules[name]
        sys.modules.update(self.modules)
        finder = Sources(self._texts)
        sys.meta_path.insert(0, finder)
        try:
            yield
        finally:
            sys.meta_path.remove(finder)
            for name in [n for n in sys.modules if n.split(".")[0] == "checks"]:
                self.modules[name] = sys.modules.pop(name)
            sys.modules.update(before)


class Revision:
    """One text of one check, ready to judge."""

    def __init__(self, package: Package, rev: str, programs: list[Program]) -> None:
        listing = json.loads(package.content(rev))
        digests = listing["files"]
        texts = {path: package.content(d) for path, d in digests.items()}
        program = next((p for p in programs if p.fits(digests)), None)
        if program is None:
            programs.append(program := Program())
        program.add(digests, texts)
        with program.loading():
            self._codec = importlib.import_module("checks.facts.codec")
            self._deciding = importlib.import_module("checks.deciding")
            self._context = importlib.import_module("checks.facts.context")
            self._expected = importlib.import_module("checks.facts.expected")
            self._observation = importlib.import_module("checks.facts.observation")
            self._check = importlib.import_module(listing["module"]).judge
            self._hints = get_type_hints(self._observation.Observation)
        self._own_modules = program.modules

    def judge(self, inputs: Mapping[str, Any]) -> Any:
        """The verdict as plain values."""
        # Types are looked up by module name, so the modules must stand where they stood.
        sys.modules.update(self._own_modules)
        try:
            build = self._codec.build
            given = self._deciding.Inputs(
                observations=tuple(map(self._seen, inputs["observations"])),
                expected=build(self._expected.Expected, inputs["expected"]),
                moment=build(self._context.Moment, inputs["moment"]),
                own=build(self._context.Own, inputs["own"])
                if inputs["own"]
                else self._context.Own(),
            )
            return self._codec.plain(self._deciding.decide(self._check, given))
        finally:
            for name in self._own_modules:
                sys.modules.pop(name, None)

    def _seen(self, row: Mapping[str, Any]) -> Any:
        apart = ("facts", "readings", "stable")
        fields = {n: self._codec.build(self._hints[n], v) for n, v in row.items() if n not in apart}
        facts = None
        if "readings" in row:
            facts = self._codec.join(row["facts_type"], row["stable"], row["readings"])
        return self._observation.Observation(visit="", facts=facts, **fields)


# --- every verdict of the package ------------------------------------------------------------------


class Rejudging:
    def __init__(self, package: Package) -> None:
        self.package = package
        self.good = self.left = 0
        self.different: list[str] = []
        self.impossible: list[str] = []
        self.revisions: dict[str, Revision] = {}
        self._programs: list[Program] = []
        self._rows: dict[str, Any] = {}
        self._last: dict[str, Any] = {}
        self._contents: dict[str, Any] = {}

    def run(self) -> None:
        about = json.loads(self.package.read("data/package.json"))
        keys, logs = about["only_keys"], about["logs"]
        everything = [
            # Where there is more than one log, a number alone is not a name.
            (f"{log['origin']} {i}" if len(logs) > 1 else f"{i}", i >= log["first"], body)
            for log in logs
            for i, body in self.package.entries(log["folder"])
            if isinstance(body, dict)
        ]
        for _, _, body in everything:
            if body.get("type") == "observations":
                for row in body["rows"]:
                    self._rows[digest_of_value(row)] = row
        for name, within, body in everything:
            if body.get("type") == "verdicts":
                for row in body["rows"]:
                    if "verdict" in row:
                        self._last[row["key"]] = row
                    asked = within and (not keys or row["key"] in keys)
                    self._row(name, body["moment"], row, asked=asked)

    def _row(self, name: str, moment: Any, row: Mapping[str, Any], *, asked: bool) -> None:
        """
        What was not asked for need not be here whole; but where it is, it must be right too.

        Else package.json, by saying what was asked for, would say what is looked at.
        """
        whole = self._last.get(row["key"]) if asked else row if "verdict" in row else None
        where = f"entry {name}: {row['key']}"
        try:
            if whole is None:
                raise Absent("the entry that says the verdict in full is not here")
            found = self._judged(whole["rev"], moment, row)
        except Absent as error:
            if asked:
                self.impossible.append(f"{where}: {error}")
            else:
                self.left += 1
        except Exception as error:  # noqa: BLE001 - a changed fact may break a check in any way
            self.different.append(f"{where}: cannot be judged any more: {error!r}")
        else:
            if found == whole["verdict"]:
                self.good += 1
            else:
                self.different.append(
                    f"{where}: recorded {brief(whole['verdict'])}, judged again {brief(found)}"
                )

    def _judged(self, rev: str, moment: Any, row: Mapping[str, Any]) -> Any:
        if rev not in self.revisions:
            self.revisions[rev] = Revision(self.package, rev, self._programs)
        names = row["inputs"]
        if isinstance(names, str):
            names = self._value(names)
        return self.revisions[rev].judge(
            {
                "observations": [self._observation(name) for name in names],
                "expected": self._value(row["expected"]),
                "moment": moment,
                "own": self._value(row["own"]) if "own" in row else None,
            }
        )

    def _observation(self, name: str) -> Any:
        if name not in self._rows:
            raise Absent(f"observation {name} is not in the package, or was changed")
        row = self._rows[name]
        return {**row, "stable": self._value(row["facts"])} if "facts" in row else row

    def _value(self, digest: str) -> Any:
        if digest not in self._contents:
            self._contents[digest] = json.loads(self.package.content(digest))
        return self._contents[digest]


def brief(verdict: Any) -> str:
    return f"{verdict.get('outcome')} ({verdict.get('reason')}): {verdict.get('said')}"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[1])
    parser.add_argument("package", type=Path)
    path = parser.parse_args().package
    try:
        judging = Rejudging(Package(path))
        judging.run()
    except (Absent, OSError, zipfile.BadZipFile, LookupError, ValueError, TypeError) as error:
        sys.stderr.write(f"{path}: this cannot be read as an evidence package: {error}\n")
        return USAGE
    return say(judging)


def say(judging: Rejudging) -> int:
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A name this terminal cannot write is no fault of the package.
        sys.stdout.reconfigure(errors="backslashreplace")
    if judging.left:
        sys.stdout.write(
            f"{judging.left} rows of other keys or times were left, because what they rest on need "
            "not be in this package\n"
        )
    for title, rows in (("DIFFERENT", judging.different), ("IMPOSSIBLE", judging.impossible)):
        for row in rows[:MOST_NAMED]:
            safe = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in row)
            sys.stdout.write(f"{title}: {safe}\n")
        if len(rows) > MOST_NAMED:
            sys.stdout.write(f"{title}: and {len(rows) - MOST_NAMED} more\n")
    sys.stdout.write(
        f"{judging.good} verdicts judged again with {len(judging.revisions)} revisions of checks, "
        f"{len(judging.different)} different, {len(judging.impossible)} impossible\n"
    )
    return DIFFERENT if judging.different else INCOMPLETE if judging.impossible else GOOD


if __name__ == "__main__":
    sys.exit(main())
