"""What a result of pip-audit means: 0 audited and clean, 1 a known vulnerability, 2 could not audit.

Only a result in which every package of the constraints was audited may be called clean.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

CLEAN, VULNERABLE, COULD_NOT = 0, 1, 2


def wanted(constraints: str) -> set[str]:
    """The packages that a constraints file pins, in the form of PEP 503."""
    return {_same(line.partition("==")[0]) for line in constraints.splitlines() if "==" in line.partition("#")[0]}


def judge(packages: set[str], output: str | None, code: int) -> tuple[int, str]:
    """The exit code and a sentence. `output`: what pip-audit wrote as JSON, None if nothing; `code`: how it ended."""
    if not packages:
        return COULD_NOT, "the constraints name no package"
    try:
        found: list[dict[str, Any]] = json.loads(output or "")["dependencies"]
        audited = {_same(d["name"]): list(d["vulns"]) for d in found if "skip_reason" not in d}
        skipped = {_same(d["name"]): str(d["skip_reason"]) for d in found if "skip_reason" in d}
        holes = [f"{name} ({', '.join(v['id'] for v in vulns)})" for name, vulns in sorted(audited.items()) if vulns]
    except (ValueError, KeyError, TypeError, AttributeError):
        return COULD_NOT, f"no result (pip-audit ended with {code}; is the service reachable?)"
    left = sorted(packages - set(audited))
    if holes:
        rest = f"; {len(left)} of {len(packages)} packages could not be audited" if left else ""
        return VULNERABLE, f"known vulnerabilities in {', '.join(holes)}{rest}"
    if left:
        why = skipped.get(left[0], "it is missing from the result")
        return COULD_NOT, f"{len(left)} of {len(packages)} packages could not be audited (first {left[0]}: {why})"
    if code != 0:
        return COULD_NOT, f"nothing was found, but pip-audit ended with {code}"
    return CLEAN, f"{len(packages)} packages audited, no known vulnerability"


def _same(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name.strip()).lower()


def main(constraints: str, result: str, code: str) -> int:
    """Prints the sentence and gives the exit code."""
    file = Path(result)
    verdict, sentence = judge(
        wanted(Path(constraints).read_text("utf-8")), file.read_text("utf-8") if file.exists() else None, int(code)
    )
    sys.stdout.write(sentence + "\n")
    return verdict


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
