"""The pages of a correction: what each person sees and may press, and that no number comes back (issue 4)."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.roles import Role
from audit.models import Event
from benefits import events
from benefits.models import Application, Correction
from tests.factories import approved, my_number, signed_in, staff_member

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def application(maker: User, checker: User) -> Application:
    return approved(maker, checker)


def browser(user: User) -> Client:
    return signed_in(Client(), user)


def entered(**changes: Any) -> dict[str, Any]:
    return {"reason": "MISTYPED", "words": "カードと違う", "evidence": "CARD", "number": my_number()} | changes


def test_a_correction_from_the_persons_page_to_the_new_number(
    application: Application, maker: User, other_checker: User
) -> None:
    typist, decider, right = browser(maker), browser(other_checker), my_number()
    new = reverse("benefits:correction-new", args=[application.person_id])
    assert new in typist.get(application.person.get_absolute_url()).content.decode()
    assert "正しい個人番号" in typist.get(new).content.decode()

    answer = typist.post(new, entered(number=right), follow=True)
    correction = Correction.objects.get()
    assert answer.redirect_chain == [(correction.get_absolute_url(), 302)]
    page = answer.content.decode()
    assert right not in page
    assert "確認待ち" in page
    assert 'data-refusal="not_permitted"' in page  # makers do not decide

    assert "再入力して決定できます" in decider.get(reverse("benefits:corrections")).content.decode()
    assert "番号の訂正（確認待ち）" in decider.get(reverse("benefits:home")).content.decode()
    url = correction.get_absolute_url()
    page = decider.post(url, {"press": "compare", "version": "2", "number": right}, follow=True).content.decode()
    assert "一致しました" in page
    assert right not in page
    page = decider.post(url, {"press": "approve", "version": "2"}, follow=True).content.decode()
    assert "訂正を承認しました" in page
    page = typist.get(application.person.get_absolute_url()).content.decode()
    assert "（訂正済み）" in page


def test_whoever_types_no_numbers_is_not_shown_a_box_for_one(application: Application, checker: User) -> None:
    client = browser(checker)
    new = reverse("benefits:correction-new", args=[application.person_id])
    assert "data-my-number" not in client.get(new).content.decode()
    page = client.post(new, entered(evidence=""), follow=True).content.decode()
    assert "番号の誤りを報告しました" in page
    assert Correction.objects.get().version is None  # what was sent beside the form is not taken


def test_a_report_waits_for_a_typist_who_is_told(application: Application, checker: User, maker: User) -> None:
    browser(checker).post(reverse("benefits:correction-new", args=[application.person_id]), entered(evidence=""))
    client, correction = browser(maker), Correction.objects.get()
    assert "番号の訂正（入力待ち）" in client.get(reverse("benefits:home")).content.decode()
    assert "番号を入力できます" in client.get(reverse("benefits:corrections")).content.decode()
    url = correction.get_absolute_url()
    page = client.post(url, {"press": "type", "evidence": "", "number": ""}).content.decode()
    assert "番号を確かめた書類を選んでください" in page
    assert "正しい個人番号を入力してください" in page
    page = client.post(url, {"press": "type", "evidence": "JUKI", "number": my_number()}, follow=True).content.decode()
    assert "番号を封じました" in page


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"number": "123"}, "12桁で入力"),
        ({"evidence": ""}, "番号を確かめた書類を選んで"),
        ({"words": ""}, "具体的な内容"),
        ({"reason": ""}, "訂正の理由を選んで"),
    ],
)
def test_what_is_missing_is_said_and_nothing_is_asked_for(
    wrong: dict[str, str], words: str, application: Application, maker: User
) -> None:
    sent = entered() | wrong
    answer = browser(maker).post(reverse("benefits:correction-new", args=[application.person_id]), sent)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert words in page
    assert sent["number"] not in page
    assert not Correction.objects.exists()


def test_a_number_among_the_words_is_refused_and_not_drawn_back(application: Application, maker: User) -> None:
    number = my_number()
    new = reverse("benefits:correction-new", args=[application.person_id])
    page = browser(maker).post(new, entered(words=f"正しくは{number}")).content.decode()
    assert number not in page
    assert not Correction.objects.exists()


def test_a_wrong_retyping_and_a_rejection(application: Application, maker: User, other_checker: User) -> None:
    browser(maker).post(reverse("benefits:correction-new", args=[application.person_id]), entered())
    url, client = Correction.objects.get().get_absolute_url(), browser(other_checker)
    wrong = {"press": "compare", "version": "2", "number": my_number()}
    assert "もう一度だけ入力できます" in client.post(url, wrong, follow=True).content.decode()
    assert "使い切りました" in client.post(url, wrong, follow=True).content.decode()
    assert "却下する理由" in client.post(url, {"press": "reject", "words": ""}).content.decode()
    page = client.post(url, {"press": "reject", "words": "書類が古い"}, follow=True).content.decode()
    assert "却下しました" in page
    assert "書類が古い" in page
    assert (
        "この申請は、すでに処理されています"
        in client.post(url, {"press": "approve", "version": "2"}, follow=True).content.decode()
    )


def test_a_correction_of_somebody_out_of_reach_is_not_there(maker: User, checker: User) -> None:
    application = approved(maker, checker, accepted_office="CHUO")
    browser(maker).post(reverse("benefits:correction-new", args=[application.person_id]), entered())
    far = browser(staff_member(Role.CHECKER, office="KITA"))
    assert far.get(Correction.objects.get().get_absolute_url()).status_code == 404
    assert far.get(reverse("benefits:correction-new", args=[application.person_id])).status_code == 404
    assert application.person.recipient_number not in far.get(reverse("benefits:corrections")).content.decode()
    assert Event.objects.filter(action=events.HIDDEN_REQUESTED).count() == 2


def test_no_number_stands_in_any_entry_or_session(application: Application, maker: User) -> None:
    number = my_number()
    client = browser(maker)
    client.post(reverse("benefits:correction-new", args=[application.person_id]), entered(number=number))
    for event in Event.objects.all():
        assert number not in f"{event.details}{event.reason}{event.subject_label}"
    assert number not in str(dict(client.session))
