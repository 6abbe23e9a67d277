"""Made-up bundles as large as a company's, from a seed: the same arguments always give the same files.

Zones of several regions, teams in families that prefixes tell apart, the shipped classes (derived ones included), rules
for teams, apps, endpoints and models with counts and scores, some in shadow, and exceptions from a few of them. What a
rule takes away is drawn as companies write it: mostly `pin`, sometimes `only`, seldom `block`.
"""

import datetime as dt
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from proxy.policy.decide import decide
from proxy.policy.exceptions import NEVER_LIVE
from proxy.policy.lint import Surroundings
from proxy.policy.load import Checked, check_files
from proxy.policy.model import Call, Identity
from proxy.policy.policy import Policy

TODAY = dt.date(2026, 6, 1)
FAMILIES = ("eu-sales", "us-sales", "care", "claims", "platform", "research", "legal", "finance")
APPS = ("chatbot", "crm", "coder", "survey-coder", "search", "mail-triage", "etl", "notebook")
MODELS = ("gpt-5", "gpt-5-mini", "o3", "claude-opus", "claude-haiku", "mistral-large", "qwen3", "local-model")
MODEL_PATTERNS = (*MODELS, "gpt-*", "gpt-5*", "claude-*", "text-*")
ENDPOINTS = ("chat", "responses", "embeddings", "completions")
REGIONS = ("eu", "us", "uk", "ch", "in", "jp")
PER_FILE = 25
ALWAYS = 0.05
"""The share of rules without a condition: where some teams work at all."""

_SHIPPED = Path(__file__).resolve().parents[2] / "policies" / "taxonomy.yaml"
_CLASSES = _SHIPPED.read_text(encoding="utf-8").partition("\nclasses:")[2]


@dataclass(frozen=True, slots=True)
class Size:
    """How large a bundle is, and from which seed it is drawn."""

    rules: int
    teams: int = 50
    zones: int = 20
    seed: int = 1


def teams(count: int) -> list[str]:
    """Return the names of teams, in families."""
    return [f"{FAMILIES[n % len(FAMILIES)]}-{n // len(FAMILIES) + 1}" for n in range(count)]


