"""The pages of an import, from upload to applied, for the two people whose work it is."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import User
from benefits.models.juki import BatchState, JukiBatch
from tests.benefits.juki.conftest import file_of, line, registered, work
from tests.benefits.pages import shows, text_of
from tests.factories import my_number, signed_in

pytestmark = pytest.mark.django_db(transaction=True)


def upload(client: Client, data: bytes) -> Any:
    return client.post(reverse("benefits:juki-new"), {"file": SimpleUploadedFile("x.csv", data, "text/csv")})


def test_a_file_goes_through_the_pages_from_upload_to_applied(maker: User, checker: User) -> None:
    registered(maker, checker)
    number = my_number()
    maker_at, checker_at = signed_in(Client(), maker), signed_in(Client(), checker)

    answer = upload(maker_at, file_of(line(number)))
    batch = JukiBatch.objects.get()
    page = maker_at.get(answer["Location"])
    assert "見本　太郎" in text_of(page)
    assert not shows(page, number)

    started = maker_at.post(
        reverse("benefits:juki-start", args=[batch.pk]),
        {"layout": batch.layout_id, "encoding": "CP932", "mode": "ALL"},
    )
    assert started["Location"] == batch.get_absolute_url()
    assert "読取り中" in text_of(maker_at.get(batch.get_absolute_url()))
    work()
    for client in (maker_at, checker_at):
        for name in ("juki", "juki-batch", "juki-lines"):
            seen = client.get(reverse(f"benefits:{name}", args=[batch.pk] if name != "juki" else []))
            assert seen.status_code == 200
            assert not shows(seen, number)
    assert maker_at.get(reverse("benefits:juki-line", args=[batch.pk, 2])).status_code == 200

    sample = reverse("benefits:juki-sample", args=[batch.pk])
    assert checker_at.get(sample).status_code == 200
    one = reverse("benefits:juki-sample-line", args=[batch.pk, 2])
    assert "見本県架空市本町1-2-3" in text_of(checker_at.get(one))
    assert checker_at.post(one, {"answer": "agrees"})["Location"] == batch.get_absolute_url()
    checker_at.post(reverse("benefits:juki-apply", args=[batch.pk]))
    work()

    batch.refresh_from_db()
    assert batch.state == BatchState.APPLIED
    assert "適用しました" in text_of(checker_at.get(batch.get_absolute_url()))
