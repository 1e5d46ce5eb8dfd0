"""Encodings of tables are found out where two judgements agree, asked where they do not, and never wrong in silence."""

import random
from pathlib import Path

import pytest

from registry.catalogue.encodings import LANGUAGES_OF, detect
from registry.catalogue.tabular import EncodingNotCertain, read_rows

TITLES = {
    "fr": "Contrôle des armes légères;Équipement de marquage à la frontière;Réinsertion;Sécurité des dépôts;Sénégal",
    "es": "Control de armas pequeñas;Marcación y localización;Recolección voluntaria;Panamá;Año de inicio;Capacitación",
    "pt": "Reforço das instituições;Destruição de munições;São Tomé;Moçambique;Formação de agentes",
    "de": "Munitionsräumung für Südsudan;Ausrüstung;Überprüfung der Bestände;Schließung von Lücken;Maßnahmen",
    "pl": "Szkolenie straży granicznej;Zniszczenie zapasów amunicji;Żołnierze;Środki łączności;Ochrona składów",
    "cs": "Kontrola ručních zbraní;Školení pohraniční stráže;Zničení zásob střeliva;Úřad vlády;Žadatel;Příjemce",
    "hu": "Kézifegyverek ellenőrzése;Határőrök képzése;Lőszerkészletek megsemmisítése;Külügyminisztérium;Időszak",
    "ro": "Controlul armelor uşoare;Instruirea poliţiei;Distrugerea muniţiei;Înregistrare;România;Finanţare",
    "hr": "Nadzor lakog oružja;Obuka granične policije;Uništavanje streljiva;Županija;Ćuprija;Đakovo",
    "tr": "Hafif silahların kontrolü;Sınır muhafızlarının eğitimi;İşaretleme makineleri;Güvenlik güçleri;Şanlıurfa",
    "ru": "Контроль над стрелковым оружием;Обучение пограничников;Маркировка оружия;Уничтожение боеприпасов;Тува",
    "uk": "Контроль над зброєю;Навчання прикордонників;Знищення боєприпасів;Україна;Міністерство",
    "ar": "مراقبة الأسلحة الصغيرة;تدريب حرس الحدود;وسم الأسلحة;تدمير الذخيرة;وزارة الخارجية;السودان",
    "zh": "小武器管制;边防人员培训;武器标识;销毁弹药;外交部;苏丹;能力建设;库存管理",
    "zh_Hant": "小武器管制;邊防人員培訓;武器標識;銷毀彈藥;外交部;蘇丹;能力建設;庫存管理",
}
ENCODINGS = {
    "fr": "cp1252 iso8859-15 mac-roman cp850", "es": "cp1252 iso8859-15 mac-roman cp850", "pt": "cp1252 mac-roman",
    "de": "cp1252 cp850", "pl": "cp1250 iso8859-2 cp852", "cs": "cp1250 iso8859-2 cp852", "hu": "cp1250 iso8859-2",
    "ro": "cp1250 iso8859-2", "hr": "cp1250", "tr": "cp1254 iso8859-9 cp857",
    "ru": "cp1251 koi8-r iso8859-5 cp866 mac-cyrillic", "uk": "cp1251 koi8-u", "ar": "cp1256 iso8859-6",
    "zh": "gb18030", "zh_Hant": "big5",
}  # fmt: skip
FOREIGN = {
    "cp1253": "Έλεγχος φορητών όπλων;Εκπαίδευση συνοριοφυλάκων", "cp1255": "בקרת נשק קל;הכשרת משמר הגבול",
    "shift_jis": "小型武器の規制;国境警備隊の訓練", "euc_jp": "小型武器の規制;国境警備隊の訓練",
    "euc_kr": "소형무기 통제;국경 경비대 훈련;탄약 폐기", "cp874": "ควบคุมอาวุธขนาดเล็ก;ฝึกอบรม",
}  # fmt: skip
"""Languages that no encoding looked for is made for"""


def table(titles: str, rows: int, seed: str) -> str:
    chosen = random.Random(seed)
    items = titles.split(";")
    lines = [f"{n};{chosen.choice(items)};{chosen.choice(items)};{n}000;USD" for n in range(rows)]
    return "\r\n".join(["reference;title;description;amount_1;currency_1", *lines, ""])


def test_nothing_is_taken_wrongly_and_at_most_a_tenth_is_asked(tmp_path: Path) -> None:
    cases = [
        (language, encoding, rows)
        for language, names in ENCODINGS.items()
        for encoding in names.split()
        for rows in (3, 30)
    ]
    assert len(cases) >= 60
    asked, wrong, not_offered = [], [], []
    for language, encoding, rows in cases:
        text = table(TITLES[language], rows, f"{language} {rows}")
        path = tmp_path / "table.csv"
        path.write_bytes(text.encode(encoding))
        found = detect(path)
        if found.encoding is None:
            asked.append((language, encoding, rows))
            if all(path.read_bytes().decode(r.encoding) != text for r in found.readings):
                not_offered.append((language, encoding, rows))
        elif path.read_bytes().decode(found.encoding) != text:
            wrong.append((language, encoding, rows, found.encoding))
    assert (wrong, not_offered) == ([], [])
    assert len(asked) <= len(cases) / 10, asked


@pytest.mark.parametrize("encoding", FOREIGN)
def test_a_language_that_is_not_looked_for_is_asked_about(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "table.csv"
    for rows in (3, 30):
        path.write_bytes(table(FOREIGN[encoding], rows, encoding).encode(encoding))
        assert detect(path).encoding is None


def test_the_only_accents_may_stand_far_down(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    text = table("Arms control;Marking", 30_000, "far") + table(TITLES["pl"], 3, "far")
    path.write_bytes(text.encode("cp1250"))
    found = detect(path)
    assert found.encoding and path.read_bytes().decode(found.encoding) == text


def test_one_stray_byte_in_a_utf8_file_is_asked_about_and_named(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes("id,title\n1,Dépôt\n".encode() + b"2,Depot\xa0two\n" + "3,Réserve\n".encode())
    with pytest.raises(EncodingNotCertain) as caught:
        read_rows(path, "csv")
    assert "Line 3" in caught.value.fields["encoding"][0]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_unicode_is_told_by_its_bytes(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "table.csv"
    text = table(TITLES["ar"], 3, "unicode")
    path.write_bytes(text.encode(encoding))
    assert "".join(",".join(row.values.values()) for row in read_rows(path, "csv")).startswith("0,")
    assert detect(path).encoding == encoding


def test_a_person_chooses_among_the_readings_and_is_then_believed(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes("title\nŽalec\n".encode("cp1250"))
    with pytest.raises(EncodingNotCertain) as caught:
        read_rows(path, "csv")
    readings = dict(caught.value.readings)
    assert readings["cp1250"] == ["Žalec"]
    chosen = read_rows(path, "csv", "windows-1250")
    assert [row.values for row in chosen] == [{"title": "Žalec"}]
    assert chosen.read_as == {"format": "csv", "encoding": "cp1250", "delimiter": ","}


def test_every_encoding_that_is_looked_for_is_one_that_python_knows() -> None:
    assert all("a".encode(name) for name in LANGUAGES_OF)
