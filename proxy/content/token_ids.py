"""Token ids, read as the text that they stand for: a look-up of bytes in the vocabulary of the model's tokenizer.

Two kinds of files are read. Ranks, a token in base64 and its id a line, are tiktoken's (openai/tiktoken, `load.py`);
`tokenizer.json` is Hugging Face's (huggingface/tokenizers, byte-level BPE: letters stand for bytes as GPT-2's do).
To decode needs no merges and no splitting, so no library does it, and nothing is downloaded.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

MAX_ID = 1 << 20
"""Above the ids of every tokenizer that is known, so that a file cannot ask for any amount of memory."""
MAX_IDS, MAX_CHARS = 1 << 20, 1 << 23
"""Ids of one request that are read, and characters that they may become: a few ids can stand for a long text."""
_PRINTED = (*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100))
_REST = (byte for byte in range(256) if byte not in _PRINTED)
_BYTES = {chr(byte): byte for byte in _PRINTED} | {chr(256 + place): byte for place, byte in enumerate(_REST)}
"""The letter that stands for each byte in a byte-level vocabulary."""


class Unreadable(ValueError):
    """A file is no vocabulary that can be read here; the text says why, and repeats nothing of the file."""


@dataclass(frozen=True, slots=True, eq=False)
class Tokenizer:
    """The bytes of every token that is text; tokens that mean something else - special, added - have none."""

    tokens: tuple[bytes | None, ...] = field(repr=False)
    sha256: str
    """Digest of what the ids stand for."""

    @classmethod
    def of(cls, found: Mapping[int, bytes]) -> "Tokenizer":
        """Return the tokenizer of these tokens by id; raises Unreadable."""
        if not found or min(found) < 0 or max(found) >= MAX_ID:
            raise Unreadable("there are no tokens, or ids out of range")
        digest = hashlib.sha256()
        for at in sorted(found):
            digest.update(b"%d %d " % (at, len(found[at])) + found[at])
        return cls(tuple(found.get(at) for at in range(max(found) + 1)), digest.hexdigest())

    def decode(self, ids: list[Any]) -> str | None:
        """Return the text of ids; None if one is none, or no text, or if they are no UTF-8 together."""
        size = len(self.tokens)
        if len(ids) > MAX_IDS or not all(type(at) is int and 0 <= at < size for at in ids):
            return None
        pieces = [self.tokens[at] for at in ids]
        known = [piece for piece in pieces if piece is not None]
        if len(known) != len(ids) or sum(map(len, known)) > MAX_CHARS:
            return None
        try:
            return b"".join(known).decode("utf-8")
        except UnicodeDecodeError:
            return None


@dataclass(frozen=True, slots=True)
class Texts:
    """What is said in place of token ids, by the names of the body's fields; nothing where there are none."""

    fields: Mapping[str, Any]
    alike: Callable[[str], bool]
    """Whether the ids say the same to a model."""

    def instead(self, model: str, *, vendor: bool) -> Mapping[str, Any]:
        """Return what is sent in place of ids: nothing to an own model to which they say the same."""
        return self.fields if vendor or not self.alike(model) else {}


NO_TEXTS = Texts({}, lambda _: True)


@dataclass(frozen=True, slots=True)
class Tokenizers:
    """Tokenizers by the names of models, or by how these begin (`name*`)."""

    by_model: Mapping[str, Tokenizer]

    def of(self, model: str) -> Tokenizer | None:
        """Return the tokenizer of a model: its own, or that of the longest beginning."""
        begins = [name for name in self.by_model if name.endswith("*") and model.startswith(name[:-1])]
        return self.by_model.get(max(begins, key=len, default="") if model not in self.by_model else model)

    def texts(self, body: Mapping[str, Any], name: str) -> Texts:
        """Read the ids in a field, one list of them or several, all or none of them."""
        model, given = body.get("model"), body.get(name)
        tokenizer = self.of(model) if isinstance(model, str) and name and isinstance(given, list) else None
        if tokenizer is None or not given:
            return NO_TEXTS
        one = not isinstance(given[0], list)
        lists = [given] if one else given
        if not all(isinstance(ids, list) and ids for ids in lists) or sum(map(len, lists)) > MAX_IDS:
            return NO_TEXTS
        read = _all(tokenizer, lists)
        if read is None:
            return NO_TEXTS
        return Texts({name: read[0] if one else read}, lambda other: self._is(self.of(other), tokenizer))

    @staticmethod
    def _is(one: Tokenizer | None, other: Tokenizer) -> bool:
        return one is not None and one.sha256 == other.sha256


NO_TOKENIZERS = Tokenizers({})


def _all(tokenizer: Tokenizer, lists: Iterable[list[Any]]) -> list[str] | None:
    found: list[str] = []
    room = MAX_CHARS
    for ids in lists:
        text = tokenizer.decode(ids)
        room -= len(text or "")
        if text is None or room < 0:
            return None
        found.append(text)
    return found


def read_ranks(data: bytes) -> Tokenizer:
    """Read a file of ranks; raises Unreadable."""
    found: dict[int, bytes] = {}
    for number, line in enumerate(data.splitlines(), start=1):
        token, _, rank = line.partition(b" ")
        if not line:
            continue
        try:
            read, at = base64.b64decode(token, validate=True), int(rank) if rank.isdigit() else -1
        except ValueError:
            read, at = b"", -1
        if not read or at < 0 or at in found:
            raise Unreadable(f"its line {number} is not a token in base64 and an id of its own")
        found[at] = read
    return Tokenizer.of(found)


def read_json(data: bytes) -> Tokenizer:
    """Read a `tokenizer.json`; raises Unreadable, also for every kind of tokenizer but byte-level BPE."""
    try:
        file = json.loads(data)
        model, decoder = file["model"], file["decoder"]
        vocabulary = dict(model["vocab"])
        added = {token["id"] for token in file.get("added_tokens") or []}
        steps = decoder["decoders"] if decoder["type"] == "Sequence" else [decoder]
        plain = [step["type"] for step in steps] == ["ByteLevel"] and model.get("type") == "BPE"
        odd = any(model.get(name) for name in ("byte_fallback", "continuing_subword_prefix", "end_of_word_suffix"))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise Unreadable("it is not a tokenizer.json") from None
    if not plain or odd:
        raise Unreadable("it is no byte-level BPE tokenizer, the only kind that is read here")
    if not all(type(at) is int for at in vocabulary.values()) or len(set(vocabulary.values())) != len(vocabulary):
        raise Unreadable("its tokens do not have an id each")
    return Tokenizer.of(
        {
            at: bytes(map(_BYTES.__getitem__, token))
            for token, at in vocabulary.items()
            if at not in added and token and _BYTES.keys() >= set(token)
        }
    )
