"""Mirror and waves in words, and each as an HTML page of its own. Knows their values and a catalogue, no release."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from markupsafe import Markup

from conversations.questionnaire import Mirror, Questionnaire, Voice
from locales import Catalogue
from reports import words
from reports.charts import Dumbbell, Geometry, Mark
from reports.evaluation import VALUES, Figures, Level, Standing
from reports.mirror import Cell, Facing, FieldFacing, Mirrored, Side, mirror
from reports.sources import Source
from reports.statement_views import SIGNED_SURVEY, SIGNED_SURVEY_TITLE, SIGNED_TITLE
from reports.templating import ENVIRONMENT, Texts, css_string
from reports.waves import Change, FieldChange, State, VoiceWaves, Wave, Waves, waves

SPARE = ("triangle", "plus", "ring", "wedge", "cross", "hourglass", "half")
"""Symbols of sides whose voice's own symbol is taken."""


def mirror_page(sources: Sequence[Source], catalogue: Catalogue) -> str:
    """The mirror of these surveys as an HTML document without any other file; raises what `mirror` raises, and
    LanguageError where the language lacks a questionnaire."""
    found = MirrorWords(mirror(sources), catalogue)
    return _page(catalogue, found.mirrored.commune, catalogue.t("Die Stimmen nebeneinander"), sources, mirrored=found)


def waves_page(old: Source, new: Source, catalogue: Catalogue) -> str:
    """Two runs compared, as an HTML document without any other file; raises what `waves` raises, and LanguageError."""
    found = WavesWords(waves(old, new), catalogue)
    return _page(catalogue, new.commune, catalogue.t("Vergleich mit der letzten Erhebung"), (old, new), compared=found)


def _page(
    catalogue: Catalogue, commune: str, lead: str, sources: Sequence[Source],
    mirrored: MirrorWords | None = None, compared: WavesWords | None = None,
) -> str:  # fmt: skip
    texts = Texts(catalogue)
    name = words.clean(commune)
    return ENVIRONMENT.get_template("comparison.html").render(
        t=texts.t,
        n=texts.n,
        page=mirrored or compared,
        words=words,
        geometry=Geometry(catalogue),
        catalogue=catalogue,
        language=catalogue.language,
        rtl=catalogue.language.right_to_left,
        commune=name,
        commune_css=css_string(name),
        lead=lead,
        facts=[(source.survey, _survey(catalogue, source), source.digest) for source in sources],
        people=any(not source.questionnaire.institution for source in sources),
        statement=any(source.questionnaire.institution for source in sources),
        origins=list(dict.fromkeys(catalogue.of(s.questionnaire.name, s.questionnaire.origin) for s in sources)),
        mirrored=mirrored,
        compared=compared,
    )


def _survey(catalogue: Catalogue, source: Source) -> Markup:
    """Which questionnaire a survey asked, and the day on which it closed or its statement was signed."""
    t, title = Texts(catalogue).t, catalogue.of(source.questionnaire.name, source.questionnaire.title)
    day = catalogue.day(source.closed)
    if source.questionnaire.institution:
        return t(SIGNED_TITLE, title=title, signed=day)
    return t("{title}, abgeschlossen am {closed}", title=title, closed=day)


class _Words:
    """What both say alike."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.texts = Texts(catalogue)
        self.geometry = Geometry(catalogue)

    def marked(self, found: Figures | None) -> str:
        """The word of a mark, or why there is none; None stands for a withheld voice."""
        return words.marked(self.catalogue, found)

    def mean(self, value: Fraction | None) -> str:
        """A mean with two decimals."""
        return words.mean(self.catalogue, value)

    def level(self, level: Level | None) -> str:
        """The word of a level."""
        return words.levelled(self.catalogue, level)

    @property
    def scale(self) -> list[str]:
        """The words of the four marks, from "nein" on."""
        return [self.catalogue.t(words.MARK[rating]) for rating in sorted(VALUES, key=lambda r: VALUES[r])]

    def people(self, n: int | None) -> Markup:
        """How many people a voice is; None for an institution's statement."""
        if n is None:
            return self.texts.t("eine gemeinsame Erklärung")
        return self.texts.n(
            "{n} Teilnehmender, selbst gewählt, nicht repräsentativ",
            "{n} Teilnehmende, selbst gewählt, nicht repräsentativ",
            n,
        )

    def ratings(self, figures: Figures | None, statement: bool, k: int) -> str:
        """How many ratings a mark comes from, or how many of an institution's questions; empty where there is none."""
        if figures is None or (figures.counts is None and figures.mark is None):
            return ""
        counts = figures.counts
        if counts is None:
            return self.texts.t("weniger als {k} Einschätzungen", k=k)
        if statement:
            asked = counts.ratings + counts.missing
            return self.texts.n(
                "{answered} von {n} Frage bearbeitet",
                "{answered} von {n} Fragen bearbeitet",
                asked,
                answered=counts.ratings,
            )
        return self.texts.n("{n} Einschätzung", "{n} Einschätzungen", counts.ratings)


