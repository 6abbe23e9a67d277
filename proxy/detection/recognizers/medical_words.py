"""Words of medicine, curated: conditions and medications that a person would not want told.

Everyday words (cold, stress, allergy) are left out: without a person beside them they say nothing.
"""

_CONDITIONS = """
addison disease, addison's disease, adhd, aids, alcohol use disorder, alcoholism, als, alzheimer's, alzheimer's
disease, alzheimers, amyotrophic lateral sclerosis, anaemia, anemia, aneurysm, angina, angina pectoris, anorexia,
anorexia nervosa, aortic stenosis, appendicitis, arrhythmia, arthritis, asperger's, asthma, atherosclerosis, atrial
fibrillation, autism, autism spectrum disorder, bell's palsy, bipolar, bipolar disorder, bladder cancer, borderline
personality disorder, brain cancer, brain tumor, brain tumour, breast cancer, bronchitis, bulimia, carcinoma,
cardiomyopathy, celiac disease, cerebral palsy, cervical cancer, chemotherapy, chlamydia, cholecystitis, cholera,
chronic fatigue syndrome, chronic kidney disease, chronic pain, cirrhosis, coeliac disease, colitis, colon cancer,
colorectal cancer, congestive heart failure, copd, coronary artery disease, crohn's, crohn's disease, cushing's
syndrome, cystic fibrosis, deep vein thrombosis, delirium, dementia, dengue, depression, diabetes, diabetes
mellitus, diabetic, diabetic ketoacidosis, diverticulitis, down syndrome, dyslexia, eating disorder, eczema,
embolism, emphysema, encephalitis, endocarditis, endometriosis, epilepsy, erectile dysfunction, fibromyalgia,
gastritis, gastroenteritis, gestational diabetes, glaucoma, glioblastoma, gonorrhea, gonorrhoea, gout, graves'
disease, guillain-barre syndrome, haemophilia, heart attack, heart disease, heart failure, hemophilia, hepatitis,
hepatitis a, hepatitis b, hepatitis c, hernia, herniated disc, herpes, hiv, hiv positive, hiv-positive, hodgkin
lymphoma, hodgkin's lymphoma, hpv, huntington's disease, hypercholesterolemia, hyperlipidemia, hypertension,
hyperthyroidism, hypotension, hypothyroidism, infertility, insomnia, irritable bowel syndrome, ischemic stroke,
jaundice, kidney disease, kidney failure, kidney stones, leukaemia, leukemia, liver cancer, liver disease, lung
cancer, lupus, lyme disease, lymphoma, macular degeneration, major depressive disorder, malaria, mastectomy,
measles, melanoma, meningitis, mesothelioma, metastasis, metastatic, migraine, migraines, miscarriage, multiple
myeloma, multiple sclerosis, muscular dystrophy, myasthenia gravis, myocardial infarction, myocarditis, narcolepsy,
nephritis, neuropathy, obsessive-compulsive disorder, ocd, opioid use disorder, osteoarthritis, osteoporosis,
ovarian cancer, pancreatic cancer, pancreatitis, panic disorder, paranoid schizophrenia, paraplegia, parkinson's,
parkinson's disease, pcos, pelvic inflammatory disease, pericarditis, peritonitis, pneumonia, polycystic ovary
syndrome, post-traumatic stress disorder, postpartum depression, pre-eclampsia, preeclampsia, prostate cancer,
psoriasis, psychosis, ptsd, pulmonary embolism, pulmonary fibrosis, renal failure, retinopathy, rheumatoid
arthritis, sarcoidosis, sarcoma, schizoaffective disorder, schizophrenia, sciatica, scoliosis, seizure disorder,
sepsis, shingles, sickle cell, sickle cell anemia, sickle cell disease, skin cancer, sleep apnea, sleep apnoea,
spina bifida, stomach cancer, substance abuse, suicidal ideation, syphilis, testicular cancer, thrombosis, thyroid
cancer, thyroiditis, tinnitus, tonsillitis, tourette syndrome, tourette's, tuberculosis, type 1 diabetes, type 2
diabetes, ulcerative colitis, urinary tract infection, vertigo, wilson's disease
"""
CONDITIONS = frozenset(" ".join(entry.split()) for entry in _CONDITIONS.split(","))
_MEDICATIONS = """
abilify acyclovir adderall albuterol alendronate allopurinol alprazolam amitriptyline amlodipine amoxicillin
apixaban aripiprazole atenolol ativan atomoxetine atorvastatin augmentin azathioprine azithromycin baclofen biktarvy
bisoprolol botox budesonide bupropion buprenorphine buspirone carbamazepine carvedilol cefalexin cephalexin
celecoxib cetirizine cialis ciprofloxacin citalopram clarithromycin clindamycin clonazepam clonidine clopidogrel
clozapine codeine concerta cymbalta dapagliflozin descovy desvenlafaxine dexamethasone diazepam diclofenac digoxin
diltiazem donepezil doxycycline duloxetine eliquis empagliflozin enalapril entresto escitalopram esomeprazole
eszopiclone ezetimibe famotidine fentanyl fexofenadine finasteride fluconazole fluoxetine fluticasone furosemide
gabapentin glimepiride glipizide haloperidol heparin humalog humira hydrochlorothiazide hydrocodone
hydroxychloroquine hydroxyzine ibuprofen imatinib infliximab insulin ivermectin januvia jardiance keppra klonopin
lamotrigine lantus latanoprost letrozole levetiracetam levodopa levofloxacin levothyroxine lexapro linezolid lipitor
liraglutide lisinopril lithium loratadine lorazepam losartan lyrica meloxicam memantine metformin methadone
methotrexate methylphenidate metoclopramide metoprolol metronidazole mirtazapine modafinil montelukast morphine
mounjaro naloxone naltrexone naproxen nortriptyline olanzapine omeprazole ondansetron oseltamivir oxycodone
oxycontin ozempic pantoprazole paroxetine paxlovid penicillin percocet phenobarbital phenytoin pioglitazone
pravastatin prednisolone prednisone pregabalin propranolol prozac quetiapine ramipril ranitidine remdesivir
risperidone ritalin rivaroxaban rosuvastatin salbutamol semaglutide seroquel sertraline sildenafil simvastatin
sitagliptin spironolactone suboxone sulfasalazine sumatriptan symbicort tacrolimus tadalafil tamoxifen tamsulosin
temazepam tenofovir tirzepatide topiramate tramadol trastuzumab trazodone truvada valacyclovir valium valproate
valsartan vancomycin venlafaxine verapamil viagra vicodin vyvanse warfarin wegovy wellbutrin xanax xarelto
zidovudine zoloft zolpidem zyprexa
"""
MEDICATIONS = frozenset(_MEDICATIONS.split())
