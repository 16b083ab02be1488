"""Addresses of signing in, of a person's own account, of the staff and of their rights."""

from django.urls import path

from accounts.views import (
    access_reviews,
    account,
    batches,
    confirm,
    factors,
    lock,
    password,
    proposals,
    roles,
    sign_in,
    staff,
)

app_name = "accounts"

urlpatterns = [
    # signing in and out
    path("sign-in/", sign_in.password, name="sign-in"),
    path("sign-in/code/", sign_in.code, name="code"),
    path("sign-in/key/", sign_in.security_key, name="sign-in-key"),
    path("sign-in/recovery/", sign_in.recovery, name="sign-in-recovery"),
    path("sign-in/enrol/", sign_in.enrol, name="sign-in-enrol"),
    path("sign-out/", sign_in.sign_out, name="sign-out"),
    # stepping away
    path("lock/", lock.lock, name="lock"),
    path("lock/open/", lock.unlock, name="unlock"),
    path("lock/key/", lock.unlock_key, name="unlock-key"),
    path("session/state/", lock.state, name="session-state"),
    path("session/use/", lock.use, name="session-use"),
    path("session/kept-input/", lock.kept_input, name="kept-input"),
    # proving again who one is
    path("confirm/", confirm.confirm, name="confirm"),
    path("confirm/key/", confirm.security_key, name="confirm-key"),
    # one's own account
    path("account/", account.account, name="account"),
    path("account/sessions/<uuid:session_id>/end/", account.end_session, name="session-end"),
    path("account/password/", password.change, name="change-password"),
    path("account/code/", factors.code, name="factor-code"),
    path("account/keys/add/", factors.add_key, name="factor-key-add"),
    path("account/keys/<int:key_id>/remove/", factors.remove_key, name="factor-key-remove"),
    path("account/recovery/", factors.recovery, name="factor-recovery"),
    # the staff
    path("staff/", staff.index, name="staff"),
    path("staff/new/", staff.hire, name="staff-new"),
    path("staff/<int:user_id>/", staff.person, name="person"),
    path("staff/<int:user_id>/grant/", staff.grant, name="person-grant"),
    path("staff/<int:user_id>/rights/<int:assignment_id>/end/", staff.end_right, name="person-right-end"),
    path("staff/<int:user_id>/move/", staff.move, name="person-move"),
    path("staff/<int:user_id>/stop/", staff.stop, name="person-stop"),
    path("staff/<int:user_id>/stop-now/", staff.stop_now, name="person-stop-now"),
    path("staff/<int:user_id>/resume/", staff.resume, name="person-resume"),
    path("staff/<int:user_id>/reset/", staff.reset, name="person-reset"),
    path("staff/<int:user_id>/let-in/", staff.let_in, name="person-let-in"),
    path("staff/<int:user_id>/compromised/", staff.compromised, name="person-compromised"),
    path("staff/<int:user_id>/sessions/end/", staff.end_sessions, name="person-sessions-end"),
    path("proposals/", proposals.index, name="proposals"),
    path("proposals/<uuid:proposal_id>/", proposals.detail, name="proposal"),
    path("proposals/<uuid:proposal_id>/approve/", proposals.approve, name="proposal-approve"),
    path("proposals/<uuid:proposal_id>/reject/", proposals.reject, name="proposal-reject"),
    path("proposals/<uuid:proposal_id>/withdraw/", proposals.withdraw, name="proposal-withdraw"),
    path("proposals/<uuid:proposal_id>/slip/", proposals.slip, name="proposal-slip"),
    path("batches/", batches.index, name="batches"),
    path("batches/template.csv", batches.template, name="batch-template"),
    path("batches/<uuid:batch_id>/", batches.detail, name="batch"),
    path("batches/<uuid:batch_id>/apply/", batches.apply, name="batch-apply"),
    path("batches/<uuid:batch_id>/reject/", batches.reject, name="batch-reject"),
    path("batches/<uuid:batch_id>/slips/", batches.slips, name="batch-slips"),
    path("roles/", roles.matrix, name="roles"),
    path("roles/roles.csv", roles.matrix_csv, name="roles-csv"),
    path("access-reviews/", access_reviews.index, name="access-reviews"),
    path("access-reviews/<uuid:review_id>/", access_reviews.detail, name="access-review"),
    path(
        "access-reviews/<uuid:review_id>/answer/<int:answer_id>/", access_reviews.answer, name="access-review-answer"
    ),
    path("access-reviews/<uuid:review_id>/close/", access_reviews.close, name="access-review-close"),
    path("access-reviews/<uuid:review_id>/result.pdf", access_reviews.result, name="access-review-result"),
]
