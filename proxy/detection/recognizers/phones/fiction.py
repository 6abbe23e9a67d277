# ruff: noqa: E501 - each line is one authority's ranges
"""Numbers that regulators keep for films and documentation, and those that everybody types to fill a field."""

import re

FICTION = re.compile(
    r"\+1[2-9][0-9]{2}55501[0-9]{2}"  # North America: NANPA, 555-0100 to 555-0199
    r"|\+44(?:1(?:1[3-8]|[2-6]1)4960[0-9]{3}|1914980[0-9]{3}|2079460[0-9]{3}|2896496[0-9]{3}|2920180[0-9]{3}|1632960[0-9]{3}"
    r"|7700900[0-9]{3}|8081570[0-9]{3}|9098790[0-9]{3}|3069990[0-9]{3})"  # United Kingdom: Ofcom
    r"|\+61(?:[2378](?:5550|7010)[0-9]{4}|491570(?:00[06]|15[6-9]|110|313|737|266|491|804)|1800(?:160401|97570[7-9]|97571[01])|130097570[7-9])"  # Australia: ACMA
    r"|\+33(?:19900|26191|35301|46571|53649|63998)[0-9]{4}"  # France: Arcep
    r"|\+49(?:3023125|6990009|4066969|2214710|8999998)[0-9]{3}|\+49(?:171392000?[0-9]{2}|17604069[0-9]{4})"  # Germany: BNetzA
    r"|\+49(?:1522(?:8817386|8895456)|15254599371|172(?:9925904|996853[0-9]|9973185|9973186|9980752)|174(?:9091317|9464308))"
    r"|\+3532091[0-9]{5}"  # Ireland: ComReg
    r"|\+46(?:8465004[0-9]{2}|31390060?[0-9]{2}|40628040?[0-9]{2}|980319[0-9]{3}|7017406[0-9]{2})"  # Sweden: PTS
)
LOCAL = re.compile(r"555(?:01[0-9]{2}|1212|1234|5555)")
_COUNTRIES = ("44", "61", "33", "49", "353", "46")
"""The countries of these ranges that dial a zero first: which one a national number is of nobody knows."""
_SEQUENCES = ("1234567", "7654321", "9876543")
MAX_SAME = 6


def is_nobodys(digits: str, number: str) -> bool:
    """Whether a number, as its digits and as E.164, can be nobody's."""
    dialled = [f"+{code}{digits[1:]}" for code in _COUNTRIES] if digits[0] == "0" else []
    if any(map(FICTION.fullmatch, (number, *dialled))) or LOCAL.fullmatch(digits):
        return True
    if any(sequence in digits for sequence in _SEQUENCES) or re.search(r"([0-9])\1{6}", digits):
        return True
    return (len(set(digits[-10:])) <= 2 and len(digits) >= 10) or digits[-10:-4] == "555555"  # noqa: PLR2004
