"""A starting set of policy files for a company: the shipped ones with its own zones, teams and packs put in.

The shipped files stay the one source of rules, reasons and comments. Where they name a zone or, in a test, a team, the
company's stands instead; who may use what is written anew. This is done line by line so that every comment survives,
and rests on how the shipped files are laid out: whoever keeps the result has to check it as the loader would.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import takewhile

from proxy.policy.wanted import OWN, OWNER, PACKS, Pack, VendorZone, Wanted

UNION, VENDORS = "cloud-eu", ("cloud-us", "cloud-eu")
"""The zones that the shipped files name beside the own one: that of the European Union, and all vendors'."""
UNION_TEAMS, UNION_RULE = "eu-", "eu-teams-stay-in-the-eu"
"""Teams of the Union by the prefix of their names, and the rule about them."""
ELSEWHERE = "another team does not have to"
"""The name of the test that this rule is not about other teams."""
NOT_GRANTED = ("cloud", "vendor")
"""What a vendor zone is called where none is wanted; the second if the own zone has the first name."""

_ZONES = re.compile(r"\b(ceiling|in|only): \[([a-z0-9, -]+)\]")
_ZONE = re.compile(r"\bzone: ([a-z0-9-]+)")
_NAMES = re.compile(r"\b(rules|ceilings): \[([a-z0-9, -]*)\]")
_TEAM = re.compile(r"\bteam: ([a-z-]+)")
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9._@+/-]*")
_AT_HOME = (
    ("goes to the preferred vendor zone", "is answered at home, too"),
    ("may leave", "would be answered at home, too"),
    ("uses the Union's zone", "stays at home"),
)
"""What the names of shipped tests say about a request that leaves, and what they say if it cannot."""


FILES = ("taxonomy.yaml", "exceptions.yaml", *(f"{pack}.yaml" for pack in PACKS))
"""The shipped files that it takes, whichever packs are wanted: the claims of the others hold all the same."""


def starting_set(wanted: Wanted, shipped: Mapping[str, str]) -> dict[str, str]:
    """Return the files of a starting set by name, made from the text of the shipped ones."""
    return _Writer(wanted, shipped).files()


