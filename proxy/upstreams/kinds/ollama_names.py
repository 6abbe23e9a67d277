"""What a model's name means to Ollama, and what marks a model as its vendor's.

Source: Ollama's documentation of cloud models and `types/model/name.go`, August 2026: a name is
`host/namespace/model:tag`, compared without regard to letter case, and all but the model has a default; `:local` at the
end asks for the local one of two, `:cloud` or a tag that ends in `-cloud` for the vendor's.
"""

import re
from typing import Any

from proxy.upstreams.upstream import MODEL

CLOUD = re.compile(r".*[:-]cloud", re.IGNORECASE | re.DOTALL)
"""Wider than Ollama's own rule, which wants a tag; a name that looks like it is no name for a model of one's own."""
DEFAULT_HOST, DEFAULT_NAMESPACE = "registry.ollama.ai/", "library/"
LOCAL = ":local"


def says_cloud(name: str) -> bool:
    """Whether a name asks for a model of Ollama's vendor, or could be taken to by some version of it.

    Names are of ASCII, here and there; no other character becomes a letter of the suffix when made small.
    """
    before_digest = name.partition("@")[0]
    return any(CLOUD.fullmatch(part) for part in (name, before_digest, _without_local(before_digest)))


def is_name(name: str) -> bool:
    """Whether it can be asked about at all."""
    return MODEL.fullmatch(name) is not None


def full(name: str) -> str:
    """Return a name in small letters with its tag, without what is the default."""
    small = _without_local(name.lower()).removeprefix(DEFAULT_HOST).removeprefix(DEFAULT_NAMESPACE)
    return small if ":" in small.rpartition("/")[2] else f"{small}:latest"


def rows(answer: Any) -> list[dict[str, Any]]:
    """Return the models in what `/api/tags` or `/api/ps` answered; tolerates any shape."""
    found = answer.get("models") if isinstance(answer, dict) else None
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


def named(row: dict[str, Any]) -> tuple[str, ...]:
    """Return the names of a row, which are one twice."""
    return tuple(name for name in (row.get("name"), row.get("model")) if isinstance(name, str) and name)


def entries(answer: Any, model: str) -> list[dict[str, Any]]:
    """Return every row that a name could mean."""
    wanted = full(model)
    return [row for row in rows(answer) if any(full(name) == wanted for name in named(row))]


def by_name(answer: Any) -> dict[str, list[dict[str, Any]]]:
    """Return what `entries` does for every full name, for whoever asks about many."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows(answer):
        for name in {full(name) for name in named(row)}:
            found.setdefault(name, []).append(row)
    return found


def remote(said: Any) -> bool:
    """Whether a row, a description or an answer says that another host has the model, or nothing that can be read."""
    return not isinstance(said, dict) or bool(said.get("remote_host") or said.get("remote_model"))


def _without_local(name: str) -> str:
    return name[: -len(LOCAL)] if name.lower().endswith(LOCAL) else name
