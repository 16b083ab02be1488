import re

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from config import errors

JAPANESE = re.compile("[ぁ-んァ-ヶ一-龠]")


@pytest.mark.parametrize("status", [400, 403, 404, 413, 500])
def test_each_error_page_says_in_japanese_what_to_do_and_which_request_it_was(status: int, rf: RequestFactory) -> None:
    request = rf.get("/")
    request.id = "11111111-2222-4333-8444-555555555555"  # type: ignore[attr-defined]

    response = errors.refuse(request, status, "理由をここに書きます。")

    assert response.status_code == status
    assert JAPANESE.search(response.text)
    assert "理由をここに書きます。" in response.text
    assert request.id in response.text  # type: ignore[attr-defined]


def test_a_reason_is_text_and_never_markup(rf: RequestFactory) -> None:
    response = errors.refuse(rf.get("/"), 403, "<script>alert(1)</script>")

    assert "<script>alert" not in response.text


def test_a_script_gets_a_short_answer_instead_of_a_page(rf: RequestFactory) -> None:
    response = errors.refuse(rf.get("/", headers={"accept": "application/json"}), 403, "理由")

    assert response["Content-Type"] == "application/json"


def test_a_form_without_its_token_gets_a_page_that_says_how_to_go_on(db: None) -> None:
    response = Client(enforce_csrf_checks=True).post("/sign-in/", {"login_id": "x", "password": "y"})

    assert response.status_code == 403
    assert "再読み込み" in response.text


def test_a_failure_inside_shows_nothing_of_it(client: Client, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(request: HttpRequest) -> HttpResponse:
        raise ValueError("山田太郎 の行で失敗")

    monkeypatch.setattr("config.health.watch", None)
    client.raise_request_exception = False

    response = client.get("/healthz")

    assert response.status_code == 500
    assert "AttributeError" not in response.text
    assert response["X-Request-Id"] in response.text
