"""Ways to write a value so that a pattern does not see it, and a reader or a model still does.

`LOOKS` change characters, `LAYERS` encode and nest in each other, `SPREAD` puts something between the characters.
"""

import base64
import gzip
import json
import quopri
from collections.abc import Callable
from urllib.parse import quote

from properties.planting import HOMOGLYPHS, entities, escapes, percent, wide, zero_width

Disguise = Callable[[str], str]


def full_width(text: str) -> str:
    return "".join(
        "\u3000" if char == " " else chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in text
    )


def bold(text: str) -> str:
    starts = {"A": 0x1D400, "a": 0x1D41A, "0": 0x1D7CE}
    kinds = (("A", "Z"), ("a", "z"), ("0", "9"))
    return "".join(
        next((chr(ord(char) - ord(first) + starts[first]) for first, last in kinds if first <= char <= last), char)
        for char in text
    )


def tags(text: str) -> str:
    return "".join(chr(0xE0000 + ord(char)) if " " <= char <= "~" else char for char in text)


def gzipped(text: str) -> str:
    return base64.b64encode(gzip.compress(text.encode())).decode()


def token(text: str) -> str:
    parts = (json.dumps({"alg": "HS256"}), json.dumps({"sub": text}), "x" * 32)
    return ".".join(base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts)


def encoded_word(text: str) -> str:
    return f"=?utf-8?B?{base64.b64encode(text.encode()).decode()}?="


def cut(text: str, size: int) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]


LOOKS: dict[str, Disguise] = {
    "plain": str,
    "digits wide": wide,
    "full width": full_width,
    "zero width": zero_width,
    "soft hyphens": "\u00ad".join,
    "homoglyphs": lambda text: text.translate(HOMOGLYPHS),
    "bold": bold,
    "struck through": lambda text: "".join(f"{char}\u0336" for char in text),
    "right to left": lambda text: f"\u202e{text[::-1]}\u202c" if "\n" not in text and len(text) < 300 else text,
    "tags": tags,
}
LAYERS: dict[str, Disguise] = {
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64url": lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
    "base64 utf-16": lambda text: base64.b64encode(text.encode("utf-16")).decode(),
    "base64 gzip": gzipped,
    "base32": lambda text: base64.b32encode(text.encode()).decode(),
    "ascii85": lambda text: base64.a85encode(text.encode(), adobe=True).decode(),
    "hex": lambda text: text.encode().hex(),
    "HEX": lambda text: text.encode().hex().upper(),
    "hex spaced": lambda text: text.encode().hex(" "),
    "hex colons": lambda text: text.encode().hex(":"),
    "hex bytes": lambda text: ", ".join(f"0x{byte:02x}" for byte in text.encode()),
    "url": lambda text: quote(text, safe=""),
    "url all": percent,
    "html all": entities,
    "escapes": escapes,
    "escaped points": lambda text: "".join(f"\\u{{{ord(char):x}}}" for char in text),
    "escaped bytes": lambda text: "".join(f"\\x{byte:02x}" for byte in text.encode()),
    "octal": lambda text: "".join(f"\\{byte:03o}" for byte in text.encode()),
    "css": lambda text: "".join(f"\\{ord(char):06x}" for char in text),
    "quoted-printable": lambda text: "".join(f"={byte:02X}" for byte in text.encode()),
    "encoded word": encoded_word,
    "decimal": lambda text: ", ".join(str(byte) for byte in text.encode()),
    "bits": lambda text: " ".join(f"{byte:08b}" for byte in text.encode()),
    "calls": lambda text: " + ".join(f"chr({ord(char)})" for char in text),
    "json": lambda text: json.dumps({"entry": text}),
    "web token": token,
}
SPREAD: dict[str, Disguise] = {
    "spaced": " ".join,
    "dotted": ".".join,
    "dashed": "-".join,
    "underscores": "_".join,
    "stars": "*".join,
    "literals": lambda text: '"' + '" + "'.join(cut(text, 5)) + '"',
    "list": lambda text: '["' + '", "'.join(cut(text, 5)) + '"].join("")',
    "quoted": lambda text: quopri.encodestring(text.encode(), quotetabs=True).decode(),
}
COMPACT = ("base64", "base64url", "base32", "url", "json", "web token", "base64 gzip", "ascii85", "encoded word")
"""Encodings that hardly grow what they encode, so that any number of them fits into a request."""
