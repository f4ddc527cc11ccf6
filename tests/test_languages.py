"""Every language is complete, counts as CLDR does, keeps placeholders and isolates; extraction is stable."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from datetime import date
from fractions import Fraction
from pathlib import Path
from string import Formatter

import pytest
from babel import Locale
from babel.messages.pofile import read_po

import locales
from bot import checking
from bot.notice import choose_language, notice
from bot.view import BACK, FINISH, RATINGS, SKIP, offered_in, view
from bot.words import COMMANDS, PLAIN, SAYS, Plain, help_text, plain
from conversations.conversation import Conversation, Place
from conversations.questionnaire import Voice, load
from locales import (
    FOLDER,
    FSI,
    LRM,
    MESSAGES,
    PDI,
    RLM,
    SOURCE,
    STATEMENT,
    Catalogue,
    LanguageError,
    catalogue,
    kept,
    kept_in,
    known,
    languages,
    offered,
)
from locales import extract as extraction
from locales.extract import sources, stale, template, updated

ROOT = FOLDER.parent
DOMAINS = sorted(sources(ROOT))
TRANSLATED = [code for code in languages() if code != SOURCE]
INTERFACE = (MESSAGES, STATEMENT)  # texts into which values are inserted
EVERYWHERE = [(code, domain) for code in TRANSLATED for domain in DOMAINS if kept(code, domain)]


# ---- the languages ------------------------------------------------------------------------------------------------


def test_the_source_comes_first_and_needs_no_translation() -> None:
    assert next(iter(languages())) == SOURCE
    assert [locales.complete(SOURCE, domain) for domain in DOMAINS] == [True] * len(DOMAINS)


@pytest.mark.parametrize("code", known())
def test_direction_and_locale_are_those_of_the_script(code: str) -> None:
    language = known()[code]
    order = Locale.parse(language.babel).character_order
    assert order == ("right-to-left" if language.right_to_left else "left-to-right")
    assert language.direction in ("ltr", "rtl")


def test_what_an_app_says_of_itself_finds_an_offered_language() -> None:
    found = [offered(app) for app in ("de", "en-US", "AR_eg", "de-AT", "tlh", "", None)]
    assert found == ["de", "en", "ar", "de", None, None, None]


def test_a_broken_entry_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locales, "FOLDER", tmp_path)
    (tmp_path / "languages.toml").write_text('[fr]\nname = "français"\nplural = "nplurals=2; plural=(n > 1);"\n')
    with pytest.raises(LanguageError, match=r"^languages\.toml: fr: 'direction'$"):
        known.__wrapped__()
    with pytest.raises(LanguageError, match=r"^there is no language 'tlh'; there are: de, "):
        catalogue("tlh")


# ---- numbers ------------------------------------------------------------------------------------------------------

CATEGORIES = ("zero", "one", "two", "few", "many", "other")


def arabic(n: int) -> str:
    """CLDR's rule for whole numbers, by hand: Babel 2.18 has Arabic wrong."""
    if n < 3:
        return CATEGORIES[n]
    return "few" if 3 <= n % 100 <= 10 else "many" if 11 <= n % 100 <= 99 else "other"


BY_HAND: dict[str, Callable[[int], str]] = {
    "ar": arabic,
    "fa": lambda n: "one" if n < 2 else "other",
    "tr": lambda n: "one" if n == 1 else "other",
}


@pytest.mark.parametrize("code", known())
def test_plural_forms_are_those_of_cldr(code: str) -> None:
    language = known()[code]
    rule = BY_HAND.get(code) or Locale.parse(language.babel).plural_form
    forms = [rule(n) for n in range(1201)]
    order = [c for c in CATEGORIES if c in set(forms)]
    assert [language.plural(n) for n in range(1201)] == [order.index(form) for form in forms]
    assert language.forms == len(order)


def words(code: str, **entries: tuple[str, ...]) -> Catalogue:
    """A catalogue of these interface texts alone."""
    return Catalogue(known()[code], {MESSAGES: entries})


def test_a_text_is_said_in_the_form_of_its_number() -> None:
    found = words("ar", eins=("0", "1", "2", "wenige {n}", "viele {n}", "andere {n}"))
    assert [found.n("eins", "viele", n) for n in (0, 1, 2, 3, 11, 100, 1103)] == [
        "0", "1", "2", "wenige 3", "viele 11", "andere 100", "wenige 1,103",
    ]  # fmt: skip


