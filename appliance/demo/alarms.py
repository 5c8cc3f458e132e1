"""The plant's witness: nobody may write to these devices, and whoever tries is named."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path


@dataclass(frozen=True)
class Alarms:
    """Written to standard error and, one a line, to `file`."""

    file: Path

    def write_seen(self, device: str, what: str) -> None:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        line = f"ALARM write seen {now} {device}: {what}"
        sys.stderr.write(line + "\n")
        sys.stderr.flush()
        with self.file.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
