import stat
from pathlib import Path

import pytest

from config.office import keys


def test_a_new_office_gets_every_key_for_its_owner_alone(tmp_path: Path) -> None:
    directory = tmp_path / "keys"

    made = keys.ensure(directory, data_exists=False)

    assert sorted(made) == sorted(keys.KEY_FILES)
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    for name in keys.KEY_FILES:
        assert stat.S_IMODE((directory / name).stat().st_mode) == 0o600
        assert len(bytes.fromhex((directory / name).read_text(encoding="ascii"))) == 32
    assert keys.complaints(directory) == []


def test_no_two_keys_are_alike(tmp_path: Path) -> None:
    keys.ensure(tmp_path, data_exists=False)

    assert len({(tmp_path / name).read_text(encoding="ascii") for name in keys.KEY_FILES}) == len(keys.KEY_FILES)


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    keys.ensure(tmp_path, data_exists=False)
    before = {name: (tmp_path / name).read_bytes() for name in keys.KEY_FILES}

    again = keys.ensure(tmp_path, data_exists=True)

    assert again == []
    assert {name: (tmp_path / name).read_bytes() for name in keys.KEY_FILES} == before
    with pytest.raises(FileExistsError):
        keys.write_secret(tmp_path / keys.KEY_FILES[0], "another")


def test_a_lost_key_is_not_replaced_by_a_new_one(tmp_path: Path) -> None:
    keys.ensure(tmp_path, data_exists=False)
    (tmp_path / "number-kek-1.key").unlink()

    with pytest.raises(keys.KeysMissing, match=r"number-kek-1\.key"):
        keys.ensure(tmp_path, data_exists=False)

    assert not (tmp_path / "number-kek-1.key").exists()


def test_a_key_directory_that_was_lost_whole_is_noticed_by_the_data(tmp_path: Path) -> None:
    with pytest.raises(keys.KeysMissing):
        keys.ensure(tmp_path / "keys", data_exists=True)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_key_that_others_can_read_is_reported(mode: int, tmp_path: Path) -> None:
    keys.ensure(tmp_path, data_exists=False)
    (tmp_path / "seed.key").chmod(mode)

    assert [complaint for complaint in keys.complaints(tmp_path) if "seed.key" in complaint]


@pytest.mark.parametrize("content", ["", "abc", "zz" * 32, "00" * 31])
def test_a_key_that_is_none_is_reported(content: str, tmp_path: Path) -> None:
    keys.ensure(tmp_path, data_exists=False)
    (tmp_path / "reason.key").write_text(content, encoding="ascii")

    assert [complaint for complaint in keys.complaints(tmp_path) if "reason.key" in complaint]


def test_a_password_is_made_once(tmp_path: Path) -> None:
    first = keys.password(tmp_path, "kyufu_app")

    assert keys.password(tmp_path, "kyufu_app") == first
    assert len(first) >= 43
    assert stat.S_IMODE((tmp_path / "kyufu_app.password").stat().st_mode) == 0o600
