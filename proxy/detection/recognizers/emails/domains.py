# ruff: noqa: E501, SIM905 - words read better as lines
"""Whose mailbox an address is: a person's or a company's; or a machine's, a list's, nobody's.

Domains for examples and tests: RFC 2606, RFC 6761. Names of own networks (`.local`, `.internal`) hold people only where
the mailbox looks like one.
"""

import re
from functools import cache
from importlib import resources

RESERVED = re.compile(
    r"(?:[\w-]+\.)*(?:example(?:\.[a-z]{2,3}(?:\.[a-z]{2})?)?|test|invalid|localhost|onion|example-\w+\.[a-z]+)"
)
OWN_NETWORK = frozenset("local internal lan corp home intranet private localdomain".split())
MACHINES = re.compile(
    r"(?:git|hg|svn|root|noreply|no[._-]reply|do[._-]?not[._-]?reply|nicht[._-]antworten|ne[._-]pas[._-]repondre|mailer-daemon|bounces?|this|super|return|self)(?:[+._-].*)?"
    r"|(?:dependabot|renovate|github-actions|actions-user|web-flow|semantic-release|greenkeeper)(?:[+._-].*)?"
)
LISTS = re.compile(
    r"(?:lists?|groups?|googlegroups|freelists|noreply|vger|bugs|users\.noreply)\..*|.*\.noreply\.github\.com|googlegroups\.com|(?:.*\.)?gserviceaccount\.com|.*\.apache\.org|(?:.*\.)?(?:gnu|python|kernel|w3|ietf|iana)\.org"
)
"""Hosts of mailing lists, of programs' accounts, and of projects, whose addresses stand in every file they publish."""
ROLES = frozenset(
    """
    abuse accounts accountspayable accueil admin administracion administratie administration alerts amministrazione
    atencion bestellung bestellungen bewerbung billing biuro boekhouding booking bookings buchhaltung buh buhgalter
    careers clientes commandes compliance compta comptabilite contabilidad contabilita contact contactus correo
    customercare customerservice datenschutz dispatch dpo drh einkauf ekonomi empfang empleo enquiries enquiry
    events facilities feedback finance frontdesk hausverwaltung hello help helpdesk hi hotline hr info inquiries
    invoices invoicing it jobb jobs kadry klantenservice kontakt ksiegowosc kundendienst kundenservice kundtjanst
    lavora legal logistics logistik mail maintenance marketing media monitoring news newsletter noc nominas
    notifications office operations ops orders ordini payments payroll pedidos personal personalabteilung post posta
    postmaster prensa press presse privacy procurement purchasing reception recruiting recrutement redaktion
    rekrutacja reservations rezeption rh sales secretaria secretariat security security-team segreteria sekretariat
    service serviceclient servizi.generali shop sklad sklep stampa support team tech vendite ventas ventes vertrieb
    verwaltung warehouse webmaster zakaz
    """.split()
)
_ANYBODY = frozenset(
    "a abc address admin e-mail email example firstname.lastname foo first.last me my.email myemail myname name recipient sample sender someone somebody test test1 testuser user user1 username you your your-email your.email your.name youremail yourname x xxx".split()
)
_ANYWHERE = frozenset(
    "a abc address b bar baz company companyname domain email-domain foo host hostname mail-host mycompany mydomain myhost organization sample server site somewhere test test-domain website x xx xxx xyz yourcompany yourdomain your-company your-domain yourhost yoursite".split()
)
_EVERYWHERE = frozenset("domain mydomain yourcompany yourdomain your-company your-domain example-company".split())
"""Placeholders: of these domains every mailbox is one, of those only a mailbox that is one too."""
_FILES = frozenset("cc md ml mo mov pl pm ps py rs sh so zip".split())
_CODE = frozenset("at id in is it name no of pm pop py sh to".split())
_PERSON = re.compile(r"[^\W\d_]+[._-][^\W\d_]{2,}[0-9]{0,4}")
_VERSION = re.compile(r"v?[0-9]+(?:\.[0-9]+)+|v[0-9]|[1-3]x\.")


@cache
def top_levels() -> frozenset[str]:
    """Return all top-level domains, in lower case, in the letters of DNS."""
    text = resources.files(__package__).joinpath("tlds.txt").read_text(encoding="utf-8")
    return frozenset(word for line in text.splitlines() if not line.startswith("#") for word in line.split())


def domain(written: str) -> str | None:
    """Return the longest beginning that is a domain with a known end: `acme.io.Then` holds `acme.io`."""
    labels = written.split(".")
    while len(labels) > 1:
        last = labels[-1].lower()
        if last in top_levels() or last in OWN_NETWORK or not last.isascii() or RESERVED.fullmatch(last):
            return ".".join(labels)
        labels.pop()
    return None


def is_nobodys(local: str, host: str) -> bool:
    """Whether an address in lower case is reserved, a machine's, a list's or a placeholder."""
    first, _, last = host.partition(".")[0], None, host.rpartition(".")[2]
    if RESERVED.fullmatch(host) or MACHINES.fullmatch(local) or LISTS.fullmatch(host) or _VERSION.match(host):
        return True
    if first in _EVERYWHERE or (local in _ANYBODY and first in _ANYWHERE):
        return True
    return last in OWN_NETWORK and not _PERSON.fullmatch(local)


def is_code(host: str, before: str, behind: str) -> bool:
    """Whether what looks like an address is a file's name or an attribute: `po/sr@latin.mo`, `x@w.to(device)`."""
    last = host.rpartition(".")[2]
    single = host.count(".") == 1
    return (single and last in _FILES and before in ("/", "\\")) or (behind == "(" and last in _CODE | _FILES)
