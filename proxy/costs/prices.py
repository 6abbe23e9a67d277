"""What models cost: by model name or pattern and zone, as the file of upstreams says it, in exact whole numbers.

    prices:
      currency: USD
      models:                                   # per million tokens
        "gpt-4o*": {cloud-us: {input: 2.50, output: 10.00, cached: 1.25}}
        "*": {onprem: {input: 0.05, output: 0.15}}

A price belongs to the name under which a model stands in records, so that a cost can be worked out again from the log:
the usage of a `route.outcome`, and the prices in the archived text of the bundle that decided.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self

from proxy.files.diagnostics import Problems
from proxy.files.money import amount
from proxy.files.node import Node

CURRENCY = re.compile(r"[A-Z]{3}")
PATTERN = re.compile(r"\*|[A-Za-z0-9][A-Za-z0-9._:/@-]{0,125}\*?")
ANY = "*"
MILLION = 1_000_000
DEAREST = 100_000
"""Of the currency, for a million tokens."""
MOST_TOKENS = 10**9
"""Of one answer: a number that a model server made up must not cost more than this."""


@dataclass(frozen=True, slots=True)
class Price:
    """Billionths of the currency for a million tokens. Of the tokens sent, `cached` ones have a price of their own."""

    input: int
    output: int
    cached: int

    def cost(self, usage: Mapping[str, int]) -> int | None:
        """Return what an answer cost, in billionths of the currency, rounded up; None if it reported no tokens.

        `usage` has the names of the record; `in` includes `cached`.
        """
        if "in" not in usage and "out" not in usage:
            return None
        sent, answered = (min(usage.get(name, 0), MOST_TOKENS) for name in ("in", "out"))
        cached = min(usage.get("cached", 0), sent)
        return -(-((sent - cached) * self.input + cached * self.cached + answered * self.output) // MILLION)


@dataclass(frozen=True)
class Prices:
    """Everything that the file says of prices; equal to `Prices()` where it says nothing."""

    currency: str = ""
    models: Mapping[str, Mapping[str, Price]] = field(default_factory=dict)
    """By model name or pattern, and zone."""

    def of(self, model: str, zone: str) -> Price | None:
        """Return the price of a model, by the name it has in records: of its own name, else of the longest pattern.

        A pattern that stands in a record has the price that all names have for which it stands.
        """
        names = (
            name for name in (model, *self._patterns) if _covers(name, model) and zone in self.models.get(name, ())
        )
        return next((self.models[name][zone] for name in names), None)

    def name(self, model: str) -> str:
        """Return the name or the longest pattern here, but for `*`, that a model has; empty if there is none."""
        if model in self.models:
            return model
        return next((name for name in self._patterns if name != ANY and _covers(name, model)), "")

    @cached_property
    def _patterns(self) -> tuple[str, ...]:
        """The longest first."""
        return tuple(sorted((name for name in self.models if name.endswith(ANY)), key=len, reverse=True))

    def zones(self) -> frozenset[str]:
        """Return the zones in which some model has a price."""
        return frozenset(zone for zones in self.models.values() for zone in zones)

    @classmethod
    def from_plain(cls, plain: Any) -> Self:
        """Read what `dataclasses.asdict` made of prices, as an archived text holds them."""
        models = {
            name: {zone: Price(**price) for zone, price in zones.items()} for name, zones in plain["models"].items()
        }
        return cls(plain["currency"], models)


def read_prices(node: Node, zones: Iterable[str], problems: Problems) -> Prices:
    """Read `prices`; nothing where the file has none. Each zone must be one of `zones`."""
    if not node.present:
        return Prices()
    top = node.fields(problems, required=["currency", "models"])
    currency = top["currency"].text(problems, CURRENCY, "a currency's code, such as USD")
    known = tuple(zones)
    models: dict[str, dict[str, Price]] = {}
    for key, by_zone in top["models"].pairs(problems):
        name = key.text(problems, PATTERN, "a model name, 'prefix*' or '*'")
        models[name] = {
            zone.choice(problems, known, "unknown-zone"): _price(price, problems)
            for zone, price in by_zone.pairs(problems)
        }
    return Prices(currency, models)


def _price(node: Node, problems: Problems) -> Price:
    given = node.fields(problems, required=["input", "output"], optional=["cached"])
    said = {name: amount(item, DEAREST, problems) for name, item in given.items() if item.present}
    sent = said.get("input", 0)
    return Price(sent, said.get("output", 0), said.get("cached", sent))


def _covers(name: str, model: str) -> bool:
    """Whether every model that `model` stands for, a name or a pattern, has this name or is meant by this pattern."""
    return name == model or (name.endswith(ANY) and model.startswith(name[:-1]))
