"""North, Central and South America."""

from proxy.detection.recognizers.ids import bank_checks, checks, overseas
from proxy.detection.recognizers.ids.schemes import Scheme, scheme

_HEALTH_CARD = "OHIP, health card, health card number, OHIP number, health number, HCN"
_SSN = (
    "SSN, SSNs, social security, social security number, social security no, social, soc sec, SS number, SS#, social "
    "sec, SSN/TIN, social number, socialsecuritynumber, TIN, tax id"
)

PACKS: dict[str, tuple[Scheme, ...]] = {
    "us": (
        scheme(
            "us_ssn",
            "999-99-9999! 999_99_9999? 999.99.9999? 999999999 999-999999",
            overseas.us_ssn,
            _SSN,
            "US_SSN",
        ),
        scheme(
            "us_itin",
            "999-99-9999! 999_99_9999? 999999999 999.99.9999",
            overseas.us_itin,
            "ITIN, individual taxpayer, individual taxpayer identification number, " + _SSN,
            "US_ITIN",
        ),
        scheme(
            "us_atin",
            "999-99-9999 999999999",
            "us.atin",
            "ATIN, adoption taxpayer, adoption taxpayer identification number",
        ),
        scheme("us_ptin", "A99999999 A-99999999", "us.ptin", "PTIN, preparer tax identification number, preparer tax"),
        scheme(
            "us_mbi",
            "9AA9AA9AA99! 9AA9-AA9-AA99! 9AA9A99AA99! 9AA9-A99-AA99! "
            "9A99AA9AA99! 9A99-AA9-AA99! 9A99A99AA99! 9A99-A99-AA99!",
            overseas.us_mbi,
            "MBI, Medicare, Medicare ID, Medicare number, Medicare beneficiary, Medicare beneficiary identifier",
            "HEALTH_PLAN_ID",
        ),
        scheme(
            "us_npi",
            "9999999999",
            overseas.us_npi,
            "NPI, NPI number, national provider identifier, provider NPI",
            "MEDICAL_LICENSE",
        ),
        scheme(
            "us_dea",
            "AA9999999 A99999999",
            overseas.us_dea,
            "DEA, DEA number, DEA registration, DEA no",
            "MEDICAL_LICENSE",
        ),
        scheme(
            "us_aba",
            "999999999 9999-9999-9",
            "us.rtn",
            "routing, ABA, RTN, routing number, routing no, ABA number, ABA routing, routing transit, transit number, "
            "ACH routing, wire routing, bank routing",
            "BANK_ACCOUNT",
        ),
    ),
    "ca": (
        scheme(
            "ca_sin",
            "999-999-999 999_999_999 999999999",
            checks.luhn_valid,
            "SIN, social insurance, social insurance number, NAS, numéro d'assurance sociale, assurance sociale, SIN "
            "number",
        ),
        scheme(
            "ca_ohip",
            "9999-999-999-AA! 9999_999_999_AA! 9999-999-999 9999999999 9999_999_999 9999999999AA",
            overseas.ca_ohip,
            _HEALTH_CARD,
            "HEALTH_PLAN_ID",
        ),
        scheme(
            "ca_ramq",
            "AAAA_9999_9999! AAAA99999999! AAAA-9999-9999!",
            overseas.ca_ramq,
            "RAMQ, assurance maladie, carte soleil, NAM, health insurance number",
            "HEALTH_PLAN_ID",
        ),
        scheme(
            "ca_phn",
            "9999_999_999 9999999999 9999-999-999",
            "ca.bc_phn",
            "PHN, personal health number, MSP, CareCard, BC services card, BC health number",
            "HEALTH_PLAN_ID",
        ),
    ),
    "mx": (
        scheme(
            "mx_curp",
            "AAAA999999AAAAAA99! AAAA999999AAAAAAA9!",
            "mx.curp",
            "CURP, clave única de registro de población",
        ),
        scheme(
            "mx_rfc",
            "AAAA999999AAA! AAAA999999AA9! AAAA999999A9A! AAAA999999A99! AAAA9999999AA! AAAA9999999A9! AAAA99999999A! "
            "AAAA999999999! AAAA-999999-AAA! AAAA-999999-AA9! AAAA-999999-A9A! AAAA-999999-A99! AAAA-999999-9AA! "
            "AAAA-999999-9A9! AAAA-999999-99A! AAAA-999999-999!",
            overseas.mx_rfc,
            "RFC, registro federal de contribuyentes",
        ),
        scheme(
            "mx_nss",
            "99999999999 99-99-99-9999-9!",
            checks.luhn_valid,
            "NSS, IMSS, número de seguridad social, seguro social",
        ),
        scheme(
            "mx_clabe",
            "999999999999999999 999_999_99999999999_9",
            bank_checks.mx_clabe,
            "CLABE, cuenta CLABE, CLABE interbancaria, cuenta",
            "BANK_ACCOUNT",
        ),
    ),
    "br": (
        scheme(
            "br_cpf",
            "999.999.999-99! 99999999999~ 999999999-99! 999_999_999_99 999.999.999/99",
            "br.cpf",
            "CPF, CPF/MF, cadastro de pessoas físicas, CPF nº, cadastro de pessoa física",
        ),
        scheme(
            "br_cns",
            "999_9999_9999_9999! 999999999999999",
            overseas.br_cns,
            "CNS, cartão SUS, cartão nacional de saúde, cartão do SUS, SUS",
            "HEALTH_PLAN_ID",
        ),
        scheme(
            "br_pis",
            "999.99999.99-9! 99999999999",
            overseas.br_pis,
            "PIS, PASEP, NIS, NIT, PIS/PASEP, PIS-PASEP",
        ),
    ),
    "ar": (
        scheme("ar_cuil", "99-99999999-9! 99999999999 99.99999999.9", overseas.ar_cuil, "CUIL, CUIT, CUIL/CUIT"),
        scheme(
            "ar_dni",
            "99.999.999 99999999 9.999.999",
            "ar.dni",
            "DNI, documento, documento nacional de identidad, D.N.I., nro documento",
        ),
        scheme("ar_cbu", "9999999999999999999999!", "ar.cbu", "CBU, clave bancaria uniforme, CVU", "BANK_ACCOUNT"),
    ),
    "cl": (
        scheme(
            "cl_rut",
            "99.999.999-9! 9.999.999-9? 99.999.999-A! 9.999.999-A! 99999999-9 9999999-9 99999999-A? 9999999-A "
            "999999999 99999999A",
            overseas.cl_rut,
            "RUT, RUN, rol único tributario, rol único nacional, R.U.T., cédula, carnet",
        ),
    ),
    "co": (
        scheme(
            "co_cc",
            "9.999.999.999 99.999.999 9999999999",
            overseas.co_cc,
            "CC, C.C., cédula, cédula de ciudadanía, cédula de extranjería, documento de identidad",
        ),
        scheme(
            "co_cc_plain",
            "9999999999 99999999 9999999",
            checks.always,
            "cédula, cédula de ciudadanía, cédula de extranjería, documento de identidad, cédula ciudadanía",
        ),
    ),
    "pe": (
        scheme("pe_dni", "99999999 99999999-9", checks.always, "DNI, documento nacional de identidad"),
        scheme("pe_ruc", "99999999999", overseas.pe_ruc, "RUC"),
    ),
    "ec": (
        scheme(
            "ec_ci",
            "9999999999 999999999-9!",
            "ec.ci",
            "cédula, cédula de identidad, CI, C.I., cédula de ciudadanía, número de cédula",
        ),
    ),
    "uy": (
        scheme("uy_ci", "9.999.999-9? 99999999 9999999-9", overseas.uy_ci, "cédula, cédula de identidad, CI, C.I."),
    ),
    "ve": (
        scheme(
            "ve_ci",
            "A-99999999 A-9999999 A99999999 A9999999 A-99.999.999 A_99.999.999 A-9.999.999",
            overseas.ve_ci,
            "cédula, cédula de identidad, CI, C.I., cédula identidad",
        ),
        scheme("ve_rif", "A-99999999-9! A999999999", overseas.ve_rif, "RIF, registro de información fiscal"),
    ),
    "do": (
        scheme(
            "do_cedula",
            "999-9999999-9! 99999999999",
            "do.cedula",
            "cédula, cédula de identidad, cédula de identidad y electoral",
        ),
    ),
    "cr": (
        scheme(
            "cr_cedula",
            "99-9999-9999 9-9999-9999 999999999 9999999999",
            "cr.cpf",
            "cédula, cédula de identidad, cédula física",
        ),
    ),
    "sv": (scheme("sv_dui", "99999999-9 999999999", overseas.sv_dui, "DUI, documento único de identidad"),),
    "ni": (scheme("ni_cedula", "999-999999-9999A!", overseas.ni_cedula, "cédula, cédula de identidad"),),
    "gt": (
        scheme(
            "gt_cui",
            "9999_99999_9999 9999999999999",
            checks.always,
            "CUI, DPI, documento personal de identificación, código único de identificación",
        ),
    ),
    "hn": (
        scheme(
            "hn_dni",
            "9999-9999-99999 9999999999999",
            checks.always,
            "DNI, identidad, número de identidad, tarjeta de identidad",
        ),
    ),
    "cu": (scheme("cu_ni", "99999999999", "cu.ni", "carné de identidad, carnet de identidad, número de identidad"),),
    "py": (scheme("py_ci", "9999999 9.999.999", checks.always, "cédula de identidad, C.I."),),
    "bo": (scheme("bo_ci", "9999999 99999999", checks.always, "cédula de identidad, carnet de identidad, C.I."),),
}
