"""Knows how Telegram says no: a code, a description and sometimes parameters."""

from typing import Any


class RefusedError(Exception):
    """A call that is refused; `code` is both the HTTP status and the error_code of the answer."""

    def __init__(self, code: int, description: str, *, retry_after: int | None = None) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.retry_after = retry_after

    @property
    def answer(self) -> dict[str, Any]:
        """The JSON body of the refusal; retry_after is in seconds."""
        body: dict[str, Any] = {"ok": False, "error_code": self.code, "description": self.description}
        if self.retry_after is not None:
            body["parameters"] = {"retry_after": self.retry_after}
        return body


class MissingError(Exception):
    """The control API was asked about something or someone that does not exist (404)."""


class ImproperError(Exception):
    """The control API was asked for something a person cannot do (400)."""