class MirrorWords(_Words):
    """The mirror as its template asks for it."""

    def __init__(self, mirrored: Mirrored, catalogue: Catalogue) -> None:
        super().__init__(catalogue)
        self.mirrored = mirrored
        self.several = len(mirrored.sources) > 1
        own: dict[str, Side] = {}
        spare = iter(SPARE)
        self._symbols: dict[str, str] = {}
        for side in mirrored.sides:
            name = "statement" if side.statement else str(side.voice)
            self._symbols[side.id] = f"voice-{name}" if own.setdefault(name, side) is side else f"side-{next(spare)}"

    def symbol(self, side: Side) -> str:
        """The symbol of a side in all drawings."""
        return self._symbols[side.id]

    def name(self, side: Side) -> str:
        """The name of a side, with its number where another one has the same."""
        return self._numbered(words.voice(self.catalogue, side.voice, side.statement), side)

    def label(self, side: Side) -> str:
        """The name short enough for a column of a drawing."""
        return self._numbered(self.catalogue.t("Kommune"), side) if side.statement else self.name(side)

    def _numbered(self, name: str, side: Side) -> str:
        return f"{name} {self.catalogue.number(side.number)}" if side.number else name

    def basis(self, side: Side) -> Markup:
        """How many people a side is."""
        return self.people(side.n)

    def survey(self, side: Side) -> Markup:
        """Which survey a side comes from."""
        t, survey = self.texts.t, side.source.survey
        title = self.catalogue.of(side.source.questionnaire.name, side.source.questionnaire.title)
        day = self.catalogue.day(side.source.closed)
        if side.statement:
            return t(SIGNED_SURVEY_TITLE, survey=survey, title=title, signed=day)
        return t("Erhebung {survey}, {title}, abgeschlossen am {closed}", survey=survey, title=title, closed=day)

    def title(self, one: Facing | FieldFacing) -> str:
        """The title of a criterion or field."""
        side = one.cells[0].side if isinstance(one, Facing) else one.standings[0][0]
        return words.title(self.catalogue, side.source.questionnaire, one.id)

    def asked(self, cell: Cell) -> list[tuple[str, str]]:
        """The questions of a cell as they were asked there, with their ids."""
        source = cell.side.source
        asked = source.questionnaire
        return [(q.id, words.asked(self.catalogue, asked, q, cell.side.voice, source.kind)) for q in cell.questions]

    def count(self, cell: Cell) -> str:
        """What the mark of a cell comes from."""
        return self.ratings(cell.figures, cell.side.statement, cell.side.source.k(cell.side.voice))

    def notes(self, cell: Cell) -> list[str]:
        """Short notes beside a mark: divided, close."""
        t = self.catalogue.t
        notes = []
        if cell.figures.divided:
            notes.append(t("gemischt") if cell.side.statement else t("uneinig"))
        if cell.figures.close:
            notes.append(t("knapp"))
        return notes

    def caution(self, one: Facing) -> str:
        """How society's answer is to be read where it was not asked the same."""
        relations = {cell.relation for cell in one.cells}
        if Mirror.OTHER in relations:
            return self.catalogue.t(
                "Die Gesellschaft wurde hier etwas anderes gefragt, denn von innen kann sie es nicht kennen. Ihre "
                "Bewertung steht daneben und zählt nicht als Abstand."
            )
        if Mirror.PERCEIVED in relations:
            return self.catalogue.t("Die Gesellschaft beantwortet, was sie davon wahrnimmt.")
        return ""

    def drawing(self, one: Facing) -> Dumbbell:
        """The sides of a criterion that have a mark, in its four columns."""
        marks = [
            Mark(self.symbol(cell.side), self.label(cell.side), cell.value, cell.ranked)
            for cell in one.cells if cell.value is not None
        ]  # fmt: skip
        return self.geometry.dumbbell(marks)

    def told(self, one: Facing) -> str:
        """The same in words."""
        return _pairs((self.name(cell.side), self.marked(cell.figures)) for cell in one.cells)

    def cell(self, one: Facing, side: Side) -> Cell | None:
        """A side at a criterion; None where its questionnaire does not have it."""
        return next((cell for cell in one.cells if cell.side is side), None)

    def standing(self, one: FieldFacing, side: Side) -> Standing | None:
        """Where a side stands in a field; None where its questionnaire does not have it."""
        return next((found for other, found in one.standings if other is side), None)

    def distance(self, one: Facing) -> str:
        """The gap as a cell of a table says it."""
        if one.gap is None:
            return self.catalogue.t("nicht verglichen")
        if not one.gap:
            return self.catalogue.t("keiner")
        return self.texts.n("{n} Schritt", "{n} Schritte", one.gap)


