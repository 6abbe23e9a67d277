"""The model that the demo runs: SmolLM2 under llama.cpp, both from the package index."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from harness import ROOT
from ports import free_port


@contextmanager
def embedded(*mode: str) -> Iterator[str]:
    """Serve the model, or with the mode `embeddings` its vectors, until the block ends; gives its base URL."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, ROOT / "deploy" / "demo" / "embedded.py", str(port), *mode],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.communicate(timeout=30)
