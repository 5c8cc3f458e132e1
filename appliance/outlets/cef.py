"""
The Common Event Format, version 0, pure.

Text from a device is made harmless before it comes here; the escapes below keep any text at all
inside its own value, byte for byte, for whoever takes them off again.
"""

from __future__ import annotations

from collections.abc import Mapping

VENDOR = "Upheld"
PRODUCT = "Upheld"

_HEADER = str.maketrans({"\\": r"\\", "|": r"\|", "\r": " ", "\n": " "})
_VALUE = str.maketrans({"\\": r"\\", "=": r"\=", "\r": r"\r", "\n": r"\n"})


def header(text: str) -> str:
    """One field between bars; a line end, which the header has no escape for, becomes a blank."""
    return text.translate(_HEADER)


def value(text: str) -> str:
    """What stands behind `key=`."""
    return text.translate(_VALUE)


def octets(text: str) -> int:
    """What a value takes on the wire."""
    return len(value(text).encode("utf-8", "replace"))


def fitted(text: str, most: int) -> str:
    """
    The text, or as much of its beginning as takes `most` octets as a value, then an ellipsis.

    It is cut before it is escaped, so no escape and no character is ever cut in two.
    """
    if octets(text) <= most:
        return text
    left = most - octets("…")
    kept = 0
    for character in text:
        left -= octets(character)
        if left < 0:
            break
        kept += 1
    return text[:kept] + "…" if most >= octets("…") else ""


def cef(
    version: str, signature: str, name: str, severity: int, extension: Mapping[str, str | int]
) -> str:
    """One event; `severity` is 0 to 10, and what is empty in the extension is left out."""
    parts = (VENDOR, PRODUCT, version, signature, name, str(severity))
    fields = " ".join(f"{key}={value(str(v))}" for key, v in extension.items() if v != "")
    return f"CEF:0|{'|'.join(header(part) for part in parts)}|{fields}"
