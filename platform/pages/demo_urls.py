from django.urls import path

from pages import demo_views

app_name = "demo"
urlpatterns = [
    path("mail/", demo_views.mailbox, name="mailbox"),
    path("mail/<int:mail_id>/", demo_views.mail_as_html, name="mail_html"),
    path("clock/", demo_views.clock_control, name="clock"),
]
