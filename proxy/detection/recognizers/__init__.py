"""Own recognizers: one idea a file, pure functions over normalised text, no model."""

from proxy.detection.recognizers import (
    addresses,
    birth_dates,
    cards,
    credentials,
    documents,
    emails,
    health,
    iban,
    medicine,
    names,
    national_ids,
    network,
    phones,
    security_codes,
    uk_ids,
    us_ids,
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
        documents,
        emails,
        health,
        iban,
        medicine,
        names,
        national_ids,
        network,
        phones,
        security_codes,
        uk_ids,
        us_ids,
        wallets,
    )
)

__all__ = ["RECOGNIZERS", "Match", "Recognizer"]
