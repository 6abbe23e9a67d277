"""What a scheme of numbers is: how it is written, what proves it, what it is called.

A form shows digits as 9, letters as A and a space as `_`. A number in a form with `!` counts alone, with `?` it counts
alone but weakly, with `~` only where all numbers of this form in a text are valid and there are several; in any other
form it counts only beside one of its labels. A number of digits alone must be right by chance in less than one of 300
cases for `?`, one of 60 for `~`.
"""

import importlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache

from proxy.detection.recognizers.ids import checks
from proxy.detection.recognizers.ids.context import labels

PROVEN, STRONG, FAIR, WEAK, AMONG = 0.95, 0.85, 0.7, 0.5, 0.1
"""What a score means for every type: form, check and name agree; form and check; a name alone; form alone.

AMONG is no score: such a number counts only among others.
"""
Check = Callable[[str], bool]
_MASK = str.maketrans("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", "9" * 10 + "A" * 52)
_MARK = {"!": STRONG, "?": WEAK, "~": AMONG}
_SEPARATORS = re.compile(r"[^9A]")


def mask(text: str) -> str:
    """Return the form of a text."""
    return text.translate(_MASK)


@dataclass(frozen=True, slots=True, eq=False)
class Scheme:
    """One kind of number. `forms` gives for each written form the score that it has alone, 0 if none."""

    name: str
    forms: tuple[tuple[str, float], ...]
    check: str | Check
    labels: frozenset[str]
    entity_type: str

    @property
    def shapes(self) -> frozenset[str]:
        """The forms without separators."""
        return frozenset(_SEPARATORS.sub("", form) for form, _ in self.forms)

    @property
    def form_only(self) -> bool:
        """Whether nothing but its form can be checked: then its label must stand directly beside it."""
        return self.check is checks.always

    @property
    def general(self) -> bool:
        """Whether words for personal numbers of any country name it, too."""
        return self.entity_type == "NATIONAL_ID" and not self.form_only

    def valid(self, number: str) -> bool:
        """Check a number that was stripped of separators and is in upper case."""
        return checker(self.check)(number)


def scheme(name: str, forms: str, check: str | Check, names: str, entity_type: str = "NATIONAL_ID") -> Scheme:
    """Write a scheme down: forms parted by spaces, names by commas, a check of ours or the module of python-stdnum."""
    scored = tuple((form.rstrip("!?~").replace("_", " "), _MARK.get(form[-1], 0.0)) for form in forms.split())
    return Scheme(name, scored, check, labels(names), entity_type)


@cache
def checker(check: str | Check) -> Check:
    """Return the function that checks; a module of python-stdnum is read when it is first needed."""
    if isinstance(check, str):
        valid: Check = importlib.import_module(f"stdnum.{check}").is_valid
        return valid
    return check


def warm(schemes: Iterable[Scheme]) -> None:
    """Read all modules that check, before a process is forked."""
    for each in schemes:
        checker(each.check)
