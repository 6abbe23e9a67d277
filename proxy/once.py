"""Scans outside a server: what the detectors find in a text or a request, as a decision would get it.

For `ringfence policy explain` and `policy test`. The same detectors and the same counting as in the way of a request,
in this process.
"""

import functools
from typing import TYPE_CHECKING, Any

from proxy import evidence
from proxy.content.parsing import parse
from proxy.content.token_ids import NO_TOKENIZERS
from proxy.content.walk import Content
from proxy.detection.findings import Segment, Unit
from proxy.endpoints.chat import CHAT
from proxy.endpoints.served import endpoint_of
from proxy.errors import RequestRefused
from proxy.policy.labels import Scanned
from proxy.settings import Settings
from proxy.upstreams.reading import load_registry
from proxy.upstreams.registry import Registry
from proxy.upstreams.upstream import OTHER

if TYPE_CHECKING:
    from proxy.detection.analysis import Analyzer

PATH = "text"


class Scanner:
    """The detectors that the settings name, loaded by the first scan and kept for all that follow."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def scan(self, raw: bytes, *, request: bool) -> Scanned:
        """Scan; raises RequestRefused for what cannot be read, and ConfigurationError if detectors do not load."""
        body = parse(raw) if request else {}
        model = body.get("model") if request else ""
        if not isinstance(model, str):
            raise RequestRefused("'model' must be a string.", param="model")
        said = self._said(body) if request else _plain(raw)
        seen = self._analyzer.analyze(said.units)
        missing = sorted(seen.failures | {part.reason for part in said.opaque})
        return Scanned(
            evidence.scores(evidence.findings(seen, said)),
            tuple(missing),
            model,
            self._resolved(model) if model else "",
        )

    def _said(self, body: dict[str, Any]) -> Content:
        endpoint = endpoint_of(body) or CHAT
        tokenizers = self._registry.tokenizers if endpoint.ids else NO_TOKENIZERS
        return endpoint.said(body, self._settings.max_depth, tokenizers)

    @functools.cached_property
    def _registry(self) -> Registry:
        return load_registry(self._settings.upstreams)

    @functools.cached_property
    def _analyzer(self) -> "Analyzer":
        from proxy.detection.analysis import Analyzer  # noqa: PLC0415 - imports the models

        return Analyzer.of(self._settings)

    def _resolved(self, model: str) -> str:
        """Return the registered name; a model that only a running server's upstreams list stands for itself."""
        registered = self._registry.registered(model)
        return model if registered == OTHER else registered


def _plain(raw: bytes) -> Content:
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise RequestRefused("The text is not valid UTF-8.", code="invalid_utf8") from None
    return Content((Unit(PATH, "user", (Segment(PATH, "", text),)),), (), 1, 0)
