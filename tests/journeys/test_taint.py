"""A4, V3: numbers known to the test are pushed through every path, then looked for wherever one could be left."""

import base64
import hashlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

import psycopg
import pytest
import typst
from django.conf import settings
from django.contrib.sessions.models import Session
from playwright.sync_api import Browser, expect

from accounts.models import User
from accounts.roles import Role
from audit.models import Event
from benefits import content
from benefits.choices import Status
from benefits.forms import EntryForm
from benefits.models import Application
from config import env
from config.office import databases, embedded_postgres
from mynumber import checkdigit
from mynumber.purposes import Purpose
from tests import factories
from tests.conftest import Office
from tests.journeys import traces
from tests.journeys.desk import Desk, digits_in, fill, tick_everything
from tests.journeys.wire import Wire

START_SECONDS = 60
WIDE = str.maketrans("0123456789", "０１２３４５６７８９")


class Numbers(dict[str, str]):
    """A number for each path it is pushed through, drawn at its first use."""

    def __missing__(self, path: str) -> str:
        payload = f"{secrets.randbelow(10**11):011d}"
        self[path] = payload + checkdigit.check_digit(payload)
        return self[path]


class Place:
    """A service of its own on this worker's database: its home, its temporary files, what it prints and says."""

    def __init__(self, root: Path) -> None:
        self.home, self.temporary, self.found = root / "home", root / "temporary", root / "found"
        self.terminal = root / "terminal.log"
        self.scratch = root / "scratch"
        for directory in (self.home, self.temporary, self.found, self.scratch):
            directory.mkdir()
        self.address = ""

    def keep(self, name: str, what: bytes) -> None:
        """Put something aside to be looked through."""
        (self.found / name).write_bytes(what)

    def look(self, numbers: dict[str, str], *more: Path) -> list[traces.Trace]:
        """Return the traces of ``numbers`` in everything that this service has left behind."""
        keys = self.home / "keys"
        shutil.rmtree(keys, ignore_errors=True)  # random bytes, and none of them a number
        return traces.search(
            numbers, [self.home, self.temporary, self.terminal, self.found, *more], scratch=self.scratch
        )


@pytest.fixture
def place(tmp_path: Path, transactional_db: None) -> Place:
    return Place(tmp_path)


@pytest.fixture
def service(place: Place, office: Office) -> Iterator[Place]:
    """Serve the product with nothing around it that anything else writes to."""
    shutil.copytree(Path(settings.KYUFU_HOME) / "keys", place.home / "keys")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    place.address = f"http://127.0.0.1:{port}"
    with place.terminal.open("wb") as terminal:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "--config", "python:config.gunicorn", "config.wsgi:application"],
            cwd=settings.BASE_DIR,
            stdin=subprocess.DEVNULL,
            stdout=terminal,
            stderr=terminal,
            preexec_fn=embedded_postgres.die_with_parent(signal.SIGTERM),
            env=env.child(
                DJANGO_SETTINGS_MODULE="config.settings.test",
                KYUFU_HOME=str(place.home),
                KYUFU_TEST_HOME=str(place.home),
                KYUFU_TEST_DATABASE_URL=office.app.as_url(),
                KYUFU_FONT_DIRS=os.pathsep.join(map(str, settings.KYUFU_FONT_DIRS)),
                KYUFU_BIND=f"127.0.0.1:{port}",
                TMPDIR=str(place.temporary),
            ),
        )
    end = time.monotonic() + START_SECONDS
    while not _answers(place.address):
        assert process.poll() is None, place.terminal.read_text(encoding="utf-8")
        assert time.monotonic() < end
        time.sleep(0.05)
    yield place
    process.terminate()
    process.wait(START_SECONDS)


