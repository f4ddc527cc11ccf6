"""The stand-in behaves like Telegram where it hurts, over real HTTP."""

import asyncio
import io
import json
import re
import tomllib
import unicodedata
from collections.abc import AsyncIterator
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import pytest
from aiohttp import ClientSession, FormData, ServerDisconnectedError
from telegram import Bot, BotCommand, BotCommandScopeAllPrivateChats, InlineKeyboardButton, InlineKeyboardMarkup
from telegram import LinkPreviewOptions as Preview
from telegram.error import BadRequest, Forbidden, RetryAfter

from bot.standin.facts import distil, written
from bot.standin.pages import page
from bot.standin.server import Standin, start
from locales import languages

TOKEN = "4242:secret"
NOON = 1_800_000_000.0
NOT_MODIFIED = (
    "Bad Request: message is not modified: specified new message content and reply markup are exactly the same"
    " as a current content and reply markup of the message"
)
TOO_OLD = "Bad Request: query is too old and response timeout expired or query ID is invalid"
CONFLICT = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
KEYBOARD = {"inline_keyboard": [[{"text": "ja", "callback_data": "q:1"}], [{"text": "nein", "callback_data": "q:2"}]]}
ME = {"id": 4242, "is_bot": True, "username": "weltoffen_demo_bot", "first_name": "weltoffen"}


@dataclass
class House:
    """A running stand-in, a client for both of its doors, and its clock."""

    standin: Standin
    client: ClientSession
    time: list[float]

    async def call(self, method: str, **arguments: Any) -> Any:
        """A call of the bot: the result, or (code, description) when it is refused."""
        async with self.client.post(f"{self.standin.url}/bot{TOKEN}/{method}", json=arguments) as response:
            answer = await response.json()
        assert answer["ok"] is (response.status == 200)
        return answer["result"] if answer["ok"] else (answer["error_code"], answer["description"])

    async def post(self, path: str, **body: Any) -> Any:
        """A wish of a person: the value, or (status, error)."""
        async with self.client.post(f"{self.standin.url}/standin{path}", json=body) as response:
            answer = await response.json()
        return answer if response.status == 200 else (response.status, answer["error"])

    async def get(self, path: str) -> Any:
        """What the control API shows."""
        async with self.client.get(f"{self.standin.url}/standin{path}") as response:
            return await response.json()

    async def updates(self, **arguments: Any) -> list[dict[str, Any]]:
        """The updates, their ids counted from the first the stand-in ever gave."""
        got: list[dict[str, Any]] = await self.call("getUpdates", **arguments)
        return got

    async def person(self, **names: Any) -> int:
        """Somebody who started the bot; their /start is acknowledged."""
        user: int = (await self.post("/users", first_name="Amal", **names))["id"]
        await self.post(f"/users/{user}/start")
        await self.updates(offset=-1)
        last = (await self.updates())[-1]["update_id"]
        await self.updates(offset=last + 1)
        return user


@pytest.fixture
async def house() -> AsyncIterator[House]:
    time = [NOON]
    standin = await start(TOKEN, clock=lambda: time[0])
    async with ClientSession() as client:
        yield House(standin, client, time)
    await standin.close()


async def test_only_this_machine_and_only_this_bot(house: House) -> None:
    for host in ("0.0.0.0", "localhost", "192.168.0.1"):
        with pytest.raises(ValueError, match="serves 127"):
            await start(TOKEN, host)
    with pytest.raises(ValueError, match="token"):
        await start("no-token")
    url = house.standin.url
    async with house.client.post(f"{url}/bot4242:other/getMe") as response:
        assert (response.status, await response.json()) == (
            401,
            {"ok": False, "error_code": 401, "description": "Unauthorized"},
        )
    for headers in ({"Host": "evil.example"}, {"Origin": "https://evil.example"}):
        async with house.client.post(f"{url}/standin/users", json={"first_name": "X"}, headers=headers) as response:
            assert response.status == 403
    assert await house.get("/chats") == []


async def test_me_and_unknown_methods(house: House, caplog: pytest.LogCaptureFixture) -> None:
    assert await house.call("getMe") == {
        **ME,
        "can_join_groups": False,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
    }
    assert await house.call("getChat", chat_id=1) == (404, "Not Found: method not found")
    assert caplog.messages == ["the bot called getChat, which the stand-in does not know"]
    assert TOKEN not in caplog.text
    assert await house.get("/stats") == {"getChat": {"404": 1}, "getMe": {"200": 1}}
    calls = await house.get("/calls?last=1")
    assert calls == [
        {"method": "getChat", "chat": None, "status": 404, "description": "Not Found: method not found", "at": NOON}
    ]


