"""Conditions, medications and ICD-10 codes. Health alone is no secret; policies join it with a person.

The score tells whether somebody is told of: beside words for persons and records it is high, in a text that has such
words elsewhere it is fair, and in a guideline or a question about a disease it is below what policies count.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import chain, pairwise
from typing import NamedTuple

from proxy.detection.lexicon import given_names
from proxy.detection.lexicon import words as common_words
from proxy.detection.lexicon.figures import mentioned
from proxy.detection.recognizers.base import Match, Recognizer, words
from proxy.detection.recognizers.ids.context import plain
from proxy.detection.recognizers.medical_forms import PARTS, PROBLEMS, condition, drug, happened
from proxy.detection.recognizers.medical_tongues import CONDITIONS as FOREIGN_CONDITIONS
from proxy.detection.recognizers.medical_words import CONDITIONS, MEDICATIONS

TOLD, RECORDED, GENERAL = 0.8, 0.6, 0.45
"""Of somebody close by, in a text about somebody, about nobody in particular."""
NEAR, GAP = 90, 2
HAPPENED, MAX_HAPPENED = "", 4
"""Not a type of its own: what happened to a part of the body counts only where it is told of somebody."""
_NOBODY = re.compile(
    r"(?<![^\W_])(?:no|not a|without|kein\w*|aucun\w*|sin|nessun\w*|geen) (?:real |actual |specific |echte\w* )?"
    r"(?:patient\w*|person\w*|client\w*)"
)
_TOPICS = """
awareness screening research vaccine vaccines vaccination pandemic prevention charity support institute society trust
foundation centre center fund council statistics association trial trials study studies hospital baby uk month lockdown
era classification classifier dataset datasets detection segmentation images cells gene genes model models
"""
TOPICS = frozenset(_TOPICS.split())
"""Behind a disease, these make it an organisation's or everybody's."""
_WORD = re.compile(r"[^\W_]+")
_NAME = re.compile(r"(?<![^\W_])[A-ZÀ-Ž][^\W\d_A-Z]{2,}")
_PERSONS = """
patient pt client my mine his her hers he she i im ive me him mum mom mummy dad daddy mother father parents wife husband
spouse son daughter child kid kids brother sister twin partner girlfriend boyfriend fiancee aunt uncle niece nephew
cousin grandma grandpa grandmother grandfather nan employee colleague resident student teacher tenant inmate witness
diagnosed suffer suffers suffering prescribed hx pmh dx rx tested allergic dob mrn yo yr aged mr mrs ms miss diagnosis
diagnoses meds medication medications problems complaint symptoms onset sick hospitalised hospitalized admitted
discharged surgery takes taking took name person insured claimant member ich mein meine meiner meinem meinen mir mich
ihr sein seine seiner frau herr patientin diagnose leidet leide wegen krankgeschrieben je mon madame monsieur mme
diagnostic souffre atteint atteinte prend patiente elle il tengo tiene mi su paciente padece diagnostico sufre ella
senor senora toma tomo hijo hija esposa madre mio mia sua paziente soffre diagnosi affetto affetta signora signor lei
prende figlio figlia moglie tenho tem meu minha seu ela ele sofre filho filha mae ik mijn hij zij heeft lijdt mevrouw
meneer mam moja moje moj pani pan choruje pacjent pacjentka rozpoznanie jag mitt hon lider patienten diagnosen jeg hun
minulla hanella potilas declared preexisting ziek ziekgemeld krank malade enfermo enferma malato malata doente chory
chora sjuk syg syk sairas hr fr dhr mw sra sr srta sig dott fru herrn verweigert opgenomen aufgenommen entlassen dimesso
dimessa ricoverato ricoverata hospitalise hospitalisee alta ingresado ingresada operado operada operiert opere operata
operato nimmt bekommt neemt bierze sa ses sus suo injured wounded heridos physio physiotherapy urgent pappa mamma papa
syster bror
"""
PERSONS = frozenset(_PERSONS.split())
"""Words that make a fact somebody's, without accents."""
_RECORDS = """
patient mrn dob diagnosed diagnosis diagnose prescribed allergic discharged admitted gp dear insured claimant patientin
paciente paziente pacjent pacjentka patiente
"""
RECORDS = frozenset(_RECORDS.split())
"""Words of a text about somebody, wherever they stand in it."""
_AMBIGUOUS = """
als aids lithium depression diabetic ocd vertigo embolism concerta insulin depressed shingles lupus stroke strokes
coma cyst abscess ulcer ulcers polyps stent stents hives mumps pots std sti tb tia itp bpd chemo cancer tumor tumour
seizure seizures anxiety addiction alcoholic overdose burnout relapse phobia paranoia paralysis myopia disability
rehab hospice biopsy epidural abortion pregnant pregnancy menopause surrogacy stutter edema oedema rabies polio acne
amputation deafness impotence cataract cataracts goitre delusions hallucinations suicidal krebs ansia ansiedad angst
rak gota gotta goutte cancro gravid zwanger astma overspannen ciaza udar zawal infarto ictus senna crestor mobic advil
actos mirena champix focalin lyrica elidel creon avelox asacol zantac aspirin melatonin niacin testosterone
progesterone ketamine cocaine paracetamol ibuprofen khk adhs tdah ibs uti dvt ckd gravidez enceinte schwanger avc prep
add hernia relpax simponi forteo
"""
AMBIGUOUS = frozenset(_AMBIGUOUS.split())
"""Words that mean other things too: they count only beside words for a person."""
_CASED = {
    "kraft": "kræft",
    "avc": "AVC",
    "als": "ALS",
    "aids": "AIDS",
    "ocd": "OCD",
    "pots": "POTS",
    "tia": "TIA",
    "std": "STD",
    "tb": "TB",
    "bpd": "BPD",
}
_ALLERGIC = (
    r"allergi[ce]s? (?:to|gegen|aan|mot|mod)|allergique (?:à|aux?)|al[eé]rgic[oa] (?:al?|à)|allergic[oa] (?:al?|alla)|"
    r"uczulon[ya] na|alergia (?:al?|à|na)|allergie (?:gegen|à|aux?)|allergia (?:al?|alla|alle|ai)"
)
ALLERGY = re.compile(
    rf"(?<![^\W_])(?:{_ALLERGIC}) (?:the |la |las |los |le |les )?[^\W\d_]{{3,}}(?: [^\W\d_]{{3,}})?"
    r"|(?<![^\W_])(?:[^\W\d_]{3,} ){1,2}allergy",
    re.IGNORECASE,
)
DOSE = re.compile(
    r"(?<![^\W_])([^\W\d_]{5,20}) [0-9]{1,4}(?:[.,][0-9]{1,3})? ?(?:mg|mcg|µg|ug|iu|ie)(?![^\W_])", re.IGNORECASE
)
ICD10 = re.compile(r"(?<![A-Za-z0-9.-])[A-TV-Z][0-9][0-9AB](?:\.[0-9A-TV-Z]{1,4})?(?![A-Za-z0-9-])(?!\.[0-9])")
CODED = words(
    *(
        r"icd(?:-?10)?(?:-?(?:cm|gm))?",
        r"icd ?10",
        "cie-?10",
        "cim-?10",
        r"diagnos\w*",
        "dx",
        r"diagn[oó]stic\w*",
        "patients?",
    ),
    *(r"rozpoznani\w*", "condition", r"comorbid\w*", "encounter", "billing codes?", "prognosis"),
)


