"""A statement as its steps make it in a store, in two versions: six offices, everything that a document can print.

declared_town is one without a store, out of values alone.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from sqlite3 import Connection

from test_statement import ASKED, COORDINATOR, Desk, ratings

from bot.statement import steps
from conversations.conversation import REFERRED
from conversations.institution import Contributor
from conversations.questionnaire import Rating
from conversations.store import contributions
from reports.release import Release

YES, RATHER_YES, RATHER_NO, NO = (r.value for r in (Rating.YES, Rating.RATHER_YES, Rating.RATHER_NO, Rating.NO))
SENTENCES = (
    "Im Stadtteilbüro finden jede Woche offene Sprechstunden statt.",
    "Dort helfen Ehrenamtliche beim Lesen von Briefen und beim Ausfüllen von Anträgen.",
    "Zwei Stellen werden aus Landesmitteln bezahlt, eine trägt die Stadt selbst.",
    "Schwierig bleibt, dass die Förderung jedes Jahr neu beantragt werden muss.",
    "Mit den Trägern gibt es viermal im Jahr ein gemeinsames Treffen.",
)


def long_report(characters: int) -> str:
    """A self-report of about so many characters, in paragraphs."""
    found, n = "", 0
    while len(found) < characters:
        found += SENTENCES[n % len(SENTENCES)] + ("\n\n" if n % 7 == 6 else " ")
        n += 1
    return found[:characters].strip()


EDITED = """Die Stadt hat **Strukturen**, die tragen. Jetzt geht es um den Alltag der Ämter.

Bis zum Sommer soll geschehen:

- ein Austausch der Fachbereiche, **zweimal im Jahr**
- eine kurze Liste von Kennzahlen

1. Kennzahlen festlegen
2. Kennzahlen erheben

Der Integrationsbeirat wird dazu gehört."""


async def signed(desk: Desk) -> tuple[Release, Release]:
    """Two versions of a statement; the second one changes one answer and adds a text."""
    desk.now = datetime(2027, 3, 1, 10, tzinfo=UTC)  # after the survey of the tests was opened
    office = await desk.contributor("Dezernat I", "Integrationsbüro", "1", "5.1")
    staff = await desk.contributor("Dezernat II", "Personalamt", "1.3", "4")
    school = await desk.contributor("Dezernat III", "Amt für Schule und Sport", "2")
    trade = await desk.contributor("Dezernat IV", "Wirtschaftsförderung", "3")
    social = await desk.contributor("Dezernat III", "Sozialamt", "5", "6")
    press = await desk.contributor("Büro des Oberbürgermeisters", "Pressestelle", "7")
    await _answers(desk, office, ratings(ASKED, "1", RATHER_YES) | ratings(ASKED, "1.2", YES)
                   | ratings(ASKED, "1.4", NO) | {"1.4.2": "cannot-say", "1.4.3": REFERRED}
                   | ratings(ASKED, "5.1", RATHER_YES),
                   {"1.m": "Seit 2016 gibt es eine Steuerungsgruppe.\n\nSie trifft sich viermal im Jahr.",
                    "1.1.1": "Integrationskonzept, Beschluss des Stadtrats von 2018"})  # fmt: skip
    await _answers(desk, staff, ratings(ASKED, "1.3", NO) | ratings(ASKED, "4", RATHER_NO)
                   | ratings(ASKED, "4.4", YES), {"4.m": "Ein erster Workshop fand 2025 statt."})  # fmt: skip
    await _answers(desk, school, ratings(ASKED, "2", RATHER_YES) | ratings(ASKED, "2.6", "cannot-say")
                   | ratings(ASKED, "2.3", YES) | {"2.5.3": "cannot-say"},
                   {"2.m": long_report(10_000), "2.b": "Träger der Sprachkurse, Sportvereine, Jobcenter."})  # fmt: skip
    await _answers(desk, trade, ratings(ASKED, "3", YES) | ratings(ASKED, "3.3", RATHER_YES), {"3.m": "Jobmesse."})
    await _answers(desk, social, ratings(ASKED, "5", RATHER_YES) | ratings(ASKED, "5.3", NO)
                   | ratings(ASKED, "6", RATHER_YES))  # fmt: skip
    await _answers(desk, press, ratings(ASKED, "7", RATHER_YES) | ratings(ASKED, "7.3", RATHER_NO))
    for question in ("1.3.1", "1.3.2", "1.3.3"):
        await desk.decide(
            question, RATHER_NO, "Das Personalamt sieht den Alltag; das Konzept ist jünger als drei Jahre."
        )
    for question in ("1.4.2", "1.4.3"):
        await desk.decide(question, "cannot-say", "Es gibt noch keine Kennzahlen.")
    await desk.decide("2.5.3", "cannot-say", "Die Pflegeberatung liegt beim Land.")
    for question in ("2.6.1", "2.6.2", "2.6.3"):
        await desk.decide(question, "skipped", "Der Nahverkehr gehört zum Landkreis; er wurde nicht gefragt.")

    def presented(tx: Connection) -> None:
        town = steps.town(tx, desk.survey, ASKED)
        steps.choose(tx, town, ["4", "5"], "Hier liegen die meisten offenen Fragen, und beide Ämter wollen beginnen.",
                     desk.now, COORDINATOR)  # fmt: skip
        steps.present(tx, town, desk.now, COORDINATOR)

    await desk.house.store.write(presented)

    def commented(tx: Connection) -> None:
        town = steps.town(tx, desk.survey, ASKED)
        steps.comment(tx, town, town.contributor(staff.id), "4",
                      "Das Personalamt weist darauf hin, dass drei der Fragen das Jahr 2024 betreffen.\n\n"
                      "Seit Januar gilt eine neue Richtlinie.", desk.now)  # fmt: skip

    await desk.house.store.write(commented)
    first = await desk.sign()
    desk.now += timedelta(days=30)
    await desk.decide("1.1.1", NO, "Die Stelle ist zum Jahresende weggefallen.")
    await desk.house.store.write(lambda tx: contributions.keep_drafts(tx, desk.survey.id, {"1": EDITED}))
    return first, await desk.sign()


async def _answers(desk: Desk, one: Contributor, values: dict[str, str], texts: dict[str, str] | None = None) -> None:
    await desk.answers(one, values, texts, {q: "Statistikstelle" for q, v in values.items() if v == REFERRED})
