"""weltoffen demo: everything at once, without a token."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from pathlib import Path

import click

from bot.cli.common import fail
from bot.demo.play import DemoError, Finished, Play, Wishes


@click.command()
@click.option("--headless", is_flag=True, help="no page and no browser; ends by itself")
@click.option("--residents", type=click.IntRange(1, 500), default=62, show_default=True)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default=Path("out"), show_default=True,
              help="where reports and digests go")  # fmt: skip
@click.option("--seed", type=int, default=2021, show_default=True, help="another seed, other people")
def demo(headless: bool, residents: int, out: Path, seed: int) -> None:
    """Try everything without a token: residents and staff answer while you watch, then the Auswertung opens.

    A stand-in of Telegram runs on this machine; nothing leaves it. End with Ctrl-C.

    \b
    Example:  weltoffen demo
              weltoffen demo --headless --residents 62 --out out
    """
    out.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    pace = (0.5, 0.9) if headless else (0.8, 3.0)
    play = Play(Wishes(residents, out, headless, seed, pace), click.echo)
    try:
        ended = asyncio.run(_until_ended(play))
    except DemoError as error:
        raise click.ClickException(str(error)) from error
    if ended is None:
        click.echo("ended; nothing is left behind but the reports")
        return
    for file in ended.files:
        click.echo(f"wrote {file}")
    click.echo(f"staff: {ended.staff_finished} of {ended.staff} finished; {time.monotonic() - began:.0f} s")
    click.echo(f"{ended.finished} of {ended.residents} finished")
    if ended.finished < ended.residents or ended.staff_finished < ended.staff:
        fail("somebody did not finish")


async def _until_ended(play: Play) -> Finished | None:
    """The play, or None where it was ended from outside."""
    task = asyncio.ensure_future(play.run())
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        return await task
    return None
