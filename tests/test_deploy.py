"""The units and the image: what they say agrees with the program, and systemd finds nothing wrong with them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import commune_file

from bot.cli import COMMANDS, main
from bot.settings import settings

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"
BOT, BACKUP, TIMER = (
    DEPLOY / name for name in ("weltoffen.service", "weltoffen-backup.service", "weltoffen-backup.timer")
)
CONTAINERFILE = (DEPLOY / "Containerfile").read_text("utf-8")
PAGES = [DEPLOY / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
KEY = "/etc/weltoffen/key/weltoffen.key"
SINCE_254 = {"RestartSteps", "RestartMaxDelaySec"}  # older versions ignore them and say so

needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")


def unit(file: Path) -> dict[str, list[str]]:
    """The settings of a unit: name → values in order."""
    found: dict[str, list[str]] = {}
    for line in file.read_text("utf-8").splitlines():
        if line and line[0] not in "#[":
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


def environment(file: Path) -> dict[str, str]:
    """What a unit sets in the environment."""
    return dict(value.split("=", 1) for value in unit(file)["Environment"])


# ---- systemd ----------------------------------------------------------------------------------------------------


@needs_systemd
def test_systemd_finds_nothing_wrong_with_the_units(tmp_path: Path) -> None:
    for file in (BOT, BACKUP, TIMER):
        text = file.read_text("utf-8").replace("/opt/weltoffen/bin/weltoffen", shutil.which("true") or "/bin/true")
        (tmp_path / file.name).write_text(text, "utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", *(f.name for f in (BOT, BACKUP, TIMER))],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    said = [line for line in (done.stdout + done.stderr).splitlines() if "weltoffen" in line]
    unknown = [re.search(r"Unknown key (?:name )?'(\w+)'", line) for line in said]
    assert [line for line, key in zip(said, unknown, strict=True) if key is None or key[1] not in SINCE_254] == []


@needs_systemd
@pytest.mark.parametrize(("file", "most"), [(BOT, 1.3), (BACKUP, 0.4)], ids=lambda p: getattr(p, "stem", ""))
def test_the_units_are_shut_off(file: Path, most: float) -> None:
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", str(file)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout)
    assert found is not None, done.stderr
    assert float(found[1]) <= most  # 1.1 and 0.2 with systemd 252


def test_token_and_key_come_as_credentials_and_as_nothing_else() -> None:
    assert unit(BOT)["LoadCredential"] == ["token:/etc/weltoffen/token", f"key:{KEY}"]
    assert unit(BACKUP)["LoadCredential"] == [f"key:{KEY}"]
    assert {k: v for k, v in environment(BOT).items() if "%d" in v} == {
        "TELEGRAM_BOT_TOKEN_FILE": "%d/token", "WELTOFFEN_KEY_FILE": "%d/key",
    }  # fmt: skip
    assert {k: v for k, v in environment(BACKUP).items() if "%d" in v} == {"WELTOFFEN_KEY_FILE": "%d/key"}
    for file in DEPLOY.iterdir():
        examples = re.sub(r"123456789:AA…", "", file.read_text("utf-8"))
        assert re.findall(r"[0-9]{6,}:[A-Za-z0-9_-]{10,}|[0-9a-f]{64}", examples) == [], file.name


def test_the_bot_reads_the_settings_that_its_unit_gives(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("1:abc\n", "utf-8")
    found = settings({name: value.replace("%d", str(tmp_path)) for name, value in environment(BOT).items()})
    assert (found.token, found.key_file) == ("1:abc", tmp_path / "key")
    assert str(found.deletions) == environment(BACKUP)["WELTOFFEN_DELETIONS_FILE"]
    assert (
        found.deletions.parent != found.database.parent
    )  # else a backup of the folder would bring back what was deleted
    assert unit(BOT)["StateDirectory"][0].split() == [found.database.parent.name, found.deletions.parent.name]
    assert str(found.database) == environment(BACKUP)["WELTOFFEN_DATABASE"] == "/var/lib/weltoffen/weltoffen.db"
    assert f"http://127.0.0.1:{environment(BOT)['WELTOFFEN_HEALTH_PORT']}/healthz" in PAGES_TEXT["operating.md"]


def test_what_a_person_must_repair_is_not_tried_again_and_a_stalled_poller_is() -> None:
    assert (unit(BOT)["Restart"], unit(BOT)["RestartPreventExitStatus"]) == (["on-failure"], ["1 2"])
    for file in (BOT, BACKUP):
        assert set(unit(file)) >= {
            "AssertPathExists",
            "UMask",
            "LimitCORE",
            "MemoryDenyWriteExecute",
            "CapabilityBoundingSet",
        }
        credentials = {c.partition(":")[2] for c in unit(file)["LoadCredential"]}
        assert set(unit(file)["AssertPathExists"]) == credentials | {environment(file)["WELTOFFEN_DATABASE"]}


def test_both_units_are_the_same_user_s_and_the_backup_has_no_network() -> None:
    assert {(unit(f)["User"][0], unit(f)["Group"][0], unit(f)["StateDirectory"][0]) for f in (BOT, BACKUP)} == {
        ("weltoffen", "weltoffen", "weltoffen weltoffen-deletions")
    }
    assert (unit(BACKUP)["PrivateNetwork"], unit(BACKUP)["RestrictAddressFamilies"]) == (["yes"], ["AF_UNIX"])
    assert unit(BOT)["RestrictAddressFamilies"] == ["AF_INET AF_INET6 AF_UNIX"]
    assert "u weltoffen - " in (DEPLOY / "weltoffen.sysusers").read_text("utf-8")


def test_a_backup_comes_first_and_only_then_old_ones_go() -> None:
    binary, folder = "/opt/weltoffen/bin/weltoffen", "/var/backups/weltoffen"
    assert unit(BACKUP)["ExecStart"] == [
        f"{binary} backup {folder}", f"{binary} purge --backups {folder} --older-than 30",
    ]  # fmt: skip
    assert unit(BACKUP)["ReadWritePaths"] == [folder]


def test_the_backup_unit_s_commands_do_what_they_are_there_for(tmp_path: Path) -> None:
    def give(*words: str) -> str:
        done = CliRunner().invoke(main, list(words), env=where)
        assert done.exit_code == 0, done.output
        return done.output

    stadt, folder = tmp_path / "stadt.toml", tmp_path / "backups"
    where = {
        name: str(tmp_path / Path(v).name)
        for name, v in environment(BACKUP).items()
        if name != "PYTHONDONTWRITEBYTECODE"
    }
    stadt.write_text(commune_file(), "utf-8")
    give("survey", "open", "dialog", "--commune", str(stadt), "--yes")
    for command in unit(BACKUP)["ExecStart"] * 2:
        give(*command.replace("/var/backups/weltoffen", str(folder)).split()[1:])
    kept = sorted(p.name for p in folder.glob("*.db"))
    assert len(kept) == 2
    give("purge", "--backups", str(folder), "--older-than", "0")  # docs/operating.md: the newest always stays
    assert sorted(p.name for p in folder.glob("*.db")) == kept[1:]


# ---- the command for everything else ----------------------------------------------------------------------------


def test_the_wrapper_gives_the_settings_of_the_unit_and_passes_words_on_as_they_are(tmp_path: Path) -> None:
    runuser = tmp_path / "runuser"
    runuser.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\numask\n', "utf-8")
    runuser.chmod(0o755)
    script = tmp_path / "weltoffen"
    script.write_text(
        (DEPLOY / "weltoffen").read_text("utf-8").replace("cd /var/lib/weltoffen", f"cd {tmp_path}"), "utf-8"
    )
    done = subprocess.run(
        ["/bin/sh", str(script), "statements", "a b", "*"], env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr, done.stdout.splitlines()) == (0, "", [
        "-u", "weltoffen", "--", "env", "-u", "TELEGRAM_BOT_TOKEN",
        f"WELTOFFEN_DATABASE={environment(BOT)['WELTOFFEN_DATABASE']}",
        f"WELTOFFEN_KEY_FILE={KEY}",
        f"WELTOFFEN_DELETIONS_FILE={environment(BOT)['WELTOFFEN_DELETIONS_FILE']}",
        "/opt/weltoffen/bin/weltoffen", "statements", "a b", "*", "0077",
    ])  # fmt: skip


# ---- the image --------------------------------------------------------------------------------------------------


def test_only_named_files_enter_the_image_and_all_of_them_exist() -> None:
    copied = [
        line.split()[1:-1] for line in CONTAINERFILE.splitlines() if line.startswith("COPY ") and "--from" not in line
    ]
    assert copied == [
        ["pyproject.toml", "README.md", "LICENSE", "constraints.txt"],
        *(["bot"], ["conversations"], ["locales"], ["reports"]),
    ]  # fmt: skip
    assert [name for names in copied for name in names if not (ROOT / name).exists()] == []
    assert "USER 10001" in CONTAINERFILE
    assert CONTAINERFILE.index("USER 10001") < CONTAINERFILE.index("ENTRYPOINT")


@contextmanager
def answering(status: int) -> Iterator[str]:
    """A server that answers everything with a status; gives its port."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/healthz" else 404)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield str(server.server_port)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def healthy(port: str) -> int:
    """How the image's health check ends."""
    written = re.search(r"HEALTHCHECK .*?CMD (\[.*?\])$", CONTAINERFILE, re.MULTILINE | re.DOTALL)
    assert written is not None
    _, *words = json.loads(written[1])
    done = subprocess.run(
        [sys.executable, *words], env={"WELTOFFEN_HEALTH_PORT": port}, capture_output=True, check=False, timeout=30
    )
    return done.returncode


