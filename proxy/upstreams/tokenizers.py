"""The tokenizers that the file of upstreams names, read from files beside it. Nothing is ever downloaded."""

import functools
import re
from pathlib import Path

from proxy.content.token_ids import NO_TOKENIZERS, Tokenizer, Tokenizers, Unreadable, read_json, read_ranks
from proxy.files.diagnostics import Problems
from proxy.files.node import Node
from proxy.files.source import at_once

MAX_BYTES = 64 * 1024 * 1024
KEPT = 8
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@-]{0,125}\*?")
READERS = {".tiktoken": read_ranks, ".json": read_json}
"""How a file is read, by the end of its name."""


def read_tokenizers(node: Node, folder: Path, problems: Problems) -> Tokenizers:
    """Read `tokenizers`: for each model, or each beginning of names (`name*`), a file; what is wrong is noted."""
    found = {}
    for key, value in node.pairs(problems):
        name = key.text(problems, NAME, "a model name or 'prefix*'")
        path = folder / value.text(problems)
        if path.suffix not in READERS:
            problems.error(value, "bad-tokenizer", "expected the name of a file that ends in .tiktoken or .json")
            continue
        try:
            state = path.stat()
            found[name] = _read(path, (state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns))
        except OSError as error:
            problems.error(value, "unreadable", f"the tokenizer cannot be read: {error.strerror or 'input error'}")
        except Unreadable as error:
            problems.error(value, "bad-tokenizer", f"this file is no tokenizer: {error}")
    return Tokenizers(found) if found else NO_TOKENIZERS


@functools.lru_cache(maxsize=KEPT)
def _read(path: Path, _state: tuple[int, ...]) -> Tokenizer:
    """Read a file in the state in which it was seen, once."""
    with open(path, "rb", opener=at_once) as stream:
        data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise Unreadable(f"it is larger than {MAX_BYTES} bytes")
    return READERS[path.suffix](data)
