"""
A name that was encoded twice (`Ã©` for `é`), as it was before.

Nothing is changed on its own account: whoever asks shows it first.

Errors: none.
"""

__all__ = ["undoubled"]


def undoubled(text: str) -> str:
    """Return a name that was encoded twice as it was before; any other one as it is."""
    for codec in ("cp1252", "latin-1", "mac_roman") if not text.isascii() else ():
        try:
            mended = text.encode(codec).decode("utf-8")
        except UnicodeError:
            continue
        return mended if len(mended) < len(text) else text
    return text
