"""Which releases may be laid side by side: different surveys of one commune. Knows a release and who asked. Pure.

Mirror and waves read nothing but these: the frozen figures that everybody may see anyway. So neither can show more
of anybody than the two Auswertungen on one table do, and a voice that is withheld in its release stays withheld.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from conversations.questionnaire import Kind, Questionnaire, Voice
from conversations.survey import FiguresError
from reports.document import Document, digest_of, evaluation_of
from reports.evaluation import Evaluation


class ComparisonError(FiguresError):
    """Releases that cannot be laid side by side; the message says why, and of which surveys."""


@dataclass(frozen=True, eq=False)
class Source:
    """The release of one survey, its questionnaire, and the name of the commune that asked."""

    commune: str
    document: Document
    questionnaire: Questionnaire

    @property
    def survey(self) -> str:
        """The survey's id."""
        return str(self.document["survey"]["id"])

    @property
    def kind(self) -> Kind:
        """The kind of commune, which decides between wordings."""
        return Kind(self.document["survey"]["kind"])

    @property
    def closed(self) -> date:
        """The day on which it closed; a statement's is that of its signature, and it may still be open."""
        return date.fromisoformat(self.document["survey"]["closed"])

    @property
    def digest(self) -> str:
        """The hash of the release."""
        return digest_of(self.document)

    @property
    def voices(self) -> tuple[Voice, ...]:
        """The voices that took part, in the order of the questionnaire; withheld ones too."""
        return tuple(voice for voice in self.questionnaire.voices if voice in self.document["voices"])

    def evaluation(self, voice: Voice) -> Evaluation | None:
        """The figures of a voice; None where it is withheld."""
        return evaluation_of(self.document, self.questionnaire, voice)

    def k(self, voice: Voice) -> int:
        """The smallest group of a voice that is shown."""
        return int(self.document["voices"][voice]["k"])


def compatible(sources: Sequence[Source]) -> Sequence[Source]:
    """The sources themselves. Raises ComparisonError for a survey named twice, different communes and none at all,
    and ReleaseError for a release that does not add up."""
    from reports.checker import checked

    if not sources:
        raise ComparisonError("nothing to lay side by side: name at least one survey")
    surveys = [source.survey for source in sources]
    if twice := sorted({one for one in surveys if surveys.count(one) > 1}):
        raise ComparisonError(f"survey {', '.join(twice)} is named twice; it would only be compared with itself")
    if len({source.commune for source in sources}) > 1:
        named = ", ".join(f"{source.survey} of {source.commune}" for source in sources)
        raise ComparisonError(f"these surveys are of different communes: {named}")
    for source in sources:
        checked(source.document, source.questionnaire)
    return sources
