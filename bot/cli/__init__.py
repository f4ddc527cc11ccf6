"""The command line. Each command lives in a module of its own that is imported only when it is called."""

from __future__ import annotations

import gc
import importlib

import click

COMMANDS = {
    "demo": ("bot.cli.demo", "Try everything without a token: people answer while you watch."),
    "run": ("bot.cli.run", "Run the bot."),
    "walk": ("bot.cli.walk", "Walk through a questionnaire in the terminal."),
    "commune": ("bot.cli.commune", "Describe who asks."),
    "survey": ("bot.cli.survey", "Open, watch and close surveys."),
    "organiser": ("bot.cli.organiser", "Let organisers into the chat."),
    "answers": ("bot.cli.answers", "Import answers from paper and sheets, export released tables."),
    "statements": ("bot.cli.statements", "Read and release what people wrote."),
    "statement": ("bot.cli.statement", "Lead many departments to one signed statement of the town."),
    "report": ("bot.cli.report", "Write the Auswertung, edit its texts, check a report."),
    "mirror": ("bot.cli.mirror", "Lay the voices of a commune's surveys side by side."),
    "waves": ("bot.cli.waves", "Compare a survey with the last one."),
    "explain": ("bot.cli.explain", "Trace a number of the Auswertung."),
    "digest": ("bot.cli.digest", "The result in one chat message."),
    "questionnaire": ("bot.cli.questionnaire", "Questionnaires as XLSForm, and back."),
    "privacy": ("bot.cli.privacy", "Write the documents for data protection."),
    "backup": ("bot.cli.backup", "Make a verified copy of the database beside the running bot."),
    "restore": ("bot.cli.restore", "Put a backup in the database's place; deletions are done again."),
    "purge": ("bot.cli.purge", "Delete what is due, a closed survey's answers, or old backups."),
    "rotate-key": ("bot.cli.rotate_key", "Take a new key, for instance after an incident."),
    "check": ("bot.cli.check", "Check questionnaires, languages and screens."),
    "texts": ("bot.cli.texts", "Keep the catalogues up to date."),
}


class Lazy(click.Group):
    """A group whose commands are imported on demand."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order of use."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name."""
        if cmd_name not in COMMANDS:
            return None
        gc.disable()  # nothing becomes garbage while modules are imported
        try:
            module = importlib.import_module(COMMANDS[cmd_name][0])
        finally:
            gc.enable()
        command: click.Command = getattr(module, cmd_name.replace("-", "_"))
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Runs a command; what goes wrong outside becomes one clear message and exit code 1."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.Abort, click.exceptions.Exit):
            raise
        except Exception as error:
            from bot.cli.common import told

            if (message := told(error)) is None:
                raise
            raise click.ClickException(message) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The overview, without importing anything."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.command(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="weltoffen")
def main() -> None:
    """weltoffen: a conversational survey for municipalities.

    \b
    Example:  weltoffen demo
              weltoffen commune init stadt.toml
              weltoffen survey open kurzform --commune stadt.toml
    """
