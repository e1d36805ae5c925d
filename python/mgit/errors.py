"""Expected failures. Codes are those of mgit itself."""


class MgitError(Exception):
    """Bad input or a missing resource; ``code`` is stable and names the condition."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"[{code}] {message}")
        self.code = code
