"""A stolen database matches nobody without the key, and after the end not even with it.

The thief knows every user number of a whole country's worth of chats, and how all of this is made; only the key is not
there. WELTOFFEN_FULL=1 tries a million numbers instead of twenty thousand.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from random import Random

import pytest
from conftest import DELETE, Chat, House, opened_survey
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bot.closing import close
from bot.housekeeping import housekeeping
from bot.identity import NONCE, Key, hashed
from conversations.questionnaire import Voice, load
from conversations.store import organisers, post, surveys
from conversations.store.tombstones import Kind
from conversations.store.tombstones import hashed as buried

FULL = os.environ.get("WELTOFFEN_FULL") == "1"
SEED = int(os.environ.get("WELTOFFEN_SEED", "1"))
KNOWN = 1_000_000 if FULL else 20_000
QUESTIONNAIRES = load()
SOCIETY = Voice.SOCIETY
HEX = re.compile(r"[0-9a-f]{16,}")
Hash = Callable[[bytes], bytes]


@dataclass
class Loot:
    """What stands in a stolen file: every value of every table, and what looks like a name in it."""

    numbers: set[int]
    texts: list[str]
    blobs: list[bytes]
    names: set[bytes]  # 16 bytes each

    @property
    def digits(self) -> set[str]:
        """Every run of five digits or more in a text."""
        return {run for text in self.texts for run in re.findall(r"[0-9]{5,}", text)}


def loot(house: House) -> Loot:
    """Reads the file as somebody would who has it and nothing else."""
    numbers, texts, blobs = set(), [], []
    with sqlite3.connect(f"file:{house.store.path}?mode=ro", uri=True) as tx:
        for (table,) in tx.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
            for value in (v for row in tx.execute(f'SELECT * FROM "{table}"') for v in row):
                if isinstance(value, int):
                    numbers.add(value)
                elif isinstance(value, str):
                    texts.append(value)
                elif isinstance(value, bytes):
                    blobs.append(value)
    tx.close()
    pieces = [bytes.fromhex(run[: len(run) // 2 * 2]) for text in texts for run in HEX.findall(text)]
    names = {piece[i : i + 16] for piece in [*pieces, *blobs] for i in range(max(1, len(piece) - 15))}
    return Loot(numbers, texts, blobs, names)


def keys(found: Loot, fingerprint: str) -> list[bytes]:
    """What a thief can take for the key: nothing, zeros, the salts, the fingerprint of the real one."""
    salts = [b for b in found.blobs if len(b) == 16]
    return [b"", bytes(32), *salts, fingerprint.encode(), bytes.fromhex(fingerprint)]


HASHES: Sequence[Hash] = [
    lambda m: hashlib.md5(m).digest(), lambda m: hashlib.sha1(m).digest(), lambda m: hashlib.sha256(m).digest(),
    lambda m: hashlib.sha512(m).digest(), lambda m: hashlib.sha3_256(m).digest(),
    lambda m: hashlib.blake2b(m).digest(), lambda m: hashlib.blake2s(m, digest_size=16).digest(),
]  # fmt: skip


def messages(user: int, salts: Sequence[bytes]) -> Iterator[bytes]:
    """How somebody's number could have been written down before it was hashed."""
    number, first = b"%d" % user, b"%d/1" % user
    yield from (number, first, b"chat\0" + number, user.to_bytes(8, "big"), user.to_bytes(8, "little"))
    for salt in salts:
        yield from (salt + number, number + salt, salt + first, b"respondent\0" + salt + first)


def matched(found: Loot, known: Iterable[int], fingerprint: str) -> list[int]:
    """Whom somebody without the key finds in what was stolen."""
    salts = [b for b in found.blobs if len(b) == 16]
    tried = keys(found, fingerprint)
    names, numbers, digits = found.names, found.numbers, found.digits
    matches = []
    for user in known:
        if user in numbers or str(user) in digits:
            matches.append(user)
            continue
        for message in messages(user, salts):
            digests = [h(message) for h in HASHES] + [hmac.digest(key, message, "sha256") for key in tried]
            if any(d[:16] in names for d in digests):
                matches.append(user)
                break
    return matches


