# ruff: noqa: E501 - patterns and word lists are read in one piece
"""Second factors and last resorts: seeds of authenticators, codes sent once, recovery codes, licence keys, seed phrases."""

import re
from collections.abc import Iterator

from proxy.detection.lexicon import words
from proxy.detection.recognizers.base import Match
from proxy.detection.recognizers.credentials.reading import Reading
from proxy.detection.recognizers.credentials.rules import Rule
from proxy.detection.recognizers.credentials.values import random_like, stands_in
from proxy.detection.recognizers.credentials.words import said

_CODES = re.compile(
    r"(?:recovery|backup|emergency|scratch|wiederherstellungs|notfall)[- _]?(?:codes?|schlüssel)\b(?P<list>[^\n]{0,60}(?:\n[^\n]{0,80}){0,14})"
)
_CODE = re.compile(r"(?<![\w-])(?=[a-z-]{0,16}\d)(?:\d{4} \d{4}|[a-z0-9]{4,10}(?:-[a-z0-9]{4,10}){0,4})(?![\w-])")
_TALK = "the and you your for with that this have not are was can will from please should must they which when then than what but each owner needs"
_TALKED = frozenset(_TALK.split())
_SAMPLES = frozenset({"123456", "000000", "111111", "12345678", "1234", "0000", "654321"})
_CENTURIES, YEAR = ("19", "20"), 4
MIN_CODES, LONG_SEED = 2, 26


_SEED = re.compile(r"(?:seed|recovery|secret|backup|mnemonic)[ -](?:phrase|words)|mnemonic|bip-?39|wallet")
_SEED_WORDS = re.compile(
    r"(?:^|[\n.:?!\"'`(])[ \t\n]{0,3}(?P<value>(?:[a-z]{3,8}[ ,\n]{1,2}){11}(?:(?:[a-z]{3,8}[ ,\n]{1,2}){3}){0,4}[a-z]{3,8})(?=[\"'`).]?[ \t]*(?:\n|$))"
)
"""12, 15, 18, 21 or 24 words, as BIP 39 has it, that are all of a sentence."""
FAR = 240


def _base32(value: str) -> bool:
    """Whether letters and digits are mixed as in base32, and not a word in capitals."""
    mixed = any(char in "234567" for char in value) and (value.isupper() or " " in value or len(value) >= LONG_SEED)
    return mixed and not stands_in(value.replace(" ", "").upper())


def _sent(value: str) -> bool:
    """Whether a number is a code and neither the usual sample nor a year."""
    return value not in _SAMPLES and not (len(value) == YEAR and value.startswith(_CENTURIES))


def _licence(value: str) -> bool:
    """Whether groups of capitals and digits are mixed as in what unlocks a product, and none is a word's."""
    return value.isupper() and random_like(value) and not stands_in(value) and sum(map(str.isdigit, value)) > 1


def _groups(value: str) -> bool:
    """Whether groups mix letters and digits as in a code that is used once, and are no date, number or name."""
    groups = [group for code in re.split(r"[ ,]+", value) for group in code.split("-")]
    mixed = [group for group in groups if not group.isalpha() and not group.isdigit()]
    return len(mixed) * 2 >= len(groups) > 1 and not stands_in(value)


def _phrase(value: str) -> bool:
    """Whether words are none of a sentence."""
    return not _TALKED & set(value.lower().replace(",", " ").split())


