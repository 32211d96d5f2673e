from django.urls import path

from compute_pledges.web import device_views, ending_views, pledge_views, run_views, sponsoring_views, supply_views

app_name = "compute"
urlpatterns = [
    path("projects/<slug:slug>/pledge-gpu/", pledge_views.pledge, name="pledge"),
    path("projects/<slug:slug>/runs/new/", run_views.start, name="start_run"),
    path("gpu/estimate/", pledge_views.pledge_estimate, name="estimate"),
    path("gpu/pledges/", pledge_views.my_pledges, name="pledges"),
    path("gpu/pledges/<uuid:pledge_id>/", pledge_views.pledge_detail, name="pledge_detail"),
    path("gpu/pledges/<uuid:pledge_id>/attach/", pledge_views.attach, name="attach"),
    path("gpu/pledges/<uuid:pledge_id>/withdraw/", pledge_views.withdraw, name="withdraw"),
    path("gpu/pledges/<uuid:pledge_id>/ending/", ending_views.choose_ending, name="choose_ending"),
    path("gpu/pledges/<uuid:pledge_id>/roll-over/", ending_views.roll_over, name="roll_over"),
    path("gpu/machines/<uuid:device_id>/zone/", ending_views.zone, name="zone"),
    path("projects/<slug:slug>/gpu-time/", supply_views.supply, name="supply"),
    path("projects/<slug:slug>/gpu-time/acceptance/", supply_views.acceptance, name="acceptance"),
    path("projects/<slug:slug>/gpu-time/team/", supply_views.team, name="team"),
    path("projects/<slug:slug>/gpu-time/<uuid:pledge_id>/", supply_views.decide, name="decide"),
    path("projects/<slug:slug>/sponsoring/", sponsoring_views.sponsoring, name="sponsoring"),
    path("projects/<slug:slug>/sponsoring/invoices/", sponsoring_views.enter, name="enter_invoice"),
    path("projects/<slug:slug>/sponsoring/devices/", sponsoring_views.mark, name="mark_device"),
    path("gpu/machines/", device_views.machines, name="machines"),
    path("gpu/machines/<uuid:device_id>/revoke/", device_views.revoke, name="revoke"),
    path("runs/<uuid:run_id>/", run_views.watch, name="run"),
    path("runs/<uuid:run_id>/live/", run_views.live, name="live"),
    path("runs/<uuid:run_id>/snapshot/", run_views.snapshot, name="snapshot"),
    path("runs/<uuid:run_id>/state/", run_views.change_state, name="run_state"),
]
