"""What every recognizer promises, whatever it finds."""

from proxy.detection.recognizers.base import Match, Recognizer


def matches(recognizer: Recognizer, text: str) -> list[Match]:
    """Return what it finds: places within the text, with scores not below those that it declares."""
    made = list(recognizer.find(text))
    assert all(match.score >= recognizer.emits[match.entity_type] for match in made)
    assert all(0 <= match.start < match.end <= len(text) for match in made)
    return made