def opened(found: Loot, fingerprint: str) -> list[bytes]:
    """Sealed addresses that open with something that lies in the database."""
    guesses = keys(found, fingerprint)
    owners = [t.encode() for t in found.texts if re.fullmatch("[0-9a-f]{32}|[0-9a-z]{16}", t)]
    read = []
    for key in {*(hashlib.sha256(g).digest() for g in guesses), *(hmac.digest(g, b"seal", "sha256") for g in guesses)}:
        for blob in (b for b in found.blobs if len(b) > NONCE + 16):
            for owner in (b"", *owners):
                try:
                    read.append(AESGCM(key).decrypt(blob[:NONCE], blob[NONCE:], owner))
                except InvalidTag:
                    continue
    return read


def matched_with(key: Key, found: Loot, known: Iterable[int], salts: Sequence[bytes]) -> dict[str, set[int]]:
    """Whom somebody finds who has the key too: respondents, deleted ones, chats that guessed codes, organisers."""
    matches: dict[str, set[int]] = {"respondent": set(), "deleted": set(), "guessed": set(), "organiser": set()}
    names = found.names
    for user in known:
        for salt in salts:
            mine = key.respondent(salt, user)
            if bytes.fromhex(mine) in names:
                matches["respondent"].add(user)
            if bytes.fromhex(buried(Kind.RESPONDENT, mine))[:16] in names:
                matches["deleted"].add(user)
        if bytes.fromhex(key.chat(user)) in names:
            matches["guessed"].add(user)
        if bytes.fromhex(key.organiser(1, user)) in names:
            matches["organiser"].add(user)
    return matches


@dataclass
class Crowd:
    """Who did what; everybody is known to the thief."""

    known: list[int]
    there: set[int]
    deleted: set[int]
    guessed: set[int]
    organiser: set[int]


async def crowd(house: House, known: list[int]) -> Crowd:
    """Some of the known people take part in two surveys; some delete, some guess codes, one organises."""
    dice = Random(SEED)
    some = dice.sample(known, 34)
    dialog = await opened_survey(house.store, "dddddd", "dialog-1", [SOCIETY])
    chats = [house.chat(user) for user in some]
    for i, chat in enumerate(chats[:30]):
        await chat.enter((dialog if i % 3 == 0 else house.survey).codes[SOCIETY])
        if i % 3 == 0:
            await chat.write("Im Verein.")
        else:
            await chat.hand_in("ja")
        if i % 6 == 1:
            await chat.tap("Ergebnis zuschicken lassen")
    for chat in chats[25:30]:
        await chat.write("/delete")
        await chat.tap(DELETE)
    for chat in chats[28:33]:
        await chat.write("/start ZZZZZZZZ")
    until = int(house.clock()) + 99
    await house.store.write(lambda tx: organisers.invite(tx, hashed("x"), 1, until))
    await chats[33].write("/start org-x")
    assert await house.store.forget()
    return Crowd(known, set(some[:25]), set(some[25:30]), set(some[28:33]), {some[33]})


def numbers() -> list[int]:
    """The user numbers that the thief knows."""
    return Random(SEED).sample(range(100_000_000, 8_000_000_000), KNOWN)


async def salts(house: House) -> list[bytes]:
    return [s for (s,) in await house.rows("SELECT salt FROM survey WHERE salt IS NOT NULL")]


@pytest.mark.timeout(3600)
@pytest.mark.chaos
async def test_a_stolen_database_matches_nobody_without_the_key_and_everybody_with_it(house: House) -> None:
    found = await crowd(house, numbers())
    stolen = loot(house)
    without = matched(stolen, found.known, house.key.check())
    assert (without, opened(stolen, house.key.check())) == ([], [])
    assert house.key.secret not in house.bytes() and house.key.secret.hex().encode() not in house.bytes()
    with_key = matched_with(house.key, stolen, found.known, await salts(house))
    print(json.dumps({"seed": SEED, "known": len(found.known), "matched_without_key": len(without),
                      "matched_with_key": {k: len(v) for k, v in with_key.items()}}))  # fmt: skip
    assert with_key == {"respondent": found.there, "deleted": found.deleted, "guessed": found.guessed,
                        "organiser": found.organiser}  # fmt: skip
    addresses = await house.rows("SELECT owner, sealed FROM address UNION SELECT id, sealed FROM wish")
    assert {house.key.unseal(sealed, owner) for owner, sealed in addresses} == found.there | found.organiser