async def test_a_conversation_as_both_sides_see_it(house: House) -> None:
    user = (await house.post("/users", first_name="Amal", language_code="ar"))["id"]
    assert user > 2**31
    await house.post(f"/users/{user}/start", parameter="Wald-7_x")
    account = {"id": user, "is_bot": False, "first_name": "Amal", "language_code": "ar"}
    chat = {"id": user, "first_name": "Amal", "type": "private"}
    (update,) = await house.updates()
    assert update == {
        "update_id": update["update_id"],
        "message": {
            "message_id": 1,
            "from": account,
            "chat": chat,
            "date": int(NOON),
            "text": "/start Wald-7_x",
            "entities": [{"type": "bot_command", "offset": 0, "length": 6}],
        },
    }
    sent = {
        "message_id": 2,
        "from": ME,
        "chat": chat,
        "date": int(NOON),
        "text": "Frage 1",
        "reply_markup": KEYBOARD,
        "has_protected_content": True,
        "link_preview_options": {"is_disabled": True},
    }
    assert sent == await house.call(
        "sendMessage",
        chat_id=user,
        text=" Frage 1\n",
        reply_markup=KEYBOARD,
        protect_content=True,
        link_preview_options={"is_disabled": True},
    )
    press = await house.post(f"/users/{user}/press", message_id=2, data="q:1")
    assert press == {**press, "answered": False, "text": None, "show_alert": False}
    (query,) = await house.updates(offset=update["update_id"] + 1)
    assert query["callback_query"] == {
        "id": press["callback_query_id"],
        "from": account,
        "message": sent,
        "chat_instance": query["callback_query"]["chat_instance"],
        "data": "q:1",
    }
    assert await house.call("answerCallbackQuery", callback_query_id=press["callback_query_id"], text="Danke") is True
    edited = await house.call("editMessageText", chat_id=user, message_id=2, text="Frage 2")
    assert (edited["text"], edited["edit_date"], "reply_markup" in edited) == ("Frage 2", int(NOON), False)
    seen = await house.get(f"/users/{user}/chat")
    assert seen == {
        "user": account,
        "version": seen["version"],
        "started": True,
        "blocked": False,
        "messages": [
            {
                "message_id": 1,
                "from": "user",
                "text": "/start Wald-7_x",
                "keyboard": [],
                "edited": 0,
                "deleted": False,
                "date": NOON,
                "entities": [{"type": "bot_command", "offset": 0, "length": 6}],
            },
            {
                "message_id": 2,
                "from": "bot",
                "text": "Frage 2",
                "keyboard": [],
                "edited": 1,
                "deleted": False,
                "date": NOON,
                "protected": True,
            },
        ],
        "toasts": [
            {"callback_query_id": press["callback_query_id"], "text": "Danke", "show_alert": False, "date": NOON}
        ],
    }
    assert await house.get("/chats") == [
        {
            "user": account,
            "version": seen["version"],
            "started": True,
            "blocked": False,
            "last": "Frage 2",
            "last_from": "bot",
            "last_date": NOON,
            "last_bot_id": 2,
        }
    ]


async def test_what_a_person_cannot_do(house: House) -> None:
    user = await house.person()
    await house.call("sendMessage", chat_id=user, text="Frage", reply_markup=KEYBOARD)
    path = f"/users/{user}"
    no_button = "message 2 has no button with the data 'q:9'"
    assert await house.post(f"{path}/press", message_id=2, data="q:9") == (400, no_button)
    assert (await house.post(f"{path}/press", message_id=77, data="q:1"))[0] == 400
    assert (await house.post(f"{path}/press", message_id=2))[0] == 400
    assert (await house.post(f"{path}/start", parameter="no blank"))[0] == 400
    assert (await house.post(f"{path}/text", text="  "))[0] == 400
    assert (await house.post(f"{path}/text", text="x" * 4097))[0] == 400
    assert (await house.post(f"{path}/edit", message_id=2, text="mine"))[0] == 400
    assert (await house.post(f"{path}/send", message={"chat": {}}))[0] == 400
    assert (await house.post("/users", first_name="Amal", id=user))[0] == 400
    assert await house.post("/users/99/text", text="x") == (404, "no user 99")
    assert await house.updates() == []
    await house.post(f"{path}/press", message_id=77, data="forged", forged=True)
    (update,) = await house.updates()
    gone = {"message_id": 77, "chat": {"id": user, "first_name": "Amal", "type": "private"}, "date": 0}
    assert (update["callback_query"]["message"], update["callback_query"]["data"]) == (gone, "forged")


async def test_people_edit_and_send_other_things(house: House) -> None:
    user = await house.person()
    sticker = {"file_id": "s", "file_unique_id": "u", "type": "regular", "width": 1, "height": 1}
    await house.post(f"/users/{user}/send", message={"sticker": {**sticker, "is_animated": False, "is_video": False}})
    await house.post(f"/users/{user}/text", text="Büchrei")
    house.time[0] += 60
    await house.post(f"/users/{user}/edit", message_id=3, text="Bücherei")
    first, second, third = await house.updates()
    assert first["message"]["sticker"]["file_id"] == "s"
    assert second["message"]["text"] == "Büchrei"
    assert (third["edited_message"]["text"], third["edited_message"]["edit_date"]) == ("Bücherei", int(NOON) + 60)
    seen = (await house.get(f"/users/{user}/chat"))["messages"]
    assert [(message["text"], message["edited"], message.get("kinds")) for message in seen] == [
        ("/start", 0, None),
        ("", 0, ["sticker"]),
        ("Bücherei", 1, None),
    ]


