# ruff: noqa: RUF001 - labels in the letters of their languages
"""Western and southern Europe."""

from proxy.detection.recognizers.ids import bank_checks, checks
from proxy.detection.recognizers.ids.schemes import Scheme, scheme

PACKS: dict[str, tuple[Scheme, ...]] = {
    "uk": (
        scheme(
            "uk_nino",
            "AA999999A! AA_99_99_99_A! AA-99-99-99-A! AA.99.99.99.A AA_999999_A! AA99_99_99A AA_99_99_99A AA999999_A!",
            checks.uk_nino,
            "NI, NINO, NI number, national insurance, national insurance number, insurance number, insurance no",
            "UK_NINO",
        ),
        scheme(
            "uk_nhs",
            "999_999_9999? 999-999-9999 9999999999",
            "gb.nhs",
            "NHS, NHS number, national health service, health number, health service number, CHI, CHI number, HSC "
            "number, health and care number, H&C number, patient, patient id, patient number",
            "UK_NHS",
        ),
        scheme(
            "uk_utr",
            "99999_99999 9999999999",
            "gb.utr",
            "UTR, unique taxpayer reference, self assessment, tax reference",
        ),
        scheme(
            "uk_licence",
            "AAAAA999999AA9AA? AAAAA_999999_AA9AA? AAAAA_999999_A99AA? AAAA9999999AA9AA? AAA99999999AA9AA? "
            "AAAAA999999A99AA?",
            checks.uk_licence,
            "driving licence, licence number, drivers licence, driver licence, driver number, DVLA",
            "DRIVER_LICENSE",
        ),
        scheme(
            "uk_account",
            "99-99-99_99999999! 99_99_99_99999999",
            bank_checks.uk_account,
            "sort code, account, account number, bank, bank account, bank details, acct",
            "BANK_ACCOUNT",
        ),
        scheme("uk_sort_code", "99-99-99", checks.always, "sort, sort code, SC, bank sort code", "BANK_ACCOUNT"),
    ),
    "ie": (
        scheme(
            "ie_pps",
            "9999999A 9999999AA 9999999_A 9999999_AA",
            "ie.pps",
            "PPS, PPSN, PPS number, personal public service, personal public service number, UPSP, RSI, RSI number",
        ),
    ),
    "de": (
        scheme(
            "de_tax",
            "99999999999 99_999_999_999 99.999.999.999",
            "de.idnr",
            "Steuer-ID, Steueridentifikationsnummer, Steuer-Identifikationsnummer, Steuerliche "
            "Identifikationsnummer, IdNr, Identifikationsnummer, Steuer-IdNr, Steuer-Ident, TIN, Steuernummer",
        ),
        scheme(
            "de_stnr",
            "99/999/99999 999/999/99999 999/9999/9999 9999999999999 99999/99999",
            "de.stnr",
            "Steuernummer, Steuer-Nr, St.-Nr., StNr, Steuernr",
        ),
        scheme(
            "de_rvnr",
            "99999999A999? 99_999999_A_999! 99-999999-A-999!",
            checks.de_rvnr,
            "Rentenversicherungsnummer, Sozialversicherungsnummer, Versicherungsnummer, RVNR, SV-Nummer, SVNR, "
            "SV-Nr, VSNR, RV-Nummer, RVNummer, Rentenversicherung, Sozialversicherung, Sozialversicherungsausweis",
        ),
        scheme(
            "de_kvnr",
            "A999999999",
            checks.de_kvnr,
            "Krankenversichertennummer, KVNR, Versichertennummer, Versicherten-Nr, Versichertennr, "
            "Krankenversicherung, Krankenkasse, Versicherungsnummer, KV-Nummer, KV-Nr, eGK, Gesundheitskarte, AOK, "
            "Barmer, health insurance, insurance number, Versicherung, TK, DAK",
            "HEALTH_PLAN_ID",
        ),
    ),
    "at": (
        scheme(
            "at_svnr",
            "9999999999~ 9999_999999 9999-999999",
            "at.vnr",
            "SVNR, SV-Nummer, SV-Nr, SV, Sozialversicherungsnummer, Sozialversicherung, Versicherungsnummer, VSNR, "
            "e-card",
        ),
        scheme(
            "at_tax", "99-999/9999 999999999", "at.tin", "Steuernummer, Abgabenkontonummer, Steuer-Nr, StNr, St.-Nr."
        ),
    ),
    "ch": (
        scheme(
            "ch_ahv",
            "999.9999.9999.99! 9999999999999! 999_9999_9999_99! 999-9999-9999-99!",
            "ch.ssn",
            "AHV, AHV-Nummer, AHV-Nr, AVS, numéro AVS, Sozialversicherungsnummer, NAVS, AHVN13, OASI, AHVN, NAVS13",
        ),
    ),
    "fr": (
        scheme(
            "fr_nir",
            "999999999999999! 9_99_99_99_999_999_99! 9.99.99.99.999.999.99! "
            "9_99_99_9A_999_999_99! 999999A99999999! 9_99_99_99_999999_99! 9999999999999_99! 9_99_99_99_999_999/99!",
            checks.fr_nir,
            "NIR, INSEE, numéro INSEE, sécurité sociale, numéro de sécurité sociale, numéro de sécu, sécu, n° sécu, "
            "NSS, num sécu, carte vitale, SS, numéro SS",
        ),
        scheme(
            "fr_spi",
            "9999999999999 99_99_999_999_999",
            "fr.nif",
            "SPI, numéro fiscal, référence fiscale, identifiant fiscal, numéro d'identification fiscale, NIF, numéro "
            "SPI, impôts",
        ),
        scheme(
            "fr_rib",
            "99999999999999999999999 99999_99999_99999999999_99 99999_99999_9999999999A_99 9999999999999999999999A",
            bank_checks.fr_rib,
            "RIB, compte, numéro de compte, compte bancaire, coordonnées bancaires, relevé d'identité bancaire",
            "BANK_ACCOUNT",
        ),
    ),
    "be": (
        scheme(
            "be_nn",
            "99.99.99-999.99! 99999999999~ 99.99.99.999.99! 999999-999-99! 999999-999.99! 99_99_99_999_99 99999999999",
            "be.ssn",
            "rijksregisternummer, rijksregister, numéro de registre national, registre national, numéro national, "
            "NISS, INSZ, nationaal nummer, RRN, NN, rijksregisternr, BIS-nummer, INSZ-nummer, numéro NISS",
        ),
        scheme(
            "be_eid",
            "999-9999999-99? 999999999999",
            "be.eid",
            "identiteitskaart, carte d'identité, eID, rekeningnummer, numéro de compte, kaartnummer, ID card",
        ),
    ),
    "nl": (
        scheme(
            "nl_bsn",
            "999999999 9999.99.999 9999_99_999 999_999_999 999.999.999",
            "nl.bsn",
            "BSN, burgerservicenummer, sofinummer, sofi-nummer, BSN-nummer, burger service nummer, citizen service "
            "number",
        ),
    ),
    "lu": (
        scheme(
            "lu_cns",
            "9999999999999! 9999_9999_99999! 99999999_99999!",
            checks.lu_cns,
            "matricule, numéro de matricule, CNS, CCSS, matricule national, Sozialversicherungsnummer",
        ),
    ),
    "es": (
        scheme(
            "es_dni",
            "99999999A? 99.999.999-A! 99999999-A! 99.999.999A! 99_999_999_A 99999999_A 99_999_999-A",
            "es.dni",
            "DNI, NIF, documento nacional de identidad, documento de identidad, número de identificación fiscal, "
            "NIF/DNI, DNI/NIE",
        ),
        scheme(
            "es_nie",
            "A9999999A! A-9999999-A! A9999999-A! A-9999999A! A_9999999_A A_9999999A",
            "es.nie",
            "NIE, TIE, número de identidad de extranjero, NIF, extranjero, permiso de residencia",
        ),
        scheme(
            "es_nuss",
            "999999999999~ 99/99999999/99! 99/9999999999! 99_99999999_99 99-99999999-99 99_9999999999 99/99999999-99!",
            checks.es_nuss,
            "seguridad social, número de seguridad social, NUSS, NAF, afiliación, número de afiliación, nº SS, SS, NSS",
        ),
        scheme(
            "es_ccc",
            "99999999999999999999 9999-9999-99-9999999999! 9999_9999_99_9999999999!",
            "es.ccc",
            "CCC, cuenta, número de cuenta, cuenta bancaria, código cuenta cliente, cuenta corriente",
            "BANK_ACCOUNT",
        ),
    ),
    "pt": (
        scheme(
            "pt_nif",
            "999999999 999_999_999 999.999.999",
            "pt.nif",
            "NIF, contribuinte, número de contribuinte, número de identificação fiscal, número fiscal, contribuinte nº",
        ),
        scheme(
            "pt_niss",
            "99999999999 999_9999_9999 999_999_999_99",
            checks.pt_niss,
            "NISS, segurança social, número de segurança social, número de identificação de segurança social",
        ),
        scheme(
            "pt_cc",
            "99999999_9_AA9! 999999999AA9! 99999999-9-AA9! 99999999_9AA9! 99999999_9_A99",
            "pt.cc",
            "CC, cartão de cidadão, cartão do cidadão, número do CC, bilhete de identidade, documento de identificação",
        ),
    ),
    "it": (
        scheme(
            "it_cf",
            "AAAAAA99A99A999A! AAA_AAA_99A99_A999A! AAAAAA_99A99_A999A! AAAAAA-99A99-A999A!",
            "it.codicefiscale",
            "codice fiscale, CF, C.F., cod. fisc., cod fiscale, codfisc, tax code, fiscal code",
        ),
        scheme(
            "it_bban",
            "A9999999999999999999999? A_99999_99999_999999999999!",
            bank_checks.it_bban,
            "BBAN, CIN, conto corrente, coordinate bancarie, conto, c/c, numero di conto",
            "BANK_ACCOUNT",
        ),
    ),
    "mt": (
        scheme(
            "mt_id", "9999999A", checks.mt_id, "ID card, identity card, karta tal-identità, Maltese ID, ID card number"
        ),
    ),
    "gr": (
        scheme("gr_amka", "99999999999~", "gr.amka", "AMKA, ΑΜΚΑ, αριθμός μητρώου κοινωνικής ασφάλισης"),
        scheme("gr_afm", "999999999", "gr.vat", "AFM, ΑΦΜ, αριθμός φορολογικού μητρώου, Α.Φ.Μ., tax registry number"),
    ),
    "cy": (scheme("cy_tic", "99999999A", "cy.vat", "TIC, tax identification code, ΑΦΜ, ΑΦΤ"),),
    "tr": (
        scheme(
            "tr_tckn",
            "99999999999~ 999_999_999_99 999_99_999_99_9",
            "tr.tckimlik",
            "TCKN, T.C. kimlik, TC kimlik no, TC kimlik, kimlik, kimlik no, kimlik numarası, TC no, TC",
        ),
    ),
}