def test_the_health_check_fails_for_503_and_for_no_answer() -> None:
    with answering(200) as port:
        well = healthy(port)
    with answering(503) as other:
        ill = healthy(other)
    assert (well, ill, healthy(port)) == (0, 1, 1)


# ---- the pages --------------------------------------------------------------------------------------------------

PAGES_TEXT = {page.name: page.read_text("utf-8") for page in PAGES}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_that_is_named_exists(page: Path) -> None:
    code = re.findall(r"```sh\n(.*?)```|`([^`\n]+)`", PAGES_TEXT[page.name], re.DOTALL)
    lines = [line.partition("#")[0] for block in code for part in block for line in part.splitlines()]
    named = {word for line in lines for word in re.findall(r"(?:^|&& |bin/)weltoffen ([a-z][a-z-]+)", line)}
    assert named - set(COMMANDS) == set()


def test_what_the_log_is_said_to_say_it_says() -> None:
    table = PAGES_TEXT["operating.md"].partition("| the log says |")[2].partition("\n\n")[0]
    said = [part.strip() for cell in re.findall(r"^\| `(.*?)`", table, re.MULTILINE) for part in cell.split("…")]
    source = (
        " ".join(" ".join(p.read_text("utf-8").split()) for p in (ROOT / "bot").rglob("*.py"))
        .replace('" f"', "")
        .replace('" "', "")
    )
    own = [part for part in said if part and part not in ("assertion", "failed")]
    assert len(own) >= 6
    assert [part for part in own if part not in source] == []


def test_the_pages_name_files_that_exist() -> None:
    for name in ("operating.md", "README.md"):
        files = re.findall(r"\bdeploy/([\w.-]+\w)", PAGES_TEXT[name])
        assert [f for f in files if not (DEPLOY / f).exists()] == []
