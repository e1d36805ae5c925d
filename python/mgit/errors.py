"""Expected failures. Codes are those of mgit itself."""

from __future__ import annotations

from typing import Optional


class MgitError(Exception):
    """Bad input or a missing resource; ``code`` is stable and names the condition, ``hint`` says what to do about it."""

    def __init__(self, code: str, message: str, hint: Optional[str] = None) -> None:
        super().__init__(f"[{code}] {message}" + (f" (hint: {hint})" if hint else ""))
        self.code = code
        self.hint = hint