_RULES = (
    Rule(
        "GENERIC_SECRET",
        0.8,
        ("otp", "2fa", "mfa", "authenticator", "factor", "faktor"),
        re.compile(
            r"(?:totp|otp|2fa|mfa|authenticator|two[- ]factor|zwei-faktor)[^\n]{0,24}?(?:secret|seed|key|schlüssel|token|code)?[^\n]{0,24}?[\s:=\"'`]{1,3}"
            r"(?P<value>(?:[a-z2-7]{16,64}|(?:[a-z2-7]{4} ){3,15}[a-z2-7]{4})={0,6})(?![\w/+-])"
        ),
        _base32,
    ),
    Rule(
        "PASSWORD",
        0.5,
        (
            "verification", "security code", "security pin", "security-code", "login code", "authentication code", "one-time", "one time",
            "2fa", "mfa", "sms", "sign-in code", "bestätigungs", "sicherheitscode", "einmal", "otp", " tan",
            "vérification", "sécurité", "verific", "seguridad", "segurança", "sicurezza", "verifica", "bevestig", "weryfik", "verifier", "engångs",
        ),
        re.compile(
            r"(?:(?:verification|security|login|authentication|one[- ]time|2fa|mfa|sms|sign-?in|bestätigungs|sicherheits|einmal)[- ]?(?:pass)?(?:code|pin|password)"
            r"|(?<!\w)otp(?: code)?|(?<!\w)tan|code de (?:vérification|sécurité|confirmation)|código de (?:verificación|seguridad|verificação|segurança|confirmación)|codice di (?:verifica|sicurezza|conferma)"
            r"|(?:verificatie|bevestigings)code|kod weryfikacyjny|verifieringskod(?:en)?|engångskod(?:en)?)"
            r"(?: is| ist| lautet| est(?: le)?| es(?: el)?| è| é| to| är| =)?:?\s(?P<value>\d{3}[ -]?\d{3}|\d{4,8})(?![\w-]|\.\d)"
        ),
        _sent,
    ),
    Rule(
        "PASSWORD",
        0.5,
        ("is your", "ist ihr", "ist dein", "est votre", "es tu", "es su", "è il tuo", "to sign in", "to log in", "zum anmelden"),
        re.compile(
            r"(?<![\w./-])(?:g-)?(?P<value>\d{3}[ -]?\d{3}|\d{4,8})(?: (?:is|ist|est|es|è) (?:your|ihr|dein|votre|ton|su|tu|il tuo)[^\n.]{0,40}(?:code|código|codice)| (?:to|zum|zur) (?:sign|log|anmeld|verif)[ -]?(?:in|ung|en|y)?(?!\w))"
        ),
        _sent,
    ),
    Rule(
        "GENERIC_SECRET",
        0.6,
        ("key", "licen", "activation", "lizenz", "schlüssel", "clé", "clave", "chiave", "klucz"),
        re.compile(r"(?:key|licen|activation|lizenz|schlüssel|clé|clave|chiave|klucz)[^\n]{0,60}?(?:\n[^\n]{0,40}?)?(?<![\w-])(?P<value>(?:[a-z0-9]{5}-){3,4}[a-z0-9]{5}|(?:[a-z0-9]{4}-){4,5}[a-z0-9]{4})(?![\w-])"),
        _licence,
    ),
    Rule(
        "GENERIC_SECRET",
        0.5,
        ("freischalt", "aktivierung", "activation", "activación", "ativação", "attivazione", "aktywac", "aktiver", "one-time", "one time", "engångs", "einmal", "unlock code", "unlock key", "recovery code", "recovery key", "backup code", "scratch code", "lose the phone", "second factor", "récupération", "recuper", "herstelcode", "odzysk", "återställ", "wiederherstell"),
        re.compile(
            r"(?:(?:freischalt|aktivierungs?|einmal|engångs|återställnings|wiederherstellungs|activerings|herstel)-?(?:code|kod|schlüssel|nyckel)\w{0,2}|(?:activation|one[- ]time|unlock|recovery|backup|scratch)[ -](?:code|key)s?|(?:code|código|codice|kod|clé|clave|chiave|chave|klucz)s? (?:d'|de |di |do )?(?:activ|ativa|attiva|aktywac|récupér|recuper|odzysk)\w{2,8}|second factor|lose the phone)"
            r"[^\n]{0,90}?(?<![\w-])(?P<value>[a-z0-9]{3,6}(?:-[a-z0-9]{3,6}){1,4}(?:,? (?:or |oder |and )?[a-z0-9]{3,6}(?:-[a-z0-9]{3,6}){1,4}){0,9})(?![\w-])"
        ),
        _groups,
    ),
    Rule(
        "PASSWORD",
        0.7,
        ("app pass", "app-pass", "app spec", "smtp", "gmail", "google", "mail"),
        re.compile(r"(?:[\"'`:=]|password is|passwort ist)[ \t]{0,2}[\"'`]?(?P<value>(?:[a-z]{4} ){3}[a-z]{4})(?=[\"'`\s.,)]|$)"),
        lambda value: sum(map(said, value.split())) == 0 and sum(word in words() for word in value.split()) <= 1,
    ),
    Rule("GENERIC_SECRET", 0.85, ("recovery", "bitlocker", "wiederherstellung"), re.compile(r"(?<![\d-])(?P<value>(?:\d{6}-){7}\d{6})(?![\d-])")),
    Rule(
        "GENERIC_SECRET",
        0.85,
        ("phrase", "mnemonic", "seed"),
        re.compile(
            r"(?:seed|mnemonic|recovery|secret|wallet|backup)[\w -]{0,24}?(?:phrase|words|mnemonic|seed)?[^\n]{0,24}?[\s:=\"'`]{1,3}"
            r"(?P<value>(?:[a-z]{3,8}[ ,\n]{1,2}){11,23}[a-z]{3,8})(?![a-z])"
        ),
        _phrase,
    ),
)  # fmt: skip


def find(reading: Reading) -> Iterator[Match]:
    """Yield seeds and codes; the canonical form is the seed or the code."""
    for rule in _RULES:
        yield from rule.find(reading)
    if reading.has("seed", "mnemonic", "bip39", "bip-39", "wallet", "recovery phrase", "secret phrase"):
        for run in _SEED_WORDS.finditer(reading.text):
            if _phrase(run["value"]) and _SEED.search(reading.low, max(0, run.start() - FAR), run.start()):
                yield Match("GENERIC_SECRET", *run.span("value"), 0.6, run["value"])
    if reading.has("codes", "schlüssel"):
        for found in _CODES.finditer(reading.low):
            codes = list(_CODE.finditer(reading.low, found.start("list"), found.end("list")))
            if len(codes) >= MIN_CODES:
                for code in codes:
                    yield Match("GENERIC_SECRET", code.start(), code.end(), 0.7, code[0])
