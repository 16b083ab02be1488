import uuid

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

pytestmark = pytest.mark.django_db

CSP = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "object-src 'none'",
    "require-trusted-types-for 'script'",
}
#: An answer of every kind: a page, a redirect, a machine's answer, each refusal, a static file.
ANSWERS = {
    "page": ("get", "/sign-in/", {}, 200),
    "redirect": ("get", "/", {}, 302),
    "health": ("get", "/healthz", {}, 200),
    "unknown host": ("get", "/sign-in/", {"headers": {"host": "evil.example"}}, 400),
    "cross-site": ("post", "/sign-in/", {"headers": {"sec-fetch-site": "cross-site"}}, 403),
    "not UTF-8": ("get", "/sign-in/?next=%ff", {}, 400),
    "missing": ("get", "/no/such/page", {}, 404),
    "wrong method": ("post", "/healthz", {}, 405),
    "static": ("get", "/static/css/base.css", {}, 200),
}


@pytest.mark.parametrize("kind", ANSWERS)
def test_every_answer_carries_the_headers_that_isolate_the_site(kind: str, client: Client) -> None:
    method, path, options, status = ANSWERS[kind]

    response = getattr(client, method)(path, **options)
    response.close()

    assert response.status_code == status
    assert set(response["Content-Security-Policy"].split("; ")) == CSP
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response["Cross-Origin-Embedder-Policy"] == "require-corp"
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"
    assert response["Origin-Agent-Cluster"] == "?1"
    assert response["X-Frame-Options"] == "DENY"
    policy = response["Permissions-Policy"].split(", ")
    assert "camera=()" in policy
    assert {"publickey-credentials-create=(self)", "publickey-credentials-get=(self)"} <= set(policy)
    assert not any(allowed.endswith("=*") for allowed in policy)
    assert "Access-Control-Allow-Origin" not in response


@pytest.mark.parametrize("kind", [kind for kind in ANSWERS if kind != "static"])
def test_nothing_but_static_files_may_be_kept(kind: str, client: Client) -> None:
    method, path, options, _status = ANSWERS[kind]

    response = getattr(client, method)(path, **options)

    assert response["Cache-Control"] == "no-store, private"
    assert "Cookie" in response["Vary"]


def test_a_static_file_may_be_kept(client: Client) -> None:
    response = client.get("/static/css/base.css")
    response.close()

    assert "no-store" not in response["Cache-Control"]


def test_where_the_site_is_said_to_be_mounted_makes_no_page_a_static_file(client: Client) -> None:
    response = client.get("/sign-in/", SCRIPT_NAME="/static")

    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store, private"


@pytest.mark.parametrize(
    "cookie", ['"aaaaaaaaaa\\000aaaaaaaaaaaaaaaaaaaaa"', f'"{"a" * 31}\\377"', "a" * 31, "a" * 33, "A" * 32, "é" * 32]
)
def test_a_session_cookie_that_nobody_was_given_is_no_cookie(cookie: str, client: Client) -> None:
    response = client.get("/sign-in/", headers={"cookie": f"{settings.SESSION_COOKIE_NAME}={cookie}"})

    assert response.status_code == 200


def test_a_session_of_ones_own_is_kept(client: Client) -> None:
    client.get("/sign-in/")
    key = client.session.session_key

    client.get("/sign-in/")

    assert key
    assert client.session.session_key == key


def test_each_request_has_a_name_of_its_own(client: Client) -> None:
    names = {client.get("/healthz")["X-Request-Id"] for _ in range(3)}

    assert len(names) == 3
    assert all(uuid.UUID(name).version == 4 for name in names)


def test_a_request_cannot_choose_its_name(client: Client) -> None:
    response = client.get("/healthz", headers={"x-request-id": "chosen"})

    assert response["X-Request-Id"] != "chosen"


@pytest.mark.parametrize("place", ["cross-site", "same-site"])
@pytest.mark.parametrize(
    ("method", "mode", "destination"),
    [
        ("post", "navigate", "document"),
        ("get", "cors", "empty"),
        ("get", "no-cors", "image"),
        ("get", "navigate", "iframe"),
    ],
)
def test_what_another_site_sends_is_refused(
    place: str, method: str, mode: str, destination: str, client: Client
) -> None:
    headers = {"sec-fetch-site": place, "sec-fetch-mode": mode, "sec-fetch-dest": destination}

    response = getattr(client, method)("/sign-in/", headers=headers)

    assert response.status_code == 403


def test_a_link_followed_from_another_site_arrives(client: Client) -> None:
    headers = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}

    response = client.get("/sign-in/", headers=headers)

    assert response.status_code == 200


BROKEN = ["%ff", "%e3%81", "%c0%af", "%ed%a0%80", "%93%fa%96%7b", "a%00b"]


@pytest.mark.parametrize("broken", BROKEN)
def test_an_address_with_broken_text_is_refused(broken: str, client: Client) -> None:
    assert client.get(f"/sign-in/?next={broken}").status_code == 400
    assert client.get(f"/sign-in/?{broken}=x").status_code == 400


@pytest.mark.parametrize("broken", BROKEN)
def test_a_form_with_broken_text_is_refused(broken: str, client: Client) -> None:
    for body in (f"login_id={broken}", f"{broken}=x"):
        response = client.post("/sign-in/", body, content_type="application/x-www-form-urlencoded")

        assert response.status_code == 400
        assert "<html" in response.text


@pytest.mark.parametrize("value", [b"\xff", b"a\x00b", "日本".encode("euc-jp")])
def test_a_multipart_form_with_broken_text_is_refused(value: bytes, client: Client) -> None:
    body = b'--edge\r\nContent-Disposition: form-data; name="login_id"\r\n\r\n' + value + b"\r\n--edge--\r\n"

    response = client.post("/sign-in/", body, content_type="multipart/form-data; boundary=edge")

    assert response.status_code == 400


@pytest.mark.parametrize("name", ["𠮷田", "渡邉\U000e0110", "神", "髙﨑", "ﾊﾝｶｸ", "Ångström"])
def test_rare_characters_are_not_taken_for_broken_ones(name: str, client: Client) -> None:
    response = client.get("/sign-in/", {"next": name})

    assert response.status_code == 200


def test_a_body_over_the_limit_is_refused_with_a_page(client: Client) -> None:
    response = client.post("/sign-in/", {"login_id": "x" * 1_100_000})

    assert response.status_code == 413
    assert "<html" in response.text


def test_an_uploaded_file_over_the_limit_is_refused_rather_than_dropped(client: Client) -> None:
    response = client.post("/sign-in/", {"file": SimpleUploadedFile("a.bin", b"x" * 1_100_000)})

    assert response.status_code == 413


def test_too_many_fields_are_refused_with_a_page(client: Client) -> None:
    response = client.post("/sign-in/", {f"field{number}": "" for number in range(2_001)})

    assert response.status_code == 400
    assert "<html" in response.text


def test_a_percent_sign_in_json_is_a_percent_sign(client: Client) -> None:
    body = '{"path": "/", "fields": [["note", "達成率80%90%"]]}'

    answer = client.post("/sign-in/", body.encode(), content_type="application/json")

    assert answer.status_code != 400


def test_json_that_is_not_utf_8_is_refused(client: Client) -> None:
    assert client.post("/sign-in/", b'{"note": "\xff"}', content_type="application/json").status_code == 400
