# ruff: noqa: E501 - word lists are read in one piece
"""Names in prose of other languages, by lists of names and by how the language writes them.

Outside German a capital within a sentence is a proper noun, so that what stands beside a known name belongs to it; a
given name may stand alone or be inflected; in small letters it counts beside a verb that only people go with.
"""

import re
from collections.abc import Iterator

from proxy.detection.lexicon import eponyms, given_names, places, products, words
from proxy.detection.lexicon.homonyms import NOT_ALONE
from proxy.detection.lexicon.inflected import bases
from proxy.detection.lexicon.languages import ALL_FUNCTION_WORDS, ENGLISH, MIN_WORDS, function_words
from proxy.detection.lexicon.names import PARTICLES, PLACE_WORDS, THINGS, is_given, is_surname
from proxy.detection.lexicon.technology import TECHNOLOGY
from proxy.detection.passage import Passage, passage
from proxy.detection.recognizers.base import Match, Recognizer

FULL, BESIDE, TOLD, ALONE = 0.75, 0.6, 0.6, 0.5
MIN_ALONE, MAX_PARTS = 4, 4
BLOCK = 80
"""Characters that are taken to be in one language, by the passage around them."""
FOREIGN = ALL_FUNCTION_WORDS - function_words(ENGLISH)
NOUNS_HAVE_CAPITALS = frozenset({"de"})
_NORDIC = """
    sa sade sagde sager sier vill vil ville fragade spurte spurgte skriver skrev ringde ringte ringer kommer kom borjade
    begynte begyndte menar mener
"""
_CZECH = """
    rekl rekla povedal povedala hovori chce pise napsal napsala napisal vyhlasil vyhlasila prohlasil prohlasila pta pytal
    volal volala prisel prisiel
"""
_PEOPLE_DO = {
    "de": """sagt sagte meint meinte fragt fragte will wollte schreibt schrieb ruft rief moechte mochte wartet wartete
        kommt kam hat findet fand""",
    "fr": """dit disait demande veut voulait pense arrive m'a t'a s'est n'a vient part attend repond trouve cherche""",
    "es": """dice dijo decia quiere queria pregunta pregunto contesto vino llego llamo pidio piensa necesita""",
    "it": """ha vuole voleva chiede chiese scrive viene va aspetta risponde dice disse pensa cerca""",
    "nl": """zei zegt zegde vroeg vraagt wil wilde belde schijnt schrijft schreef kwam komt begon heeft wacht vindt""",
    "pt": """disse falou diz quer queria perguntou pediu ligou veio foi vai tem acha precisa respondeu""",
    "pl": """powiedzial powiedziala mowi mowil mowila chce chcial chciala pyta pytal pytala napisal napisala stwierdzil
        stwierdzila przyszedl przyszla dzwonil dzwonila uwaza""",
    **dict.fromkeys(("sv", "da", "nb"), _NORDIC),
    **dict.fromkeys(("cs", "sk"), _CZECH),
    **dict.fromkeys(("hr", "sl"), "rekao rekla kaze rekel pravi hoce zeli pita pise pisao dosao prisel zvao"),
    "fi": "sanoi sanoo haluaa halusi kysyi kysyy kertoi soitti tuli alkoi kirjoitti",
    "et": "utles ytles utleb teatas tahab kusis kirjutas tuli helistas hakkas",
    "lv": "saka teica pateica grib gribeja jauta rakstija zvanija atnaca",
    "lt": "sako sake pasake nori norejo klausia parase skambino atejo pareiske",
    "hu": "mondta mondja azt kerdezte kerdezi irta akarja szolt hivott jott kijelentette",
    "ro": "zis spus vrea intreaba intrebat scris sunat venit crede",
    "tr": "dedi diyor soyledi istiyor sordu yazdi aradi geldi",
    "id": "bilang kata mau ingin tanya menulis datang minta",
    "sw": "alisema anasema akasema anataka aliuliza aliandika alikuja",
    "tl": "sinabi sabi nagsabi gusto nagtanong",
    "vi": "noi bao muon hoi viet",
    "ca": "va diu vol pregunta m'ha s'ha ha",
}
_SAID = {
    "de": "sagt sagte meinte fragte",
    "es": "dijo dice",
    "it": "detto dice",
    "nl": "zei zegt",
    "pt": "disse falou",
    "pl": "powiedzial powiedziala",
    **dict.fromkeys(("sv", "da", "nb"), "sa sade sagde sier"),
    "et": "utles",
    "tl": "si ni kay",
    "ca": "en na",
}
_KIN = """
sohn tochter fils fille hijo hija figlio figlia zoon dochter filho filha syn corka dotter datter sonn sonnen soen sin kci
fiul fiica fiunk lanyunk pojal poikamme tyttaremme anak mtoto oglumuz kizimiz sunus dukte poikani poikamme fill filla
"""
_TITLES = """
doamna doamnei domnul domnului domnule pane pani gospodin gospodine gospodja gospodjo gospodo gospod gospa herra rouva
bapak ibu sayin bwana gng ginoong ponas ponia kungs kundze harra proua senyor senyora
"""
ELIDED = frozenset(
    ["l", "d", "m", "t", "s", "n", "c", "j", "qu", "dell", "all", "nell", "dall", "sull", "un", "lorsqu", "puisqu"]
)
CLITICS = frozenset(
    [
        "mi",
        "ti",
        "ci",
        "vi",
        "gli",
        "le",
        "lo",
        "si",
        "me",
        "te",
        "se",
        "nie",
        "nu",
        "ne",
        "no",
        "non",
        "em",
        "es",
        "m'ho",
        "ja",
    ]
)
TITLES = frozenset(_TITLES.split())
PEOPLE_DO = {tongue: frozenset(listed.split()) for tongue, listed in _PEOPLE_DO.items()}
KIN = frozenset(_KIN.split())
BEFORE_PEOPLE = {tongue: KIN | frozenset(_SAID.get(tongue, "").split()) for tongue in PEOPLE_DO}
_TOLD = """
demander demande demandes ecrire ecris appeler appelle remercier remercie prevenir inviter invite feliciter relancer relance assigne attribue signe valide traite clos ferme
preguntar preguntarle pregunta preguntale escribir escribirle escribe avisar agradecer llamar llama invitar felicitar decir decirle dile asignado firmado aprobado cerrado atendido
chiedere chiedi scrivere scrivi avvisare ringraziare chiamare chiama invitare dire assegnato assegnata firmato approvato chiuso gestito
vragen vraag schrijven schrijf bellen bel bedanken bedank uitnodigen herinneren opgelost getekend goedgekeurd toegewezen gesloten
perguntar pergunta pergunte pedir escrever escreve avisar agradecer ligar convidar dizer assinado aprovado encerrado atribuido atendido
zapytac zapytaj napisac zadzwonic podziekowac zaprosic przypomniec podpisal podpisala zamknal zamknela przypisane
fraga skriv ring tacka bjud paminn stangdes signerad godkand sporge sporg sporre spor takke tak takk inviter lukket godkendt
zeptat napis zavolat podekovat opytat podakovat pitati pitaj vprasati vprasas intreba scrie multumesc
"""
TOLD_WORDS = frozenset(_TOLD.split())
_SENTENCE = re.compile(r"(?:^|[.!?:\n\u2022*\u2013>-])[\s\"'(\u00bf\u00a1\u201e\u00ab-]*$")
_LISTED = re.compile(r"(?:^|\n)[ \t]*(?:[-*\u2022]|\d{1,3}[.)])?[ \t]*$")
_ENDS = re.compile(r"[ \t]*(?:[\n;,|]|$)")
_CAPITAL = re.compile(r"[^\W\d_][^\W\d_A-Z]+(?:['\u2019-][^\W\d_]+)*")
_TOUCHING = re.compile(r"[\w@/\\=+#$%&<>{}\[\]~^|]|\.\w")
_SURNAME = re.compile(
    r"\w{3,}(?:(?:s|c|dz)k(?:i|a|iego|iemu|iej|im)|owicz\w{0,3}|czyk\w{0,3}|ov(?:a|e|ou|ej|u)|[oe]vic\w{0,2}|enko|iene\w?|(?:aite|yte|ute)\w?|(?:ausk|insk)as|escu|eanu|s?son|oglu|shvili|dottir)"
)
"""How surnames of many languages end that hardly any other word ends like, without accents."""
_JOINT = re.compile(r"[ ]{1,2}")


