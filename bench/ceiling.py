"""How many answers a second the load server can play at most: an ideal bot of raw sockets and bytes against it.

    uv run python bench/ceiling.py [--seconds 3]

The ideal bot understands nothing: it cuts chat, message and callback out of the bytes of a batch and sends an edit and
an answer for each in one write. What it needs of the load server's CPU per answer is the least that any bot needs.
"""

from __future__ import annotations

import argparse
import json
import re
import socket
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

import ours
from trial import Load, Plan

PRESS = re.compile(rb'"callback_query":\{"id":"(\d+)".*?"message_id":(\d+).*?"chat":\{"id":(\d+).*?"data":"r:(\d+):')
UPDATE = re.compile(rb'"update_id":(\d+)')
ENTRY = re.compile(rb'"update_id":\d+,"message":.*?"chat":\{"id":(\d+)')
LENGTH = re.compile(rb"Content-Length: (\d+)")
LABELS = ("ja", "eher ja", "eher nein", "nein", "keine Einschätzung", "zurück", "überspringen", "Beispiel ⓘ")
TEXT = "Feld 1 von 7, Frage {n} von 4\nManagement und Steuerung\n\nArbeiten die Ämter hier gut zusammen, wenn jemand?"


def ceiling(seconds: float = 3.0, people: int = 300) -> dict[str, float]:
    """Answers a second, microseconds of the load server's CPU per answer, and how busy it was."""
    questions = 100_000  # nobody finishes
    bodies = [_screen(n) for n in range(8)]
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        load = Load(Plan(people, think=0.0, jitter=0.0, answers=questions), Path(name), "/start", None)
        with load.process:
            address = urlsplit(load.url)
            with socket.create_connection((str(address.hostname), address.port or 80)) as link:
                link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                load.ask("begin")
                _play(link, bodies, 0.5)
                before = load.ask("stats")
                _play(link, bodies, seconds)
                after = load.ask("stats")
    wall, cpu = after["time"] - before["time"], after["cpu"] - before["cpu"]
    answers = after["replied"] - before["replied"]
    return {
        "answers_per_second": round(answers / wall),
        "cpu_us_per_answer": round(1e6 * cpu / answers, 1),
        "busy": round(cpu / wall, 2),
        "possible_per_second": round(answers / cpu),
    }


def _screen(number: int) -> bytes:
    rows = [[{"text": label, "callback_data": f"r:{number}:{label[:2]}"}] for label in LABELS]
    shown = {"text": TEXT.format(n=number), "reply_markup": {"inline_keyboard": rows}}
    return json.dumps(shown, ensure_ascii=False).encode()[1:]


def _play(link: socket.socket, bodies: list[bytes], seconds: float) -> None:
    end, offset = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        link.sendall(_request(b"getUpdates", b'{"offset":%d,"timeout":1,"limit":100}' % offset))
        batch = _answers(link, 1)
        calls = [
            part
            for callback, message, chat, number in PRESS.findall(batch)
            for part in (
                _request(b"editMessageText", b'{"chat_id":%b,"message_id":%b,' % (chat, message)
                         + bodies[(int(number) + 1) % len(bodies)]),
                _request(b"answerCallbackQuery", b'{"callback_query_id":"%b"}' % callback),
            )
        ]  # fmt: skip
        calls += [_request(b"sendMessage", b'{"chat_id":%b,' % chat + bodies[0]) for chat in ENTRY.findall(batch)]
        if calls:
            link.sendall(b"".join(calls))
            _answers(link, len(calls))
        offset = max((int(n) for n in UPDATE.findall(batch)), default=offset - 1) + 1


def _request(method: bytes, body: bytes) -> bytes:
    head = b"POST /bot%b/%b HTTP/1.1\r\nHost: l\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    return head % (ours.TOKEN.encode(), method, len(body)) + body


def _answers(link: socket.socket, number: int) -> bytes:
    """The bytes of so many answers."""
    data, at, found = b"", 0, 0
    while found < number:
        end = data.find(b"\r\n\r\n", at)
        length = LENGTH.search(data, at, end) if end >= 0 else None
        if length is None or len(data) < end + 4 + int(length[1]):
            data += link.recv(1 << 20)
            continue
        at = end + 4 + int(length[1])
        found += 1
    return data


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=3.0)
    print(json.dumps(ceiling(parser.parse_args().seconds)))
