from django.urls import path

from projects import creating_views, following_views, team_views, views
from projects.community import comment_views, faq_views, note_views, profile_views
from projects.discovery import pages
from projects.fulfilment import delivery_views, my_views, reward_views
from projects.life import views as life_views
from projects.openness import pages as openness
from projects.review import views as review_views
from projects.sharing import crawling, embedding, feeds
from projects.trust import views as trust
from projects.wizard import views as wizard

app_name = "projects"
urlpatterns = [
    path("", pages.home, name="home"),
    path("discover/", pages.discover, name="discover"),
    path("projects/new/", wizard.create, name="create"),
    path("robots.txt", crawling.robots, name="robots"),
    path("sitemap.xml", crawling.sitemap, name="sitemap"),
    path("oembed", embedding.oembed, name="oembed"),
    path("feeds/projects.atom", feeds.projects_feed, name="projects_feed"),
    path("feeds/search.atom", feeds.search_feed, name="search_feed"),
    path("feeds/notes.atom", feeds.notes_feed, name="notes_feed"),
    path("projects/mine/", creating_views.mine, name="mine"),
    path("invitations/<uuid:invitation_id>/", team_views.invitation, name="invitation"),
    path("report/<slug:kind>/<int:pk>/", trust.write, name="report"),
    path("reports/", trust.queue, name="reports"),
    path("reports/<int:report_id>/", trust.triage, name="triage"),
    path("review/", review_views.queue, name="review_queue"),
    path("review/<slug:slug>/", review_views.review, name="review"),
    path("review/<slug:slug>/take/", review_views.take, name="take_review"),
    path("review/<slug:slug>/comment/", review_views.comment, name="comment_review"),
    path("projects/<slug:slug>/review/", review_views.comments, name="review_comments"),
    path("projects/<slug:slug>/review/<int:comment_id>/answer/", review_views.answer, name="answer_review"),
    path("people/<int:user_id>/", profile_views.person, name="person"),
    path("people/me/", profile_views.profile, name="profile"),
    path("following/", following_views.following, name="following"),
    path("following/creators/<int:user_id>/", following_views.follow_creator, name="follow_creator"),
    path("projects/<slug:slug>/follow/", following_views.follow_project, name="follow"),
    path("projects/<slug:slug>/", views.detail, name="detail"),
    path("promises/", openness.all_promises, name="all_promises"),
    path("projects/<slug:slug>/promises/", openness.promises, name="promises"),
    path("projects/<slug:slug>/README.md", openness.project_card, name="project_card"),
    path("projects/<slug:slug>/edit/card/", openness.fill_project, name="fill_project"),
    path("projects/<slug:slug>/releases/new/", openness.new_release, name="new_release"),
    path("projects/<slug:slug>/releases/<int:release_id>/file/", openness.file, name="release_file"),
    path("projects/<slug:slug>/releases/<int:release_id>/card.md", openness.card, name="release_card"),
    path("projects/<slug:slug>/edit/", wizard.overview, name="edit"),
    path("projects/<slug:slug>/edit/<slug:key>/", wizard.edit_step, name="edit_step"),
    path("projects/<slug:slug>/preview/", wizard.preview, name="preview"),
    path("projects/<slug:slug>/card/", embedding.card, name="card"),
    path("projects/<slug:slug>/badge.svg", embedding.badge, name="badge"),
    path("projects/<slug:slug>/share/", embedding.snippets, name="share"),
    path("projects/<slug:slug>/notes.atom", feeds.notes_feed, name="project_notes_feed"),
    path("projects/<slug:slug>/submit/", creating_views.submit, name="submit"),
    path("projects/<slug:slug>/launch/", creating_views.go_live, name="launch"),
    path("projects/<slug:slug>/course/", life_views.course, name="course"),
    path("projects/<slug:slug>/course/extend/", life_views.extend, name="extend"),
    path("projects/<slug:slug>/course/<slug:deed>/", life_views.change, name="change_course"),
    path("my/rewards/", my_views.my_rewards, name="my_rewards"),
    path("my/rewards/<int:delivery_id>/", my_views.my_reward, name="my_reward"),
    path("my/rewards/<int:delivery_id>/arrived/", my_views.arrived, name="arrived"),
    path("my/rewards/<int:delivery_id>/token/", my_views.token, name="inference_token"),
    path("my/rewards/<int:delivery_id>/thanks/", my_views.thanks, name="thanks"),
    path("projects/<slug:slug>/rewards/", reward_views.rewards, name="rewards"),
    path("projects/<slug:slug>/rewards/<int:reward_id>/", reward_views.reward_details, name="reward_details"),
    path(
        "projects/<slug:slug>/rewards/<int:reward_id>/<str:sha256>.webp", reward_views.reward_image, name="reward_image"
    ),
    path("projects/<slug:slug>/deliveries/", delivery_views.deliveries, name="deliveries"),
    path("projects/<slug:slug>/deliveries/<int:delivery_id>/", delivery_views.delivery, name="delivery"),
    path("projects/<slug:slug>/deliveries/answers.csv", delivery_views.answers_file, name="answers_file"),
    path("projects/<slug:slug>/deliveries/addresses.csv", delivery_views.addresses_file, name="addresses_file"),
    path("projects/<slug:slug>/discussion/", comment_views.discussion, name="discussion"),
    path("projects/<slug:slug>/discussion/new/", comment_views.write, name="write_comment"),
    path("projects/<slug:slug>/discussion/<int:comment_id>/", comment_views.thread, name="thread"),
    path("projects/<slug:slug>/discussion/<int:comment_id>/edit/", comment_views.edit, name="edit_comment"),
    path("projects/<slug:slug>/discussion/<int:comment_id>/delete/", comment_views.delete, name="delete_comment"),
    path("projects/<slug:slug>/discussion/<int:comment_id>/hide/", comment_views.hide, name="hide_comment"),
    path("projects/<slug:slug>/discussion/<int:comment_id>/lock/", comment_views.lock, name="lock_thread"),
    path("projects/<slug:slug>/discussion/<int:comment_id>/answered/", comment_views.answered, name="answered"),
    path("projects/<slug:slug>/discussion/<int:comment_id>/faq/", faq_views.to_faq, name="to_faq"),
    path("projects/<slug:slug>/faq/", faq_views.edit_faq, name="edit_faq"),
    path("projects/<slug:slug>/notes/", note_views.notes, name="notes"),
    path("projects/<slug:slug>/notes/new/", note_views.write_note, name="write_note"),
    path("projects/<slug:slug>/notes/write/<int:note_id>/", note_views.edit_note, name="edit_note"),
    path("projects/<slug:slug>/notes/write/<int:note_id>/discard/", note_views.discard_note, name="discard_note"),
    path("projects/<slug:slug>/notes/<int:number>/", note_views.note, name="note"),
    path("projects/<slug:slug>/notes/<int:number>/cite.bib", note_views.note_bibtex, name="note_bibtex"),
    path("projects/<slug:slug>/team/", team_views.team, name="team"),
    path("projects/<slug:slug>/team/<int:user_id>/role/", team_views.change_role, name="change_role"),
    path("projects/<slug:slug>/team/<int:user_id>/remove/", team_views.remove, name="remove_teammate"),
    path(
        "projects/<slug:slug>/team/invitations/<uuid:invitation_id>/withdraw/",
        team_views.withdraw,
        name="withdraw_invitation",
    ),
]
