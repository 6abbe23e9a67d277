# ruff: noqa: E501 - patterns are read in one piece
"""Indian addresses, which name a plot and quarters instead of a street, and those in Chinese, Japanese and Korean."""

import re
from collections.abc import Iterator

from proxy.detection.recognizers.addresses import places
from proxy.detection.recognizers.addresses.parts import Core

BASE, OPENED, QUARTER, CODE, CITY = 0.1, 0.2, 0.12, 0.3, 0.15
REACH = 130
_OPENING = re.compile(
    r"(?:(?:(?:h|d|s|b)\.?[ ]?no|(?:house|flat|plot|door|shop|villa|bungalow|qtr|quarter|room|survey|gali|street|block|ward|khasra|office|unit)(?:[ ]?no)?|no)[.:]{0,2}[ ]?[-:#]?[ ]?|#[ ]?)?(?:[A-Za-z]{1,2}[ ]?-[ ]?)?$",
    re.IGNORECASE,
)
_PLOT = re.compile(r"[0-9]{1,5}(?:[-/][0-9A-Za-z]{1,4}){0,3}[A-Za-z]?,(?:[ ](?=[\w#])|(?=[A-Za-z#]))")
_QUARTER = re.compile(
    r"(?<!\w)(?:\w*(?:nagar|puram|halli|palya|pur|garh|ganj|wadi|gunj|bagh|guda|peth?)|colony|sector|phase|layout|cross|marg|society|apartments?"
    r"|enclave|vihar|chowk|bazaa?r|extension|extn|block|salai|near|opp(?:osite)?|complex|residency|towers?|gali|mohalla|taluk|tehsil|dist(?:rict)?"
    r"|stage|model town|cantt|lines|estate|street|road|main|market|meadows|heights|valley)(?!\w)",
    re.IGNORECASE,
)
_PIN = re.compile(
    rf"[^\W\d_]{{2}}[\w)][.)]?[ ,]{{0,2}}(?:[-\u2013:, ]|pin|pin ?code){{1,4}}{places.PIN_CODE}", re.IGNORECASE
)
_CITY = re.compile(
    r"(?<!\w)(?:Ahmedabad|Bangalore|Bengaluru|Bhopal|Bhubaneswar|Chandigarh|Chennai|Cochin|Coimbatore|Delhi|Faridabad|Ghaziabad|Gurgaon|Gurugram|Hyderabad"
    r"|Indore|Jaipur|Kanpur|Kochi|Kolkata|Lucknow|Ludhiana|Madurai|Mumbai|Mysore|Mysuru|Nagpur|Nashik|Noida|Patna|Pune|Surat|Thane|Trivandrum|Vadodara"
    rf"|Visakhapatnam|Abu Dhabi|Colombo|Dhaka|Doha|Dubai|Islamabad|Karachi|Kathmandu|Lahore|Rawalpindi|Sharjah|{places.INDIA})(?!\w)",
    re.IGNORECASE,
)
_CJK = r"\u3040-\u30ff\u4e00-\u9fff"
_JAPANESE = re.compile(r"[0-9]{1,4}(?:丁目|番地?|号|-[0-9]{1,4})(?:[0-9]{1,4}(?:番地?|号|-[0-9]{1,4})?){0,3}")
_CHINESE = re.compile(r"[0-9]{1,5}(?:号|號|弄)")
_BEFORE_JAPANESE = re.compile(rf"(?:[都道府県市区町村郡]|〒[0-9-]{{7,8}}[ ]?)[{_CJK}]{{0,16}}$")
_BEFORE_CHINESE = re.compile(r"[\u4e00-\u9fff]{1,16}(?:路|街|道|巷|弄|村|里)$")
_HOUSE = re.compile(r"[0-9]{1,4}")
_KOREAN = re.compile(r"[\uac00-\ud7a3]{1,8}(?:구|시|동|군|읍|면)[ ][\uac00-\ud7a3]{1,8}(?:로|길)[ ]$")


def indian(text: str, start: int) -> Iterator[Core]:
    """Read an Indian address whose plot has the number at `start`."""
    plot = _PLOT.match(text, start)
    if plot is None:
        return
    window = text[plot.end() : plot.end() + REACH].partition("\n\n")[0]
    pin = _PIN.search(window)
    opening = (
        _OPENING.search(text, max(0, start - 16), start)
        if pin or text[max(0, start - 1) : start] in ("#", "-", " ", ".")
        else None
    )
    opened = opening is not None and opening.start() < start
    city = _CITY.search(window) if pin or opened else None
    ends = [found.end() for found in (pin, city) if found]
    if not ends:
        return
    quarters = list(_QUARTER.finditer(window, 0, max(ends)))
    if not quarters and not city:
        return
    begin = opening.start() if opening else start
    score = BASE + OPENED * (begin < start) + QUARTER * min(3, len(quarters)) + CODE * bool(pin) + CITY * bool(city)
    yield Core(begin, plot.end() + max(ends), score, cased=True)


def ideographic(text: str, start: int) -> Iterator[Core]:
    """Read a Chinese, Japanese or Korean address that ends with the number at `start`."""
    left = text[max(0, start - 28) : start]
    if left.isascii():
        return
    for number, before in (
        (_CHINESE, _BEFORE_CHINESE),
        (_JAPANESE, _BEFORE_JAPANESE),
        (_HOUSE, _KOREAN),
    ):
        house, street = number.match(text, start), before.search(left)
        if house and street:
            yield Core(start - len(left) + street.start(), house.end(), 0.8, cased=True)
            return