def test_no_number_is_left_anywhere(service: Place, office: Office, chromium: Browser) -> None:
    numbers = Numbers()
    maker, checker = factories.staff_member(Role.MAKER), factories.staff_member(Role.CHECKER)
    viewer, auditor = factories.staff_member(Role.NUMBER_VIEWER), factories.staff_member(Role.AUDITOR)

    with Wire(service.address) as wire:
        with _at_desk(chromium, wire.address, maker) as desk:
            _typed_by_hand(desk, numbers)
            _pushed_into_every_box(desk, numbers)
            _pushed_at_the_addresses(desk, wire, numbers, Role.MAKER)
        application = Application.objects.get(status=Status.SUBMITTED)
        with _at_desk(chromium, wire.address, checker) as desk:
            certificate = _retyped(desk, application, numbers)
            _pushed_into_the_searches(desk, numbers, auditor=False)
        with _at_desk(chromium, wire.address, auditor) as desk:
            _pushed_into_the_searches(desk, numbers, auditor=True)
            _pushed_at_the_addresses(desk, wire, numbers, Role.AUDITOR)
        with _at_desk(chromium, wire.address, viewer) as desk:
            _pushed_into_the_reveal(desk, application, numbers)
        _pushed_at_the_door(wire, numbers, known=maker)
        _pushed_in_headers(wire, numbers)
        # the one answer that holds a number does not pass the wire
        with _at_desk(chromium, service.address, viewer) as desk:
            shown = _revealed(desk, application, numbers["typed"])
        service.keep("wire", wire.heard)
    service.keep("certificate", traces.unpack_pdf(certificate))

    _dump(office, service)
    found = service.look(numbers, *_postgres_home(office))

    assert not found, "\n" + "\n".join(map(str, found))
    # the same search finds it where it may be
    answer = service.scratch / "shown"
    answer.write_bytes(shown)
    assert {one.path for one in traces.search(numbers, [answer], scratch=service.scratch)} == {"typed"}


GUISES: dict[str, Callable[[str], str]] = {
    "plain": lambda number: number,
    "with hyphens": lambda number: "-".join(_groups(number)),
    "wide": lambda number: number.translate(WIDE),
    "wide with spaces": lambda number: "　".join(_groups(number)).translate(WIDE),
    "reversed": lambda number: number[::-1],
    "Base64": lambda number: base64.b64encode(f'{{"number":"{number}"}}'.encode()).decode(),
    "hexadecimal": lambda number: number.encode().hex(),
    "JSON": lambda number: json.dumps(number.translate(WIDE)),
    "percent": lambda number: quote(number.translate(WIDE)),
    "digest": lambda number: hashlib.sha256(number.encode()).hexdigest()[:16],
}


@pytest.mark.parametrize("sink", ["terminal", "log", "temporary file", "database", "session", "certificate", "wire"])
def test_a_number_left_behind_is_found_in_every_guise(place: Place, office: Office, sink: str) -> None:
    numbers = Numbers()
    left = "\n".join(guise(numbers[name]) for name, guise in GUISES.items())

    match sink:
        case "terminal":
            place.terminal.write_text(left, encoding="utf-8")
        case "log":
            (place.home / "logs").mkdir()
            (place.home / "logs" / "kyufu.log").write_text(left, encoding="utf-8")
        case "temporary file":
            (place.temporary / "upload").write_text(left, encoding="utf-8")
        case "database":
            factories.draft(factories.staff_member(Role.MAKER), note=left)
        case "session":
            store = Session.get_session_store_class()()
            store["searches_people"] = {"name": {"kana": left}}
            store.save()
        case "certificate":
            source = '#set page(width: 90cm)\n#set text(font: "IPAexGothic")\n```\n' + left + "\n```"
            pdf = typst.compile(source.encode(), font_paths=[str(one) for one in settings.KYUFU_FONT_DIRS])
            place.keep("certificate", traces.unpack_pdf(pdf))
        case "wire":
            place.keep("wire", b"HTTP/1.1 200 OK\r\nX-Left: " + left.encode())
    _dump(office, place)

    assert {one.path for one in place.look(numbers)} == set(GUISES)


