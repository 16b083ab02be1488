"""The product's own files, read once."""

import ast
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
PACKAGES = ("config", "benefits", "accounts", "mynumber", "audit")
TEMPLATES = ROOT / "templates"


@lru_cache(maxsize=1)
def modules() -> dict[str, ast.Module]:
    """Return the syntax tree of every module of the product, by its path from the top."""
    # on a thread of its own: where a browser test has run before, the parser miscounts how deep this one stands
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(_parsed).result()


def _parsed() -> dict[str, ast.Module]:
    return {
        path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
    }


@lru_cache(maxsize=1)
def templates() -> dict[str, str]:
    """Return the text of every template, by the name it is asked for."""
    return {
        path.relative_to(TEMPLATES).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(TEMPLATES.rglob("*"))
        if path.is_file()
    }


def own_files() -> Iterator[Path]:
    """Yield every file of text that the repository holds; what an office or a tool puts beside it is left out."""
    for top in sorted(ROOT.iterdir()):
        if top.name in {"var", "node_modules"} or (top.name.startswith(".") and top.name not in {".ci", ".gitignore"}):
            continue
        for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
            if path.is_file() and path.suffix not in {".png", ".pdf", ".pyc"}:
                yield path


def strings_of(tree: ast.AST) -> Iterator[str]:
    """Yield every text that stands in the code, docstrings included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
