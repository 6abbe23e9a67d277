# ruff: noqa: E501, SIM905 - patterns are read in one piece, words as lines
"""Street words of French: they stand before the name, and the house number before them (France, Quebec) or last."""

STRONG, WEAK = 0.72, 0.42
"""Weak ones are words of other meanings; a particle behind them (`place de la Mairie`) or a place near makes up for it."""

_STRONG = """
allée allee allées av avenue bd bld blvd boulevard chaussée chaussee chemin drève dreve esplanade faubourg fbg impasse quai
lieu-dit lieudit rue ruelle sentier venelle
"""
_WEAK = """
all. ch. che. cité clos cour cours cote côte hameau imp. lotissement lot. mail montée parvis passage pl. place plan promenade
r. résidence residence rond-point route rte square traverse villa voie
"""
TYPES: dict[str, float] = dict.fromkeys(_WEAK.split(), WEAK) | dict.fromkeys(_STRONG.split(), STRONG)
REPEATS = frozenset("bis ter quater".split())
