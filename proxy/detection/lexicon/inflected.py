"""Given names as languages with cases write them: `Agnieszkę`, `Grzegorzowi`, `Kristiinalle`, `Danutės`.

Only the singular of given names is undone, by endings of words without accents; a surname follows its given name.
"""

from collections.abc import Iterator

SLAVIC = frozenset({"pl", "cs", "sk", "hr", "sl"})
_SLAVIC = (
    ("owi", ""), ("ovi", ""), ("iem", ""), ("em", ""), ("om", ""), ("ou", "a"), ("ie", "a"), ("ii", "ia"), ("iu", "ia"),
    ("y", "a"), ("i", "a"), ("i", "ia"), ("e", "a"), ("u", "a"), ("o", "a"), ("u", ""), ("a", ""), ("a", "o"),
)  # fmt: skip
_ENDINGS: dict[str, tuple[tuple[str, str], ...]] = {
    **dict.fromkeys(SLAVIC, _SLAVIC),
    "lt": (("os", "a"), ("ai", "a"), ("es", "e"), ("ei", "e"), ("ui", "as"), ("ui", "us"), ("o", "as"), ("a", "as")),
    "lv": (("as", "a"), ("ai", "a"), ("es", "e"), ("ei", "e"), ("am", "s"), ("im", "is"), ("a", "s"), ("u", "a")),
    "fi": (("lle", ""), ("lla", ""), ("lta", ""), ("sta", ""), ("ssa", ""), ("n", "")),
    "et": (("le", ""), ("lt", ""), ("l", ""), ("ga", ""), ("t", "")),
    "hu": (("nak", ""), ("nek", ""), ("tol", ""), ("val", ""), ("vel", ""), ("hoz", ""), ("ot", ""), ("t", "")),
    "tr": (("'a", ""), ("'e", ""), ("'ya", ""), ("'ye", ""), ("'in", ""), ("'nin", ""), ("'dan", "")),
}
MIN_STEM = 3
VOWELS = frozenset("aeiouy")


def bases(word: str, language: str) -> Iterator[str]:
    """Yield what a plain word may be the inflected form of, itself first."""
    yield word
    for ending, nominative in _ENDINGS.get(language, ()):
        if word.endswith(ending) and len(word) - len(ending) >= MIN_STEM:
            stem = word.removesuffix(ending)
            yield stem + nominative
            if language in SLAVIC and not nominative and not VOWELS & {*stem[-2:]}:
                yield f"{stem[:-1]}e{stem[-1]}"
