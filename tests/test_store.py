"""The one SQLite file: opened with care, written whole, read back the same, and able to forget."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
import threading
import time
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from conftest import DAY, House, survey_of_the_first_version
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import conversations.store.file as file
from bot.identity import KeyFileError, create_key
from bot.settings import Settings, SettingsError, opened
from conversations import conversation as c
from conversations.conversation import Conversation, Place
from conversations.engine import advance, current
from conversations.questionnaire import Questionnaire, Rating, Voice, load
from conversations.store import Store, StoreError, figures, open_store, people, post, surveys
from conversations.store.post import Address, Letter
from conversations.store.schema import MIGRATIONS


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# ---- opening ----------------------------------------------------------------------------------------------------


async def test_a_missing_database_is_not_made_by_opening_it(tmp_path: Path) -> None:
    path = tmp_path / "mistyped.db"
    with pytest.raises(StoreError, match=rf"^there is no database {path}$"):
        await open_store(path)
    assert list(tmp_path.iterdir()) == []


async def test_a_new_database_is_for_its_owner_alone_and_never_replaces_a_file(tmp_path: Path) -> None:
    path = tmp_path / "w.db"
    before = os.umask(0)
    try:
        async with await open_store(path, create=True) as store:
            await store.write(lambda tx: surveys.keep_fact(tx, "a", "1"))
            assert {f.name: mode(f) for f in tmp_path.iterdir()} == {
                "w.db": 0o600, "w.db-wal": 0o600, "w.db-shm": 0o600,
            }  # fmt: skip
    finally:
        os.umask(before)
    with pytest.raises(FileExistsError):
        await open_store(path, create=True)
    async with await open_store(path) as store:
        assert await store.read(lambda tx: surveys.fact(tx, "a")) == "1"


async def test_a_file_of_somebody_else_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    text, other = tmp_path / "brief.db", tmp_path / "other.db"
    text.write_bytes(b"Sehr geehrte Damen und Herren, " * 100)
    connection = sqlite3.connect(other)
    connection.execute("CREATE TABLE theirs (a)")
    connection.commit()
    connection.close()
    before = {f.name: f.read_bytes() for f in tmp_path.iterdir()}
    with pytest.raises(StoreError, match=rf"^the database {text} cannot be used: file is not a database$"):
        await open_store(text)
    with pytest.raises(StoreError, match=rf"^{other} is not a database of weltoffen$"):
        await open_store(other)
    assert {f.name: f.read_bytes() for f in tmp_path.iterdir()} == before


async def test_a_database_of_a_later_version_is_refused(store: Store) -> None:
    await store.write(lambda tx: tx.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}"))
    with pytest.raises(StoreError, match=rf"^{store.path} was written by a later version of weltoffen$"):
        await open_store(store.path)


# ---- database and key -------------------------------------------------------------------------------------------


def places(folder: Path) -> Settings:
    return Settings(folder / "w.db", folder / "w.key", "http://127.0.0.1:1", None)


async def test_database_and_key_are_made_together_and_only_on_demand(tmp_path: Path) -> None:
    where = places(tmp_path)
    with pytest.raises(StoreError, match="there is no database"):
        await opened(where)
    assert list(tmp_path.iterdir()) == []
    store, key, fresh = await opened(where, create=True)
    await store.close()
    again, same, made = await opened(where, create=True)
    await again.close()
    assert (fresh, made, same, mode(where.key_file), mode(where.database)) == (True, False, key, 0o600, 0o600)


@pytest.mark.parametrize("create", [False, True])
@pytest.mark.parametrize(("gone", "left"), [("w.db", "w.key"), ("w.key", "w.db")])
async def test_database_or_key_alone_is_an_error_that_names_the_missing_one(
    tmp_path: Path, gone: str, left: str, create: bool
) -> None:
    store, _, _ = await opened(places(tmp_path), create=True)
    await store.close()
    (tmp_path / gone).unlink()
    with pytest.raises(SettingsError, match=rf"there is {tmp_path / left}, but the .* {tmp_path / gone} is missing"):
        await opened(places(tmp_path), create=create)
    assert not (tmp_path / gone).exists()


async def test_a_key_of_another_installation_is_refused(tmp_path: Path) -> None:
    store, key, _ = await opened(places(tmp_path), create=True)
    await store.close()
    (tmp_path / "w.key").unlink()
    other = create_key(tmp_path / "w.key")
    with pytest.raises(SettingsError, match="does not belong to the database"):
        await opened(places(tmp_path))
    (tmp_path / "w.key").write_text(key.secret.hex())
    store, same, _ = await opened(places(tmp_path))
    await store.close()
    assert same == key != other


@pytest.mark.parametrize("content", [b"", b"00" * 31, b"xy" * 32, b"\xff\xfe" * 32])
async def test_a_damaged_key_is_refused_without_showing_it(tmp_path: Path, content: bytes) -> None:
    store, _, _ = await opened(places(tmp_path), create=True)
    await store.close()
    (tmp_path / "w.key").write_bytes(content)
    with pytest.raises(KeyFileError) as refused:
        await opened(places(tmp_path))
    assert "xyxy" not in str(refused.value)
    assert str(refused.value).startswith(f"the key file {tmp_path / 'w.key'} ")


# ---- migrations, settings of the connection ---------------------------------------------------------------------


async def test_a_migration_is_all_or_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    await store.write(lambda tx: surveys.keep_fact(tx, "a", "1"))
    half = "CREATE TABLE new (a TEXT) STRICT;\nINSERT INTO new VALUES ('x');\nCREATE TABLE fact (broken TEXT) STRICT;"
    monkeypatch.setattr(file, "MIGRATIONS", (*MIGRATIONS, half))
    with pytest.raises(StoreError, match="table fact already exists"):
        await open_store(store.path)
    monkeypatch.setattr(file, "MIGRATIONS", (*MIGRATIONS, half.replace("fact", "newer")))
    async with await open_store(store.path) as migrated:
        assert await _pragma(migrated, "user_version") == len(MIGRATIONS) + 1
        assert await migrated.read(lambda tx: surveys.fact(tx, "a")) == "1"


async def test_the_connection_works_as_the_trials_demand(store: Store) -> None:
    names = (
        "journal_mode", "synchronous", "foreign_keys", "secure_delete", "trusted_schema", "temp_store", "busy_timeout",
    )  # fmt: skip
    assert {n: await _pragma(store, n) for n in names} == {
        "journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1, "trusted_schema": 0,
        "temp_store": 2, "busy_timeout": file.BUSY,
    }  # fmt: skip
    query = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND NOT strict AND name NOT LIKE 'sqlite_%'"
    assert await store.read(lambda tx: tx.execute(query).fetchall()) == []


async def _pragma(store: Store, name: str) -> Any:
    return await store.read(lambda tx: tx.execute(f"PRAGMA {name}").fetchall()[0][0])


# ---- whole transactions -----------------------------------------------------------------------------------------


async def test_a_cancelled_caller_leaves_a_whole_transaction_behind(store: Store) -> None:
    inside, go_on = threading.Event(), threading.Event()

    def unit(tx: Any) -> None:
        surveys.keep_fact(tx, "a", "1")
        inside.set()
        go_on.wait(10)
        surveys.keep_fact(tx, "b", "2")

    task = asyncio.create_task(store.write(unit))
    await asyncio.to_thread(inside.wait, 10)
    task.cancel()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    await store.write(lambda tx: surveys.keep_fact(tx, "c", "3"))
    assert await _facts(store) == {"a": "1", "b": "2", "c": "3"}


async def test_an_exception_inside_a_unit_keeps_nothing_of_it(store: Store) -> None:
    def unit(tx: Any) -> None:
        surveys.keep_fact(tx, "a", "1")
        raise LookupError("ours")

    with pytest.raises(LookupError, match="ours"):
        await store.write(unit)
    await store.write(lambda tx: surveys.keep_fact(tx, "b", "2"))
    assert await _facts(store) == {"b": "2"}


async def test_interleaved_writers_lose_nothing(store: Store) -> None:
    def raise_by_one(tx: Any) -> None:
        found = int(surveys.fact(tx, "n") or 0)
        time.sleep(0)
        surveys.keep_fact(tx, "n", str(found + 1))

    async def many(which: Store) -> None:
        for _ in range(40):
            await which.write(raise_by_one)

    async with await open_store(store.path) as other:  # as another process would
        await asyncio.gather(many(store), many(store), many(other), many(other))
    assert await _facts(store) == {"n": "160"}


async def _facts(store: Store) -> dict[str, str]:
    return dict(await store.read(lambda tx: tx.execute("SELECT name, value FROM fact").fetchall()))


# ---- conversations: store and back ------------------------------------------------------------------------------

KURZFORM, DIALOG = load()["kurzform-1"], load()["dialog-1"]
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=20)
MOVES = st.one_of(
    st.sampled_from(["rate", "skip", "finish", "drop", "keep", "back", "hand-in", "next", "delete"]),
    st.sampled_from(list(Place)),
    st.tuples(st.just("language"), st.sampled_from(["de", "en", "ar"])),
    st.tuples(st.just("anew"), st.booleans()),
    st.tuples(st.just("write"), TEXTS),
    st.tuples(st.just("to"), st.integers(0, 35)),
)


def act_of(move: Any, questionnaire: Questionnaire, one: Conversation) -> c.Act:
    """A move as an act that is fresh for the conversation."""
    now = current(questionnaire, one)
    question = now.id if now else questionnaire.questions[0].id
    match move:
        case Place():
            return c.Opened(move, "open" if move is Place.FIELD else None)
        case "language", code:
            return c.ChoseLanguage(code)
        case "anew", each_new:
            return c.ChoseEachNew(each_new)
        case "write", text:
            return c.Wrote(text)
        case "to", number:
            return c.Opened(Place.QUESTION, questionnaire.questions[number % len(questionnaire.questions)].id)
        case "rate":
            return c.Rated(question, list(Rating)[one.version % 5], one.version, float(one.version))
        case "next":
            return c.Opened(Place.QUESTION)
        case "hand-in":
            return c.HandedIn()
        case "delete":
            return c.Opened(Place.DELETE)
    kinds = {"skip": c.Skipped, "finish": c.Finished, "drop": c.Dropped, "keep": c.Kept, "back": c.WentBack}
    return kinds[move](question, one.version)


def bare(one: Conversation) -> Conversation:
    """Without what the store gives or never keeps."""
    return one._replace(pressed_at=None, statements=tuple(replace(s, id="") for s in one.statements))


@example(  # what walks find too seldom: statements that go again, in a later batch than they came
    questionnaire=DIALOG,
    person=1,
    batches=[[("write", "a"), ("write", "b")], ["drop", ("write", "c")], ["finish", ("to", 0), "skip"], ["hand-in"]],
)
@given(
    questionnaire=st.sampled_from([KURZFORM, DIALOG]),
    person=st.integers(1, 5),
    batches=st.lists(st.lists(MOVES, max_size=8), max_size=6),
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whatever_way_a_conversation_takes_it_comes_back_from_the_store_the_same(
    house: House, questionnaire: Questionnaire, person: int, batches: list[list[Any]]
) -> None:
    name = os.urandom(16).hex()
    one = Conversation("aaaaaa", name, Voice.SOCIETY, "de", "n1", person)
    await house.store.write(lambda tx: people.keep(tx, {}, [one]))
    for moves in batches:
        before = one
        for move in moves:
            one = advance(questionnaire, one, act_of(move, questionnaire, one)).conversation
        after = one
        await house.store.write(lambda tx, b=before, a=after: people.keep(tx, {name: b}, [a]))  # type: ignore[misc]
        one = (await house.store.read(lambda tx: people.load(tx, [name])))[name]
        assert bare(one) == bare(after)
        assert all(s.id for s in one.statements)
        kept = {s.id for s in before.statements} & {s.id for s in after.statements if s.id}
        assert kept <= {s.id for s in one.statements}
        await house.store.read(lambda tx: figures.proved(tx, "aaaaaa", Voice.SOCIETY))


# ---- the kept counts --------------------------------------------------------------------------------------------


async def handed_in(house: House, number: int) -> list[Conversation]:
    """So many respondents who handed in, each with another answer to 1.1."""
    found = [
        Conversation("aaaaaa", f"{n:032x}", Voice.SOCIETY, "de", "n1", handed_in=True,
                     answers={"1.1": list(Rating)[n % 5], "1.2": Rating.YES, "o1": c.FINISHED})
        for n in range(number)
    ]  # fmt: skip
    await house.store.write(lambda tx: people.keep(tx, {}, found))
    return found


async def proved(house: House) -> figures.Tally:
    return await house.store.read(lambda tx: figures.proved(tx, "aaaaaa", Voice.SOCIETY))


async def test_the_counts_follow_every_answer_and_every_person(house: House) -> None:
    one, two, *_ = await handed_in(house, 7)
    assert await proved(house) == {
        "1.1": {"yes": 2, "rather-yes": 2, "rather-no": 1, "no": 1, "cannot-say": 1}, "1.2": {"yes": 7},
        "o1": {"finished": 7},
    }  # fmt: skip
    changed = one._replace(answers={"1.1": Rating.NO})
    await house.store.write(lambda tx: people.keep(tx, {one.respondent: one}, [changed]))
    await house.store.write(lambda tx: people.keep(tx, {two.respondent: two}, [two._replace(handed_in=False)]))
    assert await proved(house) == {
        "1.1": {"yes": 1, "rather-yes": 1, "rather-no": 1, "no": 2, "cannot-say": 1}, "1.2": {"yes": 5},
        "o1": {"finished": 5},
    }  # fmt: skip
    await house.store.write(lambda tx: people.forget(tx, [one.respondent, two.respondent]))
    assert (await proved(house))["1.1"] == {"yes": 1, "rather-yes": 1, "rather-no": 1, "no": 1, "cannot-say": 1}
    await house.store.write(lambda tx: surveys.erase_people(tx, "aaaaaa"))
    assert (await proved(house), await house.counts("tally", "answer")) == ({}, {"tally": 0, "answer": 0})


async def test_counts_that_are_not_those_of_the_answers_are_told_by_question(house: House) -> None:
    await handed_in(house, 5)
    await house.store.write(lambda tx: tx.execute("UPDATE tally SET n = 4 WHERE question = '1.2'"))
    with pytest.raises(figures.TallyError, match=r"^survey aaaaaa, society: kept and counted .* differ at 1\.2$"):
        await proved(house)


FIRST_PEOPLE = (
    "INSERT INTO conversation (respondent, survey, voice, language, notice, person, place, version, since, each_new, "
    "handed_in, active, day) VALUES (?, 'aaaaaa', 'society', 'de', 'n1', 1, 'thanks', 1, 1, 0, 1, 1, '2027-01-15')"
)


async def test_a_database_of_the_first_version_is_counted_when_it_is_migrated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr(file, "MIGRATIONS", MIGRATIONS[:1])
        async with await open_store(tmp_path / "old.db", create=True) as old:
            await survey_of_the_first_version(old)
            await old.write(lambda tx: tx.executemany(FIRST_PEOPLE, [(f"{n:032x}",) for n in range(3)]))
            await old.write(lambda tx: tx.executemany("INSERT INTO answer VALUES (?, ?, ?)", [
                (f"{n:032x}", q, v) for n in range(3) for q, v in
                (("1.1", list(Rating)[n]), ("1.2", "yes"), ("o1", "finished"))
            ]))  # fmt: skip
    async with await open_store(tmp_path / "old.db") as migrated:
        found = await migrated.read(lambda tx: figures.proved(tx, "aaaaaa", Voice.SOCIETY))
    assert found == {
        "1.1": {"yes": 1, "rather-yes": 1, "rather-no": 1}, "1.2": {"yes": 3}, "o1": {"finished": 3},
    }  # fmt: skip


# ---- forgetting -------------------------------------------------------------------------------------------------

STATEMENT, CODEWORD = "Kanarienaussage über das Bürgeramt", "Kanarienkodewort"


async def somebody(house: House) -> tuple[str, list[bytes]]:
    """A respondent with everything that can be held; and the bytes that must be gone after a deletion."""
    assert house.survey.salt is not None
    name = house.key.respondent(house.survey.salt, 42)
    said = (c.Statement("o1", STATEMENT), *(c.Statement("o2", f"{i} {CODEWORD} " * 50) for i in range(20)))
    answers = {q.id: Rating.YES for q in KURZFORM.questions}
    one = Conversation("aaaaaa", name, Voice.SOCIETY, "de", "n1", answers=answers, statements=said)
    sealed = house.key.seal(42, name)

    def unit(tx: Any) -> None:
        people.keep(tx, {}, [one])
        post.keep_addresses(tx, [Address(name, "aaaaaa", sealed)])
        post.want_screens(tx, [name], [])
        people.keep_messages(tx, [(name, 5)], DAY)
        post.post(tx, [Letter(0, name, "aaaaaa", "result", "de", 2**40)])

    await house.store.write(unit)
    return name, [name.encode(), STATEMENT.encode(), CODEWORD.encode(), sealed]


def found_in(house: House, secrets: list[bytes]) -> list[bytes]:
    held = house.bytes()
    return [s for s in secrets if s in held]


async def test_a_deletion_leaves_no_byte_in_database_and_log(house: House) -> None:
    name, secrets = await somebody(house)
    assert found_in(house, secrets) == secrets
    await house.store.write(lambda tx: people.forget(tx, [name]))
    assert found_in(house, secrets) != []  # in the log, until it is emptied
    assert await house.store.forget()
    assert found_in(house, secrets) == []
    assert await house.counts("conversation", "answer", "statement", "address", "screen", "message", "letter") == (
        dict.fromkeys(["conversation", "answer", "statement", "address", "screen", "message", "letter"], 0)
    )


@pytest.mark.parametrize("seed", [14, 34, 39, 57])  # found by trial: there a page keeps a copy that nothing wipes
async def test_a_deletion_leaves_no_byte_in_pages_that_were_moved_about(
    house: House, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    dice, here, gone = Random(seed), [], []
    monkeypatch.setattr(people.secrets, "token_hex", lambda n: dice.randbytes(n).hex())
    for _ in range(30):
        new = [
            Conversation("aaaaaa", dice.randbytes(16).hex(), Voice.SOCIETY, "de", "n",
                         statements=(c.Statement("o1", "x" * dice.randrange(900)),))
            for _ in range(8)
        ]  # fmt: skip
        await house.store.write(lambda tx, new=new: people.keep(tx, {}, new))  # type: ignore[misc]
        here += [one.respondent for one in new]
        gone += (leaving := dice.sample(here, 2))
        await house.store.write(lambda tx, names=leaving: people.forget(tx, names))  # type: ignore[misc]
        here = [name for name in here if name not in leaving]
    assert await house.store.forget()
    assert (found_in(house, [n.encode() for n in gone]), len(found_in(house, [n.encode() for n in here]))) == ([], 180)


@pytest.mark.timeout(9)  # a checkpoint that waits for the reader would keep all writers waiting for BUSY milliseconds
async def test_forgetting_is_not_confirmed_while_a_reader_holds_the_old_state(house: House) -> None:
    name, secrets = await somebody(house)
    reader = sqlite3.connect(house.store.path)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM conversation").fetchone()
    await house.store.write(lambda tx: people.forget(tx, [name]))
    held = await house.store.forget(tries=5, pause=0.01)
    reader.close()
    assert (held, await house.store.forget(tries=1), found_in(house, secrets)) == (False, True, [])
    assert await _pragma(house.store, "busy_timeout") == file.BUSY
