# ruff: noqa: RUF001 - addresses are written as people write them
"""Indian addresses, and a few of other Asian countries, between angle quotes."""

from collections.abc import Callable

import pytest

Finds = Callable[[str], bool]


INDIA = [
    "‹H.No. 12-3-45/A, Street No. 5, Habsiguda, Hyderabad - 500007›",
    "My parents stay at ‹#23, 4th Cross, 2nd Main, Indiranagar, Bengaluru 560038›.",
    "‹Flat No. 302, Sai Krupa Apartments, Baner Road, Pune 411045›",
    "deliver to ‹b-12, sector 62, noida 201301›",
    "‹Plot No. 45, Phase II, HITEC City, Madhapur, Hyderabad, Telangana 500081›",
    "‹12/3, MG Road, Shivaji Nagar, Bengaluru, Karnataka›",
    "ADDRESS: ‹DOOR NO 7-1-28, AMEERPET, HYDERABAD 500016›",
    "‹Shop No 4, Laxmi Market, Near Bus Stand, Sangli - 416416›",
    "‹C/o Ramesh Iyer, 14 Gandhi Street, T. Nagar, Chennai 600 017›",
    "‹Villa 9, Palm Meadows, Whitefield, Bangalore-560066›",
    "‹D-204, Green Valley Society, Andheri West, Mumbai 400053›",
    "his address is ‹House No. 118, Lajpat Nagar II, New Delhi - 110024›",
    "‹5/1 Ballygunge Circular Road, Kolkata 700019›",
    "‹S. No. 81, Viman Nagar, Pune, MH 411014›",
    "residing at ‹No. 16, Kamaraj Salai, Madurai, Tamil Nadu, PIN 625009›",
    "‹Qtr No. 33, Type III, Sector 9, Bhilai 490009›",
    '"address": "‹221, Model Town, Jalandhar, Punjab 144003›"',
    "‹Gali No. 6, Karawal Nagar, Delhi 110094›",
]
OTHERS = [
    "‹House 12, Street 5, Sector G-10, Islamabad›",
    "‹Villa 9, Street 4B, Al Barsha, Dubai›",
    "‹1-2-3 Shibuya, Shibuya-ku, Tokyo 150-0002›",
    "‹14 Adeola Odeku Street, Victoria Island, Lagos›",
    "‹Blk 416 Ang Mo Kio Ave 10 #07-985, Singapore 560416›",
    "‹Flat B, 12/F, Wing Fat Building, 88 Nathan Road, Kowloon, Hong Kong›",
    "‹No. 18, Jalan Tun Razak, 50400 Kuala Lumpur›",
    "〒150-0042 ‹東京都渋谷区宇田川町36-6›",
    "住所は‹東京都新宿区西新宿2丁目8番1号›です",
    "住址：‹上海市浦东新区世纪大道100号›",
    "주소: ‹서울특별시 강남구 테헤란로 152›",
]


def test_india_is_seeded_well() -> None:
    assert len(INDIA) >= 15


@pytest.mark.parametrize("marked", INDIA + OTHERS)
def test_an_address_is_found_where_it_stands(marked: str, finds: Finds) -> None:
    assert finds(marked)
