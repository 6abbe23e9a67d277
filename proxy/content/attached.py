"""A file that a request carries in itself, opened where every reader finds the same text in it. All else stays shut.

A data URI (RFC 2397) is read in the one way that leaves nothing to a reader: a base64 text that encoding gives again
(RFC 4648, section 4), or percent signs (RFC 3986, section 2.1) without `+`, `#` and `?`, over which readers differ;
UTF-8 without control characters; a type, and the end of a name, that stand for plain text. Left out are markup - HTML,
XML, RTF, PostScript, PDF, whatever they are called - and the mark of UTF-7, because what a model is shown of it is not
what stands there.
Bare base64 is no data URI: OpenAI refuses it, others guess what it is. Images stay images, whatever their type says.
"""

import base64
import re
from typing import Any
from urllib.parse import unquote_to_bytes

MEDIA = frozenset(
    """
    text/plain text/markdown text/x-markdown text/csv text/tab-separated-values text/yaml text/x-yaml text/css
    text/javascript text/x-c text/x-c++ text/x-csharp text/x-diff text/x-go text/x-golang text/x-java text/x-log
    text/x-php text/x-python text/x-rst text/x-ruby text/x-rust text/x-script.python text/x-sh text/x-sql text/x-toml
    text/x-typescript application/javascript application/json application/jsonl application/ndjson application/sql
    application/toml application/typescript application/x-ndjson application/x-sh application/x-yaml application/yaml
    """.split()  # noqa: SIM905 - words read better than 40 lines
)
"""Media types of text that is shown to a model as it is."""
ENDS = frozenset(
    """
    bash c cc cfg conf cpp cs css csv diff env go h hpp ini java js json jsonl jsx kt log markdown md mjs ndjson patch
    php properties py rb rs rst scala sh sql swift text toml ts tsv tsx txt yaml yml
    """.split()  # noqa: SIM905
)
"""What the name of such a file ends in."""
_URI = re.compile(r"data:([a-zA-Z0-9.+/-]{1,64}+)(?:;charset=(utf-8|us-ascii|UTF-8|US-ASCII))?(;base64)?,")
_PERCENT = re.compile(r"(?:[A-Za-z0-9._~!$&'()*,;=:@/-]++|%[0-9A-Fa-f]{2})*+")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]")
_MARKUP = re.compile(r"[\s\ufeff\u200b]*+(?:<|%!|\{\\rtf|\+/v)")
_PDF, PDF_WITHIN = "%PDF-", 1024
"""Readers look for the head of a PDF in so many bytes (ISO 32000-1, annex H)."""


def opened(part: dict[str, Any]) -> dict[str, Any] | None:
    """Return a part of a message with its file's text in place of the data URI; None when it has to stay shut.

    Parts are those of chat (`file`) and of responses (`input_file`), with a name and the data, and nothing else.
    """
    if part.get("type") == "input_file" and _holds(part, {"type", "filename", "file_data", "detail"}):
        text = _text(part)
        return None if text is None else {**part, "file_data": text}
    file = part.get("file")
    if part.get("type") == "file" and isinstance(file, dict) and _holds(part, {"type", "file"}):
        text = _text(file) if _holds(file, {"filename", "file_data"}) else None
        return None if text is None else {**part, "file": {**file, "file_data": text}}
    return None


def _holds(value: dict[str, Any], names: set[str]) -> bool:
    """Whether an object says nothing under other names."""
    return all(name in names or item in (None, "", [], {}) for name, item in value.items())


def _text(file: dict[str, Any]) -> str | None:
    name, data = file.get("filename") or "", file.get("file_data")
    if not isinstance(name, str) or not isinstance(data, str) or not _plain(name):
        return None
    text = decoded(data)
    return None if text is None or _shown_otherwise(text) else text


def _plain(name: str) -> bool:
    _, dot, end = name.rpartition(".")
    return not dot or end.lower() in ENDS


def decoded(uri: str) -> str | None:
    """Return the text of a data URI; None where it is none, or two readers could find two texts in it."""
    head = _URI.match(uri)
    if head is None or head[1].lower() not in MEDIA:
        return None
    data = _base64(uri[head.end() :]) if head[3] else _unquoted(uri[head.end() :])
    try:
        text = None if data is None else data.decode("ascii" if (head[2] or "").lower() == "us-ascii" else "utf-8")
    except UnicodeDecodeError:
        return None
    return None if text is None or _CONTROLS.search(text) else text


def _base64(data: str) -> bytes | None:
    try:
        made = base64.b64decode(data, validate=True)
    except ValueError:
        return None
    return made if base64.b64encode(made).decode() == data else None


def _unquoted(data: str) -> bytes | None:
    return unquote_to_bytes(data) if _PERCENT.fullmatch(data) else None


def _shown_otherwise(text: str) -> bool:
    """Whether a reader that goes by the content may take it for markup."""
    return bool(_MARKUP.match(text)) or _PDF in text[:PDF_WITHIN]
