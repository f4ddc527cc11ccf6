"""How the Auswertung in Word ends: voices side by side, statements, who took part, the rule, limits and origin."""

from __future__ import annotations

import html as escaping
from collections.abc import Iterator, Sequence

from conversations.questionnaire import Mirror
from locales import FSI, PDI
from reports import words
from reports.assessment import blocks
from reports.comparing import MirrorWords
from reports.docx_ground import Ground
from reports.evaluation import LEVELS
from reports.mirror import Facing, mirror
from reports.sources import Source
from reports.views import VoiceView
from reports.wordml import Cell, Line, Run, Style, Table


class EndParts(Ground):
    """The parts behind the fields, each as markup."""

    # ---- beside each other, and what was said -------------------------------------------------------------------

    def _mirror(self) -> Iterator[str]:
        if not self.views.fields or len(self.views.voices) < 2:
            return
        t, writer = self.catalogue.t, self.writer
        found = MirrorWords(mirror([Source(self.commune, self.document, self.questionnaire)]), self.catalogue)
        yield writer.heading(1, t("Die Stimmen nebeneinander"), first=True)
        yield writer.paragraph(t(
            "Hier stehen die Kriterien, bei denen die Stimmen mindestens eine Bewertung auseinanderliegen, die größten "
            "Abstände zuerst. Gedruckt ist, was jede Stimme gefragt wurde."
        ))  # fmt: skip
        yield writer.heading(2, t("Abstände"))
        if found.mirrored.gaps:
            caption = self.catalogue.n(
                "{n} Kriterium, der größte Abstand zuerst", "{n} Kriterien, die größten Abstände zuerst",
                len(found.mirrored.gaps),
            )  # fmt: skip
            yield writer.table(self._faced(found, caption, found.mirrored.gaps))
        else:
            yield writer.paragraph(t("Kein Kriterium liegt eine Bewertung oder mehr auseinander."))
        if found.mirrored.unranked:
            yield writer.heading(2, t("Nebeneinander, aber nicht verglichen"))
            yield writer.paragraph(t(
                "Diese Fragen können Einwohner*innen nicht von innen beantworten. Sie wurden etwas anderes gefragt; "
                "deshalb steht hier kein Abstand."
            ))  # fmt: skip
            caption = self.catalogue.n(
                "{n} Kriterium, bewertet von jeder Stimme für sich",
                "{n} Kriterien, bewertet von jeder Stimme für sich",
                len(found.mirrored.unranked),
            )
            yield writer.table(self._faced(found, caption, found.mirrored.unranked))

    def _faced(self, found: MirrorWords, caption: str, those: Sequence[Facing]) -> Table:
        t, rows = self.catalogue.t, list[list[Cell]]()
        for one in those:
            title = f"{one.id} {found.title(one)}"
            lines: list[Line] = [title]
            if one.gap:
                lines = [f"{title}. {self.catalogue.n('Abstand: {n} Schritt', 'Abstand: {n} Schritte', one.gap)}"]
            rows.append([Cell(tuple(lines), span=3, fill=True)])
            for cell in one.cells:
                count = unmarked(found.count(cell))
                side = words.counted(self.catalogue, found.name(cell.side), count)
                asked = tuple(question for _, question in found.asked(cell))
                rows.append([Cell((side,)), Cell((self._marked(cell.figures),)), Cell(asked)])
            if any(cell.relation is Mirror.PERCEIVED for cell in one.cells) and found.caution(one):
                rows[-1][2] = Cell((*rows[-1][2].lines, found.caution(one)))
        return Table(
            caption, t("Unter jedem Kriterium eine Zeile je Stimme: Bewertung und Wortlaut der Frage."), (26, 20, 54),
            [Cell((t("Stimme"),)), Cell((t("Bewertung"),)), Cell((t("Frage"),))], rows,
        )  # fmt: skip

    def _statements(self) -> Iterator[str]:
        if not self.views.spoken:
            return
        t, writer = self.catalogue.t, self.writer
        yield writer.heading(1, t("Was die Menschen gesagt haben"))
        yield writer.paragraph(t(
            "Freie Texte in zufälliger Reihenfolge, ohne Sprache und Zeit. Veröffentlicht ist nur, was die "
            "Veranstaltenden freigegeben haben; im Wortlaut bleibt es die Sicht Einzelner."
        ))  # fmt: skip
        for question, those in self.views.spoken:
            yield writer.heading(2, question)
            yield from self._quoted(those)

    # ---- who, how, and what not ---------------------------------------------------------------------------------

    def _participants(self) -> Iterator[str]:
        t, writer = self.catalogue.t, self.writer
        yield writer.heading(1, t("Wer mitgemacht hat"))
        if self.institution:
            yield writer.paragraph(t(
                "Die Antworten sind eine gemeinsame Erklärung der Einrichtung, keine Befragung einzelner Menschen."
            ))  # fmt: skip
            if self._statement:
                yield from self._statement.contributors()
            return
        for voice in self.views.voices:
            yield writer.heading(2, voice.name)
            if voice.not_handed_in is None:
                left = t("Begonnen, aber nicht abgegeben: weniger als {k}.", k=voice.k)
            else:
                left = t(
                    "Begonnen, aber nicht abgegeben: {n}. Sie sind in keiner Zahl enthalten.", n=voice.not_handed_in
                )
            yield writer.bullets([self._people(voice), left])
            if len(voice.groups) > 1:
                yield writer.table(self._groups(voice))
                yield writer.paragraph(
                    t("Sprachen mit weniger als {k} Menschen sind zusammengefasst.", k=voice.k), Style.NOTE
                )

    def _groups(self, voice: VoiceView) -> Table:
        t = self.catalogue.t
        rows = [
            [Cell((Run(f"{FSI}{group.name}{PDI}", lang=group.tag or ""),)),
             Cell((self.catalogue.number(group.n),), Style.FIGURE)]
            for group in voice.groups
        ]  # fmt: skip
        return Table(
            t("Sprache, in der geantwortet wurde"), t("Eine Zeile je Sprache, mit der Zahl der Menschen."), (70, 30),
            [Cell((t("Sprache"),)), Cell((t("Menschen"),), Style.FIGURE)], rows,
        )  # fmt: skip

    def _rule(self) -> Iterator[str]:
        t, writer = self.catalogue.t, self.writer
        yield writer.heading(1, t("So wurde gerechnet"))
        yield writer.paragraph(t(
            "Die amtliche Rechenregel des Selbstchecks wurde nie veröffentlicht. Diese Auswertung rechnet nach einer "
            "eigenen, hier abgedruckten Regel. Sie ergibt für den veröffentlichten Selbstcheck Dessau-Roßlau alle "
            "sieben Stufen der Felder und die Gesamtstufe."
        ))  # fmt: skip
        yield writer.numbers(self._steps())
        starts = [self.catalogue.number(0), *(words.cut(self.catalogue, n) for n in (1, 2, 3))]
        marks = [t(words.MARK[mark]) for mark, _ in reversed(words.values())]
        cuts = reversed(list(zip(starts, marks, LEVELS, strict=True)))
        rows = [[Cell((start,)), Cell((mark,)), Cell((self._level(level),))] for start, mark, level in cuts]
        yield writer.table(Table(
            t("Die Grenzen"), t("Eine Zeile je Grenze: ab welchem Mittelwert welche Bewertung und Stufe gilt."),
            (24, 38, 38),
            [Cell((t("Mittelwert ab"),)), Cell((t("Bewertung eines Kriteriums"),)), Cell((t("Stufe eines Feldes"),))],
            rows,
        ))  # fmt: skip

    def _steps(self) -> list[str]:
        t = self.catalogue.t
        few = t("Mit weniger als fünf Einschätzungen hat ein Kriterium keine Bewertung und geht in keinen Mittelwert "
                "ein.")  # fmt: skip
        return [
            t("Jede Einschätzung hat einen Wert: ja 3, eher ja 2, eher nein 1, nein 0. Alles andere fehlt und zählt "
              "nie als null."),
            t("Der Mittelwert eines Kriteriums ist die Summe der Werte durch die Zahl der Einschätzungen. Seine "
              "Bewertung ist die nächstgelegene Einschätzung; genau in der Mitte wird aufgerundet."),
            *([] if self.institution else [few]),
            t("Der Mittelwert eines Feldes ist der Mittelwert der Bewertungen seiner Kriterien. So lässt er sich aus "
              "dem Überblick nachrechnen."),
            t("Für das Gesamtergebnis gilt dasselbe über alle bewerteten Kriterien."),
            t("Keine Stufe hat ein Feld, von dem weniger als die Hälfte der Fragen bearbeitet ist."),
            t("„Uneinig“ heißt: Mindestens ein Drittel der Einschätzungen liegt auf jeder Seite der Mitte. „Knapp“ "
              "heißt: höchstens 0,1 neben einer Grenze. „Durch Rundung“ heißt: Die ungerundeten Mittelwerte der "
              "Kriterien ergäben eine andere Stufe."),
        ]  # fmt: skip

    def _limits(self) -> Iterator[str]:
        t, writer = self.catalogue.t, self.writer
        yield writer.heading(1, t("Grenzen und Schutz"))
        yield writer.heading(2, t("Was diese Auswertung nicht sagt"))
        chosen = t("Wer mitmacht, hat sich selbst dafür entschieden. Die Ergebnisse gelten für die Teilnehmenden, "
                   "nicht für alle Menschen der Kommune.")  # fmt: skip
        own = t("Sie ist eine Selbsteinschätzung. Andere in der Kommune können es anders sehen.")
        rated = [
            t("Alle Fragen sind so gestellt, dass „ja“ offen bedeutet. Wer gern zustimmt, hebt damit das Ergebnis."),
            t("Nicht zu antworten kann eine Stufe heben. Darum stehen bei jeder Stufe die fehlenden Fragen und, wo sie "
              "etwas ändern könnten, die Spanne."),
        ]  # fmt: skip
        yield writer.bullets([
            own if self.institution else chosen, *(rated if self.views.fields else []),
            t("Jede Stimme steht für sich; sie werden nie zusammengerechnet."),
        ])  # fmt: skip
        yield writer.heading(2, t("Was nicht gezeigt wird, und warum"))
        if self.institution:
            yield writer.bullets([t("Die Erklärung einer Einrichtung wird ganz gezeigt.")])
            return
        hidden = [
            t("{voice}: zurückgehalten, zum Schutz kleiner Gruppen. Nötig sind mindestens {k} Menschen, die einzeln "
              "abgegeben haben.", voice=voice.name, k=voice.k)
            for voice in self.views.hidden
        ]  # fmt: skip
        small = [
            t("{voice}: Verteilungen und Gruppen unter {k} Menschen bleiben geschützt.", voice=voice.name, k=voice.k)
            for voice in self.views.voices
        ]
        free = t("Freie Texte erscheinen nur, wenn sie freigegeben wurden. Gelöschte Aussagen fehlen.")
        yield writer.bullets([*hidden, *small, free])

    def _origin(self) -> Iterator[str]:
        catalogue = self.catalogue
        yield self.writer.paragraph(catalogue.of(self.questionnaire.name, self.questionnaire.origin), Style.NOTE)
        if self.views.fields:
            yield self.writer.paragraph(catalogue.of("assessment-1", blocks().origin), Style.NOTE)
        yield self.writer.paragraph(catalogue.t(
            "Erhebung {survey}, Fragebogen {questionnaire}. Jede Zahl lässt sich mit dem Programm „weltoffen“ "
            "nachvollziehen.",
            survey=self.document["survey"]["id"],
            questionnaire=self.questionnaire.name,
        ), Style.NOTE)  # fmt: skip


def unmarked(markup: str) -> str:
    """A text that was made for a page, as a text with isolates again."""
    return escaping.unescape(str(markup).replace("<bdi>", FSI).replace("</bdi>", PDI))