def find(text: str) -> Iterator[Match]:
    """Yield names in passages that are not English; the canonical form is in lower case with single spaces."""
    around, taken = passage(text), 0
    if sum(word in FOREIGN for _, _, word in around.tokens) < MIN_WORDS:
        return
    tongues: dict[int, str] = {}
    for index, (first, _, written) in enumerate(around.tokens):
        if first < taken or written in ALL_FUNCTION_WORDS:
            continue
        block = first - first % BLOCK
        tongue = tongues.get(block) or tongues.setdefault(block, around.language(block, block + BLOCK))
        if tongue == ENGLISH:
            continue
        begin, _, word = _word(around, index)
        if len(word) < 2:  # noqa: PLR2004 - an initial
            continue
        reading = _capital(around, index, tongue) if _title(around, index) else _small(around, index, tongue)
        if reading is None:
            continue
        last, score = reading
        end = around.tokens[last][1]
        name = " ".join([word, *(part for _, _, part in around.tokens[index + 1 : last + 1])])
        if not around.figure(name, begin, end) and not around.named_after(name.split()) and not around.in_code(begin):
            taken = end
            yield Match("PERSON", begin, end, score, name)


def _capital(around: Passage, index: int, tongue: str) -> tuple[int, float] | None:
    """Read a name that begins with a capital; return the index of its last word."""
    word, before = _word(around, index)[2], around.tokens[index - 1][2] if index else ""
    if _homonym_of_things(word) or before in PLACE_WORDS:
        return None
    last = _run(around, index)
    rest = [around.tokens[at][2] for at in range(index + 1, last + 1)]
    if before in TITLES:
        return last, FULL
    given = any(map(is_given, bases(word, tongue)))
    if not rest:
        return (index, ALONE) if given and _stands_alone(around, index, tongue) else None
    return None if any(map(_thing, rest)) else _full(around, index, rest, tongue, given=given)


