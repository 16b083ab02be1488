"""Promises about the shape of the code that no linter checks."""

import ast
import re

import pytest
from django.apps import apps
from django.db import models
from django.utils.module_loading import import_string

from audit import vocabulary
from benefits.management.commands.draw_lifecycle import document
from mynumber import checkdigit
from tests.architecture.sources import ROOT, modules, own_files, strings_of

OWN_APPS = ("config", "benefits", "accounts", "mynumber", "audit")
#: Fields that say something about a person; what prints a row may not touch them.
PERSONAL = re.compile(r"name|kana|birth|address|phone|postal|sex|entry|content|text|reason|number$")
#: Labels that look like it and are not: numbers that the office gave.
GIVEN_BY_THE_OFFICE = {"receipt_number", "recipient_number", "login_id"}

#: The only modules that move an application from one status to the next.
MOVERS = {"benefits/workflow.py", "benefits/demo/office.py"}


def test_only_the_workflow_and_the_demo_office_set_a_status() -> None:
    found = set()
    for path, tree in modules().items():
        if not path.startswith("benefits/"):
            continue
        for node in ast.walk(tree):
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            if any(isinstance(target, ast.Attribute) and target.attr == "status" for target in targets):
                found.add(path)
            is_update = (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in {"update", "create", "bulk_update"}
            )
            if is_update and any(keyword.arg == "status" for keyword in node.keywords):  # type: ignore[attr-defined]
                found.add(path)
        # filling in a column that a migration has added is no step of an application
        moving = r"UPDATE benefits_application(?! SET office = entry)|SET status"
        if any(re.search(moving, text) for text in strings_of(tree)):
            found.add(path)

    assert found == MOVERS


def test_only_the_workflow_calls_what_changes_an_application() -> None:
    changing = {
        "save",
        "create",
        "bulk_create",
        "update",
        "update_or_create",
        "get_or_create",
        "delete",
        "bulk_update",
    }
    found = set()
    for path, tree in modules().items():
        if not path.startswith("benefits/") or "/migrations/" in path or path in MOVERS:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in changing:
                owner = ast.unparse(node.func.value)
                if re.search(r"objects|application|person|certification|review", owner, re.IGNORECASE):
                    found.add(f"{path}: {owner}.{node.func.attr}")

    # the people of an application's household come and go with its steps: the workflow alone calls that module
    household = {one for one in found if one.startswith("benefits/household_numbers.py: ")}
    # files from the terminal and their lines are rows of their own; what an application says is only read there
    files = {one for one in found if re.match(r"benefits/juki/\w+\.py: Juki\w+\.objects", one)}
    # what a walk over the holdings notes of them
    notes = {one for one in found if re.match(r"benefits/holdings\.py: Holding\w+\.objects", one)}
    # what is destroyed is a list of its own, and so is what holds it up
    lists = {one for one in found if re.match(r"benefits/deletion\.py: (Deletion\w+|RetentionPeriod)\.objects", one)}
    # contacts, relations, overtime, who is made up: rows of their own, told to those who watch
    told = {one for one in found if re.match(r"benefits/watching\.py: \w+\.objects", one)}
    assert (
        found - household - files - notes - lists - told - {"benefits/views/applications.py: workflow.save"} == set()
    )


def own_models() -> list[type[models.Model]]:
    return [model for app in OWN_APPS for model in apps.get_app_config(app).get_models()]


def test_nothing_is_deleted_because_something_else_was() -> None:
    cascading = {
        f"{model._meta.label}.{field.name}"
        for model in own_models()
        for field in model._meta.get_fields()
        if isinstance(field, models.ForeignKey) and field.remote_field.on_delete is not models.PROTECT
    }

    # django-otp's own field; people are never deleted (accounts.models.User.delete)
    assert cascading == {"accounts.CodeDevice.user", "accounts.RecoverySheet.user", "accounts.SecurityKey.user"}


def test_no_model_has_permissions_outside_the_roles_or_an_order_of_its_own() -> None:
    for model in own_models():
        assert model._meta.default_permissions == (), model
        assert not model._meta.permissions, model
        assert not model._meta.ordering, model


@pytest.mark.parametrize("model", own_models(), ids=lambda model: model._meta.label)
def test_printing_a_row_says_nothing_personal(model: type[models.Model]) -> None:
    source = "".join(
        ast.unparse(node)
        for path, tree in modules().items()
        if path.startswith(model.__module__.replace(".", "/"))
        for owner in ast.walk(tree)
        if isinstance(owner, ast.ClassDef) and owner.name == model.__name__
        for node in owner.body
        if isinstance(node, ast.FunctionDef) and node.name in {"__str__", "__repr__", "label"}
    )
    touched = set(re.findall(r"self\.(\w+)", source))

    assert "__str__" in source
    assert not {name for name in touched - GIVEN_BY_THE_OFFICE if PERSONAL.search(name)}


FORBIDDEN = {
    "print": "the log and the pages are where things are said",
    "mark_safe": "texts are escaped where they are drawn",
    "csrf_exempt": "every form carries the token",
    "format_html_join": "templates draw pages",
    "eval": "nothing typed is ever code",
    "exec": "nothing typed is ever code",
    "extra": "questions are asked by name",
    "RawSQL": "questions are asked by name",
}
#: Before anything is installed, the terminal is all there is.
MAY_PRINT = {"config/office/install.py"}


def test_nothing_forbidden_is_called() -> None:
    found = set()
    for path, tree in modules().items():
        for node in ast.walk(tree):
            name = (
                getattr(node, "id", None) or getattr(node, "attr", None)
                if isinstance(node, ast.Name | ast.Attribute)
                else None
            )
            if name in FORBIDDEN and not (name == "print" and path in MAY_PRINT):
                found.add(f"{path}: {name}")

    assert found == set()


def test_the_environment_is_read_in_one_place() -> None:
    readers = {
        path
        for path, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}
    }

    assert readers <= {"config/env.py"} | {path for path in readers if path.startswith("config/office/")}


#: What keyed digests are told apart by. It is written nowhere.
SALTS = {"accounts.attempts.network"}


def test_every_action_that_is_written_down_has_a_name() -> None:
    codes = {code for code, name in vocabulary.choices() if str(name) and str(name) != code}
    used = {
        text
        for tree in modules().values()
        for text in strings_of(tree)
        if re.fullmatch(r"(benefits|accounts|mynumber|audit)\.[a-z_]+\.[a-z_]+", text) and code_called(text) is None
        if text not in SALTS
    }

    assert used
    assert used <= codes


def code_called(dotted: str) -> object:
    """Return what ``dotted`` leads to when it names code (settings do that), else None."""
    try:
        return import_string(dotted)
    except ImportError:
        return None


def test_every_module_says_why_it_exists() -> None:
    silent = {
        path
        for path, tree in modules().items()
        if not path.endswith(("__init__.py", "apps.py")) and not re.search(r"migrations/\d{4}_initial", path)
        if not ast.get_docstring(tree)
    }

    assert silent == set()


def test_no_file_holds_a_my_number() -> None:
    found = {
        path.relative_to(ROOT).as_posix()
        for path in own_files()
        for run in re.findall(r"(?<![0-9A-Za-z.-])\d{12}(?![0-9A-Za-z])", path.read_text("utf-8", errors="ignore"))
        if checkdigit.is_valid(run)
    }

    assert found == set()


def test_the_lifecycle_document_is_what_the_table_draws() -> None:
    written = (ROOT / "docs" / "lifecycle.md").read_text(encoding="utf-8")

    assert written == document(), "draw it again: manage.py draw_lifecycle > docs/lifecycle.md"
