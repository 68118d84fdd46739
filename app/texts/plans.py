"""Reasons for the hours of a decision plan's rows."""

from app.domain.hours.simulation import Step
from app.domain.values import Localised
from app.texts.rendering import LANGUAGES, texts_of


def reason_of(step: Step) -> Localised:
    texts = {language: texts_of("plans", language) for language in LANGUAGES}
    facts = {"hours": step.hours, "room": step.room, "weight": step.weight}
    return Localised(**{name: each.choose(each.tables["steps"][step.step], facts) for name, each in texts.items()})
