"""Ways in which the name of a listed party is written elsewhere, each made by a rule from the list itself. Pure.

Every rule takes (seeded chance, document of a listed party) and returns the variant, or None where it does not apply.
docs/evaluation.md says the rules in words.
"""

import re
import unicodedata
from collections.abc import Callable
from random import Random
from typing import Any

Document = dict[str, Any]
Rule = Callable[[Random, Document], str | None]
_BRACKETS = re.compile(r"\([^)]*\)|\[[^]]*\]")
_PARTICLES = frozenset(
    """al el bin ben ibn abd abdul abdel abdal abdur abu abou abi ould de von of the and ul ur ud din allah""".split()
)
KOREA = "Democratic People's Republic of Korea"


def plain(document: Document) -> list[str]:
    """The words of the main name, in title case, without what stands in brackets."""
    return [word.strip(",;") for word in _BRACKETS.sub(" ", document["name"]).title().split() if word.strip(",;")]


def _person(document: Document, least: int) -> list[str] | None:
    found = plain(document)
    return found if document["kind"] == "person" and len(found) >= least else None


def _entity(document: Document, least: int = 2) -> list[str] | None:
    found = plain(document)
    return found if document["kind"] == "entity" and len(found) >= least else None


def _middle(words: list[str]) -> list[int]:
    """Places of middle names that can be left out: no particle, none after one, so that no name is torn apart."""
    return [
        i for i in range(1, len(words) - 1)
        if not {words[i].lower(), words[i - 1].lower()} & _PARTICLES and len(words[i]) > 2
    ]  # fmt: skip


def surname_first(_chance: Random, document: Document) -> str | None:
    """“Last, First Middle”."""
    words = _person(document, 2)
    return f"{words[-1]}, {' '.join(words[:-1])}" if words else None


def other_order(_chance: Random, document: Document) -> str | None:
    """The words backwards, where none belongs to the next."""
    words = plain(document)
    if len(words) < 2 or {word.lower() for word in words} & _PARTICLES:
        return None
    return " ".join(reversed(words))


def no_middle(chance: Random, document: Document) -> str | None:
    """One middle name or patronymic left out."""
    words = _person(document, 3)
    places = _middle(words) if words and KOREA not in document.get("nationalities", ()) else []
    if not words or not places:
        return None
    drop = chance.choice(places)
    return " ".join(words[:drop] + words[drop + 1 :])


def middle_initial(chance: Random, document: Document) -> str | None:
    """One middle name or patronymic as its initial."""
    words = _person(document, 3)
    places = _middle(words) if words and KOREA not in document.get("nationalities", ()) else []
    if not words or not places:
        return None
    short = chance.choice(places)
    return " ".join([*words[:short], f"{words[short][0]}.", *words[short + 1 :]])


def letter_missing(chance: Random, document: Document) -> str | None:
    """One letter left out of a word of six letters or more."""
    return _damaged(chance, document, lambda word, at: word[:at] + word[at + 1 :])


def letters_swapped(chance: Random, document: Document) -> str | None:
    """Two neighbouring letters of a word of six letters or more change places."""
    return _damaged(chance, document, lambda word, at: word[:at] + word[at + 1] + word[at] + word[at + 2 :])


def _damaged(chance: Random, document: Document, harm: Callable[[str, int], str]) -> str | None:
    words = plain(document)
    long = [i for i, word in enumerate(words) if len(word) > 5 and word.isalpha()]
    if len(words) < 2 or not long:
        return None
    which = chance.choice(long)
    word = words[which]
    for _ in range(20):
        harmed = harm(word, chance.randrange(1, len(word) - 2))
        if harmed != word:
            words[which] = harmed
            return " ".join(words)
    return None


def run_together(chance: Random, document: Document) -> str | None:
    """Two neighbouring words written as one."""
    words = plain(document)
    if len(words) < 2:
        return None
    at = chance.randrange(len(words) - 1)
    return " ".join([*words[:at], words[at] + words[at + 1].lower(), *words[at + 2 :]])


def accents(chance: Random, document: Document) -> str | None:
    """Accents and macrons on half of the vowels."""
    marks = {"a": "āáâ", "e": "éèê", "i": "īíî", "o": "ōóô", "u": "ūúû"}
    words = plain(document)
    written = "".join(
        chance.choice(marks[c]) if c in marks and chance.random() < 0.5 else c for c in " ".join(words)
    )  # fmt: skip
    return written if len(words) > 1 and written != " ".join(words) else None


