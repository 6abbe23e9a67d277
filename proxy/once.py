"""One scan outside a server: what the detectors find in a text or a request, as a decision would get it.

For `ringfence policy explain`. The same detectors and the same counting as in the way of a request, in this process.
"""

from proxy import content, evidence
from proxy.content import Content
from proxy.detection.findings import Segment, Unit
from proxy.errors import RequestRefused
from proxy.policy.commands.common import Scanned
from proxy.settings import Settings
from proxy.upstreams.registry import OTHER, load_registry

PATH = "text"


def scan(settings: Settings, raw: bytes, *, request: bool) -> Scanned:
    """Scan once; raises RequestRefused for what cannot be read, ConfigurationError for detectors that do not load."""
    body = content.parse(raw) if request else {}
    said = content.read(body, settings.max_depth) if request else _plain(raw)
    model = body.get("model") if request else ""
    if not isinstance(model, str):
        raise RequestRefused("'model' must be a string.", param="model")
    from proxy.detection.analysis import Analyzer  # noqa: PLC0415 - imports the models

    seen = Analyzer.of(settings).analyze(said.units)
    missing = sorted(seen.failures | {part.reason for part in said.opaque})
    return Scanned(
        evidence.scores(evidence.findings(seen, said)),
        tuple(missing),
        model,
        _resolved(settings, model) if model else "",
    )


def _plain(raw: bytes) -> Content:
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise RequestRefused("The text is not valid UTF-8.", code="invalid_utf8") from None
    return Content((Unit(PATH, "user", (Segment(PATH, "", text),)),), (), 1, 0)


def _resolved(settings: Settings, model: str) -> str:
    """Return the registered name; a model that only a running server's upstreams list stands for itself."""
    registered = load_registry(settings.upstreams).registered(model)
    return model if registered == OTHER else registered
