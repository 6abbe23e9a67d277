# ruff: noqa: E501 - patterns and word lists are read in one piece
"""A text around a span: is it code, which language is it, does it speak of public life or of private affairs.

What a list or a model takes for a person is weighed by this; the evidence of a pattern is not. Everything is computed
at most once a text, and only if something asks.
"""

import re
from bisect import bisect_left
from functools import cache, cached_property, lru_cache

from proxy.detection.lexicon import given_names, plain, products, towns
from proxy.detection.lexicon import words as common
from proxy.detection.lexicon.figures import famous, figures, mentioned
from proxy.detection.lexicon.languages import ALL_FUNCTION_WORDS, ENGLISH, MIN_WORDS, function_words, of_words
from proxy.detection.lexicon.technology import TECHNOLOGY, brands

TOKEN = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*")
FENCE = re.compile(r"```[\s\S]*?(?:```|\Z)")
CODE_LINE = re.compile(
    r"^\s*(?:def |class |import |from \w[\w.]* import|return\b|func |fn |let |const |var |public |private |static |async |await |if \(|for \(|while \(|#include|using |package |SELECT |INSERT |UPDATE |CREATE |FROM |WHERE |AND |JOIN |GROUP BY |ORDER BY |VALUES |@\w+|\$ |>>> |</?\w+|[})\];]+\s*$)"
    r"|^\S*\d\d:\d\d:\d\d(?!\]? [^\W\d_a-z][\w'\u2019-]+(?: [^\W\d_a-z][\w'\u2019-]+){0,2}: )|\b(?:DEBUG|INFO|WARN|WARNING|ERROR|FATAL)\b"
    r"|[{};]\s*$|\w+\(.*\)\s*[;:{]?\s*$|^\s*[\w.\[\]]+ ?[-+*/]?= ?\S"
)
ASSISTANT = re.compile(
    r"\b(?:[Yy]ou are|[Yy]ou're|[Yy]our name is|[Aa]ct as|[Pp]lay)\s([^\W\d_a-z][\w'\u2019-]+)(?:,|\s(?:is|as)|\.\s[Yy]ou are)?\s(?:an?|the|our)\s(?:[\w'\u2019&.-]+\s){0,6}?(?:assistants?|agent|bot|chatbot|copilot|concierge|model|AI|helper|advisor|guide|tutor|clerk|voice|persona)\b"
)
WHO_WAS = re.compile(
    r"\b[Ww]ho (?:was|were) ([^\W\d_a-z][\w'\u2019.-]*(?:\s[^\W\d_a-z][\w'\u2019.-]*){1,3})\s?(?=[?,;\n]|$)"
)
ITEM_BEFORE = re.compile(r"([^\W\d_a-z][\w'\u2019&-]*(?: [^\W\d_a-z][\w'\u2019-]*)?)(?:,| and| &|,? or) \Z")
ITEM_AFTER = re.compile(
    r"(?:,| and| &|,? or) ([^\W\d_a-z][\w'\u2019&-]*(?: [^\W\d_a-z][\w'\u2019-]*)?)(?=[,.;:)\n ]|$)"
)
TOLD_YEAR = re.compile(
    r"\((?:[^()\n\d]{0,20}\s)?(?:1[0-9]{3}|20[01]\d)(?:\s?[\u2013-]\s?(?:\d{2,4}|present))?(?:[,;][^()\n\d]{0,60})?\)"
)
"""A year in brackets, as of a work or of a life: (1799-1859), (born 1936), (1975, a studio)."""
TITLE = re.compile(r"(?<![*\w])\*[^\W\d_a-z][^*\n]{2,50}\*(?![*\w])")
"""The title of a work, in italics."""
OLD_YEAR = re.compile(r"\b1(?:[0-8][0-9]{2}|9[0-3][0-9])s?\b")
_PUBLIC = """
film films movie movies cinema actor actors actress actresses starring stars cast directed
screenplay episode episodes sitcom spoilers novel novels novelist novella writer writers poet
poets poem poems poetry sonnet plays playwright tragedy comedy literature literary published publisher
protagonist fiction fictional myth myths mythology legend legends composer composers composed
symphony sonata opera operas soprano concerto orchestra album albums song songs lyrics singer singers guitarist
jazz music musical musician musicians chord scale painter painters painting paintings portrait sculptor sculpture
architect architects architecture museum gallery philosopher philosophers philosophy physics physicist physicists
chemist mathematician mathematicians theorem inventor invented invention discovered discovery scientist
scientists biologist astronomer astronomy astronaut astronauts nobel laureate award awards president
chancellor king kings queen queens emperor empress prince princess duke senator politician politicians parliament
election elections dynasty empire revolution revolutionary wars battle battles treaty century centuries history
historian historians historic historical ancient medieval renaissance victorian biography biographies biographer
autobiography memoir wikipedia olympic olympics championship championships champion league tournament wimbledon
footballer footballers quarterback coach medal medals saint pope philanthropist billionaire co-founder co-founders
founder founders founded entrepreneur celebrity celebrities famous fame iconic eponym eponymous
quotation trivia quiz chef cocktail cocktails dish dishes recipe font fonts typeface typefaces varieties species genus
cultivar cultivars brand brands mascot era paradox
dichter schriftsteller komponist maler geschichte jahrhundert roman romans roi reine poete ecrivain peintre siecle
escritor pintor poeta siglo rey reina secolo scrittore pittore schrijver eeuw koning seculo wiek krol pisarz forfattare
arhundrade kung gedicht gedichte literatur komponistin ecrivaine romancier romanciere poesie theatre tableau novela
novelas escritora poema poesia literatura siglos romanzo scrittrice poeta commedia pittrice dichteres schilder
schilderij gedichten poezie romance escritora literatura powiesc poemat wiersz poeta noblista powstanie powstania
historii forfatter forfattare diktare dikter digter eventyr maleri roman romaner kirjailija runoilija kolto iro
spisovatel basnik povidka pesnik knizevnik scriitor poet
"""
_PRIVATE = """
customer customers client clients patient patients employee employees colleague colleagues coworker co-worker tenant
tenants landlord applicant applicants candidate candidates account accounts invoice invoices refund refunds ticket
tickets complaint complaints appointment appointments meeting meetings email emails e-mail mail phone mobile call called
address addresses contact contacts salary payroll contract contracts lease claim claims policy insurance insured
diagnosis diagnosed prescribed prescription admitted dob regards sincerely manager office shift onboarding interview
resume cv linkedin neighbour neighbor neighbours neighbors wife husband brother sister mum mom dad mother father son
daughter friend friends boyfriend girlfriend gf bf partner uncle aunt cousin niece nephew roommate my i'm mr mrs ms hi
dear thanks rent loan bank passport visa school class teacher student students payment paid delivery booking reservation
signed approved assigned assignee reporter owner username login team asked told ask tell remind
kunde kundin patientin mitarbeiter mitarbeiterin frau herr mein meine termin rechnung vertrag konto adresse gehalt
bewerber mieter monsieur madame mme mon ma rendez-vous facture contrat compte adresse salaire locataire senor senora
cliente paciente empleado mi cita factura contrato cuenta direccion signor signora fattura contratto conto indirizzo
meneer mevrouw mijn klant afspraak factuur adres pan pani moj moja klient umowa faktura adres meu minha fatura endereco
min mitt kund faktura avtal
"""
PUBLIC, PRIVATE = frozenset(_PUBLIC.split()), frozenset(_PRIVATE.split())
ENGLISH_WORDS = function_words(ENGLISH)
FOREIGN_WORDS = frozenset(word for word in ALL_FUNCTION_WORDS - ENGLISH_WORDS if len(word) > 1 and word not in common())
LINE, PASSAGE, AROUND = 400, 160, 400
STRONG, NARROW = 2, 40
"""Signs of public life that make a full name a public person's, counted on the development data."""