@pytest.mark.timeout(3600)
@pytest.mark.chaos
async def test_after_the_end_database_and_key_together_match_nobody_who_took_part(house: House) -> None:
    found = await crowd(house, numbers())
    old = await salts(house)
    for one in (await house.store.read(surveys.all_surveys)).values():
        asked = QUESTIONNAIRES[one.questionnaire]
        await house.store.write(lambda tx, one=one, asked=asked: close(tx, one, asked, house.clock.moment))  # type: ignore[misc]
    ids = [i for (i,) in await house.rows("SELECT id FROM letter")]
    confirmed = [i for (i,) in await house.rows("SELECT id FROM farewell")]
    await house.store.write(lambda tx: post.drop_letters(tx, ids))
    await house.store.write(lambda tx: post.drop_farewells(tx, confirmed))
    house.clock.now += 3601
    for _ in range(2):
        await housekeeping(house.store, QUESTIONNAIRES, house.clock.moment, steps=True, thorough=True)
    stolen, held = loot(house), house.bytes()
    assert (await salts(house), [s for s in old if s in held]) == ([], [])
    without = matched(stolen, found.known, house.key.check())
    with_key = matched_with(house.key, stolen, found.known, [b"", bytes(16)])
    print(json.dumps({"seed": SEED, "known": len(found.known), "matched_without_key": len(without),
                      "matched_with_key": {k: len(v) for k, v in with_key.items()}}))  # fmt: skip
    assert without == []
    assert with_key == {"respondent": set(), "deleted": set(), "guessed": set(), "organiser": found.organiser}
    addresses = await house.rows("SELECT owner, sealed FROM address UNION SELECT id, sealed FROM wish")
    assert {house.key.unseal(sealed, owner) for owner, sealed in addresses} == found.organiser
    assert [a for (a,) in await house.rows("SELECT count(*) FROM answer")] != [0]  # the answers are still there


UNKEYED: dict[str, Callable[[Key, bytes, bytes], str]] = {
    "hash with the salt": lambda key, purpose, message: hashlib.sha256(message).digest()[:16].hex(),
    "another hash": lambda key, purpose, message: hashlib.blake2b(purpose + b"\0" + message).digest()[:16].hex(),
    "zeros for a key": lambda key, purpose, message: hmac.digest(
        bytes(32), purpose + b"\0" + message, "sha256")[:16].hex(),
}  # fmt: skip


@pytest.mark.parametrize("made", UNKEYED)
async def test_pseudonyms_made_without_a_key_would_be_seen(
    house: House, monkeypatch: pytest.MonkeyPatch, made: str
) -> None:
    monkeypatch.setattr(Key, "_digest", UNKEYED[made])
    found = await crowd(house, numbers()[:500])
    assert set(matched(loot(house), found.known, house.key.check())) >= found.there


async def test_numbers_kept_as_they_are_would_be_seen(house: House) -> None:
    chat: Chat = house.chat(5_555_555_555)
    await chat.enter(house.survey.codes[SOCIETY])
    for query in ("INSERT INTO fact VALUES ('x', '5555555555')", "INSERT INTO trouble VALUES (5555555555, 'x', 'x')"):
        await house.store.write(lambda tx, query=query: tx.execute(query).rowcount)  # type: ignore[misc]
        assert matched(loot(house), [5_555_555_555], house.key.check()) == [5_555_555_555]
        await house.store.write(lambda tx: tx.execute("DELETE FROM fact WHERE name = 'x'").rowcount)
        await house.store.write(lambda tx: tx.execute("DELETE FROM trouble").rowcount)
    assert matched(loot(house), [5_555_555_555], house.key.check()) == []
