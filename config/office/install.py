"""Brings what the product needs onto a bare machine: a virtual environment, fonts, and what the tests need besides.

Runs before anything is installed, so it uses the standard library alone:
``python3 -m config.office.install {run|test|check|bench} --home VAR``.
"""

import argparse
import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
ENVIRONMENT = PROJECT / ".venv"
REQUIREMENTS = PROJECT / "requirements"
#: What a lock file's packages are for; each contains what those before it lock.
LOCKS = ("base", "development", "bench")
LOCK_OF = {"run": "base", "test": "development", "check": "development", "bench": "bench"}
#: The file of each font, its Debian package, and where that package puts it.
FONTS = (
    ("ipaexg.ttf", "fonts-ipaexfont-gothic", "/usr/share/fonts/opentype/ipaexfont-gothic"),
    ("ipaexm.ttf", "fonts-ipaexfont-mincho", "/usr/share/fonts/opentype/ipaexfont-mincho"),
    ("ipamjm.ttf", "fonts-ipamj-mincho", "/usr/share/fonts/truetype/ipamj"),
)
CHROMIUM = Path("/usr/bin/chromium")
SOFTHSM = Path("/usr/bin/softhsm2-util")
SCREEN_FONTS = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
APT_OPTIONS = ("-o", "Acquire::http::Timeout=20", "-o", "Acquire::https::Timeout=20", "-o", "Acquire::Retries=1")
APT_SECONDS = 240


class Trouble(Exception):
    """The machine cannot be prepared. The text says what to do."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Prepare for ``run`` or ``test``; return 0, or 1 after saying why not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("purpose", choices=list(LOCK_OF))
    parser.add_argument("--home", default="")
    options = parser.parse_args(arguments)
    home = Path(options.home).expanduser().absolute() if options.home else PROJECT / "var"
    try:
        _require_python()
        home.mkdir(parents=True, exist_ok=True)
        # a second run waits here instead of installing into the same place
        with (REQUIREMENTS / "base.txt").open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            install_packages(LOCK_OF[options.purpose], home)
            if options.purpose != "check":
                install_fonts(home)
            if options.purpose == "test":
                install_for_tests()
    except Trouble as trouble:
        print(f"✗ {trouble}", file=sys.stderr)
        return 1
    return 0


# ── Python packages ──────────────────────────────────────────────────────────────────────────────────────────────


def install_packages(name: str, home: Path) -> None:
    """Make ``.venv`` hold exactly what ``requirements/<name>.txt`` locks; do nothing when it does already."""
    place = f"{ENVIRONMENT} {sys.version_info[0]}.{sys.version_info[1]}"
    wanted = {lock: f"{place} {_digest(REQUIREMENTS / f'{lock}.txt')}" for lock in LOCKS}
    stamps = {lock: ENVIRONMENT / f".installed-{lock}" for lock in wanted}
    if any(_text(stamps[lock]) == wanted[lock] for lock in LOCKS[LOCKS.index(name) :]):
        return
    began = time.monotonic()
    _say("Python の依存物を入れています…（初回は1分ほど）")
    _make_environment(home, place)
    for stamp in stamps.values():
        stamp.unlink(missing_ok=True)
    python = str(ENVIRONMENT / "bin" / "python")
    # wheels only: nothing is built, so nothing of a package runs while it is installed
    command = (python, "-m", "pip", "install", "--require-hashes", "--only-binary=:all:", "--no-input", "--quiet")
    _run((*command, "--disable-pip-version-check", "--progress-bar=off", "-r", str(REQUIREMENTS / f"{name}.txt")))
    stamps[name].write_text(wanted[name], encoding="utf-8")
    (ENVIRONMENT / ".place").write_text(place, encoding="utf-8")
    _say(f"Python の依存物を入れました（{time.monotonic() - began:.0f}秒）")


def _make_environment(home: Path, place: str) -> None:
    """Make ``.venv`` with pip in it, also where Debian's python3-venv is missing."""
    known_place = _text(ENVIRONMENT / ".place")
    if known_place and known_place != place:
        shutil.rmtree(ENVIRONMENT)  # a copy from elsewhere: its scripts point at the place it came from
    python = ENVIRONMENT / "bin" / "python"
    if python.exists() and _works((str(python), "-m", "pip", "--version")):
        return
    if importlib.util.find_spec("ensurepip") is None and os.geteuid() == 0:
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        apt_install([f"python{version}-venv"], required=False)
        importlib.invalidate_caches()
    if _works((sys.executable, "-c", "import ensurepip")):
        _run((sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT)))
        return
    # An ordinary user on a Debian without python3-venv: pip comes out of the package that would have brought it.
    _run((sys.executable, "-m", "venv", "--clear", "--without-pip", str(ENVIRONMENT)))
    with tempfile.TemporaryDirectory() as directory:
        wheels = apt_unpack(["python3-pip-whl"], Path(directory), home).glob("usr/share/python-wheels/pip-*.whl")
        wheel = next(wheels, None)
        if wheel is None:
            raise Trouble("pip が見つかりません。apt install python3-venv を管理者に依頼してください。")
        _run((str(python), f"{wheel}/pip", "install", "--quiet", "--no-index", str(wheel)))


# ── Debian packages ──────────────────────────────────────────────────────────────────────────────────────────────


