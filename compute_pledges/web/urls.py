from datetime import date

from django.urls import path, re_path, register_converter

from compute_pledges.web import (
    changing_views,
    data_views,
    declaring_views,
    device_views,
    dump_views,
    early_views,
    ending_views,
    estimate_views,
    export_views,
    hours_views,
    machine_views,
    pledge_views,
    release_views,
    run_views,
    sponsoring_views,
    standing_views,
    supply_views,
    team_views,
    watch_views,
    week_views,
    worker_views,
)


class Day:
    """A date as 2026-06-01 in an address."""

    regex = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"

    def to_python(self, value: str) -> date:
        """Django takes a ValueError for an address that does not exist."""
        return date.fromisoformat(value)

    def to_url(self, value: date) -> str:
        """The other way round."""
        return value.isoformat()


register_converter(Day, "day")
app_name = "compute"
urlpatterns = [
    path("early/<str:token>/", early_views.early_weights, name="early_weights"),
    path("projects/<slug:slug>/pledge-gpu/", pledge_views.pledge, name="pledge"),
    path("projects/<slug:slug>/runs/", run_views.of_project, name="project_runs"),
    path("projects/<slug:slug>/runs/new/", declaring_views.declare, name="start_run"),
    path("projects/<slug:slug>/runs/drafts/<uuid:draft_id>/", declaring_views.check, name="run_draft"),
    path("projects/<slug:slug>/runs/drafts/<uuid:draft_id>/start/", declaring_views.start, name="start_draft"),
    path("projects/<slug:slug>/runs/drafts/<uuid:draft_id>/discard/", declaring_views.discard, name="discard_draft"),
    path("projects/<slug:slug>/data/", data_views.data_sets, name="data_sets"),
    path("projects/<slug:slug>/data/upload/", data_views.upload, name="upload_data"),
    path("projects/<slug:slug>/data/hub/", data_views.from_hub, name="hub_data"),
    path("projects/<slug:slug>/data/<uuid:data_set_id>/", data_views.data_set, name="data_set"),
    path("gpu/estimate/", estimate_views.pledge_estimate, name="estimate"),
    path("gpu/pledges/", pledge_views.my_pledges, name="pledges"),
    path("gpu/pledges/<uuid:pledge_id>/", pledge_views.pledge_detail, name="pledge_detail"),
    path("gpu/pledges/<uuid:pledge_id>/attach/", pledge_views.attach, name="attach"),
    path("gpu/pledges/<uuid:pledge_id>/withdraw/", pledge_views.withdraw, name="withdraw"),
    path("gpu/pledges/<uuid:pledge_id>/hours/", hours_views.hours, name="hours"),
    path("gpu/pledges/<uuid:pledge_id>/weeks/<day:starts>/", week_views.week, name="week"),
    path("gpu/pledges/<uuid:pledge_id>/ending/", ending_views.choose_ending, name="choose_ending"),
    path("gpu/pledges/<uuid:pledge_id>/roll-over/", ending_views.roll_over, name="roll_over"),
    path("gpu/machines/<uuid:device_id>/zone/", hours_views.zone, name="zone"),
    path("projects/<slug:slug>/gpu-time/", supply_views.supply, name="supply"),
    path("projects/<slug:slug>/gpu-time/acceptance/", supply_views.acceptance, name="acceptance"),
    path("projects/<slug:slug>/gpu-time/<uuid:pledge_id>/", supply_views.decide, name="decide"),
    path("projects/<slug:slug>/gpu-time/<uuid:pledge_id>/delivered/", supply_views.deliver, name="deliver_reward"),
    path("projects/<slug:slug>/sponsoring/", sponsoring_views.sponsoring, name="sponsoring"),
    path("projects/<slug:slug>/sponsoring/invoices/", sponsoring_views.enter, name="enter_invoice"),
    path("projects/<slug:slug>/sponsoring/devices/", sponsoring_views.mark, name="mark_device"),
    path("gpu/machines/states/", worker_views.terminal, name="terminal"),
    path("worker/", worker_views.worker, name="worker"),
    path("worker/files/<str:name>", worker_views.worker_file, name="worker_file"),
    path("gpu/machines/", device_views.machines, name="machines"),
    path("gpu/machines/<uuid:device_id>/", machine_views.machine, name="machine"),
    path("gpu/machines/<uuid:device_id>/appeal/", machine_views.appeal, name="appeal"),
    path("gpu/machines/<uuid:device_id>/revoke/", device_views.revoke, name="revoke"),
    path("gpu/credit/", standing_views.credit, name="credit"),
    path("gpu/credit/listing/", standing_views.choose_listing, name="choose_listing"),
    re_path(r"^gpu/credit/blocks\.(?P<ending>csv|json)$", export_views.own_blocks, name="own_blocks"),
    path("gpu/credit/runs/<uuid:run_id>/", standing_views.run_credit, name="run_credit"),
    re_path(r"^volunteers/(?P<user_id>[0-9]{1,9})/$", standing_views.profile, name="profile"),
    path("volunteers/", standing_views.people, name="people"),
    path("volunteers/teams/", standing_views.teams, name="teams"),
    path("statistics/", dump_views.statistics, name="statistics"),
    path("statistics/<str:name>", dump_views.file, name="statistics_file"),
    path("teams/new/", team_views.found, name="found_team"),
    path("teams/join/<str:invitation>/", team_views.join, name="join_team"),
    path("teams/<uuid:team_id>/", team_views.team, name="team"),
    path("teams/<uuid:team_id>/leave/", team_views.leave, name="leave_team"),
    path("teams/<uuid:team_id>/captain/", team_views.captain, name="name_captain"),
    path("teams/<uuid:team_id>/remove/", team_views.remove, name="remove_member"),
    path("teams/<uuid:team_id>/link/", team_views.renew, name="renew_invitation"),
    path("runs/<uuid:run_id>/certificate/", export_views.certificate, name="certificate"),
    path("runs/<uuid:run_id>/certificate.pdf", export_views.certificate_file, name="certificate_file"),
    re_path(
        r"^runs/(?P<run_id>[-0-9a-f]{36})/rounds\.(?P<ending>csv|json)$", export_views.run_rounds, name="run_rounds"
    ),
    path("runs/<uuid:run_id>/", run_views.watch, name="run"),
    path("runs/<uuid:run_id>/release/", release_views.release, name="release"),
    path("runs/<uuid:run_id>/release/publish/", release_views.publish, name="publish_release"),
    path("runs/<uuid:run_id>/release/files/<str:name>", release_views.file, name="release_file"),
    path("runs/<uuid:run_id>/panes/", watch_views.panes, name="panes"),
    path("runs/<uuid:run_id>/answer/", watch_views.answer, name="answer"),
    path("runs/<uuid:run_id>/answer/<int:index>.png", watch_views.picture, name="answer_picture"),
    path("runs/<uuid:run_id>/live/", run_views.live, name="live"),
    path("runs/<uuid:run_id>/own/", watch_views.own, name="own_rows"),
    path("runs/<uuid:run_id>/cells/", watch_views.cells, name="cells"),
    path("runs/<uuid:run_id>/snapshot/", run_views.snapshot, name="snapshot"),
    path("runs/<uuid:run_id>/settings/", changing_views.settings, name="run_settings"),
    path("runs/<uuid:run_id>/fork/", changing_views.fork, name="fork_run"),
    path("runs/<uuid:run_id>/stop/", changing_views.stop, name="stop_run"),
    path("runs/<uuid:run_id>/state/", run_views.change_state, name="run_state"),
]