@pytest.mark.parametrize(
    ("method", "arguments", "refusal"),
    [
        ("sendMessage", {"text": "x"}, "Bad Request: chat_id is empty"),
        ("sendMessage", {"chat_id": 1, "text": "x"}, "Bad Request: chat not found"),
        ("sendMessage", {"chat_id": "@someone", "text": "x"}, "Bad Request: chat not found"),
        ("sendMessage", {"chat_id": ...}, "Bad Request: message text is empty"),
        ("sendMessage", {"chat_id": ..., "text": " \n "}, "Bad Request: message text is empty"),
        ("sendMessage", {"chat_id": ..., "text": "😀" * 2049}, "Bad Request: message is too long"),
        ("sendMessage", {"chat_id": ..., "text": 7}, "Bad Request: can't parse sendMessage.text as String"),
        ("sendMessage", {"chat_id": ..., "text": "x", "txt": "y"}, "Bad Request: sendMessage has no parameter 'txt'"),
        (
            "sendMessage",
            {"chat_id": ..., "text": "x", "reply_markup": {"keyboard": []}},
            "Bad Request: InlineKeyboardMarkup has no field 'keyboard'",
        ),
        (
            "sendMessage",
            {"chat_id": ..., "text": "x", "reply_markup": [[]]},
            "Bad Request: can't parse sendMessage.reply_markup as"
            " InlineKeyboardMarkup or ReplyKeyboardMarkup or ReplyKeyboardRemove or ForceReply",
        ),
        (
            "sendMessage",
            {"chat_id": ..., "text": "x", "link_preview_options": {"disabled": True}},
            "Bad Request: LinkPreviewOptions has no field 'disabled'",
        ),
        (
            "sendMessage",
            {"chat_id": ..., "text": "x", "parse_mode": "MarkdownV2"},
            "Bad Request: the stand-in does not read parse_mode 'MarkdownV2', only HTML",
        ),
        (
            "sendMessage",
            {"chat_id": ..., "text": "<b>x", "parse_mode": "HTML"},
            "Bad Request: can't parse entities: can't find end tag corresponding to \"b\"",
        ),
        ("editMessageText", {"chat_id": ..., "message_id": 2}, "Bad Request: message text is empty"),
        ("editMessageText", {"chat_id": ..., "text": "x"}, "Bad Request: message identifier is not specified"),
        (
            "editMessageText",
            {"chat_id": ..., "message_id": 99, "text": "x"},
            "Bad Request: message to edit not found",
        ),
        (
            "editMessageText",
            {"chat_id": ..., "message_id": 1, "text": "x"},
            "Bad Request: message can't be edited",
        ),
        ("editMessageText", {"chat_id": ..., "message_id": 2, "text": "Frage", "reply_markup": KEYBOARD}, NOT_MODIFIED),
        ("editMessageReplyMarkup", {"chat_id": ..., "message_id": 2, "reply_markup": KEYBOARD}, NOT_MODIFIED),
        ("deleteMessage", {"chat_id": ..., "message_id": 99}, "Bad Request: message to delete not found"),
        (
            "deleteMessages",
            {"chat_id": ..., "message_ids": list(range(1, 102))},
            "Bad Request: too many message identifiers specified",
        ),
        ("deleteMessages", {"chat_id": ...}, "Bad Request: message identifiers are not specified"),
        ("answerCallbackQuery", {"callback_query_id": "7"}, TOO_OLD),
        ("answerCallbackQuery", {"callback_query_id": "7", "text": "x" * 201}, "Bad Request: MESSAGE_TOO_LONG"),
        ("setMyCommands", {"commands": [{"command": "Ü", "description": "x"}]}, "Bad Request: BOT_COMMAND_INVALID"),
        ("setMyName", {"name": "x", "language_code": "deu"}, "Bad Request: invalid language code specified"),
        ("getUpdates", {"limit": 101}, "Bad Request: getUpdates.limit is out of its limits"),
        ("sendDocument", {"chat_id": ...}, "Bad Request: there is no document in the request"),
        (
            "sendDocument",
            {"chat_id": ..., "document": "https://example.org/x"},
            "Bad Request: wrong file identifier/HTTP URL specified",
        ),
    ],
)
async def test_refusals(house: House, method: str, arguments: dict[str, Any], refusal: str) -> None:
    user = await house.person()
    await house.call("sendMessage", chat_id=user, text="Frage", reply_markup=KEYBOARD)
    before = await house.get(f"/users/{user}/chat")
    filled = {name: user if value is ... else value for name, value in arguments.items()}
    assert await house.call(method, **filled) == (400, refusal)
    assert await house.get(f"/users/{user}/chat") == before


