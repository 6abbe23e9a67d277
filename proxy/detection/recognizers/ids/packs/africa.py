"""Africa."""

from proxy.detection.recognizers.ids import overseas
from proxy.detection.recognizers.ids.schemes import Scheme, scheme

PACKS: dict[str, tuple[Scheme, ...]] = {
    "za": (
        scheme(
            "za_id",
            "9999999999999? 999999_9999_999! 999999_9999_99_9! 999999_9999999",
            "za.idnr",
            "RSA ID, South African ID, SA ID, ID number, SA ID number, identity number, South Africa, RSA, ID no",
        ),
        scheme("za_tax", "9999999999", "za.tin", "tax number, tax reference, SARS, tax ref, income tax number"),
    ),
    "eg": (
        scheme(
            "eg_id",
            "99999999999999",
            overseas.eg_id,
            "الرقم القومي, national id number, Egyptian ID, raqm qawmi",
        ),
    ),
    "mu": (scheme("mu_nid", "A9999999999999 A999999999999A", "mu.nid", "NIC, NID, Mauritian ID, NIC number"),),
    "gh": (scheme("gh_card", "AAA-999999999-9!", overseas.gh_card, "Ghana card, GhanaCard PIN, Ghana card number"),),
}
