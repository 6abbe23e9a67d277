# ruff: noqa: RUF001 - letters of other languages
"""Which language a line of Latin script is written in, by its function words: enough to read capitals rightly.

German writes every noun with a capital, and a model of English takes half of a French sentence for somebody.
"""

import re
from collections.abc import Iterable

from proxy.detection.lexicon import plain

ENGLISH = "en"
_FUNCTION_WORDS = {
    "en": """the of and to in is that for it with as on be at by this have from or not are but was they you an will can
        all would there their what which do about if we my your when how has our please who he she his her i me us them
        been were had should could than then into more some any these those only also just does did a""",
    "de": """der die das und ist nicht ein eine einen einem einer mit für von auf dem den des zu im sich auch als an es
        bei wie nach aus werden wird sind wir ich sie er ihr du mir mich uns bitte haben hat kann oder aber noch nur so
        über vor zum zur durch wenn dass keine kein mehr bis schon sehr hier was wo wer unter gegen seine meine ihre
        diese dieser dieses unser habe war waren sein gibt alle""",
    "fr": """le la les de des du un une et est en que qui dans pour pas sur au aux avec ce cette ces il elle ils elles
        nous vous je tu mon ma mes ton ta tes son sa ses notre votre leur leurs ne se ou mais par plus sont été être
        avoir fait comme tout tous bien si où donc car sans sous entre chez dont très aussi merci bonjour j'ai c'est
        quel quelle""",
    "es": """el la los las de del un una unos unas y es en que no se por con para su sus al lo como más pero o este esta
        estos estas ese esa eso mi mis tu tus nos me te le les yo él ella ellos usted ustedes nosotros hay está están
        son fue ser ha han muy sin sobre también ya cuando donde quien porque entre hasta desde todo todos hola gracias
        qué cómo""",
    "it": """il lo la i gli le di del della dei delle dello un uno una e è in che non si per con su da dal dalla al alla
        nel nella sono come più ma o se questo questa questi queste mio mia tuo tua suo sua nostro vostro loro mi ti ci
        vi io lui lei noi voi anche ha hanno ho sia essere stato stata dopo prima quando dove chi perché tra fra molto
        grazie ciao""",
    "nl": """de het een en van in is dat op te niet met voor zijn aan er die om ook als bij maar naar door uit over dan
        wel nog we wij je jij u uw ik hij zij ze mij me mijn jouw haar hun onze ons deze dit wat wie waar hoe wordt
        worden heeft hebben had kan kunnen moet zou geen of al tot na onder tussen zonder graag""",
    "pt": """o a os as de do da dos das um uma uns umas e é em no na nos nas que não se por com para ao à aos às como
        mais mas ou este esta isto esse essa isso meu minha seu sua nosso nossa eu ele ela eles elas você vocês nós me
        te lhe foi ser são está estão tem têm há muito sem sobre também já quando onde quem porque entre até desde todo
        todos olá obrigado pelo pela vai vou dele dela então aqui agora ainda mesmo pra numa num""",
    "pl": """i w na z do nie się jest to że o jak za od po co dla ale czy przez przy tylko już tak był była było są
        być może ten ta te tego tej tym tych jego jej ich nasz mój moja moje twój swój mnie mi ciebie ci go jemu nam
        was wam ja ty on ona my wy oni które który która oraz lub ze we pod nad przed między bez bardzo proszę
        dziękuję jeśli jeżeli kiedy gdzie mam masz tam tu teraz więc też""",
    "sv": """och i att det som en ett är på av för med den till inte har de om var vi jag du han hon de ni mig dig sig
        oss er min mitt mina din ditt dina sin sitt sina vår vårt våra från men så kan ska skulle eller vid hos när då
        där här vad vem hur efter under över utan också bara mycket alla detta denna dessa blir blev varit hade tack
        hej""",
    "da": """og i at det som en et er på af for med den til ikke har de om var vi jeg du han hun mig dig sig os jer min
        mit mine din dit dine sin sit sine vores fra men så kan skal skulle eller ved hos når da der her hvad hvem
        hvor hvordan efter under over uden også kun meget alle dette denne disse bliver blev været havde tak hej""",
    "tr": """bir ve bu da de için ile ne mi mı mu mü çok daha gibi olarak olan var yok ben sen biz siz onlar benim senin
        onun bizim ama veya ya ki kadar sonra önce değil şey nasıl neden lütfen teşekkür merhaba her hiç en""",
    "id": """yang dan di ke dari untuk dengan ini itu tidak ada adalah akan pada saya kami kita anda dia mereka bisa
        dapat sudah belum telah juga atau karena oleh sebagai dalam lebih seperti hanya tolong terima kasih apa
        bagaimana berapa kapan di mana siapa tapi tetapi kalau jika agar supaya""",
    "vi": """và của là có không cho với được trong một các những này đó để người tôi bạn chúng ta anh chị em ông bà nó
        đã đang sẽ cũng như khi nếu vì nhưng hay hoặc rất nhiều thì mà từ đến về ra vào lên trên dưới""",
    "sw": """na ya wa kwa ni katika la za cha vya kuwa si hii huu hiyo huo yake wake yangu wangu yako wako sisi wao mimi
        wewe yeye kama lakini au pia sana tu bila baada kabla asante tafadhali habari nini nani wapi lini""",
    "tl": """ang ng sa mga na ay at si ni kay ko mo niya namin natin nila ako ikaw siya kami tayo kayo sila ito iyan
        iyon hindi oo po lang din rin ba kung para dahil pero o may mayroon wala salamat""",
    "nb": """og i at det som en et er på av for med den til ikke har de om var vi jeg du han hun deg seg oss dere
        min mitt mine din ditt dine sin sitt sine vår vårt våre fra men så kan skal skulle eller ved hos når da der
        her hva hvem hvor hvordan etter under over uten også bare mye alle dette denne disse blir ble vært hadde
        takk hei""",
    "fi": """ja on ei se että joka hän mutta tai kun niin myös ovat oli olen olet olemme ette eivät en mitä missä
        miten miksi kuka vain nyt jo sitten tämä tämän tätä nämä ne sen siitä minä minun sinä sinun me meidän te
        heidän kanssa mukaan jälkeen ennen kuin koska hyvin kiitos hei voi voiko pitää olisi hänen hänelle""",
    "cs": """a je se na že v s z do to i o k ale jako za by pro tak po od co který která které už při nebo jsou jsem
        jsme jste byl byla bylo být není aby když jeho její jejich můj moje náš váš mi mu ji ho nám vám si má mám
        mít můžu může kde jak proč také ještě podle děkuji prosím dobrý""",
    "sk": """a je sa na že v s z do to aj o k ale ako za by pre tak po od čo ktorý ktorá ktoré už pri len alebo sú
        som sme ste bol bola bolo byť nie aby keď jeho jej ich môj moja náš váš mi mu ju im ho nám vám si má mám
        môžem môže kde prečo tiež ešte podľa ďakujem prosím dobrý""",
    "hu": """a az és hogy nem is egy ez de van volt csak ha mint vagy el ki be fel le én te ő mi ti ők ezt azt amely
        hol hogyan miért mit mikor nagyon kell lehet után előtt alatt között szerint nekem neki vele köszönöm kérem
        szeretném legyen lesz sincs nincs minden most itt nála rá róla tőle hozzá velem veled nekünk nektek őt őket
        engem téged ennek ezek azok ilyen olyan ahol amikor amíg mivel pedig tehát így úgy szép jó több kevés senki
        semmi valaki valami kellene lenne volna vagyok vagyunk vannak voltak tud tudom tudja szeretnék kérlek szia
        üdvözlettel kedves tegnap holnap miatt nélkül alapján""",
    "ro": """și de în la cu pe un o nu este că din care pentru sau dar ce am ai are au sunt era fi fost să se al a
        ale lui ei lor meu mea mei tău noastră nostru mi ne vă le îi îl după până când unde cum cât acest această
        foarte trebuie poate dacă mulțumesc doar despre""",
    "hr": """i je se u na da za su s od to ne koji koja koje kao o iz ili bi smo ste bio bila bilo biti nije što
        kako kad gdje zašto već samo po do moj moja naš vaš mi mu joj im ga nam vam ima mogu može treba prema nakon
        hvala molim jer te ako nego sve""",
    "sl": """in je se v na da za so s od to ne ki kot o iz pa bi sem smo ste bila bilo biti ni kako ko kje zakaj že
        samo še po do moj moja naš vaš mi mu ji ga nam vam ima lahko pri hvala prosim ker če tudi vse""",
    "et": """ja on ei see et kes ta aga või kui nii ka olen oled oleme olid oli mida mis kus kuidas miks siis juba
        veel ainult nüüd seda selle need mina minu ma sa sinu me meie te teie nad nende koos järgi pärast enne sest
        väga aitäh tere saab saan pole peab oma talle mulle""",
    "lv": """un ir ar no uz ka par kas bet vai kā pie ne es tu viņš viņa mēs jūs viņi tas tā šis šī to ko kur kad
        kāpēc jau vēl tikai arī pēc līdz kopš mans mana mūsu jūsu man viņam viņai mums jums bija būs nav var kurš
        kura ļoti paldies lūdzu""",
    "lt": """ir yra su iš į kad apie kas bet ar kaip prie ne aš tu jis ji mes jūs šis ši tą ką kur kodėl jau dar tik
        taip po iki nuo mano mūsų jūsų jam mums jums buvo bus nėra gali kuris kuri labai ačiū prašau už per dėl
        reikia kuriam kurie tačiau nes todėl jeigu jei bei nei vien vis daug mažai prašome prašom galiu galite
        galima turi turiu turite būti esu esate savo tavo šio šios tas tos tie tuo čia ten visi visos viską nieko
        kažkas vakar rytoj šiandien labas sveiki pagarbiai pagal prieš tarp kartu nebe""",
    "ca": """el la les un una i de del dels a al en que és no amb per com més o si ha va van hi ho li em et ens us
        meu meva seu seva nostre nostra aquest aquesta són fer molt sense també ja on qui perquè fins des tot tots
        gràcies als pel pels hem heu vaig vam doncs així avui ahir molta gaire res dins cada seus meus nosaltres
        vosaltres vostè puc pots pot podem vull vols vol dir estic estan necessito necessita plau bon fa som totes
        altre altra altres li'n n'hi s'ha s'han l'ha m'ha aquests aquestes això allò aquí ets sóc sou tinc tens té
        tenim tenen segons després abans""",
    "sq": """dhe të në një me për që është nuk si por se do ka ishte unë ti ai ajo ju ata kjo ky i e u mund duhet
        pas para çfarë ku kur pse shumë faleminderit jam je kemi keni ishin tani çdo gjithë asnjë edhe ose nëse
        sepse kush cili cila këto ato tij saj tyre ynë juaj deri mbi nën ndaj rreth vetëm mirë duam mos bëj""",
    "is": """og að í á er til en ekki um með af hann hún ég þeir þær fyrir var eru hefur hafa verið þetta þessi frá
        eftir hvað hvar hvernig líka mjög takk sér mér þér okkur núna þá þegar hér þar þeim honum okkar ykkar sinn
        sín verður getur vill vilja þarf ef svo eins hvenær hverjir allir allt enginn góðan daginn því þess þessum
        þessari""",
    "eu": """da ez bat du dira zen hau hori ere baina edo dut dugu nahi behar nire zure bere gure izan egin dago
        daude zer nor non zergatik eskerrik mesedez batek batean baten dela duela dute duten naiz izango egiten
        eginda horiek hauek orain atzo bihar beti inoiz oso gutxi ondo nuen zuen ziren baino bezala arte gainean
        buruz kaixo agur""",
    "cy": """y yr a ac yn i o ar wedi ei eu fy dy ni nid ond neu am sydd oedd bod hwn hon hi ef nhw ble sut diolch
        mae'n roedd oes nad ddim gan gen wrth dros trwy heb rhwng wedi'i i'r o'r a'r y'r bydd fydd byddai gallu
        gallwch hoffwn eich ein fel felly hefyd os pan lle pob rhai honno hynny""",
    "so": """iyo waa in ka ku oo u ayaa waxaa ay uu aan la laga lagu wax isaga iyada anigu adigu waxay mahadsanid
        maxaa waxa wuxuu inuu inay isku halkan haa laakiin sida markii kadib hor iyaga annaga idinka fadlan maxay
        goorma xaggee sababta ah ahaa yahay tahay yihiin""",
    "ha": """da ya ta na a ne ce shi mu ku su ba wannan ko kuma daga zuwa suna nagode yaya waɗanda wadda cikin akan
        game domin saboda idan yadda lokacin shine mun kun zai zata za'a ba'a yau gobe jiya sosai duk kowane wata
        allah""",
    "zu": """futhi ukuthi kodwa ngoba uma lapho yini kanjani ngiyabonga wena yena thina bona lo le lokhu nge kwi ku
        sawubona ukuba kungani kuphi ngicela ngithanda ngiyafuna sicela kakhulu manje kusasa izolo wonke konke lokho
        lezi labo abantu umuntu kumele kufanele angazi yebo cha njengoba ngaphandle phakathi ngemva ngaphambi""",
    "az": """və bir bu ki üçün ilə də da deyil var yox mən sən biz siz onlar onun mənim sonra qədər nə necə niyə çox
        daha təşəkkür zəhmət bunu bunun onu mənə sənə bizə sizə oldu olub edir etmək lazımdır yoxdur varsa hansı
        harada vaxt çünki əgər yalnız hələ artıq heç hər bütün az yaxşı salam görə üzrə barədə haqqında""",
    "uz": """va bir bu uchun bilan bor men sen biz siz ular uning mening keyin nima qanday juda lekin iltimos kerak
        bo'lgan bo'ladi bo'lsa qilish mumkin haqida oldin hozir hech har barcha ko'p oz yaxshi salom agar chunki
        yoki ammo faqat qachon qayer nega sizga menga bizga unga bo'yicha""",
    "af": """die en het is nie van in om te vir met wat ek jy hy sy ons julle hulle my jou kan moet was wees word
        ook maar as of by aan op uit oor na dit hierdie daardie waar wanneer hoekom hoe baie asseblief dankie nog
        geen gaan kom sê toe""",
    "ga": """an na ar ag go le is tá bhí ní sé sí siad mé tú muid sibh do mo a ach nó sin seo cad conas cén cathain
        cá fáth i gcás leis liom leat di dúinn daoibh bhfuil raibh beidh faoi roimh tar éis gach ceann maith agat""",
    "mt": """u li ta' il għal minn ma' fuq hija huwa kien kienet mhux jew imma jekk fejn kif għaliex jien inti aħna
        intom huma din għandu għandha grazzi jogħġbok ħafna biss ukoll""",
    "eo": """la de en al estas ne ke mi vi li ŝi ni ili por kun sed aŭ se kie kiam kial kio kiu tio ĉi tiu havas
        povas devas estis estos ankaŭ jam ankoraŭ dankon bonvolu saluton pri per sen inter""",
    "yo": """ni ti fún sí pẹlu náà kò jẹ wà mo ẹ won àwọn rẹ mi yìí nínú gbogbo kí nítorí ṣé báwo nígbà lati""",
    "ig": """na nke bụ ya ma ọ maka si n'ime unu ha gị m ihe mmadụ niile ebe mgbe ka kedu gini biko daalụ dị nwere
        ga""",
    "rw": """ni na mu ku no ariko cyangwa kuko ubwo iyo uyu iki ibi njye wowe twe bo umuntu abantu ndi uri turi
        ntabwo cyane murakoze ese gute ryari hehe kugira nk'uko""",
    "ku": """û li bi ji di de ku ev ew min te me we wî ne bû ye in heye hene nîne çi kî kengî çawa çima gelek spas
        lê an her dibe dike dikin""",
    "ht": """ak yon pou pa li mwen ou nou yo sa ki te ap pral gen men oswa paske lè kote kijan poukisa kisa mèsi
        tanpri anpil tout sou avèk fè ye se""",
    "mg": """ny sy fa tsy ho an'ny amin'ny ao eo ity izy izaho aho ianao isika izahay ianareo ireo raha satria nefa
        na koa fotsiny inona aiza rahoviana misaotra azafady tokony tiako""",
    "ceb": """ang sa ug mga dili wala naa ako ikaw siya kita kamo kini kana kaayo lang usab kung unsa kinsa ngano
        salamat palihug niya nako nimo namo""",
    "jv": """ing iku iki kanggo aku kowe dheweke kita wis durung arep bisa kudu nanging utawa amarga kepiye ngendi
        kapan apa matur nuwun""",
    "lb": """an d'an ass net fir vun um am déi dës ech du hatt mir dir si huet kann muss wann awer oder well wat wou
        wéini firwat merci ganz nach och just keng keen eng""",
}
COVERS = 0.8
"""The share of messages with names in which one must be found for a language to be covered."""
COVERED = frozenset(
    "en cs da de es et fi fr hr it lt lv nb nl pl pt ro sk sl sv sw tl tr vi".split()  # noqa: SIM905 - words read better
)
"""Languages that reach it, as measured by `make bench-languages`."""
_WORDS = {language: frozenset(map(plain, listed.split())) for language, listed in _FUNCTION_WORDS.items()}
KNOWN = frozenset(_WORDS)
"""Languages that are told apart."""
_LANGUAGES: dict[str, tuple[str, ...]] = {}
for _name, _listed in _WORDS.items():
    for _word in _listed:
        _LANGUAGES[_word] = (*_LANGUAGES.get(_word, ()), _name)
ALL_FUNCTION_WORDS = frozenset(_LANGUAGES)
"""The function words of every language here."""
_TOKEN = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)?")
MIN_WORDS = 2


def language(text: str) -> str:
    """Return the language whose function words are the most frequent; English where nothing says otherwise."""
    return of_words([plain(word) for word in _TOKEN.findall(text)])


def of_words(words: Iterable[str]) -> str:
    """Return the language of words that are spelled as the lists spell them."""
    counts = {ENGLISH: 0}
    for word in words:
        for name in _LANGUAGES.get(word, ()):
            counts[name] = counts.get(name, 0) + 1
    best = max(_WORDS, key=lambda name: counts.get(name, 0))
    return best if counts.get(best, 0) >= MIN_WORDS and counts[best] > counts[ENGLISH] else ENGLISH


def function_words(language: str) -> frozenset[str]:
    """Return the function words of a language."""
    return _WORDS[language]


def languages_of(word: str) -> tuple[str, ...]:
    """Return the languages of which a plain word is a function word."""
    return _LANGUAGES.get(word, ())
