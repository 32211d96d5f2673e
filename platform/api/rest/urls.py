"""The public API. Agents' own addresses are those of `compute_pledges.api`."""

from django.urls import path

from api.rest import admin_views as admin
from api.rest import community_views as community
from api.rest import course_views as course
from api.rest import draft_views as drafts
from api.rest import finding_views as finding
from api.rest import gpu_pledge_views as gpu
from api.rest import hook_views as hooks
from api.rest import milestone_views as milestones
from api.rest import my_views as my
from api.rest import note_views as notes
from api.rest import offer_views as offers
from api.rest import output_views as outputs
from api.rest import owed_views as owed
from api.rest import people_views as people
from api.rest import project_views as projects
from api.rest import review_views as review
from api.rest import reviewed_views as reviewed
from api.rest import reward_views as rewards
from api.rest import run_views as runs
from api.rest import suspension_views as suspension
from api.rest import talk_views as talk
from api.rest import team_views as team
from api.rest import triage_views as triage
from api.rest.faq_views import FaqView
from api.rest.inference_views import InferenceTokensView
from api.rest.report_views import ReportsView
from api.rest.schema import schema_view

app_name = "rest"
PUBLIC = [
    path("openapi.json", schema_view, name="openapi"),
    path("projects", projects.ProjectsView.as_view(), name="projects"),
    path("projects/<slug:slug>", projects.ProjectView.as_view(), name="project"),
    path("projects/<slug:slug>/meters", projects.MetersView.as_view(), name="meters"),
    path("projects/<slug:slug>/rewards", rewards.RewardsView.as_view(), name="rewards"),
    path("projects/<slug:slug>/notes", notes.NotesView.as_view(), name="notes"),
    path("projects/<slug:slug>/notes/<int:number>", notes.NoteView.as_view(), name="note"),
    path("projects/<slug:slug>/comments", talk.CommentsView.as_view(), name="comments"),
    path("projects/<slug:slug>/comments/<int:comment_id>", talk.CommentView.as_view(), name="comment"),
    path(
        "projects/<slug:slug>/comments/<int:comment_id>/answered", talk.AnsweredView.as_view(), name="answered_comment"
    ),
    path(
        "projects/<slug:slug>/comments/<int:comment_id>/moderate", talk.ModerateView.as_view(), name="moderate_comment"
    ),
    path("projects/<slug:slug>/faq", FaqView.as_view(), name="faq"),
    path("projects/<slug:slug>/inference-tokens", InferenceTokensView.as_view(), name="inference_tokens"),
    path("projects/<slug:slug>/ledger", projects.LedgerView.as_view(), name="ledger"),
    path("projects/<slug:slug>/ledger/totals", projects.LedgerTotalsView.as_view(), name="ledger_totals"),
    path("projects/<slug:slug>/promises", outputs.PromisesView.as_view(), name="promises"),
    path("projects/<slug:slug>/outputs", outputs.OutputsView.as_view(), name="outputs"),
    path("projects/<slug:slug>/releases", runs.ReleasesView.as_view(), name="releases"),
    path("projects/<slug:slug>/similar", finding.SimilarView.as_view(), name="similar"),
    path("collections", finding.CollectionsView.as_view(), name="collections"),
    path("collections/<slug:slug>", finding.CollectionView.as_view(), name="collection"),
    path("people/<int:user_id>", people.PersonView.as_view(), name="person"),
    path("training-runs", runs.RunsView.as_view(), name="runs"),
    path("training-runs/<uuid:run_id>", runs.RunView.as_view(), name="run"),
    path("training-runs/<uuid:run_id>/rounds", runs.RoundsView.as_view(), name="rounds"),
]
OWN_PROJECTS = [
    path("my/projects", my.MyProjectsView.as_view(), name="my_projects"),
    path("my/projects/<slug:slug>", drafts.MyProjectView.as_view(), name="my_project"),
    path("my/projects/<slug:slug>/team", team.TeamView.as_view(), name="team"),
    path("my/projects/<slug:slug>/team/<int:user_id>", team.MateView.as_view(), name="teammate"),
    path(
        "my/projects/<slug:slug>/team/invitations/<uuid:invitation_id>", team.WithdrawInvitationView.as_view(),
        name="team_invitation",
    ),
    path("my/projects/<slug:slug>/checklist", drafts.ChecklistView.as_view(), name="checklist"),
    path("my/projects/<slug:slug>/steps/<slug:key>", drafts.StepView.as_view(), name="step"),
    path("my/projects/<slug:slug>/submit", drafts.SubmitView.as_view(), name="submit"),
    path("my/projects/<slug:slug>/course", course.CourseView.as_view(), name="course"),
    path("my/projects/<slug:slug>/launch", course.LaunchView.as_view(), name="launch"),
    path("my/projects/<slug:slug>/extend", course.ExtendView.as_view(), name="extend"),
    path("my/projects/<slug:slug>/review", reviewed.ReviewOfMineView.as_view(), name="my_review"),
    path(
        "my/projects/<slug:slug>/review/comments/<int:comment_id>/answer", reviewed.AnswerLineView.as_view(),
        name="answer_line",
    ),
    path("my/projects/<slug:slug>/suspension", suspension.SuspensionView.as_view(), name="suspension"),
    path("my/projects/<slug:slug>/suspension/appeals", suspension.AppealsView.as_view(), name="my_appeals"),
    path("my/projects/<slug:slug>/notes", notes.OwnNotesView.as_view(), name="own_notes"),
    path("my/projects/<slug:slug>/notes/<int:note_id>", notes.OwnNoteView.as_view(), name="own_note"),
    path("my/projects/<slug:slug>/notes/<int:note_id>/publish", notes.PublishNoteView.as_view(), name="publish_note"),
    path("my/projects/<slug:slug>/rewards/<int:reward_id>", rewards.RewardView.as_view(), name="own_reward"),
    path(
        "my/projects/<slug:slug>/rewards/<int:reward_id>/questions", rewards.QuestionsView.as_view(), name="questions"
    ),
    path(
        "my/projects/<slug:slug>/rewards/<int:reward_id>/picture", offers.PictureView.as_view(), name="reward_picture"
    ),
    path("my/projects/<slug:slug>/pools", offers.PoolsView.as_view(), name="pools"),
    path("my/projects/<slug:slug>/milestones/<int:number>", milestones.MilestoneView.as_view(), name="milestone"),
    path("my/projects/<slug:slug>/deliveries", rewards.DeliveriesView.as_view(), name="deliveries"),
    path(
        "my/projects/<slug:slug>/deliveries/<int:delivery_id>/address", rewards.DeliveryAddressView.as_view(),
        name="delivery_address",
    ),
]  # fmt: skip
MINE = [
    path("me", my.MeView.as_view(), name="me"),
    path("my/profile", people.ProfileView.as_view(), name="my_profile"),
    path("my/invitations", team.InvitationsView.as_view(), name="my_invitations"),
    path("my/invitations/<uuid:invitation_id>", team.InvitationView.as_view(), name="my_invitation"),
    path("my/pledges", my.CashPledgesView.as_view(), name="my_pledges"),
    path("my/pledges/<uuid:pledge_id>", my.CashPledgeView.as_view(), name="my_pledge"),
    path("my/pledges/<uuid:pledge_id>/cancel", my.CancelPledgeView.as_view(), name="cancel_my_pledge"),
    path("my/gpu-pledges", gpu.GpuPledgesView.as_view(), name="my_gpu_pledges"),
    path("my/gpu-pledges/<uuid:pledge_id>", gpu.GpuPledgeView.as_view(), name="my_gpu_pledge"),
    path("my/gpu-pledges/<uuid:pledge_id>/withdraw", gpu.WithdrawView.as_view(), name="withdraw_my_gpu_pledge"),
    path("my/rewards", owed.OwedListView.as_view(), name="my_rewards"),
    path("my/rewards/<int:delivery_id>", owed.OwedView.as_view(), name="my_reward"),
    path("my/rewards/<int:delivery_id>/answers", owed.AnswersView.as_view(), name="my_answers"),
    path("my/rewards/<int:delivery_id>/address", owed.AddressView.as_view(), name="my_address"),
    path("my/rewards/<int:delivery_id>/arrived", owed.ArrivedView.as_view(), name="my_arrived"),
    path("my/rewards/<int:delivery_id>/token", owed.InferenceTokenView.as_view(), name="my_inference_token"),
    path("my/notices", community.NoticesView.as_view(), name="my_notices"),
    path("my/notices/read", community.ReadNoticesView.as_view(), name="read_my_notices"),
    path("my/notices/<int:notice_id>/read", community.ReadNoticeView.as_view(), name="read_my_notice"),
    path("my/notice-choices", community.NoticeChoicesView.as_view(), name="my_notice_choices"),
    path("my/follows", community.FollowedView.as_view(), name="my_follows"),
    path("my/follows/<slug:slug>", community.FollowView.as_view(), name="my_follow"),
    path("my/creators", community.FollowedCreatorsView.as_view(), name="my_creators"),
    path("my/creators/<int:user_id>", community.FollowCreatorView.as_view(), name="my_creator"),
    path("my/searches", finding.SearchesView.as_view(), name="my_searches"),
    path("my/searches/<int:search_id>", finding.SearchView.as_view(), name="my_search"),
    path("my/reports", ReportsView.as_view(), name="my_reports"),
    path("my/devices", my.DevicesView.as_view(), name="my_devices"),
    path("my/devices/<uuid:device_id>", my.DeviceView.as_view(), name="my_device"),
]
HOOKS = [
    path("my/webhooks", hooks.HooksView.as_view(), name="my_hooks"),
    path("my/webhooks/<uuid:hook_id>", hooks.HookView.as_view(), name="my_hook"),
    path("my/webhooks/<uuid:hook_id>/secret", hooks.SecretView.as_view(), name="my_hook_secret"),
    path("my/webhooks/<uuid:hook_id>/test", hooks.HookTestView.as_view(), name="my_hook_test"),
    path("my/webhooks/<uuid:hook_id>/messages", hooks.MessagesView.as_view(), name="my_hook_messages"),
    path(
        "my/webhooks/<uuid:hook_id>/messages/<int:message_id>/redeliver", hooks.RedeliverView.as_view(),
        name="redeliver_message",
    ),
]  # fmt: skip
STAFF = [
    path("staff/reviews", review.ReviewsView.as_view(), name="reviews"),
    path("staff/reviews/<slug:slug>", review.SubmissionView.as_view(), name="submission"),
    path("staff/reviews/<slug:slug>/claim", review.ClaimView.as_view(), name="claim_submission"),
    path("staff/reviews/<slug:slug>/comments", review.LineCommentsView.as_view(), name="comment_on_line"),
    path("staff/reviews/<slug:slug>/decisions", review.DecisionView.as_view(), name="decide"),
    path("staff/actions", admin.ActionsView.as_view(), name="actions"),
    path("staff/appeals", admin.StaffAppealsView.as_view(), name="appeals"),
    path("staff/appeals/<int:appeal_id>", admin.StaffAppealView.as_view(), name="appeal"),
    path("staff/appeals/<int:appeal_id>/decision", admin.DecideAppealView.as_view(), name="decide_appeal"),
    path("staff/projects/<slug:slug>/suspension", admin.StaffSuspensionView.as_view(), name="staff_suspension"),
    path("staff/projects/<slug:slug>/suspend", admin.SuspendView.as_view(), name="suspend_project"),
    path("staff/projects/<slug:slug>/reinstate", admin.ReinstateView.as_view(), name="reinstate_project"),
    path("staff/reports", triage.TriageView.as_view(), name="triage"),
    path("staff/reports/<int:report_id>", triage.TriageOneView.as_view(), name="triage_one"),
    path("staff/reports/<int:report_id>/claim", triage.TakeReportView.as_view(), name="take_report"),
    path("staff/reports/<int:report_id>/close", triage.CloseReportView.as_view(), name="close_report"),
]
urlpatterns = [*PUBLIC, *OWN_PROJECTS, *MINE, *HOOKS, *STAFF]
