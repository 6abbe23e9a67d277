# ruff: noqa: E501 - patterns are read in one piece
"""Regions and post codes as patterns: what shows that a line of names and numbers is somewhere.

Post codes after the Universal Postal Union's addressing guides.
"""

_US = (
    "A[LKZR]|C[AOT]|D[CE]|FL|G[AU]|HI|I[DLNA]|K[SY]|LA|M[EDAINSOT]|N[EVHJMYCD]|O[HKR]|P[AR]|RI|S[CD]|T[NX]|UT|V[TAI]"
    "|W[AVIY]|A[AEPS]|FM|MP|PW"
)
_US_NAMES = (
    "Alabama|Alaska|Arizona|Arkansas|California|Calif|Colorado|Connecticut|Delaware|Florida|Georgia|Hawaii|Idaho"
    "|Illinois|Indiana|Iowa|Kansas|Kentucky|Louisiana|Maine|Maryland|Massachusetts|Michigan|Minnesota|Mississippi"
    "|Missouri|Montana|Nebraska|Nevada|New Hampshire|New Jersey|New Mexico|New York|North Carolina|North Dakota|Ohio"
    "|Oklahoma|Oregon|Pennsylvania|Rhode Island|South Carolina|South Dakota|Tennessee|Texas|Utah|Vermont|Virginia"
    "|Washington|West Virginia|Wisconsin|Wyoming|District of Columbia|D\\.C\\.|Puerto Rico"
)
_CANADA = (
    "AB|BC|MB|NB|NL|NS|NT|NU|ON|PE|QC|SK|YT|Alberta|British Columbia|Manitoba|New Brunswick|Newfoundland|Nova Scotia"
    "|Ontario|Qu[ée]bec|Saskatchewan|Prince Edward Island|Yukon"
)
_AUSTRALIA = (
    "NSW|VIC|QLD|SA|WA|TAS|ACT|NT|New South Wales|Victoria|Queensland|South Australia|Western Australia|Tasmania"
    "|Northern Territory"
)
INDIA = (
    "Andhra Pradesh|Assam|Bihar|Chhattisgarh|Delhi|Goa|Gujarat|Haryana|Himachal Pradesh|Jharkhand|Karnataka|Kerala"
    "|Madhya Pradesh|Maharashtra|Odisha|Punjab|Rajasthan|Tamil Nadu|Telangana|Uttar Pradesh|Uttarakhand|West Bengal"
)
_BRAZIL = "A[CLMP]|BA|CE|DF|ES|GO|M[AGST]|P[ABEIR]|R[JNORS]|S[CEP]|TO"
_MEXICO = (
    "Ags|B\\.?C\\.?|Camp|CDMX|Chih|Chis|Coah|Col|D\\.?F\\.?|Dgo|Edo\\.? ?(?:de )?M[eé]x|Gro|Gto|Hgo|Jal|Mich|Mor|N\\.L|Nay|Oax"
    "|Pue|Q\\.?\\s?Roo|Qro|S\\.?L\\.?P|Sin|Son|Tab|Tamps|Tlax|Ver|Yuc|Zac"
)
SHORT_REGION = rf"(?:{_US}|{_CANADA}|{_AUSTRALIA})"
REGION = (
    rf"(?:(?:{_US}|{_US_NAMES}|{_CANADA}|{_AUSTRALIA}|{INDIA}|{_MEXICO}|Co(?:unty|\.)? [A-Z][a-z]+|Dublin [0-9]{{1,2}}W?)"
    r"(?!\w)\.?|\((?:[A-Z]{2}|Qu[ée]bec)\))"
)
BRAZILIAN = rf"(?:{_BRAZIL})(?![\w-])"
COUNTRY = (
    r"(?:USA|U\.S\.A\.|United States|UK|U\.K\.|United Kingdom|England|Scotland|Wales|Northern Ireland|Ireland|Canada|Australia"
    r"|New Zealand|Germany|Deutschland|France|Spain|España|Italy|Italia|Netherlands|The Netherlands|Nederland|Belgium"
    r"|Belgique|België|Switzerland|Schweiz|Suisse|Svizzera|Austria|Österreich|Portugal|Brasil|Brazil|México|Mexico|Poland"
    r"|Polska|Sweden|Sverige|Norway|Norge|Denmark|Danmark|Finland|Suomi|India|Singapore|Luxembourg|Hong Kong)(?!\w)"
)

ZIP = r"[0-9]{5}(?:-[0-9]{4})?(?![\w-])"
UK_CODE = r"[A-PR-UWYZ][A-HK-Y]?[0-9][A-Z0-9]?[ ]?[0-9][ABD-HJLNP-UW-Z]{2}(?!\w)"
IRISH_CODE = r"(?:[AC-FHKNPRTV-Y][0-9]{2}|D6W)[ ]?[0-9AC-FHKNPRTV-Y]{4}(?!\w)"
CANADIAN_CODE = r"[ABCEGHJ-NPRSTVXY][0-9][A-Z][ -]?[0-9][A-Z][0-9](?!\w)"
LETTERED_CODE = rf"(?:{UK_CODE}|{IRISH_CODE}|{CANADIAN_CODE}|D6W(?!\w))"
"""Codes that cannot be mistaken for a number."""
LOWER_CODE = LETTERED_CODE.replace("[ ]?", "[ ]").replace("[ -]?", "[ ]")
"""In lower case only with their space: `v256f16` is no code of Ireland."""
GROUPED_CODE = (
    r"(?:[0-9]{4}[ ]?[A-Z]{2}|[0-9]{2}-[0-9]{3}|[0-9]{4}-[0-9]{3}|[0-9]{5}-[0-9]{3}|[0-9]{3}[ ][0-9]{2}"
    r"|(?:AT?|B|CH|CZ|DK?|EE|ES?|FI?|FR|GR|HU?|HR|IT?|LI?|LT|LV|NL|NO|PL|PT|RO|SE|SI|SK|L)-[0-9]{3}[ ]?[0-9]{1,2}(?:[ ]?[A-Z]{2})?)(?![\w-])"
)
"""Codes told by their grouping: 1017 KG, 61-658, 1100-053, 05435-000, 118 21, CH-3011. A city follows, or stood before."""
FIVE_CODE = r"[0-9]{5}(?![\w-])"
FOUR_CODE = r"(?!19[0-9]{2}|20[0-2][0-9])[0-9]{4}(?![\w-])"
"""Years are not taken for codes."""
PIN_CODE = r"[1-9][0-9]{2}[ ]?[0-9]{3}(?![\w-])"
