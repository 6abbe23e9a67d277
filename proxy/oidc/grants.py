"""What a token's claims make of its bearer: the first grant that fits says role, team and app. Without one: nothing.

A claim's words enter no record: team and app are names that the file of grants lists.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from proxy.identity import Role

Claims = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Named:
    """A name that a grant gives: always the same, or the one among several that a claim says."""

    names: tuple[str, ...]
    claim: str = ""
    """Without one, there is one name."""

    def of(self, claims: Claims) -> str | None:
        """Return the name, or None where the claim says none of them."""
        if not self.claim:
            return self.names[0]
        said = claim(claims, self.claim)
        return said if isinstance(said, str) and said in self.names else None


@dataclass(frozen=True, slots=True)
class Grant:
    """One entry of the file. Each of its conditions has to hold: a claim is this, or a list in which it is."""

    conditions: tuple[tuple[str, str | bool], ...]
    role: Role
    team: Named
    app: Named


@dataclass(frozen=True, slots=True)
class Granted:
    """What a bearer is."""

    role: Role
    team: str
    app: str


def granted(claims: Claims, grants: Sequence[Grant]) -> Granted | None:
    """Return what the first grant that fits gives, or None."""
    for grant in grants:
        if all(_holds(claim(claims, name), wanted) for name, wanted in grant.conditions):
            team, app = grant.team.of(claims), grant.app.of(claims)
            if team is not None and app is not None:
                return Granted(grant.role, team, app)
    return None


def claim(claims: Claims, name: str) -> Any:
    """Return a claim by its name, which may have dots, or else by a path with dots into objects; None without it."""
    if name in claims:
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _holds(said: Any, wanted: str | bool) -> bool:
    """Whether a claim says what is wanted: `true` and "true" differ, as do 1 and true."""
    listed = said if isinstance(said, list) else [said]
    return any(type(one) is type(wanted) and one == wanted for one in listed)
