"""What a screen looks like: a conversation, in its language, as text and buttons. The same for every door."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from bot.buttons import press
from bot.labels import fitted
from bot.statement import seat as office
from conversations import conversation as c
from conversations.conversation import (
    COMMENT_LENGTH,
    FINISHED,
    REFERRED,
    REPORT_LENGTH,
    SKIPPED,
    Act,
    CommentScreen,
    Conversation,
    DeleteScreen,
    FieldScreen,
    LanguageScreen,
    PausedScreen,
    Place,
    QuestionScreen,
    ReferralScreen,
    ReviewScreen,
    SettingsScreen,
    ThanksScreen,
)
from conversations.engine import screen
from conversations.institution import Seat
from conversations.questionnaire import Field, Kind, Question, Questionnaire, Rating, Voice
from conversations.survey import Survey, text_in
from locales import FSI, PDI, SOURCE, Catalogue, catalogue, closed, complete, languages, mark

TEXT_LIMIT = 4096  # UTF-16 units of a Telegram message: an emoji counts twice
NESTED = 4  # isolates in one another at most: a value in a sentence in a letter
ROOM = TEXT_LIMIT - 2 * NESTED  # of a message among several: isolates are opened again in it, and closed
TOAST_LIMIT = 200  # characters of the answer to a press

RATINGS = {
    Rating.YES: mark("ja"),
    Rating.RATHER_YES: mark("eher ja"),
    Rating.RATHER_NO: mark("eher nein"),
    Rating.NO: mark("nein"),
    Rating.CANNOT_SAY: mark("keine Einschätzung"),
}
SKIP = mark("überspringen")
BACK = mark("zurück")
FINISH = mark("fertig")


@dataclass(frozen=True)
class Button:
    """A label and the data that come back when it is pressed."""

    label: str
    data: str


@dataclass(frozen=True)
class View:
    """A text with rows of buttons; `alert`: to be read in a pop-up where the door has one."""

    text: str
    rows: tuple[tuple[Button, ...], ...] = ()
    alert: bool = False


def offered_in(questionnaire: Questionnaire) -> list[str]:
    """The languages in which every text of a questionnaire exists."""
    return [code for code in languages() if complete(code, questionnaire.name)]


def read_in(questionnaire: Questionnaire, language: str) -> str:
    """The language in which an organiser reads about a questionnaire: theirs, or German where it does not exist."""
    return language if complete(language, questionnaire.name) else SOURCE


def spoken_in(survey: Survey, questionnaire: Questionnaire) -> list[str]:
    """The languages in which a survey is offered: of those that are complete the ones its organiser stands by."""
    return [code for code in offered_in(questionnaire) if not survey.languages or code in survey.languages]


def units(text: str) -> int:
    """The length of a text as Telegram counts: in UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2


def cut(text: str, limit: int) -> str:
    """The beginning of a text, as much of it as `limit` units hold."""
    return text.encode("utf-16-le")[: 2 * limit].decode("utf-16-le", "ignore")


def pieces(text: str) -> list[str]:
    """A text in as many messages as it takes; nothing is lost, and isolates end with a message."""
    return [text] if 0 < units(text) <= TEXT_LIMIT else _closed(_cuts(text))


def packed(parts: Iterable[str]) -> list[str]:
    """Paragraphs joined into as few messages as possible, none over the limit and nothing lost.

    An isolate may hold paragraphs of its own; it too ends with its message.
    """
    messages: list[str] = []
    for part in parts:
        for piece in _cuts(part):
            if messages and units(messages[-1]) + 2 + units(piece) <= ROOM:
                messages[-1] += "\n\n" + piece
            else:
                messages.append(piece)
    return _closed(messages)


def _cuts(text: str) -> list[str]:
    found = []
    while units(text) > ROOM:
        piece = cut(text, ROOM)
        text = text[len(piece) :]
        found.append(piece)
    return [*found, text] if text else found