def titled(chance: Random, document: Document) -> str | None:
    """A title before the name."""
    words = _person(document, 2)
    title = chance.choice(["Dr.", "Mr.", "Sheikh", "Haji", "General", "Mullah", "Col."])
    return f"{title} {' '.join(words)}" if words else None


def acronym(_chance: Random, document: Document) -> str | None:
    """The first letters of an entity's words in brackets behind its name."""
    words = _entity(document)
    if not words:
        return None
    letters = "".join(word[0] for word in words if word.lower() not in _PARTICLES | {"for", "in"}).upper()
    return f"{' '.join(words)} ({letters})" if len(letters) > 1 else None


def so_called(_chance: Random, document: Document) -> str | None:
    """“The so-called …”."""
    words = _entity(document)
    return f"the so-called “{' '.join(words)}”" if words else None


SHORT = (
    ("company", "Co."), ("limited", "Ltd."), ("corporation", "Corp."), ("industries", "Ind."), ("industrial", "Ind."),
    ("organization", "Org."), ("organisation", "Org."), ("international", "Int'l"), ("group", "Grp."),
    ("general", "Gen."), ("development", "Dev."), ("technology", "Tech."), ("and", "&"), ("department", "Dept."),
    ("association", "Assoc."), ("foundation", "Fdn."), ("committee", "Cttee"), ("trading", "Trdg."),
    ("national", "Nat'l"), ("manufacturing", "Mfg."), ("services", "Svcs."), ("engineering", "Eng."),
)  # fmt: skip


def shortened(_chance: Random, document: Document) -> str | None:
    """Legal forms and words of trade in their short forms."""
    words = _entity(document)
    if not words:
        return None
    short = dict(SHORT)
    changed = [short.get(word.lower(), word) for word in words]
    return " ".join(changed) if changed != words else None


FORMS = ("Ltd", "LLC", "S.A.R.L.", "GmbH", "ООО", "شركة", "ش.م.م", "ذ.م.م", "有限公司", "JSC", "S.A.", "Company")


def other_form(chance: Random, document: Document) -> str | None:
    """Another legal form in place of its own, or one added; of any of six languages."""
    words = _entity(document)
    if not words:
        return None
    kept = [word for word in words if word.lower().strip(".") not in {"ltd", "limited", "co", "company", "llc"}]
    form = chance.choice(FORMS)
    return (f"{form} {' '.join(kept)}" if form in ("ООО", "شركة") else f"{' '.join(kept)} {form}") if kept else None


FRENCH = (
    (r"\bal-", "El "), ("sh", "ch"), ("oo", "ou"), ("u", "ou"), ("ee", "i"), ("j", "dj"), ("w", "ou"), ("q", "k"),
    ("dh", "d"), ("ah\b", "a"), ("oou", "ou"), ("ouou", "ou"),
)  # fmt: skip
ENGLISH = (
    (r"\bal-", "Al "), ("ou", "oo"), ("q", "k"), ("dj", "j"), ("dh", "z"), ("y", "i"), ("ei", "ai"), (r"iy+ah", "ia"),
    ("aa", "a"), ("mm", "m"), ("ss", "s"), (r"i\b", "ee"), ("kh", "k"),
)  # fmt: skip


def _respelt(document: Document, table: tuple[tuple[str, str], ...]) -> str | None:
    if not re.search("[\u0600-\u06ff]", document.get("original_name", "")):
        return None
    name = before = " ".join(plain(document))
    if len(name.split()) < 2:
        return None
    for pattern, instead in table:
        name = re.sub(pattern, instead, name, flags=re.IGNORECASE)
    return name if name != before else None


def arabic_french(_chance: Random, document: Document) -> str | None:
    """An Arabic name in Latin letters, spelt as in French."""
    return _respelt(document, FRENCH)


def arabic_english(_chance: Random, document: Document) -> str | None:
    """An Arabic name in Latin letters, spelt as newspapers in English do."""
    return _respelt(document, ENGLISH)


def arabic_letters(_chance: Random, document: Document) -> str | None:
    """The name in Arabic letters that the list gives, without hamza and with the other ya and ta: list as it is."""
    name = _arabic(document)
    changed = name and name.translate(str.maketrans("أإآةىي", "اااهيى"))
    return changed if changed != name else None


