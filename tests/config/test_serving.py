"""What the children of a run are told: each how to reach the database as its own role, and as nobody else."""

import pytest

from config.office.serving import Sealer, Server

ADDRESSES = ("DATABASE_URL", "DATABASE_APP_URL", "DATABASE_OWNER_URL", "DATABASE_SEALER_URL")


@pytest.fixture(autouse=True)
def by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Roles that the office has made by hand."""
    for name in ADDRESSES[1:]:
        monkeypatch.setenv(name, f"postgresql://{name.lower()}:secret@127.0.0.1/kyufu")


def told(environment: dict[str, str]) -> set[str]:
    return {name for name in ADDRESSES if name in environment}


def test_the_pages_and_the_worker_are_told_the_address_of_the_app_alone() -> None:
    environment = Server.environment()
    assert told(environment) == {"DATABASE_APP_URL"}
    assert "sealer" not in environment["DATABASE_APP_URL"]
    assert environment.get("KYUFU_DATABASE_ROLE", "app") == "app"


def test_the_sealer_is_told_its_own_address_alone() -> None:
    environment = Sealer.environment()
    assert told(environment) == {"DATABASE_SEALER_URL"}
    assert "database_sealer_url" in environment["DATABASE_SEALER_URL"]
    assert environment["KYUFU_DATABASE_ROLE"] == "sealer"
