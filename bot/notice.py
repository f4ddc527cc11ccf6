"""What is said before the first question: the languages, and the notice that one consents to (METHOD §6)."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from bot.buttons import ChooseLanguage, Consent, ReadNotice, before
from bot.statement import terms
from bot.view import TEXT_LIMIT, Button, View, spoken_in
from conversations.conversation import Conversation
from conversations.questionnaire import Questionnaire, Voice
from conversations.survey import BACKUP_DAYS, Commune, Survey, text_in
from locales import LRM, MESSAGES, RLM, SOURCE, Catalogue, catalogue, languages, mark


def door(survey: Survey, questionnaire: Questionnaire, voice: Voice, person: int, app: str | None) -> list[View]:
    """What somebody is shown first: the languages, or at once the notice where the survey has only one."""
    only, *more = spoken_in(survey, questionnaire)
    if more:
        return [choose_language(survey, questionnaire, voice, person, app)]
    return notice(survey, questionnaire, voice, only, person)


def choose_language(survey: Survey, questionnaire: Questionnaire, voice: Voice, person: int, app: str | None) -> View:
    """The offered languages, each in its own script; the one of the person's app first."""
    codes = sorted(spoken_in(survey, questionnaire), key=lambda code: code != app)
    lines = dict.fromkeys(_asking(code, codes[0]) for code in codes)  # German says it twice
    code = survey.codes[voice]
    rows = tuple((Button(languages()[one].name, before(ReadNotice(code, one, person))),) for one in codes)
    return View("\n".join(lines), rows)


def _asking(code: str, first: str) -> str:
    """The line of one language; where it runs against the first one, its full stop is held where it ends."""
    language, line = languages()[code], catalogue(code).t("Bitte wählen Sie Ihre Sprache.")
    if language.direction == languages()[first].direction:
        return line
    return line + (RLM if language.right_to_left else LRM)


def version(survey: Survey, questionnaire: Questionnaire, voice: Voice) -> str:
    """The text version of a notice: eight hex digits of the hash of its German wording."""
    return _digits(text(survey, questionnaire, voice, SOURCE))


def _digits(wording: str) -> str:
    return hashlib.sha256(wording.encode()).hexdigest()[:8]


def text(survey: Survey, questionnaire: Questionnaire, voice: Voice, language: str) -> str:
    """The whole notice as one text."""
    return "\n\n".join(_paragraphs(survey, questionnaire, voice, catalogue(language)))


def notice(survey: Survey, questionnaire: Questionnaire, voice: Voice, language: str, person: int) -> list[View]:
    """The notice as one or more messages; the last one carries the button of consent."""
    words = catalogue(language)
    messages: list[str] = []
    for paragraph in _paragraphs(survey, questionnaire, voice, words):
        if messages and len(messages[-1]) + 2 + len(paragraph) <= TEXT_LIMIT:
            messages[-1] += "\n\n" + paragraph
        else:
            messages.append(paragraph)
    code = survey.codes[voice]
    consent = Consent(code, language, person, version(survey, questionnaire, voice))
    rows = [(Button(words.t("Ich habe das gelesen und mache mit"), before(consent)),)]
    if len(spoken_in(survey, questionnaire)) > 1:
        rows.append((Button(words.t("andere Sprache"), before(ChooseLanguage(code, person))),))
    return [View(m) for m in messages[:-1]] + [View(messages[-1], tuple(rows))]


def privacy(survey: Survey, questionnaire: Questionnaire, conversation: Conversation, kept: str | None) -> list[View]:
    """The notice to read again, without buttons; and what one consented to, where that was another text."""
    words = catalogue(conversation.language)
    views = [View(v.text) for v in notice(survey, questionnaire, conversation.voice, conversation.language, 1)]
    if kept is not None and kept != text(survey, questionnaire, conversation.voice, SOURCE):
        views.append(View(words.t("Zugestimmt haben Sie dieser Fassung:")))
        views += [View(kept[i : i + TEXT_LIMIT]) for i in range(0, len(kept), TEXT_LIMIT)]
    return views


def _paragraphs(survey: Survey, questionnaire: Questionnaire, voice: Voice, words: Catalogue) -> list[str]:
    asks = survey.commune
    introduction = words.of(questionnaire.name, questionnaire.introduction[voice][asks.kind])
    parts = _opening(asks, questionnaire, introduction, words)
    if questionnaire.institution:
        return parts + terms.paragraphs(asks, questionnaire, words) + [_complaint(asks, words)]
    return parts + _for_persons(survey, questionnaire, voice, words)


