# ruff: noqa: E501 - patterns are read in one piece
"""Names that their surroundings give away: titles, relatives, introductions, salutations, form fields, in any case.

The model reads prose well and misses names in lower case, in JSON, in tables and in other languages.
"""

import re
from collections.abc import Iterator

from proxy.detection.lexicon import given_names, plain, products, surnames, words
from proxy.detection.lexicon.figures import famous
from proxy.detection.lexicon.homonyms import NOT_ALONE
from proxy.detection.lexicon.languages import ALL_FUNCTION_WORDS
from proxy.detection.lexicon.names import PARTICLES, PLACE_WORDS, THINGS
from proxy.detection.lexicon.technology import TECHNOLOGY, brands
from proxy.detection.passage import passage
from proxy.detection.recognizers.base import Match, Recognizer
from proxy.detection.recognizers.tables import cells, titled
from proxy.detection.things import thing

_PART = r"[^\W\d_][^\W\d_'\u2019.-]*(?:['\u2019.-][^\W\d_]+)*\.?"
_CAPITAL = r"(?-i:[A-ZÀ-ÖØ-ÞĀĂĄĆČĎĐĒĖĘĚĞĢĪĮİĶŁĻŃŅŇŐŘŚŠŞŢŤŪŮŰŹŻŽȘȚ])[^\W\d_'\u2019]*(?:['\u2019-][^\W\d_]+)*"
_SMALL = r"(?:(?:van|von|vom|zu|zur|de|del|della|di|da|do|dos|das|du|der|den|ter|ten|la|le|al|el|bin|ibn|abu|mac|san|st)\s){0,2}"
_NAME = rf"{_SMALL}{_CAPITAL}(?:\s{_SMALL}{_CAPITAL}){{0,2}}"
_ANY = rf"{_SMALL}{_PART}(?:\s{_SMALL}{_PART}){{0,2}}"

