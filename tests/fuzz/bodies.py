"""JSON that is almost what was asked for: any place of a body holds something else, or the bytes are barely JSON."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Verbatim:
    """A value that is written as it stands: what `json` would not write."""

    text: str


@dataclass(frozen=True)
class Pairs:
    """An object whose keys may come twice."""

    pairs: tuple[tuple[str, Any], ...]


def dumps(value: Any) -> str:
    """Write a value with what only this module knows in it."""
    if isinstance(value, Verbatim):
        return value.text
    if isinstance(value, dict):
        value = Pairs(tuple(value.items()))
    if isinstance(value, Pairs):
        return "{" + ",".join(f"{json.dumps(name)}:{dumps(its)}" for name, its in value.pairs) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(dumps, value)) + "]"
    return json.dumps(value)


OF_EACH_TYPE = (None, True, 0, -1, 1.5, "", "x", [], [None], {}, {"": None})
ODD = (
    *(Verbatim(text) for text in ("1e999", "-0", "1E+2", "9" * 30, "-" + "9" * 400, "0.1e-400", "NaN", "01", "")),
    *(Verbatim(f'"{text}"') for text in ("\\ud800", "\\udc00\\ud800", "\\u0000", "\\x", "\x01", "\\uD83D\\uDE00")),
    *(Verbatim(text) for text in ("[" * 200 + "]" * 200, '{"a":' * 40 + "1" + "}" * 40, "[" + "0," * 21_000 + "0]")),
    *("a " * 40_000, "\u202e\u200b", "image_url", "assistant", "data:,", "gpt-4o-mini", "local-model", [[]], [{}]),
    *({"type": "text", "text": "x"}, {"type": "image_url"}, {"role": "user"}, {"$ref": "#"}, [1, "x", None]),
)


def places(value: Any, path: Path = ()) -> Iterator[Path]:
    """Yield the way to every value within a value, itself first."""
    yield path
    if isinstance(value, dict):
        for name, its in value.items():
            yield from places(its, (*path, name))
    elif isinstance(value, list):
        for at, its in enumerate(value):
            yield from places(its, (*path, at))


def held(value: Any, path: Path) -> Any:
    """Return what stands at a place."""
    for step in path:
        value = value[step]
    return value


def replaced(value: Any, path: Path, other: Any) -> Any:
    """Return the value with another at a place."""
    if not path:
        return other
    first, *rest = path
    if isinstance(value, dict):
        return {name: replaced(its, tuple(rest), other) if name == first else its for name, its in value.items()}
    return [replaced(its, tuple(rest), other) if at == first else its for at, its in enumerate(value)]


anything = st.one_of(st.sampled_from(OF_EACH_TYPE), st.sampled_from(ODD))


def _changed(draw: st.DrawFn, value: Any, path: Path) -> Any:
    """Return what may stand at a place instead of what does."""
    now = held(value, path)
    how = draw(st.sampled_from(["other", "other", "in a list", "graft", "without", "twice", "respelt", "more"]))
    if how == "in a list":
        return [now]
    if how == "graft":
        return held(value, draw(st.sampled_from(list(places(value)))))
    if isinstance(now, dict) and now and how != "other":
        return _object(draw, now, how)
    return draw(anything)


def _object(draw: st.DrawFn, now: dict[str, Any], how: str) -> Any:
    """Return an object with one of its keys gone, there twice or in other letters, or with one more."""
    name = draw(st.sampled_from(sorted(now)))
    rest = {key: value for key, value in now.items() if key != name}
    more = draw(st.sampled_from(["x", "Model", "", "\ud800", "\0", "tools", "input"]))
    return {
        "without": rest,
        "respelt": {**rest, name.capitalize(): now[name]},
        "more": {**now, more: draw(anything)},
        "twice": Pairs((*now.items(), (name, draw(anything)))),
    }[how]


@st.composite
def bodies(draw: st.DrawFn, seed: Any) -> bytes:
    """Return bytes of a body like this one, changed at up to three places, or not at all."""
    value = seed
    for _ in range(draw(st.integers(0, 3))):
        if plain := list(_plain(value)):
            path = draw(st.sampled_from(plain))
            value = replaced(value, path, _changed(draw, value, path))
    text = dumps(value).encode("utf-8", "surrogatepass")
    if draw(st.integers(0, 15)) == 0:
        at = draw(st.integers(0, len(text)))
        text = text[:at] + draw(st.sampled_from([b"", b"\0", b"\xff", b"\xef\xbb\xbf", b"}", b'"', b"//"])) + text[at:]
    return text[: draw(st.integers(0, len(text)))] if draw(st.integers(0, 15)) == 0 else text


def _plain(value: Any) -> Iterator[Path]:
    """Yield the places of values that are not yet spoilt."""
    return (place for place in places(value) if not isinstance(held(value, place), Verbatim | Pairs))
