from django.urls import include, path, re_path

from payments.web import card_testing, card_views, creator_views, my_views, payout_views, views
from payments.web.webhook_view import webhook

app_name = "payments"
urlpatterns = [
    path("projects/<slug:slug>/pledge/", views.pledge, name="pledge"),
    path("projects/<slug:slug>/plan/", creator_views.plan, name="plan"),
    path("projects/<slug:slug>/balance/", creator_views.balance, name="balance"),
    path("projects/<slug:slug>/balance/reserve/", creator_views.request_reserve, name="request_reserve"),
    path("projects/<slug:slug>/balance/<int:number>/", creator_views.request_tranche, name="request_tranche"),
    path("projects/<slug:slug>/balance/<slug:key>/", creator_views.balance_figure, name="balance_figure"),
    path("projects/<slug:slug>/refunds/", creator_views.refunds, name="refunds"),
    path("projects/<slug:slug>/refunds/<uuid:pledge_id>/", creator_views.refund_one, name="refund_one"),
    path("projects/<slug:slug>/disputes/", creator_views.disputes, name="disputes"),
    path("projects/<slug:slug>/disputes/<int:dispute_id>/", creator_views.evidence, name="evidence"),
    path("projects/<slug:slug>/end/", creator_views.end_project, name="end_project"),
    path("projects/<slug:slug>/payouts/", payout_views.payouts, name="payouts"),
    path("projects/<slug:slug>/payouts/begin/", payout_views.begin, name="payouts_begin"),
    path("projects/<slug:slug>/payouts/returned/", payout_views.returned, name="payouts_returned"),
    path("", include("payments.paper_urls")),
    path("pledges/repair/<str:token>/", card_views.repair, name="repair"),
    path("pledges/repair/<str:token>/returned/", card_views.repair_returned, name="repair_returned"),
    path("pledges/proof/", card_testing.challenge, name="proof"),
    path("pledges/<uuid:pledge_id>/", my_views.detail, name="detail"),
    path("pledges/<uuid:pledge_id>/card/", card_views.card, name="card"),
    path("pledges/<uuid:pledge_id>/returned/", card_views.returned, name="returned"),
    path("pledges/<uuid:pledge_id>/change/", my_views.change, name="change"),
    path("pledges/<uuid:pledge_id>/cancel/", my_views.cancel, name="cancel"),
    path("pledges/<uuid:pledge_id>/withdraw/", my_views.withdraw, name="withdraw"),
    path("support/<uuid:support_id>/", my_views.support, name="support"),
    re_path(
        r"^support/(?P<support_id>[0-9a-f-]{36})/(?P<deed>pause|resume|cancel)/$",
        my_views.change_support,
        name="change_support",
    ),
    path("webhooks/stripe/", webhook, name="webhook"),
]
