"""The channels that rules can tell of their decisions: which exist, of which kind each is, and where it leads.

Read with the same strictness as a policy. Where a channel leads may itself be a secret (a webhook's path often is
one), so no message, record or log line has more of a channel than its name.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Literal
from urllib.parse import SplitResult, urlsplit

from proxy.addresses import is_loopback
from proxy.files.diagnostics import Problems
from proxy.files.node import Node
from proxy.files.source import load

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
"""As the ids in policies, without the dot: a webhook's id ends in the name and must have none (Standard Webhooks)."""
VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]{0,63}")
SECRET = re.compile(r"whsec_[A-Za-z0-9+/]+={0,2}")
MAX_CHANNELS = 15
"""As many as one decision's record can list."""
KINDS = ("webhook", "syslog", "file")
LEAST_KEY, LONGEST_KEY = 24, 64
"""Bytes of a webhook's key, as Standard Webhooks has it."""

Transport = Literal["udp", "tcp", "tls", "unix"]
TRANSPORTS: tuple[Transport, ...] = ("udp", "tcp", "tls", "unix")


@dataclass(frozen=True, slots=True)
class Webhook:
    """An http(s) address that gets each message in a POST, signed if there is a key."""

    url: str = field(repr=False)
    key: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Syslog:
    """A receiver of syslog: a host and a port, or the path of a Unix socket."""

    transport: Transport
    host: str
    port: int = 0


@dataclass(frozen=True, slots=True)
class File:
    """A file that each message is appended to."""

    path: Path


@dataclass(frozen=True, slots=True)
class Channel:
    """Somebody who can be told, by the name that rules use."""

    name: str
    target: Webhook | Syslog | File


Channels = Mapping[str, Channel]
NO_CHANNELS: Channels = MappingProxyType({})


def load_channels(path: Path | None, environ: Mapping[str, str] | None = None) -> Channels:
    """Read a file of channels; none without one. Raises FileRefused with `file:line:col` for all that is wrong with it.

    With an environment, each key that the file names must be there and be one: nothing is sent unsigned by mistake.
    """
    if path is None:
        return NO_CHANNELS
    problems = Problems()
    node = load(path).fields(problems, required=["channels"])["channels"]
    read = [_channel(name, value, environ, problems) for name, value in node.pairs(problems)]
    if len(read) > MAX_CHANNELS:
        problems.error(node, "too-many", f"at most {MAX_CHANNELS} channels: the record of a decision lists no more")
    problems.check()
    return MappingProxyType({channel.name: channel for channel in read})


def _channel(key: Node, node: Node, environ: Mapping[str, str] | None, problems: Problems) -> Channel:
    name = key.text(problems, NAME, "a channel's name of letters, digits, '_' and '-'")
    given = node.fields(problems, optional=[*KINDS, "secret_env"])
    kinds = [kind for kind in KINDS if given[kind].present]
    if node.kind == "mapping" and len(kinds) != 1:
        problems.error(node, "not-one-kind", f"a channel is exactly one of {', '.join(KINDS)}")
    if given["secret_env"].present and kinds != ["webhook"]:
        problems.error(given["secret_env"], "unknown-key", "only a webhook is signed")
    if kinds == ["webhook"]:
        key_bytes = _key(given["secret_env"], environ, problems)
        return Channel(name, Webhook(_webhook_url(given["webhook"], problems), key_bytes))
    if kinds == ["syslog"]:
        return Channel(name, _syslog(given["syslog"], problems))
    return Channel(name, File(_absolute(given["file"], problems)))


def _key(node: Node, environ: Mapping[str, str] | None, problems: Problems) -> bytes:
    """Return the key that an environment variable holds as `whsec_` and base64; empty without an environment."""
    variable = node.text(problems, VARIABLE, "the name of an environment variable, never a secret")
    if not variable or environ is None:
        return b""
    secret = environ.get(variable, "")
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True) if SECRET.fullmatch(secret) else b""
    except binascii.Error:
        key = b""
    if not LEAST_KEY <= len(key) <= LONGEST_KEY:
        wanted = f"'whsec_' and {LEAST_KEY} to {LONGEST_KEY} random bytes in base64"
        problems.error(node, "no-secret", f"the environment variable {variable} does not hold {wanted}")
    return key


def _webhook_url(node: Node, problems: Problems) -> str:
    text = node.text(problems)
    url, host = _split(text)
    if text and (url.scheme not in {"http", "https"} or not host or url.fragment or url.username or url.password):
        message = "expected an https URL without user or fragment, such as https://host/path"
        problems.error(node, "bad-url", message)
    elif text and url.scheme == "http" and not is_loopback(host):
        problems.error(node, "plain-http", "messages would cross a network unencrypted", "use https")
    return text


def _syslog(node: Node, problems: Problems) -> Syslog:
    text = node.text(problems)
    url, host = _split(text)
    extras = url.username or url.password or url.query or url.fragment
    if url.scheme == "unix" and not url.netloc and url.path.startswith("/") and not extras:
        return Syslog("unix", url.path)
    for transport in TRANSPORTS[:3]:
        if url.scheme == transport and host and url.port and url.path in {"", "/"} and not extras:
            return Syslog(transport, host, url.port)
    if text:
        message = "expected udp://host:port, tcp://host:port, tls://host:port or unix:///path"
        problems.error(node, "bad-url", message)
    return Syslog("unix", "/dev/log")


def _absolute(node: Node, problems: Problems) -> Path:
    text = node.text(problems)
    if text and not PurePosixPath(text).is_absolute():
        problems.error(node, "bad-path", "expected a path from the root, such as /var/log/ringfence/notify.jsonl")
    return Path(text)


def _split(text: str) -> tuple[SplitResult, str]:
    """Return a URL's parts and its host; no host where it cannot be one."""
    try:
        url = urlsplit(text)
        host = url.hostname if url.port is None or url.port else None
    except ValueError:
        return SplitResult("", "", "", "", ""), ""
    return url, host or ""