class Phrase(NamedTuple):
    """Words that name something of medicine, and what."""

    rest: tuple[str, ...]
    entity_type: str


def _index(*named: tuple[Iterable[str], str]) -> dict[str, list[Phrase]]:
    """Return phrases by their first word, the longest first."""
    index: dict[str, list[Phrase]] = {}
    for entries, entity_type in named:
        for entry in entries:
            first, *rest = _WORD.findall(plain(entry).lower())
            index.setdefault(first, []).append(Phrase(tuple(rest), entity_type))
    for phrases in index.values():
        phrases.sort(key=lambda phrase: len(phrase.rest), reverse=True)
    return index


PHRASES = _index((chain(CONDITIONS, FOREIGN_CONDITIONS), "MEDICAL_CONDITION"), (MEDICATIONS, "MEDICATION"))


def find(text: str) -> Iterator[Match]:
    """Yield words of medicine; those that mean other things too need words for a person beside them."""
    lowered = plain(text).lower()
    if "patient" in lowered or "person" in lowered or "client" in lowered:
        lowered = _NOBODY.sub(lambda found: " " * len(found[0]), lowered)
    present = set(_WORD.findall(lowered))
    hits = {word for word in present if word in PHRASES or word in PROBLEMS or word in PARTS or _formed(word)}
    told = Told(text, lowered, present)
    if hits:
        yield from _phrases(text, lowered, hits, told)
    if "llerg" in lowered or "lergi" in lowered or "uczulon" in lowered:
        yield from _told("MEDICAL_CONDITION", ALLERGY.finditer(text), told)
    if "mg" in lowered or "mcg" in lowered:
        doses = (dose for dose in DOSE.finditer(text) if _uncommon(dose[1].lower()))
        yield from _told("MEDICATION", doses, told, group=1)
    yield from _codes(text)


