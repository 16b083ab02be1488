from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import env


def test_an_empty_variable_counts_as_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", " ")

    assert env.integer("PORT", 8000) == 8000
    assert env.text("PORT", "x") == "x"


@pytest.mark.parametrize("value", ["eight", "8000.5", "0", "65536", "-1"])
def test_a_port_that_is_none_is_refused_by_name(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", value)

    with pytest.raises(ImproperlyConfigured, match="PORT"):
        env.integer("PORT", 8000, least=1, most=65535)


@pytest.mark.parametrize(("value", "meaning"), [("1", True), ("YES", True), ("off", False), ("0", False)])
def test_a_switch_reads_the_usual_words(value: str, meaning: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KYUFU_SERVING", value)

    assert env.flag("KYUFU_SERVING") is meaning


def test_a_switch_refuses_other_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KYUFU_SERVING", "perhaps")

    with pytest.raises(ImproperlyConfigured, match="KYUFU_SERVING"):
        env.flag("KYUFU_SERVING")


def test_places_become_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KYUFU_HOME", "data")
    monkeypatch.setenv("KYUFU_FONT_DIRS", "a::/b")

    assert env.path("KYUFU_HOME", Path("/")) == tmp_path / "data"
    assert env.paths("KYUFU_FONT_DIRS", []) == [tmp_path / "a", Path("/b")]


def test_hosts_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOWED_HOSTS", " kyufu.example.jp , ,kyufu2.example.jp")

    assert env.words("ALLOWED_HOSTS") == ["kyufu.example.jp", "kyufu2.example.jp"]
