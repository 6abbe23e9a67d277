# ruff: noqa: RUF001 - labels in the letters of their languages
"""Numbers that have no check digit: what they are is said only by the label that stands directly beside them."""

import re
from dataclasses import dataclass

from proxy.detection.recognizers.ids.context import labels
from proxy.detection.recognizers.ids.schemes import FAIR, STRONG, WEAK


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """A type, the form of its values without separators, and what they are called."""

    entity_type: str
    score: float
    value: re.Pattern[str]
    labels: frozenset[str]
    beside: re.Pattern[str] | None = None
    written: re.Pattern[str] | None = None


def kind(  # noqa: PLR0917 - a table
    entity_type: str,
    score: float,
    value: str,
    names: str,
    beside: re.Pattern[str] | None = None,
    written: re.Pattern[str] | None = None,
) -> Kind:
    """Write a kind down: its names parted by commas, what must be spoken of for them to mean it, how it is written."""
    return Kind(entity_type, score, re.compile(value), labels(names), beside, written)


_CARE = re.compile(
    r"health|medic|patient|doctor|hospital|clinic|diagnos|dental|pharma|surg|prescri|copay|deductible|aetna|cigna|"
    r"humana|kaiser|blue ?cross|bcbs|unitedhealth|anthem|krank|arzt|santé|mutuelle|mgen|médic|salud|sanitar|"
    r"sanitas|adeslas|zorg|zilveren|menzis|saúde|unimed|bupa|medibank|(?<![^\W_])(?:aok|barmer|dak|rx)(?![^\W_])",
    re.IGNORECASE,
)


_DRIVING = re.compile(
    r"driv|(?<![^\W_])(?:dl|cdl|dob|dmv|dvla|car|cars|truck|van|vehicle|plates?|fleet|rental|hire|age|state)(?![^\W_])|"
    r"fahr|condu|permis|chauffeur|licen[cs]e (?:class|plate)",
    re.IGNORECASE,
)
_PAPERS = re.compile(r"passport|passeport|pasaporte|passaporto|reisepass|paspoort|paszport|travel", re.IGNORECASE)
_BANK = re.compile(
    r"(?<![^\W_])(?:bank\w*|routing|ach|wire (?:transfer|instr|to|the|from|it)\w*|bsb|sort ?code|s/c|sc|ifsc|"
    r"swift|bic|aba|iban|sort|deposit|checking acc\w*|savings|payroll|payee|beneficiary|transfer|remit\w*|branch|"
    r"direct debit|transit|clearing|agencia|agência|ag|banco|banque|banca|blz|sepa|"
    r"[0-9]{2}-[0-9]{2}-[0-9]{2})(?![^\W_]|-[0-9])",
    re.IGNORECASE,
)
_DEPENDANT = re.compile(r"[A-Z0-9][A-Z0-9 -]{6,}-0[0-9]")
"""American plans number the members of a family behind a hyphen."""
_CODE = r"(?=(?:[A-Z]*[0-9]){4})[A-Z0-9]{5,20}"
_PERSONAL = r"(?=(?:[A-Z]*[0-9]){5})[A-Z0-9]{6,20}"
_PASSPORT = r"(?=(?:[A-Z]*[0-9]){4})[A-Z0-9]{6,12}"
_ACCOUNT = r"[0-9]{5,20}"