def _closed(pieces: Iterable[str]) -> list[str]:
    """Pieces of one text: what is isolated where one ends is closed there, and opened again in the next one."""
    found, depth = list[str](), 0
    for piece in pieces:
        whole = FSI * depth + piece
        depth = min(max(whole.count(FSI) - whole.count(PDI), 0), NESTED)
        found.append(whole + PDI * depth)
    return found


def shortened(text: str, limit: int) -> str:
    """A text cut to `limit` units, with an ellipsis where something is missing; what was isolated there is closed."""
    if units(text) <= limit:
        return text
    short = cut(text, limit - 1 - (FSI in text)).rstrip() + "…"
    return closed(short)


def led(lead: str, shown: View) -> View:
    """A screen with something said before it; without a lead the screen as it is."""
    return View(shortened(f"{lead}\n\n{shown.text}", TEXT_LIMIT), shown.rows) if lead else shown


def answer_label(words: Catalogue, value: str | None) -> str:
    """An answer in words: a rating, skipped, finished, or still open."""
    if value is None:
        return words.t("noch offen")
    if value == SKIPPED:
        return words.t("übersprungen")
    if value == FINISHED:
        return words.t("beantwortet")
    if value == REFERRED:
        return words.t("weitergegeben")
    return words.t(RATINGS[Rating(value)])


class _Page(NamedTuple):
    """What the views of one conversation need: all that two people must share to be shown the very same screen."""

    questionnaire: Questionnaire
    kind: Kind
    voice: Voice
    language: str
    survey: str
    person: int
    version: int
    head: str = ""  # what an institution's contributor reads above the first question and the overview

    @property
    def words(self) -> Catalogue:
        return catalogue(self.language)

    def of(self, text: str) -> str:
        return self.words.of(self.questionnaire.name, text)

    def asked(self, question: Question) -> str:
        return self.of(question.text[self.voice][self.kind])

    def button(self, label: str, act: Act) -> Button:
        return Button(label, press(self, act))

    def row(self, *buttons: Button) -> tuple[Button, ...]:
        """Buttons side by side in reading order: Telegram does not mirror rows, so we do."""
        return buttons[::-1] if self.words.language.right_to_left else buttons


def view(
    survey: Survey, questionnaire: Questionnaire, conversation: Conversation, seat: Seat | None = None, *,
    late: bool = False,
) -> View:  # fmt: skip
    """The screen that a conversation shows now; a contributor's with its `seat` and its part as questionnaire.

    `late`: answers are not taken any more.
    """
    one = conversation
    head = ""
    if seat is not None:
        head = office.head(catalogue(one.language), survey, seat, handed_in=one.handed_in, late=late)
    page = _Page(questionnaire, survey.commune.kind, one.voice, one.language, one.survey, one.person, one.version, head)
    match screen(questionnaire, conversation):
        case QuestionScreen() as shown:
            if shown.question.rating:
                return _rating(page, shown.question.id, shown.answer, shown.statements)
            return _open(page, shown)
        case ReferralScreen(question):
            return _referral(page, question)
        case CommentScreen(field, asked):
            return _comment(page, seat, field, asked)
        case ReviewScreen() as shown:
            return _office_review(page, shown, seat, late) if questionnaire.institution else _review(page, shown)
        case FieldScreen() as shown:
            return _field(page, shown, one.referrals, late)
        case SettingsScreen(each_new):
            return _settings(page, each_new, seat, len(spoken_in(survey, questionnaire)) > 1)
        case LanguageScreen():
            return _language(page, spoken_in(survey, questionnaire))
        case PausedScreen(missing):
            return _paused(page, missing)
        case DeleteScreen():
            return _delete(page)
        case ThanksScreen(person):
            return _office_thanks(page, seat, late) if questionnaire.institution else _thanks(page, survey, person)


