"""
The owner's own references: what a check, a record type or a requirement is called in his papers.

`mapping.csv` of a site has a row for each of them and an empty column `acssa_ref`, which the owner
fills in from documents we may not copy.  What stands there is shown beside ours, and judges nothing.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.site.problems import Problem, SiteError, choices, shown
from checks import ALL
from checks.program import RECORDS
from checks.requirements import REQUIREMENTS

if TYPE_CHECKING:
    from collections.abc import Mapping as Dictionary

FILE = "mapping.csv"
COLUMNS = ("kind", "id", "title", "requirements", "program_unconfirmed", "acssa_ref")
READ = ("kind", "id", "acssa_ref")
LONGEST = 200
# Whoever opens an export in a spreadsheet must not run what somebody wrote here.
_FORMULA = ("=", "+", "-", "@")


@dataclass(frozen=True)
class Row:
    """One thing to refer to; `kind` is check, record or requirement."""

    kind: str
    id: str
    title: str
    requirements: tuple[str, ...] = ()
    program: tuple[str, ...] = ()


@dataclass(frozen=True)
class References:
    """What the owner wrote, by (kind, id)."""

    stated: Dictionary[tuple[str, str], str] = field(default_factory=dict)

    def of(self, kind: str, id: str) -> str:  # noqa: A002 - the word everybody uses
        """Empty where the owner has written nothing."""
        return self.stated.get((kind, id), "")


def rows() -> tuple[Row, ...]:
    """Everything that can be referred to: checks in report order, record types, requirements."""
    return (
        *(Row("check", c.id, c.title, tuple(c.requirements), c.program) for c in ALL),
        *(Row("record", r.id, r.title, tuple(r.requirements), r.program) for r in RECORDS),
        *(Row("requirement", r.id, r.title, (r.id,)) for r in REQUIREMENTS.values()),
    )


def template(references: References | None = None) -> str:
    """The file as text, with what the owner has already written."""
    known = references or References()
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows():
        lists = ("; ".join(row.requirements), "; ".join(row.program))
        writer.writerow((row.kind, row.id, row.title, *lists, known.of(row.kind, row.id)))
    return out.getvalue()


def references(directory: Path) -> References:
    """
    What the site's `mapping.csv` says; nothing where there is none.

    Raises `SiteError` with every problem there is.  Only kind, id and acssa_ref are read.
    """
    path = directory / FILE
    if not directory.is_dir():
        what = "no such directory"
        raise SiteError([Problem(str(directory), 0, what, "the directory of a site")])
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return References()
    except OSError as error:
        what = f"a file that cannot be read ({(error.strerror or str(error)).lower()})"
        raise SiteError([Problem(FILE, 0, what, "one this user may read")]) from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        what = "octets that are no UTF-8"
        raise SiteError([Problem(FILE, line, what, "the file saved as CSV UTF-8")]) from None
    problems: list[Problem] = []
    stated = dict(_stated(text, problems))
    if problems:
        raise SiteError(problems)
    return References(stated)


def _stated(text: str, problems: list[Problem]) -> Iterator[tuple[tuple[str, str], str]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        if wrong := _header(header):
            problems.append(wrong)
            return
        ids = {kind: {r.id for r in rows() if r.kind == kind} for kind in _KINDS}
        lines: dict[tuple[str, str], int] = {}
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            line = reader.line_num
            if len(cells) != len(header):
                what = f"{len(cells)} columns"
                problems.append(Problem(FILE, line, what, f"{len(header)}, as the first line has"))
                continue
            kind, name, ref = (cells[header.index(key)].strip() for key in READ)
            if wrong := _row(line, kind, name, ref, ids):
                problems.append(wrong)
            elif (kind, name) in lines:
                what = f"{kind} {shown(name)} a second time"
                problems.append(
                    Problem(FILE, line, what, f"it once; line {lines[kind, name]} has it")
                )
            else:
                lines[kind, name] = line
                if ref:
                    yield (kind, name), ref
    except csv.Error as error:
        problems.append(
            Problem(FILE, reader.line_num, f"a line that is no CSV ({error})", "closed quotes")
        )


_KINDS = ("check", "record", "requirement")


def _header(header: list[str]) -> Problem | None:
    for name in header:
        if name not in COLUMNS:
            return Problem(FILE, 1, f"the column {shown(name)}", choices(name, COLUMNS))
        if header.count(name) > 1:
            return Problem(FILE, 1, f"the column {shown(name)} twice", "it once")
    missing = [name for name in READ if name not in header]
    if missing:
        return Problem(FILE, 1, f"no column {missing[0]}", f"{','.join(COLUMNS)} as first line")
    return None


def _row(
    line: int, kind: str, name: str, ref: str, ids: Dictionary[str, set[str]]
) -> Problem | None:
    if kind not in ids:
        return Problem(FILE, line, f"the kind {shown(kind)}", choices(kind, _KINDS))
    if name not in ids[kind]:
        return Problem(FILE, line, f"the {kind} {shown(name)}", choices(name, ids[kind]))
    if ref.startswith(_FORMULA):
        return Problem(FILE, line, f"the reference {shown(ref)}", "it without the first character")
    if not ref.isprintable() or len(ref) > LONGEST:
        what = f"the reference {shown(ref)}"
        return Problem(FILE, line, what, f"at most {LONGEST} printable characters on one line")
    return None
