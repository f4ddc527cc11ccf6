"""Who organises which commune: one-time links in, the chats that are theirs, and what their commands are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from sqlite3 import Connection

from bot.identity import Key, hashed
from bot.view import View
from bot.words import Plain, plain
from conversations.store import organisers as kept
from conversations.store import post
from conversations.store.post import Address
from locales import mark

INVITE = "org-"  # what the parameter of an invitation's link begins with
COMMANDS = ("status", "digest")
STATEMENT = "statement"  # the command that opens a coordinator's menu
HELP = {
    "status": mark("Stand der Umfragen"),
    "digest": mark("Ergebnisse in einer Nachricht"),
    STATEMENT: mark("Selbstcheck mit vielen Stellen führen"),
}


@dataclass(frozen=True)
class Organiser:
    """An organiser of one commune. `asked`: what the next message answers, see bot/statement/menu.py."""

    id: str
    commune: int
    language: str
    asked: str | None = None


def of(tx: Connection, key: Key, users: Iterable[int]) -> dict[int, list[Organiser]]:
    """Which of these people organise which communes."""
    communes = kept.communes(tx)
    names = {key.organiser(commune, user): user for user in users for commune in communes}
    found: dict[int, list[Organiser]] = {}
    for identifier, (commune, language, asked) in (kept.known(tx, names) if names else {}).items():
        found.setdefault(names[identifier], []).append(Organiser(identifier, commune, language, asked))
    return found


def chats(tx: Connection, key: Key) -> dict[int, str]:
    """The chats of all organisers who have not blocked the bot, with their languages."""
    known = {identifier: language for commune in kept.communes(tx) for identifier, language in kept.of(tx, commune)}
    addresses = post.addresses(tx, known)
    return {key.unseal(a.sealed, a.owner): known[a.owner] for a in addresses.values() if not a.blocked}


def redeem(tx: Connection, key: Key, token: str, user: int, chat: int, language: str, now: int) -> View:
    """Uses a one-time link up and lets its bearer in; to a link that is not good any more nothing is given away."""
    commune = kept.redeem(tx, hashed(token), now)
    if commune is None:
        return plain(language, Plain.INVITE_GONE)
    identifier = key.organiser(commune, user)
    kept.add(tx, identifier, commune, language)
    post.keep_addresses(tx, [Address(identifier, None, key.seal(chat, identifier))])
    return plain(language, Plain.ORGANISER)
