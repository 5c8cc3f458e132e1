"""Secrets behind references: read when needed, kept nowhere, shown never."""

from __future__ import annotations

import os
from pathlib import Path

from appliance.site.logins import SecretReference

_MOST_BYTES = 65_536


class SecretError(Exception):
    """A secret that cannot be used; the text names its reference and never its content."""


class Secrets:
    """Reads `file:` references below a configuration directory, and systemd's credentials."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def text(self, reference: SecretReference | str) -> str:
        """One secret as text, without the line end an editor leaves.  Raises `SecretError`."""
        raw = self.bytes(reference)
        try:
            text = raw.decode().rstrip("\r\n")
        except UnicodeDecodeError:
            # `from None`: the cause would carry the bytes.
            raise SecretError(f"{_named(reference)}: it is not UTF-8 text") from None
        if not text.strip():
            raise SecretError(f"{_named(reference)}: it is empty")
        return text

    def bytes(self, reference: SecretReference | str) -> bytes:
        """One secret, or a file such as a CA, as it is.  Raises `SecretError`.

        A text stands for a file below the configuration directory.
        """
        path, where = self._path(reference), _named(reference)
        try:
            with path.open("rb") as file:
                raw = file.read(_MOST_BYTES + 1)
        except (OSError, ValueError) as error:
            said = getattr(error, "strerror", None) or "its path is not valid"
            raise SecretError(f"{where}: it cannot be read ({said})") from None
        if not raw.strip():
            raise SecretError(f"{where}: it is empty")
        if len(raw) > _MOST_BYTES:
            raise SecretError(f"{where}: it is larger than {_MOST_BYTES} bytes")
        return raw

    def _path(self, reference: SecretReference | str) -> Path:
        if isinstance(reference, str):
            return self._directory / reference
        if reference.file is not None:
            return self._directory / reference.file
        handed = os.environ.get("CREDENTIALS_DIRECTORY")
        if not handed:
            raise SecretError(
                f"{_named(reference)}: $CREDENTIALS_DIRECTORY is not set; "
                "add LoadCredential= to the unit, or write file: PATH"
            )
        return Path(handed) / str(reference.credential)


def _named(reference: SecretReference | str) -> str:
    return f"file:{reference}" if isinstance(reference, str) else str(reference)
