"""Own recognizers: one idea a file, pure functions over normalised text, no model."""

from proxy.detection.recognizers import cards
from proxy.detection.recognizers.base import Match, Recognizer

RECOGNIZERS: tuple[Recognizer, ...] = (cards.RECOGNIZER,)

__all__ = ["RECOGNIZERS", "Match", "Recognizer"]
