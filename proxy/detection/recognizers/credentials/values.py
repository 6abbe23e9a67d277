# ruff: noqa: E501 - patterns and word lists are read in one piece
"""Whether what stands where a secret would is one, and not a placeholder, a reference, code, a word or a sentence."""

import math
import re
from collections import Counter
from itertools import pairwise

from proxy.detection.recognizers.credentials.words import COMMON_PAIRS, STAND_INS, TECHNICAL, said

UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
HEX = re.compile(r"(?:0x)?[0-9a-fA-F]+")
MAX_PASSWORD, MIN_SECRET, MIN_BARE, MIN_PASSWORD, MIN_WORD, MIN_HEX, LONG = 128, 8, 16, 4, 5, 16, 20
MIN_PHRASE, MAX_PHRASE, LONG_PHRASE = 3, 10, 5
MIN_ENTROPY, MIN_ENTROPY_LONG, MIN_ENTROPY_SIGNS, MIN_LONG = 2.5, 3.0, 4.6, 40
_SAMPLES = re.compile(
    r"JBSWY3DPEHPK3PXP|GEZDGNBVGY3TQOJQ|dGhlIHNhbXBsZSBub25jZQ|open ?sesame|4eC39HqLyjWDarjtT1zdp7dc|tIKV2uP2QwrhSTRiZAI1a5Hf"
    r"|eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lI|Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6"
)
"""What documentation prints: TOTP seeds of Google and RFC 6238, RFC 6455, RFC 7617, Stripe, jwt.io, Azurite."""
SIGNS = frozenset("#$%^&*~§€£")
"""What people put into passwords, and neither sentences nor code put beside letters: `!` and `?` end sentences."""
WORDY, MAX_TURNS, MAX_NUMBERS, MIN_PART = 0.6, 0.35, 3, 3
MIN_PARTS, MAX_PIECES = 2, 3
"""An identifier has this share of common letter pairs at least, so many changes of case a letter and numbers at most,
and its parts are so long on average."""

