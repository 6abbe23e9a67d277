"""What a word is as a part of a name, and what stands beside a name without being one."""

from proxy.detection.lexicon import given_names, surnames, words

_PARTICLES = """
al ap ben bin bint da dal dalla das de degli dei del della den der di do dos du e el ibn la le los mac san st ten ter
van vom von y zu zum zur
"""
PARTICLES = frozenset(_PARTICLES.split())
"""Small words within names: `van`, `de la`, `bin`."""
_THINGS = """
airport algorithm award bay beach book bridge castle cathedral center centre church city code college constant county
court creek cup curve day diagram disease distribution drive effect english equation filter foundation graph group hall
hill hills hospital hotel house index island islands lake lane law library market medal method model mount mountain
museum night number palace paradox place plaza point prize principle process river road rule school series set space
square stadium standard station street study sum syndrome test theorem tower town transform tree university valley
village week salad sauce cake
"""
THINGS = frozenset(_THINGS.split())
"""What bears somebody's name without being somebody: Franklin Street, Poisson process."""

_PLACE_WORDS = """
rua calle via rue avenida av avenue plaza piazza praca place platz strasse weg ulica ul plac san santa santo saint sankt
st monte mount mont lago lake lac rio river cape cabo capo port porto puerto fort isla island ile villa casa chateau
castello hotel palazzo teatro torre stazione gare bahnhof schloss palais chateau mercado mercato raum
saal zaal salle sala aula
"""
PLACE_WORDS = frozenset(_PLACE_WORDS.split())
"""What a place called after somebody begins with: Rua de Santa Catarina, Monte Rosa."""


def is_given(word: str) -> bool:
    """Whether a plain word, or each part of one with hyphens, is a given name."""
    return word in given_names() or _joined(word, given_names())


def is_surname(word: str) -> bool:
    """Whether a plain word, or each part of one with hyphens, is a surname."""
    return word in surnames() or _joined(word, surnames())


def _joined(word: str, names: frozenset[str]) -> bool:
    """Whether names are joined by hyphens, and not only words that are names too: `carry-over`."""
    parts = word.split("-") if "-" in word else []
    return bool(parts) and all(part in names for part in parts) and not all(part in words() for part in parts)