@lru_cache(maxsize=4096)
def _rating(page: _Page, question: str, answer: str | None, evidence: tuple[str, ...]) -> View:
    """A rating question. Whoever goes straight through is shown what others were: most screens are made only once."""
    words, asked = page.words, page.questionnaire.by_id[question]
    parts = [_asked(page, asked)]
    if answer is not None:
        parts.append(words.t("Bisherige Antwort: {answer}", answer=answer_label(words, answer)))
    rows = [
        (page.button(words.t(label), c.Rated(question, rating, page.version, at=0)),)
        for rating, label in RATINGS.items()
    ]
    if page.questionnaire.institution:
        parts.append(_evidence(words, evidence))
        rows.append((page.button(words.t("weiß ich nicht, bitte an …"), c.Referred(question, page.version)),))
    if evidence:
        rows.append((page.button(words.t("letzte Notiz löschen"), c.Dropped(question, page.version)),))
    shown = QuestionScreen(asked, answer, (), first=asked is page.questionnaire.questions[0])
    return View(_fitted(parts), (*rows, *_ways(page, shown)))


def _evidence(words: Catalogue, given: tuple[str, ...]) -> str:
    """What was noted as evidence, or how to note some."""
    if not given:
        return words.t("Beleg oder Notiz? Schreiben Sie erst eine Nachricht, etwa eine Maßnahme oder eine Quelle. "
                       "Drücken Sie dann Ihre Antwort.")  # fmt: skip
    count = words.n("Notiert: {n} Beleg", "Notiert: {n} Belege", len(given))
    return count + "\n" + "\n".join(_quoted(words, text, 160) for text in given[-3:])


def _referral(page: _Page, question: Question) -> View:
    words = page.words
    asks = words.t("Wer kann das beantworten? Schreiben Sie Amt und Funktion, ohne Namen.")
    rows = ((page.button(words.t(BACK), c.Opened(Place.QUESTION, question.id)),),)
    return View(_fitted([_asked(page, question), asks]), rows)


def _open(page: _Page, shown: QuestionScreen) -> View:
    """A question that takes statements."""
    words, question = page.words, shown.question
    rows = [(page.button(words.t(FINISH), c.Finished(question.id, page.version)),)]
    if page.questionnaire.institution and not shown.statements:
        rows.append((page.button(words.t("weiß ich nicht, bitte an …"), c.Referred(question.id, page.version)),))
    if shown.statements:
        dropped = c.Dropped(question.id, page.version)
        rows.append((page.button(words.t("letzten Beitrag löschen"), dropped),))
    return View(_fitted([_asked(page, question), *_open_parts(page, shown)]), (*rows, *_ways(page, shown)))


def _asked(page: _Page, question: Question) -> str:
    """Where a question stands, and its wording."""
    words, spot = page.words, page.questionnaire.spots[question.id]
    number, of = spot.number, len(spot.group.questions)
    if spot.group.field is not None:
        place = words.t(
            "Feld {field} von {fields}, Frage {number} von {of}",
            field=spot.field_number, fields=len(page.questionnaire.fields), number=number, of=of,
        )  # fmt: skip
        head = [place, page.of(spot.group.field.title)]
    elif page.questionnaire.fields:
        head = [words.t("Zum Schluss: Frage {number} von {of}", number=number, of=of)]
    else:
        head = [words.t("Frage {number} von {of}", number=number, of=of)]
    if question.optional:
        head.append(words.t("Diese Frage ist freiwillig."))
    if page.head and question is page.questionnaire.questions[0]:
        head = [page.head, office.size(words, len(page.questionnaire.questions)), "", *head]
    return "\n".join(head) + "\n\n" + page.asked(question)


def _open_parts(page: _Page, shown: QuestionScreen) -> list[str]:
    words, parts = page.words, []
    if help_ := shown.question.help.get(page.voice):
        parts.append(page.of(help_[page.kind]))
    if shown.statements:
        count = words.n("Notiert: {n} Beitrag", "Notiert: {n} Beiträge", len(shown.statements))
        parts.append(count + "\n" + "\n".join(_quoted(words, s, 160) for s in shown.statements[-3:]))
        parts.append(words.t("Schreiben Sie gern weiter, oder drücken Sie „fertig“."))
    elif page.questionnaire.institution:
        parts.append(words.t("Schreiben Sie eine oder mehrere Nachrichten, zusammen höchstens {number} Zeichen. "
                             "Danach drücken Sie „fertig“.", number=REPORT_LENGTH))  # fmt: skip
    else:
        parts.append(words.t("Schreiben Sie jeden Gedanken in eine eigene Nachricht. Danach drücken Sie „fertig“."))
    return parts