def _opening(asks: Commune, questionnaire: Questionnaire, introduction: str, words: Catalogue) -> list[str]:
    """What it is about, and who asks."""
    parts = [introduction]
    if words.language.machine(MESSAGES, questionnaire.name):
        parts.append(words.t("Diese Texte wurden maschinell übersetzt. Es gilt der deutsche Text."))
    parts.append(
        words.t("Wer fragt: {office}, {name}. Kontakt: {contact}", office=asks.office, name=asks.name,
                contact=asks.contact)
        + "\n" + words.t("Verantwortlich für die Daten: {controller}", controller=asks.controller)
        + "\n" + words.t("Für Datenschutz zuständig: {officer}", officer=asks.data_protection_officer)
    )  # fmt: skip
    return parts


def _why(asks: Commune, questionnaire: Questionnaire, words: Catalogue) -> str:
    return (
        words.t("Warum: Wir möchten wissen, wie weltoffen das Zusammenleben vor Ort ist.")
        + "\n" + words.t("Rechtsgrundlage: {basis}", basis=text_in(asks.legal_basis, words.language.code))
        + "\n" + words.n("Dauer: etwa {n} Minute", "Dauer: etwa {n} Minuten", questionnaire.minutes)
    )  # fmt: skip


def _gone(survey: Survey, words: Catalogue) -> str:
    """When everything is deleted, and until when backups may hold it."""
    return words.joined(
        _deletion(survey, words),
        words.n("In Sicherungskopien kann es noch {n} Tag länger stehen.",
                "In Sicherungskopien kann es noch {n} Tage länger stehen.", BACKUP_DAYS),
    )  # fmt: skip


def _readers(survey: Survey, voice: Voice, words: Catalogue) -> str:
    """Who reads what, and what is shown."""
    return (
        words.t("Wer liest was: {recipients}", recipients=text_in(survey.commune.recipients, words.language.code))
        + "\n" + words.n("Ergebnisse werden nur gezeigt, wenn mindestens {n} Person abgegeben hat.",
                         "Ergebnisse werden nur gezeigt, wenn mindestens {n} Personen abgegeben haben.",
                         survey.groups[voice])
        + "\n" + words.t("Wenn am Ende alle gleich geantwortet haben, ist auch das im Ergebnis zu sehen.")
        + "\n" + words.t("Was Sie schreiben, wird erst gezeigt, wenn ein Mensch es geprüft hat. "
                         "Bitte schreiben Sie keine Namen.")
    )  # fmt: skip


def _for_persons(survey: Survey, questionnaire: Questionnaire, voice: Voice, words: Catalogue) -> list[str]:
    """What those are told who answer for themselves."""
    parts = [_why(survey.commune, questionnaire, words)]
    parts.append(
        words.t("Gespeichert werden Ihre Antworten, Ihre Sprache und ein Kürzel. Zu "
                "Ihnen führt das Kürzel nur mit einem geheimen Schlüssel. Ihr Name, Ihre Telefonnummer und die Uhrzeit "
                "werden nicht gespeichert.")
        + "\n" + words.t("Damit die nächste Frage ankommt, liegt die Nummer dieses Chats verschlüsselt dabei, bis die "
                         "Umfrage endet und die letzten Nachrichten verschickt sind.")
        + "\n" + _gone(survey, words)
    )  # fmt: skip
    parts += [_readers(survey, voice, words), _promise(voice, words)]
    parts.append(
        words.t("Telegram selbst kann diesen Chat sehen. Sie können auch auf Papier teilnehmen: "
                "Fragen Sie beim Kontakt oben nach dem Bogen.")
    )  # fmt: skip
    parts.append(
        words.t("Sie können jederzeit aufhören. Mit /mydata sehen Sie alles, was zu Ihnen gespeichert ist. Mit "
                "/delete löschen Sie es. Beides geht, bis die Umfrage endet und die letzten Nachrichten verschickt "
                "sind. Danach führt bei uns kein Weg mehr von Ihnen zu Ihren Antworten.")
        + "\n" + _complaint(survey.commune, words)
    )  # fmt: skip
    return parts


