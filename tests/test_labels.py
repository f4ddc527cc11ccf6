"""How wide labels are reckoned, and what is left of one that is too long; measured in browser/test_label_widths.py."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.labels import TYPE, fitted, room, width
from locales import FSI, PDI


def test_letters_take_what_their_script_takes() -> None:
    found = {
        text: round(width(text) / TYPE, 2) for text in ("nah", "ill", "wo", "Öl", "а", "щ", "ن", "是", "ⓘ", " ", "·")
    }
    assert found == {"nah": 1.86, "ill": 1.2, "wo": 1.58, "Öl": 1.15, "а": 0.67, "щ": 0.96, "ن": 0.6, "是": 1.0,
                     "ⓘ": 1.0, " ": 0.3, "·": 0.3}  # fmt: skip


def test_what_is_not_seen_takes_nothing() -> None:
    assert width(f"{FSI}é{PDI}\u200c") == width("e")


def test_buttons_side_by_side_share_the_row() -> None:
    assert [room(n) for n in (1, 2, 3)] == [328, 154, 96]


def test_what_fits_stays_and_what_does_not_is_cut_where_the_room_ends() -> None:
    exactly = "是" * 21
    assert [fitted(text) for text in ("ja", exactly, exactly + "是")] == ["ja", exactly, "是" * 20 + "…"]
    assert fitted("Interkulturelle Orientierung", 2) == "Interkulturelle Or…"
    assert fitted(f"gewählt: {FSI}{'是' * 30}{PDI}") == f"gewählt: {FSI}{'是' * 16}…{PDI}"


@given(st.text(max_size=80), st.sampled_from([1, 2, 3]))
def test_a_fitted_label_has_room_and_is_the_beginning_of_the_whole(label: str, buttons: int) -> None:
    text = label.replace(FSI, "").replace(PDI, "")
    found = fitted(f"{FSI}{text}{PDI}", buttons)
    assert width(found) <= room(buttons) + 0.001
    assert (found[0], found[-1], found.count(FSI), found.count(PDI)) == (FSI, PDI, 1, 1)
    assert f"{FSI}{text}{PDI}" == found or (FSI + text).startswith(found[:-1].removesuffix("…"))
