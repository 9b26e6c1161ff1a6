"""How text compares here: without regard to letter case, by code point."""

from __future__ import annotations

import unicodedata


def fold(text: str) -> str:
    """`text` for comparing: NFC, case-folded, NFC again. Stored beside what it is the key of."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def escape_like(text: str) -> str:
    r"""`text` as a LIKE pattern that matches it alone, with `\` as the escape character."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
