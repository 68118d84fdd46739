"""The texts of error responses: titles, details, field errors and the pages of the codes."""

from collections.abc import KeysView, Sequence

from app.domain.organisations.organisations import Language
from app.texts.rendering import Facts, texts_of

CODES: KeysView[str] = texts_of("problems", "fi").tables["problems"].keys()


def title_of(code: str, language: Language) -> str:
    return str(texts_of("problems", language).tables["problems"][code]["title"])


def detail_of(code: str, facts: Facts, language: Language) -> str:
    """The sentences that the known facts allow."""
    texts = texts_of("problems", language)
    return texts.say(texts.tables["problems"][code]["sentences"], facts)


def field_error_of(code: str, facts: Facts, language: Language) -> str:
    """The fullest wording that the known facts allow; a general one for a code without texts."""
    texts = texts_of("problems", language)
    errors = texts.tables["faults"]
    return texts.choose(errors.get(code, errors["otherwise"]), facts)


def paragraphs_of(code: str, language: Language) -> Sequence[str]:
    """What the code means and what can be done next, for its page; code is in `backticks`."""
    texts = texts_of("problems", language)
    return texts.say(texts.tables["problems"][code]["page"], {}).split("\n\n")


def frame_of(language: Language) -> dict[str, str]:
    """The words around the pages."""
    return dict(texts_of("problems", language).tables["frame"])
