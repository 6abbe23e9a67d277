"""The words around a number that say what it is: before it, behind it, its key, or the head of its column.

Words are compared without case, accents and separators: `Steuer-ID`, `steuerId` and `steuer_id` are one label.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator

from proxy.detection.recognizers.tables import head

BEFORE, BEHIND = 80, 40
"""How many characters before and behind a number are read."""
MAX_WORDS = 4
"""How many words a label may have, without those of `_EMPTY`."""
FAR = 99
_SPACED = "\u0e00"
"""Scripts from here on write words without spaces: their labels are looked for inside of words."""
SHORT = 3
"""Labels of so few letters mean other things too, so they must stand close by: two words for each letter."""
_SIGNS = (
    (re.compile(r"(?<![^\W_])(?:a/c|c/c)(?![^\W_])", re.IGNORECASE), "acct"),
    (re.compile(r"(?<![^\W_])s/c(?![^\W_])", re.IGNORECASE), "sort code"),
    (re.compile(r"(?<![^\W_])DoB(?![^\W_])"), "dob"),
    (re.compile(r"(?<![^\W_])(?:č\.|ч\.|№)", re.IGNORECASE), "no "),
)
"""Abbreviations that are no words, and what they say."""
_TOKEN = re.compile(
    r"[A-Z]?[^\W\d_A-Z]+|[A-Z]+(?![^\W\d_A-Z])|[A-Z]|[0-9]+(?:[A-Za-z][0-9A-Za-z]*)?|[.!?](?=\s)|;(?=\s)|\n\s*(?=\n)|#"
)
_ACCENTED = (*range(0xC0, 0x250), *range(0x386, 0x500), *range(0x1E00, 0x2000))
_PLAIN = {code: ord(unicodedata.normalize("NFD", chr(code))[0]) for code in _ACCENTED}
_PLAIN |= {ord(letter): ord(base) for letter, base in zip("øØłŁđĐðßæÆœŒıþ", "oOlLdDdsaAoOit", strict=True)}
_EMPTY_WORDS = """
an the of de del della delle dell di d du des da do dos das la le les l el il lo den der dem van het s my your his her
their our its mein meine mon ma votre mi su mio
"""
_EMPTY = frozenset(_EMPTY_WORDS.split())
"""Words that never count, in labels or beside them."""
_LINK_WORDS = """
no nr num nro nos number numbers numero numeros nummer numer # n code id is was are on for as reads ist lautet war est
es e son numara cislo szam szama nombor value val and und et y key field full new old current uk us str string text data
raw mm dd yyyy yy caller agent me rep clerk too
details othr prtry cat category class type klasse kl categoria categorie kat holder bearer owner applicant traveller
traveler employee worker titular titulaire inhaber inhaberin titolare solicitante demandeur antragsteller vom on
"""
_ISSUER_WORDS = """
british irish french german austrian swiss spanish portuguese italian dutch belgian polish czech slovak hungarian
romanian bulgarian greek danish swedish norwegian finnish estonian latvian lithuanian croatian serbian turkish russian
ukrainian american canadian mexican brazilian indian chinese japanese korean australian nigerian kenyan moroccan
israeli egyptian gbr usa irl fra deu aut che esp prt ita nld bel pol cze svk hun rou grc dnk swe nor fin tur ukr can
mex bra ind chn jpn aus deutscher deutsche osterreichischer schweizer francais francaise espanol espanola italiano
italiana portugues portuguesa nederlands belge suisse polski ceske svensk norsk dansk argentino mexicano colombiano
marocain tunisien algerien romeno
aetna cigna humana kaiser anthem bcbs uhc unitedhealthcare mgen harmonie malakoff axa sanitas adeslas asisa mapfre
dkv unimed bradesco sulamerica aok barmer dak tk ikk bkk techniker vgz menzis zilveren kruis generali allianz bupa
"""
_LINKS = frozenset((_LINK_WORDS + _ISSUER_WORDS).split())
"""Words that stand between a label and its number and change nothing, nor does a single letter: `licence B, no.`."""
_ENDS = frozenset(".!?;\n")
MAX_SHORTENED = 4
"""Letters that a shortened word has at most."""
_BLANK_KEYS = _LINKS | frozenset(
    {*"pbi", "input", "output", "content", "answer", "result", "item", "td", "th", "span", "div"}
)
"""Keys and tags that say nothing about their value."""
_LAST_WORD = re.compile(r"(?:[A-Z]*[^\W\d_A-Z]+|[A-Z]+|#)\Z")
_PUNCTUATION = " \t\n\r\"'`([{:=><-*\\.,_|°0123456789"
_BLOB = re.compile(r"(?=[A-Za-z+/_-]*[0-9])[A-Za-z0-9+/_-]{24,}")
"""Base64 and hashes: words that happen to be in them are none."""
_PARTIAL = re.compile(r"^[^\W_]+")
_KEY_CUT = re.compile(r"[\n,;|{}<&?\t\"\[\]]|[0-9]{3,}")
_NEXT = re.compile(r"[\n,;|\"{}<>=:\t\[\]]|\.\s")

_SAID_BEHIND = re.compile(r"[\"')`]* ?(?:\(|(?:is|as|was|ist|est|es) )")


def plain(text: str) -> str:
    """Return the text with a plain letter for each accented one."""
    return text if text.isascii() else text.translate(_PLAIN)


def _spelled(text: str) -> str:
    for sign, said in _SIGNS if "/" in text or "DoB" in text or not text.isascii() else ():
        text = sign.sub(said, text)
    return text


def tokens(text: str) -> list[str]:
    """Return words, numbers and sentence ends in lower case; words of keys are split where the case changes."""
    found = [token.lower() for token in _TOKEN.findall(plain(_spelled(text)))]
    return [token[0] if token[0] == "\n" else token for token in found if token not in _EMPTY]


def label(text: str) -> str:
    """Return the form in which a label is compared."""
    return "".join(tokens(text))


def labels(text: str) -> frozenset[str]:
    """Return labels written with commas between them."""
    return frozenset(filter(None, map(label, text.split(","))))


class Labels:
    """The known labels around one number, each with its distance: how many words stand between them."""

    __slots__ = ("_distance",)

    def __init__(self, found: Iterable[tuple[str, int]]) -> None:
        self._distance: dict[str, int] = {}
        for phrase, distance in found:
            self._distance[phrase] = min(distance, self._distance.get(phrase, FAR))

    def __bool__(self) -> bool:
        return bool(self._distance)

    def nearest(self, wanted: frozenset[str]) -> int:
        """Return the distance of the nearest of these labels; FAR where there is none."""
        nearest = FAR
        for phrase, distance in self._distance.items():
            if distance < nearest and phrase in wanted and (len(phrase) > SHORT or distance < 2 * len(phrase)):
                nearest = distance
        return nearest

    def direct(self, wanted: frozenset[str]) -> list[str]:
        """Return those of these labels that stand directly beside the number."""
        return [phrase for phrase, distance in self._distance.items() if distance == 0 and phrase in wanted]


class Vocabulary:
    """Known labels, and a quick look at which of them stand in a text."""

    def __init__(self, known: Iterable[str]) -> None:
        self._known = frozenset(known)
        self._begun = frozenset(phrase[:size] for phrase in self._known for size in range(1, len(phrase) + 1))
        self._unspaced = tuple(phrase for phrase in self._known if phrase > _SPACED)

    def present(self, text: str) -> frozenset[str]:
        """Return the labels that stand in a text."""
        words = tokens(text)
        found = set()
        for first, word in enumerate(words):
            if word in self._begun:
                phrase = ""
                for part in words[first : first + MAX_WORDS]:
                    phrase += part
                    if phrase not in self._begun:
                        break
                    if phrase in self._known:
                        found.add(phrase)
            elif word > _SPACED:
                found.update(phrase for phrase in self._unspaced if phrase in word)
        return frozenset(found)


class Around:
    """The labels around the numbers of one text."""

    def __init__(self, text: str, known: frozenset[str]) -> None:
        self._text = text
        self._known = known
        self._labels: dict[int, Labels] = {}
        self._heads: dict[str, Labels] = {}

    @property
    def empty(self) -> bool:
        """Whether no label stands in the text at all."""
        return not self._known

    def tabled(self, start: int) -> bool:
        """Whether a number stands in a column that has a head."""
        return head(self._text, start) is not None

    def labels(self, start: int, end: int) -> Labels:
        """Return the known labels of the number that stands there."""
        if start not in self._labels:
            self._labels[start] = self._read(start, end)
        return self._labels[start]

    def announced(self, start: int, end: int, endings: frozenset[str]) -> bool:
        """Whether a word with one of these endings, or one that links, stands beside a number or heads its column."""
        column = head(self._text, start)
        if column is not None:
            return bool(self.labels(start, end))
        left = self._text[max(0, start - 30) : start].rstrip(_PUNCTUATION)
        found = _LAST_WORD.search(left)
        word = plain(found[0]).lower() if found else ""
        return word in endings or _neutral(word) or word in _EMPTY or _SAID_BEHIND.match(self._text, end) is not None

    def _read(self, start: int, end: int) -> Labels:
        text, known = self._text, self._known
        column = head(text, start)
        if column is not None:
            if column not in self._heads:
                self._heads[column] = Labels((phrase, 0) for phrase, _ in _before(tokens(column), known))
            row = text[max(text.rfind("\n", 0, start) + 1, start - BEFORE) : start]
            return self._heads[column] or Labels(_before(tokens(_BLOB.sub(" ", row)), known))
        left = text[max(0, start - BEFORE) : start]
        if start > BEFORE:
            left = _PARTIAL.sub("", left)
        left = _BLOB.sub(" ", left)
        key = _key(left)
        found = list(_before(tokens(left if key is None else key), known))
        return Labels([*found, *_behind(text[end : end + BEHIND], known)])


def _key(left: str) -> str | None:
    """Return the key whose value begins here; None where there is none or where it says nothing, like `value`."""
    bare = left.rstrip(" \"'([{#\\`")
    if not bare.endswith((":", "=", ">")):
        return None
    if bare.endswith("=") and bare[-2:-1] not in (" ", ":", ""):
        bare = bare[max(bare.rfind(" "), bare.rfind("\n")) + 1 :]
    bare = bare.rstrip(":=> -").rstrip("\"'` ])\\*_")
    own = _KEY_CUT.split(bare)[-1]
    return None if all(token in _BLANK_KEYS for token in tokens(own)) else own


def _before(words: list[str], known: frozenset[str]) -> Iterator[tuple[str, int]]:
    distance = 0
    for last in range(len(words) - 1, -1, -1):
        phrase = ""
        for first in range(last, max(-1, last - MAX_WORDS), -1):
            phrase = words[first] + phrase
            if phrase in known and _whole(phrase, words[first : last + 1], known):
                yield phrase, distance
        if words[last] > _SPACED and words[last] not in known:
            yield from ((phrase, distance) for phrase in known if phrase > _SPACED and phrase in words[last])
        if words[last] in _ENDS:
            distance += 0 if last and words[last] == "." and _shortened(words[last - 1]) else 3
        elif not _neutral(words[last]):
            distance += 1


def _neutral(word: str) -> bool:
    return word in _LINKS or (len(word) == 1 and word.isalpha() and word < _SPACED)


def _shortened(word: str) -> bool:
    """Whether a full stop behind a word shortens it rather than ending a sentence: `geb.`, `Kontonr.`."""
    return len(word) <= MAX_SHORTENED or word.endswith("nr")


def _whole(phrase: str, words: list[str], known: frozenset[str]) -> bool:
    """Whether a short label is one word, an abbreviation with full stops or a longer label, not two words by chance."""
    return len(phrase) > SHORT or len(words) in (1, len(phrase)) or words[0] in known


def _behind(right: str, known: frozenset[str]) -> Iterator[tuple[str, int]]:
    distance = 0 if _SAID_BEHIND.match(right) else 2
    right = right.lstrip("\"')`")
    cut = _NEXT.search(right)
    if cut is not None:
        if cut[0] in ":=":
            return
        right = right[: cut.start()]
    words = tokens(right)
    for first in range(len(words)):
        phrase = ""
        for last in range(first, min(len(words), first + MAX_WORDS)):
            phrase += words[last]
            if phrase in known and _whole(phrase, words[first : last + 1], known):
                yield phrase, distance
        if not _neutral(words[first]):
            distance += 1
