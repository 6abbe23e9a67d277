# ruff: noqa: RUF001 - addresses are written as people write them
"""German, Austrian, Swiss, Dutch, Flemish and Nordic addresses, between angle quotes."""

from collections.abc import Callable

import pytest

Finds = Callable[[str], bool]


GERMANY = [
    "Ich wohne in der ‹Lindenstraße 14, 50674 Köln› und brauche einen Brief an den Vermieter.",
    "Lieferadresse: ‹Hans-Böckler-Allee 7b, 30173 Hannover›",
    "Frau Ute Brandmeier\n‹An der Obererft 23\n41464 Neuss›",
    "bitte an ‹goethestr. 5, 80336 münchen› schicken",
    "ANSCHRIFT: ‹KÖNIGSTRASSE 112 A, 70173 STUTTGART›",
    "‹Unter den Eichen 87, 12205 Berlin›",
    '{"strasse": "‹Mühlenweg", "hausnummer": "3a›", "plz": "24937", "ort": "Flensburg"}',
    "Name;Straße;PLZ;Ort\nKöster;‹Am Sandberg 9›;21073;Hamburg",
    "Mein Vater zieht nach ‹D-01309 Dresden, Augsburger Str. 44›",
    "‹Postfach 10 22 41, 45022 Essen›",
    "treffen wir uns am ‹Rosenheimer Platz 6›?",
    "Tatort war die Wohnung ‹Kurfürstendamm 193, 3. OG links›.",
    "‹Große Bleichen 21, 20354 Hamburg›",
    "umgezogen in den ‹Birkenweg 12› in Gauting",
    "wohnhaft ‹Zum Alten Forsthaus 4, 53560 Vettelschoß›",
    "Rechnungsadresse: Kanzlei Ohm, ‹Neuer Wall 63, 20354 Hamburg›",
    "c/o Wagner, ‹Schönhauser Allee 148, Hinterhaus, 10435 Berlin›",
]
AUSTRIA = [
    "‹Mariahilfer Straße 88/2/14, 1070 Wien›",
    "Zustellung an ‹Hütteldorfer Str. 117/Stiege 3/Tür 12, 1140 Wien›",
    "‹Getreidegasse 31, A-5020 Salzburg›",
    "wohnt in der ‹Innrain 52d, 6020 Innsbruck›",
    "‹Sparbersbachgasse 18, 8010 Graz›",
    "Adresse ‹Landstraßer Hauptstraße 71/1/309, 1030 Wien›",
    "‹Am Kanal 5, 2340 Mödling›",
    "gasthof anger, ‹dorfstraße 9, 6352 ellmau›",
    "‹Rennweg 16, 1030 Wien, Österreich›",
    "Postanschrift: ‹Postfach 31, 9020 Klagenfurt›",
    "‹Linke Wienzeile 246/7›",
    "Frau Mag. Reiter, ‹Sillgasse 12/3, 6020 Innsbruck›",
    "‹Bahnhofplatz 1 Top 4, 9800 Spittal›",
    "Firmensitz ‹Hauptplatz 22, 4020 Linz›",
    "ich bin in ‹St.-Veit-Gasse 50, 1130 Wien› gemeldet",
]
SWITZERLAND = [
    "‹Seefeldstrasse 94, 8008 Zürich›",
    "Wohnadresse: ‹Hirschengraben 11, CH-3011 Bern›",
    "‹Rue du Simplon 17, 1207 Genève›",
    "j'habite ‹avenue de Cour 61, 1007 Lausanne›",
    "‹Im Grund 4, 6430 Schwyz›",
    "‹Via Nassa 22, 6900 Lugano›",
    "Herr Bünzli, ‹Dorfstr. 8, 8934 Knonau›",
    "‹Chemin des Vignes 3bis, 1196 Gland›",
    "‹Postfach 481, 4001 Basel›",
    "Lieferung: ‹Obere Halde 19, 5400 Baden›",
    "‹St. Alban-Vorstadt 35, 4052 Basel›",
    "‹Rte de Berne 102, 1700 Fribourg›",
    "umgezogen an die ‹Wiesentalstrasse 126, 7000 Chur›",
    "‹Oberdorf 2, 8416 Flaach›",
    "Adresse: ‹Kirchrain 5, 6016 Hellbühl›",
]
NETHERLANDS = [
    "Ik woon op de ‹Van Baerlestraat 112-3, 1071 BC Amsterdam›.",
    "‹Oude Gracht 233 bis, 3511 NK Utrecht›",
    "Bezorgadres: ‹Koningin Emmakade 51, 2518 RL Den Haag›",
    "‹'t Hoge Land 7, 9951 CE Winsum›",
    "mevr. De Wit\n‹Burgemeester Knappertlaan 18\n3116 BA SCHIEDAM›",
    "graag sturen naar ‹dorpsstraat 4, 1711 rj hensbroek›",
    '{"straat": "‹Lange Hezelstraat", "huisnummer": 88›, "toevoeging": "B", "postcode": "6511CM"}',
    "‹Postbus 9044, 3506 GA Utrecht›",
    "verhuisd van ‹Zuiderdijk 29› naar de stad",
    "‹Plantage Middenlaan 60-II, 1018DH Amsterdam›",
    "‹Boompjes 258, 3011 XZ Rotterdam›",
    "adres: ‹Haarlemmerweg 319G›",
    "‹Grote Markt 15, 9712 HR Groningen›",
    "naam;adres;plaats\nJansen;‹Eikenlaan 3›;Zeist",
    "Aan de ‹Prins Hendrikkade 142 hs› is een lek",
]
BELGIUM = [
    "‹Kortrijksesteenweg 381, 9000 Gent›",
    "‹Rue de la Victoire 74, 1060 Saint-Gilles›",
    "‹Chaussée de Wavre 512 bte 3, 1040 Etterbeek›",
    "adres ‹Meir 21 bus 4, 2000 Antwerpen›",
    "j'habite au ‹8 rue des Carmes, 4000 Liège›",
    "‹Avenue Louise 245/12, 1050 Bruxelles›",
    "‹Bondgenotenlaan 97, B-3000 Leuven›",
    "‹Place du Jeu de Balle 50, 1000 Bruxelles›",
    "levering: ‹Naamsestraat 61, 3000 Leuven›",
    "‹Sint-Jansvliet 9, 2000 Antwerpen›",
    "Mme Claes, ‹clos des Lilas 4, 1380 Lasne›",
    "‹Drève du Caporal 11, 1180 Uccle›",
    "‹Brusselsesteenweg 148, 3080 Tervuren›",
    "ik verhuis naar ‹Ter Heide 6, 2970 Schilde›",
    "‹Quai au Bois à Brûler 31, 1000 Bruxelles›",
]
SWEDEN = [
    "‹Storgatan 14, 852 30 Sundsvall›",
    "Jag bor på ‹Hornsgatan 78 lgh 1203, 118 21 Stockholm›",
    "‹Björkvägen 3, 183 51 Täby›",
    "skicka till ‹kungsgatan 9b, 411 19 göteborg›",
    "adress: ‹Lilla Torg 5, 211 34 Malmö›",
    "‹Sveavägen 155›, portkod 4410",
    "‹Box 1205, 751 42 Uppsala›",
    "‹Norra Kajen 21, SE-852 34 Sundsvall›",
    "‹Prästgårdsgränd 2 A, 621 57 Visby›",
    "‹S:t Eriksgatan 48, 112 34 Stockholm›",
    "Namn;Gatuadress;Ort\nLund;‹Ekbacken 7›;Nacka",
    "‹Drottninggatan 33, 252 21 Helsingborg›",
    "flyttade till ‹Vasagatan 12›",
    "‹Tallstigen 8, 943 32 Öjebyn›",
    "‹Fiskartorpsvägen 88, 115 42 Stockholm›",
]
DENMARK = [
    "‹Vesterbrogade 112, 3. tv, 1620 København V›",
    "Jeg bor på ‹Skovvej 8, 2930 Klampenborg›",
    "‹Jægersborg Allé 21, 2920 Charlottenlund›",
    "‹Nørre Farimagsgade 47, st. th., 1364 København K›",
    "adresse: ‹Strandvejen 203, 2900 Hellerup›",
    "‹Åboulevarden 15, 8000 Aarhus C›",
    "send til ‹møllevænget 4, 5750 ringe›",
    "‹Lille Strandstræde 9, 1254 København›",
    "‹Postboks 88, 4000 Roskilde›",
    "‹Rådhuspladsen 37›",
    "‹Søndertoften 66, 2630 Taastrup›",
    "‹Kirkebakken 12, DK-8700 Horsens›",
    "‹H.C. Andersens Boulevard 11, 1553 København V›",
    "Navn,Adresse\nBirthe,‹Egevej 19›",
    "flytter fra ‹Klosterstræde 23, 2. sal›",
]
NORWAY = [
    "‹Karl Johans gate 41, 0162 Oslo›",
    "Jeg bor i ‹Thorvald Meyers gate 58B, 0552 Oslo›",
    "‹Storgata 7, 9008 Tromsø›",
    "adresse: ‹Fjellveien 29, 5019 Bergen›",
    "‹Kirkegata 12, 7011 Trondheim›",
    "‹Postboks 4410 Nydalen, 0403 Oslo›",
    "‹Bogstadveien 33 H0302, 0366 Oslo›",
    "‹Torggata 2, 2317 Hamar›",
    "sendes til ‹bjerkealleen 5, 1339 vøyenenga›",
    "‹Øvre Slottsgate 18›",
    "‹Solbakken 14, NO-4823 Nedenes›",
    "‹Haakon VIIs gate 6, 0161 Oslo›",
    "‹Strandkaien 3, 4005 Stavanger›",
    "‹Lysaker torg 8, 1366 Lysaker›",
    "flyttet til ‹Granveien 21›",
]
FINLAND = [
    "‹Mannerheimintie 64 A 12, 00260 Helsinki›",
    "asun osoitteessa ‹Hämeenkatu 11 B 4, 33100 Tampere›",
    "‹Koivukuja 3, 90570 Oulu›",
]
PLACES = GERMANY + AUSTRIA + SWITZERLAND + NETHERLANDS + BELGIUM + SWEDEN + DENMARK + NORWAY + FINLAND


def test_each_country_is_seeded_well() -> None:
    seeded = (GERMANY, AUSTRIA, SWITZERLAND, NETHERLANDS, BELGIUM, SWEDEN, DENMARK, NORWAY)
    assert min(map(len, seeded)) >= 15


@pytest.mark.parametrize("marked", PLACES)
def test_an_address_is_found_where_it_stands(marked: str, finds: Finds) -> None:
    assert finds(marked)
