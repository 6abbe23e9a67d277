"""Secrets by Kingfisher (MongoDB, Apache-2.0), in process: 488 rules, no network, no validation of what is found."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from proxy.detection.recognizers.base import Match

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
SCORES = {"high": 0.95, "medium": 0.85, "low": 0.6}
EMITS = dict.fromkeys(
    ("PRIVATE_KEY", "CLOUD_CREDENTIAL", "API_KEY", "PASSWORD", "CONNECTION_STRING", "JWT", "GENERIC_SECRET"), 0.6
)


def entity_type(rule_id: str) -> str:
    """Map a rule of Kingfisher to one of our entity types."""
    name = rule_id.rpartition("/")[2].removeprefix("betterleaks.")
    for parts, mapped in _TYPES:
        if any(part in name for part in parts):
            return mapped
    return "API_KEY"


class SecretScanner:
    """Kingfisher's scanner, compiled once a process; the compiled rules are cached in a directory of our own."""

    def __init__(self, cache_dir: Path | None) -> None:
        from kingfisher_sdk import Rules, Scanner, __version__  # noqa: PLC0415

        if cache_dir is not None:
            cache_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        rules = Rules(cache=cache_dir is not None, cache_dir=cache_dir)
        self._scanner = Scanner(rules)
        self._types: dict[str, str] = {}
        self.version = f"kingfisher {__version__} ({len(rules)} rules)"

    def find(self, text: str) -> Iterator[Match]:
        """Yield secrets. Offsets come in bytes of UTF-8 and are turned into characters."""
        data = text.encode("utf-8", "surrogatepass")
        ascii_only = len(data) == len(text)
        for found in self._scanner.scan(data):
            if not found.visible:
                continue
            place: Any = found.location
            start, end = place["start_offset"], place["end_offset"]
            if not ascii_only:
                start, end = (len(data[:offset].decode("utf-8", "replace")) for offset in (start, end))
            rule = found.rule_id
            kind = self._types.setdefault(rule, entity_type(rule))
            yield Match(kind, start, end, SCORES.get(found.confidence, 0.85), found.secret)