class _Writer:
    """Puts one company's zones, teams and packs into the shipped files."""

    def __init__(self, wanted: Wanted, shipped: Mapping[str, str]) -> None:
        self.wanted = wanted
        self.shipped = shipped
        self.granted = [vendor.name for vendor in wanted.vendors]
        self.vendors = self.granted or [next(name for name in NOT_GRANTED if name != wanted.own)]
        self.union = [vendor.name for vendor in wanted.vendors if vendor.in_union]
        self.union_rule = Pack.GDPR in wanted.packs and self.union != self.vendors
        ids = (re.findall(r"^  - id: (\S+)$", self._pack(pack), re.MULTILINE) for pack in wanted.packs)
        self.rules = {name for found in ids for name in found}
        elsewhere = [team for team in wanted.teams if not team.startswith(UNION_TEAMS)]
        self.sample = next(iter([*elsewhere, *wanted.teams]), "")
        """The team that tests ask for; none: any that they name may use vendors."""

    def files(self) -> dict[str, str]:
        comments = takewhile(lambda line: line.startswith("#"), self.shipped["exceptions.yaml"].splitlines())
        return {
            "taxonomy.yaml": self._taxonomy(),
            "access.yaml": self._access(),
            **{f"{pack}.yaml": "".join(self._tested(self._pack(pack))) for pack in self.wanted.packs},
            "exceptions.yaml": "\n".join([*comments, "exceptions: []\n"]),
        }

    def _taxonomy(self) -> str:
        text = self.shipped["taxonomy.yaml"]
        lines = [
            "zones:",
            "  # Where own models run: their servers must answer from loopback or a private network; `networks: [...]`",
            "  # names others. deploy/upstreams.example.yaml shows how a server is put into a zone.",
            f"  {_scalar(self.wanted.own)}: {{trust: own}}",
        ]
        if self.wanted.vendors:
            lines += [
                "  # Vendors. List the agreements that you really signed: the name of one you lack protects nothing.",
                *map(_declared, self.wanted.vendors),
            ]
        else:
            lines += [
                "  # No grant opens this zone, so everything stays home; the claims say what no vendor may ever get.",
                "  # To use one, name the zone, add its region and agreements, and list it in a grant of access.yaml.",
                f"  {self.vendors[0]}: {{trust: vendor}}",
            ]
        block = "\n".join([*lines, ""])
        return self._zoned(re.sub(r"^zones:\n(?: .*\n)+", lambda _: block, text, count=1, flags=re.MULTILINE))

    def _access(self) -> str:
        teams = f"[{', '.join(map(_scalar, self.wanted.teams))}]"
        grant = [
            '    what: {endpoints: ["*"], models: ["*"]}   # narrow this to what is used, as in models: ["gpt-5*"]',
            f"    zones: [{', '.join(map(_scalar, [*self.granted, self.wanted.own]))}]   # in order of preference",
        ]
        lines = [
            "# yaml-language-server: $schema=schema.json",
            "# Who may use which models. Without a grant there is no call; rules only ever take away, in any order.",
            "# Edit this file, the zones and ceilings of taxonomy.yaml, and the owner of each file; then let",
            "# `ringfence policy lint`, `test` and `verify` look at it, and `diff HEAD` say what a change opens.",
            "policy: access",
            "version: 1",
            f"owner: {_scalar(self.wanted.owner)}",
            "",
            "grants:",
            "  # Callers by the names that their keys were made with: `ringfence key create --team NAME --app NAME`.",
        ]
        if self.wanted.teams:
            own = f"    zones: [{_scalar(self.wanted.own)}]"
            lines += ["  - id: teams-with-vendors", f"    who: {{teams: {teams}}}", *grant]
            lines += ["  - id: all-others", f"    who: {{not_teams: {teams}}}", grant[0], own]
        else:
            lines += ["  - id: everyone", '    who: {teams: ["*"]}', *grant]
        return "\n".join([*lines, *self._claims(), *self._tests(), ""])

    def _claims(self) -> Iterator[str]:
        """Yield the claims of the packs that were not taken: the ceilings of the taxonomy keep them all the same."""
        left = [pack for pack in PACKS if pack not in self.wanted.packs]
        found = [claim for pack in left for claim in re.findall(r"^  - \{never: .*\n", self._pack(pack), re.MULTILINE)]
        if found:
            yield ""
            yield "# Proved for every caller, call and request each time the files are loaded. Ceilings keep these."
            yield "claims:"
            yield from (self._zoned(claim).rstrip("\n") for claim in found)

    def _tests(self) -> Iterator[str]:
        team = self.sample or "support"
        outcome, zone = self._landing(team)
        leaves = "goes to the preferred vendor zone" if outcome == "allow" else "is answered at home"
        rules = f"[{UNION_RULE}]" if self._held(team) else "[]"
        yield ""
        yield "# What you mean, said by example; a change that breaks one of these is not loaded."
        yield "tests:"
        yield f"  - name: a harmless request {leaves}"
        yield f"    given: {{team: {_scalar(team)}, endpoint: chat, model: gpt-5-mini}}"
        yield f"    expect: {{decision: {outcome}, zone: {_scalar(zone)}, rules: {rules}, ceilings: []}}"
        if self.wanted.teams:
            yield "  - name: a team that is not named above uses own models only"
            yield f"    given: {{team: {_scalar(self._other())}, endpoint: chat, model: gpt-5-mini}}"
            yield f"    expect: {{decision: pin, zone: {_scalar(self.wanted.own)}, rules: [], ceilings: []}}"

    def _other(self) -> str:
        """Return a team that no grant names."""
        name = "another-team"
        while name in self.wanted.teams:
            name += "-still"
        return name

    def _pack(self, pack: str) -> str:
        """Return a pack without grants, which stand in a file of their own, and without a rule that cannot matter."""
        text = self.shipped[f"{pack}.yaml"]
        text = re.sub(r"^grants:\n(?:.+\n)+\n", "", text, flags=re.MULTILINE)
        text = text.replace("# Who may call what, and the baseline", "# The baseline")
        if self.wanted.owner != OWNER:
            text = re.sub(r"^owner: .*$", f"owner: {_scalar(self.wanted.owner)}", text, flags=re.MULTILINE)
        if not self.union_rule:
            reason = "  # All vendor zones lie in the European Union, so no rule has to keep its teams there.\n\n"
            text = re.sub(rf"^  - id: {UNION_RULE}\n(?:.+\n)+\n", reason, text, flags=re.MULTILINE)
        return text

    def _tested(self, text: str) -> Iterator[str]:
        """Yield a pack, with what its tests expect of this company's zones and teams."""
        head, mark, tests = self._zoned(text).partition("\ntests:\n")
        yield head + mark
        for block in re.split(r"(?m)^(?=  - name: )", tests):
            yield self._test(block)

    def _test(self, block: str) -> str:
        """Put a team into a test, and what is decided for it; empty for a test of what does not exist here."""
        found = _TEAM.search(block)
        team = self._team(found[1] if found else "")
        about_union = UNION_RULE in block or ELSEWHERE in block
        if about_union and (not self.union_rule or (ELSEWHERE in block and self._held(team))):
            return ""
        outcome, zone = self._landing(team)
        block = _TEAM.sub(f"team: {_scalar(team)}", block, count=1)
        block = _NAMES.sub(lambda match: self._expected(match[1], match[2], team), block)
        if outcome != "allow" and "decision: allow" in block:
            for leaves, stays in _AT_HOME:
                block = block.replace(leaves, stays)
            block = block.replace("decision: allow", "decision: pin")
        return _ZONE.sub(lambda at: f"zone: {_scalar(self.wanted.own if at[1] == OWN else zone)}", block)

    def _team(self, shipped: str) -> str:
        """Return the team that stands for one of a shipped test: one like it that may use vendors, if there is any."""
        if not shipped.startswith(UNION_TEAMS):
            return self.sample or shipped
        return next((team for team in self.wanted.teams if team.startswith(UNION_TEAMS)), shipped)

    def _expected(self, key: str, names: str, team: str) -> str:
        listed = {name for name in names.split(", ") if name}
        if key == "rules":
            listed = (listed & self.rules) | ({UNION_RULE} if self._held(team) else set())
        elif not self.granted:
            listed = set()  # a ceiling that strikes nothing granted is none that decided
        return f"{key}: [{', '.join(sorted(listed))}]"

    def _held(self, team: str) -> bool:
        """Whether a team is one that the rule about the Union is about."""
        return self.union_rule and team.startswith(UNION_TEAMS)

    def _landing(self, team: str) -> tuple[str, str]:
        """Return what is decided about a harmless request of a team, and its zone."""
        zones = self.granted if not self.wanted.teams or team in self.wanted.teams else []
        zones = [zone for zone in zones if zone in self.union] if self._held(team) else zones
        return ("allow", zones[0]) if zones else ("pin", self.wanted.own)

    def _zoned(self, text: str) -> str:
        """Put this company's zones into every list of zones."""
        return _ZONES.sub(lambda match: f"{match[1]}: [{', '.join(map(_scalar, self._zones(match[2])))}]", text)

    def _zones(self, shipped: str) -> list[str]:
        names = shipped.split(", ")
        vendors = self.vendors if set(VENDORS) <= set(names) else self.union if UNION in names else []
        return [self.wanted.own, *vendors] if OWN in names else vendors


