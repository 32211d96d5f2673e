-- Pledges by the hundred thousand, as the platform would have written them. The parameters are named in seed.py.
INSERT INTO accounts_user (password, is_superuser, first_name, last_name, is_staff, is_active, date_joined, email, name,
    organization, is_reviewer, language)
SELECT '', false, '', '', false, true, %(now)s, 'b' || n || '@bench.example', 'Backer ' || n, '', false, ''
FROM generate_series(%(from_backer)s, %(to_backer)s - 1) n;

INSERT INTO projects_milestone (project_id, number, title, evidence_wanted, share_bp)
SELECT p.id, 1, 'Everything', 'It is there.', 10000 FROM projects_project p
WHERE p.slug LIKE 'bench-%%' AND NOT EXISTS (SELECT 1 FROM projects_milestone m WHERE m.project_id = p.id);

DROP TABLE IF EXISTS fresh;

CREATE TEMP TABLE fresh AS
SELECT gen_random_uuid() AS id, n, p.id AS project_id, p.state = 'funded' AS is_charged,
    b.first_id + (n %% %(backers)s) AS backer_id, 500 + n %% 9500 AS amount,
    CASE WHEN n %% 10 = 0 THEN 100 ELSE 0 END AS tip, 0 AS fee, at,
    %(now)s - interval '19 days' AS collected_at, %(now)s - interval '17 days' AS settled_at
FROM (SELECT n, floor(%(projects)s * power(random(), 2.5))::int AS campaign,
             %(now)s - interval '39 days' + random() * interval '18 days' AS at
      FROM generate_series(%(from)s, %(to)s - 1) n) drawn
JOIN projects_project p ON p.slug = 'bench-' || drawn.campaign
CROSS JOIN (SELECT min(id) AS first_id FROM accounts_user WHERE email LIKE 'b%%@bench.example') b;

UPDATE fresh SET fee = ((amount + tip) * 15 + 500) / 1000 + 25;

ANALYZE fresh;

INSERT INTO payments_cashpledge (id, client_token, project_id, backer_id, amount_minor, tip_minor, refunded_minor,
    currency, state, is_charged_at_once, is_late, is_anonymous, origin, card_fingerprint, setup_intent_id,
    new_setup_intent_id, card_changes, payment_intent_id, payment_method_id, card_label, is_card_released, last_message,
    changes, attempts, created_at, activated_at, collected_at, settled_at)
SELECT id, gen_random_uuid(), project_id, backer_id, amount, tip, 0, 'EUR',
    CASE WHEN is_charged THEN 'collected' ELSE 'active' END, false, false, n %% 7 = 0, '', 'fp' || n %% 5000,
    'seti_bench_' || n, '', 0, CASE WHEN is_charged THEN 'pi_bench_' || n ELSE '' END, 'pm_bench',
    'Visa ending in 4242', false, '', 0, is_charged::int, at, at, CASE WHEN is_charged THEN collected_at END,
    CASE WHEN is_charged THEN settled_at END
FROM fresh;

INSERT INTO payments_cashpledgetransition (pledge_id, source, target, amount_before, amount_after, reason, happened_at)
SELECT id, 'started', 'active', amount, amount, '', at FROM fresh;

INSERT INTO payments_cashpledgetransition (pledge_id, source, target, amount_before, amount_after, reason, happened_at)
SELECT id, 'active', 'locked', amount, amount, '', collected_at FROM fresh WHERE is_charged;

INSERT INTO payments_cashpledgetransition (pledge_id, source, target, amount_before, amount_after, reason, happened_at)
SELECT id, 'locked', 'collected', amount, amount, '', collected_at FROM fresh WHERE is_charged;

INSERT INTO payments_payment (pledge_id, number, idempotency_key, payment_method_id, state, code, decline_code, message,
    sent_at, finished_at)
SELECT id, 1, 'bench:' || id, 'pm_bench', 'succeeded', '', '', '', collected_at, collected_at FROM fresh
WHERE is_charged;

INSERT INTO projects_contribution (project_id, source, stage, event, kind, amount, recorded_at)
SELECT project_id, 'cash_pledge:' || id, 'pledged', 'saved', 'money', amount, at FROM fresh;

INSERT INTO projects_contribution (project_id, source, stage, event, kind, amount, recorded_at)
SELECT project_id, 'cash_pledge:' || id, 'realized', 'collected', 'money', amount, collected_at FROM fresh
WHERE is_charged;

INSERT INTO payments_balancerecord (transaction_id, kind, source, currency, amount_minor, fee_minor, created_at,
    available_at, seen_at)
SELECT 'txn_' || n, 'charge', 'ch', 'EUR', amount + tip, fee, collected_at, settled_at, settled_at FROM fresh
WHERE is_charged;

INSERT INTO payments_ledgertransaction (kind, reference, project_id, pledge_id, provider_id, provider_currency,
    provider_amount_minor, provider_fee_minor, recorded_at)
SELECT 'charge', 'charge:txn_' || n, project_id, id, 'txn_' || n, 'EUR', amount + tip, fee, collected_at FROM fresh
WHERE is_charged;

INSERT INTO payments_ledgertransaction (kind, reference, project_id, pledge_id, provider_id, provider_currency,
    recorded_at)
SELECT 'settlement', 'settlement:txn_' || n, project_id, id, '', '', settled_at FROM fresh WHERE is_charged;

INSERT INTO payments_ledgerentry (transaction_id, account, currency, debit, credit)
SELECT t.id, e.account, 'EUR', greatest(e.amount, 0), greatest(-e.amount, 0)
FROM fresh f JOIN payments_ledgertransaction t ON t.pledge_id = f.id
CROSS JOIN LATERAL (VALUES
    ('charge', 'provider_pending', f.amount + f.tip - f.fee), ('charge', 'provider_fees', f.fee),
    ('charge', 'project_held', -f.amount), ('charge', 'platform_tips', -f.tip),
    ('settlement', 'provider_available', f.amount + f.tip - f.fee),
    ('settlement', 'provider_pending', f.fee - f.amount - f.tip)) e(kind, account, amount)
WHERE e.kind = t.kind AND e.amount <> 0
