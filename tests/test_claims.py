"""What a text says of the figures: the few things that are recognised, what is right, what is refused and how."""

from __future__ import annotations

from random import Random

import pytest
from samples import dessau_answers, selbstcheck, statement_of_dessau

from conversations.questionnaire import Rating
from locales import catalogue
from reports.claims import OVERALL, Facts, contradictions
from reports.document import evaluation_of
from reports.evaluation import evaluate
from reports.statement_drafts import draft, parts


def facts() -> Facts:
    found = evaluation_of(statement_of_dessau().document, selbstcheck(), "administration")
    assert found is not None
    return Facts(selbstcheck(), found)


TRUE = [  # part, text
    ("1", "Es wurden 12 von 14 Fragen bearbeitet."),
    ("1", "Von 14 Fragen sind 12 bearbeitet; 2 von 14 Fragen sind nicht bearbeitet."),
    ("1", "Bearbeitet: 12 von 14."),
    ("1", "In Handlungsfeld 3 sind 12 von 12 Fragen bearbeitet."),
    ("1", "Insgesamt wurden **93 von 105** Fragen bearbeitet."),
    ("1", "3 von 5 Dezernaten arbeiten mit, 12 von 15 Ämtern auch; am 10/11 traf man sich."),
    ("2", "The town answered 25 of 29 questions, and 93 of 105 in total."),
    ("2", "Alle 3 Fragen zu Transport und Mobilität blieben offen, 0 von 3 Fragen in Kriterium 2.6."),
    ("4", "5 von 18 Fragen sind mit „eher nein“ beantwortet."),
    (OVERALL, "10 von 34 Kriterien sind mit „ja“ bewertet, 33 von 34 Kriterien haben eine Bewertung."),
    (OVERALL, "Alle 105 Fragen standen im Bogen."),
    (OVERALL, "Bearbeitet sind 93 von 105 Fragen, in Handlungsfeld 2 sind es 25 von 29."),
    (OVERALL, "Am meisten fehlt in Handlungsfeld 5; 33 von 34 Kriterien haben eine Bewertung."),
    (OVERALL, "Trotz Handlungsfeld 5 ist die Stufe insgesamt „auf dem Weg fortgeschritten“, der Mittelwert 2,09."),
    ("1", "Die Fragen 1.4.2 und 1.4.3 (Monitoring) wurden nicht bearbeitet."),
    ("2", "Die Fragen 2.5.3 (Gesundheit und Pflege) und 2.6.1 – 2.6.3 (Transport und Mobilität) wurden nicht "
          "bearbeitet."),
    ("5", "Die Fragen 5.1.3, 5.1.4, 5.1.6 (Engagement unabhängig von Herkunft, Kultur, Weltanschauung und Religion) "
          "und 5.2.1 (Beteiligung an politischen Prozessen) wurden mit „eher nein“, die Fragen 5.3.1 und 5.3.2 "
          "(Globale Verantwortung) wurden mit „nein“ beantwortet."),
    ("7", "Die Frage 7.2.4 (Berücksichtigung sprachlicher und kultureller Bedürfnisse) wurde mit „keine Einschätzung "
          "möglich“ beantwortet, die Frage 7.3.1 (Medialer Diskurs) mit „eher nein“."),
    ("7", "Mit „eher nein“ beantwortet: Fragen 7.3.1, 7.3.2 und 7.3.3."),
    ("2", "Übersprungen sind „übersprungen“: 2.5.3 und 2.6.1."),
    ("2", "Offen sind „nicht bearbeitet“: 2.5.3 und 2.6.1."),
    ("5", "Die Kommune ist auf dem Weg zur Weltoffenheit."),
    ("5", "Handlungsfeld 3 „Arbeit und wirtschaftliche Entwicklung“ erreicht die Stufe „weltoffen aufgestellt“."),
    ("5", "Die Stufe ist „auf dem Weg“, der Mittelwert 1,33."),
    ("5", "Ohne Kriterium 5.3 hieße die Stufe „auf dem Weg fortgeschritten“."),
    ("5", "## Handlungsfeld 5: Engagement und Beteiligung\n\n- Handlungsfeld 1: Management und Steuerung"),
    ("5", "Handlungsfeld 5: Hier fehlt noch Geld."),
    ("6", "Seit dem 3.5.20 und 2.10.2018 gilt Version 2.0; das kostet 1.500 Euro und 2.5 Prozent."),
    ("6", "Der Bereich Sprache und viele Einwohner*innen sagen „ja“ dazu."),
    ("6", "Wertschätzung von Vielfalt durch Einwohner*innen (6.2) ist mit „eher ja“ bewertet."),
]  # fmt: skip
HINT = "; that of all fields together needs the word “insgesamt” (“overall”) in its sentence"
FALSE = [  # part, text, line, what is said, what is so
    ("1", "Es wurden 13 von 14 Fragen bearbeitet.", 1, "13 von 14 Fragen", "must be 12 von 14"),
    ("2", "\nEs wurden\n25 von\n30 Fragen bearbeitet.", 3, "25 von 30 Fragen", "must be 25 von 29"),
    ("2", "25 of 30 were answered.", 1, "25 of 30", "must be 25 von 29"),
    ("1", "In Handlungsfeld 3 sind 12 von 14 Fragen bearbeitet.", 1, "12 von 14 Fragen", "must be 12 von 12"),
    (OVERALL, "Insgesamt 93 von 106 Fragen.", 1, "93 von 106 Fragen", "must be 93 von 105"),
    (OVERALL, "Insgesamt 106 Fragen standen im Bogen.", 1, "Insgesamt 106 Fragen", "must be 105"),
    (OVERALL, "34 von 34 Kriterien sind bewertet.", 1, "34 von 34 Kriterien", "must be 33 von 34"),
    (OVERALL, "Es sind 4 von 8 Handlungsfeldern.", 1, "4 von 8 Handlungsfeldern", "must be of 7"),
    ("2", "Frage 2.10.3 fehlt.", 1, "2.10.3", "there is no criterion or question 2.10.3"),
    ("2", "Kriterium 2.11 fehlt.", 1, "2.11", "there is no criterion or question 2.11"),
    ("2", "Siehe Handlungsfeld 8.", 1, "8", "there is no field 8"),
    ("5", "Fragen 5.1.3, 5.2.4, 5.1.6 (Engagement unabhängig von Herkunft, Kultur, Weltanschauung und Religion).", 1,
     "5.2.4 … Engagement unabhängig von Herkunft, Kultur, Weltanschauung und Religion",
     "5.2.4 is not part of “Engagement unabhängig von Herkunft, Kultur, Weltanschauung und Religion” (5.1)"),
    ("2", "Sprache (2.1) trägt.", 1, "2.1 … Sprache", "2.1 is not part of “Sprache” (2.2)"),
    ("5", "Handlungsfeld „Engagement und Teilhabe“", 1, "Handlungsfeld „Engagement und Teilhabe“",
     "no field is called “Engagement und Teilhabe”"),
    ("5", "# Handlungsfeld 5 – Engagement und Teilhabe", 1, "# Handlungsfeld 5 – Engagement und Teilhabe",
     "field 5 is called “Engagement und Beteiligung”"),
    ("1", "Die Fragen 1.4.1 und 1.4.2 (Monitoring) wurden nicht bearbeitet.", 1, "1.4.1 … nicht bearbeitet",
     "1.4.1 has “nein”"),
    ("2", "Erste Zeile.\n\nFragen 2.5.3 und 2.6.1 – 2.6.3 mit „keine Einschätzung möglich“.", 3,
     "2.5.3 … „keine Einschätzung möglich“", "2.5.3 has “nicht bearbeitet”"),
    ("7", "Frage 7.2.4 wurde mit „eher nein“ beantwortet, 7.3.1 mit „eher nein“.", 1, "7.2.4 … „eher nein“",
     "7.2.4 has “keine Einschätzung möglich”"),
    ("6", "Mit „ja“ bewertet: Begegnung in öffentlichen Räumen (6.1) und Kriterium 6.2.", 1, "6.2 … „ja“",
     "6.2 has “eher ja”"),
    ("2", "Wohnen ist mit „eher nein“ bewertet.", 1, "2.4 … „eher nein“", "2.4 has “ja”"),
    ("2", "Question 2.4.1 was marked ‘rather no’.", 1, "2.4.1 … ‘rather no’", "2.4.1 has “ja”"),
    ("5", "Die Kommune ist auf dem Weg zur Weltoffenheit fortgeschritten.", 1,
     "Die Kommune ist auf dem Weg zur Weltoffenheit fortgeschritten.", "the level is “auf dem Weg”"),
    ("5", "Stufe „weltoffen aufgestellt“.", 1, "„weltoffen aufgestellt“", "the level of field 5 is “auf dem Weg”"),
    (OVERALL, "Feld 5 steht auf Stufe „weltoffen aufgestellt“.", 1, "„weltoffen aufgestellt“",
     "the level of field 5 is “auf dem Weg”"),
    (OVERALL, "Feld 5 steht auf Stufe „auf dem Weg fortgeschritten“.", 1, "„auf dem Weg fortgeschritten“",
     f"the level of field 5 is “auf dem Weg”{HINT}"),
    (OVERALL, "In Handlungsfeld 2 sind 24 von 29 Fragen bearbeitet.", 1, "24 von 29 Fragen",
     "must be 25 von 29 or 93 von 105"),
    (OVERALL, "Trotz Handlungsfeld 5 ist der Mittelwert 2,09.", 1, "Mittelwert 2,09", f"must be 1.11 or 1.33{HINT}"),
    ("5", "Der Mittelwert von 1,5 ist knapp.", 1, "Mittelwert von 1,5", "must be 1.11 or 1.33"),
]  # fmt: skip