def _quoted(words: Catalogue, statement: str, limit: int) -> str:
    return words.t("• {statement}", statement=shortened(" ".join(statement.split()), limit))


def _ways(page: _Page, shown: QuestionScreen) -> list[tuple[Button, ...]]:
    """The rows below the answers: back, skip or keep, example."""
    words, question, version = page.words, shown.question, page.version
    ways = [] if shown.first else [page.button(words.t(BACK), c.WentBack(question.id, version))]
    if shown.answer is None:
        if not shown.statements:  # what was just written is not thrown away by one press
            ways.append(page.button(words.t(SKIP), c.Skipped(question.id, version)))
        rows = [page.row(*ways)] if ways else []
    else:
        ways.append(page.button(words.t("so lassen"), c.Kept(question.id, version)))
        rows = [page.row(*ways)]
        if shown.answer != SKIPPED:
            withdrawn = c.Skipped(question.id, version)
            rows.append((page.button(words.t("Antwort zurücknehmen"), withdrawn),))
    if question.rating and question.help.get(page.voice):
        rows.append((page.button(words.t("Beispiel ⓘ"), c.AskedExample(question.id)),))
    return rows


def _overview(page: _Page, shown: ReviewScreen) -> tuple[list[str], list[tuple[Button, ...]]]:
    """How far each field is, and the buttons that lead there."""
    words, lines = page.words, []
    rows: list[tuple[Button, ...]] = []
    for one in shown.progress:
        title = page.of(one.field.title) if one.field else words.t("Offene Fragen")
        line = words.t("{title}: {answered} von {total} beantwortet", title=title, answered=one.answered,
                       total=one.total)  # fmt: skip
        if one.skipped:
            line += words.n(", {n} übersprungen", ", {n} übersprungen", one.skipped)
        if one.referred:
            line += office.passed_on(words, one.referred)
        lines.append(line)
        rows.append((page.button(fitted(title), c.Opened(Place.FIELD, one.field.id if one.field else "open")),))
    return lines, rows


def _review(page: _Page, shown: ReviewScreen) -> View:
    words = page.words
    lines, rows = _overview(page, shown)
    parts = [words.t("Ihre Antworten im Überblick"), "\n".join(lines)]
    if shown.missing:
        parts.append(words.n("{n} Frage ist noch offen.", "{n} Fragen sind noch offen.", shown.missing))
        rows.append((page.button(words.t("weiter mit den Fragen"), c.Opened(Place.QUESTION)),))
    if shown.handed_in:
        parts.append(words.t("Ihre Antworten sind abgegeben. Änderungen gelten sofort, bis die Umfrage endet."))
        rows.append((page.button(words.t(FINISH), c.Opened(Place.THANKS)),))
    else:
        parts.append(words.t("Erst wenn Sie abgeben, zählen Ihre Antworten mit."))
        rows.append((page.button(words.t("Antworten abgeben"), c.HandedIn()),))
    return View(_fitted(parts), tuple(rows))


def _office_review(page: _Page, shown: ReviewScreen, seat: Seat | None, late: bool) -> View:
    """A contributor's overview: its part, what it can still do with it, and what it may say of the town's answers."""
    words = page.words
    lines, rows = _overview(page, shown)
    if not lines:
        return _no_part(page, seat)
    parts = [page.head] if page.head else []
    parts += [words.t("Ihre Antworten im Überblick"), "\n".join(lines)]
    if shown.missing:
        parts.append(words.n("{n} Frage ist noch offen.", "{n} Fragen sind noch offen.", shown.missing))
        if not late:
            rows.append((page.button(words.t("weiter mit den Fragen"), c.Opened(Place.QUESTION)),))
    parts.append(office.review(words, handed_in=shown.handed_in, late=late))
    rows += _comments(page, seat)
    if shown.handed_in:
        rows.append((page.button(words.t(FINISH), c.Opened(Place.THANKS)),))
    elif not late:
        rows.append((page.button(words.t("Antworten abgeben"), c.HandedIn()),))
    return View(_fitted(parts), tuple(rows))


