"""A poster to hang up or hand out: what it is, the QR code, and the code to type."""

from __future__ import annotations

import io
from collections.abc import Sequence
from html import escape

import segno

from locales import catalogue, languages

WIDTH, HEIGHT = 595, 842  # A4 in points


def poster(commune: str, link: str, code: str, username: str, spoken: Sequence[str]) -> str:
    """An A4 poster as SVG text; its lines stand in every language in which the survey is `spoken`."""
    step = min(64, 430 // len(spoken))  # points for the two lines of a language: as large as all of them can be
    y = 64
    lines = [_line(commune, y, 30, "700", "ltr", "de")]
    for language in spoken:
        words, y = catalogue(language), y + step * 5 // 8
        way, tag = languages()[language].direction, languages()[language].tag
        title, what = (
            words.t("Wie weltoffen ist es hier? Ihre Meinung zählt."),
            words.t("QR-Code scannen und in Ihrer Sprache antworten"),
        )
        lines.append(_line(title, y, step * 34 // 100, "600", way, tag))
        y += step * 3 // 8
        lines.append(_line(what, y, step * 27 // 100, "400", way, tag))
    qr = segno.make(link, error="m", micro=False)
    buffer = io.BytesIO()
    qr.save(buffer, kind="svg", xmldecl=False, svgns=False, omitsize=True, border=4, dark="#000000", light="#ffffff")
    size = min(330, HEIGHT - y - 136)
    inner = buffer.getvalue().decode().replace(
        "<svg ", f'<svg x="{(WIDTH - size) // 2}" y="{y + 20}" width="{size}" height="{size}" '
        'role="img" aria-label="QR-Code" ', 1
    )  # fmt: skip
    y += size + 54
    spaced = f"{code[:4]} {code[4:]}"
    lines.append(_line(f"@{username}", y, 20, "600", "ltr", "de"))
    lines.append(_line(spaced, y + 44, 38, "700", "ltr", "de"))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="210mm" height="297mm" '
        f'font-family="system-ui, sans-serif" lang="de"><title>{escape(commune)}</title>'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>{inner}{"".join(lines)}</svg>\n'
    )


def _line(text: str, y: int, size: int, weight: str, direction: str, tag: str) -> str:
    return (
        f'<text x="{WIDTH // 2}" y="{y}" font-size="{size}" font-weight="{weight}" text-anchor="middle" '
        f'fill="#111111" direction="{direction}" lang="{tag}">{escape(text)}</text>'
    )
