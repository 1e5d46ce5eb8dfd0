"""Turns the phrases of words/*.yaml into sentences: numbers drawn, names put in."""

import random
import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml

MARKS = {
    "en": "[Demonstration record: not a statement of any State or organisation.]",
    "fr": "[Donnée de démonstration : n’émane d’aucun État ni d’aucune organisation.]",
    "es": "[Registro de demostración: no procede de ningún Estado ni organización.]",
    "ar": "[سجل للعرض التوضيحي: لا يعبر عن أي دولة أو منظمة.]",
    "ru": "[Демонстрационная запись: не исходит ни от одного государства и ни от одной организации.]",
    "zh": "[演示记录：不代表任何国家或组织。]",
}
"""What the description of every record begins with."""
THEMES = {
    "marking": "weapons marking", "record_keeping": "weapons registers", "tracing": "tracing",
    "stockpile_mgmt": "stockpile management", "physical_security": "safe storage of weapons",
    "destruction": "weapons destruction", "surplus_disposal": "disposal of surplus", "legislation": "arms legislation",
    "brokering": "control of brokering", "transfer_controls": "transfer controls",
    "end_user": "end-user certificates", "border_control": "border control", "ddr": "weapons in DDR",
    "collection": "weapons collection", "ammunition": "ammunition safety", "awareness": "public awareness",
    "gender": "women and youth in arms control", "data_research": "surveys and data",
    "national_commission": "national commissions and plans", "law_enforcement": "action against arms trafficking",
}  # fmt: skip
"""Theme id → how a sentence names it."""
BESIDE = {
    "marking": "record_keeping tracing", "record_keeping": "marking tracing", "tracing": "law_enforcement record_keeping",
    "stockpile_mgmt": "physical_security ammunition", "physical_security": "stockpile_mgmt", "destruction": "collection surplus_disposal",
    "surplus_disposal": "destruction stockpile_mgmt", "legislation": "brokering national_commission", "brokering": "legislation transfer_controls",
    "transfer_controls": "end_user legislation", "end_user": "transfer_controls", "border_control": "law_enforcement",
    "ddr": "collection stockpile_mgmt", "collection": "destruction awareness", "ammunition": "stockpile_mgmt physical_security",
    "awareness": "collection gender", "gender": "data_research awareness", "data_research": "national_commission",
    "national_commission": "legislation data_research", "law_enforcement": "tracing border_control",
}  # fmt: skip
"""Theme id → themes that come with it."""
DRAW = re.compile(r"<(\d+)-(\d+)>")
"""A number to be drawn."""


@cache
def words(language: str) -> dict[str, dict[str, Any]]:
    """Theme id → phrases of one language."""
    path = Path(__file__).parent / "words" / f"{language}.yaml"
    found: dict[str, dict[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


def said(chance: random.Random, phrase: str, **names: str) -> str:
    """A phrase with its numbers drawn and its names put in."""
    drawn = DRAW.sub(lambda match: str(chance.randint(int(match[1]), int(match[2]))), phrase)
    return drawn.format(**names) if names else drawn


def programme_words(chance: random.Random, language: str, theme: str, state: str) -> tuple[str, str]:
    """(title, what it does) of an invented programme in one language."""
    entry = words(language)[theme]
    title, text = chance.choice(entry["programmes"]) if language == "en" else entry["programme"]
    return said(chance, title, c=state), said(chance, text)
