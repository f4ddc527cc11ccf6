"""weltoffen texts: extract the texts, bring the catalogues up to date, see what is missing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from bot.cli.common import fail, format_option, questionnaires, show, write
from conversations.questionnaire import Voice, latest
from locales import FOLDER, SOURCE, LanguageError, kept, known, progress
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
    """Show for each language and domain: how much is translated, what is fuzzy, who reviewed it, what was commented.

    Languages that are not offered yet stand there too, as soon as somebody has begun them.

    \b
    Example:  weltoffen texts status
    """
    from bot import reviewing

    domains = sorted(path.stem for path in FOLDER.glob("*.pot"))
    rows: list[dict[str, Any]] = []
    for code in [SOURCE, *targets()]:
        for domain in [d for d in domains if kept(code, d)]:
            found = progress(code, domain)
            rows.append({
                "language": code, "domain": domain, "texts": found.texts, "translated": found.translated,
                "fuzzy": found.fuzzy, "state": known()[code].state(domain), "offered": known()[code].offered,
                "comments": dict(reviewing.comments(code, domain)),
            })  # fmt: skip
    lines = [
        f"{r['language']:<10} {r['domain']:<14} {r['translated']:>4} of {r['texts']:>4}  fuzzy {r['fuzzy']:>3}  "
        + r["state"] + ("" if r["offered"] else "  (not offered)")
        for r in rows
    ]  # fmt: skip
    lines += [f"  {r['language']}/{r['domain']}: {g[:40]!r}: {c}" for r in rows for g, c in r["comments"].items()]
    show({"texts": rows}, output, "\n".join(lines))


@texts.command()
@click.option("--format", "kind", type=click.Choice(["xlsx"]), default="xlsx", show_default=True)
@click.option("--locale", "codes", multiple=True, type=click.Choice(targets()), help="may be repeated; default: all")
@click.option("--domain", "domains", multiple=True, help="may be repeated; default: all")
@click.option("-o", "--out", type=click.Path(path_type=Path, dir_okay=False), required=True)
def export(kind: str, codes: tuple[str, ...], domains: tuple[str, ...], out: Path) -> None:
    """Write the texts as a spreadsheet for reviewers: the German, a column per language, a column for comments.

    \b
    Example:  weltoffen texts export --format xlsx --locale ar --domain kurzform-1 -o ar.xlsx
    """
    from bot import reviewing

    every = sorted(path.stem for path in FOLDER.glob("*.pot"))
    if unknown := [d for d in domains if d not in every]:
        fail(f"there is no domain {unknown[0]!r}; there are: {', '.join(every)}")
    out.write_bytes(reviewing.exported(domains or every, codes or targets()))
    click.echo(f"wrote {out}")


@texts.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@format_option
def import_(file: Path, output: str) -> None:
    """Take back a spreadsheet that reviewers have filled in; what changed on both sides is named and left as it is.

    \b
    Example:  weltoffen texts import ar.xlsx
    """
    from bot import reviewing

    _checkout()
    try:
        found = reviewing.returned(file)
    except (reviewing.ReviewError, LanguageError) as error:
        fail(f"{file}: nothing was changed: {error}")
    files = reviewing.keep(found.changes)
    lines = [f"{len(found.changes)} texts and comments taken", *(f"  wrote {path}" for path in files)]
    lines += [f"  not taken: {conflict}" for conflict in found.conflicts]
    values = {"taken": len(found.changes), "files": [str(p) for p in files], "conflicts": found.conflicts}
    show(values, output, "\n".join(lines))


@texts.command("preview")
@click.option("--locale", type=click.Choice(list(known())), required=True, help="also one that is not offered yet")
@click.option("--questionnaire", "name", default="kurzform", show_default=True)
@click.option("--voice", "voices", multiple=True, type=click.Choice([v.value for v in Voice]), help="default: all")
@click.option("-o", "--out", type=click.Path(path_type=Path, dir_okay=False), default=Path("-"), help="default: print")
def preview_(locale: str, name: str, voices: tuple[str, ...], out: Path) -> None:
    """Write every screen of a questionnaire in one language as one HTML file, for a phone.

    \b
    Example:  weltoffen texts preview --locale ar --questionnaire kurzform --voice society -o ar.html
    """
    from bot.preview import preview

    asked = latest(questionnaires(), name)
    write(out, preview(asked, locale, [Voice(v) for v in voices] or asked.voices).encode())


def _checkout() -> Path:
    if not (ROOT / "pyproject.toml").exists():
        fail("texts are extracted from a checkout of the project, not from an installed package")
    return ROOT
