# ruff: noqa: E501 - conditions of a form are read in one piece
"""Telephone numbers of all countries: with a country code, in a national form, or beside a word that says what they are.

What numbers else there are - dates, versions, orders, coordinates, ranges - has far more digits in a text than what can
be dialled, so a number without a country code needs the form that its plan gives it, or a word or column head beside
it. Numbers kept for fiction and those that fill fields do not count.
"""

from collections.abc import Iterator

from proxy.detection.recognizers.base import Match, Recognizer
from proxy.detection.recognizers.phones.context import Context, context
from proxy.detection.recognizers.phones.fiction import is_nobodys
from proxy.detection.recognizers.phones.plans import international, national, north_american, warm
from proxy.detection.recognizers.phones.shapes import Shape, shapes

WITH_CODE, LIKE_CODE, FORMED, SAID, LIKELY, LOOSE = 0.95, 0.75, 0.65, 0.85, 0.7, 0.6
TEN, MIN_SURE, MIN_LIKELY = 10, 7, 9
__all__ = ["RECOGNIZER", "find", "warm"]


def find(text: str) -> Iterator[Match]:
    """Yield numbers; the canonical form is E.164 where a plan knows the number, else its digits."""
    for readings in shapes(text):
        taken = -1
        for shape in readings:
            if shape.start < taken:
                continue
            scored = _score(text, shape)
            if scored is not None:
                taken = shape.end
                if not is_nobodys(shape.digits, scored[1]):
                    yield Match("PHONE_NUMBER", shape.start, shape.end, *scored)


def _score(text: str, shape: Shape) -> tuple[float, str] | None:
    if shape.plus or shape.linked or shape.digits.startswith(("00", "011")):
        scored = _with_code(text, shape)
        if scored is not None:
            return scored
    formed = _formed(shape)
    if formed is None and shape.bare and len(shape.digits) < MIN_SURE:
        return None
    said = Context.SURE if shape.linked else context(text, shape.start, shape.end)
    if said is Context.SURE:
        return _sure(shape, formed)
    if shape.amount:
        return None
    if said is Context.LIKELY:
        return formed or _likely(shape)
    return formed if said is Context.NOTHING else None


def _sure(shape: Shape, formed: tuple[float, str] | None) -> tuple[float, str] | None:
    """Read what a word calls a telephone number: of any form, unless it could be a count."""
    number = formed[1] if formed else national(shape.digits)
    if number:
        return SAID, number
    counted = shape.single or (shape.bare and len(shape.digits) < MIN_LIKELY)
    return None if counted else (LOOSE, shape.digits)


def _likely(shape: Shape) -> tuple[float, str] | None:
    """Read what is called or reached: grouped like a number, or long enough for one and known to a plan."""
    number = national(shape.digits)
    if shape.single or (shape.bare and (number is None or len(shape.digits) < MIN_LIKELY)):
        return None
    if number is None:
        return None if shape.thousands else (LOOSE, shape.digits)
    return LIKELY, number


def _with_code(text: str, shape: Shape) -> tuple[float, str] | None:
    """Read a number with its country code, behind a plus sign or what is dialled for it."""
    digits = shape.digits
    if not shape.plus:
        digits = digits.removeprefix("011") if digits.startswith("011") else digits.removeprefix("00")
    read = international(digits)
    if read is None:
        return None
    number, valid = read
    if valid and (shape.plus or shape.linked or not shape.bare):
        return WITH_CODE, number
    said = context(text, shape.start, shape.end)
    if valid and said in (Context.SURE, Context.LIKELY):
        return SAID, number
    long = shape.plus and len(digits) >= MIN_LIKELY
    return (
        (LIKE_CODE, number)
        if long and said is not Context.OTHER and (said is not Context.NOTHING or not shape.bare)
        else None
    )


def _formed(shape: Shape) -> tuple[float, str] | None:
    """Read a number whose grouping alone is that of a plan."""
    groups, sizes = shape.groups, [len(group) for group in shape.groups]
    if shape.bare:
        return None
    if sizes in ([3, 3, 4], [1, 3, 3, 4]) and north_american(shape.digits):
        return LIKELY, f"+1{shape.digits[-TEN:]}"
    brazilian = shape.raw[0] == "(" and groups[0][0] != "0" and sizes in ([2, 5, 4], [2, 4, 4])
    trunk = groups[0][0] == "0" and 2 <= sizes[0] <= 5 and min(sizes[1:]) >= 2 and len(shape.digits) > MIN_LIKELY  # noqa: PLR2004
    spelled = shape.single and groups[0] == "0" and len(set(shape.raw[1::2])) == 1
    if not (brazilian or trunk or spelled):
        return None
    number = national(shape.digits)
    return (FORMED, number) if number and (not brazilian or number.startswith("+55")) else None


RECOGNIZER = Recognizer("phones", {"PHONE_NUMBER": LOOSE}, find)
