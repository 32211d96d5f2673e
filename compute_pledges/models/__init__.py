from compute_pledges.models.data_sets import DataSet
from compute_pledges.models.devices import Device, DeviceChallenge, DeviceRate, DeviceTurn
from compute_pledges.models.dumps import StatisticsFile
from compute_pledges.models.journal import GpuTimeDay, GpuTimeEntry, JournalClosing
from compute_pledges.models.offers import ComputeMail, HoursOffer
from compute_pledges.models.pledges import ComputePledge, PledgeWeek
from compute_pledges.models.releases import ModelRelease, ReleaseFile, RunTensors
from compute_pledges.models.reports import DeviceReport
from compute_pledges.models.run_changes import RunChange
from compute_pledges.models.run_drafts import RunDraft
from compute_pledges.models.runs import Round, TrainingRun
from compute_pledges.models.schedules import PledgeCount, PledgeHour
from compute_pledges.models.specifications import RunSpecification
from compute_pledges.models.sponsoring import InvoiceEvidence, RentDuty, SponsoredDevice, SponsorInvoice, SponsorVendor
from compute_pledges.models.sweeps import SweepFailure
from compute_pledges.models.teams import StandingChoice, Team, TeamMembership
from compute_pledges.models.trust import Appeal, AuditorSeat, PlantedBlock
from compute_pledges.models.uploads import Upload
from compute_pledges.models.work import Audit, Lease, WorkResult

__all__ = [
    "Appeal",
    "Audit",
    "AuditorSeat",
    "ComputeMail",
    "ComputePledge",
    "DataSet",
    "Device",
    "DeviceChallenge",
    "DeviceRate",
    "DeviceReport",
    "DeviceTurn",
    "GpuTimeDay",
    "GpuTimeEntry",
    "HoursOffer",
    "InvoiceEvidence",
    "JournalClosing",
    "Lease",
    "ModelRelease",
    "PlantedBlock",
    "PledgeCount",
    "PledgeHour",
    "PledgeWeek",
    "ReleaseFile",
    "RentDuty",
    "Round",
    "RunChange",
    "RunDraft",
    "RunSpecification",
    "RunTensors",
    "SponsorInvoice",
    "SponsorVendor",
    "SponsoredDevice",
    "StandingChoice",
    "StatisticsFile",
    "SweepFailure",
    "Team",
    "TeamMembership",
    "TrainingRun",
    "Upload",
    "WorkResult",
]
