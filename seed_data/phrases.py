"""The words of the demonstration world: what people write about each theme, in several languages. All of it is invented."""

THEMES: dict[str, dict[str, object]] = {
    "marking": {
        "need": ["Marking machines for weapons held by the police", "Import marking of newly bought service weapons"],
        "why": "Serial numbers alone do not tell which country a weapon was delivered to; {n} service weapons carry no import mark.",
        "do": "Two mobile marking teams with laser machines would visit every armoury within eighteen months and enter each weapon in the central register.",
        "programme": {
            "en": "Marking of State-held small arms in {c}",
            "fr": "Marquage des armes légères de l’État : {c}",
            "es": "Marcaje de armas pequeñas del Estado: {c}",
            "ar": "وسم الأسلحة الصغيرة المملوكة للدولة: {c}",
            "ru": "Маркировка стрелкового оружия: {c}",
            "zh": "{c}小武器标识项目",
        },
        "result": "Weapons marked",
    },
    "record_keeping": {
        "need": [
            "One electronic register for all weapons of the security forces",
            "Digital licensing register for civilian firearms",
        ],
        "why": "Records are kept on paper in {n} places and cannot be searched within the time that a tracing request allows.",
        "do": "A register with secure backup, data entry for two years of arrears and training of the officers who keep it.",
        "programme": {
            "en": "Electronic weapons register for {c}",
            "fr": "Registre électronique des armes légères : {c}",
            "es": "Registro electrónico de armas pequeñas: {c}",
        },
        "result": "Records entered and checked",
    },
    "tracing": {
        "need": ["Training of investigators in tracing of firearms", "A tracing desk at the national point of contact"],
        "why": "Of the firearms recovered last year, only {n} were ever traced; officers do not know how to word a request.",
        "do": "Three courses of two weeks with case work, a handbook and standard forms, and a link to international channels.",
        "programme": {
            "en": "Tracing of illicit firearms: training in {c}",
            "fr": "Traçage des armes à feu illicites : formation, {c}",
            "es": "Rastreo de armas de fuego ilícitas: capacitación en {c}",
            "zh": "{c}枪支追查培训",
        },
        "result": "Investigators trained in tracing",
    },
    "stockpile_mgmt": {
        "need": [
            "Stockpile management training for armed forces and police",
            "Inventory of the national weapons stockpile",
        ],
        "why": "The last full count is more than ten years old and {n} storage sites have no standing orders.",
        "do": "A first count of all sites, standing orders in line with international guidelines and a school for store-keepers.",
        "programme": {
            "en": "Stockpile management of small arms and ammunition in {c}",
            "fr": "Gestion des stocks d’armes légères et de munitions : {c}",
            "es": "Gestión de arsenales de armas pequeñas: {c}",
            "ru": "Управление запасами стрелкового оружия: {c}",
            "ar": "إدارة مخزونات الأسلحة الصغيرة: {c}",
        },
        "result": "Storage sites brought to standard",
    },
    "physical_security": {
        "need": ["Refurbishment of armouries in border provinces", "Secure weapons containers for remote police posts"],
        "why": "Weapons of {n} posts are kept in wooden cupboards; two thefts were reported last year.",
        "do": "Racks, locks, doors, lighting and fences for the posts most at risk, after a survey of all of them.",
        "programme": {
            "en": "Refurbishment of police armouries in {c}",
            "fr": "Réhabilitation des armureries de la police : {c}",
            "es": "Rehabilitación de armerías policiales: {c}",
        },
        "result": "Armouries refurbished",
    },
    "destruction": {
        "need": ["Destruction of seized and surplus small arms", "Cutting machines for the destruction of weapons"],
        "why": "Courts have released {n} seized weapons for destruction, but there is no means to destroy them safely.",
        "do": "Hydraulic shears, transport under guard, public destruction events and certificates for every weapon.",
        "programme": {
            "en": "Destruction of confiscated small arms in {c}",
            "fr": "Destruction d’armes légères confisquées : {c}",
            "es": "Destrucción de armas pequeñas incautadas: {c}",
            "ru": "Уничтожение изъятого стрелкового оружия: {c}",
        },
        "result": "Weapons destroyed",
    },
    "surplus_disposal": {
        "need": [
            "Identification and disposal of surplus weapons",
            "Technical survey of obsolete weapons and ammunition",
        ],
        "why": "An estimated {n} weapons are obsolete and cost money to guard every year.",
        "do": "A survey with clear criteria, a decision by the ministry on each type, and disposal, preferably by destruction.",
        "programme": {"en": "Surplus weapons disposal in {c}", "fr": "Élimination des armes excédentaires : {c}"},
        "result": "Surplus weapons disposed of",
    },
    "legislation": {
        "need": ["Review of the firearms law", "Drafting of regulations on civilian possession and import"],
        "why": "The law in force is {n} years old and does not cover marking, brokering or transit.",
        "do": "A gap analysis against the instruments the State has joined, drafting with the ministry of justice and hearings.",
        "programme": {
            "en": "Support to firearms legislation in {c}",
            "fr": "Appui à la législation sur les armes à feu : {c}",
            "es": "Apoyo a la legislación sobre armas de fuego: {c}",
        },
        "result": "Bills and regulations drafted",
    },
    "brokering": {
        "need": ["Controls on arms brokering: law, register and licensing", "Advice on regulating arms brokers"],
        "why": "Nobody knows how many of the {n} licensed dealers also broker deals between other countries.",
        "do": "Model provisions adapted to national law, a register of brokers and training of licensing officers.",
        "programme": {"en": "Regulation of arms brokering in {c}", "fr": "Réglementation du courtage d’armes : {c}"},
        "result": "Licensing officers trained",
    },
    "transfer_controls": {
        "need": [
            "Export and transit control system for conventional arms",
            "Training of licensing officers in risk assessment",
        ],
        "why": "Some {n} transit shipments a year are waved through without an assessment of the risk of diversion.",
        "do": "A control list, an inter-ministerial committee with written criteria, and an electronic licence system.",
        "programme": {
            "en": "Arms transfer controls in {c}",
            "fr": "Contrôle des transferts d’armes : {c}",
            "es": "Control de transferencias de armas: {c}",
            "zh": "{c}武器转让管制",
        },
        "result": "Licence applications assessed with written criteria",
    },
    "end_user": {
        "need": ["Authentication of end-user certificates", "Delivery verification for imported arms"],
        "why": "Certificates are issued by {n} different offices on plain paper and have been forged.",
        "do": "One issuing office, secure paper and seals, a check-back procedure with exporting States.",
        "programme": {
            "en": "End-user certificate authentication in {c}",
            "fr": "Authentification des certificats d’utilisateur final : {c}",
        },
        "result": "Certificates issued by one office",
    },
    "border_control": {
        "need": ["Joint border teams against arms smuggling", "Detection equipment for land border posts"],
        "why": "Only {n} of the crossing points have scanners, and patrols on both sides do not share information.",
        "do": "Equipment for the busiest posts, joint patrols with the neighbouring State and a shared log of seizures.",
        "programme": {
            "en": "Border control against arms smuggling in {c}",
            "fr": "Contrôle des frontières et lutte contre la contrebande d’armes : {c}",
            "es": "Control fronterizo contra el contrabando de armas: {c}",
            "ru": "Пограничный контроль и борьба с контрабандой оружия: {c}",
        },
        "result": "Border officers trained",
    },
    "ddr": {
        "need": [
            "Weapons management within the DDR programme",
            "Reintegration of former combatants and disposal of their weapons",
        ],
        "why": "About {n} former combatants have handed in weapons that nobody has recorded.",
        "do": "Weapons handling teams at each site, records from the first day, and community projects that employ those who disarmed.",
        "programme": {
            "en": "Weapons management in DDR, {c}",
            "fr": "Gestion des armes dans le DDR, {c}",
            "ar": "نزع السلاح والتسريح وإعادة الإدماج: {c}",
        },
        "result": "Former combatants disarmed",
    },
    "collection": {
        "need": ["Voluntary weapons collection with community projects", "Amnesty campaign for unregistered firearms"],
        "why": "A household survey suggests {n} unregistered firearms in three provinces.",
        "do": "An amnesty of six months, safe hand-in points, destruction in public and small projects chosen by the communities.",
        "programme": {
            "en": "Voluntary weapons collection in {c}",
            "fr": "Collecte volontaire d’armes : {c}",
            "es": "Entrega voluntaria de armas: {c}",
            "ar": "الجمع الطوعي للأسلحة: {c}",
            "zh": "{c}自愿收缴武器",
        },
        "result": "Weapons collected",
    },
    "ammunition": {
        "need": [
            "Safe storage of ammunition near populated areas",
            "Ammunition technicians’ training and inspection kit",
        ],
        "why": "A depot with some {n} tonnes of ageing ammunition stands within two kilometres of houses.",
        "do": "An inspection, separation of what is unstable, new storage to international guidelines and trained technicians.",
        "programme": {
            "en": "Ammunition storage safety in {c}",
            "fr": "Sécurité du stockage des munitions : {c}",
            "ru": "Безопасное хранение боеприпасов: {c}",
            "es": "Seguridad del almacenamiento de municiones: {c}",
        },
        "result": "Tonnes of unsafe ammunition destroyed",
    },
    "awareness": {
        "need": ["Public awareness of the danger of illicit small arms", "School programme for a culture of peace"],
        "why": "In {n} districts armed violence is named first among worries, yet the amnesty law is unknown.",
        "do": "Radio in local languages, meetings led by women and youth groups, and material for teachers.",
        "programme": {
            "en": "Awareness of small arms and armed violence in {c}",
            "fr": "Sensibilisation aux armes légères : {c}",
        },
        "result": "People reached by the campaign",
    },
    "gender": {
        "need": ["Women in small-arms control: training and participation", "Data on firearms in domestic violence"],
        "why": "Only {n} of the officers in arms control are women, and data are not kept by sex and age.",
        "do": "Training and mentoring of women officers, and forms that record sex and age, with an unknown where they are not known.",
        "programme": {
            "en": "Women and youth in small arms control, {c}",
            "fr": "Femmes et jeunes dans le contrôle des armes légères, {c}",
        },
        "result": "Women officers trained",
    },
    "data_research": {
        "need": [
            "National survey on small arms and armed violence",
            "Armed violence observatory with hospital and police data",
        ],
        "why": "The only survey is more than a decade old; {n} hospitals keep records that nobody adds up.",
        "do": "A household survey, a common form for hospitals and police, and yearly figures by sex and age.",
        "programme": {
            "en": "Survey of small arms and armed violence in {c}",
            "fr": "Enquête nationale sur les armes légères : {c}",
            "es": "Observatorio de violencia armada y armas pequeñas: {c}",
        },
        "result": "Hospitals and police stations reporting",
    },
    "national_commission": {
        "need": ["Support to the national commission on small arms", "A costed national action plan on small arms"],
        "why": "The commission has {n} staff, no travel budget and no plan with costs.",
        "do": "A costed plan of five years with targets, a yearly review, and an office that can convene the ministries.",
        "programme": {
            "en": "National commission on small arms: support in {c}",
            "fr": "Appui à la commission nationale sur les armes légères : {c}",
            "ar": "دعم اللجنة الوطنية المعنية بالأسلحة الصغيرة: {c}",
        },
        "result": "Targets of the action plan reached",
    },
    "law_enforcement": {
        "need": [
            "Investigation and prosecution of firearms trafficking",
            "Joint training of police, customs and prosecutors",
        ],
        "why": "Of {n} seizures last year, few led to a case in court, because evidence was not secured.",
        "do": "Joint courses with mock cases, evidence kits and a network of contacts in neighbouring States.",
        "programme": {
            "en": "Action against firearms trafficking in {c}",
            "fr": "Lutte contre le trafic d’armes à feu : {c}",
            "es": "Lucha contra el tráfico de armas de fuego: {c}",
        },
        "result": "Cases brought to court",
    },
}

