"""The site's whole address space, one line per app."""

from django.urls import URLPattern, URLResolver, include, path

from config import errors, health
from config.key_pages import operations as key_operations, overview as key_overview
from config.pruning_pages import views as pruning_pages
from config.watch_pages import reports as watch_reports, rules as watch_rules

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz, name="healthz"),
    path("", include("accounts.urls")),
    path("keys/", key_overview.keys, name="keys"),
    path("keys/rotate/", key_operations.rotate, name="keys-rotate"),
    path("keys/retire/", key_operations.retire, name="keys-retire"),
    path("keys/operations/<uuid:operation_id>/", key_operations.operation, name="keys-operation"),
    path("keys/operations/<uuid:operation_id>/progress", key_operations.progress, name="keys-operation-progress"),
    path("keys/operations/<uuid:operation_id>/approve", key_operations.approve, name="keys-operation-approve"),
    path("keys/operations/<uuid:operation_id>/reject", key_operations.reject, name="keys-operation-reject"),
    path("keys/operations/<uuid:operation_id>/withdraw", key_operations.withdraw, name="keys-operation-withdraw"),
    path("keys/operations/<uuid:operation_id>/pause", key_operations.pause, name="keys-operation-pause"),
    path("keys/operations/<uuid:operation_id>/resume", key_operations.resume, name="keys-operation-resume"),
    path("audit/watch/rules/", watch_rules.rules, name="watch-rules"),
    path("audit/watch/rules/<slug:code>/", watch_rules.rule, name="watch-rule"),
    path("audit/watch/rules/<slug:code>/change/", watch_rules.change_rule, name="watch-rule-change"),
    path("audit/watch/changes/<uuid:change_id>/", watch_rules.change, name="watch-change"),
    path("audit/watch/reports/", watch_reports.reports, name="watch-reports"),
    path("audit/watch/reports/<slug:month>/", watch_reports.report, name="watch-report"),
    path("audit/watch/reports/<slug:month>/pdf", watch_reports.report_document, name="watch-report-document"),
    path("audit/retention/", pruning_pages.months, name="pruning"),
    path("audit/retention/requests/<uuid:pruning_id>/", pruning_pages.request_page, name="pruning-request"),
    path("audit/retention/<slug:month>/", pruning_pages.ask, name="pruning-ask"),
    path("audit/", include("audit.urls")),
    path("", include("benefits.urls")),
]

handler400 = errors.bad_request
handler403 = errors.permission_denied
handler404 = errors.not_found
handler500 = errors.server_error
