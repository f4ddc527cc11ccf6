"""Another key: every chat goes on where it stood, and nothing is left that the old one could open."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from conftest import DAY, DELETE, Chat, Clock, House, opened_survey
from kills import killed
from test_backup import Home, invited, says
from test_cli import Desk

from bot.closing import close
from bot.identity import Key, KeyFileError, read_key
from bot.paper import conversations as sheets
from bot.rotation import rotate
from bot.settings import SettingsError, only_one, opened
from bot.telegram.receive import Receiver
from conversations.conversation import Conversation
from conversations.questionnaire import Voice, load
from conversations.store import figures, people, post, surveys
from conversations.store.post import Address

QUESTIONNAIRES = load()
SOCIETY = Voice.SOCIETY
PAPER = b"respondent,voice,language,question,answer\nB1,society,de,1.1,yes\nB1,society,de,o1,Kanarienbogen\n"


@pytest.fixture
def home(tmp_path: Path, clock: Clock) -> Home:
    """A new installation."""
    (tmp_path / "home").mkdir()
    return Home(tmp_path / "home", clock)


async def lived_in(house: House) -> list[Chat]:
    """Chats of every sort: in the middle, paused, done, two people at one telephone, blocked, an organiser, leaving."""
    code = house.survey.codes[SOCIETY]
    middle, paused, done, shared, blocked, boss, leaving, guessing = (house.chat(500 + n) for n in range(8))
    for chat in (middle, paused, done, shared, blocked, leaving):
        await chat.enter(code)
        await chat.answer("ja", "eher nein")
    await paused.write("/pause")
    await done.hand_in("nein")
    await done.tap("Ergebnis zuschicken lassen")
    await shared.hand_in("ja")
    await shared.tap("für eine weitere Person ausfüllen")
    await shared.tap("Deutsch")
    assert shared.shown is not None
    await shared.press(shared.shown.rows[0][0].data)
    await shared.answer("eher ja")
    await blocked.hand(blocked.blocks())
    await invited(house, boss)
    await leaving.write("/delete")
    await leaving.tap(DELETE)
    await guessing.write("KANARENC")
    paper = sheets(PAPER, house.survey, QUESTIONNAIRES["kurzform-1"])
    await house.store.write(lambda tx: people.keep(tx, {}, paper))
    ended = await opened_survey(house.store, "eeeeee", "dialog-1", [SOCIETY])
    for chat in (middle, done):
        await says(house, ended, chat.user, "Kanarienaussage")
    await house.store.write(lambda tx: close(tx, ended, QUESTIONNAIRES["dialog-1"], house.clock.moment))
    await house.store.write(lambda tx: surveys.erase_link(tx, "eeeeee"))
    closing = await opened_survey(house.store, "cccccc", "dialog-1", [SOCIETY])  # whose letters are under way
    await says(house, closing, done.user, "Kanarienaussage")
    await done.press("cccccc:1:w")
    await house.chat(middle.user).enter(closing.codes[SOCIETY])
    await house.store.write(lambda tx: close(tx, closing, QUESTIONNAIRES["dialog-1"], house.clock.moment))
    for chat in (middle, done):
        await chat.write(f"/start {code}")
    return [middle, paused, done, shared, blocked, boss, guessing]


async def everything(house: House) -> dict[str, Any]:
    """What is held, by chat instead of pseudonym: the same under any key."""

    def unit(tx: Any) -> dict[str, Any]:
        key = house.key
        addresses = {a.owner: key.unseal(a.sealed, a.owner) for a in post.all_addresses(tx)}
        names = [r for r, _, _ in people.everybody(tx)]
        found = people.load(tx, names)
        who = {r: (addresses.get(r, r), c.survey, c.person) for r, c in found.items()}
        for r, c in found.items():
            salt = surveys.all_surveys(tx)[c.survey].salt
            assert r not in addresses or r == key.respondent(salt or b"", addresses[r], c.person)
        letters = tx.execute("SELECT id, owner, survey, kind, language, until FROM letter").fetchall()
        return {
            "conversations": {who[r]: c._replace(respondent="") for r, c in found.items()},
            "screens": {who[r]: s for r, s in post.screens(tx, names).items()},
            "messages": {who[r]: people.messages(tx, [r]) for r in names},
            "addresses": sorted(
                (addresses[a.owner], a.survey, a.blocked, a.not_before) for a in post.all_addresses(tx)
            ),
            "letters": [(i, addresses[owner], *rest) for i, owner, *rest in letters],
            "organisers": [
                (addresses[i], i == key.organiser(1, addresses[i]))
                for (i,) in tx.execute("SELECT id FROM organiser").fetchall()
            ],
            "wishes": [(s, i, key.unseal(sealed, i)) for s in surveys.all_surveys(tx)
                       for i, _, sealed in post.wishes(tx, s)],
            "farewells": [(f.id, key.unseal(f.sealed, f.id), f.messages, f.word) for f in post.farewells(tx)],
            "tally": {s: figures.proved(tx, s, SOCIETY) for s in surveys.all_surveys(tx)},
        }  # fmt: skip

    return await house.store.read(unit)


async def made_with(house: House) -> list[bytes]:
    """All bytes in the database that were made with the present key."""
    keyed = "(SELECT respondent FROM conversation JOIN address ON owner = respondent)"
    query = (
        f"SELECT respondent FROM {keyed} UNION SELECT id FROM organiser UNION SELECT chat FROM brake "
        "UNION SELECT sealed FROM address UNION SELECT sealed FROM wish UNION SELECT sealed FROM farewell "
        "UNION SELECT value FROM fact WHERE name = 'key'"
    )
    found = [v if isinstance(v, bytes) else v.encode() for (v,) in await house.rows(query)]
    assert len(found) > 20
    return found


async def test_every_chat_goes_on_where_it_stood(home: Home) -> None:
    async with home.house() as house:
        chats = await lived_in(house)
        before, old_bytes, old = await everything(house), await made_with(house), house.key
        assert (len(before["conversations"]), len(before["letters"]), len(before["wishes"])) == (11, 4, 1)
        assert ([b for _, _, b, _ in before["addresses"]].count(True), len(before["farewells"])) == (1, 1)
        assert await house.store.forget()  # nothing else is to be wiped
        house.key, wiped = await rotate(house.store, old, home.found, DAY)
        house.receiver = Receiver(house.store, house.key, QUESTIONNAIRES, house.clock)
        assert (wiped, house.key != old, read_key(home.found.key_file)) == (True, True, house.key)
        assert await everything(house) == before
        held = home.bytes()
        assert [b for b in [*old_bytes, old.secret.hex().encode(), old.secret] if b in held] == []
        assert await house.counts("brake") == {"brake": 0}
        await goes_on(chats)
        assert await house.rows("SELECT day, action FROM audit WHERE action = 'rotate-key'") == [(DAY, "rotate-key")]
        for address in await house.store.read(post.all_addresses):
            with pytest.raises(KeyFileError):
                old.unseal(address.sealed, address.owner)
    store, key, _ = await opened(home.found)
    await store.close()
    assert key == house.key


async def goes_on(chats: list[Chat]) -> None:
    """The next answer of each is taken as if nothing had been."""
    middle, paused, done, shared, blocked, boss, _ = chats
    await middle.tap("ja")
    assert (await of(middle)).answers == {"1.1": "yes", "1.2": "rather-no", "1.3": "yes"}
    await paused.write("/start")
    await paused.answer("nein")
    assert (await of(paused)).answers == {"1.1": "yes", "1.2": "rather-no", "1.3": "no"}
    assert (await of(done)).handed_in
    await shared.answer("ja")
    assert [(k.person, dict(k.answers), k.hidden) for k in await shared.conversations()] == [
        (1, {"1.1": "yes", "1.2": "rather-no", "1.3": "yes"}, True), (2, {"1.1": "rather-yes", "1.2": "yes"}, False),
    ]  # fmt: skip
    await blocked.hand(blocked.blocks(False))
    await blocked.write("/start")
    await blocked.tap("ja")
    assert len((await of(blocked)).answers) == 3
    assert "aaaaaa" in "".join((await boss.write("/status")).said)
    await middle.write("/delete")
    await middle.tap(DELETE)
    assert [k.survey for k in await middle.conversations()] == ["cccccc"]


async def of(chat: Chat) -> Conversation:
    """What is kept of somebody in the first survey."""
    (found,) = [k for k in await chat.conversations() if k.survey == "aaaaaa"]
    return found


async def test_while_the_bot_runs_or_after_another_change_nothing_is_changed(home: Home) -> None:
    async with home.house() as house:
        await house.guests(2)
        before = (await everything(house), home.found.key_file.read_bytes())
        with only_one(home.found.database), pytest.raises(SettingsError, match="is already working on"):
            await rotate(house.store, house.key, home.found, DAY)
        with pytest.raises(SettingsError, match="the key was changed by another command"):
            await rotate(house.store, Key(bytes(32)), home.found, DAY)
        assert (await everything(house), home.found.key_file.read_bytes()) == before
        await house.store.write(lambda tx: post.keep_addresses(tx, [Address("x" * 32, None, bytes(40))]))
        with pytest.raises(KeyFileError, match="an address in the database cannot be opened with this key"):
            await rotate(house.store, house.key, home.found, DAY)
        assert home.found.key_file.read_bytes() == before[1]
        await house.store.write(lambda tx: post.drop_addresses(tx, ["x" * 32]))
        assert await everything(house) == before[0]
    assert not home.found.key_file.with_name("w.key.new").exists()


async def test_a_rotation_killed_at_any_step_leaves_a_key_that_fits(home: Home, tmp_path: Path) -> None:
    async with home.house() as house:
        await lived_in(house)
        before, old_bytes, old = await everything(house), await made_with(house), house.key
    found = []
    for folder in killed(home.folder, tmp_path / "killed", "rotate-key", "--yes"):
        here = Home(folder, home.clock)
        async with here.house() as house:
            found.append(house.key == old)
            assert await everything(house) == before
            assert await house.store.forget()
        assert list(folder.glob("w.key.*")) == [here.found.deletions]
        held = here.bytes()
        assert {b in held for b in [*old_bytes, old.secret.hex().encode()]} == {found[-1]}
    assert (len(found) > 12, found == sorted(found, reverse=True), set(found)) == (True, True, {True, False})


@pytest.mark.parametrize("left", ["", "00" * 16, "00" * 32])
async def test_a_new_key_that_the_database_does_not_know_goes(home: Home, left: str) -> None:
    async with home.house() as house:
        key = house.key
    waiting = home.found.key_file.with_name("w.key.new")
    waiting.write_text(left)
    with only_one(home.found.database):  # while a rotation is at work nobody takes its key away
        store, same, _ = await opened(home.found)
        await store.close()
        assert (same, waiting.exists()) == (key, True)
    store, same, _ = await opened(home.found)
    await store.close()
    assert (same, waiting.exists()) == (key, False)


async def test_where_the_database_knows_neither_key_both_stay(home: Home) -> None:
    async with home.house():
        pass
    waiting = home.found.key_file.with_name("w.key.new")
    home.found.key_file.write_text("11" * 32)
    waiting.write_text("22" * 32)
    with pytest.raises(SettingsError, match="does not belong to the database"):
        await opened(home.found)
    assert [home.found.key_file.read_text(), waiting.read_text()] == ["11" * 32, "22" * 32]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A desk with nothing on it."""
    return Desk(tmp_path)


def test_the_command_takes_a_new_key_and_says_what_is_to_be_done(desk: Desk) -> None:
    desk.open()
    old = (desk.folder / "w.key").read_bytes()
    backup = Path(desk("backup", desk.folder / "sicher", "--format", "json").json["file"])
    assert desk.fails("rotate-key") == "Backups made until now cannot be restored any more. Go on? [y/N]: Aborted!\n"
    assert (desk.folder / "w.key").read_bytes() == old
    assert desk("rotate-key", "--yes").out.splitlines() == [
        f"{desk.folder / 'w.key'} holds a new key; keep a copy of it apart from backups",
        "now: weltoffen backup DIR, and delete the backups made before, wherever they are",
    ]
    new = (desk.folder / "w.key").read_bytes()
    assert (len(new), new != old, (desk.folder / "w.key").stat().st_mode & 0o777) == (65, True, 0o600)
    assert desk("survey", "list").code == 0
    assert f"the backup {backup} does not belong to the key file" in desk.fails("restore", backup, "--yes")
    assert desk("rotate-key", "--yes", "--format", "json").json == {
        "key_file": str(desk.folder / "w.key"),
        "wiped": True,
    }