# ── the paths ────────────────────────────────────────────────────────────────────────────────────────────────────


def _typed_by_hand(desk: Desk, numbers: Numbers) -> None:
    """In the box that is meant for it: wrong in every way, then right, then right again for somebody else."""
    page = desk.page
    page.goto("/applications/new/")
    right = numbers["typed"]
    wrong = [right[:-1] + str((int(right[-1]) + step) % 10) for step in (1, 5)] + [
        right[:-1],
        right + "0",
        right[:6] + "x" + right[6:],
        f"№{right}",
    ]
    fill(page, factories.form_data(number_given="GIVEN", city=None))
    for attempt in wrong:
        page.locator("[name=number]").press_sequentially(attempt)
        page.get_by_role("button", name="内容を確認する").click()
        expect(page.get_by_role("alert")).to_contain_text("個人番号")
        assert page.locator("[name=number]").input_value() == ""
    numbers["typed wrong"] = wrong[0]
    page.locator("[name=number]").press_sequentially(f"{right[:4]}－{right[4:8]}－{right[8:]}".translate(WIDE))
    page.locator("[name=phone]").fill("")
    page.locator("[name=phone]").press_sequentially(numbers["typed into the next box"])
    page.get_by_role("button", name="内容を確認する").click()
    expect(page.get_by_role("alert")).to_contain_text("個人番号の欄だけに入力してください")
    fill(page, {"city": "架空市", "phone": "090-0000-0000"})
    page.get_by_role("button", name="内容を確認する").click()
    page.get_by_role("button", name="確認者へ提出する").click()
    expect(page.get_by_role("status").filter(has_text="提出しました")).to_be_visible()

    page.goto("/applications/new/")
    fill(page, factories.form_data(number=right))
    page.get_by_role("button", name="下書き保存").click()
    expect(page.get_by_role("alert")).to_contain_text("ほかの人の番号として登録されています")


def _pushed_into_every_box(desk: Desk, numbers: Numbers) -> None:
    """By forms that no page drew: each box, hidden ones and choices too, in several widths; saved, autosaved, JSON."""
    token = _token(desk)
    guises: list[Callable[[str], str]] = [
        lambda number: number,
        lambda number: f"{number[:4]}-{number[4:8]}-{number[8:]}",
        lambda number: number.translate(WIDE),
        lambda number: f"{number[:4]}　{number[4:8]}　{number[8:]}".translate(WIDE),
        lambda number: f"番号は{number}です",
    ]
    boxes = [*EntryForm.base_fields, "revision", "save", "csrfmiddlewaretoken", "unknown"]
    post = partial(desk.context.request.post, max_retries=2)  # what is too large, the service cuts off
    for turn, guise in enumerate(guises):
        form = {name: guise(numbers[f"box {name}"]) for name in boxes if name != "number"}
        number = {"number": numbers["autosaved"]}
        for step in ("edit", "autosave"):
            address = f"/applications/{uuid.uuid4()}/{step}/"
            sent = {**form, **number, "csrfmiddlewaretoken": token}
            post(address, form={**sent, "save": ("draft", "review")[turn % 2]})
            post(address, form={**sent, "revision": "1"})  # the draft that the first made
            post(address, multipart=sent)
            post(address, data=json.dumps(sent), headers={"content-type": "application/json", "x-csrftoken": token})
            post(address, form=form)
            post(address, form={**sent, guise(numbers["box's name"]): "1"})
    body = f"csrfmiddlewaretoken={token}&note={numbers['not UTF-8']}%ff&family_name={numbers['NUL']}%00"
    heavy = urlencode({"csrfmiddlewaretoken": token, "note": numbers["too long"] * 100_000})
    long = urlencode({"csrfmiddlewaretoken": token, "note": f"あ{numbers['too long']}い" * 200, "revision": "1"})
    many = urlencode([("csrfmiddlewaretoken", token), *[(f"x{one}", numbers["too many"]) for one in range(2_100)]])
    for text in (body, body.replace("%ff", ""), heavy, long, many):
        post(
            f"/applications/{uuid.uuid4()}/edit/",
            data=text,
            headers={"content-type": "application/x-www-form-urlencoded"},
        )
    assert Application.objects.count() > len(guises)


