"""A My Number on its way to the one page that shows it."""

from typing import NoReturn


class Secret:
    """Twelve digits that do not print, pickle, copy or compare by accident.

    ``digits()`` is the only way to them. Python cannot wipe a string from memory, so the fewer places hold one,
    the better: this object exists between the vault and the reveal page, and nowhere else.
    """

    __slots__ = ("__digits",)

    def __init__(self, digits: str) -> None:
        self.__digits = digits

    def digits(self) -> str:
        """Return the twelve digits."""
        return self.__digits

    def __repr__(self) -> str:
        return "<Secret>"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __eq__(self, other: object) -> NoReturn:
        raise TypeError("secrets are not compared")

    def __hash__(self) -> NoReturn:
        raise TypeError("secrets are not kept in sets or caches")

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("secrets are neither copied nor stored")
