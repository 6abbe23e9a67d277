"""Presidio's AnalyzerEngine alone: each line of standard input is a list of texts to analyse, answered by CPU seconds.

    python tests/bench/in_process.py

The model is the one that Ringfence ships with.
"""

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

STOCK = "Presidio's AnalyzerEngine"


class Stock:
    """The child process that analyses."""

    def __init__(self, stack: ExitStack) -> None:
        self._process = stack.enter_context(
            subprocess.Popen([sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        )
        self.analyse(["Jane Smith asked for it."])

    def analyse(self, texts: Sequence[str]) -> float:
        """Return the CPU seconds that it took."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(texts) + "\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())


def main() -> None:
    """Analyse until standard input closes."""
    from bench.detection.stock import MODELS, stock_engine

    engine = stock_engine(MODELS["md"])
    for line in sys.stdin:
        started = time.process_time()
        for text in json.loads(line):
            engine.analyze(text, "en")
        print(time.process_time() - started, flush=True)


if __name__ == "__main__":
    main()