def test_a_text_without_all_forms_is_said_in_german() -> None:
    found = words("ar", **{"{n} Tag": ("يوم", "أيام")})
    assert [found.n("{n} Tag", "{n} Tage", n) for n in (0, 1, 2)] == ["0 Tage", "1 Tag", "2 Tage"]


def test_numbers_are_rounded_half_up_and_written_as_the_language_does() -> None:
    halves = [Fraction(1, 2), Fraction(5, 4), Fraction(5, 2), Fraction(-1, 2), 12345]
    assert [catalogue("de").number(h) for h in halves] == ["1", "1", "3", "0", "12.345"]
    assert [catalogue("en").number(h, 1) for h in halves] == ["0.5", "1.3", "2.5", "-0.5", "12,345.0"]


def test_days_are_written_out() -> None:
    day = date(2026, 9, 14)
    assert (catalogue("de").day(day), catalogue("en").day(day)) == ("14. September 2026", "14 September 2026")


# ---- texts --------------------------------------------------------------------------------------------------------


def test_inserted_values_are_isolated_and_never_read_as_placeholders() -> None:
    found = words("ar", **{"Name: {name}, {n}": ("{n} :{name}",)})
    assert found.t("Name: {name}, {n}", name="{n} Abc", n=1234) == f"1,234 :{FSI}{{n}} Abc{PDI}"
    assert found.t("Ohne {Klammern}") == "Ohne {Klammern}"
    assert found.n("{n} von {ort}", "{n} aus {ort}", 2, ort="X") == f"2 aus {FSI}X{PDI}"


def test_sentences_follow_each_other_as_the_language_writes_them() -> None:
    joined = {code: catalogue(code).joined("A.", "B.", "C.") for code in languages()}
    assert joined == {code: "A.B.C." if code == "zh_Hans" else "A. B. C." for code in languages()}


def test_interface_texts_fall_back_to_german_and_questions_do_not() -> None:
    found = Catalogue(known()["ar"], {"probe-1": {"Frage?": ("سؤال؟",)}})
    assert (found.t("Weiter"), found.of("probe-1", "Frage?")) == ("Weiter", "سؤال؟")
    for domain, text in (("probe-1", "Andere?"), ("probe-2", "Frage?")):
        with pytest.raises(LanguageError, match=rf"^ar/{domain}: no translation of "):
            found.of(domain, text)
    assert Catalogue(known()["de"], {}).of("probe-1", "Frage?") == "Frage?"


HEAD = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n'
HEAD_AR = f'{HEAD}"Plural-Forms: {known()["ar"].rule}\\n"\n'


def test_only_what_is_filled_and_not_fuzzy_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "ar" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    every = 'msgid "{n} A"\nmsgid_plural "{n} AA"\n'
    forms = "".join(f'msgstr[{i}] "{i or ""}"\n' for i in range(6))
    (folder / "p.po").write_text(
        f'{HEAD_AR}\nmsgid "gut"\nmsgstr "جيد"\n\n#, fuzzy\nmsgid "alt"\nmsgstr "قديم"\n\nmsgid "leer"\nmsgstr ""\n\n'
        f"{every}{forms}", "utf-8",
    )  # fmt: skip
    assert locales.entries(folder / "p.po") == {"gut": ("جيد",)}
    (folder / "p.po").write_text(f"{HEAD_AR}\n{every}" + forms.replace('""', '"null"'), "utf-8")
    assert locales.entries(folder / "p.po") == {"{n} A": ("null", "1", "2", "3", "4", "5")}
    monkeypatch.setattr(locales, "FOLDER", tmp_path)
    (tmp_path / "p.pot").write_text(f'{HEAD}\n{every}msgstr[0] ""\nmsgstr[1] ""\n', "utf-8")
    assert locales.complete.__wrapped__("ar", "p")
    (tmp_path / "p.pot").write_text(f'{HEAD}\nmsgid "neu"\nmsgstr ""\n', "utf-8")
    assert not locales.complete.__wrapped__("ar", "p")
    assert not locales.complete.__wrapped__("ar", "q")


def test_a_broken_catalogue_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "ar" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "p.po").write_text('msgid "a"\nmsgstr "b"\nunsinn\n', "utf-8")
    with pytest.raises(LanguageError, match=r"^ar/p\.po: "):
        locales.entries(folder / "p.po")


