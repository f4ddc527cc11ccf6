"""The templates' environment: knows where they lie, and turns texts into markup with every inserted value in <bdi>."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from locales import FSI, PDI, Catalogue
from reports import words


class Texts:
    """The interface texts of a language as markup."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue

    def t(self, message: str, /, **values: object) -> Markup:
        """An interface text as markup: everything escaped, every inserted value in <bdi>."""
        return inline(self.catalogue.t(message, **_cleaned(values)))

    def n(self, one: str, many: str, number: int, /, **values: object) -> Markup:
        """An interface text in the plural form of `number`, as markup."""
        return inline(self.catalogue.n(one, many, number, **_cleaned(values)))


def inline(text: str) -> Markup:
    """A text with isolates as markup: escaped, FSI … PDI as <bdi>."""
    return Markup(str(escape(text)).replace(FSI, "<bdi>").replace(PDI, "</bdi>"))  # noqa: S704 # nosec B704


def plain(text: str) -> Markup:
    """Markup of `inline` for places that hold no elements (titles, attributes): isolates as characters again."""
    return Markup(str(escape(text)).replace("<bdi>", FSI).replace("</bdi>", PDI))  # noqa: S704 # nosec B704


def css_string(text: str) -> Markup:
    """A text inside a CSS string: everything but letters and digits as a hexadecimal escape."""
    return Markup(re.sub(r"[^A-Za-z0-9]", lambda found: f"\\{ord(found[0]):x} ", text))  # noqa: S704 # nosec B704


def _cleaned(values: Mapping[str, object]) -> dict[str, object]:
    return {name: words.clean(value) if isinstance(value, str) else value for name, value in values.items()}


ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
ENVIRONMENT.filters["inline"] = inline
ENVIRONMENT.filters["plain"] = plain