_MASKED = re.compile(r"[*•●·.xX_#?=~…-]+|.*(?:\*{3}|\.{3}|…|•{2}|x{5}|X{5}).*|(.)\1+", re.DOTALL)
_VARIABLE = re.compile(
    r"\$[A-Za-z_]+\d?|\$?[({].*|\$(?:env|ENV):.*|%[A-Za-z.]+%?|@{1,2}[A-Za-z_]+@{1,2}|__\w+__|<.*|#\{.*|:[A-Za-z_]+|[&*][A-Za-z]+"
    r"|!(?:Ref|Sub|GetAtt|ImportValue|vault|secret|env|reference|Join|FindInMap)\b.*|\[[^\]]*\]?|ENC\[.*|\\?[nrt]"
    r"|.*\{\{?[\w.$ \"'-]*\}.*",
    re.DOTALL,
)
_ELSEWHERE = re.compile(
    r"(?:arn|op|vault|ssm|kv|ref\+?\w*|file|env|gsm|awssm|secret|secretsmanager|azurekeyvault|keyvault|keychain|bws|aws-sm)"
    r":[\w/.+].*|projects/[\w-]+/secrets/.*|https?://.*|wss?://.*|[A-Za-z]:\\.*|(?:~|\.{1,2})?/[\w.-]+/[\w./ -]*|(?:~|\.{1,2})/.*|[a-z_][a-z_.]*\[\d{1,2}\]"
    r"|[\w./-]+\.(?:pem|key|crt|cer|txt|json|ya?ml|env|p12|pfx|jks|py|js|ts|go|md|csv|html?|php|conf|ini|toml|sh|log|png|jpe?g|pdf|svg|gif|zip|t?gz|xlsx?|docx?|ipynb|java|rb|rs|c|h|cpp|tsx|jsx)(?:[#?].*)?",
    re.DOTALL | re.IGNORECASE,
)
_DOTTED = re.compile(r"\\{0,2}[A-Za-z_$][\w$]*!?(?:(?:\??\.#?|->|::|\\{1,2})[A-Za-z_$][\w$]*!?)+")
_DOTTED_WORDS = re.compile(r"(?:[A-Z]?[a-zäöüß]{4,}\.){1,3}[A-Z]?[a-zäöüß]{3,}\d{1,4}")
"""Words with dots that end in a number, as passwords do and attributes do not."""
_CALL = re.compile(r"([\w.$:>-]*[A-Za-z_]\w*)!?[(\[<]")
_RULES = re.compile(r"[A-Za-z]+(?:\|[A-Za-z:0-9]+)+")
_STAND_IN = re.compile(
    r"example|placeholder|your|change.?(?:me|it|this)|replace.?(?:me|this|with)|insert|redacted|_here|-here|fixme|<[\w -]+>|0123456789"
    r"|1234567890|abcdefgh|deadbeef|\$\{|\{\{|\[[^\]\s]{0,40}[0aA]-[9zZ]|\\\\[dwsb]|lorem|foobar|dummy|generate|string.?here|here$",
    re.IGNORECASE,
)
_JOINED = re.compile(
    r"(?:postgres|mysql|root|admin|db|user|database|redis|mongo|wrong|new|old|my|your|bad|invalid|test|some|user|fake|dummy|the|super|secure|strong|good|random|another|other|correct|current|top|plain|hashed|very|so)"
    r"(?:pass(?:word|wd|phrase|code)?|pwd|pw|secret|secure|token|key)s?\d?|(?:admin|root|test|user|pass|secret){2}",
    re.IGNORECASE,
)
_PARTS = re.compile(r"[^\W\d_]+|\d+")
_HUMPS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_LETTERS = re.compile(r"[a-z]+")
_NUMBERS = re.compile(r"\d+")
_TURN = re.compile(r"[a-z][A-Z]|[A-Z][a-z]")
_COMPOUND = re.compile(r"[^\W_]+(?:[-_!?#$%&*+@~^][^\W_]+)*[!?#$%&*+@]{0,3}")
_OF_PASSWORDS = re.compile(
    r"pass|wort(?!h)|word|phrase|clave|contrase|senha|hasł|lösen|secret|schlüssel|login|user|account|konto|admin|server|e-?mail|enter|bitte|please"
)
_COUNTED = frozenset(
    """
    least most must characters chars digits letters symbols minimum maximum days minutes hours attempts times mindestens höchstens zeichen ziffern
    tage minuten caractères chiffres jours moins caracteres dígitos días menos caratteri cifre giorni almeno tekens cijfers dagen minstens znaków tecken
    """.split()  # noqa: SIM905 - words read better
)
"""What a sentence about passwords counts."""
_EXCLAIMED = re.compile(r"[!?]+")
_CLOSING = {")": "(", "]": "[", "}": "{", ">": "<"}
_TRAILING = ".,;:\"'`*|\\"


def entropy(text: str) -> float:
    """Return Shannon entropy in bits a character."""
    return -sum(n / len(text) * math.log2(n / len(text)) for n in Counter(text).values()) if text else 0.0


def clean(value: str) -> str:
    """Cut off what only follows a value: punctuation, quotes, brackets that were not opened in it."""
    end = len(value)
    while end:
        last = value[end - 1]
        opening = _CLOSING.get(last)
        if last not in _TRAILING and (opening is None or opening in value[:end]):
            break
        end -= 1
    return value[:end]


def parts(text: str) -> list[str]:
    """Return the words and numbers of an identifier in lower case."""
    return [part.lower() for part in _PARTS.findall(_HUMPS.sub("_", text))]


def stands_in(value: str) -> bool:
    """Whether a value is masked, a variable, or only says that something should stand there."""
    if (
        not value
        or _MASKED.fullmatch(value)
        or _VARIABLE.fullmatch(value)
        or _STAND_IN.search(value)
        or _SAMPLES.search(value)
    ):
        return True
    its = parts(value)
    return _JOINED.fullmatch(value) is not None or (
        bool(its) and all(part in STAND_INS or (part.isdigit() and len(part) == 1) for part in its)
    )