class Told:
    """Whether a text, and a place in it, tells of somebody."""

    def __init__(self, text: str, lowered: str, present: set[str]) -> None:
        self._text = text
        self._lowered = lowered
        self._record = not RECORDS.isdisjoint(present)

    def near(self, start: int, end: int) -> bool:
        """Whether somebody is spoken of close by."""
        for first, last in ((max(0, start - NEAR), start), (end, end + NEAR)):
            spoken = _WORD.findall(self._lowered, first, last)
            if any(" " in figure for figure in mentioned(spoken)):
                return False
            if not PERSONS.isdisjoint(spoken):
                return True
            names = (plain(name).lower() for name in _NAME.findall(self._text, first, last))
            if any(name in given_names() and name not in common_words() for name in names):
                return True
        return False

    def score(self, start: int, end: int) -> float:
        """Return how likely a fact there is somebody's."""
        if self.near(start, end):
            return TOLD
        return RECORDED if self._record else GENERAL


def _phrases(text: str, lowered: str, hits: set[str], told: Told) -> Iterator[Match]:
    tokens = list(_WORD.finditer(lowered))
    taken = -1
    for at, token in enumerate(tokens):
        if token[0] not in hits or token.start() < taken:
            continue
        found = _longest(tokens, at)
        if found is None:
            continue
        start, end = token.start(), tokens[at + len(found.rest)].end()
        value = " ".join((token[0], *found.rest))
        if value in _CASED and text[start:end] != _CASED[value]:
            continue
        score = told.score(start, end)
        following = tokens[at + len(found.rest) + 1][0] if at + len(found.rest) + 1 < len(tokens) else ""
        if following in TOPICS:
            score = GENERAL
        if score == TOLD or (value not in AMBIGUOUS and found.entity_type != HAPPENED):
            taken = end
            yield Match(found.entity_type or "MEDICAL_CONDITION", start, end, score, value)


def _formed(word: str) -> str | None:
    """Return what a word by its form is."""
    if drug(word, MEDICATIONS):
        return "MEDICATION"
    return "MEDICAL_CONDITION" if condition(word) else None


def _longest(tokens: list[re.Match[str]], at: int) -> Phrase | None:
    """Return the longest phrase that begins with a word, or what the word or the words are by their form."""
    word = tokens[at][0]
    for phrase in PHRASES.get(word, ()):
        behind = tokens[at + 1 : at + 1 + len(phrase.rest)]
        if tuple(one[0] for one in behind) == phrase.rest and _together([tokens[at], *behind]):
            return phrase
    count = happened([token[0] for token in tokens[at : at + MAX_HAPPENED]], 0) if word in PARTS | PROBLEMS else 0
    if count and _together(tokens[at : at + count]):
        return Phrase(tuple(one[0] for one in tokens[at + 1 : at + count]), HAPPENED)
    formed = _formed(word)
    return Phrase((), formed) if formed else None


def _together(tokens: list[re.Match[str]]) -> bool:
    """Whether words stand side by side, not in two sentences."""
    return all(two.start() - one.end() <= GAP for one, two in pairwise(tokens))


def _told(entity_type: str, found: Iterable[re.Match[str]], told: Told, group: int = 0) -> Iterator[Match]:
    """Yield what only means somebody beside words for persons."""
    for one in found:
        if told.near(*one.span()):
            yield Match(entity_type, one.start(group), one.end(group), TOLD, one[group].casefold())


def _uncommon(word: str) -> bool:
    return word not in common_words() and plain(word) not in PHRASES


def _codes(text: str) -> Iterator[Match]:
    for found in ICD10.finditer(text):
        start, end = found.span()
        if CODED.search(text, max(0, start - NEAR), start) or CODED.search(text, end, end + 24):
            yield Match("MEDICAL_CONDITION", start, end, TOLD, found[0])


RECOGNIZER = Recognizer("medicine", {"MEDICAL_CONDITION": GENERAL, "MEDICATION": GENERAL}, find)
