"""What may be shown of a voice (METHOD §5): below k nothing, while open only steps, small groups merged. Pure.

`k` always comes in as an argument: 5 for society and politics, 10 for the administration.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from conversations.questionnaire import Questionnaire
from reports.evaluation import Evaluation, Figures, Reason, assembled

OTHER = "other"
"""The merged group "andere / ohne Angabe" of a breakdown."""


def withheld(handed_in: int, k: int, institution: bool = False, apart: int | None = None) -> bool:
    """Whether a closed voice is withheld altogether, without its n. An institution's statement never is.

    `apart`: how many of them answered on a telephone of their own; None where all did. Whoever typed in the sheets of
    the others, or passed a telephone round, knows those answers: what is left must not be those of 1..k-1 people.
    """
    few = apart is not None and 0 < apart < k
    return not institution and (handed_in < k or few)


def stepped(n: int, k: int) -> int:
    """A number of people while a survey is open: the last full step of k; 0 reads "fewer than k"."""
    return n // k * k


def due(at_last: int, now: int, k: int) -> bool:
    """Whether the number of an open survey may be renewed: at least k more have handed in since the one before.

    `at_last` is the exact number at that moment (0 before the first). Never show two numbers less than k people apart,
    and nothing but numbers: a level at ten people, and the figures of twelve at the end, tell what two of them said.
    """
    return now - at_last >= k


def counted_out(not_handed_in: int, k: int, institution: bool = False) -> int | None:
    """The number that began and did not hand in, or None for "fewer than k".

    METHOD §5.1 counts them once, outside every figure. Whether *one* particular colleague is among them is nobody's
    business, and among five guests a "1" points at a person; so below k, zero included, only "fewer than k" is said.
    """
    return not_handed_in if institution or not_handed_in >= k else None


def merged(groups: Mapping[str, int], k: int) -> Mapping[str, int]:
    """The groups of one breakdown that may be shown, largest first, and the merged rest under OTHER at the end.

    `groups` is name → number of people; people without the characteristic stand under "" or OTHER. Groups below k
    become the rest; if the rest is 1..k-1 people, the smallest shown group joins it. An empty mapping means that there
    are too few people for any breakdown (METHOD §5.5).
    """
    shown = {name: n for name, n in groups.items() if n >= k and name not in ("", OTHER)}
    rest = sum(n for name, n in groups.items() if name not in shown)
    if 0 < rest < k and shown:
        smallest = min(shown, key=lambda name: (shown[name], name))
        rest += shown.pop(smallest)
    if 0 < rest < k:
        return {}
    ordered = dict(sorted(shown.items(), key=lambda item: (-item[1], item[0])))
    return {**ordered, OTHER: rest} if rest else ordered


def protected(questionnaire: Questionnaire, evaluation: Evaluation, k: int) -> Evaluation:
    """The evaluation of a closed voice of at least k respondents, without the counts that describe fewer than k.

    - Fewer than 5 ratings: no mark (that is METHOD §3) and no counts; nobody learns whether it were one or four.
    - 5 to k-1 ratings (administration, k = 10): the mark stands, since it is a result about all who handed in; its
      counts, mean and "uneinig" are kept back, and with them whatever they could be computed back from: the field's
      unrounded mean, and in the span the criterion counts as wholly missing.
    - No rating at all: shown, as a unanimous result is.
    - Criteria with several questions: their counts are shown if one question alone has ratings of k people; of the
      questions all are kept back if one is, or subtraction would give it away.
    """
    if evaluation.institution:
        return evaluation
    if evaluation.respondents < k:
        raise ValueError(f"{evaluation.respondents} respondents are fewer than {k}: the voice is withheld")
    questions = {}
    for criterion in questionnaire.criteria.values():
        its = [evaluation.questions[q.id] for q in criterion.questions]
        small = any(not _large(q, k) for q in its)
        questions.update({q.id: _kept_back(q) if small and q.reason is not Reason.NOT_RATED else q for q in its})
    criteria = {}
    for one, found in evaluation.criteria.items():
        people = max(evaluation.questions[q.id].n or 0 for q in questionnaire.criteria[one].questions)
        large = _large(found, k) and (people >= k or found.reason is Reason.NOT_RATED)
        criteria[one] = found if large else _kept_back(found)
    return assembled(questionnaire, questions, criteria, evaluation.respondents)


def _large(found: Figures, k: int) -> bool:
    return found.reason is Reason.NOT_RATED or (found.reason is None and (found.n or 0) >= k)


def _kept_back(found: Figures) -> Figures:
    return replace(found, counts=None, mean=None, divided=None, close=None)