@pytest.mark.parametrize(
    ("button", "refusal"),
    [
        ({"text": "a", "callback_data": "é" * 32}, None),
        ({"text": "a", "callback_data": "é" * 33}, "BUTTON_DATA_INVALID"),
        ({"text": "a", "callback_data": ""}, "BUTTON_DATA_INVALID"),
        ({"text": " ", "callback_data": "a"}, "can't parse inline keyboard button: text must be non-empty"),
        ({"text": "a"}, "can't parse inline keyboard button: exactly one action is needed"),
        ({"callback_data": "a"}, "InlineKeyboardButton needs the field 'text'"),
    ],
)
async def test_buttons(house: House, button: dict[str, str], refusal: str | None) -> None:
    user = await house.person()
    answer = await house.call("sendMessage", chat_id=user, text="x", reply_markup={"inline_keyboard": [[button]]})
    if refusal:
        assert answer == (400, f"Bad Request: {refusal}")
    else:
        assert answer["reply_markup"] == {"inline_keyboard": [[button]]}


async def test_every_way_to_give_parameters(house: House) -> None:
    user = await house.person()
    url = f"{house.standin.url}/bot{TOKEN}"
    markup = json.dumps(KEYBOARD)
    values = {"chat_id": str(user), "text": "über", "reply_markup": markup, "protect_content": "true"}
    multipart = FormData(values, default_to_multipart=True)
    ways: list[dict[str, Any]] = [{"data": values}, {"data": multipart}, {"params": values}, {"json": values}]
    shown = []
    for way in ways:
        async with house.client.post(f"{url}/sendMessage", **way) as response:
            result = (await response.json())["result"]
        shown.append((result["text"], result["reply_markup"], result["has_protected_content"]))
    assert shown == [("über", KEYBOARD, True)] * 4
    for way in ({"data": b"\xff", "headers": {"Content-Type": "application/json"}}, {"json": [1]}):
        async with house.client.post(f"{url}/sendMessage", **way) as response:
            assert response.status == 400


async def test_formatting_is_read_and_measured_without_tags(house: House) -> None:
    user = await house.person()
    text = " 😀 <b>fett &amp; <i>schräg</i></b> <a href='https://example.org'>hier</a>"
    said = await house.call("sendMessage", chat_id=user, text=text, parse_mode="HTML")
    assert (said["text"], said["entities"]) == (
        "😀 fett & schräg hier",
        [
            {"type": "bold", "offset": 3, "length": 13},
            {"type": "italic", "offset": 10, "length": 6},
            {"type": "text_link", "offset": 17, "length": 4, "url": "https://example.org"},
        ],
    )
    long = f"<b>{'x' * 4096}</b>"
    assert len((await house.call("sendMessage", chat_id=user, text=long, parse_mode="HTML"))["text"]) == 4096
    plain = await house.call("sendMessage", chat_id=user, text="a < b")
    assert (plain["text"], "entities" in plain) == ("a < b", False)


async def test_updates_wait_are_acknowledged_and_come_again(house: House) -> None:
    user = await house.person()
    poll = asyncio.create_task(house.updates(timeout=50))
    while not house.standin.telegram.polled:
        await asyncio.sleep(0)
    assert await house.call("getUpdates") == (409, CONFLICT)
    await house.post(f"/users/{user}/text", text="eins")
    (one,) = await poll
    await house.post(f"/users/{user}/text", text="zwei")
    await house.post(f"/users/{user}/text", text="drei")
    texts = [[update["message"]["text"] for update in await house.updates(**way)] for way in ({}, {"limit": 2})]
    assert texts == [["eins", "zwei", "drei"], ["eins", "zwei"]]
    rest = await house.updates(offset=one["update_id"] + 1)
    assert [update["update_id"] - one["update_id"] for update in rest] == [1, 2]
    assert [update["message"]["text"] for update in await house.updates(offset=-1)] == ["drei"]
    assert (await house.call("getWebhookInfo"))["pending_update_count"] == 1
    assert await house.call("deleteWebhook", drop_pending_updates=True) is True
    assert await house.updates() == []


async def test_a_poll_ends_with_its_connection(house: House) -> None:
    await house.person()
    poll = asyncio.create_task(house.updates(timeout=50))
    while not house.standin.telegram.polled:
        await asyncio.sleep(0)
    poll.cancel()
    while house.standin.telegram.polled:
        await asyncio.sleep(0)
    assert await house.updates() == []


async def test_only_allowed_updates_come_and_the_choice_is_remembered(house: House) -> None:
    user = await house.person()
    await house.updates(allowed_updates=["message"])
    await house.call("sendMessage", chat_id=user, text="x", reply_markup=KEYBOARD)
    await house.post(f"/users/{user}/press", message_id=2, data="q:1")
    await house.post(f"/users/{user}/text", text="eins")
    assert [update.keys() - {"update_id"} for update in await house.updates()] == [{"message"}]
    assert await house.call("getWebhookInfo") == {
        "url": "",
        "has_custom_certificate": False,
        "pending_update_count": 1,
        "allowed_updates": ["message"],
    }
    await house.updates(allowed_updates=[])
    await house.post(f"/users/{user}/press", message_id=2, data="q:1")
    assert len(await house.updates()) == 2