def arabic_unlisted(_chance: Random, document: Document) -> str | None:
    """The name in Arabic letters, against a list that gives names in Latin letters alone."""
    return _arabic(document) if document["kind"] == "person" else None


def _arabic(document: Document) -> str | None:
    name = " ".join(document.get("original_name", "").split())
    return name if re.fullmatch("[\u0600-\u06ff\\s]+", name) and len(name.split()) > 1 else None


CYRILLIC = (
    ("shch", "щ"), ("sh", "ш"), ("ch", "ч"), ("zh", "ж"), ("kh", "х"), ("gh", "г"), ("dh", "д"), ("th", "т"),
    ("ph", "ф"), ("ck", "к"), ("ts", "ц"), ("ya", "я"), ("yu", "ю"), ("ye", "е"), ("ou", "у"), ("oo", "у"),
    ("ee", "и"), ("ay", "ай"), ("ey", "ей"), *zip("abcdefghijklmnopqrstuvwxyz", (
        "а", "б", "к", "д", "е", "ф", "г", "х", "и", "дж", "к", "л", "м", "н", "о", "п", "к", "р", "с", "т", "у", "в",
        "в", "кс", "и", "з"), strict=True),
)  # fmt: skip
GREEK = (
    ("sh", "σ"), ("ch", "τσ"), ("kh", "χ"), ("gh", "γ"), ("dh", "ντ"), ("th", "θ"), ("ph", "φ"), ("ou", "ου"),
    ("oo", "ου"), ("ee", "ι"), *zip("abcdefghijklmnopqrstuvwxyz", (
        "α", "μπ", "κ", "ντ", "ε", "φ", "γκ", "χ", "ι", "τζ", "κ", "λ", "μ", "ν", "ο", "π", "κ", "ρ", "σ", "τ", "ου",
        "β", "ου", "ξ", "ι", "ζ"), strict=True),
)  # fmt: skip


def _written(name: str, table: tuple[tuple[str, str], ...]) -> str:
    letters = dict(table)
    pattern = re.compile("|".join(sorted(map(re.escape, letters), key=len, reverse=True)))
    bare = "".join(c for c in unicodedata.normalize("NFKD", name.lower()) if not unicodedata.combining(c))
    return pattern.sub(lambda found: letters[found[0]], re.sub(r"[^a-z \-]", "", bare)).title()


def _of_person(document: Document, table: tuple[tuple[str, str], ...]) -> str | None:
    words = _person(document, 2)
    return _written(" ".join(words), table) if words else None


def cyrillic(_chance: Random, document: Document) -> str | None:
    """A person's name in Cyrillic letters by the table of practical transcription."""
    return _of_person(document, CYRILLIC)


def greek(_chance: Random, document: Document) -> str | None:
    """A person's name in Greek letters by a table."""
    return _of_person(document, GREEK)


_ROWS = {
    "": "阿埃伊奥乌", "b": "巴贝比博布", "p": "帕佩皮波普", "d": "达德迪多杜", "t": "塔特蒂托图", "g": "加格吉戈古",
    "k": "卡克基科库", "v": "瓦韦维沃武", "w": "瓦韦维沃武", "f": "法费菲福富", "z": "扎泽齐佐祖", "s": "萨塞西索苏",
    "sh": "沙谢希绍舒", "j": "贾杰吉乔朱", "ch": "查切奇乔丘", "h": "哈赫希霍胡", "m": "马梅米莫穆", "n": "纳内尼诺努",
    "l": "拉莱利洛卢", "r": "拉雷里罗鲁", "y": "亚耶伊约尤",
}  # fmt: skip
_ALONE = {
    "b": "布", "p": "普", "d": "德", "t": "特", "g": "格", "k": "克", "v": "夫", "w": "乌", "f": "夫", "z": "兹",
    "s": "斯", "sh": "什", "j": "季", "ch": "奇", "h": "赫", "m": "姆", "n": "恩", "l": "勒", "r": "尔", "y": "伊",
}  # fmt: skip
_SYLLABLE = re.compile("(sh|ch|kh|gh|dh|th|ph|[bcdfghjklmnpqrstvwxyz]?)([aeiou]+)|(sh|ch|kh|gh|dh|th|ph|[a-z])")
_AS = {"kh": "h", "gh": "g", "dh": "d", "th": "t", "ph": "f", "q": "k", "c": "k", "x": "k"}


