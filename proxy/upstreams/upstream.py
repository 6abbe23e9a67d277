"""One model server of the organisation or of a vendor, as the file of upstreams describes it."""

import functools
import hashlib
import ipaddress
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from proxy.files.node import Node
from proxy.files.source import at_once
from proxy.upstreams.errors import NotSent
from proxy.upstreams.tls import Tls

OPENAI = ("chat", "completions", "embeddings", "responses")
ENDPOINTS = (*OPENAI, "messages")
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
MODEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@-]{0,126}")
PATTERN = re.compile(r"\*|[A-Za-z0-9][A-Za-z0-9._:/@-]{0,125}\*?")
VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]{0,63}")
KEY = re.compile(r"[!-~]{1,8192}")
"""What can stand in a header and is no space."""
MAX_KEY_BYTES = 16 * 1024
KEPT = 1024
"""Of what is computed of a base URL."""
ONLINE = ("search", "research", "@preset")
"""Words of models that send parts of a prompt on to a search engine, or that somebody set up at an aggregator (search,
models and all): no pattern serves them, only their full name."""
STORES_CHATS = "api.openai.com"
"""Keeps chats of new accounts unless told not to (its guide "Migrate to the Responses API"); so do its regions' hosts.
Others keep none by themselves, and some, such as Gemini, refuse a request that says anything of it."""
OTHER = "other"
"""Stands in records for every name that is not configured or registered."""

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Upstream:
    """One model server, in exactly one zone. `networks` empty means any address (a vendor's)."""

    id: str
    kind: str
    zone: str
    base_url: str
    api_key_env: str = ""
    models: tuple[str, ...] = ()
    default_model: str = ""
    region: str = ""
    allow_http: bool = False
    endpoints: tuple[str, ...] = OPENAI
    """What it is asked for, by the names that policies use."""
    api_key_file: str = ""
    """Where its key stands if the environment has none."""
    tls: Tls | None = None
    connect_s: int = 0
    """Seconds to connect, and between two reads; 0 is what the settings say."""
    read_s: int = 0
    weight: int = 1
    """Its share of the requests, beside those of the others that could answer."""
    max_in_flight: int = 0
    """Requests that it is sent at once; 0 is any number. More wait."""
    max_queue: int = 100
    queue_s: int = 10
    """How many wait for it, and how many seconds each, before another upstream or a 503."""
    drain: bool = False
    """Whether it only finishes what it has begun."""
    vendor: bool = True
    networks: tuple[Network, ...] = ()
    where: Node | None = field(default=None, compare=False, repr=False)
    """The zone's name in the file, for what is said of it."""

    def __hash__(self) -> int:
        """Be found fast: equal ones are alike in these, and others hardly ever."""
        return hash((self.id, self.zone, self.base_url))

    def api_key(self) -> str:
        """Read the upstream's key, from the environment or else from its file; empty where neither has one.

        It is in no other file and no record. Raises NotSent where there is something that cannot be a key, or a file
        that cannot be read: without its key, a prompt would be sent for nothing.
        """
        key = os.environ.get(self.api_key_env, "").strip() if self.api_key_env else ""
        if not key and self.api_key_file:
            key = _from_file(Path(self.api_key_file))
        if key and not KEY.fullmatch(key):
            raise NotSent("key_unusable")
        return key

    @property
    def lists_models(self) -> bool:
        """Whether it serves whatever its own `/v1/models` lists."""
        return "*" in self.models

    @property
    def server(self) -> tuple[str, ...]:
        """What makes it the same server as before, whatever else the file now says of it."""
        return self.id, self.kind, self.zone, self.base_url, "*" * self.lists_models

    @property
    def stores_chats(self) -> bool:
        """Whether it keeps chats unless it is told not to."""
        return _stands_below(self.base_url, STORES_CHATS)

    @property
    def endpoint_sha256(self) -> str:
        """Digest of the base URL, as it stands in records."""
        return _sha256(self.base_url)


def matches(pattern: str, model: str) -> bool:
    """Whether a model has this name, or a name that this pattern stands for."""
    if not pattern.endswith("*"):
        return model == pattern
    rest = model.removeprefix(pattern[:-1])
    if rest == model or MODEL.fullmatch(model) is None:
        return False
    # A colon begins a routing suffix at aggregators, such as `:online`; a pattern that wants one says so.
    return not any(word in rest for word in ONLINE) and (":" not in rest or ":" in pattern)


@functools.lru_cache(maxsize=KEPT)
def _stands_below(base_url: str, domain: str) -> bool:
    host = (urlsplit(base_url).hostname or "").rstrip(".")
    return f".{host}".endswith(f".{domain}")


@functools.lru_cache(maxsize=KEPT)
def _sha256(base_url: str) -> str:
    return hashlib.sha256(base_url.encode()).hexdigest()


def _from_file(path: Path) -> str:
    try:
        with open(path, "rb", opener=at_once) as stream:
            return stream.read(MAX_KEY_BYTES).decode("ascii").strip()
    except FileNotFoundError:
        return ""
    except (OSError, ValueError):
        raise NotSent("key_unusable") from None
