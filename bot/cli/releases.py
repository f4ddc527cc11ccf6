"""What the commands about releases share: the release of a survey, with who asked what."""

from __future__ import annotations

from bot.cli.common import fail, survey_of
from conversations.store import Store, figures
from reports.release import read
from reports.sources import Source


async def released(store: Store, identifier: str) -> Source:
    """The release of a survey, with who asked what. Raises ClickException for a survey that is unknown or has none."""
    found, questionnaire = await survey_of(store, identifier)
    release = await store.read(lambda tx: figures.newest_release(tx, identifier))
    if release is None:
        how = f"statement sign {identifier} --function …" if questionnaire.institution else f"survey close {identifier}"
        fail(f"survey {identifier} has no release yet: weltoffen {how}")
    return Source(found.commune.name, read(release.document, questionnaire).document, questionnaire)
