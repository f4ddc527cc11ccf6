"""Every screen of a questionnaire in one language as one HTML file, so that a translator sees each text in its place.

The buttons stand as Telegram shows them: it does not mirror rows, so a row reads from the left in every language.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bot.checking import screens
from conversations.questionnaire import Questionnaire, Voice
from locales import SOURCE, Catalogue, LanguageError, catalogue, complete
from reports.templating import ENVIRONMENT


def preview(questionnaire: Questionnaire, language: str, voices: Sequence[Voice]) -> str:
    """The page. Raises LanguageError where the language lacks the questionnaire."""
    words: Catalogue = catalogue(language)
    if language != SOURCE and not complete(language, questionnaire.name):
        raise LanguageError(f"{language}/{questionnaire.name} is not complete; see: weltoffen texts status")
    template = ENVIRONMENT.from_string((Path(__file__).parent / "preview.html").read_text("utf-8"))
    return template.render(
        title=words.of(questionnaire.name, questionnaire.title),
        language=words.language,
        questionnaire=questionnaire.name,
        voices=[(voice, list(screens(questionnaire, language, voice))) for voice in voices],
    )
