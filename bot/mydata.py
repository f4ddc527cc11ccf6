"""A copy of all that is held about one respondent, in words."""

from __future__ import annotations

from bot.view import TEXT_LIMIT, View, answer_label, pieces, units
from conversations.conversation import Conversation
from conversations.questionnaire import Questionnaire
from conversations.survey import Survey
from locales import catalogue, languages


def mydata(survey: Survey, questionnaire: Questionnaire, conversation: Conversation) -> list[View]:
    """Everything that is held, as one or more messages."""
    words = catalogue(conversation.language)
    kind = survey.commune.kind
    yes_no = words.t("ja") if conversation.handed_in else words.t("nein")
    head = [
        words.t("Das ist alles, was zu Ihnen gespeichert ist."),
        words.t("Umfrage: {title}, {name}", title=words.of(questionnaire.name, questionnaire.title),
                name=survey.commune.name),
        words.t("Kürzel: {respondent}", respondent=conversation.respondent),
        words.t("Sprache: {language}", language=languages()[conversation.language].name),
        words.t("Zugestimmt haben Sie dem Hinweis in der Fassung {version}. Sie steht unter /privacy.",
                version=conversation.notice),
        words.t("Abgegeben: {answer}", answer=yes_no),
        words.t("Verschlüsselt gespeichert ist die Nummer dieses Chats, damit die nächste Frage ankommt, dazu "
                "zwei Tage lang die Nummern der Nachrichten."),
        words.t("Wenn Sie das Ergebnis zugeschickt haben möchten, steht die Nummer dieses Chats dafür verschlüsselt "
                "in einer eigenen Liste."),
    ]  # fmt: skip
    parts = ["\n".join(head)]
    for question in questionnaire.questions:
        answer, statements = conversation.answers.get(question.id), conversation.given(question.id)
        if answer is None and not statements:
            continue
        lines = [words.of(questionnaire.name, question.text[conversation.voice][kind])]
        lines.append(words.t("Ihre Antwort: {answer}", answer=answer_label(words, answer)))
        parts.append("\n".join([*lines, *(words.t("• {statement}", statement=s) for s in statements)]))
    return [View(text) for text in packed(parts)]


def packed(parts: list[str]) -> list[str]:
    """Paragraphs joined into as few messages as possible, none over the limit and nothing lost."""
    messages: list[str] = []
    for part in parts:
        for piece in pieces(part):
            if messages and units(messages[-1]) + 2 + units(piece) <= TEXT_LIMIT:
                messages[-1] += "\n\n" + piece
            else:
                messages.append(piece)
    return messages