def test_the_long_form_and_the_workshop_are_kept_in_german_and_english_the_rest_in_every_language() -> None:
    some = {"selbstcheck-1": {"en"}, "workshop-1": {"en"}, "statement": {"en"}}
    assert kept_in() == some
    assert {(c, d) for c in languages() for d in DOMAINS if not kept(c, d)} == {
        (code, domain) for domain in some for code in languages() if code not in ("de", "en")
    }
    assert {name: offered_in(asked) for name, asked in load().items()} == {
        "dialog-1": list(languages()), "kurzform-1": list(languages()),
        "selbstcheck-1": ["de", "en"], "workshop-1": ["de", "en"],
    }  # fmt: skip


def test_a_domain_kept_in_an_unknown_language_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locales, "FOLDER", tmp_path)
    (tmp_path / "languages.toml").write_text('kept_in = { probe-1 = ["en", "tlh"] }\n', "utf-8")
    with pytest.raises(LanguageError, match=r"^languages\.toml: kept_in: probe-1: there is no language tlh$"):
        kept_in.__wrapped__()


def test_check_names_a_domain_that_is_unknown_missing_or_there_unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    some = {"dialog-1": frozenset({"en"}), "probe-1": frozenset({"en"}), "workshop-1": frozenset({"en", "ar"})}
    monkeypatch.setattr(locales, "kept_in", lambda: some)
    monkeypatch.setattr(checking, "kept_in", lambda: some)
    missing = len(locales.keys(FOLDER / "workshop-1.pot"))
    found = [p.split(", the first")[0] for p in checking.problems()]
    others = [code for code in TRANSLATED if code not in ("en", "ar")]
    assert sorted(p for p in found if "selbstcheck" not in p and "statement" not in p) == sorted([
        "locales/languages.toml: kept_in: there is no domain 'probe-1'",
        *(f"locales/{code}/dialog-1.po: is there, but languages.toml says that it is not kept in {code}"
          for code in ("ar", *others)),
        f"locales/ar/workshop-1.po: {missing} texts missing or fuzzy",
    ])  # fmt: skip


def po(code: str, domain: str) -> Path:
    return FOLDER / code / "LC_MESSAGES" / f"{domain}.po"


@pytest.mark.parametrize(("code", "domain"), EVERYWHERE)
def test_every_offered_language_has_every_text(code: str, domain: str) -> None:
    wanted = locales.keys(FOLDER / f"{domain}.pot")
    assert sorted(wanted - set(locales.entries(po(code, domain)))) == []
    assert wanted


@pytest.mark.parametrize(("code", "domain"), EVERYWHERE)
def test_a_catalogue_holds_nothing_that_is_no_longer_asked_for(code: str, domain: str) -> None:
    with po(code, domain).open("rb") as file:
        catalog = read_po(file)
    assert ([m.id for m in catalog if m.fuzzy and m.id], list(catalog.obsolete)) == ([], [])
    assert set(locales.entries(po(code, domain))) - locales.keys(FOLDER / f"{domain}.pot") == set()


def gaps(text: str) -> set[str]:
    """The names of the placeholders of a text."""
    return {field for _, field, _, _ in Formatter().parse(text) if field is not None}


@pytest.mark.parametrize(("code", "domain"), [(c, d) for c, d in EVERYWHERE if d in INTERFACE])
def test_translations_have_the_same_placeholders_and_as_many_forms_as_the_language(code: str, domain: str) -> None:
    with po(code, domain).open("rb") as file:
        messages = [m for m in read_po(file) if m.id]
    wrong = []
    for message in messages:
        if isinstance(message.id, str):
            forms, wanted = [message.string], gaps(message.id)
            fine = [gaps(str(f)) for f in forms] == [wanted]
        else:  # the forms of zero, one and two may do without the number
            forms, wanted = list(message.string), gaps(message.id[1])
            fine = len(forms) == known()[code].forms and all(wanted - {"n"} <= gaps(f) <= wanted for f in forms)
            fine = fine and "n" in gaps(forms[-1])
        if not fine:
            wrong.append(message.id)
    assert wrong == []


@pytest.mark.parametrize(("code", "domain"), [(c, d) for c in languages() for d in INTERFACE if kept(c, d)])
def test_in_every_language_every_inserted_value_stands_isolated(code: str, domain: str) -> None:
    found, wrong = catalogue(code), []
    for message in locales.keys(FOLDER / f"{domain}.pot"):
        if values := {name: f"<{name}>" for name in gaps(message) - {"n"}}:
            shown = found.t(message, **values, **({"n": 1} if "n" in gaps(message) else {}))
            isolated = set(re.findall(f"{FSI}([^{FSI}{PDI}]*){PDI}", shown))
            if isolated != set(values.values()) or "<" in re.sub(f"{FSI}[^{FSI}{PDI}]*{PDI}", "", shown):
                wrong.append(message)
    assert wrong == []


