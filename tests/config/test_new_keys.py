"""A release that needs a further key makes it for an office that never had it, and replaces none that was lost."""

from pathlib import Path

import pytest

from config.office import keys

ADDED_LATER = sorted(set(keys.KEY_FILES) - set(keys.FIRST_KEY_FILES))


@pytest.fixture
def first_release(tmp_path: Path) -> Path:
    """The keys of an office of the first release, with the marker as that release wrote it."""
    for name in keys.FIRST_KEY_FILES:
        keys.write_secret(tmp_path / name, "ab" * keys.KEY_BYTES)
    keys.write_secret(tmp_path / keys.MARKER, "この印があるとき、鍵は作り直されません。")
    return tmp_path


def test_an_office_of_the_first_release_gets_the_keys_that_came_later(first_release: Path) -> None:
    made = keys.ensure(first_release, data_exists=True)

    assert sorted(made) == ADDED_LATER
    assert keys.complaints(first_release) == []


def test_a_key_that_came_later_is_not_replaced_either_once_it_was_made(first_release: Path) -> None:
    keys.ensure(first_release, data_exists=True)
    (first_release / ADDED_LATER[0]).unlink()

    with pytest.raises(keys.KeysMissing, match=ADDED_LATER[0]):
        keys.ensure(first_release, data_exists=True)


def test_a_key_of_the_first_release_is_not_replaced_on_the_way_to_the_next(first_release: Path) -> None:
    (first_release / "seed.key").unlink()

    with pytest.raises(keys.KeysMissing, match=r"seed\.key"):
        keys.ensure(first_release, data_exists=True)

    assert not (first_release / ADDED_LATER[0]).exists()
