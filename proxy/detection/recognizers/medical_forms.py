"""How names of drugs and conditions are formed, so that those count that no list has, in any language of Latin letters.

Generic names of drugs share stems (WHO, the use of stems in the selection of international nonproprietary names) and
differ between languages in spelling and endings: duloxetine, Duloxetin, duloxetina. Conditions are formed of Greek and
Latin parts, and of a part of the body with what happened to it. Words are given in lower case without accents.
"""

import re
from functools import cache

from proxy.detection.lexicon import words as common_words

_SPELLINGS = tuple(pair.split(">") for pair in "ph>f th>t ch>c rrh>r ks>x y>i k>c ae>e oe>e".split())  # noqa: SIM905
_DOUBLED = re.compile(r"(.)\1")
_ENDING = re.compile(r"(?:um|us|as|es|os|em|en|ie|[aeiou])\Z")
MIN_DRUG = 7
"""Letters that a word has at least to be read by its stem."""
_STEMS = """
statin sartan oxetine gliptin gliflozin glutide tinib zumab ximab lukast dronate semide triptan azepam azolam conazole
prazole nidazole floxacin cillin cycline mycin dipine olol parin xaban gatran fibrate glitazone setron thiazide coxib
ciclib parib rafenib barbital tegravir buvir previr navir ciclovir profen limumab kinumab mumab april opril ipril
xopril umab tidine racetam gabalin thyroxine
"""
_NO_DRUGS = frozenset(
    {"cystatin", "somatostatin", "prostatin", "tyrothyroxine", "avenida"},
)
_GREEK = (
    r"(?:artr|bronc|gastr|(?:h)?epat|dermat|col|cist|nefr|neur|tendin|burs|fleb|mening|pancreat|sinus|apendic|vascul|"
    r"miel|encefal|prostat|conjunctiv|congiuntiv|diverticul|pericard|endocard|miocard|pleur|tiroid|spondil|periodont|"
    r"mast|cerat|uve|colecist|colang|otit|faring|laring|tonsil|endometr|ost|mios|iris|vagin)"
)
_OSES = (
    r"(?:artr|osteopor|scler|fibr|cir|cir[rh]|psic|neur|tubercul|endometri|sten|necr|dermat|tromb|acid|cet|cromat|"
    r"sarcoid|amiloid|micr|mic|silic|escler|nefr|scoli|cif|lord|spondil|ateroscler|arterioscler|listeri|toxoplasm|"
    r"salmonel|mononucle|brucel|leishmani|esquistosom|adenomi|diverticul|halit)"
)
_CONDITION = re.compile(
    rf"(?:{_GREEK}it(?:is|e|ida|ides|iden|i)|{_OSES}o[sz](?:is|e|i|a|en)?"
    r"|(?:carcin|blast|sarc|limf|miel|adeno|melan|fibr|gli|meningi|angi|lip|nevr|neur)om(?:a|e|en|as)?"
    r"|(?:neur|nefr|cardiomi|mi|retin|encefal|coagul|en(?:c)?efal|linfaden|artr)opat(?:i|ia|ie)"
    r"|(?:neur|fibromi|mi|artr|lumb|cefal|cervic)algi[ae]?|(?:leuc|an|septic|glic|uric|lipid|bacter|talas)emi[ae]?"
    r"|(?:hemi|para|tetra|quadri)pleg(?:i|ia|ie)|(?:apendic|mast|hister|colecist|prostat|tonsil|tiroid|nefr|lump|"
    r"gastr|vas|splen)ectomi[ae]?|(?:artr|angi|rin|mamo)oplasti[aec]?)\Z"
)
"""The end of a folded word; what it can end in, for a quick look."""
_LAST = tuple(
    f"{core}{ending}"
    for core, endings in {
        "it": "is e ida ides iden i",
        "os": "is e i a en -",
        "oz": "is e i a en",
        "om": "a e en as -",
        **dict.fromkeys(("pati", "algi", "emi", "plegi", "ectomi", "oplasti"), "a e c -"),
    }.items()
    for ending in endings.replace("-", "").split(" ")
)
_GERMAN_WORDS = """
krebs karzinom entzundung fraktur insuffizienz infarkt embolie thrombose syndrom tumor transplantation erkrankung
geschwur odem arthrose sklerose neuralgie demenz leukamie amputation lahmung depression allergie kanker ontsteking
fractuur cancer inflammation
"""
_GERMAN = tuple(_GERMAN_WORDS.split())
"""Compounds of German and its neighbours."""
_NO_CONDITIONS = frozenset(
    {"flusskrebs", "einsiedlerkrebs", "taschenkrebs", "antidepression", "diagnosis", "prognosis", "hypnosis"}
    | {"academia", "bohemia", "hipnosis", "polygraphite", "cristallite", "colite"}
)
_PARTS = """
hip hips knee knees shoulder ankle wrist elbow spine spinal cervical lumbar heart cardiac lung lungs liver kidney
kidneys renal bladder bowel stomach breast prostate thyroid brain eye retina retinal gallbladder appendix tonsil tonsils
uterus uterine ovary ovarian cuff acl mcl pcl meniscus achilles tendon ligament ligaments pelvis pelvic rib ribs
collarbone jaw hamstring groin abdominal gastric inguinal umbilical femur tibia fibula humerus vertebra vertebrae nerve
vocal sinus esophageal thoracic pancreatic testicular bilateral
hanche genou epaule cheville poignet coude colonne cervicale lombaire jambe coeur poumon foie vessie intestin estomac
prostate thyroide cerveau oeil menisque ligament croise inguinale discale
cadera rodilla hombro tobillo muneca codo espalda columna lumbar brazo pierna corazon pulmon higado rinon vejiga
intestino estomago mama prostata tiroides cerebro ojo menisco ligamento cruzado discal
anca ginocchio spalla caviglia polso gomito schiena lombare braccio gamba cuore polmone fegato vescica stomaco mammella
tiroide cervello occhio legamento crociato femore discale
quadril joelho ombro tornozelo cotovelo coluna lombar perna coracao pulmao figado bexiga tireoide olho
hufte knie schulter sprunggelenk handgelenk ellenbogen wirbelsaule herz lunge leber niere
heup schouder enkel pols meniscus kruisband biodra kolana barku kostki nadgarstka kregoslupa serca pluc watroby nerki
piersi prostaty tarczycy axel hoft kna handled
"""
_PROBLEMS = """
surgery operation replacement transplant tear rupture sprain strain fracture injury infection cancer tumour tumor
disease failure biopsy removal bypass stenosis inflammation dislocation reconstruction arthroscopy impingement torn
broken fractured sprained ruptured herniated dislocated inflamed
chirurgie fracture entorse rupture dechirure luxation prothese greffe tumeur lesion hernie
cirugia operacion fractura esguince rotura protesis trasplante infeccion hernia luxacion
intervento operazione frattura distorsione rottura lesione protesi trapianto tumore ernia infezione lussazione
cirurgia operacao fratura ruptura lesao protese transplante cancro infeccao
fraktur bruch riss verletzung operatie breuk fractuur scheur operacja zlamanie skrecenie zerwanie przeszczep
opererad brott
"""
PARTS, PROBLEMS = frozenset(_PARTS.split()), frozenset(_PROBLEMS.split())
LINKS = frozenset("of the de del de la du des di della do da van het w the in my her his left right".split())  # noqa: SIM905
"""Words between what happened and where: `rotura de menisco`."""
MAX_LINKS = 2