def refers(value: str) -> bool:
    """Whether a value says where a secret is to be found: a path, an address, code that fetches it."""
    if (
        "://" in value
        or "](" in value
        or _ELSEWHERE.fullmatch(value)
        or (_DOTTED.fullmatch(value) and not _DOTTED_WORDS.fullmatch(value) and not _dotted_token(value))
        or _RULES.fullmatch(value)
    ):
        return True
    call = _CALL.match(value)
    return call is not None and (value.endswith(("()", ")", "])")) or wordy(call[1]))


def _dotted_token(value: str) -> bool:
    """Whether a part between dots is as long and mixed as no attribute is: `ya9.b0BXq7...`."""
    return any(len(part) >= LONG and random_like(part) for part in value.split("."))


def dotted_words(value: str) -> bool:
    """Whether words with dots between them could be a password, where no attribute can stand: `heather.Moth`."""
    pieces = value.split(".")
    named = pieces[:-1] if pieces[-1].isdigit() else pieces
    if not MIN_PARTS <= len(pieces) <= MAX_PIECES or not all(len(its) >= MIN_PART and its.isalnum() for its in named):
        return False
    if not any(char.isdigit() or char.isupper() for char in value) or _ELSEWHERE.fullmatch(value) or stands_in(value):
        return False
    return not any(part in STAND_INS or said(part) for part in parts(value))


def wordy(value: str) -> bool:
    """Whether a value is made of words, as an identifier is: letters pair as in words, and few numbers interrupt them."""
    runs = _LETTERS.findall(value.lower())
    pairs = [run[at : at + 2] for run in runs for at in range(len(run) - 1)]
    letters = sum(map(len, runs))
    if len(pairs) <= 1 or len(_NUMBERS.findall(value)) > MAX_NUMBERS or len(_TURN.findall(value)) > MAX_TURNS * letters:
        return False
    if sum(pair in COMMON_PAIRS for pair in pairs) < WORDY * len(pairs) or letters * 2 < len(value):
        return False
    return letters >= MIN_PART * sum(part.isalpha() for part in parts(value))


def random_like(value: str) -> bool:
    """Whether a value is as mixed as what a generator of keys gives."""
    if HEX.fullmatch(value):
        return len(value) >= MIN_HEX and not value.isdigit() and not value.isalpha() and entropy(value) > MIN_ENTROPY
    if wordy(value) or entropy(value) < (MIN_ENTROPY_LONG if len(value) >= LONG else MIN_ENTROPY):
        return False
    if any(char.isdigit() for char in value):
        return any(char.isalpha() for char in value)
    cases = [char.isupper() for char in value if char.isalpha()]
    changes = sum(one != other for one, other in pairwise(cases))
    return len(cases) >= LONG and changes >= len(cases) // 4


def mixed_case(value: str) -> bool:
    """Whether capitals and small letters are mixed, as they are in no digest and in few ids."""
    return sum(char.isupper() for char in value) > 1 and sum(char.islower() for char in value) > 1


def mixed_or_signed(value: str) -> bool:
    """Whether small letters and numbers stand beside capitals or signs, as they do in no name of a resource."""
    kinds = {
        "a" if char.islower() else "0" if char.isdigit() else "A" if char.isupper() or char in SIGNS else ""
        for char in value
    }
    return kinds >= {"a", "0", "A"}


def secret_like(value: str, *, least: int = MIN_SECRET, ids: bool = False) -> bool:
    """Whether a value that somebody called a key or token is one. `ids`: a UUID may be one, too."""
    if len(value) < least or any(char.isspace() for char in value):
        return False
    if UUID.fullmatch(value):
        return ids and entropy(value) > MIN_ENTROPY
    return random_like(value) and not (stands_in(value) or refers(value))


