"""Values that are spread: a sign between all characters, tags within a word, literals that a program adds up."""

import re
from collections.abc import Iterator

from proxy.detection.decoders.budget import Budget
from proxy.detection.decoders.windows import marked, rewrite

SPACED = re.compile(r"(?<![^\W_])\S(?: {1,4}\S(?= )){4,}(?: {1,4}\S(?!\w))?")
JOINED = re.compile(r"(?<![^\W_])\S([.,_*|/:;~+·•-])[\s\S](?:\1[\s\S]){4,}")
_SPACE_MARKS, _JOINT_MARKS = re.compile(r" (?=\S {1,4}\S )"), re.compile(r"(?=([.,_*|/:;~+·•-])[\s\S]\1[\s\S]\1)")
_GAP = re.compile(r" {2,}")
TAGS = re.compile(
    r"(?:</?(?:abbr|b|bdi|bdo|code|del|em|font|i|ins|kbd|mark|nobr|s|small|span|strong|sub|sup|tt|u|wbr)"
    r"(?:\s[^<>]{0,200})?/?>|<!--[^>]{0,200}-->|<!\[CDATA\[|\]\]>){1,8}(?=[\w@.+-])",
    re.IGNORECASE,
)
_TAG_MARKS = re.compile(r"[<\]](?<=[\w@.+-][<\]])")
EMPHASIS = re.compile(r"(?:\*\*|~~)(?<=[\w@+-]..)\*?(?=[\w@+])")
LITERALS = re.compile(
    r"([\"'`])(?<=[^\"'`({\[].)(?:[ \t]{0,8}(?:[+&.]|\.\.|<<|\|\|)\s{0,80}|(?<=\S.)[ \t]{0,8}\\?\n?\s{1,80})"
    r"[frbu]?\1(?=[^\"'`)}\],;:])"
)
PARTS = re.compile(r"[(\[]((?:\s{0,80}+([\"'`])[^\"'`\n]{0,200}+\2\s{0,8}+,?+){2,60}+)\s{0,80}+[)\]]")
_ADDS = ("join", "concat", "CONCAT", "Concat")
_PART = re.compile(r"([\"'`])([^\"'`\n]{0,200})\1")
MIN_LETTERS, MIN_KINDS, NEAR = 5, 3, 24


def layout(text: str, budget: Budget) -> Iterator[str]:
    """Take out what stands between the characters or the pieces of a value."""
    if " " in text:
        yield from rewrite(text, marked(text, SPACED, _SPACE_MARKS, (-1, 1)), _spaced, budget)
    yield from rewrite(text, marked(text, JOINED, _JOINT_MARKS, (-1,)), _joined, budget)
    if "<" in text or "]]>" in text:
        yield from rewrite(text, marked(text, TAGS, _TAG_MARKS), lambda _: "", budget)
    if "**" in text or "~~" in text:
        yield from rewrite(text, EMPHASIS.finditer(text), lambda _: "", budget)
    if '"' in text or "'" in text or "`" in text:
        yield from rewrite(text, LITERALS.finditer(text), lambda _: "", budget)
    if any(word in text for word in _ADDS):
        yield from rewrite(text, PARTS.finditer(text), _parts, budget)


def _spaced(match: re.Match[str]) -> str | None:
    return _written(_GAP.sub("\n", match[0]).replace(" ", "").replace("\n", " "))


def _joined(match: re.Match[str]) -> str | None:
    """Return every other character; the last belongs to a word that may begin there."""
    text, behind = match[0], match.string[match.end() : match.end() + 1]
    end = len(text) - 2 * behind.isalnum()
    made = _written(text[:end:2])
    return None if made is None else made + text[end:]


def _written(text: str) -> str | None:
    """Return what may be a value: rows of dashes, of bits and of a table's bars are none."""
    letters = [char for char in text if char.isalnum()]
    return text if len(letters) >= MIN_LETTERS and len(set(letters)) >= MIN_KINDS else None


def _parts(match: re.Match[str]) -> str | None:
    """Add up literals in brackets, where something beside the brackets says that the program does."""
    around = match.string[max(0, match.start() - NEAR) : match.start()], match.string[match.end() : match.end() + NEAR]
    if not any(word in side for side in around for word in _ADDS):
        return None
    return '"' + "".join(part for _, part in _PART.findall(match[1])) + '"'
