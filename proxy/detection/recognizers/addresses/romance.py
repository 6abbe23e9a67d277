# ruff: noqa: E501 - patterns are read in one piece, words as lines
"""Street words of Spanish, Catalan, Galician, Italian, Portuguese and Romanian: type first, then name, then number."""

STRONG, WEAK = 0.72, 0.42
"""Weak ones mean other things as well, in their own language or in English: `via`, `corso`, `largo`."""

_SPANISH = """
c/ calle cl/ avenida avda avd paseo pº plaza pza plza ronda travesía travesia glorieta rambla bulevar callejón callejon
carretera ctra cda. cerrada privada priv. calzada calz. prolongación prolongacion prol. andador boulevard blvd periférico
calleja costanilla urbanización urb polígono
carrer avinguda passeig plaça rúa
"""
_SPANISH_WEAK = """
camino cno camí cuesta circuito circunvalación eje diagonal transversal carrera cra kra cr. kr. tr. dg. cll. cl. pasaje pje cami via vía gran
barrio col. colonia jardín retorno cjon av
"""
_ITALIAN = "viale v.le vle piazza p.zza pza piazzale p.le vicolo lungotevere lungarno lungomare c.so corso contrada c.da galleria fondamenta calata"
_ITALIAN_WEAK = "via strada largo salita borgo località localita loc. frazione fraz. rione traversa v."
_PORTUGUESE = """
rua avenida travessa trav trav. tv. praça praca pç alameda estrada estr calçada calcada praceta pct rodovia rod. beco rotunda ladeira
logradouro
"""
_PORTUGUESE_WEAK = "r. av al. quinta bairro urbanização jardim vila largo lg. via viela lugar sítio"
_ROMANIAN = "strada str. str bd bulevardul bdul calea șoseaua sos. aleea intrarea splaiul piața"
WEAK_TYPES = frozenset(f"{_SPANISH_WEAK} {_ITALIAN_WEAK} {_PORTUGUESE_WEAK}".split())
TYPES: dict[str, float] = dict.fromkeys(WEAK_TYPES, WEAK) | dict.fromkeys(
    f"{_SPANISH} {_ITALIAN} {_PORTUGUESE} {_ROMANIAN}".split(), STRONG
)
