"""The sources that rows on conditions and contacts name and no other table of the catalogue lists."""

OGL = "Open Government Licence v3.0"


def _source(title: str, author: str, year: str, place: str, url: str, licence: str = "", note: str = "") -> dict[str, str]:
    return {"title": title, "author": author, "year": year, "place": place, "url": url, "licence": licence, "note": note}


HSE = "https://digital.nhs.uk/data-and-information/publications/statistical/health-survey-for-england"
SOURCES: dict[str, dict[str, str]] = {
    "kuan_2023": _source(
        "Comorbidity networks of 308 conditions in 3.9 million people, England: share ever recorded by age and sex",
        "Kuan V et al, Lancet Digital Health 5",
        "2023",
        "node tables in repository spiros/caliber-multimorbidity-shiny (commit 230c6a9e)",
        "https://github.com/spiros/caliber-multimorbidity-shiny",
        "Apache-2.0 (repository)",
        "A period share, ever coded, of everyone registered, those who died included: too high at old ages, so only "
        "its shape is used.",
    ),
    "qof_imd_2019_20": _source(
        "GP disease registers 2019/20 modelled to neighbourhoods, by decile of deprivation",
        "House of Commons Library from NHS Digital, Quality and Outcomes Framework",
        "2021",
        "repository houseofcommonslibrary/local-health-data-from-QOF, outputs/output_imd_prevalence.csv",
        "https://github.com/houseofcommonslibrary/local-health-data-from-QOF",
        OGL,
        "Practice lists hold about 7 in 100 more people than live in England; shares of the list are used.",
    ),
    "fingertips_qof": _source(
        "Registers of diabetes (17 and over) and of dementia, England, 2018 to 2023",
        "Office for Health Improvement and Disparities",
        "2024",
        "indicators 241 and 247, stored in repository dhsc-govuk/FingertipsNext",
        "https://fingertips.phe.org.uk",
        OGL,
    ),
    "fingertips_smi": _source(
        "Register of severe mental illness, England, 2012/13 to 2023/24",
        "Office for Health Improvement and Disparities",
        "2024",
        "stored in repository The-Strategy-Unit/nhse_mh_inpat_model",
        "https://fingertips.phe.org.uk",
        OGL,
    ),
    "nhs_dementia_2018": _source(
        "Recorded dementia diagnoses, England, 2017/18",
        "NHS Digital",
        "2018",
        "one in four women aged 90 and over; 4.35 in 100 of 65 and over",
        "https://digital.nhs.uk/data-and-information/publications/statistical/recorded-dementia-diagnoses",
        OGL,
    ),
    "hse_2018_adult": _source(
        "Health Survey for England 2018: high blood pressure", "NHS Digital", "2019", "summary page", HSE, OGL
    ),
    "hse_2021_adult": _source(
        "Health Survey for England 2021, part 2: high blood pressure by deprivation",
        "NHS Digital",
        "2023",
        "summary page",
        HSE,
        OGL,
    ),
    "hse_2022_adult": _source(
        "Health Survey for England 2022, part 2: untreated high blood pressure",
        "NHS England",
        "2024",
        "summary page",
        HSE,
        OGL,
    ),
    "moody_2016": _source(
        "Social inequalities in prevalence of diagnosed and undiagnosed diabetes and impaired glucose regulation in "
        "participants in "
        "the Health Surveys for England",
        "Moody A et al, BMJ Open 6",
        "2016",
        "abstract",
        "https://doi.org/10.1136/bmjopen-2015-010155",
    ),
    "zghebi_2017": _source(
        "Type 2 diabetes: incidence, prevalence and mortality in the UK, 2004 to 2014",
        "Zghebi SS et al, Diabetes, Obesity and Metabolism 19",
        "2017",
        "abstract: hazard ratio 1.26 (1.20 to 1.32)",
        "https://research.manchester.ac.uk",
    ),
    "ons_deaths_cause": _source(
        "Deaths by cause, age, sex and decile of deprivation, England",
        "Office for National Statistics",
        "2018",
        "repository ChristK/IMPACTncd_Engl, inputs/mortality/mortality.csv, 2014-2016 pooled",
        "https://github.com/ChristK/IMPACTncd_Engl",
        OGL + " (data)",
    ),
    "impactncd_cprd": _source(
        "Ratios between conditions and to death from other causes, from GP records (CPRD Aurum)",
        "authors of IMPACTncd England",
        "2023",
        "repository ChristK/IMPACTncd_Engl, inputs/RR (commit 120860b); means over deprivation",
        "https://github.com/ChristK/IMPACTncd_Engl",
        "GPL-3 (repository); figures only",
        "Only the pairs that the authors estimated themselves; pairs taken from global burden tables are not used.",
    ),
    "payne_2020": _source(
        "Development and validation of the Cambridge Multimorbidity Score",
        "Payne RA et al, CMAJ 192",
        "2020",
        "weights of the mortality score and of the general score, as quoted in a public repository for a study of "
        "clusters of "
        "multimorbidity; abstract",
        "https://pmc.ncbi.nlm.nih.gov/articles/PMC7004217",
        "",
        "The scale of the mortality weights is not stated where they were read; taken as 100 × logarithm of the hazard "
        "ratio, which "
        "agrees with other GP records (COPD 1.53 in both). Weights for admissions and consultations alone were not read.",
    ),
    "hayes_2017": _source(
        "Mortality gap for people with bipolar disorder and schizophrenia: UK-based cohort study 2000-2014",
        "Hayes JF et al, British Journal of Psychiatry 211",
        "2017",
        "abstract",
        "https://doi.org/10.1192/bjp.bp.117.202606",
    ),
    "nhs_ld_2019": _source(
        "Health and care of people with learning disabilities 2018 to 2019: condition prevalence, mortality",
        "NHS Digital",
        "2020",
        "mortality ratio 3.99 (3.87 to 4.11) at 0 to 74; epilepsy 26 times as common",
        "https://digital.nhs.uk/data-and-information/publications/statistical/health-and-care-of-people-with-learning-disabilities",
        OGL,
    ),
    "nhs_ld_2024": _source(
        "Health and care of people with learning disabilities 2023 to 2024: autism",
        "NHS England",
        "2024",
        "autism recorded in 33.3 in 100 with and 1.2 in 100 without a learning disability",
        "https://digital.nhs.uk/data-and-information/publications/statistical/health-and-care-of-people-with-learning-disabilities",
        OGL,
    ),
    "hse_2011_pain": _source(
        "Health Survey for England 2011, chapter 9: chronic pain",
        "NHS Information Centre",
        "2012",
        "chapter text as stored",
        "https://paperzz.com/doc/8584719",
        OGL,
    ),
    "apms_2023": _source(
        "Adult Psychiatric Morbidity Survey 2023/4",
        "NHS England, NatCen",
        "2025",
        "summaries as stored",
        "https://natcen.ac.uk/publications/adult-psychiatric-morbidity-survey-202324",
        OGL,
    ),
    "apms_2007": _source(
        "Adult psychiatric morbidity in England 2007, table 12.1",
        "NHS Information Centre",
        "2009",
        "answer to a parliamentary question",
        "https://ukpol.co.uk/chris-ruane-2014-parliamentary",
        OGL,
    ),
    "mhcyp_2023": _source(
        "Mental Health of Children and Young People in England 2023, wave 4",
        "NHS England",
        "2023",
        "summary page; figures by sex from a secondary page",
        "https://digital.nhs.uk/data-and-information/publications/statistical/mental-health-of-children-and-young-people-in-england",
        OGL,
    ),
    "pryce_2017": _source(
        "Estimates of alcohol dependence in England based on APMS 2014",
        "Pryce R et al, University of Sheffield",
        "2017",
        "595,131 adults, 1.393 in 100, quoted in a summary",
        "https://www.alcoholpolicy.net/2017/04/alcohol-dependence-prevalnce-children-intentions.html",
        "",
        "Higher where people are younger, male and more deprived; sizes not read.",
    ),
    "ocu_2020": _source(
        "Estimates of opiate and crack use in England, 2016/17 to 2019/20",
        "Office for Health Improvement and Disparities, UK Health Security Agency",
        "2023",
        "341,032 people aged 15 to 64 in 2019/20",
        "https://www.gov.uk/government/publications/opiate-and-crack-cocaine-use-prevalence-estimates",
        OGL,
    ),
    "psc_2002": _source(
        "Age-specific relevance of usual blood pressure to vascular mortality",
        "Prospective Studies Collaboration, Lancet 360",
        "2002",
        "figures 3 and 5, as stored in repository ChristK/IMPACTncd_Engl",
        "https://doi.org/10.1016/S0140-6736(02)11911-8",
    ),
    "erfc_2010": _source(
        "Diabetes mellitus, fasting blood glucose concentration, and risk of vascular disease",
        "Emerging Risk Factors Collaboration, Lancet 375",
        "2010",
        "figure 2, as stored in repository ChristK/IMPACTncd_Engl",
        "https://doi.org/10.1016/S0140-6736(10)60484-9",
    ),
    "yuan_1998": _source(
        "Atrial fibrillation as a risk factor for stroke",
        "Yuan Z et al, American Journal of Public Health 88",
        "1998",
        "table 3, as stored in repository ChristK/IMPACTncd_Engl",
        "https://doi.org/10.2105/AJPH.88.3.395",
    ),
    "sullivan_2011": _source(
        "Catalogue of EQ-5D scores for the United Kingdom",
        "Sullivan PW et al, Medical Decision Making 31",
        "2011",
        "losses for 27 conditions as used in repository ChristK/IMPACTncd_Engl",
        "https://doi.org/10.1177/0272989X11401031",
        "",
        "Answers from the United States, valued by the UK tariff.",
    ),
    "hoc_cancer_2015": _source(
        "Cancer statistics: in detail",
        "House of Commons Library, SN02677",
        "2015",
        "about half of those found in 2010-11 live ten years or more; 54 in 100 five years",
        "https://commonslibrary.parliament.uk/research-briefings/sn02677",
        "Open Parliament Licence",
    ),
    "bnssg_dpm": _source(
        "Dynamic Population Model: contacts by need segment, adults, 2021/22",
        "Bristol, North Somerset and South Gloucestershire ICB",
        "2023",
        "repository nhs-bnssg-analytics/dpm, DPM-v1-Model-Inputs-S2.xlsx",
        "https://github.com/nhs-bnssg-analytics/dpm",
        "",
        "Five segments by the same score; 2.8 to 20.5 GP contacts a year.",
    ),
    "hobbs_2016": _source(
        "Clinical workload in UK primary care: a retrospective analysis of 100 million consultations in England, 2007-14",
        "Hobbs FDR et al, Lancet 387",
        "2016",
        "abstract: 5.16 consultations a year for each person in 2013/14, highest at 0 to 4 and from 85 on; by age recalled",
        "https://www.phc.ox.ac.uk/publications/617821",
    ),
    "nhs_appointments_recalled": _source(
        "Appointments in General Practice",
        "NHS England",
        "2024",
        "recalled, not read",
        "https://digital.nhs.uk/data-and-information/publications/statistical/appointments-in-general-practice",
        OGL,
    ),
}
