"""Scans outside a server: what the detectors find in a text or a request, as a decision would get it.

For `ringfence policy explain` and `policy test`. The same detectors and the same counting as in the way of a request,
in this process.
"""

import functools
from typing import TYPE_CHECKING

from proxy import content, evidence
from proxy.content import Content
from proxy.detection.findings import Segment, Unit
from proxy.errors import RequestRefused
from proxy.policy.labels import Scanned
from proxy.settings import Settings
from proxy.upstreams.registry import OTHER, load_registry

if TYPE_CHECKING:
    from proxy.detection.analysis import Analyzer

PATH = "text"


class Scanner:
    """The detectors that the settings name, loaded by the first scan and kept for all that follow."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def scan(self, raw: bytes, *, request: bool) -> Scanned:
        """Scan; raises RequestRefused for what cannot be read, and ConfigurationError if detectors do not load."""
        body = content.parse(raw) if request else {}
        said = content.read(body, self._settings.max_depth) if request else _plain(raw)
        model = body.get("model") if request else ""
        if not isinstance(model, str):
            raise RequestRefused("'model' must be a string.", param="model")
        seen = self._analyzer.analyze(said.units)
        missing = sorted(seen.failures | {part.reason for part in said.opaque})
        return Scanned(
            evidence.scores(evidence.findings(seen, said)),
            tuple(missing),
            model,
            self._resolved(model) if model else "",
        )

    @functools.cached_property
    def _analyzer(self) -> "Analyzer":
        from proxy.detection.analysis import Analyzer  # noqa: PLC0415 - imports the models

        return Analyzer.of(self._settings)

    def _resolved(self, model: str) -> str:
        """Return the registered name; a model that only a running server's upstreams list stands for itself."""
        registered = load_registry(self._settings.upstreams).registered(model)
        return model if registered == OTHER else registered


def _plain(raw: bytes) -> Content:
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise RequestRefused("The text is not valid UTF-8.", code="invalid_utf8") from None
    return Content((Unit(PATH, "user", (Segment(PATH, "", text),)),), (), 1, 0)