class WavesWords(_Words):
    """Two runs compared, as the template asks for it."""

    def __init__(self, waves: Waves, catalogue: Catalogue) -> None:
        super().__init__(catalogue)
        self.waves = waves

    @property
    def caution(self) -> str:
        """What a change does not prove."""
        if self.waves.statement:
            return self.catalogue.t(
                "Kleine Änderungen der Bewertungen beweisen nichts: Beide Male hat die Kommune sich selbst "
                "eingeschätzt, und nicht unbedingt haben dieselben Stellen mitgearbeitet."
            )
        return self.catalogue.t(
            "Kleine Änderungen der Bewertungen beweisen nichts: Beide Male haben wenige Menschen mitgemacht, die sich "
            "selbst dafür entschieden haben, und nicht unbedingt dieselben."
        )

    def name(self, voice: VoiceWaves) -> str:
        """The name of a voice."""
        return words.voice(self.catalogue, voice.voice, self.waves.statement)

    def surveys(self) -> list[tuple[str, Markup]]:
        """Both runs: the word for each, and which survey it is."""
        t = self.catalogue.t
        return [(t("damals"), self._run(self.waves.old)), (t("jetzt"), self._run(self.waves.new))]

    def _run(self, source: Source) -> Markup:
        day = self.catalogue.day(source.closed)
        if self.waves.statement:
            return self.texts.t(SIGNED_SURVEY, survey=source.survey, signed=day)
        return self.texts.t("Erhebung {survey}, abgeschlossen am {closed}", survey=source.survey, closed=day)

    def basis(self, wave: Wave) -> Markup:
        """What there is of a voice in one run."""
        if wave.state is State.NOT_ASKED:
            return self.texts.t("nicht befragt")
        if wave.state is State.WITHHELD:
            return self.texts.t("zurückgehalten, zum Schutz kleiner Gruppen")
        return self.people(wave.n)

    def title(self, one: Change | FieldChange) -> str:
        """The title of a criterion or field."""
        return words.title(self.catalogue, self.waves.new.questionnaire, one.id)

    def named(self, ids: Sequence[str], newer: bool) -> str:
        """Criteria of one run as a list of titles with their ids."""
        asked: Questionnaire = (self.waves.new if newer else self.waves.old).questionnaire
        return words.named(self.catalogue, asked, ids)

    def listed(self, ids: Sequence[str]) -> str:
        """Ids as a list."""
        return words.listed(self.catalogue, ids)

    def counts(self, voice: VoiceWaves, one: Change) -> tuple[str, str]:
        """What both marks of a criterion come from."""
        before, after = self.waves.old.k(voice.voice), self.waves.new.k(voice.voice)
        statement = self.waves.statement
        return self.ratings(one.before, statement, before), self.ratings(one.after, statement, after)

    def moved(self, steps: int | None) -> str:
        """By how many marks something changed."""
        if not steps:
            return self._still(steps)
        if steps > 0:
            return self.texts.n("{n} Schritt höher", "{n} Schritte höher", steps)
        return self.texts.n("{n} Schritt tiefer", "{n} Schritte tiefer", -steps)

    def climbed(self, steps: int | None) -> str:
        """By how many levels something changed."""
        if not steps:
            return self._still(steps)
        if steps > 0:
            return self.texts.n("{n} Stufe höher", "{n} Stufen höher", steps)
        return self.texts.n("{n} Stufe tiefer", "{n} Stufen tiefer", -steps)

    def _still(self, steps: int | None) -> str:
        return self.catalogue.t("nicht verglichen") if steps is None else self.catalogue.t("unverändert")

    def asked(self, voice: Voice, one: Change) -> tuple[list[str], list[str]]:
        """The wordings of a criterion then and now."""
        found = [
            [
                words.asked(self.catalogue, source.questionnaire, question, voice, source.kind)
                for question in source.questionnaire.criteria[one.id].questions
            ]
            for source in (self.waves.old, self.waves.new)
        ]
        return found[0], found[1]

    def drawing(self, one: Change) -> Dumbbell:
        """Both marks of a criterion in its four columns."""
        pairs = zip(("side-ring", "side-triangle"), (word for word, _ in self.surveys()), one.values, strict=True)
        return self.geometry.dumbbell([Mark(symbol, word, v) for symbol, word, v in pairs if v is not None])

    def told(self, one: Change) -> str:
        """The same in words."""
        names = [word for word, _ in self.surveys()]
        return _pairs(zip(names, (self.marked(one.before), self.marked(one.after)), strict=True))


def _pairs(found: Iterable[tuple[str, str]]) -> str:
    return "; ".join(f"{name}: {word}" for name, word in found)
