"""weltoffen texts: extract the texts, bring the catalogues up to date, see what is missing."""

from __future__ import annotations

from pathlib import Path

import click

from bot.cli.common import fail, format_option, show
from locales import FOLDER, complete, kept, languages
from locales.extract import sources, targets, template, updated

ROOT = FOLDER.parent


@click.group()
def texts() -> None:
    """Keep the catalogues up to date.

    \b
    Example:  weltoffen texts extract && weltoffen texts update && weltoffen texts status
    """


@texts.command()
def extract() -> None:
    """Write one .pot per domain from the sources.

    \b
    Example:  weltoffen texts extract
    """
    for domain in sources(_checkout()):
        (FOLDER / f"{domain}.pot").write_bytes(template(ROOT, domain))
    click.echo(f"wrote {len(sources(ROOT))} templates")


@texts.command()
def update() -> None:
    """Bring every language's .po up to date: new texts empty, changed ones fuzzy.

    Which domains a language keeps stands in locales/languages.toml.

    \b
    Example:  weltoffen texts update
    """
    for code in targets():
        folder = FOLDER / code / "LC_MESSAGES"
        folder.mkdir(parents=True, exist_ok=True)
        for domain in [d for d in sources(_checkout()) if kept(code, d)]:
            (folder / f"{domain}.po").write_bytes(updated(ROOT, code, domain))
    click.echo(f"updated {', '.join(targets())}")


@texts.command()
@format_option
def status(output: str) -> None:
    """Show which language has which domain complete, and who has reviewed it.

    \b
    Example:  weltoffen texts status
    """
    domains = sorted(path.stem for path in FOLDER.glob("*.pot"))
    found = {code: {d: complete(code, d) for d in domains if kept(code, d)} for code in languages()}
    rows = [
        {"language": c, "states": {d: one.state(d) for d in found[c]}, "domains": found[c]}
        for c, one in languages().items()
    ]
    lines = [
        f"{code:<10} "
        + "  ".join(
            f"{d}: {'complete' if full else 'incomplete'} ({language.state(d)})" for d, full in found[code].items()
        )
        for code, language in languages().items()
    ]
    show({"languages": rows}, output, "\n".join(lines))


def _checkout() -> Path:
    if not (ROOT / "pyproject.toml").exists():
        fail("texts are extracted from a checkout of the project, not from an installed package")
    return ROOT
