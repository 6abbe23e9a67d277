# ruff: noqa: RUF001 - addresses are written as people write them
"""French addresses, between angle quotes; those of Belgium, Switzerland and Quebec stand with their neighbours."""

from collections.abc import Callable

import pytest

Finds = Callable[[str], bool]

FRANCE = [
    "J'habite au ‹27 rue des Martyrs, 75009 Paris›, troisième étage.",
    "Adresse de livraison : ‹14 bis, avenue Jean-Jaurès, 69007 Lyon›",
    "‹3 impasse du Moulin, Bât. C, 31200 Toulouse›",
    "M. Guérin\n‹118, bd de la Libération\n13004 MARSEILLE›",
    "envoyez à ‹5 rue victor hugo 33000 bordeaux› merci",
    "LIVRER AU ‹22 ALLÉE DES TILLEULS 44300 NANTES›",
    "‹9 place de la Mairie, 35410 Châteaugiron›",
    '{"numero": "‹41", "rue": "chemin de Halage›", "code_postal": "67000", "ville": "Strasbourg"}',
    "nom;adresse;cp;ville\nLefèvre;‹6 quai Saint-Nicolas›;67000;Strasbourg",
    "ma grand-mère vit au ‹80 cours Gambetta›",
    "‹Résidence Les Acacias, 12 rue Pasteur, 59800 Lille›",
    "‹1 square de l'Europe 95000 Cergy›",
    "‹65 route de Brest, 29000 Quimper›",
    "‹BP 40218, 38043 Grenoble Cedex 9›",
    "on se retrouve ‹15 faubourg Saint-Antoine›",
    "‹210 Av. du Général de Gaulle, 92140 Clamart›",
    "‹Lieu-dit Kerbihan, 56400 Plumergat›, c'est au bout du chemin",
]


def test_france_is_seeded_well() -> None:
    assert len(FRANCE) >= 15


@pytest.mark.parametrize("marked", FRANCE)
def test_an_address_is_found_where_it_stands(marked: str, finds: Finds) -> None:
    assert finds(marked)
