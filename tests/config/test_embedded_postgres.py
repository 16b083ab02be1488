import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from config.office import databases, provisioning
from config.office.embedded_postgres import EmbeddedPostgres, OfficeLock, socket_directory

HASTY = {"fsync": "off"}


@pytest.fixture(autouse=True)
def no_other_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests are about the server that comes with the product, whatever the suite runs on."""
    monkeypatch.delenv("DATABASE_URL", raising=False)


@pytest.fixture
def home() -> Iterator[Path]:
    """A KYUFU_HOME that the server's user can reach, as pytest's own directories are not."""
    place = Path(tempfile.mkdtemp(prefix="kyufu-home-"))
    place.chmod(0o711)
    yield place
    shutil.rmtree(place, ignore_errors=True)


@pytest.fixture
def server(home: Path) -> Iterator[EmbeddedPostgres]:
    """A running server of its own."""
    server = EmbeddedPostgres(home, settings=HASTY)
    server.start()
    yield server
    server.stop()


def setting(home: Path, name: str) -> str:
    with closing(psycopg.connect(**databases.administrator(home).as_psycopg())) as connection:
        row = connection.execute("SELECT current_setting(%s)", (name,)).fetchone()
    assert row is not None
    return str(row[0])


def test_it_keeps_what_people_type_out_of_its_log_and_its_data_whole(server: EmbeddedPostgres, home: Path) -> None:
    assert setting(home, "data_checksums") == "on"
    assert setting(home, "server_encoding") == "UTF8"
    assert setting(home, "listen_addresses") == ""
    assert setting(home, "log_min_error_statement") == "panic"
    assert setting(home, "log_parameter_max_length") == "0"
    assert setting(home, "log_parameter_max_length_on_error") == "0"
    assert setting(home, "log_error_verbosity") == "terse"
    assert setting(home, "log_statement") == "none"
    assert setting(home, "synchronous_commit") == "on"


def test_a_statement_that_fails_is_not_in_the_log(server: EmbeddedPostgres, home: Path) -> None:
    with (
        closing(psycopg.connect(**databases.administrator(home).as_psycopg())) as connection,
        pytest.raises(psycopg.errors.DivisionByZero),
    ):
        connection.execute("SELECT 1/0, '山田太郎'")

    log = (home / "logs" / "postgresql.log").read_text(encoding="utf-8")
    assert "division by zero" in log
    assert "山田" not in log


@pytest.mark.parametrize("password", ["", "wrong"])
def test_nobody_gets_in_without_the_password(password: str, server: EmbeddedPostgres, home: Path) -> None:
    somebody = databases.administrator(home).seen_by("postgres", password)

    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(**somebody.as_psycopg())


def test_its_files_are_its_owners_alone(server: EmbeddedPostgres, home: Path) -> None:
    for place in ("postgres", "postgres/data", "postgres/socket", "keys", "logs"):
        assert stat.S_IMODE((home / place).stat().st_mode) == 0o700, place
    assert stat.S_IMODE((home / "logs" / "postgresql.log").stat().st_mode) == 0o600
    assert stat.S_IMODE((home / "keys" / "postgres.password").stat().st_mode) == 0o600


def test_it_never_runs_as_root(server: EmbeddedPostgres) -> None:
    assert server.process is not None
    assert Path(f"/proc/{server.process.pid}").stat().st_uid != 0


def test_it_starts_again_with_the_same_data(server: EmbeddedPostgres, home: Path) -> None:
    with closing(psycopg.connect(**databases.administrator(home).as_psycopg(autocommit=True))) as connection:
        connection.execute("CREATE TABLE kept (id integer)")

    server.stop()
    server.start()

    with closing(psycopg.connect(**databases.administrator(home).as_psycopg())) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_it_recovers_when_it_was_killed(server: EmbeddedPostgres, home: Path) -> None:
    assert server.process is not None
    server.process.kill()
    server.process.wait()
    assert (home / "postgres" / "data" / "postmaster.pid").exists()

    server.start()

    assert setting(home, "server_encoding") == "UTF8"


def test_it_recovers_when_its_old_number_went_to_another_process(server: EmbeddedPostgres, home: Path) -> None:
    server.stop()
    lock = home / "postgres" / "data" / "postmaster.pid"
    lock.write_text(f"{os.getpid()}\n{home / 'postgres' / 'data'}\n0\n5432\n\n\n", encoding="utf-8")

    server.start()

    assert setting(home, "server_encoding") == "UTF8"


def test_it_takes_over_from_a_run_that_was_killed_and_left_its_server(server: EmbeddedPostgres, home: Path) -> None:
    orphan = server.process
    assert orphan is not None
    successor = EmbeddedPostgres(home, settings=HASTY)

    successor.start()

    try:
        assert orphan.wait(5) == 0
        assert setting(home, "server_encoding") == "UTF8"
    finally:
        successor.stop()


def test_it_stops_only_what_it_started(server: EmbeddedPostgres, home: Path) -> None:
    EmbeddedPostgres(home, settings=HASTY).stop()

    assert server.process is not None
    assert server.process.poll() is None


def test_a_lost_superuser_password_is_set_anew(server: EmbeddedPostgres, home: Path) -> None:
    server.stop()
    (home / "keys" / "postgres.password").unlink()

    server.start()

    assert setting(home, "server_encoding") == "UTF8"


def test_a_home_with_a_long_name_gets_a_short_socket(tmp_path: Path) -> None:
    long = tmp_path / ("深い" * 20) / ("場所" * 20)

    place = socket_directory(long)

    assert len(os.fsencode(place / ".s.PGSQL.5432.lock")) <= 107
    assert place == socket_directory(long)
    assert place != socket_directory(long / "another")


def test_a_home_with_a_long_name_works(home: Path) -> None:
    deep = home / ("d" * 100)
    server = EmbeddedPostgres(deep, settings=HASTY)

    server.start()

    try:
        assert setting(deep, "server_encoding") == "UTF8"
    finally:
        server.stop()
        shutil.rmtree(socket_directory(deep), ignore_errors=True)


def test_one_run_at_a_time_holds_the_office(tmp_path: Path) -> None:
    first, second = OfficeLock(tmp_path), OfficeLock(tmp_path)

    assert first.take()
    assert not second.take()

    first.release()

    assert second.take()
    second.release()


def test_an_administrator_who_is_no_superuser_can_prepare_everything(server: EmbeddedPostgres, home: Path) -> None:
    with closing(psycopg.connect(**databases.administrator(home).as_psycopg(autocommit=True))) as connection:
        connection.execute("CREATE ROLE office_dba LOGIN CREATEDB CREATEROLE PASSWORD 'for this test'")
    administrator = databases.administrator(home).seen_by("office_dba", "for this test")
    passwords = provisioning.Passwords(owner="owner's secret", app="app's secret", sealer="sealer's secret")

    for again in (False, False, True):
        provisioning.provision(administrator, database="kyufu", passwords=passwords, again=again)

    owner = databases.parse(
        databases.administrator(home)
        .seen_by("kyufu_owner", "owner's secret")
        .as_url()
        .replace("/postgres?", "/kyufu?"),
        variable="TEST",
    )
    provisioning.make_schemas(owner)
    provisioning.make_schemas(owner)
    with closing(psycopg.connect(**owner.as_psycopg())) as connection:
        connection.execute("CREATE TABLE audit.event (id integer)")


def test_an_administrator_without_the_rights_is_told_what_is_missing(server: EmbeddedPostgres, home: Path) -> None:
    with closing(psycopg.connect(**databases.administrator(home).as_psycopg(autocommit=True))) as connection:
        connection.execute("CREATE ROLE nobody LOGIN PASSWORD 'for this test'")
    administrator = databases.administrator(home).seen_by("nobody", "for this test")

    with pytest.raises(provisioning.ProvisioningTrouble, match="CREATEROLE"):
        provisioning.provision(
            administrator, database="kyufu", passwords=provisioning.Passwords(owner="a", app="b", sealer="c")
        )


def test_a_password_never_shows_when_an_address_is_printed() -> None:
    address = databases.parse(
        "postgresql://kyufu_app:secret@db.example.jp:5433/kyufu?sslmode=verify-full", variable="X"
    )

    assert "secret" not in repr(address)
    assert "secret" not in repr(provisioning.Passwords(owner="secret", app="secret", sealer="secret"))
    assert address.as_psycopg()["sslmode"] == "verify-full"
    assert address.port == 5433


def test_an_address_survives_being_written_down() -> None:
    address = databases.Address(
        host="/run/a b", port=5433, name="kyufu-1", user="a@b", password="p/w:?#", options={"sslmode": "require"}
    )

    assert databases.parse(address.as_url(), variable="X") == address
