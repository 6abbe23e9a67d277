"""Applications as users write them: programs in environments of their own, which learn from it where the model is."""

import gzip
import json
import os
import select
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
PATIENCE_S = 60
VOCABULARY = "9b5ad71b2ce5302211f9c61530b329a4922fc6a4"
"""The name under which tiktoken keeps the vocabulary `cl100k_base`, whose hash it checks when it reads it."""


@dataclass
class Program:
    """A client's program that runs. It plays one scene after another, as it is told."""

    name: str
    process: subprocess.Popen[str]
    errors: Path

    def does(self, scene: str, prompt: str = "What is a monad?") -> Any:
        """Play a scene; return what the application saw, or fail with what it raised."""
        told = self._play(scene, prompt)
        assert "saw" in told, told
        return told["saw"]

    def fails(self, scene: str, prompt: str = "What is a monad?") -> Any:
        """Play a scene that is to raise, and return what the application knows of the error."""
        told = self._play(scene, prompt)
        assert "raised" in told, told
        return told["raised"]

    def _play(self, scene: str, prompt: str) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps([scene, prompt]) + "\n")
        self.process.stdin.flush()
        ready, _, _ = select.select([self.process.stdout], [], [], PATIENCE_S)
        line = self.process.stdout.readline() if ready else ""
        assert line, f"{self.name} said nothing: {self.errors.read_text()[-2000:]}"
        return json.loads(line)


@contextmanager
def program(name: str, url: str, key: str, home: Path, **more: str) -> Iterator[Program]:
    """Run a client's program until the block ends; `url` is without `/v1`. Skips where it is not installed."""
    home.mkdir(parents=True, exist_ok=True)
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "PYTHONPATH": str(HERE),
        "PYTHONWARNINGS": "ignore",
        "OPENAI_BASE_URL": f"{url}/v1",
        "OPENAI_API_KEY": key,
        "OPENAI_AGENTS_DISABLE_TRACING": "1",
        "ANTHROPIC_BASE_URL": url,
        "ANTHROPIC_API_KEY": key,
        "TIKTOKEN_CACHE_DIR": str(home),
        **more,
    }
    if name == "langchain":
        (home / VOCABULARY).write_bytes(vocabulary())
    with (home / "errors.txt").open("w") as errors:
        process = subprocess.Popen(
            command(name), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, env=environ
        )
    try:
        yield Program(name, process, home / "errors.txt")
    finally:
        process.kill()
        process.communicate()


def command(name: str) -> list[str]:
    """Return how a program is run; skips the test where its environment is not installed."""
    if not installed(name):
        pytest.skip(f"{name} is not installed: run `make clients`")
    folder = HERE / name
    if (folder / "package.json").exists():
        return [str(HERE / "node" / ".venv" / "bin" / "node"), str(folder / "program.mjs")]
    return [str(folder / ".venv" / "bin" / "python"), str(folder / "program.py")]


def installed(name: str) -> bool:
    """Whether `make clients` was run since there is such a client."""
    return any((HERE / name / folder / ".installed").exists() for folder in (".venv", "node_modules"))


def vocabulary(name: str = "cl100k_base") -> bytes:
    """Return what the library would fetch from the network to turn texts into token ids."""
    packed = next((HERE / "langchain" / ".venv").glob(f"lib/*/site-packages/bpe_openai/data/{name}.tiktoken.gz"))
    return gzip.decompress(packed.read_bytes())
