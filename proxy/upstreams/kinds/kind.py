"""What is particular to one kind of model server, and what a server says of itself when it is asked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from proxy.upstreams.profile import UNKNOWN, Profile
from proxy.upstreams.translation import Translation
from proxy.upstreams.upstream import OPENAI, Upstream

Body = dict[str, Any]
MAX_LISTED = 1000
"""Model names that one upstream can add; more would be a fault, and each is a policy decision in `/v1/models`."""


class Prober(Protocol):
    """Asks a server constant questions, which hold nothing of anybody's content; raises UpstreamError."""

    async def probe(self, path: str, model: str = "") -> Any:
        """Return the JSON at a path. With a model that is configured or listed, it is asked for by POST."""

    async def read(self, path: str) -> str:
        """Return the text at a path; empty where the answer is, as of many health checks."""


@dataclass(frozen=True, slots=True)
class Observation:
    """What a server said of itself. Everything here is a word of ours, a number, or a checked model name."""

    models: tuple[str, ...] = ()
    """Those it lists, unchecked: the registry leaves out what is no name."""
    profiles: Mapping[str, Profile] = field(default_factory=dict)
    depth: int | None = None
    """Requests that it works on or that wait there, whoever sent them; None where it does not say."""
    warnings: tuple[str, ...] = ()
    """For `ringfence upstreams check`: what is wrong or unsafe with it, each with what to do."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """Parameters of a request that this kind of server does not obey, by their names in the API."""

    reported: tuple[str, ...] = ()
    """Without them the answer is still one to this request: the caller is told."""
    needed: tuple[str, ...] = ()
    """Without them it is not: such a request is not sent here."""


class Kind:
    """A kind of model server. This one speaks the OpenAI API and nothing else is known of it."""

    name = "openai"
    endpoints: tuple[str, ...] = OPENAI
    """What it is asked for where the file of upstreams does not say."""
    base_url = ""
    """Where it listens unless the file says otherwise; empty where there is no usual place."""
    key_variable = ""
    """The environment variable that its own tools read a key from."""
    cuts: tuple[str, ...] = ()
    """Endpoints at which it drops the beginning of too long a prompt, and answers as if nothing had happened."""
    least_context = 0
    """Tokens that a model has there at least, if nobody said how many; 0 where that is not known either."""
    profile = UNKNOWN
    """What all models on such servers can or cannot do."""

    def headers(self, key: str) -> dict[str, str]:
        """Return the headers that go with each request to it."""
        return {"authorization": f"Bearer {key}"} if key else {}

    async def observe(self, ask: Prober, upstream: Upstream) -> Observation:  # noqa: ARG002 - of use to other kinds
        """Ask what it serves and how it does; raises UpstreamError where it does not answer."""
        return Observation(listed(await ask.probe("/models")))

    async def check(self, ask: Prober, model: str) -> None:
        """Raise NotSent unless an own server would answer with this model, itself. Asked before each request."""

    def dropped(self, endpoint: str, body: Body) -> Dropped:  # noqa: ARG002 - of use to other kinds
        """Say which parameters of a request it would not obey."""
        return Dropped()

    def refused(self, body: Body) -> str | None:  # noqa: ARG002 - the same
        """Name a field that would make it do something that nobody decided about, such as asking other servers."""
        return None

    def written(self, endpoint: str, path: str, body: Body, salt: str) -> tuple[str, Body]:  # noqa: ARG002 - the same
        """Return the path and the body as this kind of server takes them, from those of the OpenAI API.

        A path that begins with `/api/` stands beside that API, any other below it. What is malformed is not mended.
        `salt` is a word for the caller's team that nobody else knows: for caches that must not be shared.
        """
        return path, body

    def translation(self, upstream: Upstream, endpoint: str, body: Body) -> Translation | None:  # noqa: ARG002 - the same
        """Return what makes its answer to a request those of the OpenAI API; None where it is.

        `body` is the request's as the API has it: what stands in an answer is for some of it to say.
        """
        return None


def listed(answer: Any) -> tuple[str, ...]:
    """Return the ids in what `/v1/models` answered; tolerates any shape."""
    rows = answer.get("data") if isinstance(answer, dict) else None
    names = [row.get("id") for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    return tuple([name for name in names if isinstance(name, str)][:MAX_LISTED])
