"""A file from the Juki-net terminal: brought in one browser, read by a worker, let into use from another browser."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from accounts.roles import Role
from benefits.models import JukiBatch, JukiRow
from config import env
from config.office import embedded_postgres
from mynumber import staging, vault
from tests.benefits.juki.conftest import file_of, line, registered
from tests.conftest import Office as Ground
from tests.factories import my_number, staff_member
from tests.journeys.conftest import Office
from tests.journeys.desk import digits_in

#: Enough lines for a worker to be killed between two pieces.
STRANGERS = 3_000


def wait_until(holds: Callable[[], bool], *, seconds: float = 40) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


class Worker:
    """The background process as an office runs it."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        home = str(settings.KYUFU_HOME)
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "work"],
            cwd=settings.BASE_DIR,
            stdin=subprocess.DEVNULL,
            preexec_fn=embedded_postgres.die_with_parent(signal.SIGTERM),
            env=env.child(
                DJANGO_SETTINGS_MODULE="config.settings.test",
                DJANGO_ALLOW_ASYNC_UNSAFE="",
                KYUFU_HOME=home,
                KYUFU_TEST_HOME=home,
                KYUFU_TEST_DATABASE_URL=self.ground.app.as_url(),
            ),
        )

    def kill(self) -> None:
        """End it as a power cut would."""
        if self.process is not None:
            os.kill(self.process.pid, signal.SIGKILL)
            self.process.wait(10)


@pytest.fixture
def worker(office: Ground, server: str) -> Iterator[Worker]:
    one = Worker(office)
    yield one
    one.kill()


def shows_no_number(page: Page, numbers: list[str]) -> bool:
    text = digits_in(page.content())
    return not any(number in text for number in numbers)


def test_a_file_is_brought_read_by_a_worker_that_is_killed_compared_and_applied(
    at_desk: Office, worker: Worker, tmp_path: Path
) -> None:
    maker, checker = staff_member(Role.MAKER), staff_member(Role.CHECKER)
    people = [
        registered(maker, checker),
        registered(maker, checker, given_name="次郎", given_kana="ジロウ", birth_on="S46.5.1"),
    ]
    numbers = [my_number() for _each in range(STRANGERS + 2)]
    strangers = [
        line(number, name=f"別　人{index}", birth="19600101") for index, number in enumerate(numbers[2:], start=1)
    ]
    known = [line(numbers[0]), line(numbers[1], name="見本　\ue000郎", kana="ミホン　ジロウ", birth="19710501")]
    file = tmp_path / "juki.csv"
    file.write_bytes(file_of(*known, *strangers))

    page = at_desk(maker).sit_down()
    page.goto("/juki/")
    page.get_by_role("link", name="ファイルを取り込む").click()
    page.get_by_label("端末から出力したファイル").set_input_files(file)
    page.get_by_role("button", name="受け取って封じる").click()
    expect(page.get_by_text("文字コードは Shift_JIS（CP932） と判定しました")).to_be_visible()
    expect(page.get_by_role("cell", name="見本　太郎")).to_be_visible()
    page.get_by_label("UTF-8").check()
    page.get_by_role("button", name="表示し直す").click()
    expect(page.get_by_role("cell", name="見本　太郎")).to_have_count(0)
    page.get_by_label("Shift_JIS（CP932）").check()
    page.get_by_label("誤りのある行を除いて取り込む").check()
    page.get_by_role("button", name="読み始める").click()

    # the page follows the worker by itself; a worker that is killed is followed by another
    expect(page.get_by_role("heading", name="読取り中")).to_be_visible()
    assert shows_no_number(page, numbers)
    worker.start()
    wait_until(lambda: JukiBatch.objects.get().lines_in > 0)
    worker.kill()
    read = JukiBatch.objects.get().lines_in
    assert read == JukiRow.objects.count()
    worker.start()
    expect(page.get_by_role("heading", name="要確認の行を判断する")).to_be_visible(timeout=60_000)
    batch = JukiBatch.objects.get()
    assert (batch.lines_in, batch.linked, batch.queued) == (len(numbers), 1, len(numbers) - 1)
    assert shows_no_number(page, numbers)

    page.get_by_role("link", name="行を見る").click()
    page.get_by_label("理由").fill("対象でない人")
    page.get_by_role("button", name="まとめて除外する").click()
    expect(page.get_by_text(f"{STRANGERS}行を除外しました")).to_be_visible()
    page.get_by_role("link", name="3", exact=True).click()
    expect(page.get_by_text("U+E000")).to_be_visible()
    page.get_by_label("氏名の表記が違う理由").select_option("GAIJI")
    page.get_by_role("button", name="この人に結び付ける").click()
    expect(page.get_by_text("3行目を結び付けました")).to_be_visible()
    expect(page.get_by_text("取り込んだ人と、行を判断した人は適用できません")).to_be_visible()
    wait_until(lambda: JukiBatch.objects.get().judged == 2)

    other = at_desk(checker).sit_down()
    other.goto(batch.get_absolute_url())
    other.get_by_role("link", name="抜取りを照合する").click()
    other.get_by_role("link", name="2", exact=True).click()
    for number in (2, 3):
        expect(other.get_by_role("heading", name=f"{batch.label} {number}行目の照合")).to_be_visible()
        assert shows_no_number(other, numbers)
        other.get_by_role("button", name="一致する", exact=True).click()
    other.get_by_role("button", name="2人の番号を適用する").click()
    expect(other.get_by_text("適用しました（2人）")).to_be_visible(timeout=30_000)
    wait_until(lambda: JukiBatch.objects.get().wiped_at is not None)

    assert staging.left(batch.pk) == (0, 0, False)
    assert not JukiRow.objects.exists()
    for person in people:
        held = vault.standing(person.pk)
        assert held is not None
        assert (held.state, held.typed_by, held.confirmed_by) == (vault.State.IN_USE, maker.pk, checker.pk)