def _pushed_at_the_addresses(desk: Desk, wire: Wire, numbers: Numbers, role: Role) -> None:
    """In paths and queries, by people who may open the page and who may not, by every method."""
    token = _token(desk)
    plain, wide = numbers[f"address {role}"], quote(numbers[f"wide address {role}"].translate(WIDE))
    spaced = quote("{}　{}　{}".format(*_groups(numbers[f"spaced address {role}"])))
    for written in (plain, wide, spaced):
        for address in (
            f"/{written}",
            f"/people/{written}/",
            f"/people/?s={written}",
            f"/people/?kana={written}",
            f"/applications/{written}/",
            f"/applications/?status={written}",
            f"/applications/?before={written}",
            f"/applications/?{written}=1",
            f"/audit/?s={written}",
            f"/audit/?before={written}",
            f"/audit/?s=&before=2026-11-23T00:00:00%2B09:00_{written}",
            f"/diseases/?q={written}",
            f"/sign-in/?next=/{written}",
            f"/sign-in/?next=/people/{written}/number/",
            f"/staff/?{written}",
            f"/static/css/{written}.css",
            f"/static/{written}",
        ):
            desk.context.request.get(address)
            desk.context.request.post(address, form={"csrfmiddlewaretoken": token})
            desk.context.request.delete(address)


def _retyped(desk: Desk, application: Application, numbers: Numbers) -> bytes:
    """By the checker: into the comments, wrong, and right. Returns the certificate."""
    token, page = _token(desk), desk.page
    form = {f"comment_{key}": numbers[f"comment {key}"] for key in content.form_of(application.content)}
    for press in ("save", "return", "compare", numbers["press"]):
        desk.context.request.post(
            f"/reviews/{application.pk}/",
            form={
                "csrfmiddlewaretoken": token,
                "revision": str(application.revision),
                "press": press,
                "comment": numbers["comment"],
                "comment_number": numbers["comment number"].translate(WIDE),
                "checked": numbers["tick"],
                "number": numbers["typed"] + "1",
                **form,
            },
        )
    page.goto(f"/reviews/{application.pk}/")
    for attempt in (numbers["typed"][:-1], numbers["typed wrong"], numbers["retyped wrong"], numbers["typed"]):
        page.locator("[name=number]").fill(attempt)
        page.get_by_role("button", name="照合する").click()
        page.wait_for_load_state()
    expect(page.get_by_text("個人番号は一致しました")).to_be_visible()
    tick_everything(page)
    page.get_by_role("button", name="承認へ進む").click()
    desk.context.request.post(
        page.url,
        form={"csrfmiddlewaretoken": token, "revision": numbers["revision"], "fingerprint": numbers["fingerprint"]},
    )
    page.get_by_role("button", name="承認する").click()
    expect(page.get_by_role("status").filter(has_text="承認しました")).to_be_visible()
    answer = page.request.get(str(page.get_by_role("link", name="受給者証（PDF）を開く").get_attribute("href")))
    assert answer.headers["content-type"] == "application/pdf"
    return answer.body()


def _pushed_into_the_searches(desk: Desk, numbers: Numbers, *, auditor: bool) -> None:
    token = _token(desk)
    address, boxes = (
        ("/audit/", ("from_on", "to_on", "actor", "subject", "result", "actions"))
        if auditor
        else ("/people/", ("kana", "name", "birth_on", "recipient_number"))
    )
    for box in boxes:
        number = numbers[f"search {address} {box}"]
        for written in (number, "-".join(_groups(number)), number.translate(WIDE), " ".join(_groups(number))):
            desk.context.request.post(address, form={"csrfmiddlewaretoken": token, box: written})
            desk.context.request.get(f"{address}?{urlencode({box: written, 's': written})}")