def fold(word: str) -> str:
    """Return a word as it would be spelled by ear."""
    for spelling, sound in _SPELLINGS:
        word = word.replace(spelling, sound)
    return _DOUBLED.sub(r"\1", word)


def root(word: str) -> str:
    """Return a folded word without the ending that languages give it."""
    return _ENDING.sub("", fold(word))


_ROOTS = tuple(root(stem) for stem in _STEMS.split())


@cache
def _roots(names: frozenset[str]) -> frozenset[str]:
    """Return the roots of names of one long word."""
    return frozenset(root(name) for name in names if name.isalpha() and len(name) >= MIN_DRUG)


def drug(word: str, known: frozenset[str] = frozenset()) -> bool:
    """Whether a word ends in a stem of generic names, or is a known name as another language spells it."""
    if not _nameable(word) or word in _NO_DRUGS:
        return False
    its = root(word)
    return its.endswith(_ROOTS) or its in _roots(known)


def condition(word: str) -> bool:
    """Whether a word is formed as the names of conditions are."""
    if not _nameable(word) or word in _NO_CONDITIONS:
        return False
    if word.endswith(_GERMAN) and word not in _GERMAN:
        return True
    folded = fold(word)
    return folded.endswith(_LAST) and _CONDITION.search(folded) is not None


def _nameable(word: str) -> bool:
    return len(word) >= MIN_DRUG and word not in common_words() and word.isalpha()


def happened(words: list[str], at: int) -> int:
    """Return how many words from there say what happened to a part of the body, 0 if they do not."""
    first = words[at]
    if first in PARTS:
        behind = at + 1
        return 2 if behind < len(words) and words[behind] in PROBLEMS else 0
    for behind in range(at + 1, min(len(words), at + 2 + MAX_LINKS)):
        if words[behind] in PARTS:
            return behind - at + 1
        if words[behind] not in LINKS:
            return 0
    return 0