@pytest.mark.parametrize(("code", "domain"), [(c, d) for c, d in EVERYWHERE if d not in INTERFACE])
def test_texts_of_questionnaires_and_assessment_have_no_gaps_and_no_isolates(code: str, domain: str) -> None:
    texts = [(k, *v) for k, v in locales.entries(po(code, domain)).items()]
    assert [t[0] for t in texts if any(set("{}" + FSI + PDI) & set(s) for s in t)] == []


# ---- screens ------------------------------------------------------------------------------------------------------


def balanced(text: str) -> bool:
    """Whether every isolate that is opened is closed again, one inside the other at most."""
    depth = 0
    for character in text:
        depth += (character == FSI) - (character == PDI)
        if not 0 <= depth <= 1:
            return False
    return depth == 0


@pytest.mark.parametrize(("name", "code"), [(name, code) for name in load() for code in offered_in(load()[name])])
def test_on_every_screen_isolates_are_closed(code: str, name: str) -> None:
    asked = load()[name]
    survey, wrong = checking.survey_for(asked), []
    for voice in asked.voices:
        screens = [view(survey, asked, c) for c in checking.conversations(asked, code, voice)]
        screens += [shown for _, shown in checking.office_views(asked, code)] if asked.institution else []
        screens += [*notice(survey, asked, voice, code, 1), choose_language(survey, asked, voice, 1, code)]
        wrong += [s.text for s in screens if not all(map(balanced, (s.text, *(b.label for r in s.rows for b in r))))]
    assert wrong == []


@pytest.mark.parametrize("code", [code for code, language in languages().items() if language.right_to_left])
def test_the_slash_of_a_command_stays_in_front_of_its_word_where_one_reads_from_the_right(code: str) -> None:
    asked = load()["kurzform-1"]
    survey = checking.survey_for(asked)
    texts = [s.text for voice in asked.voices for s in notice(survey, asked, voice, code, 1)]
    texts += [plain(code, which).text for which in Plain] + [help_text(code).text]
    commands = [text[found.start() - 1] for text in texts for found in re.finditer("/[a-z]", text)]
    assert set(commands) == {LRM} and len(commands) >= len(COMMANDS)


def test_in_the_list_of_languages_every_full_stop_stands_where_its_line_ends() -> None:
    asked = load()["kurzform-1"]
    survey = checking.survey_for(asked)
    marks = {code: choose_language(survey, asked, Voice.SOCIETY, 1, code).text.split("\n") for code in ("en", "ar")}
    lines = {code: catalogue(code).t("Bitte wählen Sie Ihre Sprache.") for code in languages()}
    del lines["de@simple"]  # says what German says
    right = {code for code in lines if languages()[code].right_to_left}
    assert right == {"ar", "fa"}
    assert sorted(marks["en"]) == sorted(line + RLM * (code in right) for code, line in lines.items())
    assert sorted(marks["ar"]) == sorted(line + LRM * (code not in right) for code, line in lines.items())


def test_rows_of_buttons_stand_in_reading_order() -> None:
    asked = load()["kurzform-1"]
    survey = checking.survey_for(asked)
    rows = {}
    for code in ("de", "ar"):
        at = Conversation(survey.id, "r", Voice.SOCIETY, code, "n", answers={"1.1": "yes"}, place=Place.QUESTION)
        rows[code] = [[b.data for b in row] for row in view(survey, asked, at).rows]
    assert rows["de"][5] == ["wwwwww:1:b:1.2:1", "wwwwww:1:s:1.2:1"]
    assert rows["ar"] == [row[::-1] for row in rows["de"]]


def test_weltoffen_check_finds_nothing() -> None:
    assert list(checking.problems()) == []


