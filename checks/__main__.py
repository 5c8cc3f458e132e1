"""`python -m checks`: bring the coverage table of README.md up to date."""

from __future__ import annotations

from pathlib import Path

from checks import ALL
from checks.catalogue import with_table

README = Path(__file__).with_name("README.md")

if __name__ == "__main__":
    README.write_text(with_table(README.read_text("utf-8"), ALL), "utf-8")
