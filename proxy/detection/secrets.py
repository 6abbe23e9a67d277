"""Secrets by Kingfisher (MongoDB, Apache-2.0), in process: 488 rules, no network, no validation of what is found.

Its rules are made for files: many ask for a quote, a space or a line's end behind a token, and some take any hash
beside a vendor's name. So a text is scanned a second time with its punctuation as spaces, and a bare hash or id counts
only below a name that speaks of a secret.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from proxy.detection.recognizers.base import Match
from proxy.detection.recognizers.credentials.tokens import genuine
from proxy.detection.recognizers.credentials.uris import is_default
from proxy.detection.recognizers.credentials.values import parts, refers, stands_in

# First match wins; a rule that none of these names is an API key of some vendor.
_CLOUD = (
    "aws",
    "gcp",
    "google-oauth",
    "azure",
    "alibaba",
    "digitalocean",
    "yandex-aws",
    "ibm-cloud",
    "oci",
    "scaleway",
    "exoscale",
    "heroku",
    "codecommit",
    "codecatalyst",
    "hcpclient",
)
_TYPES: tuple[tuple[tuple[str, ...], str], ...] = (
    (("private-key", "age-secret-key", "polymarket-private-key"), "PRIVATE_KEY"),
    (("jwt",), "JWT"),
    (("connection-string", "credential-uri", "mongodb-conn"), "CONNECTION_STRING"),
    (("password", "curl-auth-user", "bitbucketcredentials"), "PASSWORD"),
    (_CLOUD, "CLOUD_CREDENTIAL"),
    (("kubernetes-secret", "curl-auth-header", "session-cookie", "sensitive-url"), "GENERIC_SECRET"),
)
_PUBLIC = (
    "adobe-client-id",
    "asana-client-id",
    "bitbucket-client-id",
    "discord-client-id",
    "finicity-client-id",
    "linkedin-client-id",
    "lob-pub-api-key",
    "looker-client-id",
    "mailgun-pub-key",
    "flutterwave-public-key",
    "messagebird-client-id",
    "plaid-client-id",
    "posthog-project-api-key",
    "sendbird-access-id",
    "sumologic-access-id",
    "mapbox-api-token",
    "octopus-deploy-api-key",
    "kubernetes-secret-yaml",
)
"""Rules for what vendors publish or show in addresses, and one that takes any data of a manifest."""
SCORES = {"high": 0.95, "medium": 0.85, "low": 0.6}
UNNAMED = 0.5
"""The score of a bare hash or id directly behind a vendor's name."""
EMITS = dict.fromkeys(
    ("PRIVATE_KEY", "CLOUD_CREDENTIAL", "API_KEY", "PASSWORD", "CONNECTION_STRING", "JWT", "GENERIC_SECRET"), UNNAMED
)
_SOFT = bytes.maketrans(b",)<>&|]}*", b"         ")
_BARE = re.compile(r"[0-9a-f-]{16,128}|[a-z0-9]{14,64}|[A-Za-z0-9]{16,64}")
_LABEL = re.compile(r"([\w.-]{1,64}(?: [\w.-]{1,40}){0,2})\]?[\s'\"`]{0,3}(?:=|>|:|\||\?|,|\s)[\s'\"`=>]{0,6}$")
_SPOKEN = "api apikey key token secret auth password passwd pat credential credentials access sid authtoken accesstoken"
_OTHERS = (
    "id ids uuid hash sha sha1 sha256 md5 digest commit trace span etag version checksum build image release index ref"
)
_SPEAKS, _ELSE = frozenset(_SPOKEN.split()), frozenset(_OTHERS.split())


def entity_type(rule_id: str) -> str:
    """Map a rule of Kingfisher to one of our entity types."""
    name = _short(rule_id)
    for words, mapped in _TYPES:
        if any(word in name for word in words):
            return mapped
    return "API_KEY"


def _short(rule_id: str) -> str:
    return rule_id.rpartition("/")[2].removeprefix("betterleaks.")


class SecretScanner:
    """Kingfisher's scanner, compiled once a process; the compiled rules are cached in a directory of our own."""

    def __init__(self, cache_dir: Path | None) -> None:
        from kingfisher_sdk import Rules, Scanner, __version__  # noqa: PLC0415

        if cache_dir is not None:
            cache_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        rules = Rules(cache=cache_dir is not None, cache_dir=cache_dir)
        self._scanner = Scanner(rules, base64=False)  # the views have decoded it, and more than one layer
        self._types: dict[str, str] = {}
        self.version = f"kingfisher {__version__} ({len(rules)} rules)"

    def find(self, text: str) -> Iterator[Match]:
        """Yield secrets. Offsets come in bytes of UTF-8 and are turned into characters."""
        data = text.encode("utf-8", "surrogatepass")
        soft = data.translate(_SOFT).replace(b". ", b"  ").replace(b".\n", b" \n")
        seen: set[tuple[int, int, str]] = set()
        for scanned in (data, soft):
            for found in self._scanner.scan(scanned):
                slot = (found.location["start_offset"], found.location["end_offset"], found.rule_id)
                if found.visible and slot not in seen:
                    seen.add(slot)
                    yield from self._match(text, data, found)

    def _match(self, text: str, data: bytes, found: Any) -> Iterator[Match]:
        name = _short(found.rule_id)
        start, end = found.location["start_offset"], found.location["end_offset"]
        if len(data) != len(text):
            start, end = (len(data[:offset].decode("utf-8", "replace")) for offset in (start, end))
        score = SCORES.get(found.confidence, 0.85)
        kind = self._types.setdefault(found.rule_id, entity_type(found.rule_id))
        if name in _PUBLIC or not _credible(kind, found.secret, text[max(0, start - 200) : start]):
            return
        if _BARE.fullmatch(found.secret):
            score = min(score, weigh(text[max(0, start - 160) : start]))
        if score:
            yield Match(kind, start, end, score, found.secret)


def _credible(kind: str, secret: str, before: str) -> bool:
    """Whether a secret is none of the placeholders and samples that documentation prints."""
    if kind == "PRIVATE_KEY":
        return True
    if kind == "CONNECTION_STRING":
        user = before.rpartition("//")[2].partition(":")[0]
        return not (stands_in(secret) or refers(secret) or is_default(user, secret)) or "://" in secret
    return not stands_in(secret) and (kind == "PASSWORD" or genuine(secret))


def weigh(before: str) -> float:
    """Return the score of a bare hash or id by the name that it stands behind: 0 when that names something else."""
    label = _LABEL.search(before)
    if label is None:
        return UNNAMED
    its = parts(label[1])
    if _SPEAKS.intersection(its) and its[-1] not in _ELSE:
        return 0.85
    return UNNAMED if len(its) == 1 and not _ELSE.intersection(its) else 0.0