KINDS = (
    kind(
        "PASSPORT",
        STRONG,
        _PASSPORT,
        "passport, passport number, passport no, passport num, passports, passport id, travel document, pasaporte, "
        "número de pasaporte, passeport, numéro de passeport, Reisepass, Reisepassnummer, Passnummer, Pass-Nr, "
        "passaporto, numero passaporto, passaporte, número do passaporte, paspoort, paspoortnummer, paszport, "
        "paszportu, nr paszportu, pass number, passnummer, pasnummer, passport nr, passnr, Passnummern, passi, passin "
        "numero, passinumero, pašapórt, cestovní pas, číslo pasu, útlevél, útlevélszám, pașaport, număr pașaport, "
        "паспорт, паспорта, номер паспорта, διαβατήριο, pasaport, pasaport no, pasaport numarası, putovnica, broj "
        "putovnice, pas nr, pase, passikood, паспорт серия, серия паспорта, 护照, 护照号码, 护照号, "
        "パスポート番号, 旅券番号, 여권번호, pp "
        "number, pp no, ppt, passport holder, travel doc, traveldoc, travel document number, جواز السفر, رقم جواز, "
        "דרכון, hộ chiếu, số hộ chiếu, paspor, nomor paspor, หนังสือเดินทาง, पासपोर्ट, passaportnummer, passport nbr",
    ),
    kind(
        "PASSPORT",
        FAIR,
        r"[A-Z]{1,3}[0-9]{6,8}[A-Z]?|[0-9]{2}[A-Z]{2}[0-9]{5}|[0-9]{9}",
        "Pass, pp, document number, document no, doc number, doc no, docnumber, document id, doc, document, número de "
        "documento, numéro de document, Dokumentennummer, Dokumentnummer, Dokument-Nr, numero documento, "
        "documentnummer, number",
        _PAPERS,
    ),
    kind(
        "DRIVER_LICENSE",
        STRONG,
        r"(?=(?:[A-Z]*[0-9]){4})[A-Z0-9]{5,20}",
        "driver license, driver's license, drivers license, drivers licence, driver licence, driver's licence, "
        "driving licence, driving license, driver license number, driver's licence number, driving licence number, "
        "driver lic, drivers lic, DL, DLN, DL number, DL no, driver license no, Führerschein, Führerscheinnummer, "
        "Führerschein-Nr, permis de conduire, numéro de permis, permis, carnet de conducir, permiso de conducir, "
        "permiso de conducción, licencia de conducir, licencia de manejo, patente di guida, patente, numero patente, "
        "rijbewijs, rijbewijsnummer, carta de condução, carteira de motorista, CNH, prawo jazdy, prawa jazdy, numer "
        "prawa jazdy, körkort, körkortsnummer, førerkort, kørekort, kørekortnummer, førerkortnummer, ajokortti, "
        "řidičský průkaz, vodičský preukaz, vezetői engedély, jogosítvány, permis auto, шофьорска книжка, "
        "водительское удостоверение, ehliyet, ehliyet no, vozačka dozvola, driver license id, operator license, "
        "chauffeur license, CDL, CDL number, learner permit, driving permit, driving permit number, driver permit, "
        "driver permit no, permiso C, permiso B, permiso A, "
        "運転免許証, 運転免許証番号, 驾驶证, 운전면허, водительских прав, посвідчення "
        "водія, permis B, permis C, FS-Nr, Fahrerlaubnis, licença de conduzir, habilitação, driver licence no, "
        "driver licence number",
    ),
    kind(
        "NATIONAL_ID",
        FAIR,
        _PERSONAL,
        "national id, national id number, national identity number, national identification number, national identity "
        "card, national identification, national ID card, identity card, identity card number, identity card no, ID "
        "card, ID card number, ID card no, citizen id, citizen number, citizenship number, personal identification "
        "number, personal identity number, personal identity code, personal id number, government id, govt id, "
        "government issued id, identity document, identity document number, personal code, tax id, tax id number, tax "
        "identification number, taxpayer id, taxpayer identification number, TIN, tax number, foreign tax id, social "
        "insurance number, social security number, residence permit, residence permit number, residence card, green "
        "card number, alien number, alien registration number, A-number, alien registration, USCIS number, BRP, BRP "
        "number, Personalausweis, Personalausweisnummer, Ausweisnummer, Ausweis-Nr, Ausweis, Personalausweis-Nr, "
        "Aufenthaltstitel, carte d'identité, carte nationale d'identité, CNI, numéro de carte d'identité, numéro CNI, "
        "titre de séjour, carte de séjour, numéro d'identité, carta d'identità, carta identità, numero carta "
        "d'identità, CIE, permesso di soggiorno, documento d'identità, identiteitskaart, identiteitskaartnummer, "
        "ID-kaart, legitimatiebewijs, verblijfsvergunning, identifikasjonsnummer, cédula, cédula de identidad, cédula "
        "de ciudadanía, número de cédula, documento de identidad, número de documento, número de identificación, "
        "tarjeta de identidad, RG, registro geral, carteira de identidade, bilhete de identidade, cartão de cidadão, "
        "občanský průkaz, číslo OP, občiansky preukaz, személyi igazolvány, személyi igazolvány szám, carte de "
        "identitate, buletin, lična karta, osobna iskaznica, broj osobne iskaznice, osebna izkaznica, лична карта, "
        "номер на лична карта, ταυτότητα, αριθμός ταυτότητας, ΑΔΤ, henkilökortti, legitimation, seria și numărul, "
        "voter id, voter id number, electoral roll number, elector number, NIN number, BVN, NID number, KRA PIN, "
        "PhilSys, SSS number, TIN number, UMID, GSIS, PhilHealth, huduma, omang, military id, taxpayer reference, "
        "fiscal number, número de contribuinte, ration card, Emirates ID, QID, CPR number, civil id, green card, A#, "
        "alien registration no, Perso, Perso-Nr, Persoausweis, dowód, dowodu, dowód osobisty, dowodu osobistego, nr "
        "dowodu, op c, OP no, občanka, občanský, NIK, KTP, nomor KTP, CCCD, CMND, رقم الهوية, الهوية الوطنية, תעודת "
        "זהות, บัตรประชาชน",
    ),
    kind("NATIONAL_ID", FAIR, r"[A-Z]{2}[0-9]{5,7}(?:[A-Z]{2})?", "CI, documento, doc identità, documento no"),
    kind(
        "BANK_ACCOUNT",
        FAIR,
        _ACCOUNT,
        "bank account, bank account number, bank account no, bank acct, bank checking account, checking account "
        "number, savings account, savings account number, current account, beneficiary account, beneficiary account "
        "number, deposit account, direct deposit account, giro account, account number, account no, account num, "
        "account #, acct, acct number, acct no, acct num, acc no, acc number, "
        "accountnumber, acc num, accnum, bank acc, payee account, payroll account, IBAN number, Konto, Kontonummer, "
        "Konto-Nr, Kontonr, Ktnr, Kto, Kto-Nr, Bankverbindung, numéro de compte, compte bancaire, compte, n° de "
        "compte, cuenta bancaria, número de cuenta, cuenta, cuenta corriente, nº de cuenta, conto corrente, numero "
        "di conto, conto, numero conto, rekeningnummer, bankrekening, rekening, bankrekeningnummer, conta "
        "bancária, número da conta, conta corrente, conta, numer konta, nr konta, numer rachunku, nr rachunku, konto "
        "bankowe, rachunek, kontonummer, bankkonto, bankkontonummer, tilinumero, tili, pankkitili, číslo účtu, účet, "
        "bankovní účet, számlaszám, bankszámlaszám, bankszámla, cont bancar, număr cont, broj računa, bankovni "
        "račun, tekući račun, račun, банков сметка, номер счета, банковский счет, hesap no, hesap numarası, BSB, "
        "sort code, sortcode, sort-code, bank code, routing number, routing no, BLZ, Bankleitzahl, clearing number, "
        "clearingnummer, reg nr, registreringsnummer, transit number, institution number, BACS, account_number, "
        "depositor account, 口座番号, 普通預金, 普通, 当座, 账号, 银行账号, 银行卡号, 계좌번호, iban account, acctid, "
        "bankid, bankgiro, bankgironummer, bankgironr, plusgiro, plusgirot, postgiro, účtu, NUBAN, р/с, расчетный "
        "счет, лицевой счет, счет, рахунок, рахунку, лс, checking account, rachunku, kontot, contul, "
        "حساب, رقم الحساب, חשבון, số tài khoản, rekening nomor, no rekening, iban or account, account or iban, "
        "acct nbr, account nbr, bank acct no, cdtr acct, dbtr acct, creditor account, debtor account, settlement "
        "account, nostro account, payout account, refund account, salary account, Empfängerkonto, Gehaltskonto",
    ),
    kind("BANK_ACCOUNT", FAIR, r"[0-9]{6,18}", "account, acc, ac, a/c, cc, konto, sc", _BANK),
    kind(
        "MEDICAL_RECORD_NUMBER",
        STRONG,
        _CODE,
        "MRN, MRNs, medical record, medical record number, medical record no, medical record num, medical record #, "
        "medical records number, medical rec no, med rec, med rec no, med record, patient id, patient number, "
        "patient no, patient num, patient #, patient identifier, patient MRN, pt id, pt no, pt #, pat id, patid, "
        "patient account number, patient account, patient chart, chart number, chart no, chart #, chart id, health "
        "record, health record number, hospital number, hospital no, hospital id, hospital record, hosp no, clinic "
        "number, encounter number, encounter id, encounter no, admission number, admission id, CSN, HAR, specimen "
        "id, specimen number, specimen no, lab accession, radiology number, Patientennummer, Patienten-Nr, "
        "Patienten-ID, PatientenID, Fallnummer, Fall-Nr, Aufnahmenummer, Krankenakte, Krankenaktennummer, numéro de "
        "dossier médical, dossier médical, numéro de dossier patient, dossier patient, numéro patient, IPP, NIP "
        "patient, número de historia clínica, historia clínica, nº historia, NHC, HC, número de paciente, cartella "
        "clinica, numero cartella, numero cartella clinica, codice paziente, patiëntnummer, patientnummer, "
        "dossiernummer, número do prontuário, prontuário, número do processo clínico, número do utente, numer "
        "pacjenta, nr pacjenta, numer karty pacjenta, journalnummer, journalnr, patient-id, potilasnumero, číslo "
        "pacienta, mrn id, mr number, mr no, UR number, EMPI, donor id, Pat-Nr",
    ),
    kind(
        "HEALTH_PLAN_ID",
        STRONG,
        _CODE,
        "health insurance, health insurance number, health insurance id, health insurance no, medical insurance "
        "number, medical insurance, insurance id, insurance number, insurance no, health insurance policy, health "
        "insurance card, insurance card, insurance card number, insurance member id, dental insurance, dental plan, "
        "health plan, health plan id, health plan number, health plan member id, health plan beneficiary number, plan "
        "member id, plan member, medicare, medicare id, medicare number, medicare no, medicare card, medicaid, "
        "medicaid id, medicaid number, medicaid no, MBI, HICN, supplement id, Medigap, HIC number, Rx member id, "
        "RxID, EHIC, EHIC number, GHIC, European health insurance card, Versichertennummer, Versicherten-Nr, "
        "Krankenversichertennummer, Krankenversicherungsnummer, Krankenversicherung, Versichertenkarte, Kennnummer "
        "der Karte, numéro d'assuré, numéro d'adhérent, numéro adhérent, mutuelle, numéro de mutuelle, carte vitale, "
        "tarjeta sanitaria, CIP, TSI, seguro médico, tessera sanitaria, numero tessera sanitaria, zorgverzekering, "
        "verzekerdennummer, verzekeringsnummer, zorgpolis, número de utente, número utente, SNS, cartão de saúde, "
        "carteirinha, försäkringsnummer, forsikringsnummer, sygesikring, health card, health card number, health "
        "number, health care number, PHN, personal health number, HCN, carecard, BC health number, insured id, "
        "insured number, Aetna ID, Cigna ID, Kaiser member, BCBS, Blue Cross, UHC, Humana, Medibank, private health "
        "fund number, healthcard, ABHA, ABHA number, ABHA id, Ayushman, póliza de salud, n° adhérent, Krankenkasse, "
        "Krankenkassennummer, Kassennummer, KV-Nr, KV-Nummer, KVNR, health policy, health policy number, health plan "
        "policy, medical aid number, medical aid, medical scheme number, karta EKUZ, EKUZ, sjukförsäkring, zdravotní "
        "pojišťovna, číslo pojištěnce, TAJ szám",
    ),
    kind(
        "HEALTH_PLAN_ID",
        FAIR,
        _CODE,
        "policy number, policy no, policy #, policy id, policyholder id, policyholder number, subscriber id, "
        "subscriber number, subscriber no, beneficiary id, beneficiary number, beneficiary no, member id, member "
        "number, member no, member #, member identification number, Versicherungsnummer, Versicherungsschein, "
        "Versicherungsscheinnummer, Vers-Nr, VS-Nr, Policennummer, Policen-Nr, número de póliza, póliza, polizza, "
        "numero polizza, numero di polizza, polisnummer, apólice, número da apólice, numer polisy, nr polisy, polisa, "
        "número de afiliado, número de asegurado, numéro de contrat, insured id, member, subscriber, enrollee, "
        "enrollee id, insured, policyholder, policyholder no, group member id, adhérent, numéro adhérent, assuré, "
        "afiliado, nº afiliado, beneficiario, assistito, polisnr, mitgliedsnummer, Versicherten-ID, claim number, "
        "claim no, claim id, prescription number, Rx number, Rx no, Rx #, prior authorization number, prior auth "
        "number, referral number, Rezeptnummer",
        _CARE,
    ),
    kind(
        "HEALTH_PLAN_ID",
        FAIR,
        r"[A-Z]{0,4}[0-9]{8,14}",
        "member id, member number, member no, subscriber id, subscriber number, insured id",
        written=_DEPENDANT,
    ),
    kind(
        "HEALTH_PLAN_ID",
        FAIR,
        r"[A-Z]{1,4}[0-9]{8,12}",
        "member id, member number, subscriber id, subscriber, insured id, Aetna, Cigna, Humana, Anthem, BCBS, Blue "
        "Shield, UHC, UnitedHealthcare, Kaiser",
    ),
    kind(
        "DRIVER_LICENSE",
        FAIR,
        r"(?!(?:19|20)[0-9]{6}\Z)(?=(?:[A-Z]*[0-9]){5})[A-Z0-9]{7,16}",
        "license, licence, lic, license number, licence number, license no, licence no, lic no",
        _DRIVING,
    ),
    kind(
        "DRIVER_LICENSE",
        FAIR,
        r"[A-Z][0-9]{7,14}|[A-Z]{2}[0-9]{6,8}[A-Z]?",
        "license, licence, lic, license number, licence number, license no, licence no, lic no",
    ),
    kind(
        "CARD_SECURITY_CODE",
        STRONG,
        r"[0-9]{3,4}",
        "three digits on the back, digits on the back, four digits on the front, CVV, CVV2, CVC, CVC2, CVN, CVN2, "
        "CAV, CAV2, CSC, card security code, security code, card verification, card verification code, card "
        "verification value, card verification number, card code, card verification no, security number, Prüfziffer, "
        "Prüfnummer, Kartenprüfnummer, Kartenprüfziffer, Sicherheitscode, code de sécurité, cryptogramme, "
        "cryptogramme visuel, código de seguridad, código CVV, codice di sicurezza, beveiligingscode, código de "
        "segurança, kod CVV, kod bezpieczeństwa, kod CVC, säkerhetskod, CVV code, CVC code, CVV number, "
        "sikkerhedskode, turvakoodi",
    ),
    kind(
        "MEDICAL_LICENSE",
        FAIR,
        _PERSONAL,
        "medical license, medical licence, medical license number, medical licence number, GMC number, GMC no, GMC, "
        "NMC pin, nursing license, nursing license number, state medical license, physician license, LANR, "
        "Arztnummer, RPPS, numéro RPPS, colegiado, número de colegiado, BIG-nummer, AHPRA number",
    ),
    kind(
        "DEVICE_ID",
        FAIR,
        r"[0-9]{14,20}|(?=[A-Z]*[0-9])[0-9A-F]{8,64}",
        "IMEI, IMEI number, IMEI no, IMEI2, IMSI, ICICC id, SIM number, SIM serial, MEID, ESN, EID, UDID, IDFA, "
        "IDFV, GAID, AAID, advertising id, ad id, android id, device id, device identifier, device uuid, device "
        "udid, hardware id, advertising identifier, installation id",
    ),
    kind(
        "DEVICE_ID",
        WEAK,
        r"(?=(?:[A-Z]*[0-9]){2})[A-Z0-9]{8,20}",
        "serial number, serial no, device serial, device serial number, serialnumber, Seriennummer, numéro "
        "de série, número de serie, numero di serie, serienummer",
    ),
    kind(
        "VEHICLE_ID",
        FAIR,
        r"[A-HJ-NPR-Z0-9]{17}",
        "VIN, VIN number, vehicle identification number, chassis number, chassis no, Fahrgestellnummer, FIN, "
        "Fahrgestell-Nr, numéro de châssis, bastidor, número de bastidor, numero di telaio, telaio, chassisnummer, "
        "numer VIN, numer nadwozia",
    ),
    kind(
        "VEHICLE_ID",
        FAIR,
        r"(?=[A-Z0-9]*[0-9])(?=[A-Z0-9]*[A-Z])[A-Z0-9]{4,9}",
        "license plate, licence plate, number plate, plate number, plate no, registration plate, vehicle "
        "registration, vehicle reg, reg plate, reg number, tag number, Kennzeichen, amtliches Kennzeichen, "
        "Kfz-Kennzeichen, plaque d'immatriculation, immatriculation, plaque, matrícula, targa, kenteken, tablica "
        "rejestracyjna, numer rejestracyjny, nr rejestracyjny, registreringsnummer, nummerplade, rekisterinumero, "
        "SPZ, rendszám, plaka",
    ),
)
"""Where several fit, the one named with more words wins, then the first."""