TITLE = re.compile(
    rf"(?:mr|mrs|ms|miss|mx|mister|dr|doctor|prof|professor|sir|dame|rev|reverend|rabbi|imam|pastor|capt|captain|sgt|sergeant|lt|lieutenant|colonel|officer|detective|nurse|judge|auntie|uncle|aunt|coach|herrn?|hr|frau|fr|monsieur|madame|mme|mlle|maître|docteur|professeur|señora?|señorita|sra?|srta|dona|doña|dra|sig|sig\.ra|signora?|dott|dott\.ssa|avv|dhr|mevr|mevrouw|meneer|mw|pan|pana|panem|panu|pani|panią|fru|dr\. med|dipl\.-ing|(?:ing|arch|geom)(?=\.))\.?\s({_ANY})(?!\w)",
    re.IGNORECASE,
)
_KIN_EN = r"(?:brother|sister|mother|father|mum|mom|dad|son|daughter|wife|husband|spouse|fianc[eé]e?|partner|boyfriend|girlfriend|gf|bf|friend|mate|neighbou?r|cousin|niece|nephew|grand(?:ma|pa|mother|father|son|daughter)|colleague|co-?worker|teammate|boss|manager|supervisor|assistant|intern|trainee|student|pupil|classmate|roommate|flatmate|tenant|landlord|landlady|patient|client|customer|employee|candidate|applicant|nanny|babysitter|cleaner|gardener|plumber|lawyer|solicitor|dentist|therapist|accountant|teacher|tutor|ex|stepson|stepdaughter|mother-in-law|father-in-law|sister-in-law|brother-in-law)"
_KIN_OTHER = r"(?:bruder|schwester|mutter|vater|mann|sohn|tochter|freund(?:in)?|kolleg(?:e|in|en)|chef(?:in)?|nachbar(?:in|n)?|oma|opa|onkel|tante|cousine?|patient(?:in|en)?|kund(?:e|in|en)|fr[eè]re|s(?:œ|oe)ur|m[eè]re|p[eè]re|mari|femme|fils|fille|amie?|coll[eè]gue|patronn?e?|voisine?|copain|copine|oncle|grand-m[eè]re|grand-p[eè]re|pr[eé]nom|hermano|hermana|madre|padre|marido|espos[oa]|mujer|hij[oa]|amig[oa]|compañer[oa]|jef[ea]|vecin[oa]|novi[oa]|t[ií][oa]|prim[oa]|abuel[oa]|paciente|fratello|sorella|marito|moglie|figli[oa]|amic[oa]|collega|capo|vicin[oa]|zi[oa]|cugin[oa]|nonn[oa]|paziente|irm[aã]o?|m[aã]e|pai|filh[oa]|colega|chefe|vizinh[oa]|namorad[oa]|av[oôó]|broer|zus|moeder|vader|vrouw|zoon|dochter|vriend(?:in)?|baas|buurman|buurvrouw|oom|neef|nicht|brat(?:a|em|u)?|siostr[aęyąo]+|matk[aęiąo]+|ojciec|ojc\w{1,3}|m[aą][zż]|m[eę][zż]\w{1,3}|[zż]on[aęyąo]+|syn(?:a|em|owi)?|c[oó]rk[aęiąo]+|koleg[aęią]|kole[zż]ank[aęią]|szef(?:a|em)?|s[aą]siad\w{0,3}|bror|syster|mamma|pappa|fru|dotter|v[aä]n|kollega|granne)"
KIN = re.compile(
    rf"(?:(?:my|his|her|our|their|your|the|a|an|ur)(?:\s(?:old|new|younger|older|elder|best|late|ex|good|little|big|former|other))?\s{_KIN_EN}(?:'?s)?|(?:[Mm]ein|[Ss]ein|[Ii]hr|[Uu]nser|[Dd]ein)(?:e|er|en|em|es)?\s{_KIN_OTHER}|(?:mon|ma|sa|son|ta|ton|notre|votre|leur|mi|su|tu|nuestr[oa]|mio|mia|suo|sua|tuo|tua|nostr[oa]|il mio|la mia|meu|minha|seu|nosso|nossa|mijn|zijn|haar|onze|jouw|m[oó]j|moja|mojego|mojej|moim|moj[aą]|jego|jej|nasz\w*|min|mitt|hans|hennes|v[aå]r|bij|der|pro|della|dalla|alla|del|dal|al|de la|de su)\s{_KIN_OTHER})(?:\s(?:is called|called|named|by the name of|is|names?|namens|genannt|che si chiama|chamad[oa]|llamad[oa]|appel[eé]e?|heter))?[,:]?\s({_ANY})(?!\w)",
    re.IGNORECASE,
)
TOLD = re.compile(
    rf"(?i:tell|told|ask|asked|ping|pinged|remind|reminded|e-?mail|emailed|text|texted|thank|invite|cc|bcc|message|messaged|phone|phoned|call|called|meet|met)\s({_NAME})(?=\s(?:he|she|they|that|to|about|if|whether|why|when|and|not|for|i|we|his|her)\b|[,.;:?!]|\s*$)"
)
SAID = re.compile(
    rf"(?:my (?:full |real |first |last )?name(?: is|'s)|i am called|call me|name's|his name is|her name is|their name is|name of|goes by|this is|i'm|i am|ich hei(?:ß|ss)e|mein name ist|ich bin(?: der| die)?|je m'appelle|mon nom est|je suis|me llamo|mi nombre es|soy|mi chiamo|sono|ik heet|mijn naam is|ik ben|(?:o )?meu nome [eé]|chamo-me|sou [oa]|nazywam si[eę]|mam na imi[eę]|jag heter|mitt namn [aä]r|(?:guy|man|woman|lady|bloke|dude|girl|boy|kid|person|someone|somebody|anyone)(?:\s[\w'-]+){{0,4}}\s(?:called|named|by the name of))\s({_ANY})(?!\w)",
    re.IGNORECASE,
)
_WEAK_SAID = re.compile(
    r"^(?:this is|i'm|i am|ich bin|je suis|soy|sono|ik ben|sou|name of|goes by|call me|guy|man|woman|lady|bloke|dude|girl|boy|kid|person|someone|somebody|anyone)\b",
    re.IGNORECASE,
)
_ROLE = r"(?:patient|customer|client|employee|contact|card ?holder|account ?holder|policy ?holder|applicant|member|student|guest|beneficiary|recipient|sender|person|borrower|tenant|candidate|doctor|physician|nurse|insured|passenger|owner|author|assignee|reporter|requester|submitter|approver|reviewer|spouse|nominee|payee|payer|signatory|witness|defendant|plaintiff|claimant|resident|driver|buyer|seller|lessee|donor|participant|respondent|employer|manager|supervisor|parent|guardian|child|next of kin|emergency contact|primary contact|account manager|caller|traveller|traveler|renter|subscriber|trustee|executor|deceased)"
FIELD = re.compile(
    rf"(?<![^\W_])(?:(?:full|first|last|middle|given|family|sur|maiden|legal|real|preferred|display|{_ROLE})s?[ _-]?(?:full[ _-]?)?name|{_ROLE}|surname|forename|vorname|nachname|familienname|ansprechpartner(?:in)?|nom(?: de famille)?|pr[eé]nom|nombre(?: completo)?|apellidos?|nome(?: completo)?|cognome|sobrenome|achternaam|voornaam|imi[eę]|nazwisko|f[oö]rnamn|efternamn|attn|attention|signed|prepared by|submitted by|requested by|approved by|created by|reviewed by|assigned to|reported by|issued to|bill(?:ed)? to|ship(?:ped)? to|sold to)\"?\s?(?:[:=]|=>|>)\s?[\"'\[(]{{0,2}}({_ANY})(?=[\s\",;.|)\]<'/]|$)",
    re.IGNORECASE,
)
BARE_FIELD = re.compile(rf"(?<![^\W_])(?:name|naam|navn|nev|onoma|ime|fn|cn|user|by|to|from)\"?\s?(?:[:=]|>)\s?[\"']?({_NAME})(?=[\",;|)\]<'\n]|$)", re.IGNORECASE)  # fmt: skip
SALUTED = re.compile(
    rf"(?<![^\s.>\"'])(?:dear|hi|hello|hey|good (?:morning|afternoon|evening)|hallo|liebe[rs]?|lieber|guten (?:tag|morgen)|bonjour|ch[eè]re?|cher|hola|estimad[oa]|querid[oa]|ciao|caro|cara|gentile|ol[aá]|prezad[oa]|car[oa]|beste|geachte|cze[sś][cć]|drogi|droga|hej|b[aä]sta|k[aä]ra)\s({_NAME}|{_PART}(?=,))(?=[,:!\n\u2013-])",
    re.IGNORECASE,
)
SIGNED = re.compile(
    rf"(?:regards|sincerely|cheers|best|best wishes|all the best|yours truly|yours faithfully|yours|warmly|love|thanks|thank you|many thanks|take care|gr(?:ü|ue)(?:ß|ss)en?|gru(?:ß|ss)|vg|lg|mfg|cordialement|bien [aà] vous|amiti[eé]s|bises|merci|salutations|saludos|atentamente|un saludo|abrazos?|gracias|(?:cordiali )?saluti|distinti saluti|grazie|cumprimentos|atenciosamente|abra[cç]os?|obrigad[oa]|groet(?:en|jes)?|met vriendelijke groet|mvg|pozdrawiam|z powa[zż]aniem|h[aä]lsningar|mvh|v[aä]nliga h[aä]lsningar)[,!.]?[ \t]{{0,8}}\n\s{{0,8}}({_NAME})[ \t]{{0,8}}(?:\n|,|\||$)",
    re.IGNORECASE,
)
ENDED = re.compile(rf"(?:groet|groetjes|lg|vg|mfg|mvg|mvh|bises|saludos|abrazos|pozdrawiam|regards|cheers|thanks),?\s({_NAME})\s*$", re.IGNORECASE)  # fmt: skip
PERSONAL = re.compile(
    r"(?<![^\W_])(?:dob|birth|geb|n[eé]e?|phone|mobile|tel|e-?mail|ssn|address|passport|iban|gender|sex|age|patient|policy|guest|customer|employee|mrn|member|salary|allerg|id_?number|national)",
    re.IGNORECASE,
)
REACHED = re.compile(r"(?<![^\W_])(?:dob|birth|phone|mobile|tel|e-?mail|ssn|passport)(?![^\W_])", re.IGNORECASE)
COLUMN = re.compile(
    rf"(?<![^\W_])(?:(?:full|first|last|middle|given|family|sur|legal|display|{_ROLE})?[ _-]?names?|{_ROLE}s?|surname|forename|vorname|nachname|familienname|nom|pr[eé]noms?|nombres?|apellidos?|nome|cognome|sobrenome|achternaam|voornaam|naam|imi[eę](?: i nazwisko)?|nazwisko|namn|f[oö]rnamn|efternamn|mitarbeiter(?:in)?|kunde|empleado|cliente|who|attendees?|assigned[ _]to|created[ _]by|lead|contact[ _]person)(?![^\W_])",
    re.IGNORECASE,
)
_NOT_NAMES = """
a an the and or not is are was be to of in on for with from by at as it this that none null true false unknown n/a
na tbd string text type required optional value team all everyone there sir madam customer support world assistant
user friend friends colleague colleagues hiring manager recruiter reader class function object field column table
name names id email phone id who whom which what when where why how has have had will would can could should said says
asked told wants needs still also just only even very so too but because if then than here my your his her our their
and/or me him them us i you he she we they no yes ok okay please sorry sure never always again back soon later today
tomorrow yesterday yall peeps fam bro sis mate mates pal hun hon luv guys folks buddy hiya copilot alexa cortana gpt bot
ai monday tuesday wednesday thursday friday saturday sunday
"""
NOT_NAMES = frozenset(_NOT_NAMES.split())
NAME_CELL = re.compile(r"(?:[^\W\d_][^\W\d_'\u2019.-]*(?:['\u2019.-][^\W\d_]+)*\.?(?:,? |$)?){1,5}")
CELL_ENDS = re.compile(r"\.?[ \t]*(?:[\",;|<>()\[\]/\'\n]|$)|\s-|\\")
CONTRACTED, CONJUNCTIONS = ("n't", "'ll", "'ve", "'re"), frozenset({"e", "y"})
GREETED = re.compile(r"(?:dear|hi|hello|hey|good)\b", re.IGNORECASE)
OFFICE = re.compile(
    r"(?:abteilung|team|service|verwaltung|leitung|redaktion|sekretariat|buchhaltung|department|office|desk|equipe|equipo|squadra|dienst)$"
)
NAMED = re.compile(r"\b(?:names?|named|called|call me|name's|hei(?:ß|ss)e|namens|genannt|chiam\w*|cham\w+|llam\w+|appel\w+|nom|nombre|nome|heet|naam|nazywam|imi\w|heter|namn)\b", re.IGNORECASE)  # fmt: skip
MAX_PARTS, MIN_NAME, MIN_LOWER, MANY = 5, 3, 4, 2


