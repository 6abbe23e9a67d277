"""A text as all finders of credentials share it: in lower case as well, and with the names of secrets in it."""

from functools import cached_property

from proxy.detection.recognizers.credentials import names

_LOWER = {ord(upper): ord(upper) + 32 for upper in "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÜÉÈÀÑÓÅ"}


class Reading:
    """One text. What several finders need is made once, and only when one asks for it."""

    def __init__(self, text: str) -> None:
        self.text = text
        low = text.lower()
        self.low = low if len(low) == len(text) else text.translate(_LOWER)

    @cached_property
    def names(self) -> list[names.Name]:
        """The names of secrets, in order."""
        return list(names.find(self.text, self.low)) if self.has(*names.STEMS) else []

    def has(self, *words: str) -> bool:
        """Whether one of some lower-case words is there at all: the gate before a pattern that needs it."""
        low = self.low
        for word in words:  # noqa: SIM110 - asked hundreds of times a text: a loop takes half as long as `any`
            if word in low:
                return True
        return False
