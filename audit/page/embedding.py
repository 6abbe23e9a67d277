"""How evidence documents stand in a summary: as JSON in which nothing can end the element around it.

Only the standard library is used.
"""

import json
from collections.abc import Mapping

ESCAPES = ((b"<", b"\\u003c"), (b">", b"\\u003e"), (b"&", b"\\u0026"))
"""What JSON inside an HTML file writes otherwise: no text in it can end the element that it stands in."""
SEPARATORS = (("\u2028".encode(), b"\\u2028"), ("\u2029".encode(), b"\\u2029"))


def summary_data(documents: Mapping[str, bytes]) -> bytes:
    """Return what stands between the two parts of a summary: one JSON object, names in order, without any markup.

    The documents are canonical JSON each, under their names below `evidence/`.
    """
    parts = (json.dumps(name).encode() + b":" + documents[name].removesuffix(b"\n") for name in sorted(documents))
    return escaped(b"{" + b",".join(parts) + b"}")


def escaped(text: bytes) -> bytes:
    """Return JSON that means the same and has no character of markup."""
    for plain, written in ESCAPES + SEPARATORS:
        text = text.replace(plain, written)
    return text
