"""Words that name arms as something supplied: found in six languages; what controls arms is left alone."""

from pathlib import Path

import pytest
import yaml

from registry.catalogue.reference import themes
from registry.errors import ConfigurationError
from registry.matching.embargoes import arms_words
from registry.settings import data_path

WORDS = arms_words.current()
SUPPLIED = [
    ("title", "200 rifles for the national police", "rifles"),
    ("line", "Ammunition", "ammunition"),
    ("description", "The Government asks for the supply of pistols and ammunition to the border guard.", "pistols"),
    ("title", "Military vehicles for the army", "military vehicles"),
    ("title", "500 firearms for the coast guard", "firearms"),
    ("description", "Stores are marked and secured. The police need firearms.", "firearms"),
    ("title", "Armes et munitions pour la gendarmerie : 300 fusils d'assaut", "fusils"),
    ("description", "Le projet prévoit l'achat de véhicules blindés pour la police.", "vehicules blindes"),
    ("title", "Adquisición de pistolas para la policía", "pistolas"),
    ("line", "Chalecos antibalas", "chalecos antibalas"),
    ("title", "توريد بنادق للشرطة", "بنادق"),
    ("line", "البنادق والمسدسات", "البنادق"),
    ("title", "Закупка винтовок для полиции", "винтовок"),
    ("description", "Проект предусматривает поставку боеприпасов пограничной службе.", "боеприпасов"),
    ("title", "为警察采购步枪", "步枪"),
    ("line", "弹药", "弹药"),
]
CONTROLLED = [
    ("title", "Small arms control in the border regions"),
    ("title", "Programme on small arms and light weapons"),
    ("line", "Marking machines for firearms"),
    ("line", "Steel cabinets for rifles"),
    ("line", "Toner cartridges"),
    ("description", "Officers will be trained to mark and register rifles and pistols held by the police."),
    ("description", "The State needs laser machines to mark its 12,000 firearms."),
    ("description", "The ministry requests support to destroy 5,000 rounds of ammunition."),
    ("description", "Saint Vincent and the Grenadines and Grenada take part."),
    ("title", "Marquage des armes à feu"),
    ("line", "Machines de marquage pour fusils"),
    ("title", "Recogida voluntaria de armas"),
    ("description", "Granada y otros Estados solicitan apoyo."),
    ("line", "آلات وسم البنادق"),
    ("line", "Станки для маркировки винтовок"),
    ("line", "步枪打标机"),
]


@pytest.mark.parametrize(("kind", "text", "word"), SUPPLIED)
def test_what_reads_like_a_supply_is_named(kind: str, text: str, word: str) -> None:
    assert word in set(WORDS.named(text, kind))


@pytest.mark.parametrize(("kind", "text"), CONTROLLED)
def test_what_controls_arms_holds_nothing(kind: str, text: str) -> None:
    assert list(WORDS.named(text, kind)) == []


def test_the_words_of_the_themes_and_of_the_demonstration_hold_nothing() -> None:
    """The field's own language: two keywords may read like a supply (deliveries of arms, which they are)."""
    texts = [word for theme in themes().values() for words in theme.keywords.values() for word in words]
    held = [text for text in texts for kind in ("title", "description") if list(WORDS.named(text, kind))]
    assert len(texts) > 1000 and len(set(held)) <= 2, held
    for name in ("needs", "offers"):
        records = yaml.safe_load((data_path("seed_data") / f"{name}.yaml").read_text(encoding="utf-8"))
        for record in records[name] if isinstance(records, dict) else records:
            lines = [line.get("description") or "" for line in record.get("lines", ())]
            assert not WORDS.supplied(record["title"], record.get("description", ""), lines), record["title"]


def test_a_list_of_another_form_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "arms-words.yaml"
    path.write_text((data_path("standards") / arms_words.FILE).read_text(encoding="utf-8").replace("  zh:", "  xx:"))
    with pytest.raises(ConfigurationError, match=r"arms-words\.yaml"):
        arms_words.read(path)
