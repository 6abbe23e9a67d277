"""Given names that alone are as likely something else: places, months, brands, everyday words of other languages."""

_NOT_ALONE = """
aba abril adora africa aime alabama alba albion alexa alexandria alfredo alla alleen allegra alli alma alta amado amar
amare america amico amie amor anar anda anders andra anel ange angeles anni antal ante apollo april argentina aria arica
ariel arizona armani armas armen armenia arvo asia asuncion athena atlanta augusta augustus aurora avis avril azul bala
bali bara barbie bari basel basil bassi beau bebe beda bela bella belle bello belo benedict beni bentley benvenuto berg
bergen berlin bernard beste bett bianca bienvenida blanca boga boje bonita borg bose boston braga brak branden breda
brennen brett bristol brooklyn bror buena buren burk burma cade cadence caesar cale cali camellia campo capa cara cari
caridad carita caro carolina carter ceara cena chad chanel chante chao cher chere cherie christ christi cielo cinta
clair claire claude clementine cleveland colby collier columbia columbus concepcion constanta corda corona cris crista
cristal cristiana cruz cuba custodia dahlia daja dalla dane dann dara daria darin darwin davon davor dawna deja dell
delle demi denna denny denver desiderio dessa devi devin dick dijon dita divina domen domenica dominica dona donna dono
dorian dulce duma dunn duro easter ebba ebbe eben einer elba elden eller emmy enda erbil erna esperanza essa essi esta
estes etna faber farai fedele felice felicita fern fifa finis fleur florida fortunato fran franca france francia fredda
galen gara geert gemma geneva georgia german gerrit ginger gioia giovani goda goma gosta graca gracia grazia greca
gregorian guadalupe gusti hagen halle hanno harlow harmony harto hasta hazel heather heinz hera hermes hobart holland
holly hong houston hugo iban india indiana inge inna ireland iris irish isar isin isis islam israel jaga jaka january
jaren jasmine jasper jena jene jesus joie jolie jong jordan jorden jules juli julia june junho juni jure juri justa
justo kader kaiser kalla kara kare karta kary kenya keren kerman kiel kingston klare klas kobe kort kyla lada lafayette
lage lana lance landen latina lavar leda lega leider leone letta levar levi lien lieve liga lily limon lincoln lita
london louisiana lourdes lula luna lundi lura madonna magen magnolia mai maila maire maja mala malen maman manca mani
manila manus marcu marge margherita mari marin marino marquis maryland masa massimo mato mattina maxime mayo melba
melbourne melody memphis mena mercedes merita metod metta mette mica miel mignon milagro milan mille mira miranda missie
missouri modena modi mont montana monte montserrat musee muslim myrtle nacer nada nana napoleon nazi nela nele nella
nelle nello nessa nevada niks norma norman november nur odessa okta olie olinda olive oman oran oren orion orka ota otto
otur pada palle palma paris parker pascal patria paulo paye pelle pero piedad pietra ping porsche prima puck pura purl
rada raden raleigh rama rana reda refugio regina reine reino reka relu rena renda reno resi reta reto retta rika risa
rita roma romaine rome rosario rosemary rossa rowan ruta sable sage sair sali salud salvar samara sami sana sanaa sanita
sanna sante santiago santo santos sanya savannah segun segundo sena senora senta september serena shasta signe sila sile
silla sina siri skuld socorro solange solver sonata spela stanca stella stilla styr sunday suzette sydney tage taja tala
talat talen taurus tempie tenis tennessee tera terra texas theres tien tierra tijuana tira tobie toma tommy tomo tono
toon tram transito travis trinidad tung umid urbain vada vagn valda valencia valer vara vasco veda vela venice venus
verde vere vero verona versa versie veta victoire vida vide vigo vino vira virgen virginia visar vitoria vorm warta
washington watson wellington wende york zara zelda zona
"""
NOT_ALONE = frozenset(_NOT_ALONE.split())
