from compute_pledges.models.devices import Device, DeviceChallenge
from compute_pledges.models.journal import GpuTimeEntry
from compute_pledges.models.pledges import ComputePledge, PledgeWeek
from compute_pledges.models.runs import Round, TrainingRun
from compute_pledges.models.work import Audit, Lease, WorkResult

__all__ = [
    "Audit",
    "ComputePledge",
    "Device",
    "DeviceChallenge",
    "GpuTimeEntry",
    "Lease",
    "PledgeWeek",
    "Round",
    "TrainingRun",
    "WorkResult",
]