def on_paper(survey: Survey, questionnaire: Questionnaire, voice: Voice, language: str) -> list[str]:
    """The paragraphs of the notice on a sheet of paper: what of the chat's is true there, and what holds only there."""
    words = catalogue(language)
    return [
        *_opening(survey.commune, questionnaire, _introduction(survey, questionnaire, voice, words), words),
        _why(survey.commune, questionnaire, words),
        words.t("Gespeichert werden Ihre Antworten, Ihre Sprache und ein Kürzel, das der Zufall bestimmt. Es führt "
                "nicht zu Ihnen. Ihr Name und die Uhrzeit werden nicht gespeichert.")
        + "\n" + _gone(survey, words)
        + "\n" + words.t("Auch die Bögen werden vernichtet, spätestens am Tag der Löschung."),
        _readers(survey, voice, words) + "\n"
        + words.t("Wer die Bögen abtippt, liest sie. Wenn niemand Ihre Handschrift erkennen soll, schreiben Sie in "
                  "Druckbuchstaben."),
        _promise(voice, words),
        words.t("Wenn Sie den Bogen abgeben, sagen Sie damit: Ich habe das gelesen und mache mit. Bis dahin können Sie "
                "jederzeit aufhören. Auf dem Bogen steht nicht, von wem er ist. Darum können wir Ihre Antworten danach "
                "nicht mehr einzeln zeigen, ändern oder löschen.")
        + "\n" + _complaint(survey.commune, words),
    ]  # fmt: skip


def version_on_paper(survey: Survey, questionnaire: Questionnaire, voice: Voice) -> str:
    """The text version of the notice on a sheet, as `version` is that of the chat's."""
    return _digits("\n\n".join(on_paper(survey, questionnaire, voice, SOURCE)))


INTRODUCTIONS = {"dialog-1": mark("Es geht darum, wie offen das Leben hier für alle ist.")}
"""On paper, where a questionnaire's own introduction speaks of messages; what is released is never edited."""


def _introduction(survey: Survey, questionnaire: Questionnaire, voice: Voice, words: Catalogue) -> str:
    """What a sheet begins with."""
    if questionnaire.name in INTRODUCTIONS:
        return words.t(INTRODUCTIONS[questionnaire.name])
    return words.of(questionnaire.name, questionnaire.introduction[voice][survey.commune.kind])


def _complaint(asks: Commune, words: Catalogue) -> str:
    return (
        words.t("Beschweren können Sie sich bei: {authority}", authority=asks.supervisory_authority)
        + "\n" + words.n("Mindestalter: {n} Jahr", "Mindestalter: {n} Jahre", asks.minimum_age)
    )  # fmt: skip


def _deletion(survey: Survey, words: Catalogue) -> str:
    days = survey.commune.retention_days
    if survey.closes is None:
        return words.n("Gelöscht wird alles {n} Tag nach dem Ende der Umfrage.",
                       "Gelöscht wird alles {n} Tage nach dem Ende der Umfrage.", days)  # fmt: skip
    return words.t("Gelöscht wird alles spätestens am {day}.",
                   day=words.day((survey.closes + timedelta(days=days)).date()))  # fmt: skip


def _promise(voice: Voice, words: Catalogue) -> str:
    match voice:
        case Voice.ADMINISTRATION:
            return words.t(
                "Vorgesetzte sehen Ihre Antworten nicht. Die Teilnahme ist freiwillig. "
                "Niemand erfährt, wer teilgenommen hat."
            )
        case Voice.POLITICS:
            return words.t("Die Teilnahme ist freiwillig. Niemand erfährt, wer teilgenommen hat.")
        case Voice.SOCIETY:
            return words.t(
                "Die Teilnahme ist freiwillig. Ihre Antworten haben keinen Einfluss auf Aufenthalt, Geld oder "
                "Anträge. Die Ausländerbehörde bekommt sie nicht."
            )


def promises(survey: Survey, questionnaire: Questionnaire, words: Catalogue) -> list[str]:
    """What the organiser confirms before a survey opens: the promises of the notice, one sentence each."""
    if questionnaire.institution:
        return terms.promises(words)
    found = [
        words.t("Ergebnisse werden nur für Gruppen gezeigt, die groß genug sind."),
        words.t("Freie Texte werden erst gezeigt, wenn ein Mensch sie geprüft hat."),
        words.t("Zum Tag der Löschung wird wirklich alles gelöscht."),
    ]
    return found + [_promise(voice, words) for voice in survey.voices]
