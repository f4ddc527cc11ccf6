"""The dependency audit: a run that could not audit never looks clean."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
JUDGE = ROOT / ".ci/judge_audit.py"
_spec = importlib.util.spec_from_file_location("judge_audit", JUDGE)
assert _spec is not None
assert _spec.loader is not None
judging = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(judging)

CONSTRAINTS = "# tested together\njinja2==3.1.6\nyarl==1.25.1\n"
# What pip-audit 2.10.1 wrote: the first two against a stand-in of OSV, the third where PyPI does not know the packages.
CLEAN = (
    '{"dependencies": [{"name": "jinja2", "version": "3.1.6", "vulns": []}, '
    '{"name": "yarl", "version": "1.25.1", "vulns": []}], "fixes": []}'
)
VULNERABLE = (
    '{"dependencies": [{"name": "jinja2", "version": "3.1.5", "vulns": [{"id": "PYSEC-0000-1", '
    '"fix_versions": ["3.1.6"], "aliases": ["CVE-0000-0001"], "description": "made up"}]}, '
    '{"name": "yarl", "version": "1.25.1", "vulns": []}], "fixes": []}'
)
SKIPPED = (
    '{"dependencies": [{"name": "jinja2", "skip_reason": "Dependency not found on PyPI and could not be audited: '
    'jinja2 (3.1.6)"}, {"name": "yarl", "skip_reason": "Dependency not found on PyPI and could not be audited: yarl '
    '(1.25.1)"}], "fixes": []}'
)
YARL_SKIPPED = json.loads(SKIPPED)["dependencies"][1]
NO_RESULT = "no result (pip-audit ended with 1; is the service reachable?)"


def both(first: str, second: object) -> str:
    """A result with the first package of a recorded one, and another."""
    return json.dumps({"dependencies": [json.loads(first)["dependencies"][0], second], "fixes": []})


@pytest.mark.parametrize(
    ("output", "ended", "code", "sentence"),
    [
        (CLEAN, 0, 0, "2 packages audited, no known vulnerability"),
        (CLEAN, 1, 2, "nothing was found, but pip-audit ended with 1"),
        (VULNERABLE, 1, 1, "known vulnerabilities in jinja2 (PYSEC-0000-1)"),
        (VULNERABLE, 0, 1, "known vulnerabilities in jinja2 (PYSEC-0000-1)"),
        # pip-audit says "No known vulnerabilities found" and ends with 0
        (SKIPPED, 0, 2, "2 of 2 packages could not be audited (first jinja2: Dependency not found on PyPI and could "
                        "not be audited: jinja2 (3.1.6))"),
        (both(CLEAN, YARL_SKIPPED), 0, 2, "1 of 2 packages could not be audited (first yarl: Dependency not found on "
                                          "PyPI and could not be audited: yarl (1.25.1))"),
        (both(VULNERABLE, YARL_SKIPPED), 1, 1, "known vulnerabilities in jinja2 (PYSEC-0000-1); 1 of 2 packages could "
                                               "not be audited"),
        ('{"dependencies": [{"name": "Jinja2", "version": "3.1.6", "vulns": []}], "fixes": []}', 0, 2,
         "1 of 2 packages could not be audited (first yarl: it is missing from the result)"),
        ('{"dependencies": [], "fixes": []}', 0, 2,
         "2 of 2 packages could not be audited (first jinja2: it is missing from the result)"),
        (None, 1, 2, NO_RESULT),  # the service cannot be reached: a traceback, and no file
        ("", 1, 2, NO_RESULT),
        ("Traceback (most recent call last):", 1, 2, NO_RESULT),
        ("[]", 1, 2, NO_RESULT),
        ('{"dependencies": [{"name": "jinja2"}]}', 1, 2, NO_RESULT),
        ('{"dependencies": [{"name": "jinja2", "vulns": null}, {"name": "yarl", "vulns": null}]}', 0, 2,
         "no result (pip-audit ended with 0; is the service reachable?)"),
    ],
)  # fmt: skip
def test_what_a_result_means(output: str | None, ended: int, code: int, sentence: str) -> None:
    assert judging.judge(judging.wanted(CONSTRAINTS), output, ended) == (code, sentence)


def test_constraints_without_a_package_are_not_clean() -> None:
    assert judging.judge(set(), '{"dependencies": [], "fixes": []}', 0) == (2, "the constraints name no package")


def test_all_pinned_packages_are_asked_about() -> None:
    lines = [x for x in (ROOT / "constraints.txt").read_text("utf-8").splitlines() if x and not x.startswith("#")]
    names = judging.wanted((ROOT / "constraints.txt").read_text("utf-8"))
    assert (len(names), "python-telegram-bot" in names) == (len(lines), True)
    assert judging.wanted("# a==1\nTyping_Extensions == 4.16.0\n") == {"typing-extensions"}


@pytest.mark.parametrize(("output", "code"), [(CLEAN, 0), (VULNERABLE, 1), (SKIPPED, 2), (None, 2)])
def test_the_exit_code_is_the_verdict(tmp_path: Path, output: str | None, code: int) -> None:
    (tmp_path / "constraints.txt").write_text(CONSTRAINTS, "utf-8")
    if output is not None:
        (tmp_path / "result.json").write_text(output, "utf-8")
    done = subprocess.run(
        [sys.executable, str(JUDGE), "constraints.txt", "result.json", "0"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout.count("\n"), done.stderr) == (code, 1, "")


def fake_tools(folder: Path, result: str | None, code: int) -> dict[str, str]:
    """An environment whose python3 makes a venv with a pip-audit that writes this result."""
    write = f"cat > \"$out\" <<'END'\n{result}\nEND\n" if result is not None else ""
    audit = f'while [ $# -gt 0 ]; do [ "$1" = --output ] && out=$2; shift; done\n{write}exit {code}\n'
    (folder / "pip-audit").write_text(f"#!/bin/sh\n{audit}", "utf-8")
    (folder / "python3").write_text(
        f'#!/bin/sh\nif [ "$1" = -m ]; then mkdir -p "$3/bin"; cp "{folder}/pip-audit" "$3/bin/"; '
        f'printf "#!/bin/sh\\n" > "$3/bin/pip"; chmod +x "$3/bin/pip"; else exec "{sys.executable}" "$@"; fi\n',
        "utf-8",
    )
    for name in ("pip-audit", "python3"):
        (folder / name).chmod(0o755)
    return {"PATH": f"{folder}:/usr/bin:/bin", "TMPDIR": str(folder)}


def every(vulns: object) -> str:
    """A result for all packages of the real constraints."""
    names = sorted(judging.wanted((ROOT / "constraints.txt").read_text("utf-8")))
    return json.dumps({"dependencies": [{"name": n, "version": "1", "vulns": vulns} for n in names], "fixes": []})


@pytest.mark.parametrize(
    ("result", "ended", "code", "begins"),
    [
        (every([]), 0, 0, "audit (pypi): "),
        (every([{"id": "PYSEC-0000-1"}]), 1, 1, "audit (pypi): known vulnerabilities in "),
        (SKIPPED, 0, 2, "audit: could not audit: pypi: "),
        (None, 1, 2, f"audit: could not audit: pypi: {NO_RESULT}; osv: {NO_RESULT}; this run says nothing about "),
    ],
)
def test_the_script_passes_the_verdict_on(
    tmp_path: Path, result: str | None, ended: int, code: int, begins: str
) -> None:
    environment = fake_tools(tmp_path, result, ended)
    done = subprocess.run([str(ROOT / ".ci/audit")], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout[: len(begins)], done.stderr) == (code, begins, "")


def test_a_judge_that_fails_is_not_taken_for_a_verdict(tmp_path: Path) -> None:
    environment = fake_tools(tmp_path, CLEAN, 0)
    python = tmp_path / "python3"
    python.write_text(python.read_text("utf-8").replace(f'exec "{sys.executable}" "$@"', "exit 1"), "utf-8")
    done = subprocess.run([str(ROOT / ".ci/audit")], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (
        2, "audit: could not audit: the result of pip-audit cannot be judged; this run says nothing about "
           "vulnerabilities\n",
    )  # fmt: skip