async def test_presses_grow_old_after_150_seconds_and_messages_after_a_day(house: House) -> None:
    user = await house.person()
    await house.call("sendMessage", chat_id=user, text="x", reply_markup=KEYBOARD)
    presses = [(await house.post(f"/users/{user}/press", message_id=2, data="q:1")) for _ in range(2)]
    await house.post(f"/users/{user}/text", text="eins")
    house.time[0] += 150
    assert len(await house.updates()) == 3
    first = {"callback_query_id": presses[0]["callback_query_id"]}
    assert await house.call("answerCallbackQuery", **first) is True
    assert await house.call("answerCallbackQuery", **first) == (400, TOO_OLD)
    assert await house.post("/clock", advance=1) == {"now": NOON + 151, "skew": 1.0}
    assert [update["message"]["text"] for update in await house.updates()] == ["eins"]
    second = {"callback_query_id": presses[1]["callback_query_id"]}
    assert await house.call("answerCallbackQuery", **second) == (400, TOO_OLD)
    house.time[0] += 24 * 3600
    assert await house.updates() == []


async def test_after_a_quiet_week_ids_begin_anywhere(house: House) -> None:
    user = await house.person()
    await house.post(f"/users/{user}/text", text="eins")
    (one,) = await house.updates()
    house.time[0] += 7 * 24 * 3600
    await house.post(f"/users/{user}/text", text="zwei")
    (two,) = await house.updates()
    assert two["update_id"] - one["update_id"] not in range(1, 1000)


async def test_a_press_can_wait_for_its_answer(house: House) -> None:
    user = await house.person()
    await house.call("sendMessage", chat_id=user, text="x", reply_markup=KEYBOARD)
    press = asyncio.create_task(house.post(f"/users/{user}/press", message_id=2, data="q:1", wait=30))
    (update,) = await house.updates(timeout=30)
    query = update["callback_query"]["id"]
    await house.call("answerCallbackQuery", callback_query_id=query, text="Achtung", show_alert=True)
    assert await press == {"callback_query_id": query, "answered": True, "text": "Achtung", "show_alert": True}


async def test_a_chat_can_be_watched(house: House) -> None:
    user = await house.person()
    version = (await house.get(f"/users/{user}/chat"))["version"]
    assert (await house.get(f"/users/{user}/chat?after={version - 1}&wait=60"))["version"] == version
    assert (await house.get(f"/users/{user}/chat?after={version}&wait=0.001"))["version"] == version
    watch = asyncio.create_task(house.get(f"/users/{user}/chat?after={version}&wait=60"))
    async with house.client.get(f"{house.standin.url}/standin/events") as events:
        assert await events.content.readuntil(b"\n\n") == b": here\n\n"
        await house.call("sendMessage", chat_id=user, text="Guten Tag")
        told = json.loads((await events.content.readuntil(b"\n\n")).removeprefix(b"data: "))
    assert (told["user"]["id"], told["last"], told["last_bot_id"]) == (user, "Guten Tag", 2)
    assert [message["text"] for message in (await watch)["messages"]] == ["/start", "Guten Tag"]


async def test_whom_the_bot_may_write_to(house: House) -> None:
    user = (await house.post("/users", first_name="Amal"))["id"]
    never = (403, "Forbidden: bot can't initiate conversation with a user")
    assert await house.call("sendMessage", chat_id=user, text="x") == never
    await house.post(f"/users/{user}/start")
    await house.call("sendMessage", chat_id=user, text="x")
    await house.post(f"/users/{user}/block")
    blocked = (403, "Forbidden: bot was blocked by the user")
    assert await house.call("sendMessage", chat_id=user, text="y") == blocked
    assert await house.call("editMessageText", chat_id=user, message_id=2, text="y") == blocked
    assert (await house.post(f"/users/{user}/text", text="x"))[0] == 400
    await house.post(f"/users/{user}/unblock")
    assert (await house.call("sendMessage", chat_id=user, text="y"))["message_id"] == 3
    states = [
        [update["my_chat_member"][side]["status"] for side in ("old_chat_member", "new_chat_member")]
        for update in await house.updates()
        if "my_chat_member" in update
    ]
    assert states == [["member", "kicked"], ["kicked", "member"]]


