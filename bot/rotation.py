"""Another key: every pseudonym that was made with the old one is made anew, and every address is sealed anew.

The new key waits beside the old one until the database has changed over in one transaction; whenever this is ended, one
of the two belongs to the database, and the next start knows which (`identity.settled_key`).
"""

from __future__ import annotations

from collections.abc import Mapping
from sqlite3 import Connection

from bot.identity import Key, next_key, settled_key
from bot.settings import Settings, SettingsError, only_one
from conversations.store import Store, contributions, organisers, people, post, surveys


async def rotate(store: Store, old: Key, found: Settings, day: str) -> tuple[Key, bool]:
    """A new key in place of `old`, and whether nothing made with the old one is left in the file.

    Raises SettingsError while the bot runs, KeyFileError where an address cannot be opened; then nothing has changed.
    """
    with only_one(found.database):
        settled_key(found.key_file, old.check())  # what an earlier try may have left
        new = next_key(found.key_file)
        try:
            await store.write(lambda tx: _changed_over(tx, old, new, day))
        finally:
            settled_key(found.key_file, await store.read(lambda tx: surveys.fact(tx, "key")))
        return new, await store.forget()


def _changed_over(tx: Connection, old: Key, new: Key, day: str) -> None:
    """Everything in the database that was made with the old key is made with the new one."""
    if surveys.fact(tx, "key") != old.check():
        raise SettingsError("the key was changed by another command; nothing was changed now")
    chats = {a.owner: old.unseal(a.sealed, a.owner) for a in post.all_addresses(tx)}
    names = {**_respondents(tx, old, new, chats), **_organisers(tx, old, new, chats)}
    owners = {owner: names.get(owner, owner) for owner in chats}
    people.rename(tx, names)
    contributions.unbind_waiting(tx)
    post.reseal(
        tx,
        [(owners[owner], new.seal(chat, owners[owner])) for owner, chat in chats.items()],
        [
            (i, new.seal(old.unseal(sealed, i), i))
            for s in surveys.all_surveys(tx)
            for i, _, sealed in post.wishes(tx, s)
        ],
        [(f.id, new.seal(old.unseal(f.sealed, f.id), f.id)) for f in post.farewells(tx)],
    )
    surveys.keep_fact(tx, "key", new.check())
    surveys.note(tx, None, day, "rotate-key", "all pseudonyms and addresses were made anew")


def _respondents(tx: Connection, old: Key, new: Key, chats: Mapping[str, int]) -> dict[str, str]:
    """The new pseudonyms by the old ones. Whoever came from paper, or has no address any more, keeps the old one."""
    salts = {s.id: s.salt for s in surveys.all_surveys(tx).values() if s.salt is not None}
    found = {}
    for respondent, survey, person in people.everybody(tx):
        if respondent in chats and survey in salts:
            salt, user = salts[survey], chats[respondent]
            if old.respondent(salt, user, person) == respondent:
                found[respondent] = new.respondent(salt, user, person)
    return found


def _organisers(tx: Connection, old: Key, new: Key, chats: Mapping[str, int]) -> dict[str, str]:
    return {
        identifier: new.organiser(commune, chats[identifier])
        for identifier, commune in organisers.everybody(tx)
        if identifier in chats and old.organiser(commune, chats[identifier]) == identifier
    }
