"""What a contributor reads on its screens and in passing, beside what every respondent does: words only."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from bot.clock import here
from conversations.institution import Contributor, Seat
from conversations.survey import Survey
from locales import Catalogue, catalogue

INVITE = "con-"  # what the parameter of a contributor's one-time link begins with


def head(words: Catalogue, survey: Survey, seat: Seat, *, handed_in: bool, late: bool) -> str:
    """For whom one answers, and by when."""
    title = words.t("Sie antworten für: {title}", title=seat.contributor.title)
    by = "" if late else until(words, survey, handed_in=handed_in)
    return f"{title}\n{by}" if by else title


def until(words: Catalogue, survey: Survey, *, handed_in: bool = False) -> str:
    """By when the part is to be handed in, or can be changed; "" where no day was set."""
    if survey.closes is None:
        return ""
    there = here(survey.closes)
    day, time = words.day(there.date()), f"{there:%H:%M}"
    if handed_in:
        return words.t("Änderungen sind bis {day}, {time} Uhr möglich.", day=day, time=time)
    return words.t("Bitte geben Sie bis {day}, {time} Uhr ab.", day=day, time=time)


def size(words: Catalogue, number: int) -> str:
    """How many questions a part has."""
    return words.n("Ihr Teil hat {n} Frage.", "Ihr Teil hat {n} Fragen.", number)


def no_part(words: Catalogue, seat: Seat | None) -> str:
    """There is nothing to answer yet, or not any more."""
    if seat is None:
        return words.t("Für Ihre Stelle antwortet inzwischen jemand anderes. Ihre Antworten zählen nicht mehr mit. Mit "
                       "/mydata sehen Sie, was noch gespeichert ist, mit /delete löschen Sie es.")  # fmt: skip
    return words.t("Ihnen ist zurzeit keine Frage zugeteilt. Sobald die Koordination Ihnen einen Teil gibt, bekommen "
                   "Sie hier eine Nachricht.")  # fmt: skip


def review(words: Catalogue, *, handed_in: bool, late: bool) -> str:
    """Whether the part is handed in, and whether it still can be."""
    if late:
        return deadline(words) if handed_in else (
            deadline(words) + " " + words.t("Ihr Teil ist nicht abgegeben und zählt nicht mit."))  # fmt: skip
    if handed_in:
        return words.t("Ihr Teil ist abgegeben. Änderungen gelten sofort, solange Antworten angenommen werden.")
    return words.t("Erst wenn Sie abgeben, zählen Ihre Antworten für Ihre Stelle.")


def deadline(words: Catalogue) -> str:
    """Answers are not taken any more."""
    return words.t("Die Frist ist abgelaufen. Antworten werden nicht mehr angenommen.")


def thanks(words: Catalogue, *, presented: bool, late: bool) -> list[str]:
    """What follows when a part is handed in."""
    text = [words.t("Vielen Dank! Ihr Teil ist abgegeben.")]
    if presented:
        text.append(words.t("Die Koordination hat Ihnen die Antworten der Kommune zu Ihrem Teil gezeigt. Zu jedem Feld "
                            "können Sie Stellung nehmen."))  # fmt: skip
    else:
        text.append(words.t("Wie es weitergeht: Die Koordination führt alle Teile zusammen. Antworten Stellen "
                            "verschieden, entscheidet sie und schreibt den Grund dazu. Bevor die Erklärung "
                            "unterschrieben wird, sehen Sie die Antworten der Kommune zu Ihrem Teil und können "
                            "Stellung nehmen."))  # fmt: skip
    text.append(
        deadline(words) if late else words.t("Solange Antworten angenommen werden, können Sie Ihre noch ändern.")
    )
    return text


def comment_label(words: Catalogue, field: str) -> str:
    """The button for a Stellungnahme."""
    return words.t("Stellungnahme zu Feld {field}", field=field)


def write_label(words: Catalogue, *, there: bool) -> str:
    """The button that asks for the text of a Stellungnahme."""
    return words.t("neu schreiben") if there else words.t("schreiben")


def take_back_label(words: Catalogue) -> str:
    """The button that takes a Stellungnahme back."""
    return words.t("zurücknehmen")


def look_label(words: Catalogue) -> str:
    """The button to one's answers when they cannot be changed any more."""
    return words.t("Antworten ansehen")


