# ruff: noqa: E501 - patterns are read in one piece
"""Numbers of patients and insured persons, by the words before them or by their own form (US Medicare, CMS 2020)."""

import re
from collections.abc import Iterator

from proxy.detection.recognizers.base import Match, Recognizer, compact

_LINK = r"(?:\s*(?:no|nr|num|number|#|id|is|was|:|=|\(|\"|')\.?){0,4}\s*[#:=\"'(]?\s*"
_CODE = r"((?=[A-Za-z-]{0,8}[0-9])[A-Za-z0-9](?:-?[A-Za-z0-9]){3,19})(?![A-Za-z0-9])"
RECORD = re.compile(
    rf"(?<![^\W_])(?:mrn|medical[ _-]?record(?:[ _-]?(?:number|no|id|#))?|patient[ _-]?(?:id|number|no|#|identifier|mrn)|chart[ _-]?(?:number|no|id|#)|health[ _-]?record|hospital[ _-]?(?:number|no|id)|patientennummer|fallnummer|case[ _-]?file){_LINK}{_CODE}",
    re.IGNORECASE,
)
PLAN = re.compile(
    rf"(?<![^\W_])(?:(?:health|medical|dental)?[ _-]?(?:insurance|plan)[ _-]?(?:id|number|no|#|card|policy|member(?:[ _-]?id)?)|member[ _-]?(?:id|number|no|#)|subscriber[ _-]?(?:id|number|no|#)|beneficiary[ _-]?(?:id|number|no|#)|medicare(?:[ _-]?(?:id|number|no|#))?|medicaid(?:[ _-]?(?:id|number|no|#))?|mbi|hicn|krankenversichert\w*|versichertennummer|ehic){_LINK}{_CODE}",
    re.IGNORECASE,
)
MBI = re.compile(
    r"(?<![A-Za-z0-9])[1-9][AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9][0-9]-?[AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9][0-9]-?[AC-HJKMNP-RT-Y]{2}[0-9]{2}(?![A-Za-z0-9])"
)
MIN_DIGITS = 3


def find(text: str) -> Iterator[Match]:
    """Yield record and plan numbers."""
    for pattern, entity_type in ((RECORD, "MEDICAL_RECORD_NUMBER"), (PLAN, "HEALTH_PLAN_ID")):
        for found in pattern.finditer(text):
            value = compact(found[1])
            if sum(char.isdigit() for char in value) >= MIN_DIGITS:
                yield Match(entity_type, found.start(1), found.end(1), 0.85, value)
    for found in MBI.finditer(text):
        yield Match("HEALTH_PLAN_ID", found.start(), found.end(), 0.8, compact(found[0]))


RECOGNIZER = Recognizer("health", {"MEDICAL_RECORD_NUMBER": 0.85, "HEALTH_PLAN_ID": 0.8}, find)
