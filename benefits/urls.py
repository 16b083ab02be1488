"""Addresses of the benefits pages: the thing first, then what is done to it."""

from django.urls import path

from benefits.views import applications, home, people, reviews

app_name = "benefits"

urlpatterns = [
    path("", home.home, name="home"),
    path("figures/", home.figures, name="figures"),
    path("diseases/", applications.find_disease, name="diseases"),
    path("applications/", applications.index, name="applications"),
    path("applications/new/", applications.new, name="application-new"),
    path("applications/<uuid:application_id>/", applications.detail, name="application"),
    path("applications/<uuid:application_id>/edit/", applications.edit, name="application-edit"),
    path("applications/<uuid:application_id>/autosave/", applications.autosave, name="application-autosave"),
    path("applications/<uuid:application_id>/confirm/", applications.confirm, name="application-confirm"),
    path("applications/<uuid:application_id>/submit/", applications.submit, name="application-submit"),
    path("applications/<uuid:application_id>/pull-back/", applications.pull_back, name="application-pull-back"),
    path("applications/<uuid:application_id>/withdraw/", applications.withdraw, name="application-withdraw"),
    path("reviews/", reviews.queue, name="review-queue"),
    path("reviews/<uuid:application_id>/", reviews.review, name="review"),
    path("reviews/<uuid:application_id>/approve/", reviews.approve, name="approve"),
    path("people/", people.index, name="people"),
    path("people/<uuid:person_id>/", people.detail, name="person"),
    path("people/<uuid:person_id>/number/", people.number, name="number"),
    path("certifications/<uuid:certification_id>/certificate.pdf", people.certificate_pdf, name="certificate"),
]
