"""Words of medicine, curated: conditions and medications that a person would not want told.

Everyday complaints (a cold, stress) are left out. Words that mean other things, too, count only where somebody is
told of.
"""

_CONDITIONS = """
a-fib, afib, back injury, back operation, back surgery, hand surgery, foot surgery, rotator cuff tear, torn rotator
cuff, hemochromatosis, haemochromatosis, whiplash, sciatica, panic disorder, pregnancy loss, stillbirth,
abortion, abscess, acid reflux, acne, acromegaly, actinic keratosis, acute kidney injury, addiction, addison disease,
addison's disease, adenocarcinoma, adenomyosis, adhd, agoraphobia, aids, albinism, alcohol dependence, alcohol use
disorder, alcoholic, alcoholism, alopecia, als, alzheimer's, alzheimer's disease, alzheimers, amputation, amyotrophic
lateral sclerosis, anaemia, anal fissure, anaphylactic shock, anaphylaxis, anemia, aneurysm, angina, angina pectoris,
ankylosing spondylitis, anorexia, anorexia nervosa, anorexic, antiphospholipid syndrome, anxiety, anxiety disorder,
aortic aneurysm, aortic stenosis, aphasia, aplastic anaemia, aplastic anemia, appendectomy, appendicitis, arrhythmia,
arteriosclerosis, arthritis, asperger's, asthma, asthmatic, ataxia, atherosclerosis, atopic dermatitis, atrial
fibrillation, attention deficit, autism, autism spectrum disorder, autistic, autoimmune disease, back pain, bacterial
vaginosis, barrett's esophagus, barrett's oesophagus, basal cell carcinoma, behcet's disease, bell's palsy, benign
prostatic hyperplasia, binge eating, biopsy, bipolar, bipolar disorder, bipolar ii, bladder cancer, bladder infection,
blood cancer, blood clot, blood clots, bone cancer, bone marrow transplant, borderline personality disorder, bowel
cancer, bpd, brain bleed, brain cancer, brain injury, brain tumor, brain tumour, breast cancer, broken ankle, broken
arm, broken collarbone, broken hip, broken leg, broken wrist, bronchiectasis, bronchitis, bulimia, bulimic, burnout,
bursitis, c-section, caesarean, cancer, candidiasis, carcinoma, cardiac arrest, cardiac arrhythmia, cardiomyopathy,
carpal tunnel, carpal tunnel syndrome, cataract, cataracts, celiac disease, cellulitis, cerebral palsy, cervical
cancer, cervical dysplasia, charcot-marie-tooth, chemo, chemotherapy, chest pain, chickenpox, chlamydia,
cholecystitis, cholera, chronic back pain, chronic bronchitis, chronic fatigue syndrome, chronic illness, chronic
kidney disease, chronic migraine, chronic pain, cirrhosis, ckd, cleft palate, clinical depression, cluster headaches,
coeliac, coeliac disease, cognitive impairment, colitis, colon cancer, colorectal cancer, colostomy, coma, concussion,
congenital heart defect, congestive heart failure, conjunctivitis, copd, coronary artery disease, coronary heart
disease, covid, covid-19, crohn's, crohn's disease, crohns, crps, ctcl, cushing's, cushing's syndrome, cyst, cystic
fibrosis, cystitis, deafness, deep vein thrombosis, delirium, delusions, dementia, dengue, depression, dermatitis,
detached retina, developmental delay, diabetes, diabetes mellitus, diabetic, diabetic foot, diabetic ketoacidosis,
diabetic neuropathy, diabetic retinopathy, dialysis, diphtheria, disability, disc herniation, dissociative identity
disorder, diverticulitis, diverticulosis, down syndrome, down's syndrome, drug addiction, drug rehab, drug use
disorder, dvt, dyslexia, dysmenorrhea, dysphagia, dyspraxia, eating disorder, eclampsia, ectopic pregnancy, eczema,
edema, ehlers-danlos, ehlers-danlos syndrome, embolism, emphysema, encephalitis, end-stage renal disease,
endocarditis, endometriosis, enlarged prostate, epidural, epilepsy, epilepsy surgery, epileptic, erectile dysfunction,
erythema, esophageal cancer, essential tremor, fatty liver, fetal alcohol syndrome, fibroids, fibromyalgia, food
allergy, fractured hip, frozen shoulder, gall bladder removal, gallstones, gangrene, gastric bypass, gastric ulcer,
gastritis, gastroenteritis, gender dysphoria, generalised anxiety disorder, generalized anxiety disorder, genital
herpes, genital warts, gerd, gestational diabetes, gestational hypertension, glaucoma, glioblastoma, glioma,
glomerulonephritis, goitre, gonorrhea, gonorrhoea, gout, grand mal, graves disease, graves' disease, guillain-barre
syndrome, gulf war syndrome, haemophilia, haemorrhoids, hallucinations, hand foot and mouth, hashimoto, hashimoto's,
hashimoto's thyroiditis, hay fever, head injury, hearing loss, heart arrhythmia, heart attack, heart bypass, heart
condition, heart disease, heart failure, heart murmur, heart transplant, heartburn, hemodialysis, hemophilia,
hemorrhoids, hep b, hep c, hepatic encephalopathy, hepatitis, hepatitis a, hepatitis b, hepatitis c, hernia, herniated
disc, herniated disk, herpes, herpes zoster, hidradenitis suppurativa, high blood pressure, high cholesterol, hip
fracture, hip replacement, hirsutism, hiv, hiv positive, hiv test, hiv-positive, hives, hodgkin lymphoma, hodgkin's
disease, hodgkin's lymphoma, hospice, hpv, huntington's disease, huntingtons, hydrocephalus, hypercalcemia,
hypercholesterolemia, hyperglycemia, hyperkalemia, hyperlipidemia, hyperparathyroidism, hypertension, hyperthyroidism,
hypoglycaemia, hypoglycemia, hypokalemia, hyponatremia, hypotension, hypothyroidism, hysterectomy, ibs, impotence, in
remission, infertility, insomnia, insomniac, insulin resistance, iron deficiency, iron deficiency anemia, irritable
bowel syndrome, ischaemic heart disease, ischemic heart disease, ischemic stroke, itp, ivf, jaundice, jaundiced,
kawasaki disease, kidney cancer, kidney disease, kidney failure, kidney infection, kidney stones, kidney transplant,
knee replacement, lactose intolerance, laryngitis, learning disability, leg ulcer, leprosy, leukaemia, leukemia,
lipoma, liver cancer, liver disease, liver failure, liver transplant, long covid, lou gehrig's disease, low blood
pressure, low sperm count, lumbar stenosis, lumpectomy, lung cancer, lung disease, lung transplant, lupus, lyme
disease, lymphedema, lymphoedema, lymphoma, macular degeneration, major depression, major depressive disorder,
malaria, manic depression, manic episode, marfan syndrome, mastectomy, mastitis, measles, melanoma, melanoma in situ,
memory loss, meniere's disease, meningioma, meningitis, menopause, mental breakdown, mental illness, mesothelioma,
metastasis, metastatic, metastatic cancer, migraine, migraine with aura, migraines, mild cognitive impairment,
miscarriage, miscarried, molar pregnancy, mononucleosis, motor neurone disease, mpox, mrsa, multiple myeloma, multiple
sclerosis, mumps, muscular dystrophy, myasthenia gravis, myelodysplastic syndrome, myeloma, myocardial infarct,
myocardial infarction, myocarditis, myopia, narcolepsy, nasal polyps, nephritis, nephrotic syndrome, nervous
breakdown, neuralgia, neurofibromatosis, neuropathy, neutropenia, non-hodgkin lymphoma, non-hodgkin's lymphoma, nut
allergy, obesity, obsessive-compulsive disorder, obstructive sleep apnea, ocd, oedema, oesophageal cancer, opioid
addiction, opioid dependence, opioid use disorder, oral cancer, osteoarthritis, osteomyelitis, osteopenia,
osteoporosis, osteosarcoma, ovarian cancer, ovarian cyst, ovarian cysts, overactive bladder, overactive thyroid,
overdose, pacemaker, paget's disease, palliative care, pancreatic cancer, pancreatitis, panic attack, panic attacks,
panic disorder, paralysis, paranoia, paranoid schizophrenia, paraplegia, parkinson's, parkinson's disease, pcos,
peanut allergy, peanut anaphylaxis, pelvic inflammatory disease, penicillin allergy, peptic ulcer, pericarditis,
peripheral artery disease, peripheral neuropathy, peritonitis, personality disorder, pertussis, phenylketonuria,
phobia, placenta previa, plantar fasciitis, pleurisy, pmdd, pneumonia, pneumothorax, polio, polycystic kidney disease,
polycystic ovary syndrome, polycythemia, polymyalgia rheumatica, polyps, post-concussion syndrome, post-natal
depression, post-traumatic stress disorder, postnatal depression, postpartum depression, pots, pre-eclampsia,
prediabetes, prediabetic, preeclampsia, pregnancy, pregnant, premature birth, preterm labor, prolapsed disc, prostate
cancer, psoriasis, psoriatic arthritis, psychosis, psychotic episode, ptsd, pulmonary embolism, pulmonary fibrosis,
pulmonary hypertension, pyelonephritis, quadriplegia, rabies, raynaud's, reactive arthritis, rectal cancer, rehab,
relapse, renal cell carcinoma, renal failure, restless legs syndrome, retinal detachment, retinitis pigmentosa,
retinopathy, rheumatism, rheumatoid arthritis, rhinitis, ringworm, rosacea, rotator cuff tear, rubella, ruptured
appendix, sarcoidosis, sarcoma, scabies, scarlet fever, schizoaffective disorder, schizophrenia, schizophrenic,
sciatica, scleroderma, scoliosis, seasonal affective disorder, seizure, seizure disorder, seizures, self harm,
self-harm, sepsis, sexually transmitted infection, shingles, sibo, sickle cell, sickle cell anemia, sickle cell
disease, sickle cell trait, sinusitis, sjogren's, sjogren's syndrome, skin cancer, sleep apnea, sleep apnoea,
sleepwalking, slipped disc, social anxiety, spina bifida, spinal cord injury, spinal stenosis, sprained ankle,
squamous cell carcinoma, std, stent, stents, sti, stillbirth, stomach cancer, strep throat, stroke, strokes, stutter,
substance abuse, suicidal, suicidal ideation, suicide attempt, surrogacy, syphilis, systemic lupus erythematosus,
tachycardia, tardive dyskinesia, tay-sachs, tb, tendinitis, tendonitis, tennis elbow, terminal illness, termination of
pregnancy, testicular cancer, tetanus, thalassaemia, thalassemia, throat cancer, thrombocytopenia, thrombosis, thyroid
cancer, thyroid nodule, thyroiditis, tia, tinnitus, tongue cancer, tonsillitis, torn acl, torn ligament, torn
meniscus, tourette syndrome, tourette's, toxic shock syndrome, transient ischaemic attack, transient ischemic attack,
traumatic brain injury, trichotillomania, trigeminal neuralgia, tubal ligation, tuberculosis, tumor, tumour, turner
syndrome, type 1 diabetes, type 2 diabetes, typhoid, ulcer, ulcerative colitis, ulcers, underactive thyroid, urinary
incontinence, urinary tract infection, urticaria, uterine cancer, uti, uveitis, varicose veins, vasculitis, vasectomy,
vertigo, visual impairment, vitamin b12 deficiency, vitamin d deficiency, vitiligo, von willebrand disease, whiplash,
whooping cough, wilson's disease, withdrawal symptoms, yeast infection, zika
"""
CONDITIONS = frozenset(" ".join(entry.split()) for entry in _CONDITIONS.split(","))
_MEDICATIONS = """
actrapid adiro apidra berodual brufen cardioaspirin cipralex clexane concor dafalgan delix depakine euthyrox eutirox
fiasp fragmin humalog humulin imovane inexium kardegic lantus levemir levothyrox lexatin lexomil madopar marcumar
metamizol mopral nolotil novalgin novomix novorapid orfidal pantorc pantozol remergil rivotril ryzodeg seroplex stilnox
tachidol tavor temesta tilidin tranquimazin trevilor viani xeplion zimox ocrevus gilenya aubagio biktarvy genvoya
descovy keytruda opdivo avastin tagrisso fosamax
abacavir abatacept abilify abiraterone acamprosate acarbose accutane acenocumarol acetaminophen aciclovir actos
acyclovir adalimumab adcirca adderall adiro advair advil agomelatine albendazole albuterol aldactone alemtuzumab
alendronate alfuzosin alirocumab allegra allopurinol almotriptan alprazolam altace amantadine ambien amiodarone
amitriptyline amlodipine amoxicilina amoxicillin amoxicillina amoxicilline amoxiclav anastrozole anoro apiksaban
apixaban aranesp aricept arimidex aripiprazol aripiprazole asacol asenapine aspirin atazanavir atenolol ativan
atomoxetine atorvastatin atorvastatina atorvastatine atripla augmentin avastin avelox avodart azathioprine azelastine
azilect azithromycin baclofen bactrim basaglar beloc benadryl benazepril benicar benzonatate bevacizumab bicalutamide
biktarvy bimatoprost bisacodyl bisohexal bisoprolol boniva botox brexpiprazole brilinta budesonide bumetanide
buprenorphine bupropion buscopan buspirone bydureon byetta bystolic canagliflozin candesartan capecitabine captopril
carbamazepine carbidopa carbimazole cardioaspirin cariprazine cartia carvedilol caverject cefalexin cefdinir cefixime
ceftriaxone cefuroxime celebrex celecoxib celexa cellcept cephalexin cetirizine cetuximab champix chantix
chlorpromazine chlorthalidone cholecalciferol cialis ciclosporin cilostazol cimetidine cinacalcet cipralex
ciprofloxacin cisplatin citalopram clarithromycin clexane clindamycin clobazam clobetasol clomid clomifene clomiphene
clomipramine clonazepam clonidine clopidogrel clozapine co-amoxiclav co-codamol codeine colchicine colestyramine
concerta concor cordarone cosentyx coumadin cozaar creon crestor cyclobenzaprine cyclophosphamide cyclosporine
cymbalta cytotec dabigatran dafalgan dapagliflozin darunavir dasatinib depakote depo-provera descovy desloratadine
desmopressin desvenlafaxine dexamethasone dexedrine dexilant diazepam diclegis diclofenac dicyclomine diflucan digoxin
dihydrocodeine dilantin dilaudid diltiazem diovan diphenhydramine dipyridamole disulfiram divalproex docetaxel
docusate doliprane dolutegravir domperidone donepezil doxazosin doxepin doxorubicin doxycycline doxylamine dulaglutide
dulcolax duloxetine dupilumab dupixent dutasteride edoxaban efavirenz efferalgan effexor elavil eletriptan elidel
eliquis emgality empagliflozin emtricitabine enalapril enbrel enoxaparin entacapone entresto epidiolex epinephrine
epipen eplerenone epoetin erenumab ergocalciferol ertugliflozin erythromycin escitalopram esomeprazole eszopiclone
etanercept ethosuximide etonogestrel eumovate euthyrox eutirox evista evolocumab exemestane exforge ezetimibe
famotidine farxiga febuxostat felodipine fenofibrate fentanyl fexofenadine finasteride finerenone fingolimod flagyl
flecainide flomax flonase flovent flucloxacillin fluconazole fludrocortisone fluorouracil fluoxetina fluoxetine
flutamide fluticasone fluvoxamine focalin formoterol forteo forxiga fosamax fostair frovatriptan furosemide gabapentin
galantamine galcanezumab genvoya gilenya glargine gleevec glibenclamide gliclazide glimepiride glipizide glucophage
glyburide glycopyrrolate golimumab goserelin granisetron guaifenesin guanfacine haloperidol harvoni heparin humalog
humira hydralazine hydrochlorothiazide hydrocodone hydrocortisone hydromorphone hydroxychloroquine hydroxyurea
hydroxyzine hyoscine ibrance ibrutinib ibuflam ibuprofen ibuprofene ibuprofeno imatinib imdur imipramine imitrex
imodium indapamide inderal indomethacin infliximab insulin insulina insuline intuniv invega invokana ipratropium
irbesartan isoniazid isosorbide isotretinoin itraconazole ivabradine ivermectin janumet januvia jardiance jentadueto
kaletra kardegic keppra ketamine ketoconazole ketorolac keytruda klonopin l-thyroxin lacosamide lamictal lamivudine
lamotrigine lansoprazole lantus lasix latanoprost latuda leflunomide lenalidomide letrozole levemir levetiracetam
levitra levocetirizine levodopa levofloxacin levonorgestrel levothyrox levothyroxin levothyroxine levotiroksyna
levotiroxina lexapro librium lidocaine linaclotide linagliptin linezolid lipitor liraglutide lisdexamfetamine
lisinopril lithium lixiana lomotil loperamide lopinavir lopressor loratadine lorazepam losartan losartana lotrel
lovenox lucentis lunesta lurasidone lynparza lyrica macrobid marcoumar marcumar mavenclad mavyret maxalt mebendazole
meclizine medroxyprogesterone mefenamic melatonin meloxicam memantine mepolizumab mercaptopurine mesalamine mesalazine
metamizol metaxalone metformin metformina metformine methadone methimazole methocarbamol methotrexate methyldopa
methylphenidate methylprednisolone metoclopramide metolazone metoprolol metronidazole micardis midodrine mifepristone
minocycline minoxidil mirabegron mirena mirtazapine misoprostol mobic modafinil montelukast morphine motilium mounjaro
movicol mycophenolate nabumetone nadolol naloxone naltrexone namenda naprosyn naproxen naratriptan narcan nasonex
natalizumab nebilet nebivolol neurontin nexium niacin nicorandil nifedipine nitrofurantoin nitroglycerin nivolumab
nolotil norco norethindrone norethisterone nortriptyline norvasc novalgin novaminsulfon novolog nucynta nurofen
nuvaring nystatin ocrelizumab ocrevus ofloxacin olanzapine olaparib olmesartan omalizumab omeprazol omeprazole
ondansetron orlistat oseltamivir osimertinib oxcarbazepine oxybutynin oxycodone oxycontin oxymorphone ozempic
paclitaxel palbociclib paliperidone panadol pantoprazol pantoprazole pantozol paracetamol paroxetine paxlovid
pembrolizumab penicillin pepcid percocet perindopril permethrin phenobarbital phenprocoumon phentermine phenytoin
pimecrolimus pioglitazone plaquenil plavix pradaxa praluent pramipexole prasugrel pravachol pravastatin prazosin
prednisolone prednisone pregabalin prevacid prilosec primidone pristiq procardia prochlorperazine progesterone prograf
prolia promethazine propecia propranolol propylthiouracil protonix provera provigil prozac pulmicort pyridostigmine
quetiapin quetiapina quetiapine quinapril qulipta rabeprazole raloxifene ramelteon ramipril ranexa ranitidine rapamune
rasagiline relpax relvar remdesivir remeron remicade repatha restasis restoril retin-a revlimid rexulti rifampicin
rifampin rifaximin riluzole rinvoq risankizumab risperidone ritalin ritonavir rituxan rituximab rivaroxaban
rivastigmine rizatriptan robaxin ropinirole rosuvastatin rybelsus sacubitril salbutamol saxenda secukinumab selegiline
semaglutide senna seretide serevent seroquel sertralin sertralina sertraline sevelamer sevredol sildenafil silodosin
simponi simvastatin simvastatina sinemet singulair sintrom sitagliptin skyrizi solifenacin sotalol sovaldi spasfon
spedra spiriva spironolactone stalevo stelara strattera stribild sublocade suboxone sucralfate sulfamethoxazole
sulfasalazine sumatriptan symbicort synjardy synthroid tachipirina tacrolimus tadalafil tamiflu tamoxifen tamsulosin
tapentadol tecfidera tegretol telmisartan temazepam tenofovir tenormin tenormine terazosin terbinafine teriparatide
testosterone theophylline thiamine ticagrelor timolol tiotropium tirzepatide tizanidine tofacitinib tolterodine
topamax topiramate toprol toradol torasemid torsemide toujeo tradjenta tramadol tramadolo trastuzumab travoprost
trazodone trelegy tresiba tretinoin triamcinolone triamterene trihexyphenidyl trileptal trimbow trimethoprim
trintellix triumeq trulicity truvada tylenol tysabri ubrelvy ultram upadacitinib uroxatral ursodiol ustekinumab
valaciclovir valacyclovir valium valproate valsartan valtrex vancomycin varenicline vascepa vedolizumab vemlidy
venlafaxin venlafaxina venlafaxine ventolin verapamil verzenio vesicare viagra vicodin victoza viibryd vilazodone
vildagliptin vimpat vinblastine vincristine voltaren voriconazole vortioxetine vraylar vytorin vyvanse warfarin
warfarina warfarine wegovy wellbutrin xanax xarelto xeljanz xeloda xolair xyrem yasmin zaleplon zanaflex zantac zarxio
zestril zetia zidovudine ziprasidone zocor zofran zolmitriptan zoloft zolpidem zomig zonisamide zopiclone zyloprim
zyprexa zyrtec
"""
MEDICATIONS = frozenset(_MEDICATIONS.split())