OTHER = labels(
    "order, orders, order id, order number, order no, order ref, purchase order, PO, PO number, invoice, invoice no, "
    "invoice number, invoice id, ticket, ticket id, ticket number, case id, case number, case, issue, tracking, "
    "tracking number, tracking no, shipment, parcel, waybill, SKU, timestamp, ts, epoch, unix, unix time, time, "
    "created, created at, updated, updated at, expires, expires at, iat, exp, nbf, date, build, build number, "
    "request, request id, trace, trace id, span, span id, hash, checksum, sha, md5, digest, commit, revision, rev, "
    "version, ver, release, port, lat, lon, lng, latitude, longitude, EAN, ISBN, ISSN, GTIN, UPC, ASIN, MPN, part "
    "number, part no, barcode, product, product id, product code, item, item id, item number, article, article "
    "number, Artikelnummer, Bestellnummer, Rechnungsnummer, Auftragsnummer, bestelling, factuur, factuurnummer, "
    "facture, numéro de facture, commande, numéro de commande, factura, pedido, número de pedido, fattura, ordine, "
    "zamówienie, faktura, ordre, beställning, amount, total, subtotal, price, sum, balance, revenue, count, size, "
    "bytes, length, offset, index, row, line, page, pid, thread, tid, process, session, session id, correlation id, "
    "transaction, transaction id, txn, tx, txn id, payment id, charge id, job, job id, run id, batch, batch id, "
    "batch number, lot, lot number, model, model number, serial, error code, status, status code, seed, nonce, "
    "block, height, width, duration, ms, latency, score, object id, message id, event id, channel id, guild id, user "
    "id, tweet, tweet id, post id, chat id, thread id, group id, topic, partition, AWS account, AWS account number, "
    "customer account number, user account number, GL account, GL account number, ledger account, utility account "
    "number, account id, tenant, tenant id, subscription id, project, project id, project number, app id, client id, "
    "customer, customer id, customer number, Kundennummer, numéro client, reference, ref, ref no, ref number, "
    "reference number, booking, booking reference, confirmation, confirmation number, confirmation code, "
    "reservation, PNR, flight, phone, tel, telephone, mobile, fax, cell, zip, postcode, PLZ, DOI, PMID, arxiv, CVE, "
    "RFC number, accession, genbank, CAS, patent, docket, VAT, VAT number, VAT id, USt-IdNr, EIN, company number, "
    "registration number, KvK, SIREN, SIRET, CIF, P.IVA, partita IVA, REGON, KRS, ABN, ACN, CNPJ, GSTIN, DUNS, LEI, "
    "HRB, license key, product key, activation key, coupon, voucher, gift card, meter, meter number, asset, asset "
    "tag, policy version, parking permit, parking permit no, building permit, building permit no, work permit no, "
    "business license, business licence, business license number, fishing licence, fishing license, hunting license, "
    "hunting licence, liquor licence, liquor license, software license, software licence, trade licence, trade license"
)
"""Labels of numbers that are nobody's: the nearest label decides."""

GENERIC = labels(
    "national id, national id number, national identity, national identification, national identity number, identity "
    "card, identity number, identity no, id card, id number, id no, id nr, id #, personal id, personal code, "
    "personal number, personal identification, personal identity, tax id, tax number, tax no, taxpayer, taxpayer id, "
    "tax identification, TIN, citizen id, citizen number, identification number, government id, govt id, social "
    "security, social insurance, social security number, identity document, numéro d'identification, número de "
    "identificación, documento de identidad, cédula, numero di identificazione, Identifikationsnummer, "
    "Ausweisnummer, personalausweis, carte d'identité, pièce d'identité, identiteitsnummer, identificatienummer, "
    "personnummer, personal numeric code, número de identificação, numer identyfikacyjny, tax code, fiscal code, "
    "national number, numéro national, resident id, foreign tax id, fiscal id, fiscal number, numéro fiscal, número "
    "fiscal, national insurance"
)
"""Labels of personal numbers of any country."""
