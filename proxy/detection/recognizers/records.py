"""Numbers and dates of birth in the formats of hospitals and insurers, where only the place tells what they are.

HL7 v2.9, chapters 3 and 6: fields of a segment are parted by bars, repetitions by tildes, components by carets; the
fifth component of an identifier is its type (table 0203): MR and PI are records, MB, MC and MA insurances, SS, DL and
PPN what their names say. FHIR R5 `Identifier` uses the same codes. ASC X12 5010 (270, 834, 837): NM1 with the
insured's number, DMG with a date of birth, REF with qualifiers. CDA R2: `patientRole` and `birthTime`.
"""

import re
from collections.abc import Iterator

from proxy.detection.recognizers.base import Match, Recognizer, compact

_BORN = "DATE_OF_BIRTH"
_ENTITY_TYPES = {
    **dict.fromkeys(("MR", "PI", "PT", "AN", "VN", "U", "MRT", "PN", ""), "MEDICAL_RECORD_NUMBER"),
    **dict.fromkeys(("MB", "MC", "MA", "SN", "HC", "JHN"), "HEALTH_PLAN_ID"),
    **dict.fromkeys(("NI", "TAX", "SB", "CZ"), "NATIONAL_ID"),
    "SS": "US_SSN",
    "DL": "DRIVER_LICENSE",
    "PPN": "PASSPORT",
    "NH": "UK_NHS",
    "NPI": "MEDICAL_LICENSE",
}
SEGMENT = re.compile(r"(?<![A-Z0-9])(PID|MRG|PV1|NK1|GT1|IN1|IN2)\|([^\r\n]{1,800})")
FIELDS = {
    "PID": {2: "", 3: "", 4: "", 7: _BORN, 18: "MR", 19: "SS", 20: "DL"},
    "MRG": {1: "", 2: "", 3: "", 4: ""},
    "PV1": {19: "VN", 50: "VN"},
    "NK1": {16: _BORN, 37: "SS"},
    "GT1": {2: "PN", 8: _BORN, 12: "SS"},
    "IN1": {18: _BORN, **dict.fromkeys((36, 37, 38, 46, 49), "MB")},
    "IN2": {2: "SS", 6: "MC", 8: "MA"},
}
"""What each field holds, as a type of table 0203 that the field itself may replace. Around IN1-36 senders miscount."""
X12 = re.compile(
    r"(?<![A-Z0-9])(?:NM1\*(?:IL|QC|74|03)\*1(?:\*[^*~\r\n]{0,60}){5}\*(?P<kind>MI|34)\*(?P<insured>[0-9A-Z-]{5,20})"
    r"|DMG\*D8\*(?P<born>[0-9]{8})|REF\*(?P<qualifier>SY|0F|F6|EJ|1W)\*(?P<reference>[0-9A-Z-]{5,20}))(?![0-9A-Z])"
)
_QUALIFIERS = {"MI": "MB", "34": "SS", "SY": "SS", "0F": "MB", "1W": "MB", "F6": "MC", "EJ": "MR"}
CODED = re.compile(
    r'"code"\s*:\s*"(MR|PI|PT|MB|MC|MA|SN|HC|NI|SS|DL|PPN|NH|NPI)"[^{]{0,200}?'
    r'"value"\s*:\s*"([A-Za-z0-9][A-Za-z0-9 .-]{2,24})"'
)
CDA_BORN = re.compile(r'<birthTime\s+value="((?:19|20)[0-9]{6})')
CDA_ROLE = re.compile(r"<patientRole\b[^>]{0,200}>((?:\s*<id\b[^>]{0,200}>){1,6})")
CDA_ID = re.compile(r'<id\b[^>]{0,160}?extension="([0-9A-Za-z][0-9A-Za-z .-]{2,24})"[^>]{0,160}>')
SSN_ROOT = 'root="2.16.840.1.113883.4.1"'
_DATE = re.compile(r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])")
MIN_DIGITS, MIN_PLAN = 3, 5


def find(text: str) -> Iterator[Match]:
    """Yield identifiers and dates of birth of segments, resources and documents, typed by their codes and places."""
    for segment in SEGMENT.finditer(text) if "|" in text else ():
        wanted, offset = FIELDS[segment[1]], segment.start(2)
        for number, field in enumerate(segment[2].split("|"), 1):
            if number in wanted:
                yield from _field(field, offset, wanted[number])
            offset += len(field) + 1
    for found in X12.finditer(text) if "*" in text else ():
        group = found.lastgroup or ""
        kind = found["kind"] or found["qualifier"]
        yield from _one(_BORN if kind is None else _QUALIFIERS[kind], found[group], found.start(group))
    for found in CODED.finditer(text) if '"value"' in text else ():
        yield from _one(found[1], found[2], found.start(2))
    if "<birthTime" in text or "<patientRole" in text:
        yield from _documents(text)


def _documents(text: str) -> Iterator[Match]:
    for born in CDA_BORN.finditer(text):
        yield from _one(_BORN, born[1], born.start(1))
    for role in CDA_ROLE.finditer(text):
        for one in CDA_ID.finditer(text, *role.span(1)):
            yield from _one("SS" if SSN_ROOT in one[0] else "MR", one[1], one.start(1))


def _field(field: str, offset: int, kind: str) -> Iterator[Match]:
    for one in field.split("~"):
        number, *more = one.split("^")
        said = more[3] if len(more) > 3 else ""  # noqa: PLR2004 - the fifth component is the type
        if kind != "MB" or (sum(map(str.isdigit, number)) >= MIN_PLAN and "." not in number):
            yield from _one(said if said in _ENTITY_TYPES and said else kind, number, offset)
        offset += len(one) + 1


def _one(kind: str, number: str, start: int) -> Iterator[Match]:
    if kind == _BORN:
        if _DATE.match(number):
            yield Match(_BORN, start, start + 8, 0.9, number[:8])
    elif sum(map(str.isdigit, number)) >= MIN_DIGITS:
        yield Match(_ENTITY_TYPES[kind], start, start + len(number), 0.9, compact(number))


RECOGNIZER = Recognizer("records", {**dict.fromkeys(_ENTITY_TYPES.values(), 0.9), _BORN: 0.9}, find)
