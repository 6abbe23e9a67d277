"""Who may use the system and read its log, who gave and reviewed that, and who did read it."""

from collections import Counter, defaultdict
from typing import Any

from audit.evidence.facts import Facts
from audit.evidence.fold import Fold
from audit.evidence.tables import NONE, Body, Key, Row, Rows, add, at, by, counted, given, listed, tabled
from audit.evidence.times import day
from audit.records.times import full

DENIED = ("n_401", "n_403", "n_404")
STATES = ("active", "revoked", "expired")


class Access(Fold):
    """Keys and their roles, reviews, denials, reads and exports."""

    name = "access"

    def __init__(self, facts: Facts) -> None:
        super().__init__(facts)
        self.inside = {
            "access.denied": self._denied,
            "audit.read": self._read,
            "audit.verified": self._verified,
        }
        self.until = {
            "access.granted": self._granted,
            "access.revoked": self._revoked,
            "access.reviewed": self._reviewed,
            "audit.exported": self._exported,
            "config.changed": self._changed,
        }
        self._keys: dict[str, Row] = {}
        self._reviews, self._exports, self._changes = Rows(), Rows(), Rows()
        self._denials: dict[Key, list[int]] = defaultdict(lambda: [0] * len(DENIED))
        self._reads: dict[Key, list[int]] = defaultdict(lambda: [0, 0])
        self._grades: Counter[Key] = Counter()

    def document(self, end: str) -> dict[str, Any]:
        """Return the list of keys as they are at the end, and what was done."""
        keys = [{**self._keys[name], "state": _state(self._keys[name], end)} for name in sorted(self._keys)]
        roles: dict[Key, list[int]] = defaultdict(lambda: [0] * len(STATES))
        for key in keys:
            roles[key["role"],][STATES.index(key["state"])] += 1
        return {
            "keys": listed(keys),
            "roles": tabled(roles, ["role"], STATES),
            "reviews": self._reviews.listed(),
            "denied": tabled(self._denials, ["day"], DENIED),
            "reads": listed(tabled(self._reads, ["day", "actor", "what"], ["reads", "rows"])),
            "exports": self._exports.listed(),
            "verified": listed(counted(self._grades, "day", "grade")),
            "changes": self._changes.listed(),
        }

    def _key(self, body: Body) -> Row:
        key = body["key"]
        return self._keys.setdefault(key["id"], dict(key))

    def _granted(self, seq: int, body: Body) -> None:
        self._key(body).setdefault("granted", {**at(seq, body), **by(body)})

    def _revoked(self, seq: int, body: Body) -> None:
        self._key(body).setdefault("revoked", {**at(seq, body), **by(body)})

    def _reviewed(self, seq: int, body: Body) -> None:
        said = given(body, "reviewer", "keys", "active", "sha256", "ticket")
        self._reviews.append({**at(seq, body), **by(body), **said})

    def _exported(self, seq: int, body: Body) -> None:
        said = given(body, "from_seq", "to_seq", "rows", "sha256", "request")
        self._exports.append({**at(seq, body), **by(body), "form": body.get("form", NONE), **said})

    def _changed(self, seq: int, body: Body) -> None:
        self._changes.append({**at(seq, body), **by(body), **given(body, "settings", "sha256")})

    def _denied(self, _: int, body: Body) -> None:
        row = self._denials[day(body["ts"]),]
        row[:] = map(add, row, (body[name] for name in DENIED))

    def _read(self, _: int, body: Body) -> None:
        what = body.get("what", "record" if "record" in body else "records")
        row = self._reads[day(body["ts"]), body["actor"]["id"], what]
        row[:] = map(add, row, (1, body["rows"]))

    def _verified(self, _: int, body: Body) -> None:
        self._grades[day(body["ts"]), body["grade"]] += 1


def _state(key: Row, end: str) -> str:
    if "revoked" in key:
        return "revoked"
    return "expired" if "expires" in key and full(key["expires"]) <= end else "active"
