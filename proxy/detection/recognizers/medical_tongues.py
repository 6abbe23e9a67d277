"""Words of medicine in other languages of Europe: the most common diagnoses, as people and forms name them."""

_GERMAN = """
sturzneigung, sturzgefahr, diabetischer fuß, diabetisches fußsyndrom, osteoporose, inkontinenz, dekubitus,
schwerhörigkeit, bettlägerig, meniskusriss, bänderriss, schleudertrauma, leistenbruch,
bluthochdruck, krebs, brustkrebs, lungenkrebs, darmkrebs, prostatakrebs, hautkrebs, bauchspeicheldrüsenkrebs,
gebärmutterhalskrebs, leukämie, lymphom, tumor, metastasen, chemotherapie, bestrahlung, schlaganfall, herzinfarkt,
herzinsuffizienz, herzschwäche, vorhofflimmern, herzrhythmusstörung, herzrhythmusstörungen, koronare herzkrankheit,
khk, depressionen, depressive episode, angststörung, panikattacken, bipolare störung, schizophrenie, psychose,
epilepsie, multiple sklerose, parkinson, morbus parkinson, alzheimer, demenz, lungenentzündung, bandscheibenvorfall,
arthrose, kniearthrose, hüftarthrose, rheuma, rheumatoide arthritis, osteoporose, hepatitis, hiv-infektion,
tuberkulose, schwanger, schwangerschaft, fehlgeburt, abtreibung, niereninsuffizienz, nierenversagen, dialyse, morbus
crohn, colitis ulcerosa, schilddrüsenunterfunktion, schilddrüsenüberfunktion, hypothyreose, hyperthyreose, migräne,
magersucht, bulimie, essstörung, alkoholabhängigkeit, alkoholismus, suchterkrankung, drogensucht, kreuzbandriss,
knochenbruch, oberschenkelhalsbruch, schenkelhalsfraktur, gicht, schuppenflechte, neurodermitis, heuschnupfen,
thrombose, lungenembolie, sepsis, adipositas, posttraumatische belastungsstörung, zuckerkrankheit, diabetes typ 1,
diabetes typ 2, typ-2-diabetes, typ-1-diabetes, magengeschwür, gallensteine, nierensteine, blasenentzündung,
gürtelrose, wechseljahre, endometriose, unfruchtbarkeit, schlafapnoe, hörsturz, grauer star, grüner star,
makuladegeneration, krankgeschrieben, arbeitsunfähig, schwerbehindert, schwerbehinderung, pflegegrad, hirntumor,
hirnblutung, querschnittslähmung, mukoviszidose, zöliakie, laktoseintoleranz, suizidversuch, suizidgedanken,
selbstverletzung, zwangsstörung, autismus, adhs, burn-out
"""
_FRENCH = """
hernie inguinale, coup du lapin, entorse,
diabète, diabète de type 1, diabète de type 2, diabétique, hypertension artérielle, cancer du sein, cancer du poumon,
cancer de la prostate, cancer du côlon, leucémie, lymphome, tumeur, métastases, chimiothérapie, radiothérapie, avc,
infarctus, insuffisance cardiaque, fibrillation auriculaire, dépression, dépressif, dépressive, trouble bipolaire,
troubles anxieux, crise d'angoisse, schizophrénie, épilepsie, sclérose en plaques, maladie de parkinson, maladie
d'alzheimer, démence, asthme, asthmatique, bpco, pneumonie, hernie discale, arthrose, polyarthrite rhumatoïde,
ostéoporose, hépatite, vih, séropositif, séropositive, sida, tuberculose, grossesse, enceinte, fausse couche, ivg,
insuffisance rénale, dialyse, maladie de crohn, rectocolite hémorragique, hypothyroïdie, hyperthyroïdie, anorexie,
boulimie, alcoolisme, toxicomanie, fracture du col du fémur, goutte, eczéma, rhume des foins, thrombose, embolie
pulmonaire, septicémie, obésité, drépanocytose, mucoviscidose, fibromyalgie, endométriose, ménopause, apnée du
sommeil, arrêt maladie, calculs rénaux, calculs biliaires, cystite, cataracte, glaucome, maladie cœliaque, tentative
de suicide, idées suicidaires, autisme, tdah, burn-out, ulcère, lombalgie, sciatique
"""
_SPANISH = """
hernia inguinal, esguince cervical, latigazo cervical,
diabético, diabética, diabetes tipo 1, diabetes tipo 2, hipertensión, hipertenso, hipertensa, hipertensión arterial,
cáncer, cáncer de mama, cáncer de pulmón, cáncer de próstata, cáncer de colon, linfoma, quimioterapia, radioterapia,
ictus, infarto, infarto de miocardio, insuficiencia cardíaca, fibrilación auricular, depresión, ansiedad, trastorno
bipolar, trastorno de ansiedad, esquizofrenia, epilepsia, esclerosis múltiple, enfermedad de parkinson, párkinson,
demencia, epoc, neumonía, hernia discal, artrosis, artritis, artritis reumatoide, hepatitis, vih, seropositivo,
seropositiva, sida, tuberculosis, embarazo, embarazada, aborto, insuficiencia renal, diálisis, enfermedad de crohn,
colitis ulcerosa, hipotiroidismo, hipertiroidismo, migraña, anorexia, alcoholismo, drogadicción, fractura de cadera,
gota, trombosis, embolia pulmonar, obesidad, fibromialgia, endometriosis, apnea del sueño, baja médica, cálculos
renales, cistitis, cataratas, celiaquía, celíaco, celíaca, intento de suicidio, autismo, tdah, asmático, asmática,
leucemia, anemia, hipercolesterolemia
"""
_ITALIAN = """
ernia, ernia inguinale, ernia discale, colpo di frusta,
diabete, diabete di tipo 1, diabete di tipo 2, diabetico, diabetica, ipertensione, ipertensione arteriosa, iperteso,
ipertesa, cancro, tumore, tumore al seno, carcinoma mammario, cancro al polmone, leucemia, linfoma, metastasi,
chemioterapia, radioterapia, infarto miocardico, scompenso cardiaco, fibrillazione atriale, depressione, ansia,
disturbo bipolare, disturbo d'ansia, schizofrenia, epilessia, sclerosi multipla, morbo di parkinson, morbo di
alzheimer, demenza, asma, bpco, polmonite, ernia del disco, artrosi, artrite, artrite reumatoide, osteoporosi,
epatite, sieropositivo, sieropositiva, tubercolosi, gravidanza, incinta, aborto spontaneo, insufficienza renale,
dialisi, morbo di crohn, colite ulcerosa, ipotiroidismo, ipertiroidismo, emicrania, anoressia, alcolismo,
tossicodipendenza, frattura del femore, gotta, trombosi, embolia polmonare, obesità, fibromialgia, endometriosi, apnee
notturne, celiachia, celiaco, celiaca, cataratta, tentato suicidio, autismo, psoriasi, anemia mediterranea, fibrosi
cistica
"""
_PORTUGUESE = """
diabetes tipo 2, diabético, diabética, hipertensão, hipertenso, hipertensa, câncer, cancro da mama, câncer de mama,
câncer de próstata, leucemia, linfoma, quimioterapia, radioterapia, avc, infarto, enfarte, insuficiência cardíaca,
fibrilação atrial, depressão, ansiedade, transtorno bipolar, esquizofrenia, epilepsia, esclerose múltipla, parkinson,
demência, asma, dpoc, pneumonia, hérnia de disco, artrose, artrite reumatoide, hepatite, hiv positivo, soropositivo,
soropositiva, tuberculose, gravidez, grávida, aborto, insuficiência renal, hemodiálise, diálise, doença de crohn,
hipotireoidismo, hipotiroidismo, enxaqueca, alcoolismo, dependência química, fratura do fêmur, gota, trombose, embolia
pulmonar, obesidade, fibromialgia, apneia do sono, catarata, doença celíaca, celíaco, celíaca, autismo, tdah,
tentativa de suicídio, baixa médica, atestado médico, anemia falciforme
"""
_DUTCH = """
hernia, liesbreuk, zweepslag,
suikerziekte, diabetes type 2, diabetes type 1, hoge bloeddruk, kanker, borstkanker, longkanker, darmkanker,
prostaatkanker, leukemie, lymfoom, uitzaaiingen, chemotherapie, bestraling, beroerte, hartinfarct, hartaanval,
hartfalen, boezemfibrilleren, depressie, depressief, angststoornis, paniekaanvallen, bipolaire stoornis, schizofrenie,
epilepsie, multiple sclerose, ziekte van parkinson, dementie, astma, longontsteking, artrose, reuma, reumatoïde
artritis, osteoporose, hiv-positief, tuberculose, zwanger, zwangerschap, miskraam, nierfalen, nierinsufficiëntie,
nierdialyse, ziekte van crohn, migraine, anorexia, boulimia, alcoholverslaving, verslaving, heupfractuur, gebroken
heup, jicht, trombose, longembolie, obesitas, fibromyalgie, overspannen, ziekgemeld, arbeidsongeschikt, slaapapneu,
coeliakie, zelfmoordpoging, autisme, blaasontsteking, gordelroos
"""
_POLISH = """
cukrzyca, cukrzyca typu 1, cukrzyca typu 2, cukrzycę, nadciśnienie, nadciśnienie tętnicze, rak, rak piersi, rak płuc,
rak prostaty, nowotwór, białaczka, chłoniak, przerzuty, chemioterapia, udar, udar mózgu, zawał, zawał serca,
niewydolność serca, migotanie przedsionków, depresja, depresję, zaburzenia lękowe, choroba dwubiegunowa, schizofrenia,
padaczka, epilepsja, stwardnienie rozsiane, choroba parkinsona, choroba alzheimera, demencja, otępienie, astma, pochp,
zapalenie płuc, zwyrodnienie stawów, reumatoidalne zapalenie stawów, osteoporoza, wirusowe zapalenie wątroby,
gruźlica, ciąża, w ciąży, poronienie, niewydolność nerek, dializy, choroba leśniowskiego-crohna, niedoczynność
tarczycy, nadczynność tarczycy, migrena, anoreksja, bulimia, alkoholizm, złamanie biodra, złamanie szyjki kości
udowej, dna moczanowa, łuszczyca, zakrzepica, zatorowość płucna, otyłość, bezdech senny, zaćma, jaskra, celiakia,
próba samobójcza, autyzm, przepuklina, zwolnienie lekarskie, miażdżyca, hashimoto, choroba hashimoto,
niepełnosprawność
"""
_NORDIC = """
högt blodtryck, bröstcancer, lungcancer, prostatacancer, leukemi, cancer, stroke, hjärtinfarkt, hjärtsvikt,
förmaksflimmer, ångest, bipolär sjukdom, schizofreni, epilepsi, multipel skleros, demens, lunginflammation, artros,
ledgångsreumatism, benskörhet, gravid, graviditet, missfall, njursvikt, dialys, crohns sjukdom, migrän, alkoholism,
höftfraktur, blodpropp, fetma, utmattningssyndrom, utmattningsdepression, sjukskriven, sömnapné, glutenintolerans,
celiaki, självmordsförsök, diabetiker, typ 2-diabetes, sukkersyge, forhøjet blodtryk, brystkræft, kræft, blodprop,
høyt blodtrykk, kreft, brystkreft, hjerteinfarkt, hjertesvikt, hjerneslag, lungebetændelse, lungebetennelse,
sygemeldt, sykmeldt, angst, slidgigt, leddgikt, verenpainetauti, syöpä, rintasyöpä, masennus, raskaana, keuhkokuume,
sydäninfarkti, aivohalvaus, sokeritauti, dementia, nivelrikko, astma
"""
CONDITIONS = frozenset(
    " ".join(entry.split())
    for language in (_GERMAN, _FRENCH, _SPANISH, _ITALIAN, _PORTUGUESE, _DUTCH, _POLISH, _NORDIC)
    for entry in language.split(",")
)