WRONG = {
    "a value is missing": ("fr", "Hallo {name}", ("Bonjour",), "other placeholders than the German"),
    "another value": ("fr", "Hallo {name}", ("Bonjour {nom}",), "other placeholders than the German"),
    "a value too many": ("fr", "Hallo {name}", ("Bonjour {name} {name}",), "other placeholders than the German"),
    "written otherwise": ("fr", "Hallo {name}", ("Bonjour {name!r}",), "other placeholders than the German"),
    "an open brace": ("fr", "Hallo {name}", ("Bonjour {name",), "other placeholders than the German"),
    "no number": ("fr", "{n} Tag", ("{n} jour", "jours"), "other placeholders than the German"),
    "a value in one form": ("fr", "{n} in {ort}", ("{n}", "{n} à {ort}"), "other placeholders than the German"),
    "an isolate": ("ar", "Hallo {name}", (f"{FSI}{{name}}{PDI} مرحبا",),
                   "other isolates or direction marks than the German"),
    "half an isolate": ("ar", "Hallo", (f"{FSI}مرحبا",), "other isolates or direction marks than the German"),
    "a direction mark": ("ar", "Hallo", ("مرحبا\u200f",), "other isolates or direction marks than the German"),
    "German": ("fr", "Hallo {name}", ("Hallo {name}",), "is still German"),
    "one form of German": ("tr", "{n} Tag", ("{n} Tag", "{n} gün"), "is still German"),
    "a word of another language": ("fr", "Monitoring", ("Monitoring",), "is still German"),
}  # fmt: skip


@pytest.mark.parametrize(("code", "german", "forms", "why"), WRONG.values(), ids=WRONG)
def test_a_wrong_translation_is_named(code: str, german: str, forms: tuple[str, ...], why: str) -> None:
    found = list(checking.translation_problems(code, "x/y.po", {"Gut": ("good",), german: forms}))
    assert found == [f"x/y.po: {german!r}: {why}"]


def test_what_is_rightly_the_same_is_not_named() -> None:
    same = {"{title}, {name}": ("{title}, {name}",), "• {statement}": ("• {statement}",), "Sport": ("Sport",)}
    numbers = {"{n} Tag": ("يوم", "يوم واحد", "يومان", "{n} أيام", "{n} يومًا", "{n} يوم")}
    german = {"Hallo {name}, guten Tag": ("Hallo {name}, guten Tag",)}
    found = [*checking.translation_problems("fr", "f", same), *checking.translation_problems("ar", "a", numbers),
             *checking.translation_problems("de@simple", "d", german)]  # fmt: skip
    assert found == []


def test_words_that_are_said_to_be_the_same_are() -> None:
    found = {code: {german for domain in DOMAINS if kept(code, domain)
                    for german, forms in locales.entries(po(code, domain)).items()
                    if german in forms and any(one.isalpha() for one in re.sub("{.*?}", "", german))}
             for code in TRANSLATED if code != "de@simple"}  # fmt: skip
    assert {code: words for code, words in found.items() if words} == checking.SAME


@pytest.mark.parametrize(("code", "label"), [("fr", "chaque question dans un nouveau message"), ("fr", "")])
def test_check_names_a_label_that_would_be_cut_off(code: str, label: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, german = load()["dialog-1"], "jede Frage als neue Nachricht"
    spoken = catalogue(code)
    texts = {**spoken._entries, MESSAGES: {**spoken._entries[MESSAGES], german: (label,)}}
    broken = Catalogue(known()[code], texts)
    monkeypatch.setattr("bot.view.catalogue", lambda _: broken)
    why = f"button {label!r} is empty or too long: it would be cut off on a telephone"
    found = list(checking._screens(asked, code))
    assert found == [f"dialog-1/{code}: {voice} settings: {why}" for voice in asked.voices for _ in range(2)]


# ---- extraction ---------------------------------------------------------------------------------------------------


def test_extraction_gives_the_same_bytes_twice() -> None:
    assert [template(ROOT, d) for d in DOMAINS] == [template(ROOT, d) for d in DOMAINS]


def test_the_committed_templates_are_those_of_the_sources() -> None:
    assert stale(ROOT) == []


def test_every_text_in_the_sources_is_extracted() -> None:
    """Babel's extractor passes over what stands inside an f-string."""
    there = {key for domain in DOMAINS for key in locales.keys(FOLDER / f"{domain}.pot")}
    asked = {
        str(call.args[0].value): path.name
        for folder in ("bot", "conversations", "reports", "locales") for path in (ROOT / folder).rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(call, ast.Call) and getattr(call.func, "attr", getattr(call.func, "id", "")) in ("t", "n", "mark")
        and call.args and isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str)
    }  # fmt: skip
    assert {text: file for text, file in asked.items() if text not in there} == {}


def test_words_looked_up_through_a_variable_are_extracted() -> None:
    tables = [*RATINGS.values(), SKIP, BACK, FINISH, *SAYS.values(), *PLAIN.values(), *COMMANDS.values()]
    text = template(ROOT, MESSAGES).decode().replace('"\n"', "")
    assert [t for t in tables if f'msgid "{t}"' not in text] == []


