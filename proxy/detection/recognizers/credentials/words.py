# ruff: noqa: E501 - patterns and word lists are read in one piece
"""Words that stand where a password would and are none: placeholders, and what is said about passwords."""

import re

_STAND_INS = """
a abc access account add admin administrator an any api apikey app arg args authorization await b64 bar base64 basic bearer blah bool
boolean body bytes ca change changeit changeme char choose class client code col cols column columns conf config confirm confirmation
confirmed const contraseña contrasena cookie correct credential credentials ctx current customer data database db debug default demo
description dev disabled double dummy east elem element email empty enabled enc encrypted endpoint enter entry env error example
expected external fake false field files fill filtered first fixme float fn foo foobar form format forgot from func function
generate generated geheim get global guest hash hashed hasło haslo header headers hello here hidden hint host hostname html id
ignored in init input insert int integer internal is it item json jwt kennwort key keys label lambda last left length let line local
localhost login long lösenord losenord main masked match max me min missing mock mot my mypass mypassword na name nan new
newpassword next nil no node none north not null nullable number obj object of off ok old oldpassword on opts option optional or other
override param parameter params parent pass passe passed passkey passphrase passw passwd password passwords passwort path pattern
placeholder plain plaintext please port postgres prev private process prod production prompt protected public pw pwd query quux qux
random raw read readonly real record redacted ref regex removed repeat replace replaceme request required reset response result return
right root row rows salt sample schema second secret secrets secure self senha sensitive server service session set settings sha256
show some sorry south staging state static stdin store str string strong struct stuff super target tbd temp template test testing
text the this tmp to todo token tokens true type uint undefined unknown unset update url uri use user username uuid val value values
var varchar variable void wachtwoord west with write writeonly xxx yes you your yourpassword bcrypt child cfg
"""
STAND_INS = frozenset(_STAND_INS.split())
"""Parts of identifiers: a value of nothing else is a placeholder or a variable."""

_SAID = """
about above absent accepted access actually admin after again all almost already also always among and another any anyone anything
are arrives around asked at automatically available back bad base based because been before being below best better between beyond
blank both broken but by called can cannot case clear clearly common complex compliant compromised correctly could create
credentials currently data days dead default defined different digits does done down due during each easy either eight else empty
end enough entered equal error eventually ever every everybody everyone everywhere exactly exposed fail fails false fast field
fields file fine first for forever forgotten four from full fully further game given gone good great guessable had hard has have having
he hello helpful her here hers hidden him his hours how however identical important impossible in incorrect indeed inside insecure
instead instructions into invalid is it its just kept key known last later least leaked left length less letters like likely limited
list locked login long longer lost lower lowercase made mandatory many match matches maximum maybe me mine minimum minutes mixed
months more most much multiple must my named naturally near necessary never new next no nobody none not nothing now null numbers
numeric obvious of off ok okay old on once one only open optional or other our ours out outdated over overdue own part passwords
perfect plain plaintext please policy poor predictable presumably present private probably prompted properly provided public quite
random rather readable ready really recovery regularly right safe same secret secrets secure securely security see sent separate set
several she short shorter should shown silently similar simple simply since six sixteen so some someone something somewhere soon
still storage stored strict strong stronger stupid subject successfully such sufficient symbols temporarily temporary ten text than
that the their them then there these they this those three through thus time to today together tomorrow too tough trivial true
twelve twenty two typically unclear under unique unknown unless unsafe until unusable up upper uppercase us user usual usually valid
very via void vulnerable was we weak weaker weeks well were what when where whether which while who whole whose why will with
within without word wrong yes yet you your yours zero
falsch richtig korrekt leer kurz lang sicher geheim nötig notwendig pflicht pflichtfeld bekannt alt neu gleich anders stark schwach
gut schlecht weg hier dort nur noch nicht kein keine schon immer wieder leider aber und oder zu der die das dem den ein eine einer
im mit aus auf bei nach vor über unter wie wo was wer ihr sein mein dein unser gültig klartext
correct incorrect correcte incorrecte faux fausse vide court courte longue trop très obligatoire facultatif requis requise invalide
valide faible fort forte identique différent le la les un une des du de que qui dans sur avec sans pour pas plus ici mal
incorrecta incorrecto correcta correcto vacía vacío corta corto larga largo débil fuerte segura seguro inválida válida errónea igual
distinta nueva vieja el los las uno muy más menos sí aquí con para por del secreta
errata errato corretta corretto vuota vuoto debole valida invalida diversa uguale nuova vecchia troppo molto più meno non qui che
senza per di della nel
onjuist juist leeg zwak sterk veilig onveilig ongeldig geldig verplicht vergeten verlopen nodig het een niet wel geen ook
errada errado correta correto vazia vazio curta fraca diferente nova velha muito mais não com sem
wymagane nieprawidłowe poprawne puste krótkie długie słabe silne błędne ważne nowe stare jest nie tak za
fel rätt tomt kort långt svagt starkt säkert giltigt nytt gammalt krävs saknas inte för en ett det
"""
_SAID_ENDINGS = re.compile(
    r"\w{3,}(?:ed|able|ible|tion|sive|ment)|(?!spring$|king$|viking$|darling$|sterling$|morning$)\w{2,}ing"
    r"|ge\w{3,}(?:t|en)|ver\w{3,}t|ab\w{3,}(?:t|en)|\w{3,}(?:lich|bar|iert|haft)|un\w{2,}(?:ig|t)"
    r"|\w{3,}(?:ée?s?|oires?|iques?)|\w{3,}(?:[ai]d[oa]s?|[oó]ri[oa]s?|ata|ato|uto|uta)|on\w{2,}(?:ig|ist)|\w{3,}(?:eerd|owe|ane|igt)"
)


