"""A small tokenizer for tests, made here: each byte, and some words; ids of a text in any of the ways that say it."""

import base64
import random
from pathlib import Path

BYTES = [bytes([byte]) for byte in range(256)]
PIECES = [b"ing", b" the", b" a", b"The ", b"entry", b": ", b"+44", b" 20", b"@", b".com", b"sk_", b"==", b" ="]
PIECES += [b"%d" % number for number in range(10, 1000)]
WORDS = [*BYTES, *PIECES]
_BEGINNING = {first: [at for at, word in enumerate(WORDS) if word[0] == first] for first in range(256)}
BACKWARDS = WORDS[::-1]
"""The same tokens under other ids, as another model has them."""


def rank_file(path: Path, words: list[bytes]) -> str:
    """Write a file of ranks and return its name."""
    path.write_bytes(b"".join(base64.b64encode(word) + b" %d\n" % at for at, word in enumerate(words)))
    return path.name


def encode(text: str, source: random.Random | None = None) -> list[int]:
    """Return ids of a text: at each place the longest token, or, with a source of chance, any that fits."""
    data, ids = text.encode(), []
    while data:
        fitting = [at for at in _BEGINNING[data[0]] if data.startswith(WORDS[at])]
        at = source.choice(fitting) if source else max(fitting, key=lambda at: len(WORDS[at]))
        ids.append(at)
        data = data[len(WORDS[at]) :]
    return ids
