# ruff: noqa: E501 - patterns are read in one piece
"""Names that their surroundings give away: titles, introductions, salutations and form fields, in any letter case.

The model reads prose well and misses names in lower case, JSON and tables.
"""

import re
from collections.abc import Iterator

from proxy.detection.recognizers.base import Match, Recognizer

_PART = r"[^\W\d_][^\W\d_'\u2019.-]*(?:['\u2019.-][^\W\d_]+)*\.?"
_CAPITAL = r"(?-i:[A-ZÀ-ÝŁŚŻŠČŽ])[^\W\d_'\u2019]*(?:['\u2019-][^\W\d_]+)*"
TITLE = re.compile(
    rf"(?<!\w)(?:mr|mrs|ms|miss|mx|dr|prof|professor|herr|frau|monsieur|madame|mme|señora?|sra?|sig|signora?|sir|dame|rev|capt|sgt|lt)\.?\s((?:{_CAPITAL}\s){{0,2}}{_CAPITAL})(?!\w)",
    re.IGNORECASE,
)
SAID = re.compile(
    rf"(?<!\w)(?:my (?:full )?name(?: is|'s)|i am called|call me|name's|ich hei(?:ß|ss)e|mein name ist|je m'appelle|mon nom est|me llamo|mi nombre es|mi chiamo|ik heet|mijn naam is|(?:o )?meu nome [eé]|chamo-me|nazywam si[eę]|jag heter|mitt namn [aä]r)\s({_PART}(?:\s{_PART}){{0,2}})",
    re.IGNORECASE,
)
FIELD = re.compile(
    rf"(?<![^\W_])(?:(?:full|first|last|middle|given|family|sur|maiden|patient|customer|client|employee|contact|cardholder|card ?holder|account ?holder|applicant|member|student|guest|beneficiary|recipient|sender|legal|person|borrower|tenant|candidate|doctor|physician|nurse|insured|passenger)s?[ _-]?name|patient|cardholder|account holder|applicant|surname|vorname|nachname|prénom|nombre|apellidos?|nome completo|cognome|achternaam|voornaam|attn|attention)\"?\s?[:=]\s?\"?({_PART}(?:[ ,]{{1,2}}{_PART}){{0,3}})(?=[\s\",;.|)]|$)",
    re.IGNORECASE,
)
SALUTED = re.compile(
    rf"(?:^|\n)[ \t]{{0,8}}(?:dear|hi|hello|hey)\s({_CAPITAL}(?:\s{_CAPITAL}){{0,2}})(?=[,:!\n])", re.IGNORECASE
)
SIGNED = re.compile(
    rf"(?:regards|sincerely|cheers|best wishes|yours truly|yours faithfully|mit freundlichen grüßen|cordialement|saludos|thanks)[,!]?[ \t]{{0,8}}\n\s{{0,8}}({_CAPITAL}(?:\s{_CAPITAL}){{0,2}})[ \t]{{0,8}}(?:\n|$)",
    re.IGNORECASE,
)
_NOT_NAMES = """
a an the and or not is are was be to of in on for with from by at as it this that none null true false unknown n/a
na tbd string text type required optional value team all everyone there sir madam customer support world assistant
user friend friends colleague colleagues hiring manager recruiter reader class function object field column table
name names id email phone id
"""
NOT_NAMES = frozenset(_NOT_NAMES.split())


def find(text: str) -> Iterator[Match]:
    """Yield names by context. A stop word ends a name; nothing is left of `my name is not important`."""
    for pattern, score in ((TITLE, 0.8), (SAID, 0.85), (FIELD, 0.8), (SALUTED, 0.6), (SIGNED, 0.7)):
        for found in pattern.finditer(text):
            parts: list[str] = []
            for part in re.split(r"[\s,]+", found[1]):
                if part.casefold().strip(".") in NOT_NAMES or (
                    pattern is SAID and parts and not part[:1].isupper() and parts[-1][:1].isupper()
                ):
                    break
                parts.append(part)
            if parts and len("".join(parts)) > 1:
                value = " ".join(parts).strip(".'\u2019-").casefold()
                yield Match("PERSON", found.start(1), found.start(1) + len(found[1]), score, value)


RECOGNIZER = Recognizer("names", {"PERSON": 0.6}, find)
