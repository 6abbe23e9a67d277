# ruff: noqa: E501 - patterns are read in one piece
"""Passwords that answer a question for them, that are to be written down, or that stand in brackets behind what they open."""

import re
from collections.abc import Iterator

from proxy.detection.recognizers.base import Match
from proxy.detection.recognizers.credentials.prose import OPEN
from proxy.detection.recognizers.credentials.reading import Reading
from proxy.detection.recognizers.credentials.values import SIGNS, clean, parts, strong_password

FAR = 200
"""How far from the word that says what it is a password may stand that is to be written down."""
_MIXED = r"(?=[^\s]{0,40}\d)(?=[^\s]{0,40}[^\W\d_])"
_VALUE = rf"{OPEN}(?P<value>{_MIXED}[^\s\"'`“”„«»<>(),;]{{6,64}})(?=[\s\"'`“”„«»<>(),;]|$)"
_TOPIC = re.compile(
    r"wi-?fi|wlan|password|passwd|passwort|kennwort|passphrase|mot de passe|contraseña|wachtwoord|senha|hasło|lösenord|palavra-passe|parola d'ordine|(?<!\w)(?:pw|mdp|login)(?!\w)"
)
_NOTED = re.compile(
    r"(?:(?:write|writ|jot|note|take|put)(?:ing)? (?:it|this|that|them)? ?down|(?<!\w)note(?: it)?|make a note|remember(?: it| this)?|keep (?:it|this)|here it (?:is|comes)|it's|sticker|label says"
    r"|schreib\w* (?:es |dir |das |euch )*auf|notier\w*(?: dir| euch)?|merk\w* (?:dir|euch)|notez(?:-le)?|note-le|anót\w+|apunt\w+|annot\w+|segna\w*|noteer|schrijf \w{2,5} op|zapisz|anot\w+|skriv upp)[^\n:.]{0,12}:\s{1,2}"
    + _VALUE
)
_STICKER = re.compile(
    r"(?:sticker|label|post-?it|aufkleber|etikett|zettel|étiquette|etiqueta|pegatina|etichetta|adesivo|briefje|naklejk[ai]|karteczk[ai]|lappen)"
    r"[^\n.:;?!]{0,40}?(?:says|said|reads|steht|stand|dit|dice|diz|staat|jest|står)[ \t:]{1,3}" + _VALUE
)
_TOPICS = tuple(
    (  # noqa: SIM905 - words read better
        "wifi|wi-fi|wlan|passw|kennwort|passphrase|mot de passe|contraseña|wachtwoord|senha|hasło|lösenord|"
        "palavra-passe|parola d'ordine|pw|mdp|login"
    ).split("|")
)
_STICKERS = tuple(
    (  # noqa: SIM905 - words read better
        "sticker|label|post|aufkleber|etikett|zettel|étiquette|etiqueta|pegatina|etichetta|adesivo|briefje|naklejk|"
        "karteczk|lappen"
    ).split("|")
)
"""What stands in every match of _TOPIC, and of _STICKER."""
_ASKED = re.compile(
    r"(?:what(?:'s| is| was|s)?|which|anyone (?:know|have)|(?:can|could) (?:you|someone|anybody|anyone) (?:send|tell|give|share)|(?:do|does) (?:you|anyone|anybody) (?:know|have|remember)|remind me"
    r"|was (?:ist|war)|wie (?:ist|war|lautet|heißt|lautete)|welches|(?:hat|kennt|weiß) (?:jemand|wer|noch wer)|quel(?:le)? (?:est|était)|c'est quoi|cuál (?:es|era)|qual(?:'è| è| é| era)|wat (?:is|was)|welk|jakie (?:jest|było)|vad (?:är|var))"
    r"[^\n?]{0,60}$"
)
_QUESTION = re.compile(r"[^\n?]{0,60}[?\n]")
_ANSWER = re.compile(r"(?<![^\s\"'`*(:])" + _VALUE)
_BRACKET = re.compile(r"[^\n.:;=?!()]{0,60}?[ \t]\(" + _VALUE)
_REFERENCE = re.compile(
    r"(?:issue|pr|pull|bug|ticket|case|task|story|item|no|nr|note|page|line|chapter|step|room|apt|unit|sn|serial|lot|batch|model|part|build|rev\w*|[\w-]+/[\w.-]+)#\d+",
    re.IGNORECASE,
)
_SURE = SIGNS | frozenset("!@?+=")
_DATE = re.compile(
    r"\d{1,4}(?:st|nd|rd|th)?[-/.](?:\w{2,9})[-/.]\d{2,4}.*|v?\d+(?:[.-]\w+)+|[A-Z]{2,8}-\d+|.*@[\w-]+(?:\.[\w-]+)+|\W?\d+\W?[a-z]{1,6}",
    re.IGNORECASE,
)


def find(reading: Reading) -> Iterator[Match]:
    """Yield passwords; the canonical form is the password."""
    for told in _STICKER.finditer(reading.low) if reading.has(*_STICKERS) else ():
        yield from _judged(reading.text, told, sure=True)
    if not reading.has(*_TOPICS) or not _TOPIC.search(reading.low):
        return
    for noted in _NOTED.finditer(reading.low):
        if _TOPIC.search(reading.low, max(0, noted.start() - FAR), noted.start("value")):
            yield from _judged(reading.text, noted, sure=False)
    for name in reading.names:
        if name.kind == "password" and not name.variable:
            bracket = _BRACKET.match(reading.low, name.end)
            if bracket:
                yield from _judged(reading.text, bracket, sure=True)
    for topic in _TOPIC.finditer(reading.low):
        question = _QUESTION.match(reading.low, topic.end())
        if question and _ASKED.search(reading.low[max(0, topic.start() - FAR) : topic.start()]):
            yield from _answered(reading, question.end())


def _answered(reading: Reading, end: int) -> Iterator[Match]:
    """Yield the first thing behind a question that is mixed as a password: letters, digits and a sign."""
    for answer in _ANSWER.finditer(reading.low, end, end + FAR):
        found = list(_judged(reading.text, answer, sure=True))
        if found:
            yield from found
            return


def _judged(text: str, found: re.Match[str], *, sure: bool) -> Iterator[Match]:
    """Yield a value that could only be a password, as no date, version, reference or mailbox is."""
    start = found.start("value")
    value = clean(text[start : found.end("value")])
    if not sure:
        value = value.rstrip("!?")
    if _REFERENCE.fullmatch(value) or _DATE.fullmatch(value) or not strong_password(value):
        return
    if not any(char.isdigit() for char in value) or (sure and not _SURE & set(value)):
        return
    if len(parts(value)) > 1 or _SURE & set(value):
        yield Match("PASSWORD", start, start + len(value), 0.6, value)