async def test_deleting(house: House) -> None:
    user = await house.person()
    await house.call("sendMessage", chat_id=user, text="alt")
    house.time[0] += 48 * 3600
    await house.post(f"/users/{user}/text", text="geheim")
    await house.call("sendMessage", chat_id=user, text="neu", reply_markup=KEYBOARD)
    too_old = (400, "Bad Request: message can't be deleted for everyone")
    assert await house.call("deleteMessage", chat_id=user, message_id=2) == too_old
    assert await house.call("deleteMessages", chat_id=user, message_ids=[2, 3, 4]) == too_old
    assert await house.call("deleteMessages", chat_id=user, message_ids=[3, 4, 999]) is True
    assert await house.call("deleteMessages", chat_id=user, message_ids=[3, 4]) is True
    gone = (400, "Bad Request: message to delete not found")
    assert await house.call("deleteMessage", chat_id=user, message_id=4) == gone
    not_found = (400, "Bad Request: message to edit not found")
    assert await house.call("editMessageText", chat_id=user, message_id=4, text="x") == not_found
    assert (await house.post(f"/users/{user}/press", message_id=4, data="q:1"))[0] == 400
    seen = (await house.get(f"/users/{user}/chat"))["messages"]
    assert [(message["text"], message["deleted"]) for message in seen] == [
        ("/start", False),
        ("alt", False),
        ("", True),
        ("", True),
    ]


async def test_message_ids_are_counted_over_all_chats(house: House) -> None:
    one, two = await house.person(), await house.person(id=17)
    sent = [(await house.call("sendMessage", chat_id=chat, text="x"))["message_id"] for chat in (one, two, one)]
    assert (two, sent) == (17, [3, 4, 5])


async def test_documents_are_kept_for_download(house: House) -> None:
    user = await house.person()
    for name, content in (("bericht ü.html", b"<h1>Bericht</h1>"), ("antworten.csv", b"a;b")):
        form = FormData({"chat_id": str(user), "caption": "Ihr Bericht"}, quote_fields=False)
        form.add_field("document", content, filename=name, content_type="text/html" if "html" in name else "text/csv")
        async with house.client.post(f"{house.standin.url}/bot{TOKEN}/sendDocument", data=form) as response:
            assert (await response.json())["result"]["caption"] == "Ihr Bericht"
    seen = (await house.get(f"/users/{user}/chat"))["messages"]
    documents = [message["document"] for message in seen if "document" in message]
    assert documents == [
        {"name": "bericht ü.html", "size": 16, "url": "/standin/files/BQAD00000001"},
        {"name": "antworten.csv", "size": 3, "url": "/standin/files/BQAD00000002"},
    ]
    got = []
    for document in documents:
        async with house.client.get(house.standin.url + document["url"]) as response:
            headers = response.headers
            shown = (headers.get("Content-Security-Policy"), headers.get("Content-Disposition"))
            got.append((await response.read(), shown))
    assert got == [
        (b"<h1>Bericht</h1>", ("sandbox", None)),
        (b"a;b", (None, "attachment; filename*=UTF-8''antworten.csv")),
    ]
    again = await house.call("sendDocument", chat_id=user, document="BQAD00000002")
    assert again["document"]["file_name"] == "antworten.csv"
    assert await house.call("editMessageText", chat_id=user, message_id=again["message_id"], text="x") == (
        400,
        "Bad Request: there is no text in the message to edit",
    )
    large = FormData({"chat_id": str(user)})
    large.add_field("document", io.BytesIO(bytes(10 * 1024 * 1024 + 1)), filename="x.bin")
    async with house.client.post(f"{house.standin.url}/bot{TOKEN}/sendDocument", data=large) as response:
        assert (response.status, (await response.json())["description"]) == (413, "Request Entity Too Large")


async def test_what_the_account_says_about_itself(house: House) -> None:
    user = (await house.post("/users", first_name="Amal", language_code="ar"))["id"]
    await house.call("setMyName", name="weltoffen Dessau")
    await house.call("setMyDescription", description="Guten Tag")
    await house.call("setMyDescription", description="مرحبا", language_code="ar")
    await house.call("setMyCommands", commands=[{"command": "hilfe", "description": "Hilfe"}])
    private = {"type": "all_private_chats"}
    await house.call("setMyCommands", commands=[{"command": "start", "description": "Los"}], scope=private)
    known = {"id": 4242, "is_bot": True, "username": "weltoffen_demo_bot", "first_name": "weltoffen Dessau"}
    seen = {**known, "description": "مرحبا", "short_description": ""}
    assert await house.get(f"/bot?user={user}") == {**seen, "commands": [{"command": "start", "description": "Los"}]}
    await house.call("deleteMyCommands", scope=private)
    assert (await house.get("/bot"))["commands"] == [{"command": "hilfe", "description": "Hilfe"}]


async def test_real_limits(house: House) -> None:
    user = await house.person()
    assert await house.post("/faults", limits=True) == {"limits": True, "rules": []}
    sent = [await house.call("sendMessage", chat_id=user, text="x") for _ in range(6)]
    assert sent[5] == (429, "Too Many Requests: retry after 1")
    house.time[0] += 1
    assert isinstance(await house.call("sendMessage", chat_id=user, text="x"), dict)
    crowd = [await house.person() for _ in range(32)]
    assert all([isinstance(await house.call("sendMessage", chat_id=chat, text="reply"), dict) for chat in crowd])
    house.time[0] += 60  # now nobody waits for a reply, and all of it is pushed
    pushed = [isinstance(await house.call("sendMessage", chat_id=chat, text="push"), dict) for chat in crowd]
    assert pushed == [True] * 30 + [False] * 2


