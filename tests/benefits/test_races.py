"""A4, V4: people who do the same thing at the same moment, each on a connection of their own."""

import uuid
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from audit.models import Event, Result
from benefits import content, events, workflow
from benefits.choices import Status
from benefits.models import Application, Certification, Person, Review
from mynumber import vault
from tests.benefits.pages import controls_of
from tests.factories import compared, draft, form_data, my_number, signed_in, submit, submitted
from tests.racing import together

pytestmark = pytest.mark.django_db(transaction=True)

WITHOUT_NUMBER = {"number_given": "NOT_GIVEN", "number_absence_reason": "LEFT_BLANK"}


def approval(application: Application, by: User) -> Callable[[], Certification]:
    return lambda: workflow.approve(
        application.pk,
        by=by,
        at=timezone.now(),
        revision=application.revision,
        fingerprint=content.fingerprint(application.content),
    )


@pytest.mark.parametrize("_round", range(3))
def test_two_checkers_together_make_one_decision_and_the_other_is_told(
    _round: int, maker: User, checker: User, other_checker: User
) -> None:
    number = my_number()
    application = submitted(maker, number=number)
    compared(application, by=checker, number=number)
    compared(application, by=other_checker)

    outcomes = together(approval(application, checker), approval(application, other_checker))

    told = [one for one in outcomes if isinstance(one, workflow.Refused)]
    (made,) = (one for one in outcomes if isinstance(one, Certification))
    assert [type(one) for one in told] == [workflow.Stale]
    assert Certification.objects.get() == made
    assert Event.objects.filter(action=events.APPLICATION_APPROVED).count() == 1
    assert Event.objects.filter(action=events.STEP_REFUSED, result=Result.REFUSED).count() == 1
    assert Person.objects.exclude(recipient_number=None).count() == 1
    assert Application.objects.get().decided_by_id == made.decided_by_id


def test_a_double_click_on_approve_is_one_approval(maker: User, checker: User) -> None:
    application = compared(submitted(maker, **WITHOUT_NUMBER), by=checker)
    address = reverse("benefits:approve", args=[application.pk])
    clients = [signed_in(Client(), checker) for _click in range(2)]
    sent = controls_of(clients[0].get(address))

    answers = together(*(lambda client=client: client.post(address, sent) for client in clients))

    assert [answer.status_code for answer in answers] == [302, 302]
    assert Certification.objects.count() == 1
    assert Event.objects.filter(action=events.APPLICATION_APPROVED).count() == 1


@pytest.mark.parametrize("_round", range(3))
def test_of_an_approval_and_a_return_one_happens(_round: int, maker: User, checker: User, other_checker: User) -> None:
    application = compared(submitted(maker, **WITHOUT_NUMBER), by=checker)

    outcomes = together(
        approval(application, checker),
        lambda: workflow.return_to_maker(
            application.pk,
            by=other_checker,
            at=timezone.now(),
            revision=application.revision,
            comments={"": "番地が違います"},
        ),
    )

    assert sum(isinstance(one, workflow.Refused) for one in outcomes) == 1
    application.refresh_from_db()
    assert (application.status == Status.APPROVED) is Certification.objects.exists()


@pytest.mark.parametrize("_round", range(3))
def test_of_pulling_back_and_beginning_to_check_one_happens(_round: int, maker: User, checker: User) -> None:
    application = submitted(maker, **WITHOUT_NUMBER)

    outcomes = together(
        lambda: workflow.pull_back(application.pk, by=maker, revision=application.revision),
        lambda: workflow.check(
            application.pk, by=checker, at=timezone.now(), revision=application.revision, ticked=frozenset()
        ),
    )

    assert sum(isinstance(one, workflow.Refused) for one in outcomes) == 1
    application.refresh_from_db()
    assert (application.status == Status.DRAFT) is not Review.objects.exists()


@pytest.mark.parametrize("_round", range(3))
def test_of_pulling_back_and_approving_one_happens(_round: int, maker: User, checker: User) -> None:
    application = compared(submitted(maker, **WITHOUT_NUMBER), by=checker)

    outcomes = together(
        approval(application, checker),
        lambda: workflow.pull_back(application.pk, by=maker, revision=application.revision),
    )

    assert isinstance(outcomes[0], Certification)  # a checker had begun
    assert isinstance(outcomes[1], workflow.Refused)


