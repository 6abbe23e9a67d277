"""What of OpenID Connect is configured: the provider, for whom its tokens are meant, and what they grant.

grants:
- if: {groups: ringfence-auditors, email_verified: true}
  role: auditor
  team: audit
  app: console
- if: {groups: staff}
  role: app
  team: {claim: department, among: [support, sales]}
  app: workbench
"""

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path

from proxy.addresses import is_private
from proxy.errors import ConfigurationError
from proxy.files.diagnostics import Problems
from proxy.files.node import Node
from proxy.files.source import load as read
from proxy.identity import CANARY_APP, NAME, Role
from proxy.oidc.grants import Grant, Named
from proxy.settings import Settings

CLAIM = re.compile(r"[!-~]{1,128}")
DISCOVERY = "/.well-known/openid-configuration"
NEEDED = ("oidc_issuer", "oidc_audience", "oidc_grants")
WANTED = "1 to 64 of a-z, 0-9, '.', '_', '-', starting with a letter or digit"


@dataclass(frozen=True, slots=True)
class Configuration:
    """One provider. `jwks` is where its keys are: a URL, the path of a file, or empty: it says so itself."""

    issuer: str
    audience: str
    jwks: str
    grants: tuple[Grant, ...]

    def text(self) -> bytes:
        """Return all of it in a form whose digest changes when a meaning does: JSON, keys sorted."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":")).encode()

    def sha256(self) -> str:
        """Return the digest by which the log knows it."""
        return hashlib.sha256(self.text()).hexdigest()


def load(settings: Settings) -> Configuration | None:
    """Return what is configured, or None for API keys alone; raises ConfigurationError for less than is needed."""
    given = {name: getattr(settings, name) for name in (*NEEDED, "oidc_jwks")}
    if not any(given.values()):
        return None
    missing = [name for name in NEEDED if not given[name]]
    if missing:
        raise ConfigurationError(f"Of the settings oidc_*, {' and '.join(missing)} must be given, too: see oidc.md.")
    if not is_private(given["oidc_issuer"]):
        raise ConfigurationError("setting oidc_issuer: is no https URL without a user, a query and a fragment")
    jwks = given["oidc_jwks"] or ""
    if "://" in jwks and not is_private(jwks):
        raise ConfigurationError("setting oidc_jwks: is neither an https URL without a query nor the path of a file")
    return Configuration(given["oidc_issuer"], given["oidc_audience"], jwks, load_grants(given["oidc_grants"]))


def load_grants(path: Path) -> tuple[Grant, ...]:
    """Read a file of grants; raises FileRefused with `file:line:col` for all that is wrong with it."""
    problems = Problems()
    node = read(path).fields(problems, required=["grants"])["grants"]
    grants = tuple(_grant(each, problems) for each in node.items(problems, least=1))
    problems.check()
    return grants


def _grant(node: Node, problems: Problems) -> Grant:
    given = node.fields(problems, required=["if", "role", "team", "app"])
    conditions = tuple(_condition(key, value, problems) for key, value in given["if"].pairs(problems))
    if given["if"].kind == "mapping" and not conditions:
        problems.error(
            given["if"], "too-few", "at least one claim is needed here: else every token of the provider fits"
        )
    role = given["role"].choice(problems, [role.value for role in Role]) or Role.APP.value
    team, app = _named(given["team"], problems), _named(given["app"], problems)
    if CANARY_APP in app.names:
        problems.error(given["app"], "bad-name", "this is a name that Ringfence itself uses in records")
    return Grant(conditions, Role(role), team, app)


def _condition(key: Node, value: Node, problems: Problems) -> tuple[str, str | bool]:
    name = key.text(problems, CLAIM, "the name of a claim")
    return name, value.boolean(problems) if value.kind == "boolean" else value.text(problems)


def _named(node: Node, problems: Problems) -> Named:
    if node.kind != "mapping":
        return Named((node.text(problems, NAME, WANTED),))
    given = node.fields(problems, required=["claim", "among"])
    names = tuple(each.text(problems, NAME, WANTED) for each in given["among"].items(problems, least=1))
    return Named(names, given["claim"].text(problems, CLAIM, "the name of a claim"))
