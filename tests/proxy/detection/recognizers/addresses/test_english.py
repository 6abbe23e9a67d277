# ruff: noqa: RUF001 - addresses are written as people write them
"""Addresses of English-speaking countries, between angle quotes, in the ways that requests hold them."""

from collections.abc import Callable

import pytest

Finds = Callable[[str], bool]


UNITED_STATES = [
    "GET /geo?q=‹12 Oak Street, Leeds›&key=1",
    "mail goes to Jane Smith ‹12 Oak Street›",
    "drop it at ‹1200 Elm, Apt 4B› please",
    "ADR;TYPE=HOME:;;‹14 Fern Close;Limerick›;;V94 K2F6;Ireland",
    "‹81 Pagari Suite 932›",
    "<td>‹908 Quail Run Ct<br>Reno, NV 89509›</td>",
    "My mom lives at ‹4418 Larkspur Hollow Rd, Knoxville, TN 37921› and her boiler broke again.",
    "ship it to ‹1190 w fullerton ave apt 3r chicago il 60614› pls",
    "SHIP TO: ‹77 SADDLEBACK TRL STE 210, BOZEMAN MT 59715-2203›",
    "Jordan Whitlow\n‹2203 Juniper Bend\nCedar Park, TX 78613›",
    "The property (‹615 N. 3rd St., Unit 12B, Phoenix, AZ 85004›) was appraised twice.",
    "Send the check to ‹P.O. Box 4471, Duluth, MN 55804›.",
    'shipping: {"line1": "‹908 Quail Run Ct›", "line2": "Apt 2", "city": "Reno", "state": "NV", "zip": "89509"}',
    "order_id,name,address,city,state\n5512,L. Okafor,‹31 Peachtree Battle Cir NW›,Atlanta,GA",
    "i grew up on ‹318 elm street›, the blue house",
    "she moved to ‹14 Old Mill Lane› last June, didn't she",
    "Deliver between 2 and 4 to ‹5601 East Camino Del Sol, Tucson, Arizona 85712› (leave with the neighbor).",
    "we're at ‹12 Birch Ave., 2nd floor, Nashua NH› if you want to swing by",
    "Tenant: R. Delacroix | Premises: ‹2750 Magazine St #4, New Orleans, LA 70115› | Rent: $1,450",
    "‹10411 State Route 32, Winchester, OH 45697› is the site of the accident",
    "Patient address on file\n\n‹88-20 Parsons Blvd Apt 5F\nJamaica NY 11432›",
    "apt is ‹2240 Avenue U, Brooklyn, NY 11229›",
    "pick up at ‹one fourteen Sycamore Street› around noon",
    "billing address: ‹4801 Hwy 290 W, Dripping Springs TX 78620›",
    "the clinic's at ‹N88W16624 Appleton Ave, Menomonee Falls, WI 53051›",
]
UNITED_KINGDOM = [
    "im at ‹flat 4, 4 kings court, hackney e8 3rl› come up",
    "‹Flat 3\nRose Court\nLeeds LS1 2AB›",
    "Please redirect my post to ‹Flat 2b, 47 Cranbourne Road, London N10 2BT› from Monday.",
    "my landlord at ‹9 Tollgate Close, Northampton› won't fix the boiler",
    "‹The Old Forge, 3 Chapel Lane, Much Wenlock, Shropshire TF13 6JJ›",
    "MR D HARGREAVES\n‹112 OTLEY OLD ROAD\nLEEDS\nLS16 6HG›",
    "Delivery failed: ‹23a Gloucester Gdns, W2 6BN›. Customer not in.",
    "he was last seen near ‹81 Penarth Terrace› on Tuesday night",
    "Correspondence address: ‹Unit 7, Riverside Industrial Estate, Marsh Lane, Hayle TR27 5JR›",
    "‹Rose Cottage, Church Lane, Great Bedwyn SN8 3PF› - key safe by the door",
    '{"houseNumber": "‹14", "street": "Balfour Mews›", "town": "Stirling", "postcode": "FK8 2LR"}',
    "name\taddress_line_1\taddress_line_2\tpostcode\nP. Adeyemi\t‹6 Kestrel Way›\tStevenage\tSG2 9TR",
    "can you post it to ‹4 the paddocks, thame ox9 3gx› ta",
    "Claimant resides at ‹38-40 Queen Street, Flat 1/2, Glasgow G1 3DN›.",
    "Address  ‹52 Fairholme Avenue›\n         Romford\n         RM2 5UX",
    "Second home: ‹17 Tŷ Isaf, Pontypridd CF37 2HG›",
    "moved from ‹126 Albert Drive, Woking GU21 5QX› to a smaller place",
    "Hand deliver to Mrs Achterberg, ‹1 St Mary's Row, Moseley, Birmingham B13 8HW›.",
]
IRELAND = [
    "‹12 Castle Park Road, Dalkey, Co. Dublin›",
    "She rents ‹Apartment 14, The Mariner, Clontarf Road, Dublin 3›.",
    "Post to ‹3 Bóthar na Trá, Salthill, Galway H91 X4C7›",
    "‹27 Ardilaun Court, Raheny, Dublin 5, D05 E8K1› is her new place",
    "home address ‹8 Beechmount Drive, Wilton, Cork›",
    "‹41 South Mall, Cork T12 KX84›",
    "the house at ‹19 Oaklands Grove, Ennis, Co. Clare V95 RT21›",
    "Deliver to: ‹Unit 3B Lakeside Retail Park, Claremorris, Co. Mayo F12 Y8P2›",
    "i'm in ‹55 Harold's Cross Rd, D6W› at the moment",
    "Eircode D02 X285: ‹61 Mespil Road, Dublin 4›",
    "PATIENT: N. DUGGAN, ‹2 MAIN STREET, BALLYVAUGHAN, CO CLARE›",
    "witness lives at ‹9 Gracepark Terrace, Drumcondra›",
    "‹103 Howth Road, Killester, D03 PX52›",
    "eircode and address: ‹17 Fitzgerald Square South, Dublin D02 AK37›",
    '"address": "‹6 Woodlawn, Castletroy, Limerick›"',
    "bill goes to ‹Apt 2, 70 Thomas Street, Limerick V94 K2F6›",
]
AUSTRALIA = [
    "I live at ‹Unit 5/22 Boronia Street, Kensington NSW 2033›.",
    "‹18 Wattlebird Ct, Noosa Heads QLD 4567›",
    "Inspection: ‹3/114 Beach Rd, Sandringham VIC 3191› 10am Sat",
    "owner at ‹7 Gawler Place› wants a quote",
    "‹Level 3, 455 Adelaide Street, Brisbane QLD 4000›",
    "GPO mail: ‹GPO Box 2210, Hobart TAS 7001›",
    "‹88 Esplanade, Mooloolaba, Queensland 4557›",
    "please courier to ‹Shop 12, 301 Hay St, East Perth WA 6004›",
    "‹29a Torrens Parade, Mitcham SA 5062› is vacant from May",
    "‹LOT 14 KOOKABURRA DRIVE GISBORNE VIC 3437›",
    "drop-off ‹2 Banksia Cres, Casuarina NT 0810›",
    "postal address: ‹PO Box 318, Katoomba NSW 2780›",
    "my ex is at ‹46 Illawarra Rd, Marrickville› now",
    '{"unit":"4","street":"‹19 Pirie Street›","suburb":"Adelaide","postcode":"5000"}',
    "‹1021 Great Ocean Road, Apollo Bay Victoria 3233›",
]
CANADA = [
    "‹1482 Wellesley St W, Toronto, ON M6H 2K4›",
    "Ship to: ‹204-3351 Oak Street, Vancouver BC V6H 2L2›",
    "je reste au ‹4521, rue Saint-Denis, app. 3, Montréal (Québec) H2J 2L4›",
    "‹12 Sherwood Cres, Halifax, Nova Scotia B3N 1Z9›",
    "tenant at ‹88 Erskine Ave, Unit 1204, Toronto›",
    "‹PO Box 91, Tofino, BC V0R 2Z0›",
    "mail: ‹RR 2, 5567 Concession Road 4, Uxbridge ON L9P 1R2›",
    "‹77 Marche Way, Ottawa K1S 5J3›",
    "she's moved to ‹9316 105 Ave NW, Edmonton AB T5H 0J8›",
    "‹310 1st Avenue S, Lethbridge, Alberta T1J 0A1›",
    "‹1250, boulevard René-Lévesque Ouest, bureau 2200, Montréal›",
    "his address: ‹36 Portage Trail, Winnipeg, MB R3B 2B3›",
    "‹2407 Quadra St. Victoria BC V8T 4E1›",
    "address,city,prov\n‹515 Larch Pl›,Red Deer,AB",
    "‹19 chemin du Lac, Saint-Sauveur QC J0R 1R4›",
]
NEW_ZEALAND = [
    "‹14B Rimu Street, Riccarton, Christchurch 8041›",
    "he lives at ‹3 Kowhai Terrace, Mount Eden›",
    "‹PO Box 12-345, Penrose, Auckland 1642›",
]
PLACES = UNITED_STATES + UNITED_KINGDOM + IRELAND + AUSTRALIA + CANADA + NEW_ZEALAND


def test_each_country_is_seeded_well() -> None:
    assert min(map(len, (UNITED_STATES, UNITED_KINGDOM, IRELAND, AUSTRALIA, CANADA))) >= 15


@pytest.mark.parametrize("marked", PLACES)
def test_an_address_is_found_where_it_stands(marked: str, finds: Finds) -> None:
    assert finds(marked)
