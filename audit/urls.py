"""Addresses of the record."""

from django.urls import path

from audit import ledger_pages
from audit.trends import views as trends
from audit.views import entries, exports, log, searches
from audit.watch_pages import hits, samples

app_name = "audit"

urlpatterns = [
    path("", log.log, name="log"),
    path("own/", log.own, name="own"),
    path("columns/", log.choose_columns, name="columns"),
    path("searches/", searches.searches, name="searches"),
    path("searches/new/<slug:name>/", searches.save, name="search-save"),
    path("searches/<uuid:search_id>/", searches.open_search, name="search-open"),
    path("searches/<uuid:search_id>/done", searches.done, name="search-done"),
    path("searches/<uuid:search_id>/remove", searches.remove, name="search-remove"),
    path("exports/", exports.index, name="exports"),
    path("exports/new/<slug:name>/", exports.new, name="export-new"),
    path("exports/<uuid:export_id>/", exports.export, name="export"),
    path("exports/<uuid:export_id>/progress", exports.progress, name="export-progress"),
    path("exports/<uuid:export_id>/cancel", exports.cancel, name="export-cancel"),
    path("exports/<uuid:export_id>/file", exports.take, name="export-file"),
    path("trends/", trends.trends, name="trends"),
    path("trends/<slug:choice>/<slug:place>/", trends.trend_rows, name="trend-rows"),
    path("watch/", hits.hits, name="hits"),
    path("watch/<uuid:hit_id>/", hits.hit, name="hit"),
    path("watch/samples/", samples.draws, name="samples"),
    path("watch/samples/<uuid:sample_id>/", samples.sample, name="sample"),
    path("ledger/", ledger_pages.ledger, name="ledger"),
    path("ledger/verify", ledger_pages.verify, name="ledger-verify"),
    path("ledger/progress", ledger_pages.progress, name="ledger-progress"),
    path("ledger/sheet", ledger_pages.daily_sheet, name="ledger-sheet"),
    path("<uuid:event_id>/proof", ledger_pages.proof, name="proof"),
    path("<uuid:event_id>/", entries.entry, name="entry"),
]
