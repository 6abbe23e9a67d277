"""Conditions, medications and ICD-10 codes. Health alone is no secret; policies join it with a person."""

import re
from collections.abc import Iterator

from proxy.detection.recognizers.base import Match, Recognizer, near, words
from proxy.detection.recognizers.medical_words import CONDITIONS, MEDICATIONS

_LONGEST_FIRST = sorted(CONDITIONS, key=len, reverse=True)
CONDITION = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, _LONGEST_FIRST))})(?!\w)", re.IGNORECASE)
MEDICATION = re.compile(rf"(?<!\w)(?:{'|'.join(sorted(MEDICATIONS))})(?!\w)", re.IGNORECASE)
SUFFIX = re.compile(
    r"(?<!\w)[A-Za-z]{3,14}(?:statin|sartan|pril|olol|azole|cillin|mycin|floxacin|oxetine|gliptin|gliflozin|glutide|tinib|zumab|ximab|lukast|dronate|semide|triptan|azepam)(?!\w)",
    re.IGNORECASE,
)
ICD10 = re.compile(r"(?<![A-Za-z0-9.-])[A-TV-Z][0-9][0-9AB](?:\.[0-9A-TV-Z]{1,4})?(?![A-Za-z0-9-])(?!\.[0-9])")
CODE_CONTEXT = words(
    r"icd(?:-?10)?(?:-?cm)?",
    r"diagnos\w*",
    r"dx",
    r"patient\w*",
    r"condition",
    r"comorbid\w*",
    r"encounter",
    r"billing codes?",
    r"prognosis",
)
CONTEXT = words(
    r"patient\w*",
    r"diagnos\w*",
    r"dx",
    r"hx",
    r"history of",
    r"treat\w*",
    r"suffer\w*",
    r"prescri\w*",
    r"mg",
    r"dos\w*",
    r"symptom\w*",
    r"therapy",
    r"doctor",
    r"dr",
    r"hospital\w*",
    r"clinic\w*",
    r"medic\w*",
    r"tested",
    r"surgery",
    r"has",
    r"had",
    r"was",
    r"my",
    r"his",
    r"her",
    r"takes?",
    r"taking",
    r"chronic",
    r"condition",
)
_AMBIGUOUS = frozenset(
    {
        "als",
        "aids",
        "lithium",
        "depression",
        "diabetic",
        "ocd",
        "vertigo",
        "embolism",
        "concerta",
        "insulin",
        "depressed",
        "shingles",
        "lupus",
    }
)
_CASED = {"als": "ALS", "aids": "AIDS", "ocd": "OCD"}


def find(text: str) -> Iterator[Match]:
    """Yield words of medicine; those that mean other things too need a medical word beside them."""
    for pattern, entity_type in ((CONDITION, "MEDICAL_CONDITION"), (MEDICATION, "MEDICATION"), (SUFFIX, "MEDICATION")):
        for found in pattern.finditer(text):
            value = found[0].casefold()
            context = near(text, found.start(), found.end(), CONTEXT)
            if value in _CASED and found[0] != _CASED[value]:
                continue
            if context or value not in _AMBIGUOUS:
                yield Match(entity_type, found.start(), found.end(), 0.8 if context else 0.6, value)
    for found in ICD10.finditer(text):
        if near(text, found.start(), found.end(), CODE_CONTEXT, before=80):
            yield Match("MEDICAL_CONDITION", found.start(), found.end(), 0.8, found[0].upper())


RECOGNIZER = Recognizer("medicine", {"MEDICAL_CONDITION": 0.6, "MEDICATION": 0.6}, find)
