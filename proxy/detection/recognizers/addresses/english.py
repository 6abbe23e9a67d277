# ruff: noqa: E501, SIM905 - words read better as lines
"""Words of English street lines: what ends one, what never begins one, what is no house number.

After USPS Publication 28 (suffixes), the street words of the British, Irish, Australian and New Zealand gazetteers, and
the common words that make a number and a street word mean something else: `4 wheel drive`, `a 5 minute walk`.
"""

STRONG, FAIR, WEAK = 0.75, 0.62, 0.42
"""How certain a number, a name in capitals and such a word make an address: Street; Court; Hill."""

_STRONG = (
    "avenue ave av boulevard blvd boul crescent cres highway hwy lane ln parkway pkwy road rd street turnpike tpke"
)
_FAIR = """
alley avenida calle causeway chase circle cir close cl concession court ct crt crossing drive driveway dr drv esplanade
expressway gardens gdns grove grv mews motorway parade pde place pl plaza plz promenade quay row square sq st terrace
ter tce trail trl walk way wharf wynd
chowk marg nagar salai
"""
_WEAK = """
approach arcade avenues bay beach bend bluff bottom brae branch bridge brook brow brae broadway bypass canyon cape
center centre circuit circus cliff cliffs common commons copse corner cottages course cove creek croft curve dale dell
dene drove drung edge end estate estates falls farm fields flats fold ford forest fork garth gate gateway glade glen
green hall harbour harbor haven heath heights hts hill hills hollow island isle junction key knoll knolls lake lakes
landing lawn lawns link links lodge loop mall manor meadow meadows mill mount mountain nook orchard oval paddock
paddocks park parks pass passage pike pine pines point pt pointe port prairie prospect ramp ranch range rapids reach
rest ridge rise river roundabout route rte run shore shores side spring springs spur station stream strand summit trace
track trafficway tunnel union vale valley view viewpoint views villas village vista walks wells wold woods yard
colony enclave ganj vihar
"""
SUFFIXES: dict[str, float] = (
    dict.fromkeys(_WEAK.split(), WEAK) | dict.fromkeys(_FAIR.split(), FAIR) | dict.fromkeys(_STRONG.split(), STRONG)
)

FOLLOWED = frozenset(
    "n s e w ne nw se sw north south east west northeast northwest southeast southwest ext extension".split()
)
"""Directions behind a street: Peachtree Circle NW."""

_FUNCTION = """
a about across after all along also although among an and any are around as at away back be because been before behind
being below between both but by can come could did different do does down during each either else every few for from
further get go goes got had has have he her here hers his how i if in inside into is it its just like made make many may
me might more most much must my near need no none nor not now of off on once one only onto or other our out over own per
please same she should since so some such than that the their them then there these they this those through to too
total toward under until up us use used using very via was we were what when where which while who whose why will with
within without would yes yet you your
"""
FUNCTION_WORDS = frozenset(_FUNCTION.split())
"""No street is called so, with capitals or without; `of` and `the` may stand inside a name."""
INNER = frozenset({"of", "the", "and", "on", "in", "by", "de", "la", "du", "del"})

_UNITS = """
acre acres am angry bath baths bed bedroom bedrooms beds bit bits block blocks byte bytes car cars cent cents century
centuries cm core cores course courses cylinder day days deg degree degrees digit dimensional disc disk
dollar dollars door doors dozen episode euro euros eyed f factor factors fast feet foot fold ft gallon gb ghz gram grams
h hard hour hours hr hrs hundred hz inch inches item items k kb kg kilometer kilometers kilometre kilometres km
kw lane lanes layer lb lbs letter level liter litre lot m man mb meter meters metre metres mhz mi mile miles million min
mins minute minutes ml mm mo month months mph ms node nodes oz page pages part parts party people percent person
phase pin piece pieces pixel pixels pm point points pound pounds px quarter ring rings sec second seconds
season sided sq speed star stars step steps stop storey stories story strike tb thousand ticket tickets tier time times
ton tons track turn turns units version volt watt watts way ways week weeks wheel wheels word words x yard yards
yd yds year years yo yr yrs am pm bc ad ce bce jan feb mar apr jun jul aug sep sept oct nov dec january february march
april may june july august september october november december
"""
UNITS = frozenset(_UNITS.split())
"""Behind a number these count or measure, or are months: `5 minute drive`, `12 March Court proceedings`."""

NAMES_TOO = frozenset("april august july june march may point quarter ring second star".split())
"""Those of them that streets are called after: `12 Second Street`."""

_OTHER_MEANINGS = """
drive: hard flash disk tape thumb usb ssd nvme google test pen zip optical c d home external
court: supreme district circuit appeals appeal high crown county federal food tennis basketball squash magistrates superior
court: municipal bankruptcy tax family criminal civil moot
square: chi mean means least latin perfect magic root set r inches error
place: first second third fourth work market take last decimal common happy safe best great
way: two three four one milky either best easy only right wrong better great new
lane: fast left right bus bike middle single memory swim passing hov
road: rail main rocky long
street: wall sesame word
park: national theme car south jurassic
close: market
trail: audit paper
row: per each data table header last next
circle: unit full inner drum
loop: for while event infinite feedback game do inner outer main closed open
"""
OTHER_MEANINGS: dict[str, frozenset[str]] = {
    street: frozenset(
        word
        for line in _OTHER_MEANINGS.strip().split("\n")
        if line.startswith(f"{street}:")
        for word in line.split()[1:]
    )
    for street in {line.split(":")[0] for line in _OTHER_MEANINGS.strip().split("\n")}
}
"""The word before a street word that makes it something else."""

NOT_HOUSES = frozenset(
    """
    act agent appendix apollo april area article august batch board bug case cases chapter chapters class clause column
    command concerto copyright cve day days december diagram dimension dimensions episode episodes epoch equation error
    example exercise exhibit exit february fig figure form gate grade highway interstate issue item iteration january
    july june kapitel lesson level line lines listing march may message milestone module month months note november
    october opus option over page pages paragraph part parts phase pick platform point population pp priority problem
    process psalm quarter question rank ranked released requirement revision round rounds row rows rfc rule score
    season sec section sections september session slide sonata stage step steps story symphony table task team terminal
    test thread tier ticket top topic track type under until v ver verse version volume vol war week weeks windows world
    year years
    """.split()
)
"""In front of a number these say that it counts something else than houses."""

NUMBERED = frozenset("avenue ave concession cr fm highway hwy road rd route rte sr".split())
"""Roads that have a number for a name: `State Route 32`."""

_SPELLED = """
one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen
nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand oh and
"""
SPELLED_NUMBERS = frozenset(_SPELLED.split())
SPOKEN_ENDS = ("street", "avenue", "road", "lane", "drive", "boulevard", "court", "terrace", "close", "crescent")

HOUSES = (
    "Annexe|Barn|Bungalow|Chapel|Cottage|Cottages|Court|Croft|Farm|Farmhouse|Forge|Gatehouse|Grange|Hall|House|Lodge|Manor"
    "|Mill|Oast|Rectory|Stables|Vicarage|Villa"
)
"""What British and Irish houses without a number are called."""