def _full(around: Passage, index: int, rest: list[str], tongue: str, *, given: bool) -> tuple[int, float] | None:
    """Read several words with capitals, the first of which may be a given name."""
    begin, end, word = _word(around, index)
    last, family, homonym = index + len(rest), _family(rest), _homonym(word)
    if given and (family or not (homonym or around.public(begin, end))):
        return last, FULL
    if homonym or tongue in NOUNS_HAVE_CAPITALS or not (family or _told(around, index)):
        return None
    opens = _first(around, begin) and not _cell(around, begin, around.tokens[last][1])
    return None if opens or around.public(begin, end) else (last, BESIDE)


def _stands_alone(around: Passage, index: int, tongue: str) -> bool:
    """Whether a given name without another word is somebody."""
    begin, end, word = _word(around, index)
    if _homonym(word) or len(word) < MIN_ALONE or around.public(begin, end):
        return False
    return _within(around, index) or _does(around, index, tongue)


def _small(around: Passage, index: int, tongue: str) -> tuple[int, float] | None:
    """Read a given name in small letters beside what people do."""
    begin, end, word = around.tokens[index]
    if len(word) < MIN_ALONE or word not in given_names() or _homonym(word):
        return None
    if not around.text[begin:end].islower() or not _bare(around, begin, end):
        return None
    if _followed(around, index):
        return index + 1, FULL
    before = [name for _, _, name in around.tokens[max(0, index - 2) : index]]
    cues = BEFORE_PEOPLE.get(tongue, frozenset())
    kin = len(before) > 1 and before[0] in KIN and before[1] in function_words(tongue)
    cued = kin or _does(around, index, tongue) or bool(cues & {*before[-1:]})
    return (index, ALONE) if cued and not around.public(begin, end) else None


