# ruff: noqa: RUF001, SIM905 - Turkish, and words that read better as lines
"""Street words that end a name before the house number: German, Dutch, Nordic; and Hungarian and Turkish ones apart.

`Lindenstraße 14` is one word, `Lange Straße 14` two. Endings that common nouns share weigh less.
"""

STRONG, FAIR, WEAK = 0.75, 0.55, 0.4

_STRONG = """
straße strasse str. straat laan gracht plein singel kade dreef steeg steenweg allee chaussee gasse gässchen
gatan gata vägen gränd torget stigen stråket allén pladsen plassen torvet vejen vej gade stræde allé plads vænget
boulevarden farimagsgade veien vegen gaten katu kuja polku väylä
"""
_FAIR = """
weg platz damm ufer steig stieg promenade graben gaarde dijk markt plantsoen burgwal baan boulevard kai kajen kaien
backen bakken bakke alléen alleen plan plass torv torg ntie raitti rinne toften lunden haven bogen twiete zeile sgate
"""
_WEAK = """
ring wall berg hof kamp brücke brucke park pfad halde rain anger tal feld winkel deich acker wiese grund leite vorstadt
vliet pad wal wijk heide dam esplanade wegel kant berget høj lei vest veg väg vei
"""
_WORDS = """
gate str utca út útja u. körút tér köz caddesi cad. cad sokak sok. sok sokağı bulvarı blv. mahallesi mah. mah
"""
ENDINGS: dict[str, float] = (
    dict.fromkeys(_WEAK.split(), WEAK) | dict.fromkeys(_FAIR.split(), FAIR) | dict.fromkeys(_STRONG.split(), STRONG)
)
WORDS: dict[str, float] = ENDINGS | dict.fromkeys(_WORDS.split(), 0.7)
"""Those that stand as words of their own."""

_ARTICLES = """
auf im am der die das den dem des ein eine einem einen kein jeder zum zur vom beim in an de het een op aan van en ett
den det på i til dieser diese unser unsere mein meine ihr ihre sein seine neue nächste letzte dieses jede the a
"""
ARTICLES = frozenset(_ARTICLES.split())
"""Before a street word of its own these make it a common noun: `auf Platz 3`, `der Weg 2`."""

OPENINGS = frozenset("am an auf im in zum zur unter hinter vor bei zu beim ter op aan 't".split())
"""Words that begin street names without a street word: `An der Obererft 23`."""

_NOT_STREETS = """
aktienmarkt arbeitsmarkt arbeitsplatz arbeitsweg ausweg automarkt bahnhof bauernhof baumarkt bauplan betriebshof
campingplatz cornwall einweg fahrplan fahrweg firewall flughafen friedhof fußballplatz gehweg golfplatz gutshof heimweg
hinterhof hinweg innenhof ipad irrweg jahrmarkt lagerplatz launchpad lehrplan liegeplatz masterplan mittelweg
mousepad parkplatz paywall projektplan radweg rastplatz rückweg schleichweg schulhof schulweg sitzplatz spielplan
spielplatz sportplatz startplatz stehplatz stellplatz studienplatz stundenplan supermarkt tabellenplatz thinkpad
touchpad trackpad umweg vorplatz wanderweg weltmarkt wohnungsmarkt zeitplan vermont hamburg
"""
NOT_STREETS = frozenset(_NOT_STREETS.split())
"""Nouns with such an ending that a number follows for another reason."""
