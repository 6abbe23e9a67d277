"""Own recognizers: one idea a file, pure functions over normalised text, no model."""

from proxy.detection.recognizers import (
    addresses,
    birth_dates,
    cards,
    credentials,
    emails,
    foreign_names,
    iban,
    identifiers,
    known_names,
    machine_readable,
    medicine,
    names,
    network,
    phones,
    records,
    wallets,
)
from proxy.detection.recognizers.base import Match, Recognizer

RECOGNIZERS: tuple[Recognizer, ...] = tuple(
    module.RECOGNIZER
    for module in (
        addresses,
        birth_dates,
        cards,
        credentials,
        emails,
        foreign_names,
        iban,
        identifiers,
        known_names,
        machine_readable,
        medicine,
        names,
        network,
        phones,
        records,
        wallets,
    )
)

__all__ = ["RECOGNIZERS", "Match", "Recognizer"]