_SCORES = ((TITLE, 0.8), (KIN, 0.8), (TOLD, 0.7), (SAID, 0.85), (FIELD, 0.8), (BARE_FIELD, 0.7), (SALUTED, 0.7), (SIGNED, 0.7), (ENDED, 0.7))  # fmt: skip
_STARTS = {pattern: frozenset(map(plain, starts.split())) for pattern, starts in (
    (TITLE, """mr mrs ms miss mx mister dr doctor prof professor sir dame rev reverend rabbi imam pastor capt captain sgt
        sergeant lt lieutenant colonel officer detective nurse judge auntie uncle aunt coach her herr herrn hr frau fr
        monsieur madame mme mlle maître docteur professeur señor señora señorita sr sra srta dona doña dra sig signor
        signora dott avv dhr mevr mevrouw meneer mw pan pana panem panu pani panią fru dipl-ing ing
        arch geom"""),
    (KIN, """my his her our their your the a an ur mein meine meiner meinen meinem sein seine seiner seinen seinem ihr
        ihre ihrer ihren ihrem unser unsere unserer unseren unserem dein deine deiner deinen deinem mon ma sa son ta ton
        notre votre leur mi su tu nuestro nuestra mio mia suo sua tuo tua nostro nostra il la meu minha seu nosso nossa
        mijn zijn haar onze jouw mój moja mojego mojej moim moją jego jej nasz nasza naszego naszej min mitt hans hennes
        vår bij der pro della dalla alla del dal al de"""),
    (TOLD, """tell told ask asked ping pinged remind reminded email e-mail emailed text texted thank invite cc bcc message
        messaged phone phoned call called meet met"""),
    (SAID, """my i name name's his her their goes this i'm ich mein je j'appelle mon me mi soy sono ik mijn o meu chamo sou
        nazywam mam jag mitt call m'appelle chamo-me guy man woman lady bloke dude girl boy kid person someone somebody
        anyone"""),
    (FIELD, """full first last middle given family sur maiden legal real preferred display patient patients customer
        customers client clients employee employees contact card cardholder account accountholder policy policyholder
        applicant member student guest beneficiary recipient sender person borrower tenant candidate doctor physician
        nurse insured passenger owner author assignee reporter requester submitter approver reviewer spouse nominee
        payee payer signatory witness defendant plaintiff claimant resident driver buyer seller lessee donor participant
        respondent employer manager supervisor parent guardian child next emergency primary caller traveller traveler
        renter subscriber trustee executor deceased fullname firstname lastname middlename givenname familyname
        displayname legalname patientname customername clientname employeename contactname guestname ownername
        authorname surname forename vorname nachname familienname ansprechpartner ansprechpartnerin nom prénom nombre
        apellido apellidos nome cognome sobrenome achternaam voornaam imię nazwisko förnamn efternamn attn attention
        signed prepared submitted requested approved created reviewed assigned reported issued bill billed ship shipped
        sold"""),
    (BARE_FIELD, "name naam navn nev onoma ime fn cn user by to from username"),
    (SALUTED, """dear hi hello hey good hallo liebe lieber liebes guten bonjour cher chère chere hola estimado estimada
        querido querida ciao caro cara gentile olá prezado prezada beste geachte cześć drogi droga hej bästa kära"""),
    (SIGNED, """regards sincerely cheers best all yours warmly love thanks thank many take grüßen grüße gruß vg lg mfg
        gruessen gruesse gruss cordialement bien amitiés bises merci salutations saludos atentamente un abrazo abrazos
        gracias cordiali saluti distinti grazie cumprimentos atenciosamente abraço abraços obrigado obrigada groet
        groeten groetjes met mvg pozdrawiam z hälsningar mvh vänliga"""),
    (ENDED, "groet groetjes lg vg mfg mvg mvh bises saludos abrazos pozdrawiam regards cheers thanks"),
)}  # fmt: skip
_PATTERNS: dict[str, list[tuple[re.Pattern[str], float]]] = {}
for _pattern, _score in _SCORES:
    for _word in _STARTS[_pattern]:
        _PATTERNS.setdefault(_word, []).append((_pattern, _score))


