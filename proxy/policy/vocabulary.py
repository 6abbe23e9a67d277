"""The vocabulary of policy files: the keys of every mapping, and what may stand under each.

The one table: parsers read by its keys, and `schema` hands it to editors. What a single value cannot tell (names that
must exist, ids that are taken, dates that have passed) is for the parsers and `lint` alone.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from proxy.files.node import MAX_TEXT
from proxy.policy.labels import BUILT_IN, STEPS
from proxy.policy.model import Direction, Mode, Outcome, Trust

ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
WORD = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
ENTITY = re.compile(r"[A-Z][A-Z0-9_]{0,63}")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@-]{0,127}")
PATTERN = re.compile(r"\*|[A-Za-z0-9][A-Za-z0-9._:/@-]{0,126}\*?")
PERSON = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,127}")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
MAX_COUNT = 1_000_000
MAX_VERSION = 10**9 - 1
MAX_SAMPLE = 20_000
"""Characters of a text that a test gives a detector, and of each string of a request."""

ENDPOINTS = frozenset({"chat", "completions", "embeddings", "messages", "responses"})
"""Endpoints that a policy can name; a dry run is decided as the endpoint it stands for."""
EFFECTS = ("block", "pin")
"""What a rule does, beside `only`."""
ON_ANSWERS = ("block",)
"""What a rule on answers does: where they come from, what they carry has been."""
ANSWERED = (Outcome.ALLOW.value, Outcome.BLOCK.value)
"""How an answer is decided."""
LOGS = ("summary", "full")

FUTURE: Mapping[str, str] = {
    "redact": "masking before sending",
    "mask": "masking before sending",
    "budget": "budgets",
    "local_first": "trying an own model first",
    "escalate": "trying an own model first",
}
"""Vocabulary that may come later and must not be mistaken for something that already protects."""

Schema = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Keys:
    """A closed set of keys, each with the JSON Schema of its value; `beyond` holds what several keys have to do."""

    required: Mapping[str, Schema]
    optional: Mapping[str, Schema] = field(default_factory=dict)
    beyond: Schema = field(default_factory=dict)

    def schema(self, about: str = "") -> Schema:
        """Return the JSON Schema of such a mapping."""
        described = {"description": about} if about else {}
        listed = {"required": list(self.required)} if self.required else {}
        properties = {**self.required, **self.optional}
        return {
            **described, "type": "object", "properties": properties, **listed, **self.beyond,
            "additionalProperties": False,
        }  # fmt: skip


def _text(about: str, pattern: re.Pattern[str] | None = None) -> Schema:
    said = {"description": about} if about else {}
    if pattern is None:
        return {**said, "type": "string", "minLength": 1, "maxLength": MAX_TEXT}
    return {**said, "type": "string", "pattern": f"^(?:{pattern.pattern})$"}


def _choice(about: str, words: Iterable[str]) -> Schema:
    return {"description": about, "enum": [str(word) for word in words]}


def _whole(about: str, high: int) -> Schema:
    return {"description": about, "type": "integer", "minimum": 1, "maximum": high}


def _list(about: str, items: Schema, least: int = 0, *, distinct: bool = True) -> Schema:
    return {
        "description": about, "type": "array", "items": items,
        **({"minItems": least} if least else {}), **({"uniqueItems": True} if distinct else {}),
    }  # fmt: skip


def _named(about: str, pattern: re.Pattern[str], values: Schema, known: Mapping[str, Schema] | None = None) -> Schema:
    return {
        "description": about, "type": "object", "propertyNames": _text("", pattern),
        **({"properties": dict(known)} if known else {}), "additionalProperties": values,
    }  # fmt: skip


def _score(about: str) -> Schema:
    return {"description": about, "enum": [step / STEPS for step in range(1, STEPS + 1)]}


def _only_with(key: str, other: str, word: str) -> Schema:
    return {key: {"required": [other], "properties": {other: {"enum": [str(word)]}}}}


def _where(key: str, means: Schema, then: Schema) -> Schema:
    return {"if": {"required": [key], "properties": {key: means}}, "then": then}


def _zones(about: str, least: int = 0) -> Schema:
    return _list(about, _text("", WORD), least)


def _patterns(about: str) -> Schema:
    return _list(about, _text("An exact name, `prefix*` or `*`.", PATTERN), 1)


_ENDPOINT: Schema = {"anyOf": [{"enum": sorted(ENDPOINTS)}, {"type": "string", "pattern": r"^[a-z]*\*$"}]}

WHO = Keys(
    {},
    {
        "teams": _patterns("Callers of these teams."),
        "apps": _patterns("Callers with these apps."),
        "keys": _patterns("Callers with these keys."),
        "not_teams": _patterns("Callers of any team but these."),
    },
)
WHAT = Keys(
    {},
    {
        "endpoints": _list("Calls of these endpoints, by name or `prefix*`.", _ENDPOINT, 1),
        "models": _patterns("Calls of these models, as asked for or as resolved."),
    },
)
_WHO = WHO.schema("Who calls: every list that is given must match. Everyone if absent.")
_WHAT = WHAT.schema("What is called: every list that is given must match. Every call if absent.")

GRANT = Keys(
    {
        "id": _text("Its name in records and messages.", ID),
        "zones": _zones("Where such calls may go, the preferred first.", 1),
    },
    {
        "who": _WHO,
        "what": _WHAT,
        "store": {
            "description": "Whether vendors' zones of these may keep state: stored responses, conversations.",
            "type": "boolean",
        },
    },
)
ONLY = Keys({"only": _zones("The zones that are left.", 1)})
CONDITION = Keys(
    {"class": _text("The class of data that a request carries.", WORD)},
    {
        "min_count": _whole("So many distinct values or more; 1 if absent.", MAX_COUNT),
        "min_score": _score("Values at this score or above; the floor of the class if absent."),
    },
)
RULE = Keys(
    {
        "id": _text("Its name in records, exceptions and messages.", ID),
        "then": {
            "description": "Takes away every zone (block), the vendors' (pin), or all but those listed (only). "
            "An answer can only be blocked.",
            "anyOf": [{"enum": list(EFFECTS)}, ONLY.schema()],
        },
        "because": _text("The reason, shown to callers, auditors and `policy explain`."),
    },
    {
        "who": _WHO,
        "what": _WHAT,
        "if": CONDITION.schema("Which requests; every one if absent."),
        "log": _choice("full adds entity types and JSON paths to the record, never text.", LOGS),
        "notify": _list("Channels that are told when it matches.", _text("", ID), 1),
        "mode": _choice("shadow: recorded with what it would have done, never applied.", Mode),
        "until": _text("In shadow mode: the day by which somebody decides, as YYYY-MM-DD.", DAY),
        "direction": _choice(
            "What it is about: requests, also if absent, or answers, which it can only block.", Direction
        ),
        "from": _zones("Of a rule on answers: the zones that they come from; every zone if absent.", 1),
    },
    {
        "dependentSchemas": {
            **_only_with("until", "mode", Mode.SHADOW),
            **_only_with("from", "direction", Direction.ANSWER),
        },
        **_where(
            "direction",
            {"enum": [Direction.ANSWER.value]},
            {"required": ["if"], "properties": {"then": {"enum": list(ON_ANSWERS)}}},
        ),
    },
)
CLAIM = Keys(
    {
        "never": _text("A class of data that must not reach", WORD),
        "in": _zones("these zones, whatever rules and exceptions say.", 1),
    }
)
GIVEN = Keys(
    {},
    {
        "team": _text("Who calls; one that no file names if absent.", NAME),
        "app": _text("With which app.", NAME),
        "key": _text("With which key.", NAME),
        "endpoint": _choice("Which endpoint; chat if absent.", sorted(ENDPOINTS)),
        "model": _text("The model as asked for.", NAME),
        "resolved": _text("The registered model that it is; the same if absent.", NAME),
        "findings": _named(
            "Entity type: the score of each distinct value.",
            ENTITY,
            _list("", {"type": "number", "minimum": 0, "maximum": 1}, 1, distinct=False),
        ),
        "text": {
            "description": "Instead of findings: what the detectors read, in one line or many; run with `--detect`.",
            "type": "string", "minLength": 1, "maxLength": MAX_SAMPLE,
        },
        "request": {
            "description": "Instead of findings: the whole body of a chat request; run with `--detect`.",
            "type": "object",
            "properties": {
                "model": _text("The model as asked for.", NAME),
                "messages": _list("The conversation.", {"type": "object"}, 1, distinct=False),
            },
            "required": ["model", "messages"],
        },
        "from": _text("The zone that an answer came from, of which the test is then; of a request if absent.", WORD),
        "on": _text("The day, as YYYY-MM-DD; no exception is live if absent.", DAY),
    },
    {
        "dependentSchemas": {
            "findings": {"properties": {"text": False, "request": False}},
            "text": {"properties": {"request": False}},
            "model": {"properties": {"request": False}},
            "from": {"properties": {"request": False}},
        }
    },
)  # fmt: skip
EXPECT = Keys(
    {
        "decision": _choice(
            "A vendor's zone (allow), an own one only (pin), or none (block); an answer's: allow, block.", Outcome
        )
    },
    {
        "zone": _text("The zone that is used.", WORD),
        "rules": _list("All rules that match.", _text("", ID)),
        "ceilings": _list("All classes whose ceiling strikes.", _text("", ID)),
        "stores": _list("All vendors' zones that may keep state.", _text("", ID)),
    },
)
TEST = Keys(
    {
        "name": _text("What it is about, as a sentence."),
        "given": GIVEN.schema("A call, and what was found in it, or what has to be scanned."),
        "expect": EXPECT.schema("How it must be decided."),
    },
    beyond=_where(
        "given",
        {"required": ["from"]},
        {
            "properties": {
                "expect": {
                    "properties": {
                        "decision": {"enum": list(ANSWERED)},
                        "zone": False,
                        "ceilings": False,
                        "stores": False,
                    }
                }
            }
        },
    ),
)
POLICY = Keys(
    {
        "policy": _text("The policy's name.", ID),
        "version": _whole("Counts its changes.", MAX_VERSION),
        "owner": _text("Who answers for it.", PERSON),
    },
    {
        "grants": _list("Who may call what, and where it may go.", GRANT.schema(), distinct=False),
        "rules": _list("What takes zones away; all that match apply, in no order.", RULE.schema(), distinct=False),
        "claims": _list("What must hold for every request; proved before loading.", CLAIM.schema(), distinct=False),
        "tests": _list("Requests with the decision that they must get.", TEST.schema(), distinct=False),
    },
)
TESTS = Keys({"tests": _list("Requests with the decision that they must get.", TEST.schema(), 1, distinct=False)})

CALLERS = Keys(
    {},
    {name: _list("Exact names.", _text("", NAME), 1) for name in ("teams", "apps", "keys")},
    {"minProperties": 1},
)
EXCEPTION = Keys(
    {
        "id": _text("Its name in records.", ID),
        "waives": _text("The one rule that it waives.", ID),
        "for": CALLERS.schema("Callers by exact names; every list that is given must match."),
        "until": _text("Its last day as YYYY-MM-DD, at most 90 days away.", DAY),
        "owner": _text("Who asked for it.", PERSON),
        "approved_by": _text("Who approved it: somebody else.", PERSON),
        "ticket": _text("Where it was discussed.", PERSON),
        "because": _text("The reason."),
    }
)
EXCEPTIONS = Keys(
    {"exceptions": _list("Each waives one rule, never a ceiling or a grant.", EXCEPTION.schema(), distinct=False)}
)

ZONE = Keys(
    {"trust": _choice("own: the company runs it; vendor: somebody else does.", Trust)},
    {
        "region": _text("Where it is.", WORD),
        "agreements": _list("The agreements that are signed.", _text("", WORD)),
        "networks": _list(
            "Of an own zone: where its upstreams' addresses lie.", _text("A network in CIDR form."), 1, distinct=False
        ),
    },
    {"dependentSchemas": _only_with("networks", "trust", Trust.OWN)},
)
_CEILING = {"ceiling": _zones("The zones that it may reach at most, whatever rules say.")}
BUILT_IN_CLASS = Keys(_CEILING)
CLASS = Keys(
    _CEILING,
    {
        "entities": _list("The detectors' types that make it.", _text("", ENTITY), 1),
        "or_all_of": _list("Classes that make it when all are in one request.", _text("", WORD), 2),
        "floor": _score("Values below this score do not count."),
    },
    {
        "anyOf": [{"required": ["entities"]}, {"required": ["or_all_of"]}],
        "dependentRequired": {"entities": ["floor"], "floor": ["entities"]},
    },
)
TAXONOMY = Keys(
    {
        "taxonomy": _text("The taxonomy's name.", ID),
        "version": _whole("Counts its changes.", MAX_VERSION),
        "zones": _named("Where requests can go; every upstream stands in one.", WORD, ZONE.schema()),
        "classes": _named(
            "Kinds of data, and where each may go at most.",
            WORD,
            CLASS.schema(),
            {name: BUILT_IN_CLASS.schema("Built in; only its ceiling is chosen.") for name in sorted(BUILT_IN)},
        ),
    },
    {"ignore": _named("Detectors' types that belong to no class, each with the reason.", ENTITY, _text(""))},
)

FILES: Mapping[str, Keys] = {"taxonomy": TAXONOMY, "policy": POLICY, "exceptions": EXCEPTIONS, "tests": TESTS}
"""The kinds of file, by the key that tells them apart; `tests` does so alone, as a policy has such a key, too."""
