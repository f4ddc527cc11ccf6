"""A copy of all that is held about one respondent, in words."""

from __future__ import annotations

from bot.statement import seat as office
from bot.view import View, answer_label, packed
from conversations.conversation import Conversation
from conversations.institution import Seat
from conversations.questionnaire import Questionnaire
from conversations.survey import Survey
from locales import catalogue, languages


def mydata(
    survey: Survey, questionnaire: Questionnaire, conversation: Conversation, seat: Seat | None = None
) -> list[View]:
    """Everything that is held, as one or more messages; `questionnaire` is the whole one."""
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
    ]  # fmt: skip
    if seat is not None:
        head += office.data(words, seat)
    elif not questionnaire.institution:
        head.append(words.t("Wenn Sie das Ergebnis zugeschickt haben möchten, steht die Nummer dieses Chats dafür "
                            "verschlüsselt in einer eigenen Liste."))  # fmt: skip
    parts = ["\n".join(head)]
    for question in questionnaire.questions:
        answer, statements = conversation.answers.get(question.id), conversation.given(question.id)
        if answer is None and not statements:
            continue
        lines = [words.of(questionnaire.name, question.text[conversation.voice][kind])]
        whom = conversation.referrals.get(question.id)
        said = words.t("Ihre Antwort: {answer}", answer=answer_label(words, answer))
        lines.append(said if whom is None else office.referred(words, whom))
        parts.append("\n".join([*lines, *(words.t("• {statement}", statement=s) for s in statements)]))
    if seat is not None:
        parts += office.comments(words, seat)
    return [View(text) for text in packed(parts)]
