"""Asia and the Middle East."""

from proxy.detection.recognizers.ids import overseas
from proxy.detection.recognizers.ids.schemes import Scheme, scheme

PACKS: dict[str, tuple[Scheme, ...]] = {
    "in": (
        scheme(
            "in_aadhaar",
            "9999_9999_9999? 999999999999 9999-9999-9999",
            "in_.aadhaar",
            "Aadhaar, Aadhar, UIDAI, Aadhaar number, UID, Adhaar, Aadhaar card, आधार",
        ),
        scheme(
            "in_pan",
            "AAAAA9999A!",
            overseas.in_pan,
            "PAN, PAN card, permanent account number, PAN number, PAN no",
        ),
        scheme("in_vid", "9999999999999999 9999_9999_9999_9999", "in_.vid", "VID, virtual ID, Aadhaar VID"),
        scheme(
            "in_epic",
            "AAA9999999",
            "in_.epic",
            "EPIC, voter ID, voter card, election card, voter id card, elector photo",
        ),
    ),
    "pk": (
        scheme(
            "pk_cnic",
            "99999-9999999-9! 9999999999999",
            "pk.cnic",
            "CNIC, NIC, NICOP, شناختی کارڈ, national identity card, SNIC",
        ),
    ),
    "lk": (scheme("lk_nic", "999999999A?", overseas.lk_nic, "NIC, national identity card, NIC number, NIC no"),),
    "cn": (
        scheme(
            "cn_rin",
            "99999999999999999A! 999999999999999999!",
            overseas.cn_rin,
            "身份证, 身份证号, 居民身份证, resident id, resident identity card, ID card, 公民身份号码, shenfenzheng",
        ),
    ),
    "hk": (
        scheme(
            "hk_id",
            "A999999(9)! A999999(A)! AA999999(9)! A9999999 A999999A A999999-9",
            overseas.hk_id,
            "HKID, 香港身份證, HKID number, Hong Kong ID, HK ID, Hong Kong identity card, 身份證",
        ),
    ),
    "tw": (
        scheme(
            "tw_id",
            "A999999999",
            overseas.tw_id,
            "身分證, 身分證字號, Taiwan ID, Taiwan national ID, Taiwanese ID, Taiwan, ROC ID, ARC, alien resident "
            "certificate, resident certificate, 身份證",
        ),
    ),
    "jp": (
        scheme(
            "jp_mynumber",
            "9999_9999_9999 999999999999 9999-9999-9999",
            "jp.in_",
            "マイナンバー, 個人番号, my number, individual number, kojin bango, mynumber",
        ),
    ),
    "kr": (
        scheme(
            "kr_rrn",
            "999999-9999999! 9999999999999",
            overseas.kr_rrn,
            "주민등록번호, 주민번호, RRN, resident registration, resident registration number, "
            "외국인등록번호, alien registration",
        ),
    ),
    "sg": (
        scheme(
            "sg_nric",
            "A9999999A!",
            overseas.sg_nric,
            "NRIC, FIN, NRIC number, NRIC/FIN, NRIC no, FIN number, identity card",
        ),
    ),
    "my": (
        scheme(
            "my_nric",
            "999999-99-9999! 999999999999",
            "my.nric",
            "MyKad, NRIC, IC, IC number, kad pengenalan, no. KP, IC no, no kad pengenalan",
        ),
    ),
    "th": (
        scheme(
            "th_pin",
            "9-9999-99999-99-9! 9_9999_99999_99_9! 9999999999999",
            "th.pin",
            "เลขประจำตัวประชาชน, บัตรประชาชน, Thai ID, Thai national ID, citizen ID, Thai, citizen",
        ),
    ),
    "id": (
        scheme(
            "id_nik",
            "9999999999999999 999999_999999_9999",
            "id.nik",
            "NIK, KTP, nomor induk kependudukan, no KTP, nomor KTP, e-KTP",
        ),
    ),
    "vn": (
        scheme(
            "vn_cccd",
            "999999999999",
            overseas.vn_cccd,
            "CCCD, căn cước, CMND, số CCCD, căn cước công dân, citizen identity card",
        ),
    ),
    "il": (
        scheme(
            "il_id",
            "999999999 99999999-9",
            "il.idnr",
            'teudat zehut, תעודת זהות, ת.ז., ת"ז, Israeli ID, TZ, zehut, מספר זהות, Israel ID, Israeli',
        ),
    ),
    "ae": (
        scheme(
            "ae_id",
            "999-9999-9999999-9! 999999999999999 999_9999_9999999_9",
            overseas.ae_id,
            "Emirates ID, EID, الهوية الإماراتية, Emirates ID number, UAE ID",
        ),
    ),
    "sa": (
        scheme(
            "sa_id",
            "9999999999",
            overseas.sa_id,
            "iqama, Saudi ID, رقم الهوية, الهوية الوطنية, iqama number, إقامة, Saudi national ID",
        ),
    ),
    "kw": (
        scheme(
            "kw_civil",
            "999999999999",
            overseas.kw_civil,
            "civil ID, الرقم المدني, civil ID number, Kuwait civil ID",
        ),
    ),
    "ir": (
        scheme(
            "ir_melli",
            "9999999999 999-999999-9",
            overseas.ir_melli,
            "کد ملی, code melli, kod melli, melli code, shomare melli, کدملی, national code",
        ),
    ),
}
