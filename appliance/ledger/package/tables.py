"""Tables a spreadsheet opens without running anything, and the words for times and shares."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
# Line breaks, bidirectional overrides and invisible characters have no place in a cell.
_DANGEROUS = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


ROWS_SHOWN = 400
"""A browser opens a page of this many rows a table anywhere; the CSV has all of them."""


@dataclass
class Table:
    """
    One CSV file and one table of the index.

    `rows` are taken once, while the file is written; `shown` then holds the first of them as text
    and `count` says how many there were.
    """

    name: str
    title: str
    columns: tuple[str, ...]
    rows: Iterable[Sequence[object]]
    about: str = ""
    count: int = 0
    shown: list[tuple[str, ...]] = field(default_factory=list)

    def chunks(self) -> Iterator[bytes]:
        """The file, a row at a time."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\r\n")
        # Without the mark a spreadsheet takes UTF-8 for the code page of its country.
        out.write("\ufeff")
        writer.writerow(self.columns)
        yield _taken(out)
        for row in self.rows:
            texts = tuple(map(written, row))
            if self.count < ROWS_SHOWN:
                self.shown.append(texts)
            self.count += 1
            writer.writerow([safe(cell) for cell in texts])
            yield _taken(out)


def _taken(out: io.StringIO) -> bytes:
    text = out.getvalue()
    out.seek(0)
    out.truncate()
    return text.encode()


def table(
    name: str, title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], about: str = ""
) -> Table:
    return Table(name, title, tuple(columns), rows, about)


def safe(cell: str) -> str:
    """A cell no spreadsheet takes for a formula, though a device may have written it."""
    plain = "".join(_shown(c) for c in cell)
    return f"'{plain}" if plain.lstrip(" ").startswith(_FORMULA) else plain


def written(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case datetime():
            return instant(value)
        case timedelta():
            return lasting(value)
        case tuple() | list():
            return "; ".join(written(v) for v in value)
        case _:
            return "".join(_shown(c) for c in str(value))


def instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def lasting(length: timedelta) -> str:
    """Such as 2d 03:15:00; what is left of a second is dropped."""
    minutes, seconds = divmod(int(length.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    clock = f"{hours:02}:{minutes:02}:{seconds:02}"
    return f"{days}d {clock}" if days else clock


def share(part: timedelta, whole: timedelta) -> str:
    """Percent with two decimals, cut and never rounded up; empty where there is no whole."""
    if not whole:
        return ""
    hundredths = part * 10_000 // whole
    return f"{hundredths // 100}.{hundredths % 100:02}"


def _shown(character: str) -> str:
    if unicodedata.category(character) not in _DANGEROUS:
        return character
    return f"\\u{ord(character):04x}"
