"""What the environment says, read with types and clear errors. The only file that touches ``os.environ``."""

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def text(name: str, default: str = "") -> str:
    """Return the variable's text without surrounding blanks, or ``default`` when it is absent or empty."""
    return os.environ.get(name, "").strip() or default


def integer(name: str, default: int, *, least: int | None = None, most: int | None = None) -> int:
    """Return the variable as a whole number between ``least`` and ``most``."""
    value = text(name)
    if not value:
        return default
    try:
        number = int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} は整数で指定してください。 / {name} must be a whole number.") from None
    if (least is not None and number < least) or (most is not None and number > most):
        message = f"{name} は {least}〜{most} の整数で指定してください。 / {name} must lie between {least} and {most}."
        raise ImproperlyConfigured(message)
    return number


def flag(name: str, *, default: bool = False) -> bool:
    """Return whether the variable is switched on: 1/true/yes/on or 0/false/no/off."""
    value = text(name).lower()
    if not value:
        return default
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name} は 1 か 0 で指定してください。 / {name} must be 1 or 0.")


def words(name: str, default: tuple[str, ...] = ()) -> list[str]:
    """Return the variable's comma-separated parts."""
    return [part.strip() for part in text(name).split(",") if part.strip()] or list(default)


def path(name: str, default: Path) -> Path:
    """Return the variable as an absolute path, ``~`` opened."""
    value = text(name)
    return Path(value).expanduser().absolute() if value else default


def paths(name: str, default: list[Path]) -> list[Path]:
    """Return the variable's colon-separated parts as absolute paths."""
    parts = [part for part in text(name).split(os.pathsep) if part.strip()]
    return [Path(part).expanduser().absolute() for part in parts] or default


def use_settings(module: str) -> None:
    """Choose the settings module unless the environment has chosen one already."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", module)


def settings_module() -> str:
    """Return the name of the settings module in use ("" when none was chosen)."""
    return text("DJANGO_SETTINGS_MODULE")


def child(*without: str, **changes: str) -> dict[str, str]:
    """Return the environment for a process of our own: this one's, with ``changes``, ``without`` some variables."""
    return {**{name: value for name, value in os.environ.items() if name not in without}, **changes}