def find(text: str) -> Iterator[Match]:
    """Yield names by context. A word that cannot be part of a name ends it; `my name is not important` names nobody.

    Each pattern is tried only where one of the words stands that it can begin with.
    """
    for start, end, word in passage(text).tokens:
        tail = word.rpartition("'")[2]
        if tail != word and tail in _PATTERNS:
            start, word = end - len(tail), tail  # noqa: PLW2901 - the article before it is elided: l'avv. Rossi
        for pattern, score in _PATTERNS.get(word, ()):
            found = pattern.match(text, start)
            if found and (pattern is not BARE_FIELD or _personal(text, found)):
                strict = pattern is not SAID or bool(_WEAK_SAID.match(found[0]))
                yield from _match(text, found, score, strict=strict)
    yield from _columns(text)


def _personal(text: str, found: re.Match[str]) -> bool:
    """Whether a field that anything may have is about somebody, by the fields beside it or by the name itself."""
    near = text[max(0, found.start() - 200) : found.end() + 200]
    known = _known(found[1])
    if " " not in found[1]:
        return known and REACHED.search(near) is not None
    return known or PERSONAL.search(near) is not None


def _columns(text: str) -> Iterator[Match]:
    for cell in cells(text, titled(COLUMN)):
        words_ = [plain(part) for part in re.findall(r"[^\W\d_][^\s,;]*", text[cell.start : cell.end])]
        if not 0 < len(words_) <= MAX_PARTS or not NAME_CELL.fullmatch(text, cell.start, cell.end):
            continue
        named = any(word in given_names() or word in surnames() for word in words_)
        common = sum(word in words() or word in NOT_NAMES or word in TECHNOLOGY for word in words_)
        value = " ".join(words_)
        if value in famous() or value in brands() or common == len(words_) or (common and not named):
            continue
        if named or len(words_) > 1:
            yield Match("PERSON", cell.start, cell.end, 0.8 if named else 0.7, value)


