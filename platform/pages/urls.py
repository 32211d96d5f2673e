from django.urls import path, re_path

from pages import erasing_views, sponsored_views, style_views, views
from pages.acting import (
    action_views,
    compute_views,
    difference_views,
    hold_views,
    payout_views,
    pledge_views,
    project_views,
    signal_views,
)
from pages.creator import views as creator
from pages.dashboard import views as dashboard
from pages.figures import views as figures
from pages.kept import views as kept
from pages.sharing import calendar, share_image
from pages.support import views as support
from pages.trust import views as trust

app_name = "pages"
urlpatterns = [
    path("healthz", views.health, name="health"),
    path("kept/drop/", kept.drop, name="drop_kept"),
    path("acting/end/", support.end_acting, name="end_acting"),
    path("funding/people/<int:user_id>/see-as/", support.begin_acting, name="begin_acting"),
    path("funding/suspensions/<int:appeal_id>/", trust.appeal, name="suspension_appeal"),
    path("projects/<slug:slug>/dashboard/", creator.dashboard, name="creator_dashboard"),
    path("projects/<slug:slug>/backers/", creator.backers_page, name="backers"),
    path("projects/<slug:slug>/suspension/", trust.suspension, name="suspension"),
    path("styles/", style_views.styles, name="styles"),
    path("accounts/erase/", erasing_views.erase, name="erase"),
    path("projects/<slug:slug>/money-into-hours/", sponsored_views.sponsored_ledger, name="sponsored_ledger"),
    path("projects/<slug:slug>/share.png", share_image.share_image, name="share_image"),
    path("figures/", figures.platform_figures, name="figures"),
    path("calendar/", calendar.calendar, name="calendar"),
    path("calendar/renew/", calendar.renew, name="renew_calendar"),
    path("calendar/all.ics", calendar.all_deadlines, name="all_deadlines"),
    path("calendar/<str:token>.ics", calendar.own_deadlines, name="own_deadlines"),
    path("funding/", dashboard.overview, name="dashboard"),
    path("funding/rows/<slug:key>/", dashboard.rows, name="dashboard_rows"),
    path("funding/actions/", action_views.actions, name="actions"),
    path("funding/signals/", signal_views.signals, name="signals"),
    path("funding/payouts/<uuid:payout_id>/", payout_views.payout, name="payout"),
    path("funding/payouts/<uuid:payout_id>/release/", payout_views.release, name="release_payout"),
    path("funding/payouts/<uuid:payout_id>/reject/", payout_views.send_back, name="reject_payout"),
    path("funding/projects/number/<int:number>/", project_views.by_number, name="project_by_number"),
    path("funding/projects/<slug:slug>/", project_views.project, name="acting_project"),
    path("funding/projects/<slug:slug>/write-off/", project_views.write_off, name="write_off"),
    re_path(
        r"^funding/projects/(?P<slug>[-\w]+)/(?P<deed>suspend|cancel|reinstate)/$",
        project_views.move,
        name="move_project",
    ),
    path("funding/pledges/<uuid:pledge_id>/", pledge_views.pledge, name="acting_pledge"),
    path("funding/pledges/<uuid:pledge_id>/refund/", pledge_views.refund, name="refund_pledge"),
    path("funding/people/<int:user_id>/", pledge_views.person, name="acting_person"),
    path("funding/holds/<int:hold_id>/lift/", hold_views.lift_hold, name="lift_hold"),
    path("funding/holds/<slug:kind>/<str:pk>/", hold_views.set_hold, name="set_hold"),
    path("funding/devices/<uuid:device_id>/", compute_views.device, name="acting_device"),
    re_path(
        r"^funding/devices/(?P<device_id>[-0-9a-f]{36})/(?P<deed>lift|revoke)/$",
        compute_views.decide_device,
        name="decide_device",
    ),
    re_path(
        r"^funding/devices/(?P<device_id>[-0-9a-f]{36})/(?P<deed>unseat|reseat)/$",
        compute_views.decide_seat,
        name="decide_seat",
    ),
    re_path(
        r"^funding/appeals/(?P<appeal_id>\d{1,9})/(?P<deed>grant|deny)/$",
        compute_views.decide_appeal,
        name="decide_appeal",
    ),
    path("funding/invoices/<int:invoice_id>/", compute_views.invoice, name="acting_invoice"),
    path("funding/invoices/<int:invoice_id>/file/", compute_views.evidence, name="invoice_file"),
    re_path(
        r"^funding/invoices/(?P<invoice_id>\d{1,9})/(?P<deed>confirm|refuse)/$",
        compute_views.decide_invoice,
        name="decide_invoice",
    ),
    path("funding/differences/<int:difference_id>/", difference_views.difference, name="difference"),
]
