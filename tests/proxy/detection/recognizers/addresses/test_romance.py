# ruff: noqa: RUF001 - addresses are written as people write them
"""Spanish, Mexican, Colombian, Italian, Portuguese and Brazilian addresses, between angle quotes."""

from collections.abc import Callable

import pytest

Finds = Callable[[str], bool]


SPAIN = [
    "Vivo en la ‹calle Fuencarral 91, 4º B, 28004 Madrid›.",
    "Dirección: ‹C/ Sant Pere Més Alt, 12, 3-2, 08003 Barcelona›",
    "‹Avda. de la Constitución nº 18, 41004 Sevilla›",
    "‹Paseo de Gracia 55, ático, Barcelona›",
    "enviar a ‹plaza mayor 3, bajo izq, 37002 salamanca›",
    "DOMICILIO: ‹CALLE ALFONSO I, 22, 50003 ZARAGOZA›",
    "‹Ronda de Outeiro 230, 15007 A Coruña›",
    '{"calle": "‹Gran Vía de Colón", "numero": "31›", "cp": "18001"}',
    "nombre,direccion,ciudad\nMarta,‹Cno. Viejo de Leganés 44›,Madrid",
    "mi piso en ‹Carrer de Mallorca, 401›",
    "‹Ctra. de Cádiz km 6, 29004 Málaga›",
    "‹Urb. Los Olivos 27, 29649 Mijas›",
    "‹Travesía del Horno 8, Toledo 45001›",
    "‹Apartado de Correos 1120, 46080 Valencia›",
    "quedamos en ‹Pza. de España, 6›",
    "‹Polígono Industrial La Negrilla, C/ Gramil 14, 41016 Sevilla›",
    "vive en ‹Pº de la Castellana 143, esc. dcha, 7º›",
    "‹Rúa do Vilar 19, 15705 Santiago de Compostela›",
]
MEXICO = [
    "‹Av. Insurgentes Sur 1602, Col. Crédito Constructor, 03940 Ciudad de México›",
    "‹Calle Hidalgo #214 Int. 5, Centro, C.P. 44100, Guadalajara, Jal.›",
    "vivo en ‹Privada de los Cedros 18, Lomas Verdes, Naucalpan›",
    "‹Blvd. Kukulcán Km 12.5, Zona Hotelera, Cancún›",
    "‹Cda. Morelos No. 7, Col. San Ángel›",
    "entregar en ‹Calzada de Tlalpan 2330, Coyoacán, CDMX›",
    "‹Prolongación Reforma 1015, Torre A, Santa Fe 01376›",
    "‹Eje Central Lázaro Cárdenas 46, 06050 CDMX›",
    "DOMICILIO: ‹AV. UNIVERSIDAD 300, COL. NARVARTE, C.P. 03020›",
    "‹Circuito Interior 88, Fracc. Las Palmas, Querétaro, Qro.›",
    "‹Calle 60 No. 491, Centro, 97000 Mérida, Yuc.›",
    "‹Av. Vallarta 6503-D9, Zapopan, Jalisco 45010›",
    "‹Andador Laurel 12, Unidad Habitacional El Rosario›",
    "‹Callejón del Beso 5, Guanajuato›",
    "mi domicilio es ‹Calle Pino Suárez 77, Centro, Monterrey, N.L.›",
]
ITALY = [
    "Abito in ‹via Santo Stefano 43, 40125 Bologna›.",
    "Spedire a: ‹Viale Monza 160/B, 20125 Milano (MI)›",
    "‹Piazza dei Signori, 9 - 31100 Treviso›",
    "‹C.so Vittorio Emanuele II 86, Torino›",
    "indirizzo: ‹v.le dei mille 12, 50131 firenze›",
    "RESIDENTE IN ‹VIA GIUSEPPE GARIBALDI N. 7, 16124 GENOVA›",
    '{"via": "‹Via dei Coronari", "civico": "112›", "cap": "00186"}',
    "nome;indirizzo;città\nBianchi;‹Vicolo Stretto 3›;Verona",
    "ci vediamo in ‹Largo Augusto 8›",
    "‹Strada Provinciale 12, 41012 Carpi (MO)›",
    "mia nonna sta in ‹via Mazzini 27, interno 4›",
    "‹Lungotevere Flaminio 60, scala B, 00196 Roma›",
    "‹P.zza del Duomo, 14, 38122 Trento›",
    "‹Casella Postale 77, 34121 Trieste›",
    "‹Contrada San Leonardo snc, 84131 Salerno›",
    "‹Salita Pollaiuoli 15r, Genova›",
    "‹Borgo Pinti 68, 50121 Firenze›",
    "‹Località Poggio 21, 53011 Castellina in Chianti›",
]
PORTUGAL = [
    "Moro na ‹Rua da Madalena 214, 3.º Esq., 1100-325 Lisboa›.",
    "‹Av. da Boavista, 1837, 4100-133 Porto›",
    "‹Travessa do Carmo n.º 9, 2500-176 Caldas da Rainha›",
    "‹Largo de São Domingos 12, 4050-545 Porto›",
    "enviar para ‹rua do alecrim 26 r/c, 1200-018 lisboa›",
    "MORADA: ‹PRAÇA DO COMÉRCIO 5, 1100-148 LISBOA›",
    '{"rua": "‹Rua de Santa Catarina", "numero": "312›", "codigo_postal": "4000-443"}',
    "‹Estrada da Luz, 90, 7.º D, 1600-160 Lisboa›",
    "nome;morada;localidade\nInês;‹Beco do Spírito Santo 2›;Lisboa",
    "‹Calçada do Combro 38›",
    "‹Apartado 1024, 3001-501 Coimbra›",
    "a minha mãe vive na ‹Alameda Dom Afonso Henriques 41, 2.º Dto›",
    "‹Praceta das Flores, lote 7, 2735-110 Cacém›",
    "‹R. Augusto Rosa 79, 4000-098 Porto›",
    "‹Quinta do Anjo, Rua 4, nº 15, 2950-702 Palmela›",
]
BRAZIL = [
    "Entrega: ‹Rua Harmonia, 762, apto 31, Vila Madalena, São Paulo - SP, 05435-000›",
    "‹Av. Atlântica 1702, Copacabana, Rio de Janeiro/RJ›",
    "moro na ‹rua sete de setembro, 145, centro, florianópolis sc›",
    "‹Rod. SC-401, 5500, Florianópolis - SC, CEP 88032-005›",
    "‹Alameda Santos, 1293 - Cerqueira César, São Paulo›",
    '{"logradouro": "‹Rua Padre Chagas", "numero": "66›", "bairro": "Moinhos de Vento", "uf": "RS"}',
    "‹SQN 308 Bloco D ap. 204, Brasília - DF, 70747-040›",
    "‹Trav. Quintino Bocaiúva, 2301, Belém/PA›",
    "END.: ‹AV. BRASIL, 4365, RIO DE JANEIRO›",
    "‹Praça da Liberdade, nº 20, Belo Horizonte - MG›",
    "‹R. Oscar Freire, 379 - cj 42›",
    "nome,endereco\nBruna,‹Rua Treze de Maio 88›",
    "‹Estrada do Galeão, s/n, Ilha do Governador, Rio de Janeiro - RJ, 21931-630›",
    "‹Caixa Postal 512, Campinas SP 13012-970›",
    "meu endereço é ‹Avenida Sete, 1010, Salvador-BA›",
]
COLOMBIA = [
    "‹Carrera 7 # 71-21, Bogotá›",
    "‹Calle 10 No. 43E-135, Medellín›",
    "vivo en la ‹Cra. 15 #93A-84 apto 502›",
]
PLACES = SPAIN + MEXICO + ITALY + PORTUGAL + BRAZIL + COLOMBIA


def test_each_country_is_seeded_well() -> None:
    assert min(map(len, (SPAIN, MEXICO, ITALY, PORTUGAL, BRAZIL))) >= 15


@pytest.mark.parametrize("marked", PLACES)
def test_an_address_is_found_where_it_stands(marked: str, finds: Finds) -> None:
    assert finds(marked)
