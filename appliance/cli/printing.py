"""Results as tables and JSON; what a device may have written reaches no terminal unescaped."""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from appliance.outlets.text import harmless

LONGEST_SENTENCE = 600
STYLES = {
    "pass": "green",
    "fail": "bold red",
    "inconclusive": "yellow",
    "unknown": "yellow",
    "not-applicable": "dim",
}
# Control characters JSON leaves alone, and what turns or breaks lines on a terminal.
_LIVE = re.compile("[\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff]")


def any_text() -> None:
    """From now on a character the terminal's encoding has not is printed as its escape."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def as_json(value: Any, *, indent: int | None = None) -> str:
    # An escape of `any_text` is none of JSON's.
    unicode = (getattr(sys.stdout, "encoding", None) or "").lower() in ("utf-8", "utf8")
    text = json.dumps(value, indent=indent, ensure_ascii=not unicode)
    return _LIVE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def working(text: str) -> AbstractContextManager[object]:
    """A spinner while something takes long; on a terminal only, and nothing of it stays."""
    return Console(stderr=True).status(text)


def print_lines(lines: Iterable[tuple[str, Iterable[tuple[str, str]]]]) -> None:
    """
    Rows of (name, parts of (text, style or state for its colour)); colours on a terminal only.

    Never cut and never wrapped by us, so that grep finds a whole line.
    """
    console = Console(highlight=False, soft_wrap=True)
    for name, parts in lines:
        styled = ((text, STYLES.get(style, style)) for text, style in parts)
        console.print(Text.assemble((f"{name + ':':<15}", "dim"), *styled))


def print_judged(columns: tuple[str, str], rows: Iterable[tuple[str, str, str, str]]) -> None:
    """
    Rows of (label, verdict or state for its colour, key, sentence), as wide as the terminal.

    The sentence stands below its key: side by side neither has room on 80 columns.
    """
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(columns[0], no_wrap=True)
    table.add_column(columns[1], overflow="fold")
    for label, colour, key, said in rows:
        style = STYLES.get(colour, "")
        # Text, not str: a device's sentence must not be read as markup.
        seen = Text.assemble((harmless(key), "bold"), "\n", harmless(said, LONGEST_SENTENCE))
        table.add_row(Text(label, style), seen)
    Console().print(table)
