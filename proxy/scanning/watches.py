"""Begins to watch answers, each as the policy needs it."""

from typing import Literal

from proxy.detection.findings import Detector
from proxy.scanning.guard import Guard
from proxy.scanning.observer import Observer
from proxy.scanning.tally import Asked, Tally
from proxy.scanning.watch import Shared, Unwatched, Watch

Which = Literal["all", "ruled"]


class Watches:
    """What watches the answers of one server."""

    def __init__(self, detector: Detector, which: Which) -> None:
        self._shared = Shared(detector)
        self._which = which

    def begin(self, asked: Asked) -> Watch:
        """Return what watches an answer: a guard, wherever a rule could block it."""
        if asked.concerned:
            return Guard(self._shared, asked.who.team, Tally(asked))
        if self._which == "all":
            return Observer(self._shared, asked.who.team, Tally(asked))
        return Unwatched()

    def stop(self) -> None:
        """Let no record wait for a scan any longer: the server stops."""
        self._shared.stop()