def said(word: str) -> bool:
    """Whether a lower-case word says something about a password: it is wrong, expired, required, in the vault."""
    return word in _SAID_WORDS or _SAID_ENDINGS.fullmatch(word) is not None


_SAID_WORDS = frozenset(_SAID.split())

TECHNICAL = re.compile(
    r"(?:oauth|sha|md|base|aes|utf|ipv|https?|tls|ssl|argon|pbkdf|bcrypt|scrypt|saml|ed|x|rs|hs|es|win|windows|office|python|php|mysql"
    r"|postgres|java|node|web|log|arg|param|field|input|pw|val|str|string|line|col|tmp|temp|var|data|item|text|word|part|step"
    r"|option|level|v|version|token|key|value)[-_]?[0-9]{1,3}[a-z]{0,2}"
    r"|1password|[0-9]{1,4}[-_ ]?(?:bits?|bytes?|chars?|characters?|days?|hours?|[hdsx%]|min|minutes?|ms|[kmg]b|factor|step|time"
    r"|digits?|rd|th|st|nd)(?:[-_].*)?|#?[0-9]+(?:[-/.:,][0-9]+)*%?|[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}.*",
    re.IGNORECASE,
)
"""Technical terms and quantities: letters beside digits that make no password."""

_PAIRS = """
ab ac ad ag ai ak al am an ap ar as at au av ba be bi bl bo bu ca cc ce ch ci ck cl co cr ct cu da de di do ds du ea ec ed ee ef eg
el em en ep er es et ev ex fa fe ff fi fo fu ga ge gi gn gr gu ha he hi ho ia ib ic id ie if ig il im in io ip ir is it iv iz ke ki
la ld le li ll lo ls lt lu ly ma me mi mm mo mp na nc nd ne nf ng ni no ns nt nu nv oa ob oc od og ok ol om on oo op or os ot ou ov ow
pa pe pi pl po pp pr pt pu qu ra rc rd re rg ri rm rn ro rr rs rt ru ry sa sc se sh si so sp ss st su ta tc te th ti tl to tr ts tt tu
ty ua ub uc ue ui ul um un up ur us ut va ve vi wa we wi wo xp yp ze
"""
COMMON_PAIRS = frozenset(_PAIRS.split())
"""The commonest pairs of letters in the words of English prose and of identifiers: 9 of 10 pairs of a word, 3 of 10 by chance."""
