"""Makes text that a device may have written harmless to whoever reads it."""

from __future__ import annotations

import unicodedata

LONGEST = 256

# Cf holds the bidirectional overrides and the invisible joiners; Zl and Zp break lines.
_DANGEROUS = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def harmless(text: str, longest: int = LONGEST) -> str:
    """`text` on one line: control, bidirectional and invisible characters written as escapes.

    Cut to `longest` characters, the last an ellipsis when something is missing.
    """
    if len(text) <= longest and text.isascii() and text.isprintable():
        return text
    shown = "".join(_escaped(c) for c in text[: longest + 1])
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"


def _escaped(character: str) -> str:
    if character.isascii() and character.isprintable():
        return character
    if unicodedata.category(character) not in _DANGEROUS:
        return character
    code = ord(character)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
