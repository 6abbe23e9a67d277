# ruff: noqa: E501, RUF001 - patterns are read in one piece; people type curly quotes and dashes
"""Passwords of plain words: what one says to an alarm centre or a bank, and pass phrases in quotes."""

import re
from collections.abc import Iterator

from proxy.detection.recognizers.base import Match
from proxy.detection.recognizers.credentials.reading import Reading
from proxy.detection.recognizers.credentials.values import phrase, stands_in
from proxy.detection.recognizers.credentials.words import STAND_INS, said

_JOINT = r"(?:[ \t]?[:=?]|[ \t](?:is|was|ist|lautet|war|est|es|era|è|é|to|jest|är|:))[ \t]{1,2}(?:A:[ \t])?(?:(?i:it is|it['’]s|es ist|c['’]est)[ \t])?"
_NAME = r"[A-ZÄÖÜÉÅØŁŚŻ][^\W\d_]{2,15}"
_ENDS = r"(?=[\"'”»]?[ \t]*(?:[.,;!)\n]|$|(?:when|if|as|and|wenn|und|falls|et|y|e|en|och)\b))"
_ENGLISH = (
    r"(?:verbal|telephone|phone|spoken|duress|safe|security|alarm|challenge|code)[ -]?(?:pass)?(?:word|phrase)|codeword"
)
_OTHERS = (
    r"kennwort|losungswort|codewort|sicherheitswort|telefonpasswort|mot de (?:passe (?:vocal|oral|téléphonique)|code)|palabra (?:clave|de seguridad)|parola (?:d['’]ordine|di sicurezza)"
    r"|hasło (?:głosowe|słowne|telefoniczne)|veiligheidswoord|codewoord|kodord(?:et)?|palavra[ -](?:de segurança|passe)|contraseña (?:verbal|telefónica)"
)
_OF = r"(?:[ \t][^\n.:;?!=]{1,40}?)?"
_SAID = re.compile(
    rf"(?<![\w-])(?:(?i:say|give|use|mention) (?i:the|das) (?i:word|wort|password)[ \t](?P<told>{_NAME})|(?:(?i:{_ENGLISH}))(?:{_OF}{_JOINT}(?P<answer>[^\W\d_]{{4,15}}(?: {_NAME}){{0,2}})|[ \t](?P<english>{_NAME}(?: {_NAME}){{0,2}}))"
    rf"|(?:(?i:{_OTHERS}))(?:{_OF}{_JOINT}(?P<word>{_NAME}(?: {_NAME}){{0,2}})|[ \t](?P<words>{_NAME}(?: {_NAME}){{1,2}})))[\"'”»]?{_ENDS}"
)
_QUOTED = re.compile(
    r"(?:pass ?phrase|pass ?sentence|pass ?word|passwort|kennwort|passsatz|mot de passe|phrase de passe|contraseña|frase|wachtwoord\w{0,3}|senha|hasło|lösen\w{0,5}|password)(?:[ \t][^\n.;:!?\"“„«]{1,48})?"
    r"(?:[:=]|,? (?:which )?(?:is|was|ist|lautet|war|est|es|era|è|é|to|jest|är))(?: now| still| just| jetzt)?[ \t]{1,2}(?:'(?P<a>[^'\n]{9,64})'|[\"“„”](?P<b>[^\"“”„\n]{9,64})[\"“”]|[«»](?P<c>[^«»\n]{9,64})[«»]|`(?P<d>[^`\n]{9,64})`)(?!\w)"
)
_ABOUT = re.compile(
    r"error|message|says|field|label|placeholder|hint|prompt|meldung|fehler|feld|policy|column|page|title|titel|warning"
)
_GATES = (
    *("password", "passphrase", "pass phrase", "phrase", " word", "codeword", "wort", "mot de", "palabra", "parola"),
    *("hasło", "woord", "kodord", "palavra", "contraseña", "senha", "lösen"),
)


def find(reading: Reading) -> Iterator[Match]:
    """Yield passwords; the canonical form is the password."""
    if not reading.has(*_GATES):
        return
    for told in _SAID.finditer(reading.text):
        group = told.lastgroup or ""
        words = told[group].lower().split()
        if not _ABOUT.search(told[0].lower()) and not any(_speaks_of(word) for word in words):
            yield Match("PASSWORD", *told.span(group), 0.5, told[group])
    for quoted in _QUOTED.finditer(reading.low):
        group = quoted.lastgroup or ""
        words = " ".join(word for word in quoted[group].split() if not word.isdigit())
        if phrase(words) and not _ABOUT.search(quoted[0]):
            at = quoted.span(group)
            yield Match("PASSWORD", *at, 0.5, reading.text[slice(*at)])


def _speaks_of(word: str) -> bool:
    """Whether a word says something about a password and is none of one."""
    return word in STAND_INS or said(word) or stands_in(word) or "pass" in word or "wort" in word or "word" in word