def _declared(vendor: VendorZone) -> str:
    region = f", region: {_scalar(vendor.region)}" if vendor.region else ""
    agreements = f", agreements: [{', '.join(map(_scalar, vendor.agreements))}]" if vendor.agreements else ""
    return f"  {_scalar(vendor.name)}: {{trust: vendor{region}{agreements}}}"


def _scalar(name: str) -> str:
    """Write a name so that YAML reads it as text."""
    plain = _PLAIN.fullmatch(name) and name.lower() not in {"null", "true", "false"}
    return name if plain else f'"{name}"'


def upstreams(wanted: Wanted) -> str:
    """Return an upstream file for these zones: an own server to begin with, and one to fill in for each vendor zone."""
    own = _scalar(wanted.own)
    lines = [
        "# Where models are. Every upstream stands in exactly one zone of taxonomy.yaml.",
        "# kind: openai (any OpenAI-compatible server, llama.cpp too) | vllm | ollama | lmstudio",
        "# Keys are named by an environment variable, never written here. Plain http is for loopback only, unless",
        "# `allow_http: true`. Ollama is own only with OLLAMA_NO_CLOUD=1: it can forward to its vendor otherwise.",
        "upstreams:",
        "  # default_model answers instead of a vendor's model that was asked for.",
        f'  - {{name: local, kind: ollama, zone: {own}, base_url: "http://127.0.0.1:11434/v1", models: ["*"],',
        '     default_model: "llama3.2:latest"}',
    ]
    for number, vendor in enumerate(wanted.vendors, start=1):
        zone = _scalar(vendor.name)
        lines += [
            f"  # Nothing can reach {vendor.name} until its server stands here:",
            f"  # - {{name: vendor-{number}, kind: openai, zone: {zone}, base_url: https://api.vendor.example/v1,",
            '  #    api_key_env: VENDOR_API_KEY, models: ["gpt-5*"]}',
        ]
    return "\n".join([*lines, ""])