SOURCE_FILES = {
    "bot/a.py": '# Note: short\nwords.t("Hallo {name}", name=1)\nwords.n("{n} Ding", "{n} Dinge", 2)\nwords.t(x)\n',
    "bot/cli/b.py": 'T = {1: mark("fest"), 2: mark("Hallo {name}"), 3: "frei"}\n',
    "reports/templates/c.html": "<p>{{ t('Bericht') }}</p>\n",
    "conversations/questionnaires/probe-1.toml": (
        'id = "probe"\ntitle = "Probe"\n[[open]]\nid = "o1"\nnote = "kind"\nhelp = "So."\n'
        'text = { society = "Wo?", politics = { city = "Stadt?", district = "Kreis?" } }\n'
    ),
}


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small checkout whose catalogues lie beside it."""
    for name, text in SOURCE_FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    monkeypatch.setattr(extraction, "FOLDER", tmp_path / "locales")
    (tmp_path / "locales" / "en" / "LC_MESSAGES").mkdir(parents=True)
    return tmp_path


def extracted(text: bytes) -> list[str]:
    """What a .pot or .po holds below its head, without blank lines."""
    return [line for line in text.decode().partition("\n\n")[2].split("\n") if line]


def test_texts_are_found_in_python_templates_and_toml(checkout: Path) -> None:
    assert sorted(sources(checkout)) == [MESSAGES, "probe-1"]
    assert extracted(template(checkout, MESSAGES)) == [
        "#. short", "#: bot/a.py bot/cli/b.py", "#, python-brace-format", 'msgid "Hallo {name}"', 'msgstr ""',
        "#: bot/a.py", "#, python-brace-format", 'msgid "{n} Ding"', 'msgid_plural "{n} Dinge"', 'msgstr[0] ""',
        'msgstr[1] ""', "#: bot/cli/b.py", 'msgid "fest"', 'msgstr ""',
        "#: reports/templates/c.html", 'msgid "Bericht"', 'msgstr ""',
    ]  # fmt: skip
    where = "#: conversations/questionnaires/probe-1.toml"
    assert extracted(template(checkout, "probe-1")) == [
        "#. probe title", where, 'msgid "Probe"', 'msgstr ""',
        "#. o1 help", "#. kind", where, 'msgid "So."', 'msgstr ""',
        "#. o1 text society", "#. kind", where, 'msgid "Wo?"', 'msgstr ""',
        "#. o1 text politics city", "#. kind", where, 'msgid "Stadt?"', 'msgstr ""',
        "#. o1 text politics district", "#. kind", where, 'msgid "Kreis?"', 'msgstr ""',
    ]  # fmt: skip


def test_an_update_keeps_what_is_translated_and_marks_what_changed(checkout: Path) -> None:
    path = checkout / "locales" / "en" / "LC_MESSAGES" / "messages.po"
    path.write_text(
        f'{HEAD}\nmsgid "Bericht"\nmsgstr "Report"\n\nmsgid "feste"\nmsgstr "fixed"\n\nmsgid "weg"\nmsgstr "gone"\n',
        "utf-8",
    )
    path.write_bytes(first := updated(checkout, "en", MESSAGES))
    found = first.decode()
    assert 'msgid "Bericht"\nmsgstr "Report"\n' in found
    assert "#, fuzzy\n" in found and 'msgid "fest"\nmsgstr "fixed"\n' in found
    assert ('msgid "Hallo {name}"\nmsgstr ""\n' in found, "weg" in found) == (True, False)
    assert f'"Plural-Forms: {known()["en"].rule}\\n"' in found
    assert locales.entries(path) == {"Bericht": ("Report",)}
    assert updated(checkout, "en", MESSAGES) == first


def test_an_update_gives_as_many_forms_as_the_language_has(checkout: Path) -> None:
    found = updated(checkout, "ar", MESSAGES).decode()
    assert found.count("msgstr[") == 6
    assert f'"Plural-Forms: {known()["ar"].rule}\\n"' in found


def test_a_text_that_changed_makes_its_template_stale(checkout: Path) -> None:
    complaint = "locales/{}.pot: does not match the sources; run: weltoffen texts extract"
    assert stale(checkout) == [complaint.format(MESSAGES), complaint.format("probe-1")]
    for domain in sources(checkout):
        (checkout / "locales" / f"{domain}.pot").write_bytes(template(checkout, domain))
    assert stale(checkout) == []
    (checkout / "bot" / "a.py").write_text('words.t("Neu")\n', "utf-8")
    assert stale(checkout) == [complaint.format(MESSAGES)]
