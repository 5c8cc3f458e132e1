"""`python -m checks`: bring the generated parts of both READMEs up to date."""

from __future__ import annotations

from pathlib import Path

from checks import ALL
from checks.catalogue import with_numbers, with_table

README = Path(__file__).with_name("README.md")
FRONT = README.parents[1] / "README.md"

if __name__ == "__main__":
    README.write_text(with_numbers(with_table(README.read_text("utf-8"), ALL), ALL), "utf-8")
    FRONT.write_text(with_numbers(FRONT.read_text("utf-8"), ALL), "utf-8")