def han(_chance: Random, document: Document) -> str | None:
    """A person's name in Chinese characters, syllable by syllable by a table like that of the news agency Xinhua."""
    words = (
        _person(document, 2) if KOREA not in document.get("nationalities", ()) else None
    )  # those have own characters
    if not words or re.search("[^a-z '’‘`\\-]", " ".join(words).lower()):
        return None
    found = []
    for word in re.sub("['’‘`]", "", " ".join(words).lower()).replace("-", " ").split():
        written = ""
        for onset, vowels, alone in _SYLLABLE.findall(re.sub(r"(.)\1+", r"\1", word)):
            if vowels:
                row = _ROWS[_AS.get(onset, onset)]
                written += row["aeiou".index(vowels[0])]
            else:
                written += _ALONE[_AS.get(alone, alone)]
        found.append(written)
    return "·".join(found)


_ONSETS = {"k": 0, "g": 0, "n": 2, "t": 3, "d": 3, "r": 5, "l": 5, "m": 6, "p": 7, "b": 7, "s": 9, "ss": 10, "": 11,
           "sh": 9, "j": 12, "ch": 12, "h": 18}  # fmt: skip
_VOWELS = {"a": 0, "ae": 1, "ya": 2, "o": 4, "e": 5, "yo": 6, "ye": 7, "O": 8, "wa": 9, "wae": 10, "oe": 11, "YO": 12,
           "u": 13, "wo": 14, "we": 15, "wi": 16, "yu": 17, "eu": 18, "ui": 19, "i": 20}  # fmt: skip
_CODAS = {"": 0, "k": 1, "n": 4, "t": 7, "l": 8, "m": 16, "p": 17, "ng": 21, "s": 19}


def hangul(_chance: Random, document: Document) -> str | None:
    """A Korean name in Hangul, syllable by syllable; an o in a closed syllable is taken for ŏ, as most are."""
    if KOREA not in document.get("nationalities", ()):
        return None
    written = ""
    for syllable in re.split(r"[\s\-]+", " ".join(plain(document)).lower()):
        parts = re.fullmatch("(ch|ss|sh|[kgntdrlmpbsjh]?)([aeiouyw]+)(ng|[kntlmps]?)", syllable)
        if not parts:
            return None
        onset, vowel, coda = parts.groups()
        vowel = {"o": "O", "yo": "YO"}.get(vowel, vowel) if not coda else vowel
        if vowel not in _VOWELS:
            return None
        written += chr(0xAC00 + (_ONSETS[onset] * 21 + _VOWELS[vowel]) * 28 + _CODAS[coda])
    return written if len(written) > 2 else None


def korean_latin(_chance: Random, document: Document) -> str | None:
    """A Korean name in the other romanisations in use: Pak as Park, Ri as Lee, chol as cheol."""
    if KOREA not in document.get("nationalities", ()):
        return None
    table = {
        "pak": "park",
        "ri": "lee",
        "kim": "gim",
        "choe": "choi",
        "chol": "cheol",
        "jong": "jeong",
        "song": "seong",
        "yong": "yeong",
        "chon": "jeon",
        "un": "eun",
        "chang": "jang",
        "kang": "gang",
        "paek": "baek",
        "ok": "ock",
        "hyok": "hyeok",
        "sun": "soon",
        "chun": "choon",
        "hyon": "hyun",
        "su": "soo",
        "kyong": "kyung",
        "il": "il",
    }
    words = plain(document)
    changed = [table.get(word.lower(), word.lower()).title() for word in words]
    return " ".join(changed) if changed != words and len(words) > 1 else None


RULES: dict[str, Rule] = {
    rule.__name__: rule
    for rule in (
        surname_first, other_order, no_middle, middle_initial, letter_missing, letters_swapped, run_together, accents,
        titled, acronym, so_called, shortened, other_form, arabic_french, arabic_english, arabic_letters,
        arabic_unlisted, cyrillic, greek, han, hangul, korean_latin,
    )
}  # fmt: skip
LATIN_LIST = frozenset({"arabic_unlisted"})
"""Rules whose variants are sought in a list without names in other letters"""