def _no_part(page: _Page, seat: Seat | None) -> View:
    told = office.no_part(page.words, seat)
    return View(_fitted([page.head, told] if page.head else [told]))


def _comments(page: _Page, seat: Seat | None) -> list[tuple[Button, ...]]:
    """A button for the Stellungnahme on each field of a part, once the town's answers have been shown."""
    if seat is None or not seat.presented:
        return []
    return [
        (page.button(
            office.comment_label(page.words, field.id),
            c.Opened(Place.COMMENT if field.id in seat.comments else Place.COMMENTING, field.id),
        ),)
        for field in page.questionnaire.fields
    ]  # fmt: skip


def _comment(page: _Page, seat: Seat | None, field: Field, asked: bool) -> View:
    """A Stellungnahme: asked for, or as it will be printed."""
    words, there = page.words, seat is not None and field.id in seat.comments
    head = [office.comment_label(words, field.id), page.of(field.title)]
    write, back = c.Opened(Place.COMMENTING, field.id), c.Opened(Place.REVIEW)
    if asked or seat is None:
        asks = office.asks_comment(words, seat.contributor.title if seat else "", COMMENT_LENGTH, there=there)
        return View(_fitted(["\n".join(head), asks]), ((page.button(words.t(BACK), back),),))
    before, text, signature = office.printed(words, seat, field.id)
    rows = [(page.button(office.write_label(words, there=there), write),)]
    if there:
        rows.append((page.button(office.take_back_label(words), c.Uncommented(field.id, page.version)),))
    rows.append((page.button(words.t(FINISH), back),))
    frame = ["\n".join(head), before, signature]
    room = TEXT_LIMIT - TOAST_LIMIT - sum(units(one) + 2 for one in frame)  # something may be said before it
    return View(_fitted([p for p in (frame[0], before, shortened(text, room), signature) if p]), tuple(rows))