def _pushed_into_the_reveal(desk: Desk, application: Application, numbers: Numbers) -> None:
    token = _token(desk)
    for reason in (numbers["reason"], f"番号は{'-'.join(_groups(numbers['reason']))}です"):
        desk.context.request.post(
            f"/people/{application.person_id}/number/",
            form={
                "csrfmiddlewaretoken": token,
                "purpose": Purpose.COMPARISON,
                "reason": reason,
                "code": desk.code(),
                "has_scripts": "1",
            },
        )
    for code in (numbers["code"], " - ".join(_groups(numbers["code"])) + " 000000", numbers["code"].translate(WIDE)):
        desk.context.request.post(
            f"/people/{application.person_id}/number/",
            form={
                "csrfmiddlewaretoken": token,
                "purpose": numbers["purpose"] if code == numbers["code"] else Purpose.COMPARISON,
                "reason": "写しとの照合のため（窓口で本人の申出を受けた）",
                "code": code,
                "has_scripts": "1",
            },
        )


def _pushed_at_the_door(wire: Wire, numbers: Numbers, *, known: User) -> None:
    """Into the boxes of the sign-in: the number that somebody has on the desk, in the wrong window."""
    for login_id, password in (
        (numbers["login id"], "x"),
        (numbers["login id"].translate(WIDE), "x"),
        ("-".join(_groups(numbers["login id"])), ""),
        (numbers["login id"] * 5, "x"),
        (known.login_id, numbers["password"]),
        ("nobody", numbers["password"]),
    ):
        jar: dict[str, str] = {}
        token = _ask(wire, "GET", f"/sign-in/?next=/{numbers['next']}/", jar)
        form = {"csrfmiddlewaretoken": token, "login_id": login_id, "password": password, "x": numbers["unknown box"]}
        _ask(wire, "POST", f"/sign-in/?x={numbers['query of a sign-in']}", jar, **form)
    jar = {}
    token = _ask(wire, "GET", "/sign-in/", jar)
    _ask(
        wire, "POST", "/sign-in/", jar, csrfmiddlewaretoken=token, login_id=known.login_id, password=factories.PASSWORD
    )
    token = _ask(wire, "GET", "/sign-in/code/", jar)
    for code in (numbers["sign-in code"], f"{numbers['sign-in code']} {numbers['sign-in code']}"):
        assert token
        token = _ask(wire, "POST", "/sign-in/code/", jar, csrfmiddlewaretoken=token, code=code)


def _pushed_in_headers(wire: Wire, numbers: Numbers) -> None:
    """As somebody would who forges requests: each header that anything reads."""
    names = [
        "Host",
        "User-Agent",
        "Accept",
        "Accept-Language",
        "Referer",
        "Origin",
        "Cookie",
        "X-Forwarded-For",
        "X-Forwarded-Host",
        "X-Forwarded-Proto",
        "X-Request-Id",
        "X-CSRFToken",
        "Content-Type",
        "Sec-Fetch-Site",
        "Authorization",
    ]
    for name in names:
        number = numbers[f"header {name}"]
        value = {"Cookie": f"kyufu-session={number}; other={number}", "Content-Type": f"text/html; charset={number}"}
        for method, address in (
            ("GET", "/sign-in/"),
            ("POST", "/sign-in/"),
            ("GET", "/people/"),
            ("POST", "/people/"),
        ):
            jar: dict[str, str] = {}
            token = _ask(wire, "GET", "/sign-in/", jar)
            _ask(
                wire,
                method,
                address,
                {} if name == "Cookie" else jar,
                headers={name: value.get(name, number)},
                csrfmiddlewaretoken=token,
                login_id="nobody",
                password="wrong",
            )