async def test_trouble_on_demand(house: House) -> None:
    user, other = await house.person(), await house.person()
    assert (await house.post("/faults", rules=[{"kind": "fire"}]))[0] == 400
    assert (await house.post("/faults", rules=[{"kind": "latency", "speed": 1}]))[0] == 400
    assert (await house.post("/faults", rules=[{"kind": "latency", "rate": "often"}]))[0] == 400
    once = {"method": "sendMessage", "chats": [user], "times": 1}
    rules = [
        {"kind": "too_many", "retry_after": 3, **once},
        {"kind": "server_error", "status": 500, **once},
        {"kind": "latency", "milliseconds": 0.1, **once},
        {"kind": "duplicate", "method": "callback_query", "times": 1},
    ]
    await house.post("/faults", rules=rules, seed=1)
    assert (await house.call("sendMessage", chat_id=other, text="x"))["text"] == "x"
    answers = [await house.call("sendMessage", chat_id=user, text="x", reply_markup=KEYBOARD) for _ in range(3)]
    assert answers[:2] == [(429, "Too Many Requests: retry after 3"), (500, "Internal Server Error")]
    message = answers[2]["message_id"]
    for data in ("q:1", "q:2"):
        await house.post(f"/users/{user}/press", message_id=message, data=data)
    queries = [update["callback_query"] for update in await house.updates()]
    assert [query["data"] for query in queries] == ["q:1", "q:1", "q:2"]
    assert queries[0] == queries[1]
    assert [rule["struck"] for rule in (await house.get("/faults"))["rules"]] == [1, 1, 1, 1]


async def test_replies_get_lost_before_and_after_the_call_took_effect(house: House) -> None:
    user = await house.person()
    for kind, shown in (("lost_before", 0), ("lost_after", 1)):
        await house.post("/faults", rules=[{"kind": kind, "method": "sendMessage"}])
        with pytest.raises(ServerDisconnectedError):
            await house.call("sendMessage", chat_id=user, text=kind)
        seen = (await house.get(f"/users/{user}/chat"))["messages"]
        assert sum(message["text"] == kind for message in seen) == shown
    assert (await house.get("/stats"))["sendMessage"] == {"lost": 2}
    await house.post(f"/users/{user}/text", text="bleibt")
    await house.post("/faults", rules=[{"kind": "lost_after", "method": "getUpdates", "times": 1}])
    with pytest.raises(ServerDisconnectedError):
        await house.updates()
    assert [update["message"]["text"] for update in await house.updates()] == ["bleibt"]


async def test_a_call_takes_effect_even_when_the_bot_does_not_wait(house: House) -> None:
    user = await house.person()
    version = (await house.get(f"/users/{user}/chat"))["version"]
    await house.post("/faults", rules=[{"kind": "latency", "method": "sendMessage", "milliseconds": 20}])
    call = asyncio.create_task(house.call("sendMessage", chat_id=user, text="spät"))
    while not house.standin.api.running:
        await asyncio.sleep(0)
    call.cancel()
    seen = await house.get(f"/users/{user}/chat?after={version}&wait=30")
    assert seen["messages"][-1]["text"] == "spät"


async def test_the_same_seed_makes_the_same_trouble() -> None:
    def struck(seed: int) -> list[bool]:
        from bot.standin.faults import Fault, Faults, Kind

        faults = Faults(seed)
        faults.set([Fault(Kind.TOO_MANY, rate=0.5)])
        return [faults.struck(Kind.TOO_MANY, "sendMessage", 1) is not None for _ in range(40)]

    assert struck(1) == struck(1)
    assert struck(1) != struck(2)
    assert 5 < sum(struck(1)) < 35


async def test_the_real_library_speaks_with_it(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "1")
    user = house.standin.people.join("Amal", language_code="ar").id
    house.standin.people.start(user, "WALD7")
    keyboard = InlineKeyboardMarkup([[InlineKeyboardButton("ja", callback_data="q:1")]])
    async with Bot(TOKEN, base_url=f"{house.standin.url}/bot") as bot:
        me = await bot.get_me()
        (update,) = await bot.get_updates(timeout=5, allowed_updates=["message", "callback_query"])
        preview = Preview(is_disabled=True)
        sent = await bot.send_message(
            user, "Frage", reply_markup=keyboard, protect_content=True, link_preview_options=preview
        )
        press = house.standin.people.press(user, sent.message_id, "q:1")
        (query,) = await bot.get_updates(offset=update.update_id + 1)
        answered = await bot.answer_callback_query(press.id, "Danke")
        edited = await bot.edit_message_text("Frage 2", user, sent.message_id, reply_markup=keyboard)
        document = await bot.send_document(user, io.BytesIO(b"Bericht"), filename="bericht.html", caption="Ihr Bericht")
        stripped = await bot.edit_message_reply_markup(user, sent.message_id)
        deleted = await bot.delete_messages(user, [sent.message_id, 999])
        scope = BotCommandScopeAllPrivateChats()
        named = await bot.set_my_commands([BotCommand("hilfe", "Hilfe")], scope=scope, language_code="de")
        with pytest.raises(BadRequest, match=r"^Message to edit not found$"):
            await bot.edit_message_text("x", user, sent.message_id)
        await house.post("/faults", rules=[{"kind": "too_many", "retry_after": 7, "method": "sendMessage", "times": 1}])
        with pytest.raises(RetryAfter):
            await bot.send_message(user, "x")
        house.standin.people.block(user)
        with pytest.raises(Forbidden, match=r"^Forbidden: bot was blocked by the user$"):
            await bot.send_message(user, "x")
    assert (me.id, me.username, me.is_bot) == (4242, "weltoffen_demo_bot", True)
    assert update.message is not None and update.message.text == "/start WALD7"
    assert query.callback_query is not None and query.callback_query.id == press.id
    assert (sent.has_protected_content, sent.reply_markup, sent.link_preview_options) == (True, keyboard, preview)
    assert (edited.text, stripped.reply_markup) == ("Frage 2", None)  # type: ignore[union-attr]
    assert document.document is not None
    assert (document.caption, document.document.file_name) == ("Ihr Bericht", "bericht.html")
    assert (answered, deleted, named) == (True, True, True)


