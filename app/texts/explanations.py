"""What the steps of an account's explanation say."""

from app.domain.hours.explanations import ExplainedAccount
from app.domain.hours.ledger import TransferKind
from app.domain.organisations.organisations import Language
from app.domain.values import Localised
from app.texts.rendering import LANGUAGES, texts_of


def step_text(account: ExplainedAccount, kind: TransferKind, hours: int) -> Localised:
    """The text of a kind in the account, or in any; a kind without words of its own is another change."""
    return Localised(**{language: _text(language, account, kind, hours) for language in LANGUAGES})


def _text(language: Language, account: ExplainedAccount, kind: TransferKind, hours: int) -> str:
    texts = texts_of("explanations", language)
    own, of_any = texts.tables[account], texts.tables["any"]
    return texts.fill(own.get(kind) or of_any.get(kind) or of_any["other"], {"hours": abs(hours), "change": hours})
