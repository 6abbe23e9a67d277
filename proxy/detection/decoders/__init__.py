"""What an encoding hides, one family a module; a decoder yields views of what it changed, and nothing else.

A view is a few windows of the text, so that a long text with one escape in it costs little.
"""

from collections.abc import Callable, Iterator

from proxy.detection.decoders.budget import Budget
from proxy.detection.decoders.codes import codes
from proxy.detection.decoders.escapes import escapes
from proxy.detection.decoders.layout import layout
from proxy.detection.decoders.mail import mail
from proxy.detection.decoders.spelled import spelled
from proxy.detection.decoders.spoken import spoken
from proxy.detection.decoders.structure import forms, structure
from proxy.detection.decoders.tokens import tokens
from proxy.detection.decoders.wraps import wraps

Decoder = Callable[[str, Budget], Iterator[str]]
DECODERS: tuple[Decoder, ...] = (escapes, mail, tokens, codes, spelled, spoken, layout, wraps, structure, forms)

__all__ = ["DECODERS", "Budget"]