def test_the_table_of_facts_holds_what_a_source_says() -> None:
    text = files("bot.standin").joinpath("facts.json").read_text(encoding="utf-8")
    committed = json.loads(text)
    assert written(committed) == text
    described = "Text of the message to be sent, 1-4096 characters after entities parsing"
    method = {"fields": [{"name": "text", "types": ["String"], "required": True, "description": described}]}
    kind = {"fields": [{"name": "type", "types": ["String"], "required": True, "description": "must be x"}]}
    source = {
        "version": "Bot API 0",
        "release_date": "2026-01-01",
        "methods": dict.fromkeys(committed["methods"], method),
        "types": {
            **dict.fromkeys(committed["types"], kind),
            "BotCommandScope": {"subtypes": ["BotCommandScopeDefault"]},
        },
    }
    table = distil(source)
    limit = {"least": 1, "most": 4096, "unit": "characters", "parsed": True}
    assert table["methods"]["sendMessage"] == {"text": {"types": ["String"], "required": True, "limit": limit}}
    assert table["types"]["BotCommand"] == {"type": {"types": ["String"], "required": True, "constant": "x"}}
    assert json.loads(written(table)) == table


# ---- the words of the chat page -----------------------------------------------------------------------------------

WORDS = tomllib.loads(files("bot.standin").joinpath("page.toml").read_text("utf-8"))
SCRIPTS = {"ar": "ARABIC", "fa": "ARABIC", "uk": "CYRILLIC", "ru": "CYRILLIC", "zh_Hans": "CJK"}  # all others: Latin
NEIGHBOURS = {"ar": "یکپچگ", "fa": "يكةى", "uk": "ыэъё", "ru": "іїєґ"}  # letters of the language one would copy from


def test_the_chat_page_has_every_word_in_every_language_and_none_that_it_does_not_say() -> None:
    said = set(re.findall(r'\bdata-(?:t|label|placeholder)="(\w+)"|\bt\("(\w+)"', page()))
    keys = {one or other for one, other in said}
    assert list(WORDS) == list(languages())
    assert {code: set(words) ^ keys for code, words in WORDS.items()} == {code: set() for code in WORDS}
    filled = {code: {key for key, text in words.items() if "{0}" in text} for code, words in WORDS.items()}
    assert filled == {code: {"with", "gone"} for code in WORDS}


def test_the_chat_page_writes_every_language_in_its_own_script() -> None:
    for code, words in WORDS.items():
        letters = {letter for text in words.values() for letter in text.replace("QR", "") if letter.isalpha()}
        wrong = {one for one in letters if not unicodedata.name(one).startswith(SCRIPTS.get(code, "LATIN"))}
        assert (code, wrong, letters & set(NEIGHBOURS.get(code, ""))) == (code, set(), set())
        same = {text for key, text in words.items() if text == WORDS["de"][key]}
        assert code.startswith("de") or same <= {"Code"}, code


def test_the_chat_page_knows_how_every_language_runs_and_what_an_app_calls_it() -> None:
    tongues, apps = (json.loads(found) for found in re.findall(r"^const (?:TONGUES|APPS) = (\{.*\});", page(), re.M))
    assert {code: tongue.pop("words") for code, tongue in tongues.items()} == WORDS
    assert tongues["de@simple"] == {"name": "Einfaches Deutsch", "tag": "de-simple", "direction": "ltr", "app": "de"}
    assert tongues["fa"] == {"name": "فارسی / دری", "tag": "fa", "direction": "rtl", "app": "fa"}
    assert {tongue["app"] for tongue in tongues.values()} <= set(apps)
    assert [apps[app]["name"] for app in ("zh-hans", "de", "pl")] == ["简体中文", "Deutsch", "Polski"]
