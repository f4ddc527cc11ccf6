"""What is said in passing, and which typed words are understood: one table of words each, in every language."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from enum import StrEnum
from functools import cache

from bot.view import BACK, FINISH, RATINGS, SKIP, View, answer_label
from conversations.conversation import Conversation, Meaning, Say, Word
from conversations.questionnaire import Questionnaire, Rating
from conversations.survey import Survey
from locales import Catalogue, catalogue, languages, mark

SAYS = {
    Say.NOTED: mark("Notiert: {answer}"),
    Say.ALREADY: mark("Schon notiert: {answer}"),
    Say.STALE: mark("Dieser Knopf gehört zu einer früheren Frage. Ändern können Sie alles mit /summary."),
    Say.NO_EXAMPLE: mark("Zu dieser Frage gibt es kein Beispiel."),
    Say.CHOOSE: mark(
        "Bitte antworten Sie mit einem der Knöpfe, mit dem Wort oder mit einer Zahl: 1 ja, 2 eher ja, "
        "3 eher nein, 4 nein, 5 keine Einschätzung."
    ),
    Say.NOTHING_ASKED: mark("Gerade ist keine Frage offen. Mit /summary sehen Sie Ihre Antworten."),
    Say.ONLY_TEXT: mark("Ich kann nur Text lesen. Davon wurde nichts gespeichert. Bitte schreiben Sie es."),
    Say.EDITED: mark(
        "Änderungen an abgeschickten Nachrichten sehe ich nicht. Löschen Sie den Beitrag und schreiben Sie ihn neu."
    ),
    Say.FIRST: mark("Das ist die erste Frage."),
    Say.NOTHING_YET: mark("Sie haben noch keine Frage beantwortet."),
    Say.NOTHING_TO_DROP: mark("Es gibt keinen Beitrag zum Löschen."),
    Say.NOT_HANDED_IN: mark("Bitte geben Sie erst Ihre Antworten ab."),
    Say.WISHED: mark("Gern. Sie bekommen das Ergebnis, wenn es da ist."),
    Say.VOICE_STANDS: mark(
        "Sie nehmen an dieser Umfrage schon teil. Ihr erster Code gilt weiter, und Ihre Antworten bleiben."
    ),
}


class Plain(StrEnum):
    """What is said outside a conversation."""

    WELCOME = "welcome"
    UNKNOWN_CODE = "unknown-code"
    BRAKED = "braked"
    NOT_YET = "not-yet"
    CLOSED = "closed"
    CHANGED = "changed"
    GROUP = "group"
    UNKNOWN_COMMAND = "unknown-command"
    NO_SURVEY = "no-survey"
    LINK_GONE = "link-gone"
    DELETED = "deleted"
    DELETED_ALL = "deleted-all"
    ORGANISER_HELD = "organiser-held"
    ORGANISER_GONE = "organiser-gone"
    TROUBLE = "trouble"
    UNFINISHED = "unfinished"
    ORGANISER = "organiser"
    INVITE_GONE = "invite-gone"


PLAIN = {
    Plain.WELCOME: mark("Guten Tag! Bitte schreiben Sie mir den Code von der Einladung, oder scannen Sie den QR-Code."),
    Plain.UNKNOWN_CODE: mark("Diesen Code kenne ich nicht. Bitte sehen Sie noch einmal nach. Er hat 8 Zeichen."),
    Plain.BRAKED: mark("Das waren zu viele falsche Codes. Bitte versuchen Sie es in einer Stunde noch einmal."),
    Plain.NOT_YET: mark("Diese Umfrage hat noch nicht begonnen. Bitte kommen Sie später wieder."),
    Plain.CLOSED: mark("Diese Umfrage ist zu Ende. Es werden keine Antworten mehr angenommen."),
    Plain.CHANGED: mark("Der Text hat sich geändert. Bitte lesen Sie ihn noch einmal."),
    Plain.GROUP: mark("Bitte schreiben Sie mir in einem privaten Chat. In Gruppen nehme ich nichts entgegen."),
    Plain.UNKNOWN_COMMAND: mark("Diesen Befehl kenne ich nicht. Mit /help sehen Sie, was ich kann."),
    Plain.NO_SURVEY: mark("Sie nehmen hier gerade an keiner Umfrage teil. Bitte schreiben Sie mir Ihren Code."),
    Plain.LINK_GONE: mark(
        "Zu diesem Chat ist nichts gespeichert. Nach dem Ende einer Umfrage führt kein Weg mehr von Ihnen zu "
        "Ihren Antworten."
    ),
    Plain.DELETED: mark(
        "Ihre Antworten zu dieser Umfrage sind gelöscht, und alles, was dazu gespeichert war. Ältere Nachrichten in "
        "diesem Chat können Sie selbst entfernen. Was Telegram bei sich aufhebt, erreichen wir nicht."
    ),
    Plain.DELETED_ALL: mark(
        "Alles, was von diesem Telefon kam, ist gelöscht. Ältere Nachrichten in diesem Chat können Sie selbst "
        "entfernen. Was Telegram bei sich aufhebt, erreichen wir nicht."
    ),
    Plain.ORGANISER_HELD: mark(
        "Sie begleiten hier Umfragen. Dazu ist die Nummer dieses Chats verschlüsselt gespeichert, sonst nichts. "
        "Mit /delete wird sie gelöscht."
    ),
    Plain.ORGANISER_GONE: mark("Gelöscht. Sie begleiten hier keine Umfragen mehr."),
    Plain.TROUBLE: mark(
        "Das hat gerade nicht geklappt, der Fehler liegt bei uns. Ihre bisherigen Antworten sind gespeichert."
    ),
    Plain.UNFINISHED: mark(
        "Die Umfrage ist zu Ende. Ihre Antworten waren nicht abgegeben und zählen deshalb nicht mit. "
        "Sie werden mit allen anderen gelöscht."
    ),
    Plain.ORGANISER: mark("Willkommen! Mit /status sehen Sie den Stand der Umfragen, mit /digest die Ergebnisse."),
    Plain.INVITE_GONE: mark("Diese Einladung gilt nicht mehr."),
}

COMMANDS = {
    "start": mark("anfangen oder weitermachen"),
    "summary": mark("Antworten ansehen und ändern"),
    "pause": mark("Pause machen"),
    "language": mark("Sprache ändern"),
    "settings": mark("Einstellungen"),
    "mydata": mark("alles sehen, was gespeichert ist"),
    "delete": mark("alles löschen"),
    "privacy": mark("Hinweise zum Datenschutz"),
    "help": mark("Hilfe"),
}


def plain(language: str, which: Plain) -> View:
    """A passing reply outside a conversation."""
    return View(catalogue(language).t(PLAIN[which]))


def said(survey: Survey, questionnaire: Questionnaire, conversation: Conversation, word: Word) -> View:
    """A passing reply within a conversation, in its language."""
    words = catalogue(conversation.language)
    match word.say:
        case Say.EXAMPLE:
            help_ = questionnaire.by_id[word.question or ""].help[conversation.voice][survey.commune.kind]
            return View(words.of(questionnaire.name, help_), alert=True)
        case Say.NOTED | Say.ALREADY:
            return View(words.t(SAYS[word.say], answer=answer_label(words, word.value)))
        case Say.TOO_LONG:
            text = words.n("Das ist zu lang. Bitte höchstens {n} Zeichen in einer Nachricht; teilen Sie den Text auf.",
                           "Das ist zu lang. Bitte höchstens {n} Zeichen in einer Nachricht; teilen Sie den Text auf.",
                           word.number or 0)  # fmt: skip
            return View(text)
        case Say.TOO_MANY:
            text = words.n("Mehr als {n} Beitrag geht hier nicht. Drücken Sie bitte „fertig“.",
                           "Mehr als {n} Beiträge gehen hier nicht. Drücken Sie bitte „fertig“.",
                           word.number or 0)  # fmt: skip
            return View(text)
        case Say.ENOUGH_PERSONS:
            text = words.n("An einem Telefon kann {n} Person antworten.",
                           "An einem Telefon können {n} Personen antworten.", word.number or 0)  # fmt: skip
            return View(text, alert=True)
        case _:
            return View(words.t(SAYS[word.say]), alert=word.say not in (Say.FIRST,))


def help_text(language: str) -> View:
    """What the bot can do, command by command."""
    words = catalogue(language)
    lines = [f"/{command} – {words.t(text)}" for command, text in COMMANDS.items()]
    if words.language.right_to_left:  # such a line must not begin with Latin letters
        lines = [f"{words.t(text)}: /{command}" for command, text in COMMANDS.items()]
    intro = words.t("Ich stelle Ihnen die Fragen einer Umfrage. Antworten Sie mit den Knöpfen, mit Worten oder Zahlen. "
                    "Sie können jederzeit aufhören und später weitermachen.")  # fmt: skip
    return View(intro + "\n\n" + "\n".join(lines))


_SYMBOLS = {
    "✓": Rating.YES, "✔": Rating.YES, "(✓)": Rating.RATHER_YES, "(✔)": Rating.RATHER_YES,
    "(✘)": Rating.RATHER_NO, "(✗)": Rating.RATHER_NO, "✘": Rating.NO, "✗": Rating.NO,
    "–": Rating.CANNOT_SAY, "-": Rating.CANNOT_SAY, "—": Rating.CANNOT_SAY,
}  # fmt: skip
_MEANINGS = {Meaning.SKIP: SKIP, Meaning.FINISH: FINISH, Meaning.BACK: BACK}


def folded(text: str) -> str:
    """A typed word without case, accents, punctuation and surplus spaces."""
    letters = []
    for character in unicodedata.normalize("NFKD", text.casefold()):
        category = unicodedata.category(character)
        if category[0] in "LN":
            letters.append(character)
        elif category[0] in "ZP" or character in "\t\n":
            letters.append(" ")
    return " ".join("".join(letters).split())


@cache
def typed_words() -> Mapping[str, Rating | Meaning]:
    """Every word that is understood, folded. Raises ValueError where two languages mean different things by one."""
    found: dict[str, Rating | Meaning] = {}
    for code in languages():
        words = catalogue(code)
        labels: list[tuple[Rating | Meaning, str]] = [*RATINGS.items(), *_MEANINGS.items()]
        for meaning, label in labels:
            word = folded(words.t(label))
            if found.setdefault(word, meaning) != meaning:
                raise ValueError(f"{code}: {word!r} means {meaning}, and {found[word]} in another language")
    return found


def meaning(text: str) -> Rating | Meaning | None:
    """What a typed text says: a label or symbol of the scale, 1 to 5 in any script's digits, or a way on."""
    bare = text.strip().replace("\ufe0f", "")  # telephones type ✔ in the shape of an emoji
    if bare in _SYMBOLS:
        return _SYMBOLS[bare]
    word = folded(bare)
    if len(word) == 1 and (digit := unicodedata.digit(word, None)) is not None:
        return list(Rating)[digit - 1] if 1 <= digit <= len(Rating) else None
    return typed_words().get(word)


def catalogue_for(app: str | None) -> Catalogue:
    """The catalogue for somebody of whom only the app's language is known."""
    return catalogue(app if app in languages() else "de")
