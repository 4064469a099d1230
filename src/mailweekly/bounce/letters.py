"""
Bytes of mail into text: charsets, transfer encodings, encoded words, markup taken away.

What cannot be read as declared is read as well as can be; nothing here raises. Codecs that are not plain charsets (punycode, zlib and the like) are
never asked, because a notice may name any of them.

Units: sizes in bytes of input or characters of output.
Source: RFC 2045, 6; RFC 2047; names of charsets as mail systems write them.
"""

import base64
import binascii
import html
import quopri
import re
from typing import Final

__all__ = ["decoded", "plain", "unwrapped_words"]

_CHARSET: Final = re.compile(
    r"(?:us-)?ascii|utf[-_]?(?:8|16|16be|16le|7)|unicode-1-1-utf-7|(?:x-)?(?:mac|iso|ks_c|windows|cp|koi8|gb|big5|euc|shift|sjis|ms|tis|hz|latin|johab)[\w-]*",
    re.IGNORECASE,
)
_WORD: Final = re.compile(r"=\?([^?\s]{1,40})\?([bBqQ])\?([^?]{0,1000})\?=(?:[ \t]+(?==\?))?")
_TAG: Final = re.compile(r"<(/?)([a-zA-Z!][\w-]{0,20})([^<>]*)>?")
_BREAKING: Final = frozenset(
    {"br", "p", "div", "tr", "td", "th", "li", "h1", "h2", "h3", "h4", "pre", "table", "title", "hr", "ul"}
)
_HIDDEN: Final = frozenset({"style", "script"})
_NOT_BASE64: Final = re.compile(rb"[^A-Za-z0-9+/]+")
_OTHER_NAMES: Final = {
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "unicode-1-1-utf-7": "utf-7",
    "gb2312": "gb18030",
    "gbk": "gb18030",
}
_MORE_NAMES: Final = {
    "iso-8859-8-i": "iso-8859-8",
    "windows-874": "cp874",
    "x-sjis": "cp932",
    "shift_jis": "cp932",
    "iso-2022-jp": "iso-2022-jp-ext",
}


def decoded(body: bytes, encoding: str, charset: str) -> str:
    """Return the text of a part whose transfer encoding and charset are declared so."""
    match encoding.strip().strip('"').lower():
        case "base64":
            body = _of_base64(body)
        case "quoted-printable":
            body = quopri.decodestring(body)
        case _:
            pass
    return _read(body, charset)


def plain(markup: str) -> str:
    """Return the words of an HTML text, a line for each block."""
    pieces: list[str] = []
    place, hidden = 0, ""
    for tag in _TAG.finditer(markup):
        name = tag[2].lower()
        if not hidden:
            pieces.append(markup[place : tag.start()])
            if name in _BREAKING:
                pieces.append("\n")
            if "@" in tag[0] and "@" in tag[2] + tag[3] and name not in {"a", "img", "font", "span"}:
                pieces.append(tag[0])  # <reader@example.org> that nobody escaped
        if name in _HIDDEN:
            hidden = "" if tag[1] else name
        place = tag.end()
    if not hidden:
        pieces.append(markup[place:])
    return html.unescape("".join(pieces)).replace("\xa0", " ")


def unwrapped_words(value: str) -> str:
    """Return a header's value with its encoded words read."""
    if "=?" not in value:
        return value
    return _WORD.sub(lambda found: _word(found[1], found[2], found[3]), value)


def _word(charset: str, kind: str, text: str) -> str:
    raw = text.encode("ascii", "replace")
    body = _of_base64(raw) if kind in "bB" else quopri.decodestring(raw, header=True)
    return _read(body, charset.partition("*")[0])


def _of_base64(body: bytes) -> bytes:
    letters = _NOT_BASE64.sub(b"", body)
    try:
        return base64.b64decode(letters[: len(letters) - (len(letters) % 4 == 1)] + b"==")
    except (binascii.Error, ValueError):
        return b""


def _read(body: bytes, charset: str) -> str:
    name = charset.strip().strip("\"'").lower()
    if not body.isascii() or name.startswith(("iso-2022", "utf-16", "utf-7", "hz", "unicode")):
        for one in ((_OTHER_NAMES | _MORE_NAMES).get(name, name), "utf-8"):
            if _CHARSET.fullmatch(one):
                try:
                    return body.decode(one)
                except (LookupError, UnicodeError, ValueError):
                    continue
    return body.decode("latin-1")