OFFERS = [
    "Small grants for {themes}",
    "Expert missions on {themes}",
    "Training partnership: {themes}",
    "Multi-year support to {themes}",
    "Equipment and training for {themes}",
    "Quick-response funds for {themes}",
    "Regional programme on {themes}",
]

ORGANISATIONS = [
    # name, kind (IATI OrganisationType), role in the demonstration, State of its seat
    ("Meridian Fund for Arms Control", "15", "donor", None),
    ("Littoral Development Agency", "10", "donor", None),
    ("Northern Lights Foundation for Peace", "60", "donor", None),
    ("Concordia Cooperation Ministry", "10", "donor", None),
    ("Harbour States Trust Facility", "40", "donor", None),
    ("Alpine Security Assistance", "10", "donor", None),
    ("Isthmus Peace Fund", "15", "donor", None),
    ("Eastern Rivers Cooperation", "10", "donor", None),
    ("Evergreen Philanthropy", "60", "donor", None),
    ("Delta Regional Bank for Security", "40", "donor", None),
    ("Clear Ground Technical Centre", "21", "agency", "KEN"),
    ("Safe Stores International", "21", "agency", "GHA"),
    ("Institute for Tracing Studies", "80", "agency", "SEN"),
    ("Plumb Line Advisory Service", "21", "agency", "JOR"),
    ("Blue Helmet Alumni for Disarmament", "22", "agency", "NPL"),
    ("Women’s Network on Armed Violence", "22", "agency", "COL"),
    ("Regional Centre on Light Weapons, West", "40", "agency", "TGO"),
    ("Regional Centre on Light Weapons, East", "40", "agency", "RWA"),
    ("Regional Centre on Light Weapons, Americas", "40", "agency", "PER"),
    ("Borderlands Research Group", "80", "agency", "TUN"),
    ("Youth without Guns", "22", "agency", "SLV"),
    ("Ordnance Safety Trust", "21", "agency", "MDA"),
    ("Register and Record Systems", "70", "agency", "EST"),
    ("Legal Aid for Arms Control", "21", "agency", "CRI"),
    ("Island Customs Academy", "80", "agency", "JAM"),
    ("Pacific Community Policing Forum", "23", "agency", "FJI"),
    ("Steppe Demilitarization Company", "70", "agency", "KAZ"),
    ("Sahel Community Dialogue", "22", "agency", "MLI"),
    ("Archive of Small Arms Data", "80", "agency", "CHE"),
    ("Mediators’ Guild", "22", "agency", "LBN"),
]
"""Invented bodies: none of them exists."""

STATES = "KEN GHA SEN MLI NER BFA NGA SLE LBR CIV GIN TGO BEN CMR COD COG CAF TCD ETH UGA TZA RWA BDI MOZ MWI ZMB SOM SSD HTI JAM HND SLV GTM COL PER NPL PHL TLS FJI MDA".split()
FRENCH = set("SEN MLI NER BFA CIV GIN TGO BEN CMR COG CAF TCD BDI HTI".split())
SPANISH = set("HND SLV GTM COL PER".split())
