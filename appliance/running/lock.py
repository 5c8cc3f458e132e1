"""One process at a time owns the state directory."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO


class Taken(Exception):
    """Another process owns the state directory; the text says which."""


def take(state_dir: Path) -> IO[str]:
    """
    Lock the state directory until the returned file is closed or the process ends.

    Raises `Taken` at once when somebody else has it.
    """
    path = state_dir / "lock"
    file = path.open("a+", encoding="ascii")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.seek(0)
        owner = file.read().strip() or "an unknown process"
        file.close()
        raise Taken(
            f"{state_dir} is in use by another upheld (process {owner}); stop it first, "
            "or give this one another appliance.state_dir"
        ) from None
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file