def _field(page: _Page, shown: FieldScreen, referrals: Mapping[str, str], late: bool) -> View:
    words = page.words
    limit = max(40, 3300 // max(1, len(shown.entries)) - 60)
    parts = [page.of(shown.field.title) if shown.field else words.t("Offene Fragen")]
    buttons = []
    for question, answer, statements in shown.entries:
        whom = referrals.get(question.id) if answer == REFERRED else None
        said = words.t("Ihre Antwort: {answer}", answer=answer_label(words, answer))
        asked = f"{FSI}{question.id}{PDI} {shortened(page.asked(question), limit)}"  # as its button calls it
        lines = [asked, said if whom is None else office.referred(words, whom)]
        room = max(30, limit // max(1, len(statements)) - 16)  # what stands before a statement takes room too
        parts.append("\n".join(lines + [_quoted(words, s, room) for s in statements]))
        change = words.t("{question} ändern", question=question.id)
        buttons.append(page.button(change, c.Opened(Place.QUESTION, question.id)))
    rows = [] if late else [page.row(*buttons[i : i + 2]) for i in range(0, len(buttons), 2)]
    rows.append((page.button(words.t(BACK), c.Opened(Place.REVIEW)),))
    return View(_fitted(parts), tuple(rows))


def _settings(page: _Page, each_new: bool, seat: Seat | None, several: bool) -> View:
    """`several`: there is more than one language to choose from."""
    words = page.words
    state = (
        words.t("Jede Frage kommt als neue Nachricht. Das hilft mit einem Vorleseprogramm.")
        if each_new
        else words.t("Die nächste Frage ersetzt die vorige an derselben Stelle.")
    )
    change = words.t("an derselben Stelle ersetzen") if each_new else words.t("jede Frage als neue Nachricht")
    reminds: tuple[tuple[Button, ...], ...] = ()
    if seat is not None:
        told, choice = office.reminders(words, seat.contributor.reminders)
        state, reminds = f"{state}\n\n{told}", (
            (page.button(choice, c.ChoseReminders(not seat.contributor.reminders)),),)  # fmt: skip
    speaks = (page.button(words.t("Sprache ändern"), c.Opened(Place.LANGUAGE)),)
    return View(
        words.t("Einstellungen") + "\n\n" + state,
        (
            (page.button(change, c.ChoseEachNew(not each_new)),),
            *reminds,
            *((speaks,) if several else ()),
            (page.button(words.t("weiter"), c.Opened(Place.QUESTION)),),
        ),
    )


def _language(page: _Page, spoken: Sequence[str]) -> View:
    rows = [(page.button(languages()[code].name, c.ChoseLanguage(code)),) for code in spoken]
    return View(page.words.t("In welcher Sprache möchten Sie weitermachen?"), tuple(rows))


def _paused(page: _Page, missing: int) -> View:
    words = page.words
    text = [
        words.t("Pause. Alles ist gespeichert."),
        words.n("{n} Frage ist noch offen.", "{n} Fragen sind noch offen.", missing),
        words.t("Machen Sie weiter, wann Sie möchten, auch nach Tagen."),
    ]
    return View(_fitted(text), ((page.button(words.t("weiter"), c.Opened(Place.QUESTION)),),))


def _delete(page: _Page) -> View:
    words = page.words
    text = [
        words.t("Möchten Sie wirklich löschen?"),
        words.t("Gelöscht werden Ihre Antworten und alles, was dazu gespeichert ist. Das geht nicht rückgängig."),
        words.t("Auch die Nachrichten der letzten 48 Stunden werden entfernt, soweit sie nach Ihrer Zustimmung kamen. "
                "Andere können Sie selbst löschen. Was Telegram bei sich aufhebt, erreichen wir nicht."),
        words.t("„Alles von diesem Telefon“ meint auch andere Umfragen und andere Personen, die hier geantwortet "
                "haben."),
    ]  # fmt: skip
    rows = [
        (page.button(words.t("ja, diese Umfrage löschen"), c.Deleted()),),
        (page.button(words.t("ja, alles von diesem Telefon"), c.Deleted(everybody=True)),),
        (page.button(words.t("nein, behalten"), c.Opened(Place.QUESTION)),),
    ]
    return View(_fitted(text), tuple(rows))


def _thanks(page: _Page, survey: Survey, person: int) -> View:
    words = page.words
    text = [
        words.t("Vielen Dank! Ihre Antworten sind abgegeben."),
        words.t("Wie es weitergeht: {steps}", steps=text_in(survey.commune.next_steps, page.language)),
        words.t("Bis die Umfrage endet, können Sie Ihre Antworten noch ändern."),
    ]  # fmt: skip
    rows = [
        (page.button(words.t("Antworten ansehen oder ändern"), c.Opened(Place.REVIEW)),),
        (page.button(words.t("Ergebnis zuschicken lassen"), c.WantedResult()),),
    ]
    if person < c.PERSONS:
        text.append(
            words.t("Wenn jetzt eine andere Person an diesem Telefon antwortet, sind Ihre Antworten hier "
                    "nicht mehr zu sehen und nicht mehr zu ändern.")
        )  # fmt: skip
        rows.append((page.button(words.t("für eine weitere Person ausfüllen"), c.AnotherPerson()),))
    return View(_fitted(text), tuple(rows))


def _office_thanks(page: _Page, seat: Seat | None, late: bool) -> View:
    """A contributor has handed in: what follows, and what it may still do."""
    words = page.words
    if not page.questionnaire.questions:
        return _no_part(page, seat)
    label = office.look_label(words) if late else words.t("Antworten ansehen oder ändern")
    rows: list[tuple[Button, ...]] = [(page.button(label, c.Opened(Place.REVIEW)),), *_comments(page, seat)]
    text = office.thanks(words, presented=seat is not None and seat.presented, late=late)
    return View(_fitted([page.head, *text] if page.head else text), tuple(rows))


def _fitted(parts: Sequence[str]) -> str:
    return shortened("\n\n".join(parts), TEXT_LIMIT)
