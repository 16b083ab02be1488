import json

import psycopg
import pytest
from django.db import connection
from django.test import Client, override_settings


def test_health_is_told_without_signing_in(client: Client, db: None) -> None:
    response = client.get("/healthz")

    assert response.status_code == 200
    assert json.loads(response.text)["status"] == "ok"
    assert set(json.loads(response.text)) == {"status", "database", "sealing", "version"}


def test_an_unreachable_database_is_told_as_503_without_details(
    client: Client, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise psycopg.OperationalError("connection to server at 10.0.0.5 failed for user kyufu_app")

    monkeypatch.setattr(type(connection.connection), "cursor", refuse)

    response = client.get("/healthz")

    assert response.status_code == 503
    assert "10.0.0.5" not in response.text


def test_health_is_only_read(client: Client, db: None) -> None:
    assert client.post("/healthz").status_code == 405


@override_settings(ALLOWED_HOSTS=["kyufu.example.jp"])
def test_health_is_not_told_to_another_host_name(client: Client, db: None) -> None:
    assert client.get("/healthz").status_code == 400
