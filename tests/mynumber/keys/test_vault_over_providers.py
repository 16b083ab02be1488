"""A number's way through the vault with each provider of keys, and what a clerk is told when the keys are away."""

import time
import uuid

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from audit.models import Event, Result
from benefits.models import Application
from mynumber import actions, keys, vault
from mynumber.purposes import Purpose
from tests.benefits.pages import send, shows, text_of
from tests.factories import form_data, my_number, signed_in, submitted
from tests.mynumber.conftest import Held, put_in_use
from tests.mynumber.keys.kits import Kit

WORDS = "鍵を使えないため"


@pytest.mark.django_db(transaction=True)
def test_a_number_goes_in_is_compared_put_in_use_and_shown(kit: Kit, maker: User, checker: User, viewer: User) -> None:
    person, number = uuid.uuid4(), my_number()

    version = vault.keep(person, number, by=maker)
    assert vault.compare(person, version, my_number(), by=checker) is vault.Comparison.MISMATCH
    assert vault.compare(person, version, number, by=checker) is vault.Comparison.MATCH
    put_in_use(person, version, by=checker)

    assert vault.reveal(person, by=viewer, purpose=Purpose.INQUIRY, reason="確認").digits() == number
    with pytest.raises(vault.NotKeptError) as refused:
        vault.keep(uuid.uuid4(), number, by=maker)
    assert refused.value.code == "taken"


@pytest.mark.django_db(transaction=True)
def test_without_its_key_a_number_is_not_shown_which_is_on_record_and_shown_again_later(
    kit: Kit, in_use: Held, viewer: User
) -> None:
    kit.take_away()
    began = time.monotonic()
    with pytest.raises(vault.RefusedError, match=WORDS):
        vault.reveal(in_use.person, by=viewer, purpose=Purpose.INQUIRY, reason="確認")
    assert time.monotonic() - began < 6
    kit.bring_back()

    failed = Event.objects.get(action=actions.REVEAL_FAILED)
    assert (failed.result, failed.details["code"]) == (Result.FAILED, "key_unavailable")
    shown = vault.reveal(in_use.person, by=viewer, purpose=Purpose.INQUIRY, reason="確認")
    assert shown.digits() == in_use.number


@pytest.mark.django_db
def test_without_a_key_a_typed_number_is_refused_in_words_and_nothing_of_it_is_kept(kit: Kit, maker: User) -> None:
    person, number = uuid.uuid4(), my_number()

    kit.take_away()
    with pytest.raises(vault.NotKeptError, match=WORDS) as refused:
        vault.keep(person, number, by=maker)
    vault.record_not_kept(refused.value)
    kit.bring_back()

    assert number not in str(refused.value)
    assert vault.standing(person) is None
    assert not Event.objects.filter(action=actions.TYPED).exists()
    assert Event.objects.get(action=actions.TYPING_REFUSED).details["code"] == "key_unavailable"
    assert vault.keep(person, number, by=maker) == 1


@pytest.mark.django_db
def test_a_key_that_goes_between_the_index_and_the_sealing_leaves_nothing_behind(
    kit: Kit, maker: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, number, provider = uuid.uuid4(), my_number(), keys.provider()
    first = vault.keep(person, number, by=maker)

    def gone(*_arguments: object, **_named: object) -> bytes:
        raise keys.KeyUnavailableError("鍵サーバーが時間内に答えません。")

    with monkeypatch.context() as patched:
        patched.setattr(type(provider), "wrap", gone)
        with pytest.raises(vault.NotKeptError, match=WORDS):
            vault.keep(person, my_number(), by=maker)

    held = vault.standing(person)
    assert held is not None
    assert held.version == first
    assert Event.objects.filter(action=actions.TYPED, person_id=person).count() == 1


@pytest.mark.django_db
def test_without_the_index_key_nothing_is_compared_and_no_try_is_spent(
    kit: Kit, provisional: Held, checker: User
) -> None:
    kit.take_away()
    answer = vault.compare(provisional.person, provisional.version, provisional.number, by=checker)
    kit.bring_back()

    assert answer is vault.Comparison.UNAVAILABLE
    assert vault.tries_left(provisional.person, provisional.version, by=checker) == 2
    assert Event.objects.get(action=actions.COMPARED).result == Result.FAILED
    assert (
        vault.compare(provisional.person, provisional.version, provisional.number, by=checker)
        is vault.Comparison.MATCH
    )


@pytest.mark.django_db
def test_the_entry_page_says_so_beside_the_box_and_keeps_everything_else(kit: Kit, maker: User) -> None:
    desk, key, number = signed_in(Client(), maker), uuid.uuid4(), my_number()
    address = reverse("benefits:application-edit", args=[key])

    kit.take_away()
    page = send(desk, address, {**form_data(note="残る備考"), "number": number, "revision": 1, "save": "review"})
    kit.bring_back()

    assert page.status_code == 200
    assert WORDS in text_of(page)
    assert not shows(page, number)
    application = Application.objects.get(pk=key)
    assert application.entry["note"] == "残る備考"
    assert application.number_version is None
    assert vault.standing(application.person_id) is None

    again = send(desk, address, {**form_data(note="残る備考"), "number": number, "revision": 1, "save": "review"})
    assert again.status_code == 302
    assert Application.objects.get(pk=key).number_version == 1


@pytest.mark.django_db
def test_the_checkers_page_says_so_and_keeps_the_ticks_and_comments(kit: Kit, maker: User, checker: User) -> None:
    number = my_number()
    application = submitted(maker, number=number)
    desk, address = signed_in(Client(), checker), reverse("benefits:review", args=[application.pk])
    asked = {
        "revision": application.revision,
        "press": "compare",
        "number": number,
        "checked": ["note"],
        "comment": "原本に印がない。",
    }

    kit.take_away()
    page = send(desk, address, asked)
    kit.bring_back()

    assert page.status_code == 200
    assert WORDS in text_of(page)
    assert "原本に印がない。" in text_of(page)
    assert not shows(page, number)
    assert "個人番号は一致しました" in text_of(send(desk, address, asked))


@pytest.mark.django_db
def test_a_page_without_words_of_its_own_for_it_answers_that_nothing_has_changed(
    maker: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_arguments: object, **_named: object) -> None:
        raise keys.KeyUnavailableError("鍵サーバーが時間内に答えません。")

    monkeypatch.setattr("benefits.views.applications.workflow.begin", gone)
    desk = signed_in(Client(), maker)

    page = send(desk, reverse("benefits:application-edit", args=[uuid.uuid4()]), {**form_data(), "revision": 1})

    assert page.status_code == 503
    assert "何も変わっていません" in text_of(page)
    assert "鍵サーバー" not in text_of(page)