def asks_comment(words: Catalogue, title: str, number: int, *, there: bool) -> str:
    """Asks for the text of a Stellungnahme."""
    text = words.t("Schreiben Sie Ihre Stellungnahme in einer Nachricht, höchstens {number} Zeichen. Sie wird mit "
                   "Ihrer Unterschrift gedruckt: {title}. Die Antworten der Kommune ändern sich dadurch nicht.",
                   number=number, title=title)  # fmt: skip
    return text + " " + words.t("Ihr neuer Text ersetzt den bisherigen.") if there else text


def printed(words: Catalogue, seat: Seat, field: str) -> tuple[str, str, str]:
    """Before, text and signature of a Stellungnahme as it will be printed; the text is "" where there is none."""
    text, day = seat.comments.get(field, ("", ""))
    if not text:
        return words.t("Zu diesem Feld haben Sie keine Stellungnahme abgegeben."), "", ""
    return words.t("So wird es gedruckt:"), text, signature(words, seat.contributor, day)


def signature(words: Catalogue, one: Contributor, day: str) -> str:
    """Who signs a Stellungnahme, and when."""
    return words.t("{title}, {day}", title=one.title, day=words.day(date.fromisoformat(day)))


def referred(words: Catalogue, target: str) -> str:
    """To whom a question was referred, as the line of the answer to it."""
    return words.t("Ihre Antwort: weitergegeben an {target}", target=target)


def passed_on(words: Catalogue, number: int) -> str:
    """How many questions of a field were referred, at the end of the line that says how many were answered."""
    return words.n(", {n} weitergegeben", ", {n} weitergegeben", number)


def reminders(words: Catalogue, wanted: bool) -> tuple[str, str]:
    """The setting, and the button that changes it."""
    if wanted:
        return (words.t("Sie werden erinnert, höchstens zweimal und nur zwischen 9 und 20 Uhr, solange Ihr Teil nicht "
                        "abgegeben ist."), words.t("nicht mehr erinnern"))  # fmt: skip
    return words.t("Sie werden nicht an offene Fragen erinnert."), words.t("erinnern Sie mich")


def data(words: Catalogue, seat: Seat) -> list[str]:
    """What is held of a contributor beside its conversation."""
    one = seat.contributor
    name = one.name or words.t("keiner, gedruckt wird nur die Funktion")
    return [
        words.t("Sie antworten für: {title}", title=one.title),
        words.t("Name im Bericht: {name}", name=name),
        words.n("Ihr Teil hat {n} Frage.", "Ihr Teil hat {n} Fragen.", len(one.questions)),
        reminders(words, one.reminders)[0],
        words.t("Im Protokoll der Erklärung steht mit Datum und Uhrzeit, was Ihre Stelle geantwortet und geändert hat. "
                "Die Koordination zeigt es Ihnen."),
    ]  # fmt: skip


def comments(words: Catalogue, seat: Seat) -> list[str]:
    """A contributor's Stellungnahmen, each with its signature."""
    return [
        "\n".join([comment_label(words, field), text, signature(words, seat.contributor, day)])
        for field, (text, day) in sorted(seat.comments.items())
    ]  # fmt: skip


# ---- in passing -------------------------------------------------------------------------------------------------


def linked_again(language: str, one: Contributor) -> str:
    """Somebody opened the own link again."""
    return catalogue(language).t(
        "Ihr Link ist benutzt, Sie sind schon dabei und antworten für: {title}", title=one.title
    )


def seated(language: str, one: Contributor) -> str:
    """Somebody who answers for one office opened the link of another."""
    return catalogue(language).t("Sie antworten in diesem Selbstcheck schon für: {title}. Ein Chat kann nur für eine "
                                 "Stelle antworten. Der neue Link ist nicht benutzt.", title=one.title)  # fmt: skip


def late(language: str) -> str:
    """It is too late to begin."""
    return deadline(catalogue(language)) + " " + catalogue(language).t("Bitte wenden Sie sich an die Koordination.")


def held(language: str, seats: Mapping[str, Seat]) -> str:
    """What is held of somebody who used a link and has not consented yet."""
    words = catalogue(language)
    lines = [words.t("Kürzel: {respondent}, für: {title}", respondent=r, title=seat.contributor.title)
             for r, seat in seats.items()]  # fmt: skip
    return "\n".join([
        words.t("Sie haben die Einladung einer Stelle benutzt und noch nicht zugestimmt. Gespeichert ist nur, dass "
                "dieser Chat zu dieser Stelle gehört. Mit /delete wird es gelöscht."), *lines,
    ])  # fmt: skip


def released(language: str) -> str:
    """The chat does not belong to an office any more."""
    return catalogue(language).t("Gelöscht. Dieser Chat gehört zu keiner Stelle mehr; die Koordination kann Sie neu "
                                 "einladen.")  # fmt: skip
