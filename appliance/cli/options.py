"""What several commands are told in the same words."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

Directory = Annotated[
    Path,
    typer.Option(
        "-c",
        "--config",
        help="Use the configuration in this directory.",
        default_factory=lambda: Path(os.environ.get("UPHELD_CONFIG") or "/etc/upheld"),
        show_default="$UPHELD_CONFIG, else /etc/upheld",
    ),
]


class Format(StrEnum):
    """For people or for programs."""

    TABLE = "table"
    JSON = "json"