class Passage:
    """One text and what it says of its spans; offsets are characters."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def tokens(self) -> list[tuple[int, int, str]]:
        """The words of the text: first offset, end, and how the lists spell it."""
        return [(found.start(), found.end(), plain(found[0])) for found in TOKEN.finditer(self.text)]

    @cached_property
    def figures(self) -> frozenset[str]:
        """The public figures that are named in the text."""
        return mentioned([word for _, _, word in self.tokens])

    @cached_property
    def figures_words(self) -> frozenset[str]:
        """The words of their names: `wagner`, after `richard wagner`."""
        return frozenset(word for name in self.figures for word in name.split())

    @cached_property
    def asked(self) -> frozenset[str]:
        """Whom the text asks about as one asks about the dead and famous, as in `who was Ada Byron`."""
        return frozenset(" ".join(map(plain, found[1].split())) for found in WHO_WAS.finditer(self.text))

    @cached_property
    def assistants(self) -> frozenset[str]:
        """The names that a prompt gives to the model: You are Nestor, the assistant of a bank."""
        return frozenset(found[1] for found in ASSISTANT.finditer(self.text))

    @cached_property
    def _fenced(self) -> list[tuple[int, int]]:
        return [found.span() for found in FENCE.finditer(self.text)] if "```" in self.text else []

    @cached_property
    def _starts(self) -> list[int]:
        return [start for start, _, _ in self.tokens]

    def words(self, start: int, end: int) -> list[str]:
        """Return the plain words that begin between two offsets."""
        first, last = bisect_left(self._starts, start), bisect_left(self._starts, end)
        return [word for _, _, word in self.tokens[first:last]]

    def language(self, start: int, end: int) -> str:
        """Return the language of the passage around a span; of the text, if the passage has none of its own."""
        words = self.words(start - PASSAGE, end + PASSAGE)
        return of_words(words) if sum(word in ALL_FUNCTION_WORDS for word in words) >= MIN_WORDS else self._language

    def tongue(self, start: int, end: int) -> str:
        """Return the language of the words right beside a span, if it is another than English; else the passage's."""
        beside = self.words(start - NARROW, start) + self.words(end, end + NARROW)
        english = sum(word in ENGLISH_WORDS for word in beside)
        foreign = sum(word in FOREIGN_WORDS for word in beside) > max(1, english)
        narrow = of_words(beside) if foreign else ENGLISH
        return self.language(start, end) if narrow == ENGLISH else narrow

    @cached_property
    def _language(self) -> str:
        return of_words(word for _, _, word in self.tokens)

    def line(self, offset: int) -> str:
        """Return the line around an offset, no more of it than a line of code has: a text may be one line."""
        first, last = max(0, offset - LINE), min(len(self.text), offset + LINE)
        end = self.text.find("\n", offset, last)
        return self.text[max(self.text.rfind("\n", first, offset) + 1, first) : end if end >= 0 else last]

    def in_code(self, offset: int) -> bool:
        """Whether a place is fenced or on a line that looks like code or a log."""
        return any(first <= offset < last for first, last in self._fenced) or bool(CODE_LINE.search(self.line(offset)))

    def register(self, start: int, end: int) -> tuple[int, int]:
        """Return how many words of public life, and how many of private affairs, stand around a span."""
        around = set(self.words(start - AROUND, end + AROUND))
        old = OLD_YEAR.search(self.text, max(0, start - AROUND), end + AROUND) is not None
        return len(around & PUBLIC) + old, len(around & PRIVATE)

    def public(self, start: int, end: int) -> bool:
        """Whether the passage speaks of public life (arts, history, sports, science) and hardly of private affairs."""
        public, private = self.register(start, end)
        return (public >= 2 and private <= 2) or (public == 1 and private == 0)  # noqa: PLR2004 - counted on the development data

    def named_in_public(self, start: int, end: int) -> bool:
        """Whether a passage tells of works and lives, with titles and years, so that even a full name is a public one."""
        public, private = self.register(start, end)
        passage = self.text[max(0, start - AROUND) : end + AROUND]
        signs = len(TOLD_YEAR.findall(passage)) + len(TITLE.findall(passage))
        return signs > 0 and STRONG <= signs + public > private

    def named_after(self, parts: list[str]) -> bool:
        """Whether nothing is left of a name without the figures of the text and common words: Amelia Earhart Way."""
        rest = [part for part in parts if part not in self.figures_words]
        return not rest or (len(rest) < len(parts) and all(part in common() for part in rest))

    def among_brands(self, start: int, end: int) -> bool:
        """Whether the item before or after a span in a list is a brand's or a product's; for full names, both."""
        beside = (ITEM_BEFORE.search(self.text, max(0, start - NARROW), start), ITEM_AFTER.match(self.text, end))
        names = [" ".join(map(plain, found[1].split())) for found in beside if found]
        things = sum(name not in given_names() and (name in brands() or name in _made()) for name in names)
        return things > (" " in self.text[start:end])

    def figure(self, name: str, start: int, end: int) -> bool:
        """Whether a plain name at a span is a public figure's or a brand, or stands in such company.

        In private affairs it is not: somebody may bear the same name.
        """
        if name in famous() or name in towns() or name in self.asked or self.among_brands(start, end):
            return True
        company, listed = (
            len({figure.rsplit(" ", 1)[-1] for figure in self.figures}),
            name in figures() or name in brands(),
        )
        if not listed and not company:
            return False
        public, private = self.register(start, end)
        if listed:
            return private < 2 or public > 0 or company > 2  # noqa: PLR2004 - one private word is chance
        return (company > 1 and private <= public + 1) or (public > 0 and private == 0)


@cache
def _made() -> frozenset[str]:
    return products() | TECHNOLOGY


@lru_cache(maxsize=2)
def passage(text: str) -> Passage:
    """Return the passage of a text; several detectors ask for the same text one after the other."""
    return Passage(text)
