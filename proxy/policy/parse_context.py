"""What the readers of policy files share: where problems go, and the names that must exist in some other file."""

from dataclasses import dataclass, field
from typing import Literal

from proxy.files.diagnostics import Place, Problems
from proxy.files.node import Node
from proxy.policy.model import (
    NOWHERE,
    Budget,
    Claim,
    DataClass,
    Grant,
    InlineTest,
    PolicyException,
    Rule,
    Zone,
)


@dataclass(frozen=True, slots=True)
class Reference:
    """A name that must exist elsewhere, where it is used; `user` is the class that lists an entity type."""

    kind: Literal["zone", "class", "entity", "ignored", "rule", "channel", "budget"]
    name: str
    where: Place
    user: str = ""


@dataclass(slots=True)
class Context:
    """Collects while one file is read."""

    problems: Problems
    references: list[Reference] = field(default_factory=list)

    def refer(
        self,
        kind: Literal["zone", "class", "entity", "ignored", "rule", "channel", "budget"],
        node: Node,
        user: str = "",
    ) -> None:
        """Note that this name, or each name of this list, must exist."""
        for item in node.members or (node,):
            if item.kind == "text":
                self.references.append(Reference(kind, item.raw, item.place, user))


@dataclass(slots=True)
class Parts:
    """What one file contributes to the bundle."""

    kind: str = ""
    where: Place = NOWHERE
    id: tuple[str, int] = ("", 0)
    owner: str = ""
    zones: list[Zone] = field(default_factory=list)
    classes: list[DataClass] = field(default_factory=list)
    ignored: list[tuple[str, str]] = field(default_factory=list)
    grants: list[Grant] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    answers: list[Rule] = field(default_factory=list)
    budgets: list[Budget] = field(default_factory=list)
    exceptions: list[PolicyException] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    tests: list[InlineTest] = field(default_factory=list)
