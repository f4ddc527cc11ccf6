"""weltoffen commune: a template that an integration office fills in."""

from __future__ import annotations

from pathlib import Path

import click

from conversations.survey import CommuneError
from conversations.survey import commune as parse

TEMPLATE = """# Wer fragt: Diese Angaben stehen im Hinweis, den alle vor der ersten Frage lesen.
# Eine Umfrage öffnet erst, wenn alles ausgefüllt ist. Höchstens 400 Zeichen je Angabe.

# Name der Kommune, wie er in den Bericht gehört
name = "Musterstadt"

# city (Stadt, Gemeinde) oder district (Landkreis)
kind = "city"

# Wer fragt: die Stelle, die die Umfrage macht
office = "Integrationsbüro"

# Wie man sie erreicht; hier gibt es auch den Papierbogen
contact = "integrationsbuero@musterstadt.example, Rathausplatz 1, Telefon 0000 0000"

# Verantwortlich im Sinn der DSGVO
controller = "Stadt Musterstadt, Der Oberbürgermeister, Rathausplatz 1, 00000 Musterstadt"

# Datenschutzbeauftragte Person, mit Kontakt
data_protection_officer = "Datenschutzbeauftragte der Stadt, datenschutz@musterstadt.example"

# Rechtsgrundlage, mit Ihrer Datenschutzstelle abgestimmt
legal_basis = "Ihre Einwilligung (Art. 6 Abs. 1 Buchst. a DSGVO)"

# Wer was liest
recipients = "Das Integrationsbüro liest die Ergebnisse und prüft freie Texte. Sonst liest niemand Antworten."

# Zuständige Aufsichtsbehörde
supervisory_authority = "Landesbeauftragte für den Datenschutz"

# Tage nach dem Ende, nach denen alle Antworten gelöscht werden; der Bericht bleibt
retention_days = 90

# Mindestalter
minimum_age = 16

# Was nach der Umfrage geschieht; ein Text, oder eine Tabelle nach Sprachen (de ist Pflicht)
[next_steps]
de = "Das Ergebnis stellen wir öffentlich vor. Danach überlegen wir gemeinsam, was sich ändern soll."
en = "We will present the result in public. Then we will decide together what should change."
ar = "سنعرض النتيجة علنًا. ثم نفكر معًا في ما ينبغي أن يتغير."
"""


@click.group()
def commune() -> None:
    """Describe who asks.

    \b
    Example:  weltoffen commune init stadt.toml
    """


@commune.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def init(file: Path) -> None:
    """Write a commented template to FILE, to be filled in.

    \b
    Example:  weltoffen commune init stadt.toml
    """
    if file.exists():
        raise click.ClickException(f"{file} exists already and is left as it is")
    file.write_text(TEMPLATE, "utf-8")
    click.echo(f"wrote {file}; fill it in, then: weltoffen survey open kurzform --commune {file}")


@commune.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
def check(file: Path) -> None:
    """Say what is missing or wrong in FILE.

    \b
    Example:  weltoffen commune check stadt.toml
    """
    try:
        found = parse(file.read_text("utf-8"), file.name)
    except (CommuneError, UnicodeDecodeError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{file}: complete ({found.name})")
