from django.urls import path

from compute_pledges.api import agent_views as agent
from compute_pledges.api import cluster_views as cluster
from compute_pledges.api import device_views as device
from compute_pledges.api import exchange_views as exchange

app_name = "cluster_api"
urlpatterns = [
    path("devices/challenge", device.ChallengeView.as_view(), name="challenge"),
    path("devices", device.EnrollView.as_view(), name="enroll"),
    path("device", agent.OwnDeviceView.as_view(), name="device"),
    path("device/report", agent.ReportView.as_view(), name="device_report"),
    path("device/benchmark", agent.BenchmarkView.as_view(), name="device_benchmark"),
    path("device/bandwidth", agent.BandwidthView.as_view(), name="device_bandwidth"),
    path("leases", device.LeasesView.as_view(), name="leases"),
    path("leases/<uuid:lease_id>/receipt", device.ReceiptView.as_view(), name="receipt"),
    path("leases/<uuid:lease_id>/abandon", device.AbandonView.as_view(), name="abandon"),
    path("runs/<uuid:run_id>", cluster.RunView.as_view(), name="run"),
    path("runs/<uuid:run_id>/spec", cluster.SpecView.as_view(), name="spec"),
    path("runs/<uuid:run_id>/anchor", cluster.AnchorView.as_view(), name="anchor"),
    path("runs/<uuid:run_id>/trouble", cluster.TroubleView.as_view(), name="trouble"),
    path("runs/<uuid:run_id>/tensors", cluster.TensorsView.as_view(), name="tensors"),
    path("runs/<uuid:run_id>/rounds", cluster.RoundsView.as_view(), name="rounds"),
    path("runs/<uuid:run_id>/rounds/<int:index>/close", cluster.CloseRoundView.as_view(), name="close_round"),
    path("runs/<uuid:run_id>/bindings", cluster.BindingsView.as_view(), name="bindings"),
    path("runs/<uuid:run_id>/rounds/<int:index>/updates", exchange.ArrivedView.as_view(), name="updates"),
    path("runs/<uuid:run_id>/rounds/<int:index>/reduction", exchange.ReductionView.as_view(), name="reduction"),
    path("runs/<uuid:run_id>/rounds/<int:index>/reduction/parts", exchange.ReductionPartView.as_view(), name="part"),
    path("uploads/<str:sha256>", exchange.UploadView.as_view(), name="upload"),
    path("blobs/<str:sha256>", cluster.BlobView.as_view(), name="blob"),
    path("audits/claim", cluster.ClaimAuditView.as_view(), name="claim_audit"),
    path("audits/<uuid:audit_id>/reveal", device.RevealView.as_view(), name="reveal"),
    path("audits/<uuid:audit_id>/keep", cluster.KeepAuditView.as_view(), name="keep_audit"),
    path("audits/<uuid:audit_id>/result", cluster.AuditResultView.as_view(), name="audit_result"),
    path("cluster/desired", cluster.DesiredView.as_view(), name="desired"),
]
