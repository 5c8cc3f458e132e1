"""Ten thousand hostile texts of devices: no table gets a row, a column or a formula of theirs."""

from __future__ import annotations

import csv
import io
import random
import unicodedata

from appliance.ledger.package.tables import table
from tests.outlets.test_syslog_messages import hostile

TEXTS = 10_000
FORMULAS = ("=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(1)", '"=1', "a,=1", "\n=1", " =1", "")
COLUMNS = ("asset", "said")


def test_every_text_stays_one_cell_that_a_spreadsheet_only_shows():
    dice = random.Random(62443)
    texts = [dice.choice(FORMULAS) + hostile(dice) for _ in range(TEXTS)]
    made = table(
        "10_said.csv", "What was said", COLUMNS, ((f"plc-{n}", t) for n, t in enumerate(texts))
    )

    written = b"".join(made.chunks()).decode()
    header, *rows = csv.reader(io.StringIO(written.removeprefix("\ufeff"), newline=""))

    assert tuple(header) == COLUMNS
    assert [asset for asset, _ in rows] == [f"plc-{n}" for n in range(TEXTS)]
    for _, said in rows:
        assert not said.lstrip().startswith(("=", "+", "-", "@"))
        assert not any(unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for c in said)
    # What cannot be shown is spelt out, and nothing else is lost.
    assert all(_holds(said, text) for text, (_, said) in zip(texts, rows, strict=True))


def _holds(said: str, text: str) -> bool:
    """Whether the letters and digits a device sent stand in the cell, in order."""
    rest = iter(said)
    return all(c in rest for c in text if c.isascii() and c.isalnum())
