"""The file of detectors: strict YAML, read as a whole or not at all. Without one, the built-in detectors are all.

identifiers:  {countries: [de, fr]}          or {without: [in]}
without:      [known_names]                  built-in detectors that are switched off
patterns:     [{name, type, patterns, score, context, alone, check}, ...]
lists:        [{name, type, words, file, score}, ...]
presidio:     [{name, class, arguments, types, min_score}, ...]
spacy:        [{name, model, languages}, ...]
transformers: [{name, model, types, min_score, onnx, sha256}, ...]
gliner:       the same
"""

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from proxy.detection.configured import foreign, languages, lists, neural, patterns
from proxy.detection.configured.reading import Context, Spec, plain
from proxy.detection.recognizers import RECOGNIZERS
from proxy.detection.recognizers.ids.packs import PACKS
from proxy.files.diagnostics import Problems, did_you_mean, shown
from proxy.files.node import Node
from proxy.files.source import load

NER, SECRETS = "spacy", "kingfisher"
BUILT_IN = frozenset({NER, SECRETS, *(recognizer.name for recognizer in RECOGNIZERS)})
UK = "gb"
"""What ISO 3166-1 calls the country of the pack `uk`."""
RESERVED = frozenset({"ringfence", "scripts"})
"""What says that something was not inspected: never off, and nobody else's name."""
KINDS: Mapping[str, Callable[[Node, Context], Spec]] = {
    "patterns": patterns.read,
    "lists": lists.read,
    "presidio": foreign.read,
    "spacy": languages.read,
    "transformers": partial(neural.read, "transformers"),
    "gliner": partial(neural.read, "gliner"),
}


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a file says. `countries` are those whose identifiers are looked for."""

    countries: tuple[str, ...] = tuple(PACKS)
    without: frozenset[str] = frozenset()
    specs: tuple[Spec, ...] = ()
    content: str = "{}"
    """The file's values without its comments and its layout, for the digest."""


def read(path: Path | None) -> Configuration:
    """Read a file, and say what it adds; raises FileRefused with every mistake in it."""
    if path is None:
        return Configuration()
    problems = Problems()
    top = load(path)
    given = top.fields(problems, optional=("identifiers", "without", *KINDS))
    context = Context(path.parent, problems, {*BUILT_IN, *RESERVED})
    specs = [
        read_one(item, context) for kind, read_one in KINDS.items() for item in given[kind].items(problems, least=1)
    ]
    chosen = Configuration(
        _countries(given["identifiers"], problems),
        frozenset(_listed(given["without"], problems, BUILT_IN, "detector")),
        tuple(specs),
        json.dumps(plain(top), sort_keys=True),
    )
    problems.check()
    return chosen


def _countries(node: Node, problems: Problems) -> tuple[str, ...]:
    given = node.fields(problems, optional=("countries", "without"))
    known = {**dict.fromkeys(PACKS), UK: None}
    only, without = (_listed(given[name], problems, known, "country") for name in ("countries", "without"))
    if only and without:
        problems.error(node, "contradiction", "either 'countries' or 'without'")
    return tuple(code for code in PACKS if not _names(without, code) and (not only or _names(only, code)))


def _names(listed: set[str], code: str) -> bool:
    return code in listed or (code == "uk" and UK in listed)


def _listed(node: Node, problems: Problems, known: Collection[str], what: str) -> set[str]:
    """Read a list of known names."""
    listed = set()
    for item in node.items(problems, least=1):
        name = item.text(problems)
        if name and name not in known:
            hint = did_you_mean(name, known)
            problems.error(item, f"unknown-{what}", f"{shown(name)} is no {what} that is built in", hint)
        listed.add(name)
    return listed
