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


def test_a_key_that_two_keepers_made_is_never_made_anew_and_is_the_one_that_is_named(tmp_path: Path) -> None:
    keys.ensure(tmp_path, data_exists=False)
    keys.write_secret(tmp_path / "number-kek-2.key", "cd" * keys.KEY_BYTES)
    (tmp_path / "number-kek-1.key").unlink()
    assert keys.ensure(tmp_path, data_exists=True, keks=[2]) == []
    (tmp_path / "number-kek-2.key").unlink()

    with pytest.raises(keys.KeysMissing, match=r"number-kek-2\.key") as refused:
        keys.ensure(tmp_path, data_exists=True, keks=[2])

    assert "number-kek-1" not in str(refused.value)
    assert list(tmp_path.glob("number-kek-*")) == []


def test_every_key_that_opens_something_is_missed_even_beside_a_later_one(tmp_path: Path) -> None:
    keys.ensure(tmp_path, data_exists=False)
    keys.write_secret(tmp_path / "number-kek-2.key", "cd" * keys.KEY_BYTES)
    (tmp_path / "number-kek-1.key").unlink()

    with pytest.raises(keys.KeysMissing, match=r"number-kek-1\.key"):
        keys.ensure(tmp_path, data_exists=True, keks=[1, 2])
