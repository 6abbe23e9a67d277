"""The vocabulary of policy files: the keys of every mapping, and what may stand under each.

The one table: parsers read by its keys, and `schema` hands it to editors. What a single value cannot tell (names that
must exist, ids that are taken, dates that have passed) is for the parsers and `lint` alone.
"""

import re
from collections.abc import Mapping

from proxy.policy.keys import Keys, Schema, choice, listed, named, only_with, score, text, where, whole
from proxy.policy.labels import BUILT_IN
from proxy.policy.model import Outcome, Trust
from proxy.policy.modes import Direction, Mode

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
POTS = ("team", "app", "key")
"""Who may have a budget each."""
MAX_MONTHLY = 10**9 - 1
ANSWERED = (Outcome.ALLOW.value, Outcome.BLOCK.value)
"""How an answer is decided."""
LOGS = ("summary", "full")

FUTURE: Mapping[str, str] = {
    "redact": "masking before sending",
    "mask": "masking before sending",
}
"""Vocabulary that may come later and must not be mistaken for something that already protects."""


def _zones(about: str, least: int = 0) -> Schema:
    return listed(about, text("", WORD), least)


def _patterns(about: str) -> Schema:
    return listed(about, text("An exact name, `prefix*` or `*`.", PATTERN), 1)


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
        "endpoints": listed("Calls of these endpoints, by name or `prefix*`.", _ENDPOINT, 1),
        "models": _patterns("Calls of these models, as asked for or as resolved."),
    },
)
_WHO = WHO.schema("Who calls: every list that is given must match. Everyone if absent.")
_WHAT = WHAT.schema("What is called: every list that is given must match. Every call if absent.")

LOCAL_FIRST = Keys(
    {
        "confidence": {
            "description": "At this confidence or above, from 0 to 1; 0 measures none.",
            "type": "number", "minimum": 0, "maximum": 1,
        }
    },
    {"min_characters": whole("With so many characters or more; 1 if absent.", MAX_SAMPLE)},
)  # fmt: skip
GRANT = Keys(
    {
        "id": text("Its name in records and messages.", ID),
        "zones": _zones("Where such calls may go, the preferred first.", 1),
    },
    {
        "who": _WHO,
        "what": _WHAT,
        "store": {
            "description": "Whether vendors' zones of these may keep state: stored responses, conversations.",
            "type": "boolean",
        },
        "local_first": LOCAL_FIRST.schema("Own zones come first, and their answers to chats stand:"),
    },
)
ONLY = Keys({"only": _zones("The zones that are left.", 1)})
CONDITION = Keys(
    {"class": text("The class of data that a request carries.", WORD)},
    {
        "min_count": whole("So many distinct values or more; 1 if absent.", MAX_COUNT),
        "min_score": score("Values at this score or above; the floor of the class if absent."),
    },
)
RULE = Keys(
    {
        "id": text("Its name in records, exceptions and messages.", ID),
        "then": {
            "description": "Takes away every zone (block), the vendors' (pin), or all but those listed (only). "
            "An answer can only be blocked.",
            "anyOf": [{"enum": list(EFFECTS)}, ONLY.schema()],
        },
        "because": text("The reason, shown to callers, auditors and `policy explain`."),
    },
    {
        "who": _WHO,
        "what": _WHAT,
        "if": CONDITION.schema("Which requests; every one if absent."),
        "log": choice("full adds entity types and JSON paths to the record, never text.", LOGS),
        "notify": listed("Channels that are told when it matches.", text("", ID), 1),
        "mode": choice("shadow: recorded with what it would have done, never applied.", Mode),
        "until": text("In shadow mode: the day by which somebody decides, as YYYY-MM-DD.", DAY),
        "direction": choice(
            "What it is about: requests, also if absent, or answers, which it can only block.", Direction
        ),
        "from": _zones("Of a rule on answers: the zones that they come from; every zone if absent.", 1),
    },
    {
        "dependentSchemas": {
            **only_with("until", "mode", Mode.SHADOW),
            **only_with("from", "direction", Direction.ANSWER),
        },
        **where(
            "direction",
            {"enum": [Direction.ANSWER.value]},
            {"required": ["if"], "properties": {"then": {"enum": list(ON_ANSWERS)}}},
        ),
    },
)
BUDGET = Keys(
    {
        "id": text("Its name in records, tests and messages.", ID),
        "zones": _zones("Where answers count for it, at the prices of the file of upstreams.", 1),
        "monthly": {
            "description": "What may be spent there in a calendar month (UTC), in the currency of the prices.",
            "type": "number", "minimum": 0, "maximum": MAX_MONTHLY,
        },
        "then": choice("What is struck when it is used up: the vendors' zones (pin), or its own (block).", EFFECTS),
        "because": text("The reason, shown to callers, auditors and `policy explain`."),
    },
    {
        "who": _WHO,
        "per": choice("Who has so much each; all callers together if absent.", POTS),
    },
)  # fmt: skip
CLAIM = Keys(
    {
        "never": text("A class of data that must not reach", WORD),
        "in": _zones("these zones, whatever rules and exceptions say.", 1),
    }
)
GIVEN = Keys(
    {},
    {
        "team": text("Who calls; one that no file names if absent.", NAME),
        "app": text("With which app.", NAME),
        "key": text("With which key.", NAME),
        "endpoint": choice("Which endpoint; chat if absent.", sorted(ENDPOINTS)),
        "model": text("The model as asked for.", NAME),
        "resolved": text("The registered model that it is; the same if absent.", NAME),
        "findings": named(
            "Entity type: the score of each distinct value.",
            ENTITY,
            listed("", {"type": "number", "minimum": 0, "maximum": 1}, 1, distinct=False),
        ),
        "text": {
            "description": "Instead of findings: what the detectors read, in one line or many; run with `--detect`.",
            "type": "string", "minLength": 1, "maxLength": MAX_SAMPLE,
        },
        "request": {
            "description": "Instead of findings: the whole body of a chat request; run with `--detect`.",
            "type": "object",
            "properties": {
                "model": text("The model as asked for.", NAME),
                "messages": listed("The conversation.", {"type": "object"}, 1, distinct=False),
            },
            "required": ["model", "messages"],
        },
        "from": text("The zone that an answer came from, of which the test is then; of a request if absent.", WORD),
        "budgets": listed("The budgets that are used up; none if absent.", text("", ID), 1),
        "on": text("The day, as YYYY-MM-DD; no exception is live if absent.", DAY),
    },
    {
        "dependentSchemas": {
            "findings": {"properties": {"text": False, "request": False}},
            "text": {"properties": {"request": False}},
            "model": {"properties": {"request": False}},
            "from": {"properties": {"request": False, "budgets": False}},
        }
    },
)  # fmt: skip
EXPECT = Keys(
    {
        "decision": choice(
            "A vendor's zone (allow), an own one only (pin), or none (block); an answer's: allow, block.", Outcome
        )
    },
    {
        "zone": text("The zone that is used.", WORD),
        "rules": listed("All rules that match.", text("", ID)),
        "ceilings": listed("All classes whose ceiling strikes.", text("", ID)),
        "stores": listed("All vendors' zones that may keep state.", text("", ID)),
    },
)
TEST = Keys(
    {
        "name": text("What it is about, as a sentence."),
        "given": GIVEN.schema("A call, and what was found in it, or what has to be scanned."),
        "expect": EXPECT.schema("How it must be decided."),
    },
    beyond=where(
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
        "policy": text("The policy's name.", ID),
        "version": whole("Counts its changes.", MAX_VERSION),
        "owner": text("Who answers for it.", PERSON),
    },
    {
        "grants": listed("Who may call what, and where it may go.", GRANT.schema(), distinct=False),
        "rules": listed("What takes zones away; all that match apply, in no order.", RULE.schema(), distinct=False),
        "budgets": listed("What may be spent in zones in a month.", BUDGET.schema(), distinct=False),
        "claims": listed("What must hold for every request; proved before loading.", CLAIM.schema(), distinct=False),
        "tests": listed("Requests with the decision that they must get.", TEST.schema(), distinct=False),
    },
)
TESTS = Keys({"tests": listed("Requests with the decision that they must get.", TEST.schema(), 1, distinct=False)})

