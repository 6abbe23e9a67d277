# ruff: noqa: E501, SIM905 - words read better as lines
"""The words beside a number: those that say that it is dialled, and those that say what else it counts or names."""

import re
from enum import Enum

from proxy.detection.lexicon import words as common_words
from proxy.detection.recognizers.ids.context import Around, Vocabulary
from proxy.detection.recognizers.ids.kinds import KINDS
from proxy.detection.recognizers.ids.packs import PACKS
from proxy.detection.recognizers.tables import head

_SURE = """
phone phones telephone telephones tel tele tél teléfono telefono teléfonos telefone telefon telefoon telefonnummer telefonnr telephonenumber phonenumber
tlf tlph ph mobile mobil mobiles mob móvil movil celular cel cellulare cell cellphone cellular handy handynr handynummer portable téléphone telemóvel
telemovel gsm fax faxe telefax faks fax-nr landline festnetz fisso fixe fijo hotline helpline switchboard pager whatsapp whats wa signal viber telegram
sms imessage zap wpp msisdn dial dialled dialed dialing numer_telefonu komórka komórkowy tel-nr telnr rufnummer mobilnummer mobiltelefon mobilnr
voicemail callback smsto callto telefonu telefonie telefonnum puhelin puhelinnumero komórkę
"""
_LIKELY = """
call called calling calls caller ring text texted texting txt reach reachable contact contacts answer answers answering rang appelez appeler
appelle joindre joignable rappeler rappelez rappelle llame llama llamar llamame llámame llamen llamarme llamarle llamadme llámanos llamarnos contacto chiama chiamami chiamare chiamate contatto chiamarmi richiamare richiamatemi ligar ligue-me ligar-me ligue liga contato contacter
ruf rufen anrufen anruf rückruf erreichbar erreichen kontakt bel bellen belt bereikbaar zadzwoń dzwonić dzwoń ringa ring soita vapaa hívjon volejte
whatsapped message messaged hmu
"""
_OTHER = """
order orders invoice invoices ref reference references id ids ticket tickets case cases account accounts acct iban card cards isbn issn ean upc gtin sku
version port ports serial tracking shipment parcel po vat tax tin ssn nin nino nhs passport licence license member membership booking confirmation
transaction txn receipt model part build commit hash pid uid gid timestamp epoch ts lat lon lng latitude longitude coordinates zip postcode population
total amount balance price cost bytes byte size ms rows row count counts offset seed checksum crc imei iccid imsi mac ip doi pmid cve rfc section
page pages figure clause sort routing swift bic siret siren kvk cnpj cpf pesel nip regon dni nif nie bsn steuernummer kundennummer bestellnummer
rechnungsnummer aktenzeichen commande facture pedido factura ordine fattura zamówienie range ratio dims line lines error code codes item items policy claim
patient mrn npi dea batch lot asset device employee student customer client vendor product article sample record key token nonce block height year years date
dates time population votes views times downloads stars patent edition grant project release quote job run session buffer sales
offer offers angebot offerte oferta devis quotation quote aktenzeichen az gz docket matter
duty davinci size width
"""
SURE, LIKELY, OTHER = frozenset(_SURE.split()), frozenset(_LIKELY.split()), frozenset(_OTHER.split())
_NEUTRAL = frozenset(
    "number numbers num no nr n nummer numéro numero número numer is are was my his her your their our its the a at on to me us him it im via le al o e am der die das meine mein ist est es è é or and new old work home private direct personal office business main emergency alternate primary secondary day evening please pls now back under unter il la el au y und et".split()
)
"""Words that may stand between a number and the word that tells what it is."""
_POSSESSIVE = frozenset(
    "my his her your their our whose new old mijn meine mein mon ma mi tu su mio mia meu minha jego jej mój mitt".split()
)
_NUMBER = frozenset("number num nummer numéro numero número numer nr".split())
_WORD = re.compile(r"[^\W\d_]+|[.!?;](?=\s)|\n")
_CAMEL = re.compile(r"(?<=[a-zß-ÿ])(?=[A-Z])")
_CALL = re.compile(r"\w\($")
_CELL = re.compile(r".*[\t|;,\n]", re.DOTALL)
_LETTER = re.compile(r"(?:^|[\n|,;•·\t]|(?<![^\W_])/|[ ]{2})[ \t]{0,4}[TMFPCHtmfpch][.:]{0,2}[ ]{0,2}[(+]{0,2}$")
_BEHIND = re.compile(
    r"[ ]{0,2}[(,-]{0,2}[ ]?(?:is (?:my|his|her|the|our) (?:\w+ )?(?:phone|number|cell|mobile)|mobile|mob|cell|phone|fax|whatsapp|landline|handy|portable|móvil|celular|tel)(?!\w|[.:]{0,2} ?[+(]{0,2}[0-9])",
    re.IGNORECASE,
)
_ENDS_LABEL = re.compile(r"(?:[:#]|\b(?:number|no|nr|id)\.?|(?:^|\n)[ \t]*\w+)\s*$", re.IGNORECASE)
"""The end of a line that says what the next one holds."""
LEFT, MAX_WORDS, LIKELY_REACH, ABBREVIATED = 56, 9, 6, 4
_PERSONAL = ("NATIONAL_ID", "US_SSN", "UK_NINO", "PASSPORT", "DRIVER_LICENSE")
_REGISTERED = (
    *(scheme.labels for pack in PACKS.values() for scheme in pack if scheme.entity_type in _PERSONAL),
    *(kind.labels for kind in KINDS if kind.entity_type in _PERSONAL and kind.beside is None),
)
_COUNTRIES = frozenset({"southafrica", "thai"})
_NUMBERED = frozenset(
    label
    for label in frozenset[str]().union(*_REGISTERED) - _NUMBER - _COUNTRIES
    if len(label) >= 3 and label not in common_words()  # noqa: PLR2004
)
"""Names of the numbers that people are registered under, without those that mean other things: `said`, `run`."""
_REGISTERS = Vocabulary(_NUMBERED)
CUT_OFF = 2
"""How many groups of such a number may be left before what looks like one to be dialled."""


