"""Identity, tax, insurance, health, document, account and device numbers of all countries that we know."""

from collections.abc import Collection

from proxy.detection.recognizers.base import Recognizer
from proxy.detection.recognizers.ids import schemes
from proxy.detection.recognizers.ids.find import Finder
from proxy.detection.recognizers.ids.packs import PACKS


def recognizer(countries: Collection[str] = tuple(PACKS)) -> Recognizer:
    """Return the recognizer for the schemes of some countries; what only a label announces is found for all."""
    finder = Finder([scheme for country in countries for scheme in PACKS[country]])
    return Recognizer("identifiers", finder.emits, finder.find)


def warm() -> None:
    """Read the modules of python-stdnum now, which are otherwise read one by one when a number is first checked."""
    schemes.warm(scheme for pack in PACKS.values() for scheme in pack)


RECOGNIZER = recognizer()