def _match(text: str, found: re.Match[str], score: float, *, strict: bool) -> Iterator[Match]:
    start, end = _cut(text, found.start(1), found.end(1), strict=strict)
    name = text[start:end].rstrip(".")
    value = " ".join(map(plain, name.split()))
    whole = [part.strip(".,:") for part in map(plain, text[found.start() : start + len(name)].split())]
    brand = any(" ".join(whole[:last]) in brands() for last in range(2, len(whole) + 1))
    if len(value) < MIN_NAME or value in famous() or brand or not (_known(name) or _told(text, found, start, name)):
        return
    thing_ = _thing(found, name, value) or thing(text, start, start + len(name))
    if not thing_ and not _public(text, found, start, end):
        yield Match("PERSON", start, start + len(name), score, value)


def _thing(found: re.Match[str], name: str, value: str) -> bool:
    """Whether a value in the place of a name is a word, an office, a place or a product."""
    if found.re is TITLE:
        return False
    product = found.re is SAID and name.islower() and (value in NOT_ALONE or value in products())
    office = found.re in (SIGNED, ENDED) and OFFICE.search(value) is not None
    return _common(value) or product or office or any(part in PLACE_WORDS or part in THINGS for part in value.split())


def _told(text: str, found: re.Match[str], start: int, name: str) -> bool:
    """Whether the context is strong enough for a name that no list has."""
    if found.re is FIELD and " " not in name:
        return CELL_ENDS.match(text, start + len(name)) is not None
    if found.re is SALUTED and name.islower():
        return GREETED.match(found[0]) is not None
    small = name.islower() and found.re in (SAID, KIN) and not NAMED.search(found[0])
    return found.re is not TOLD and not small


