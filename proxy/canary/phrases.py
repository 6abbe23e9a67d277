"""What the canary's values are said in, and the words of which its names and its harmless requests are made.

Names are put together of parts, and so nobody's in particular. Harmless requests are of everyday words alone: what
any detector finds in one is a false alarm.
"""

from random import Random


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


GIVEN = _words(
    """
    Alice Amelia Andrew Anna Arthur Beatrice Benjamin Caroline Catherine Charlotte Daniel David Eleanor
    Elizabeth Emily Emma Frances Frederick George Hannah Harold Helen Henry Isabella James Jennifer Jonathan
    Julia Karen Katherine Laura Lawrence Margaret Maria Martin Matthew Michael Miriam Nathan Nicholas Olivia
    Patricia Patrick Peter Philip Rachel Rebecca Richard Robert Samuel Sarah Sophie Stephen Susan Theodore
    Thomas Victoria William
    """
)
UNLISTED = _words(
    """
    Alette Belana Belina Belwen Belwin Belette Belmir Belric Beldan Belbert Corana Corwen Corette Cormir Corric
    Cordan Corbert Darana Darwen Darette Darmir Darric Darbert Elette Fenana Fenina Fenwen Fenwin Fenette Fenmir
    Fenric Fendan Fenbert Garana Garina Garwen Garwin Garette Garmir Garric Gardan Garbert Jorana Jorina Jorwen
    Jorwin Jorette Jormir Jorric Jorbert Kelana Kelina Kelwen Kelwin Kelette Kelmir Kelric Keldan Kelbert Lorana
    Lorwen Lorwin Lormir Lorric Lordan Lorbert Malana Malwen Malwin Malette Malmir Malric Maldan Malbert Nerana
    Nerina Nerwen Nerwin Nerette Nermir Nerric Nerdan Nerbert Orette Orbert Perana Perina Perwen Perwin Perette
    Permir Perric Perdan Perbert Ralana Ralina Ralwen Ralwin Ralette Ralmir Ralric Raldan Ralbert Selana Selwen
    Selwin Selette Selmir Selric Seldan Selbert Torana Torina Torwen Torwin Torette Tormir Torric Tordan Torbert
    Varana Varina Varwen Varwin Varette Varmir Varric Vardan Varbert Wilana Wilina Wilwen Wilwin Wilette Wilmir
    Wilric Wildan Yorana Yorina Yorwen Yorwin Yorette Yormir Yorric Yorbert Halwen Halwin Halette Halmir Halric
    Haldan Janana Janwen Janwin Janmir Janric Jandan Janbert Linana Linina Linwen Linwin Linmir Linric Lindan
    Linbert Roswen Roswin Rosmir Rosric Rosdan Rosbert Mirana Mirina Mirwen Mirwin Mirette Mirmir Mirric Mirdan
    Mirbert
    """
)
"""Given names that sound like some and stand in no list: only a model takes them for names."""
FIRST = _words(
    """
    Ash Bar Birk Blen Brad Bran Brock Cald Carl Clay Crom Dal Den Elm Fair Fen Glen Grim Hal Har Haw Hol Ken
    Kirk Lang Lind Lock Mar Mel Nor Oak Pem Rad Ros Sand Sel Stan Strat Thorn Wake War Wen Whit Win
    """
)
MIDDLE = _words(
    """
    der en er in les ling mer ning ring shing sing ter ven ving
    """
)
LAST = _words(
    """
    bank bourne bridge brook burn by cliffe combe croft dale den field ford gate ham hurst ley low man more sen
    shaw son stead stone ton wick wood worth
    """
)
TRADES = _words(
    """
    advisory carpets dairy freight glass joinery looms optics pumps timber tools yachts
    """
)
CONDITIONS = (
    "type 2 diabetes",
    "multiple sclerosis",
    "Crohn's disease",
    "bipolar disorder",
    "chronic kidney disease",
    "rheumatoid arthritis",
    "epilepsy",
    "hepatitis C",
    "breast cancer",
    "Parkinson's disease",
)
CARD = (
    "Please refund the card {} for the cancelled order.",
    "The customer paid with {} and wants a receipt.",
    "Charge {} again, the first attempt failed.",
)
IBAN = (
    "Transfer the deposit to {} by Friday.",
    "Draft a polite reminder: the rent goes to {} from now on.",
    "The salary account is {}; update the form.",
)
SSN = (
    "Her social security number is {}; fill in the form.",
    "Write a letter about the claim of the employee with SSN {}.",
)
NHS = ("The patient's NHS number is {}; summarise the referral.", "Book a follow-up, NHS number {}.")
NINO = (
    "National Insurance number {} is missing from payroll.",
    "Check the tax code of the employee with National Insurance number {}.",
)
NATIONAL = ("Add {} to the tenancy agreement.", "The new employee's identity number is {}; write the contract.")
PASSPORT = (
    "Passport number {} expires next spring; write a reminder.",
    "For the visa application: passport number {}.",
)
EMAIL = (
    "Please reply to {} and apologise for the delay.",
    "Forward the minutes to {} before lunch.",
    "The contract goes to {} for signature.",
)
PHONE = (
    "Call me back on {} after five.",
    "The tenant can be reached at {}; draft a text message.",
    "Add {} as the emergency contact.",
)
RECORD = ("Summarise the notes of the patient with MRN {}.", "Medical record number {} needs a discharge letter.")
PERSON = (
    "Write a reference for {}, who worked with us for three years.",
    "Please tell {} that the meeting was moved.",
    "{} called and asked about the invoice.",
    "Summarise the complaint that Mr and Mrs Gray and {} sent us last week.",
    "The tenant, {}, has not paid the rent since March.",
)
STRANGER = (
    "Write a letter of recommendation for {}, who worked with us for three years.",
    "Please tell {} that the meeting was moved to Thursday.",
    "{} called this morning and asked about the invoice.",
    "Yesterday I met {} and his wife at the station.",
)
PATIENT = (
    "{} was diagnosed with {} last spring; write to the employer.",
    "Our colleague {} has {} and asks for shorter hours.",
    "Draft an insurance letter for {}, who is being treated for {}.",
)
API_KEY = (
    "Why does this call fail? curl -H 'Authorization: Bearer {}' https://api.vendor.example/v1/items",
    "I set API_KEY={} in the environment and still get a 401.",
    'Review this line of code: api_key = "{}"',
)
CLOUD = (
    "Explain this file:\n[default]\naws_access_key_id = {}\naws_secret_access_key = {}",
    "Deploy with AWS_ACCESS_KEY_ID={} and AWS_SECRET_ACCESS_KEY={} please.",
)
PRIVATE_KEY = ("What kind of key is this?\n{}", "Convert this for our load balancer:\n{}\n")
JWT = ("Decode this token: {}", "The session cookie was set to {} and then the login failed.")
PASSWORD = (
    "Log in as root with the password: {}",
    "Write a compose file with POSTGRES_PASSWORD={} in it.",
    'The config says "password": "{}" but the service refuses it.',
)
CONNECTION = ("Why does {} time out?", "Migrate the database at DATABASE_URL={} to the new schema.")
_VERBS = _words(
    """
    describe explain compare sketch outline imagine
    """
)
_QUALITIES = _words(
    """
    amber brisk calm crooked dusty early faint gentle hollow humble mellow narrow pale patient plain quiet rapid
    rough silent slow smooth soft steady sturdy tall thin warm weary wide wooden
    """
)
_THINGS = _words(
    """
    anchor apple basket bell bottle bridge bucket candle carpet chair cloud comb cup door drum feather fence
    garden gate hammer kettle ladder lamp leaf mirror needle oven paddle pebble pillow plough puddle ribbon
    river roof saddle shelf spoon stairs table teapot thread tree wheel window
    """
)
_ENDS = (
    "Please {} in two sentences {}.",
    "Could you {} for a children's book {}?",
    "In simple words, {} {}.",
)


def surname(random: Random) -> str:
    """Put together a surname."""
    return random.choice(FIRST) + random.choice(MIDDLE) + random.choice(LAST)


def harmless(random: Random) -> tuple[str, str]:
    """Return a request without any personal data, and the words in it by which it is known again."""
    pairs = [f"a {random.choice(_QUALITIES)} {random.choice(_THINGS)}" for _ in range(4)]
    mark = f"{pairs[0]}, {pairs[1]}, {pairs[2]} and {pairs[3]}"
    return random.choice(_ENDS).format(random.choice(_VERBS), mark), mark