def own_zones(count: int) -> list[str]:
    """Return the names of the zones that the company runs: a fifth of all, and one at least."""
    return ["onprem", *(f"onprem-{n}" for n in range(2, max(1, count // 5) + 1))]


def vendor_zones(count: int) -> list[str]:
    """Return the names of the vendors' zones; those of the shipped taxonomy come first."""
    return ["cloud-eu", "cloud-us", *(f"cloud-{REGIONS[n % len(REGIONS)]}-{n}" for n in range(2, count))][
        : count - len(own_zones(count))
    ]


def files(size: Size) -> dict[str, bytes]:
    """Return the files of a bundle, each rule and claim in them as its author would write it."""
    pick = random.Random(size.seed)
    rules = [_rule(pick, number, size) for number in range(size.rules)]
    texts = {"taxonomy.yaml": _taxonomy(size), "grants.yaml": _grants(pick, size), "exceptions.yaml": "exceptions:"}
    for start in range(0, size.rules, PER_FILE):
        head = f"policy: pack-{start // PER_FILE}\nversion: 1\nowner: security@company.example\nrules:\n"
        texts[f"pack-{start // PER_FILE:02}.yaml"] = head + "".join(rules[start : start + PER_FILE])
    waived = pick.sample(range(size.rules), max(1, size.rules // 25))
    texts["exceptions.yaml"] += "".join(["\n", *(_exception(pick, number, size) for number in sorted(waived))])
    return {name: text.encode() for name, text in texts.items()}


def with_tests(data: Mapping[str, bytes], count: int, seed: int = 1) -> dict[str, bytes]:
    """Add a file of inline tests, which expect what is decided."""
    policy = loaded(data)
    made = []
    for number, (who, call, findings) in enumerate(requests(count, seed, most=6)):
        scores = ", ".join(f"{kind}: [{', '.join(f'{s / 20:.2f}' for s in found)}]" for kind, found in findings.items())
        given = f"team: {who.team}, app: {who.app}, endpoint: {call.endpoint}, model: {call.model}"
        outcome = _decided(policy, who, call, findings)
        case = f"given: {{{given}, findings: {{{scores}}}}}, expect: {{decision: {outcome}}}"
        made.append(f"  - {{name: case {number}, {case}}}\n")
    head = "policy: cases\nversion: 1\nowner: security@company.example\ntests:\n"
    return {**data, "cases.yaml": (head + "".join(made)).encode()}


def checked(data: Mapping[str, bytes]) -> Checked:
    """Load such files as a server does: lint, tests and claims."""
    return check_files(data, Surroundings(TODAY))


def loaded(data: Mapping[str, bytes]) -> Policy:
    """Return a policy that decides; raises when the files are not a bundle."""
    result = checked(data)
    if result.bundle is None:
        raise ValueError([str(found) for found in result.diagnostics])
    return Policy.of(result.bundle, {})


def requests(count: int, seed: int = 1, *, most: int = 10) -> Iterator[tuple[Identity, Call, dict[str, list[int]]]]:
    """Yield requests with up to so many distinct values, spread over some types."""
    pick = random.Random(seed)
    for _ in range(count):
        who = Identity(pick.choice([*teams(50), "newcomers"]), pick.choice([*APPS, "other"]), f"ak_{pick.randrange(9)}")
        model = pick.choice(MODELS)
        yield who, Call(pick.choice(ENDPOINTS), model, model), found(pick, pick.randint(0, most))


TYPES = (
    "PERSON", "EMAIL_ADDRESS", "PHONE_NUMBER", "US_SSN", "MEDICAL_CONDITION", "MEDICATION", "CREDIT_CARD", "API_KEY",
    "LOCATION", "ORGANIZATION", "IP_ADDRESS", "NRP",
)  # fmt: skip


def found(pick: random.Random, values: int) -> dict[str, list[int]]:
    """Return so many distinct values, over up to six types, with scores as detectors give them."""
    chosen = pick.sample(TYPES, min(6, values))
    scores: dict[str, list[int]] = {name: [] for name in chosen}
    for number in range(values):
        scores[chosen[number % len(chosen)]].append(pick.randint(8, 20))
    return scores


def _decided(policy: Policy, who: Identity, call: Call, findings: Mapping[str, Sequence[int]]) -> str:
    return decide(policy, who, call, findings, NEVER_LIVE).outcome.value


def _taxonomy(size: Size) -> str:
    zones = [f"  {name}: {{trust: own}}\n" for name in own_zones(size.zones)]
    zones += [
        f"  {name}: {{trust: vendor, region: {name.split('-')[1]}, agreements: [dpa]}}\n"
        for name in vendor_zones(size.zones)
    ]
    own, every = ", ".join(own_zones(size.zones)), ", ".join([*own_zones(size.zones), *vendor_zones(size.zones)])
    classes = _CLASSES.replace("[onprem, cloud-eu, cloud-us]", f"[{every}]").replace("[onprem]", f"[{own}]")
    return f"taxonomy: company\nversion: 1\nzones:\n{''.join(zones)}classes:{classes}"


HOME = (
    "pii", "government-id", "phi", "special-category", "cardholder", "secret", "private-key", "cloud-credential",
    "unscanned", "uncovered",
)  # fmt: skip
"""Classes of the shipped taxonomy that no vendor may get."""
ABROAD = ("health", "trait", "device", "context")


def _grants(pick: random.Random, size: Size) -> str:
    vendors, own = vendor_zones(size.zones), own_zones(size.zones)
    lines = [f"  - {{id: everyone, zones: [{', '.join([*vendors[:2], *own])}]}}\n"]
    for n, family in enumerate(FAMILIES):
        zones = ", ".join([*pick.sample(vendors, min(5, len(vendors))), *own])
        lines.append(f"  - {{id: family-{n}, who: {{teams: ['{family}-*']}}, zones: [{zones}]}}\n")
    claims = [f"  - {{never: {name}, in: [{', '.join(vendors)}]}}\n" for name in HOME]
    head = "policy: grants\nversion: 1\nowner: security@company.example\ngrants:\n"
    return f"{head}{''.join(lines)}claims:\n{''.join(claims)}"


def _rule(pick: random.Random, number: int, size: Size) -> str:
    always = pick.random() < ALWAYS
    parts = [f"id: r{number:03}", f"who: {_some_teams(pick, size) if always else _who(pick, size)}"]
    parts += [f"what: {_what(pick)}"] + ([] if always else [f"if: {_condition(pick)}"])
    then = _only(pick, size) if always else pick.choices(["pin", _only(pick, size), "block"], [6, 3, 1])[0]
    shadow = ", mode: shadow, until: 2026-07-01" if pick.random() < 0.05 else ""
    log = pick.choice(["", "", ", log: full", ", notify: [security-oncall]"])
    return f"  - {{{', '.join(parts)}, then: {then}, because: 'reason {number} (C1.1)'{shadow}{log}}}\n"


def _only(pick: random.Random, size: Size) -> str:
    regions = pick.sample(vendor_zones(size.zones), min(3, len(vendor_zones(size.zones))) - 1)
    return f"{{only: [{', '.join([*own_zones(size.zones), *regions])}]}}"


def _some_teams(pick: random.Random, size: Size) -> str:
    return f"{{teams: [{', '.join(pick.sample(teams(size.teams), min(3, size.teams)))}]}}"


def _who(pick: random.Random, size: Size) -> str:
    family, app = f"{{teams: ['{pick.choice(FAMILIES)}-*']}}", f"{{apps: [{pick.choice(APPS)}]}}"
    some = _some_teams(pick, size)
    return pick.choices(["{}", family, app, some, some.replace("teams", "not_teams")], [1, 4, 4, 8, 1])[0]


def _what(pick: random.Random) -> str:
    endpoints, models = pick.choice(ENDPOINTS), pick.choice(MODEL_PATTERNS)
    return pick.choice(["{}", "{}", "{}", f"{{endpoints: [{endpoints}]}}", f"{{models: ['{models}']}}"])


def _condition(pick: random.Random) -> str:
    name = pick.choice([*HOME, *ABROAD])
    most = 1 if name == "special-category" else pick.choice([1, 1, 1, 5, 10, 20, 50])
    score = "" if name.startswith("un") else pick.choice(["", "", f", min_score: {pick.randint(8, 18) / 20:.2f}"])
    return f"{{class: {name}, min_count: {most}{score}}}"


def _exception(pick: random.Random, number: int, size: Size) -> str:
    until = TODAY + dt.timedelta(pick.randint(1, 80))
    who = pick.choice([f"apps: [{pick.choice(APPS)}]", f"teams: [{pick.choice(teams(size.teams))}]"])
    return (
        f"  - {{id: EX-{number:03}, waives: r{number:03}, for: {{{who}}}, until: {until}, owner: lead@company.example, "
        f"approved_by: ciso@company.example, ticket: SEC-{number}, because: reason {number}}}\n"
    )
