# ruff: noqa: E501 - patterns are read in one piece, words as lines
"""Street words of Polish, Czech, Slovak and Croatian, and of Malay and Greek in Latin letters: type first."""

STRONG, WEAK = 0.74, 0.45
_STRONG = """
ul. ul ulica ulicy aleja aleje alei osiedle osiedlu os. plac placu skwer rondo bulwar al. pl. náměstí nám. třída tř. ulice námestie
odos leoforos jalan jln jl.
"""
_WEAK = "trg nábřeží nábř. sídliště szosa trakt lorong persiaran"
TYPES: dict[str, float] = dict.fromkeys(_WEAK.split(), WEAK) | dict.fromkeys(_STRONG.split(), STRONG)
