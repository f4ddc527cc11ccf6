"""What is said in passing, and which typed words are understood: one table of words each, in every language."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from bot.view import View, answer_label
from conversations.conversation import Conversation, Say, Word
from conversations.questionnaire import Questionnaire
from conversations.survey import Survey
from locales import LRM, catalogue, mark

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
    Say.EVIDENCE: mark("Als Beleg notiert. Bitte drücken Sie jetzt Ihre Antwort."),
    Say.COMMENTED: mark("Notiert. So wird Ihre Stellungnahme gedruckt."),
    Say.UNCOMMENTED: mark("Ihre Stellungnahme ist zurückgenommen."),
    Say.NOT_PRESENTED: mark("Stellung nehmen können Sie, sobald die Antworten der Kommune zu Ihrem Teil feststehen."),
    Say.DEADLINE: mark("Die Frist ist abgelaufen. Ihre Antworten bleiben, wie sie sind."),
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
    HIDDEN = "hidden"
    ORGANISER_HELD = "organiser-held"
    ORGANISER_GONE = "organiser-gone"
    TROUBLE = "trouble"
    UNFINISHED = "unfinished"
    ORGANISER = "organiser"
    ORGANISER_IDLE = "organiser-idle"
    INVITE_GONE = "invite-gone"
    ONLY_INVITED = "only-invited"
    LATER = "later"
    ALARM = "alarm"
    WELL_AGAIN = "well-again"


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
    Plain.HIDDEN: mark(
        "Auf diesem Telefon hat vorher jemand geantwortet. Diese Antworten werden hier nicht mehr gezeigt. "
        "Mit /delete können Sie alles löschen, was von diesem Telefon kam."
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
    Plain.ORGANISER: mark(
        "Willkommen! Mit /status sehen Sie den Stand der Umfragen, mit /digest die Ergebnisse. Einen Selbstcheck "
        "führen Sie mit /statement."
    ),
    Plain.ORGANISER_IDLE: mark(
        "Gerade habe ich Sie nichts gefragt. Ihre Nachricht ist nicht gespeichert. Mit /status sehen Sie den Stand der "
        "Umfragen, mit /digest die Ergebnisse. Einen Selbstcheck führen Sie mit /statement. Mehr zeigt /help."
    ),
    Plain.INVITE_GONE: mark("Diese Einladung gilt nicht mehr."),
    Plain.ONLY_INVITED: mark(
        "Diesen Bogen beantworten nur Stellen, die dazu eingeladen sind. Wenn Sie dazugehören, bitten Sie die "
        "Koordination um Ihren Link."
    ),
    Plain.LATER: mark(  # fits into the answer to a press too
        "Gerade kann ich nichts speichern, der Fehler liegt bei uns. Bitte warten Sie etwas. Wenn danach nicht die "
        "nächste Frage kommt, antworten Sie bitte noch einmal."
    ),
    Plain.ALARM: mark(
        "Achtung: Der Bot kann gerade nichts speichern, und alle warten. Nachrichten werden später nachgeholt, "
        "gedrückte Knöpfe nur, wenn es nicht lange dauert. Bitte lassen Sie auf dem Server nachsehen, ob die "
        "Festplatte voll oder die Datenbank gesperrt ist."
    ),
    Plain.WELL_AGAIN: mark("Entwarnung: Der Bot speichert wieder. Was inzwischen kam, ist nachgeholt."),
}

COMMANDS = {
    "start": mark("anfangen oder weitermachen"),
    "summary": mark("Antworten ansehen und ändern"),
    "pause": mark("Pause machen"),
    "language": mark("Sprache ändern"),
    "settings": mark("Einstellungen ändern"),
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
        case Say.REPORT_FULL:
            text = words.n("Zu dieser Frage sind zusammen höchstens {n} Zeichen möglich. Dieser Text passt nicht mehr.",
                           "Zu dieser Frage sind zusammen höchstens {n} Zeichen möglich. Dieser Text passt nicht mehr.",
                           word.number or 0)  # fmt: skip
            return View(text, alert=True)
        case Say.COMMENT_TOO_LONG:
            text = words.n("Das ist zu lang. Eine Stellungnahme hat höchstens {n} Zeichen. Nichts wurde gespeichert.",
                           "Das ist zu lang. Eine Stellungnahme hat höchstens {n} Zeichen. Nichts wurde gespeichert.",
                           word.number or 0)  # fmt: skip
            return View(text, alert=True)
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


def help_text(language: str, more: Mapping[str, str] = MappingProxyType({})) -> View:
    """What the bot can do, command by command; `more` commands are those of an organiser."""
    words, commands = catalogue(language), {**COMMANDS, **more}
    lines = [f"/{command} – {words.t(text)}" for command, text in commands.items()]
    if words.language.right_to_left:  # such a line must not begin with Latin letters
        lines = [f"{words.t(text)}: {LRM}/{command}" for command, text in commands.items()]
    intro = words.t("Ich stelle Ihnen die Fragen einer Umfrage. Antworten Sie mit den Knöpfen, mit Worten oder Zahlen. "
                    "Sie können jederzeit aufhören und später weitermachen.")  # fmt: skip
    return View(intro + "\n\n" + "\n".join(lines))