def test_of_two_makers_who_save_the_same_draft_one_is_told(maker: User, other_maker: User) -> None:
    application = draft(maker, **WITHOUT_NUMBER)

    outcomes = together(
        *(
            lambda by=by: workflow.save(
                application.pk,
                by=by,
                at=timezone.now(),
                revision=application.revision,
                entry={**application.entry, "note": f"{by.login_id}の備考"},
            )
            for by in (maker, other_maker)
        )
    )

    (saved,) = (one for one in outcomes if isinstance(one, Application))
    assert sum(isinstance(one, workflow.Stale) for one in outcomes) == 1
    application.refresh_from_db()
    assert application.entry["note"] == saved.entry["note"]
    assert application.revision == saved.revision


def test_of_a_save_and_a_submission_of_the_same_revision_one_happens(maker: User, other_maker: User) -> None:
    application = draft(maker, **WITHOUT_NUMBER)

    outcomes = together(
        lambda: submit(application, by=maker),
        lambda: workflow.save(
            application.pk,
            by=other_maker,
            at=timezone.now(),
            revision=application.revision,
            entry={**application.entry, "street": "別の番地"},
        ),
    )

    assert sum(isinstance(one, workflow.Refused) for one in outcomes) == 1
    application.refresh_from_db()
    if application.status == Status.SUBMITTED:
        assert content.form_of(application.content)["street"] == application.entry["street"]


@pytest.mark.parametrize("_round", range(3))
def test_the_same_form_sent_twice_at_once_is_one_draft(_round: int, maker: User) -> None:
    address = reverse("benefits:application-edit", args=[uuid.uuid4()])
    clients = [signed_in(Client(), maker) for _click in range(2)]
    sent = {**form_data(**WITHOUT_NUMBER), "revision": 1, "save": "draft"}

    answers = together(*(lambda client=client: client.post(address, sent) for client in clients))

    assert {answer.status_code for answer in answers} <= {200, 302}
    assert (Application.objects.count(), Person.objects.count()) == (1, 1)
    assert Event.objects.filter(action=events.APPLICATION_SAVED).count() == 1


def test_a_form_with_a_number_sent_twice_at_once_keeps_one_number(maker: User) -> None:
    address = reverse("benefits:application-edit", args=[uuid.uuid4()])
    clients = [signed_in(Client(), maker) for _click in range(2)]
    sent = {**form_data(), "number": my_number(), "revision": 1, "save": "draft"}

    answers = together(*(lambda client=client: client.post(address, sent) for client in clients))

    application = Application.objects.get()
    held = vault.standing(application.person_id)
    assert {answer.status_code for answer in answers} <= {200, 302}
    assert held is not None
    assert held.version == application.number_version


def test_two_people_cannot_be_given_the_same_number_together(maker: User, other_maker: User) -> None:
    number = my_number()
    papers = [(draft(by, **WITHOUT_NUMBER), by) for by in (maker, other_maker)]

    outcomes = together(
        *(
            lambda paper=paper, by=by: workflow.type_number(
                paper.pk, by=by, at=timezone.now(), revision=paper.revision, number=number
            )
            for paper, by in papers
        )
    )

    assert sum(isinstance(one, vault.NotKeptError) for one in outcomes) == 1
    assert sorted(version is None for version in Application.objects.values_list("number_version", flat=True)) == [
        False,
        True,
    ]


def test_of_two_checkers_who_retype_at_once_one_confirms(maker: User, checker: User, other_checker: User) -> None:
    number = my_number()
    application = submitted(maker, number=number)

    outcomes = together(
        *(
            lambda by=by: workflow.compare_number(
                application.pk, by=by, at=timezone.now(), revision=application.revision, number=number
            )
            for by in (checker, other_checker)
        )
    )

    assert sorted(outcomes) == [vault.Comparison.MATCH, vault.Comparison.SETTLED]