CALLERS = Keys(
    {},
    {name: listed("Exact names.", text("", NAME), 1) for name in ("teams", "apps", "keys")},
    {"minProperties": 1},
)
EXCEPTION = Keys(
    {
        "id": text("Its name in records.", ID),
        "waives": text("The one rule that it waives.", ID),
        "for": CALLERS.schema("Callers by exact names; every list that is given must match."),
        "until": text("Its last day as YYYY-MM-DD, at most 90 days away.", DAY),
        "owner": text("Who asked for it.", PERSON),
        "approved_by": text("Who approved it: somebody else.", PERSON),
        "ticket": text("Where it was discussed.", PERSON),
        "because": text("The reason."),
    }
)
EXCEPTIONS = Keys(
    {"exceptions": listed("Each waives one rule, never a ceiling or a grant.", EXCEPTION.schema(), distinct=False)}
)

ZONE = Keys(
    {"trust": choice("own: the company runs it; vendor: somebody else does.", Trust)},
    {
        "region": text("Where it is.", WORD),
        "agreements": listed("The agreements that are signed.", text("", WORD)),
        "networks": listed(
            "Of an own zone: where its upstreams' addresses lie.", text("A network in CIDR form."), 1, distinct=False
        ),
    },
    {"dependentSchemas": only_with("networks", "trust", Trust.OWN)},
)
_CEILING = {"ceiling": _zones("The zones that it may reach at most, whatever rules say.")}
BUILT_IN_CLASS = Keys(_CEILING)
CLASS = Keys(
    _CEILING,
    {
        "entities": listed("The detectors' types that make it.", text("", ENTITY), 1),
        "or_all_of": listed("Classes that make it when all are in one request.", text("", WORD), 2),
        "floor": score("Values below this score do not count."),
    },
    {
        "anyOf": [{"required": ["entities"]}, {"required": ["or_all_of"]}],
        "dependentRequired": {"entities": ["floor"], "floor": ["entities"]},
    },
)
TAXONOMY = Keys(
    {
        "taxonomy": text("The taxonomy's name.", ID),
        "version": whole("Counts its changes.", MAX_VERSION),
        "zones": named("Where requests can go; every upstream stands in one.", WORD, ZONE.schema()),
        "classes": named(
            "Kinds of data, and where each may go at most.",
            WORD,
            CLASS.schema(),
            {name: BUILT_IN_CLASS.schema("Built in; only its ceiling is chosen.") for name in sorted(BUILT_IN)},
        ),
    },
    {"ignore": named("Detectors' types that belong to no class, each with the reason.", ENTITY, text(""))},
)

FILES: Mapping[str, Keys] = {"taxonomy": TAXONOMY, "policy": POLICY, "exceptions": EXCEPTIONS, "tests": TESTS}
"""The kinds of file, by the key that tells them apart; `tests` does so alone, as a policy has such a key, too."""
