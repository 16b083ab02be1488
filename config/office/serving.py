"""Serves the prepared office until it is told to stop, and then ends what it started, in the right order."""

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from signal import SIGHUP, SIGINT, SIGTERM, Signals, signal
from types import FrameType
from typing import NoReturn

from django.conf import settings

from config import env
from config.office import databases
from config.office.embedded_postgres import EmbeddedPostgres, die_with_parent

READY_SECONDS = 60
# longer than gunicorn's own graceful_timeout
STOP_SECONDS = 25
#: How long a worker that ended by itself is left alone before it is started again.
WORKER_PAUSE_SECONDS = 5


class Told(BaseException):
    """The process was told to stop. Not an error, and nothing on the way may take it for one."""


class CannotServe(Exception):
    """The server could not be opened, or ended by itself. The text says why and what to do."""


def listen_for_signals() -> None:
    """Turn the first Ctrl-C, SIGTERM or closed terminal into :class:`Told`; ignore those that follow."""

    def tell(number: int, frame: FrameType | None) -> None:
        for other in (SIGINT, SIGTERM, SIGHUP):
            signal(other, lambda *_: None)
        raise Told

    for number in (SIGINT, SIGTERM, SIGHUP):
        signal(number, tell)


def port() -> int:
    """Return the port to serve on."""
    return env.integer("PORT", 8000, least=1, most=65535)


def require_free_port() -> None:
    """Raise :class:`CannotServe` when somebody else serves on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port()))
        except PermissionError:
            message = (
                f"ポート {port()} を使う権限がありません。"
                "1024 以上の番号で PORT=8001 make run のように実行してください。"
                f" / Port {port()} needs privileges: choose one from 1024 on."
            )
            raise CannotServe(message) from None
        except OSError:
            message = (
                f"ポート {port()} はほかのプログラムが使っています。"
                "PORT=8001 make run のように別の番号で実行してください。"
                f" / Port {port()} is taken by another program: run for example PORT=8001 make run."
            )
            raise CannotServe(message) from None


class Server:
    """gunicorn as a child of this process."""

    def __init__(self, database: Callable[[], EmbeddedPostgres | None]) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self._database = database

    @property
    def address(self) -> str:
        """Where a browser finds the office."""
        return f"http://127.0.0.1:{port()}/"

    def start(self) -> None:
        """Start gunicorn and return when the office answers."""
        command = (sys.executable, "-m", "gunicorn", "--config", "python:config.gunicorn", "config.wsgi:application")
        self.process = subprocess.Popen(
            command,
            cwd=settings.BASE_DIR,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            # a Ctrl-C in the terminal comes here; gunicorn is asked to finish what it is answering
            start_new_session=True,
            preexec_fn=die_with_parent(SIGTERM),  # nothing has started a thread yet
        )
        end = time.monotonic() + READY_SECONDS
        while not self._answers():
            self._require_alive()
            if time.monotonic() > end:
                raise CannotServe(f"サーバーが{READY_SECONDS}秒以内に応答しません。")
            time.sleep(0.05)

    def watch(self, *helpers: "Helper") -> NoReturn:
        """Wait; raise :class:`CannotServe` when gunicorn or the database ends by itself; start the helpers anew."""
        while True:
            self._require_alive()
            for helper in helpers:
                helper.keep_going()
            time.sleep(0.25)

    def stop(self, say: Callable[[str], object]) -> None:
        """Let gunicorn answer what it has begun, then end it."""
        if self.process is None or self.process.poll() is not None:
            return
        say("終了しています…")
        self._end(SIGTERM)

    def _require_alive(self) -> None:
        logs = settings.KYUFU_HOME / "logs"
        database = self._database()
        if database is not None and database.process is not None and database.process.poll() is not None:
            raise CannotServe(f"データベースが予期せず終了しました。{logs / 'postgresql.log'} を確認してください。")
        if self.process is not None and self.process.poll() is not None:
            raise CannotServe(f"サーバーが予期せず終了しました。{logs / 'kyufu.log'} を確認してください。")

    def _end(self, number: Signals) -> None:
        if self.process is None:
            return
        self.process.send_signal(number)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    @staticmethod
    def environment() -> dict[str, str]:
        """Return what gunicorn and the worker inherit: how to reach the database as the app, and as nobody else."""
        changes = {"KYUFU_HOME": str(settings.KYUFU_HOME), "DJANGO_SETTINGS_MODULE": env.settings_module()}
        if not databases.is_embedded():
            changes["DATABASE_APP_URL"] = databases.app(settings.KYUFU_HOME).as_url()
        return env.child("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_SEALER_URL", **changes)

    def _answers(self) -> bool:
        host = settings.ALLOWED_HOSTS[0].lstrip(".") if settings.ALLOWED_HOSTS else "127.0.0.1"
        question = urllib.request.Request(f"{self.address}healthz", headers={"Host": host})  # noqa: S310
        try:
            with urllib.request.urlopen(question, timeout=2) as answer:  # noqa: S310  (our own address)
                return bool(answer.status == 200)
        except OSError:
            return False


class Helper:
    """Work beside the pages, as a child of this process; started again when it ends by itself."""

    #: The command of manage.py that does it.
    command = ""

    def __init__(self, environment: Callable[[], dict[str, str]]) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self._environment = environment
        self._started_at = 0.0

    def start(self) -> None:
        """Start it."""
        self._started_at = time.monotonic()
        self.process = subprocess.Popen(
            (sys.executable, str(settings.BASE_DIR / "manage.py"), self.command),
            cwd=settings.BASE_DIR,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=die_with_parent(SIGTERM),  # nothing has started a thread yet
        )

    def keep_going(self) -> None:
        """Start it again if it has ended, not oftener than every few seconds."""
        is_gone = self.process is not None and self.process.poll() is not None
        if is_gone and time.monotonic() - self._started_at > WORKER_PAUSE_SECONDS:
            self.start()

    def stop(self) -> None:
        """Let it finish its piece, then end it: a piece that is cut off is taken up again."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(SIGTERM)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Worker(Helper):
    """The long work beside the pages."""

    command = "work"


class Sealer(Helper):
    """Whoever seals and signs the record, as a role of the database whose address no other child is told."""

    command = "seal"

    def __init__(self) -> None:
        super().__init__(self.environment)

    def start(self) -> None:
        """Start it, unless the office runs it apart, as another UNIX user."""
        if settings.KYUFU_SEAL_HERE:
            super().start()

    @staticmethod
    def environment() -> dict[str, str]:
        """Return what the sealer inherits: how to reach the database as the sealer, and as nobody else."""
        changes = {
            "KYUFU_HOME": str(settings.KYUFU_HOME),
            "DJANGO_SETTINGS_MODULE": env.settings_module(),
            "KYUFU_DATABASE_ROLE": "sealer",
        }
        if not databases.is_embedded():
            changes["DATABASE_SEALER_URL"] = databases.sealer(settings.KYUFU_HOME).as_url()
        return env.child("DATABASE_URL", "DATABASE_APP_URL", "DATABASE_OWNER_URL", **changes)