def install_fonts(home: Path) -> None:
    """Bring the certificates' fonts. Without them everything else works, and the product says what is missing."""
    missing = [
        (file, package)
        for file, package, directory in FONTS
        if not (Path(directory) / file).exists() and not (home / "fonts" / file).exists()
    ]
    if not missing:
        return
    _say("受給者証のフォント（IPAex・IPAmj明朝）を入れています…")
    packages = [package for _file, package in missing]
    if os.geteuid() == 0 and apt_install(packages, required=False):
        return
    try:
        with tempfile.TemporaryDirectory() as directory:
            unpacked = apt_unpack(packages, Path(directory), home)
            (home / "fonts").mkdir(parents=True, exist_ok=True)
            for file, _package in missing:
                found = next(unpacked.rglob(file), None)
                if found is not None:
                    shutil.copyfile(found, home / "fonts" / file)
    except Trouble as trouble:
        _say(f"フォントを取得できません: {trouble}")
    still = [file for file, _package in missing if not (home / "fonts" / file).exists()]
    if still:
        _say(
            f"フォント {'・'.join(still)} がないため、受給者証は作れません。ほかの機能は使えます。"
            f"apt install {' '.join(packages)} を管理者に依頼するか、{home / 'fonts'} に置いてください。"
            " / Without these fonts certificates cannot be printed; everything else works."
        )


def install_for_tests() -> None:
    """Bring what the tests need of Debian, or raise :class:`Trouble`.

    A browser with a Japanese font, and a security module in software for the keys of My Numbers.
    """
    wanted = (("chromium", CHROMIUM), ("fonts-noto-cjk", SCREEN_FONTS), ("softhsm2", SOFTHSM))
    needed = [package for package, path in wanted if not path.exists()]
    if not needed:
        return
    _say(f"試験に使う {'・'.join(needed)} を入れています…")
    apt_install(needed, required=True)


def apt_install(packages: Sequence[str], *, required: bool) -> bool:
    """Install Debian packages as root (or by sudo without a password); say whether that worked."""
    if os.geteuid() == 0:
        prefix: tuple[str, ...] = ()
    elif required and shutil.which("sudo") and _works(("sudo", "-n", "true")):
        prefix = ("sudo", "-n")
    elif required:
        message = (
            f"次のパッケージが必要です: apt install {' '.join(packages)}（管理者の権限で実行してください）。"
            " / These Debian packages are needed; ask an administrator to install them."
        )
        raise Trouble(message)
    else:
        return False
    command = (
        *prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", *APT_OPTIONS, "-o", "DPkg::Lock::Timeout=120",
    )  # fmt: skip
    install = (*command, "install", "--yes", "--quiet", "--no-install-recommends", *packages)
    if _works(install, seconds=APT_SECONDS):
        return True
    # a fresh machine has no package lists
    _works((*command, "update", "--quiet"), seconds=APT_SECONDS)
    if _works(install, seconds=APT_SECONDS):
        return True
    if required:
        raise Trouble(f"apt install {' '.join(packages)} に失敗しました。 / apt could not install these packages.")
    return False


def apt_unpack(packages: Sequence[str], into: Path, home: Path) -> Path:
    """Download Debian packages and unpack them below ``into``, as anybody: no root, nothing installed."""
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        raise Trouble("apt-get がありません（Debian ではない環境）。")
    downloads, unpacked = into / "downloads", into / "unpacked"
    downloads.mkdir()
    unpacked.mkdir()
    if not _works(("apt-get", *APT_OPTIONS, "download", *packages), seconds=APT_SECONDS, cwd=downloads):
        # no package lists that this user may read: lists of one's own, in a place of one's own
        state = home / "apt"
        for part in ("state/lists/partial", "cache/archives/partial"):
            (state / part).mkdir(parents=True, exist_ok=True)
        own = (
            "-o", f"Dir::State={state / 'state'}", "-o", f"Dir::Cache={state / 'cache'}",
            "-o", "Dir::State::status=/var/lib/dpkg/status", "-o", "Debug::NoLocking=true",
        )  # fmt: skip
        _works(("apt-get", *APT_OPTIONS, *own, "update", "--quiet"), seconds=APT_SECONDS)
        done = _works(("apt-get", *APT_OPTIONS, *own, "download", *packages), seconds=APT_SECONDS, cwd=downloads)
        shutil.rmtree(state, ignore_errors=True)
        if not done:
            raise Trouble("パッケージを取得できません（ネットワークを確認してください）。")
    for package in downloads.glob("*.deb"):
        _run(("dpkg-deb", "-x", str(package), str(unpacked)))
    return unpacked


# ── small things ─────────────────────────────────────────────────────────────────────────────────────────────────


def _require_python() -> None:
    # whoever starts this may have any Python
    if sys.version_info < (3, 11):  # noqa: UP036
        version = ".".join(map(str, sys.version_info[:3]))
        raise Trouble(f"Python 3.11 以上が必要です（今は {version}）。 / Python 3.11 or newer is required.")


def _run(command: Sequence[str]) -> None:
    result = subprocess.run(command, check=False, cwd=PROJECT, stdin=subprocess.DEVNULL)
    if result.returncode != 0:
        raise Trouble(f"{' '.join(command[:4])} … が失敗しました（終了コード {result.returncode}）。")


def _works(command: Sequence[str], *, seconds: int = 60, cwd: Path = PROJECT) -> bool:
    """Run quietly and say whether it succeeded in time."""
    try:
        result = subprocess.run(
            command, check=False, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds
        )
    except (subprocess.TimeoutExpired, OSError):
        return False
    return result.returncode == 0


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def _say(sentence: str) -> None:
    print(f"・{sentence}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
