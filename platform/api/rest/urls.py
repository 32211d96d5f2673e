"""The public API. Agents' own addresses are those of `compute_pledges.api`."""

from django.urls import path

from api.rest import community_views as community
from api.rest import gpu_pledge_views as gpu
from api.rest import my_views as my
from api.rest import project_views as projects
from api.rest import run_views as runs
from api.rest.inference_views import InferenceTokensView
from api.rest.schema import schema_view

app_name = "rest"
urlpatterns = [
    path("openapi.json", schema_view, name="openapi"),
    path("projects", projects.ProjectsView.as_view(), name="projects"),
    path("projects/<slug:slug>", projects.ProjectView.as_view(), name="project"),
    path("projects/<slug:slug>/meters", projects.MetersView.as_view(), name="meters"),
    path("projects/<slug:slug>/rewards", projects.RewardsView.as_view(), name="rewards"),
    path("projects/<slug:slug>/notes", projects.NotesView.as_view(), name="notes"),
    path("projects/<slug:slug>/inference-tokens", InferenceTokensView.as_view(), name="inference_tokens"),
    path("projects/<slug:slug>/ledger", projects.LedgerView.as_view(), name="ledger"),
    path("projects/<slug:slug>/ledger/totals", projects.LedgerTotalsView.as_view(), name="ledger_totals"),
    path("projects/<slug:slug>/releases", runs.ReleasesView.as_view(), name="releases"),
    path("training-runs", runs.RunsView.as_view(), name="runs"),
    path("training-runs/<uuid:run_id>", runs.RunView.as_view(), name="run"),
    path("training-runs/<uuid:run_id>/rounds", runs.RoundsView.as_view(), name="rounds"),
    path("me", my.MeView.as_view(), name="me"),
    path("my/projects", my.MyProjectsView.as_view(), name="my_projects"),
    path("my/pledges", my.CashPledgesView.as_view(), name="my_pledges"),
    path("my/pledges/<uuid:pledge_id>", my.CashPledgeView.as_view(), name="my_pledge"),
    path("my/pledges/<uuid:pledge_id>/cancel", my.CancelPledgeView.as_view(), name="cancel_my_pledge"),
    path("my/gpu-pledges", gpu.GpuPledgesView.as_view(), name="my_gpu_pledges"),
    path("my/gpu-pledges/<uuid:pledge_id>", gpu.GpuPledgeView.as_view(), name="my_gpu_pledge"),
    path("my/gpu-pledges/<uuid:pledge_id>/withdraw", gpu.WithdrawView.as_view(), name="withdraw_my_gpu_pledge"),
    path("my/notices", community.NoticesView.as_view(), name="my_notices"),
    path("my/notices/read", community.ReadNoticesView.as_view(), name="read_my_notices"),
    path("my/follows", community.FollowedView.as_view(), name="my_follows"),
    path("my/follows/<slug:slug>", community.FollowView.as_view(), name="my_follow"),
    path("my/devices", my.DevicesView.as_view(), name="my_devices"),
    path("my/devices/<uuid:device_id>", my.DeviceView.as_view(), name="my_device"),
]