def _revealed(desk: Desk, application: Application, number: str) -> bytes:
    """Return the answer in which the number is shown."""
    page = desk.page
    page.goto(f"/people/{application.person_id}/number/")
    page.get_by_label("表示する目的").select_option(Purpose.COMPARISON)
    page.get_by_label("具体的な理由").fill("写しとの照合のため（窓口で本人の申出を受けた）")
    page.get_by_label("確認コード").fill(desk.code())
    with page.expect_response(lambda answer: answer.request.method == "POST") as answered:
        page.get_by_role("button", name="60秒間表示する").click()
    body = answered.value.body()
    expect(page.locator("[data-reveal-digits]")).to_be_visible()
    assert number in digits_in(page.locator("[data-reveal-digits]").inner_text())
    page.get_by_role("button", name="隠す").click()
    return body


# ── the places ───────────────────────────────────────────────────────────────────────────────────────────────────


def _dump(office: Office, place: Place) -> None:
    """Put aside all that the database holds, with what is sealed or packed in it opened."""
    binary = Path(embedded_postgres.EmbeddedPostgres(place.scratch)._reachable_installation()) / "bin" / "pg_dump"
    superuser = office.superuser
    answer = subprocess.run(
        [
            binary,
            "--host",
            superuser.host,
            "--port",
            str(superuser.port),
            "--username",
            superuser.user,
            office.database,
        ],
        env=env.child(PGPASSWORD=superuser.password),
        capture_output=True,
        check=True,
    )
    assert b"COPY vault.number" in answer.stdout
    assert b"COPY audit.event" in answer.stdout
    place.keep("dump", answer.stdout)
    sessions = [session.get_decoded() for session in Session.objects.all()]
    place.keep("sessions", json.dumps(sessions, ensure_ascii=False, default=str).encode())
    reasons = [event.reason for event in Event.objects.exclude(sealed_reason=None)]
    place.keep("reasons", json.dumps(reasons, ensure_ascii=False).encode())


def _postgres_home(office: Office) -> list[Path]:
    """Return where the suite's own server keeps its log, its tables and its write-ahead log, as they are on disk."""
    if not databases.is_embedded():
        return []
    with closing(psycopg.connect(**office.superuser.as_psycopg(autocommit=True))) as connection:
        connection.execute("CHECKPOINT")
        row = connection.execute("SHOW data_directory").fetchone()
    assert row is not None
    home = Path(row[0]).parents[1]
    assert (home / "logs" / "postgresql.log").stat().st_size > 0
    return [home]


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/healthz", timeout=2) as answer:  # noqa: S310  (our own address)
            return bool(answer.status == 200)
    except OSError:
        return False


@contextmanager
def _at_desk(browser: Browser, address: str, user: User) -> Iterator[Desk]:
    desk = Desk(browser, address, user)
    try:
        desk.sit_down()
        yield desk
    finally:
        desk.leave()


def _token(desk: Desk) -> str:
    desk.page.goto("/sign-in/")  # leads a signed-in person to their first page
    return desk.page.locator("[name=csrfmiddlewaretoken]").first.get_attribute("value") or ""


def _ask(
    wire: Wire,
    method: str,
    address: str,
    jar: dict[str, str],
    *,
    headers: dict[str, str] | None = None,
    **form: str,
) -> str:
    """Ask as a program would, and return the token of the form in the answer ("" without one)."""
    connection = HTTPConnection(urlsplit(wire.address).netloc, timeout=10)
    sent = {"Content-Type": "application/x-www-form-urlencoded"} if form and method == "POST" else {}
    if jar:
        sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in jar.items())
    body = urlencode(form) if method == "POST" else None
    connection.request(method, address, body=body, headers={**sent, **(headers or {})})
    answer = connection.getresponse()
    page = answer.read().decode("utf-8", "replace")
    for cookie in answer.headers.get_all("Set-Cookie") or []:
        name, _separator, value = cookie.split(";")[0].partition("=")
        jar[name] = value
    connection.close()
    return page.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]


def _groups(number: str) -> tuple[str, str, str]:
    return number[:4], number[4:8], number[8:]
