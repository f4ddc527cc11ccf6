"""What a contributor consents to, and what a coordinator promises by it: the notice of a statement (METHOD §6).

Who reads what is said here and not taken from the commune's file: its sentence is meant for surveys of persons, whose
answers nobody prints.
"""

from __future__ import annotations

from conversations.questionnaire import Questionnaire
from conversations.survey import BACKUP_DAYS, Commune, text_in
from locales import Catalogue


def paragraphs(asks: Commune, questionnaire: Questionnaire, words: Catalogue) -> list[str]:
    """The notice after who asks and who is responsible, up to where one can complain."""
    return [
        words.t("Warum: Die Kommune sagt in einer gemeinsamen Erklärung, wie weltoffen sie ist. Ihre Stelle "
                "beantwortet einen Teil davon.")
        + "\n" + words.t("Rechtsgrundlage: {basis}", basis=text_in(asks.legal_basis, words.language.code))
        + "\n" + words.t("Dauer: Für alle {number} Fragen braucht man etwa {minutes} Minuten, für einen Teil weniger. "
                         "Sie können unterbrechen und Tage später weitermachen.",
                         number=len(questionnaire.questions), minutes=questionnaire.minutes),
        words.t("Ihre Antworten zählen als Antworten Ihrer Stelle. Im Bericht steht, welche Stelle mitgewirkt hat: "
                "Dezernat oder Amt und Funktion. Ein Name wird nur gedruckt, wenn Sie es der Koordination sagen."),
        words.t("Wer liest was: Die Koordination ({office}) sieht, was Ihre Stelle antwortet, mit Belegen und "
                "Weitergaben. Der Bericht nennt zu jeder Frage, was Ihre Stelle geantwortet hat; er kann "
                "veröffentlicht werden.", office=asks.office) + "\n"
        + words.t("Ein Protokoll hält mit Datum und Uhrzeit fest, was vor und nach einer Änderung galt.") + "\n"
        + words.t("Antworten Stellen verschieden, entscheidet die Koordination für die Kommune und schreibt den Grund "
                  "dazu. Ihre Antwort ändert sie nicht. Vor der Unterschrift sehen Sie, was die Kommune zu Ihrem Teil "
                  "sagt, und können Stellung nehmen.") + "\n"
        + words.t("Was Sie schreiben, kann im Bericht stehen. Bitte schreiben Sie keine Namen."),
        words.t("Gespeichert werden Amt und Funktion, Ihr Teil, Ihre Antworten, Ihre Sprache und ein Kürzel. Damit "
                "Nachrichten ankommen, liegt die Nummer dieses Chats verschlüsselt dabei, bis der Selbstcheck beendet "
                "ist.")
        + "\n" + words.n("Gelöscht wird alles {n} Tag nach dem Ende des Selbstchecks; die unterschriebene Erklärung "
                         "bleibt.",
                         "Gelöscht wird alles {n} Tage nach dem Ende des Selbstchecks; die unterschriebene Erklärung "
                         "bleibt.", asks.retention_days)
        + " " + words.n("In Sicherungskopien kann es noch {n} Tag länger stehen.",
                        "In Sicherungskopien kann es noch {n} Tage länger stehen.", BACKUP_DAYS),
        words.t("Telegram selbst kann diesen Chat sehen. Sie können Ihren Teil auch in einer Tabelle am Rechner "
                "ausfüllen: Fragen Sie beim Kontakt oben danach."),
        words.t("Sie können jederzeit aufhören. Mit /mydata sehen Sie, was zu Ihnen gespeichert ist. Mit /delete "
                "löschen Sie Ihre Antworten, Belege und Stellungnahmen. Im Protokoll bleibt, welche Antworten Ihre "
                "Stelle wann gegeben hat, und was unterschrieben ist, ändert sich nicht. Beides geht, bis der "
                "Selbstcheck beendet ist und die letzten Nachrichten verschickt sind.")
        + "\n" + words.t("Auf Wunsch erinnern wir Sie an offene Fragen, höchstens zweimal: mit /settings."),
    ]  # fmt: skip


def promises(words: Catalogue) -> list[str]:
    """What the coordinator confirms before the survey opens."""
    return [
        words.t("Jede Antwort einer Stelle bleibt, wie sie gegeben wurde; entschieden wird nur für die Kommune, mit "
                "einem Grund, der im Bericht steht."),
        words.t("Vor der Unterschrift sieht jede Stelle die Antworten der Kommune zu ihrem Teil, und ihre "
                "Stellungnahme wird gedruckt."),
        words.t("Namen werden nur gedruckt, wenn die Person es wünscht."),
        words.t("Zum Tag der Löschung wird alles gelöscht; die unterschriebene Erklärung bleibt."),
    ]  # fmt: skip