class Context(Enum):
    """What the surroundings say of a number."""

    SURE = 3
    LIKELY = 2
    NOTHING = 1
    OTHER = 0


def context(text: str, start: int, end: int) -> Context:
    """Return what stands beside a span says of it: the head of its column, else the nearest telling word."""
    said = _beside(text, start, end)
    if said is Context.OTHER:
        return said
    left = text[max(0, start - LEFT) : start]
    registered = Around(left, _REGISTERS.present(left)).labels(len(left), len(left)).nearest(_NUMBERED)
    return Context.OTHER if registered <= (0 if said is Context.SURE else CUT_OFF) else said


def _beside(text: str, start: int, end: int) -> Context:
    if _BEHIND.match(text, end):
        return Context.SURE
    left = text[max(0, start - LEFT) : start]
    if _CALL.search(left):
        return Context.OTHER
    column = head(text, start)
    if column:
        said = _said(f"{column} ")
        if said is not Context.NOTHING:
            return Context.OTHER if said is Context.OTHER else Context.SURE
        left = _CELL.sub("", left)
    said = _said(left)
    return Context.SURE if said is Context.NOTHING and _LETTER.search(left) else said


def _said(left: str) -> Context:
    words = [word.lower() for word in _WORD.findall(_CAMEL.sub(" ", left))]
    lines = 0
    for back, word in enumerate(reversed(words)):
        if word == "\n":
            lines += 1
        if word == "." and len(words[-2 - back : -1 - back][:1] or "") and len(words[-2 - back]) <= ABBREVIATED:
            continue
        if back >= MAX_WORDS or lines > 1 or word in ".!?;":
            return Context.NOTHING
        if word in SURE:
            return Context.SURE
        if word in OTHER:
            return Context.NOTHING if lines and not _ENDS_LABEL.search(left, 0, left.rindex("\n")) else Context.OTHER
        if word in _NUMBER and words[-2 - back : -1 - back] and words[-2 - back] in _POSSESSIVE:
            return Context.SURE
        if word in LIKELY and back < LIKELY_REACH and not lines:
            return Context.LIKELY
    return Context.NOTHING