def _followed(around: Passage, index: int) -> bool:
    """Whether a surname in small letters follows."""
    begin, end, word = around.tokens[index + 1] if index + 1 < len(around.tokens) else (0, 0, "")
    joined = around.text[around.tokens[index][1] : begin] == " " and _bare(around, begin, end)
    return joined and _SURNAME.fullmatch(word) is not None and word not in words() and word not in places()


def _run(around: Passage, index: int) -> int:
    """Return the index of the last of the words with capitals, and particles between, that begin with a word."""
    last = index
    for at in range(index + 1, min(index + MAX_PARTS + 1, len(around.tokens))):
        if not _JOINT.fullmatch(around.text[around.tokens[at - 1][1] : around.tokens[at][0]]):
            break
        if _title(around, at) and around.tokens[at][2] not in ALL_FUNCTION_WORDS - PARTICLES:
            last = at
        elif around.tokens[at][2] not in PARTICLES:
            break
    return last


def _word(around: Passage, index: int) -> tuple[int, int, str]:
    """Return a word without what is elided before it: `d'Amandine`, `l'Anna`."""
    begin, end, word = around.tokens[index]
    head, mark, tail = word.partition("'")
    if not mark or head not in ELIDED:
        return begin, end, word
    return max(begin, end - len(tail)), end, tail


def _title(around: Passage, index: int) -> bool:
    begin, end, _ = _word(around, index)
    written = around.text[begin:end]
    return written[0].isupper() and bool(_CAPITAL.fullmatch(written)) and _bare(around, begin, end)


def _bare(around: Passage, begin: int, end: int) -> bool:
    """Whether a word is one of prose: nothing that programs write touches it."""
    return not _TOUCHING.match(around.text, end) and not (begin and _TOUCHING.match(around.text, begin - 1))


def _family(rest: list[str]) -> bool:
    """Whether words are a surname that is hardly anything else."""
    return not any(map(_homonym, rest)) and (is_surname(rest[-1]) or _SURNAME.fullmatch(rest[-1]) is not None)


def _thing(word: str) -> bool:
    """Whether a word beside a given name makes it something else, or is none of a name's."""
    return word in THINGS or word in TECHNOLOGY or word in products() or (word in words() and not is_surname(word))


def _homonym_of_things(word: str) -> bool:
    return word in PLACE_WORDS or word in THINGS or word in TECHNOLOGY


def _homonym(word: str) -> bool:
    """Whether a given name is as likely something else."""
    other = word in words() or word in NOT_ALONE or word in eponyms() or word in places()
    return other or word in products() or word in TECHNOLOGY


def _within(around: Passage, index: int) -> bool:
    """Whether a word in small letters and a space stand before a word: it is within a sentence."""
    begin, start = _word(around, index)[0], around.tokens[index][0]
    first, end, _ = around.tokens[index - 1] if index else (0, 0, "")
    return begin > start or (around.text[end:start] == " " and around.text[first:end].islower())


def _first(around: Passage, begin: int) -> bool:
    """Whether a word begins a sentence, where capitals say nothing."""
    return _SENTENCE.search(around.text[max(0, begin - 12) : begin]) is not None


def _cell(around: Passage, begin: int, end: int) -> bool:
    """Whether a span is an item of a list by itself."""
    before = around.text[max(0, begin - 12) : begin]
    return bool(_LISTED.search(before) and _ENDS.match(around.text[end : end + 12]))


def _does(around: Passage, index: int, tongue: str) -> bool:
    """Whether a verb of people follows."""
    following = [word for _, _, word in around.tokens[index + 1 : index + 3]]
    skipped = following[1:] if following and following[0] in CLITICS else following
    return bool(skipped) and skipped[0] in PEOPLE_DO.get(tongue, ())


def _told(around: Passage, index: int) -> bool:
    """Whether somebody is asked, told or thanked, with at most two small words between."""
    for at in range(index - 1, max(-1, index - 4), -1):
        word = around.tokens[at][2]
        if word in TOLD_WORDS:
            return True
        if word not in ALL_FUNCTION_WORDS:
            break
    return False


RECOGNIZER = Recognizer("foreign_names", {"PERSON": 0.5}, find, joins=False)
