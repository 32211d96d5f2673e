from django.urls import path

from payments.web import ledger_views, paper_views

urlpatterns = [
    path("pledges/", paper_views.my_pledges, name="pledges"),
    path("pledges/<uuid:pledge_id>/receipt/", paper_views.receipt, name="receipt"),
    path("pledges/<uuid:pledge_id>/receipt.pdf", paper_views.receipt_pdf, name="receipt_pdf"),
    path("pledges/statement/<int:year>/", paper_views.statement, name="statement"),
    path("pledges/statement/<int:year>.pdf", paper_views.statement_pdf, name="statement_pdf"),
    path("pledges/statement/<int:year>.csv", paper_views.statement_csv, name="statement_csv"),
    path("projects/<slug:slug>/ledger/", ledger_views.ledger, name="ledger"),
    path("projects/<slug:slug>/ledger.csv", ledger_views.ledger_csv, name="ledger_csv"),
    path("projects/<slug:slug>/payouts/accounting.csv", ledger_views.accounting_csv, name="accounting"),
]