def long_secret(value: str) -> bool:
    """Whether a value is long and full of signs, as the salts of WordPress are: blanks may be among them."""
    signs = sum(not char.isalnum() for char in value)
    return (
        len(value) >= MIN_LONG and signs >= len(value) // 8 and entropy(value) > MIN_ENTROPY_SIGNS and not wordy(value)
    )


def strong_password(value: str) -> bool:
    """Whether a value has the digits or signs that a password has and a word has not."""
    if not MIN_PASSWORD < len(value) <= MAX_PASSWORD or stands_in(value) or refers(value) or TECHNICAL.fullmatch(value):
        return False
    if not any(char.isalpha() for char in value) or any(char.isspace() for char in value):
        return False
    return any(char.isdigit() or char in SIGNS for char in value)


def made_of_words(value: str, *, words: int = 2) -> bool:
    """Whether a value is joined from words as people make passwords: `otter-lamp-41`, `Garnet!Plum8`; not `db-prod-01`.

    So many of its words must be longer than three letters and none of what settings, code and placeholders are named
    for, and they must be most of it.
    """
    if len(value) > MAX_PASSWORD or not _COMPOUND.fullmatch(value) or stands_in(value) or TECHNICAL.fullmatch(value):
        return False
    its = [part for part in parts(value) if part.isalpha() and len(part) > 1]
    plain = [part for part in its if len(part) > MIN_PART and not (part in STAND_INS or said(part))]
    return len(plain) >= words and 2 * len(plain) >= len(its) and not refers(value)


def phrase(value: str, *, least: int = 3) -> bool:
    """Whether a value is a line of words as people make pass phrases, and not a sentence about one."""
    words = value.lower().split()
    if not least <= len(words) <= MAX_PHRASE or not all(map(str.isalpha, words)) or stands_in(value):
        return False
    if _OF_PASSWORDS.search(value.lower()):
        return False
    known = sum(word in STAND_INS or said(word) for word in words)
    return known <= len(words) // 3 + (len(words) > LONG_PHRASE)


def titled_phrase(value: str) -> bool:
    """Whether a line of words with a number or a sign among them is a pass phrase: `Azulejo con 3 gatos`."""
    words = [word.strip("!&+#") for word in value.split()]
    numbers = [word for word in words if word.isdigit()]
    plain = [word.lower() for word in words if word and word not in numbers]
    if len(numbers) > 1 or not (numbers or set(value) & set("!&+#")) or _COUNTED.intersection(plain):
        return False
    return len(words) >= MIN_PHRASE and phrase(" ".join(plain), least=2)


def pin(value: str) -> bool:
    """Whether a value is a number that could be one's PIN or password."""
    return value.isascii() and value.isdigit() and MIN_PASSWORD <= len(value) <= LONG


def secret_word(value: str) -> bool:
    """Whether a value is one word that could be a password: not one that says something about a password."""
    low = value.rstrip("!?").lower()
    if len(low) < MIN_WORD or not low.isalpha() or not (value[1:].islower() or value.isupper()):
        return False
    return not (low in STAND_INS or said(low) or stands_in(value))


def password_like(value: str) -> bool:
    """Whether a value that stands as a password's is one: mixed, a number, or a word that could be one."""
    if len(value) > MAX_PASSWORD or stands_in(value) or refers(value):
        return False
    return strong_password(value) or pin(value) or secret_word(value) or _exclaimed(value)


def given_password(value: str) -> bool:
    """Whether a value that stands where a program is given a password is one: there joined words are one, too."""
    return password_like(value) or made_of_words(value)


def _exclaimed(value: str) -> bool:
    """Whether `!` or `?` stands between letters as in a password, and not between two sentences."""
    pieces = [piece.lower() for piece in _EXCLAIMED.split(value.strip("!?"))]
    return len(pieces) > 1 and all(piece.isalnum() and not said(piece) for piece in pieces)