def _public(text: str, found: re.Match[str], start: int, end: int) -> bool:
    """Whether somebody is named as public people are: a relative or a title in a text on history says nothing private."""
    around = passage(text)
    public, private = around.register(start, end)
    told = found.re in (KIN, TITLE) and MANY <= public >= private
    return told or around.named_in_public(start, end)


def _common(value: str) -> bool:
    """Whether a value is a word of everyday, or several with hyphens: `team-platform`."""
    return value not in given_names() and (value in words() or all(part in words() for part in value.split("-")))


def _cut(text: str, start: int, end: int, *, strict: bool) -> tuple[int, int]:
    """Return the words of a span up to the first that is none of a name's.

    Where the context is weak, a word in lower case counts only if no dictionary has it, and a capital only if it is
    no common word.
    """
    stop, capital = start, None
    for part in re.finditer(r"[^\s,]+", text[start:end]):
        written = part[0].strip(".\"'")
        word = plain(written)
        joins = word not in CONJUNCTIONS or stop > start
        if word in PARTICLES and part.end() < end - start and joins:
            continue
        if capital is None:
            capital = written[:1].isupper()
        nobody = word in NOT_NAMES and not (written[:1].isupper() and word in given_names())
        small = written[:1].islower() and word in ALL_FUNCTION_WORDS and word not in given_names()
        nobody = nobody or word.endswith(CONTRACTED) or not joins
        if nobody or small or word in TECHNOLOGY or (capital and not written[:1].isupper()):
            break
        if strict and not (_may_follow(word, capital) if stop > start else _may_begin(word, capital)):
            break
        stop = start + part.end()
    return start, stop


def _may_begin(word: str, capital: bool) -> bool:
    """Whether a weak context makes a word somebody: in lower case only if no dictionary has it."""
    common = word in words() or word in ALL_FUNCTION_WORDS
    if capital:
        return not common or word in given_names() or word in surnames()
    return not common and (len(word) >= MIN_LOWER or word in given_names())


def _may_follow(word: str, capital: bool) -> bool:
    return word in surnames() or word in given_names() or (_may_begin(word, capital) and capital)


def _known(name: str) -> bool:
    return any(plain(part) in given_names() or plain(part) in surnames() for part in name.split())


RECOGNIZER = Recognizer("names", {"PERSON": 0.7}, find, joins=False)
