"""Australia and New Zealand."""

from proxy.detection.recognizers.ids import overseas
from proxy.detection.recognizers.ids.schemes import Scheme, scheme

PACKS: dict[str, tuple[Scheme, ...]] = {
    "au": (
        scheme(
            "au_tfn",
            "999_999_999 999999999 999-999-999 99999999 99_999_999",
            "au.tfn",
            "TFN, tax file number, tax file no, tax file",
        ),
        scheme(
            "au_medicare",
            "9999_99999_9 9999999999 9999-99999-9 9999_99999_9/9 9999_99999_9-9 99999999999",
            overseas.au_medicare,
            "Medicare, Medicare number, Medicare card, Medicare no, Medicare card number",
            "HEALTH_PLAN_ID",
        ),
    ),
    "nz": (
        scheme(
            "nz_ird",
            "99-999-999 999-999-999 999999999 99999999 999_999_999",
            "nz.ird",
            "IRD, IRD number, inland revenue, IRD no",
        ),
        scheme(
            "nz_nhi",
            "AAA9999 AAA99AA",
            overseas.nz_nhi,
            "NHI, NHI number, national health index, NHI no",
            "MEDICAL_RECORD_NUMBER",
        ),
        scheme(
            "nz_bank",
            "99-9999-9999999-99! 99-9999-9999999-999! 99_9999_9999999_99",
            "nz.bankaccount",
            "account, bank account, account number",
            "BANK_ACCOUNT",
        ),
    ),
}
