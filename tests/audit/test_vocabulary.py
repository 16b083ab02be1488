"""Every word of the record is declared, and every declared word means something (A5)."""

import ast
from functools import cache
from pathlib import Path

import pytest
from django.conf import settings

from accounts import actions as accounts_actions
from audit import actions as audit_actions, vocabulary
from benefits import events as benefits_events
from benefits.lifecycle import STEPS
from mynumber import actions as mynumber_actions
from mynumber.purposes import Purpose

MODULES = (accounts_actions, audit_actions, benefits_events, mynumber_actions)
APPS = ("accounts", "audit", "benefits", "mynumber", "config")


@cache
def sources() -> list[tuple[str, list[ast.AST]]]:
    """Return everything that stands in the code, by its place."""
    return [
        (str(path.relative_to(settings.BASE_DIR)), list(ast.walk(ast.parse(path.read_text(encoding="utf-8")))))
        for app in APPS
        for path in sorted(Path(settings.BASE_DIR, app).rglob("*.py"))
        if "migrations" not in path.parts
    ]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_every_action_that_an_app_has_is_declared_with_a_name_for_the_reader(module: object) -> None:
    codes = {value for name, value in vars(module).items() if name.isupper() and isinstance(value, str)}
    declared = dict(vocabulary.choices())

    assert codes
    assert codes == set(module.ACTIONS)  # type: ignore[attr-defined]
    assert codes <= set(declared)
    assert all(declared[code] and declared[code] != code for code in codes)


def test_nothing_else_is_declared_and_no_two_actions_share_a_code_or_a_name() -> None:
    codes = [
        value
        for module in MODULES
        for name, value in vars(module).items()
        if name.isupper() and isinstance(value, str)
    ]
    names = [name for _code, name in vocabulary.choices()]

    assert sorted(codes) == sorted(code for code, _name in vocabulary.choices())
    assert len(set(codes)) == len(codes)
    assert len(set(names)) == len(names)


def test_each_code_begins_with_the_app_that_records_it_and_fits_its_column() -> None:
    for module in MODULES:
        app = module.__name__.split(".")[0]
        for code in module.ACTIONS:
            assert code.startswith(f"{app}.")
            assert len(code) <= 60


def named(module: str) -> str:
    """Return what a module of actions is called at home, where another app's stands beside an app's own."""
    return module.removeprefix("audit_")


def test_every_action_that_the_code_records_is_declared() -> None:
    known = {
        f"{module.__name__.rsplit('.', 1)[-1]}.{name}" for module in MODULES for name in vars(module) if name.isupper()
    }
    calls = 0
    for place, nodes in sources():
        for node in nodes:
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id == "journal"
                and node.func.attr in {"record", "record_committed", "Entry"}
            ):
                calls += 1
                first = node.args[0] if node.args else next(one.value for one in node.keywords if one.arg == "action")
                for part in ast.walk(first):
                    assert not (isinstance(part, ast.Constant) and isinstance(part.value, str)), (place, part.value)
                    if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.attr.isupper():
                        assert f"{named(part.value.id)}.{part.attr}" in known, (place, part.attr)
    assert calls > 20


def test_every_step_of_an_application_has_a_declared_event() -> None:
    assert {step.event for step in STEPS.values()} <= set(dict(vocabulary.choices()))


def test_every_declared_action_is_used_somewhere() -> None:
    used = {
        f"{named(node.value.id)}.{node.attr}"
        for _place, nodes in sources()
        for node in nodes
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    }

    for module in MODULES:
        short = module.__name__.rsplit(".", 1)[-1]
        for name, value in vars(module).items():
            if name.isupper() and isinstance(value, str):
                assert f"{short}.{name}" in used, name


def test_every_detail_that_the_code_writes_is_on_the_list() -> None:
    written = set()
    for _place, nodes in sources():
        for node in nodes:
            if isinstance(node, ast.keyword) and node.arg == "details" and isinstance(node.value, ast.Dict):
                written |= {key.value for key in node.value.keys if isinstance(key, ast.Constant)}

    assert written
    assert written <= set(vocabulary.DETAILS)


def test_every_purpose_has_a_name_for_the_reader() -> None:
    for purpose in Purpose:
        assert vocabulary.purpose_label(purpose.value) == purpose.label


def test_an_action_that_is_not_declared_any_more_reads_as_its_code() -> None:
    assert vocabulary.label("gone.long.ago") == "gone.long.ago"
    assert vocabulary.purpose_label("") == ""