@pytest.mark.parametrize(("part", "text"), TRUE, ids=[text[:40] for _, text in TRUE])
def test_what_is_so_is_left_alone(part: str, text: str) -> None:
    assert contradictions(text, facts(), part) == []


@pytest.mark.parametrize(("part", "text", "line", "said", "right"), FALSE, ids=[case[1][:40] for case in FALSE])
def test_what_is_not_so_is_named_with_its_line_and_the_right_value(
    part: str, text: str, line: int, said: str, right: str
) -> None:
    found = [(c.line, c.said, c.right) for c in contradictions(text, facts(), part)]
    assert (line, said, right) in found
    assert {c[0] for c in found} == {line}


def test_a_reason_may_say_what_a_contributor_answered_but_no_wrong_count() -> None:
    reason = "Das Sportamt sagt zu 2.4.1 „nein“, das Wohnungsamt kennt die Zahlen: 24 von 29 Fragen."
    found = contradictions(reason, facts(), "2", values=False)
    assert [(c.said, c.right) for c in found] == [("24 von 29 Fragen", "must be 25 von 29")]


@pytest.mark.parametrize("code", ["de", "en"])
@pytest.mark.parametrize("seed", range(12))
def test_drafts_by_rule_say_nothing_that_is_not_so_and_other_figures_show_in_them(code: str, seed: int) -> None:
    dice, asked = Random(seed), selbstcheck()
    print(f"seed {seed}")
    values = {q: dice.choice([*Rating, "skipped"]) for q in dessau_answers()}
    evaluation = evaluate(asked, {q: {str(v): 1} for q, v in values.items()}, 1)
    texts = {part: draft(asked, evaluation, part, catalogue(code)) for part in parts(asked).values()}
    assert {part: contradictions(text, Facts(asked, evaluation), part) for part, text in texts.items()} == {
        part: [] for part in texts
    }
    wrong = [part for part, text in texts.items() if contradictions(text, facts(), part)]
    assert len(wrong) >= 6, "said of Dessau-Roßlau, all but a chance field are wrong"
