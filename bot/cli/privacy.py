"""weltoffen privacy: the documents that a data protection officer asks for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from bot.cli.common import command, write
from bot.communes import commune_of
from bot.privacy import assessment, record
from conversations.survey import Commune


@click.group()
def privacy() -> None:
    """Write the documents for data protection, in German, as Markdown.

    \b
    Example:  weltoffen privacy record --commune stadt.toml -o verarbeitungsverzeichnis.md
    """


def _document(name: str, made: Callable[[Commune | None], str], text: str, example: str) -> None:
    @privacy.command(name, help=f"{text}\n\n\b\nExample:  weltoffen privacy {name} {example}")
    @click.option("--commune", "file", type=click.Path(path_type=Path, dir_okay=False, exists=True),
                  help="the commune's file; without it there are blanks to fill in")  # fmt: skip
    @click.option("-o", "--out", type=click.Path(path_type=Path, dir_okay=False), default=Path("-"),
                  help="default: print")  # fmt: skip
    @command
    async def document(file: Path | None, out: Path) -> None:
        write(out, made(commune_of(file)[1] if file else None).encode())


_document(
    "record", record,
    "Write the record of processing activities (Verzeichnis von Verarbeitungstätigkeiten, Art. 30 DSGVO).",
    "--commune stadt.toml -o verarbeitungsverzeichnis.md",
)  # fmt: skip
_document(
    "assessment", assessment,
    "Write a template of the data protection impact assessment (Datenschutz-Folgenabschätzung, Art. 35 DSGVO).",
    "--commune stadt.toml -o folgenabschaetzung.md",
)  # fmt: skip
