from django.urls import path

from payments.web import payout_views, views
from payments.web.webhook_view import webhook

app_name = "payments"
urlpatterns = [
    path("projects/<slug:slug>/pledge/", views.pledge, name="pledge"),
    path("projects/<slug:slug>/payouts/", payout_views.payouts, name="payouts"),
    path("projects/<slug:slug>/payouts/begin/", payout_views.begin, name="payouts_begin"),
    path("projects/<slug:slug>/payouts/returned/", payout_views.returned, name="payouts_returned"),
    path("pledges/", views.my_pledges, name="pledges"),
    path("pledges/repair/<str:token>/", views.repair, name="repair"),
    path("pledges/repair/<str:token>/returned/", views.repair_returned, name="repair_returned"),
    path("pledges/<uuid:pledge_id>/", views.detail, name="detail"),
    path("pledges/<uuid:pledge_id>/card/", views.card, name="card"),
    path("pledges/<uuid:pledge_id>/returned/", views.returned, name="returned"),
    path("pledges/<uuid:pledge_id>/change/", views.change, name="change"),
    path("pledges/<uuid:pledge_id>/cancel/", views.cancel, name="cancel"),
    path("webhooks/stripe/", webhook, name="webhook"),
]
