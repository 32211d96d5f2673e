-- Blocks by the hundred thousand, as the platform would have written them. The parameters are named in seed.py.
DROP TABLE IF EXISTS fresh;

CREATE TEMP TABLE fresh AS
SELECT gen_random_uuid() AS id, w.device_id, w.pledge_id, w.run_id, w.project_id, r.id AS round_id,
    r.index, r.opened_at AS issued_at, r.opened_at + interval '500 seconds' AS received_at,
    500000000::bigint AS device_us, 500000000::numeric * w.rate / 1000000 AS flops, 0::bigint AS h100_us,
    encode(sha256((w.device_id || ':' || r.index)::bytea), 'hex') AS update_sha256,
    CASE WHEN r.index = 0 THEN 'verified' WHEN drawn.n < 0.01 THEN 'rejected' WHEN drawn.n < 0.02 THEN 'reversed'
         ELSE 'verified' END AS state
FROM unnest(%(devices)s::uuid[], %(pledges)s::uuid[], %(runs)s::uuid[], %(projects)s::bigint[], %(rates)s::numeric[])
    w(device_id, pledge_id, run_id, project_id, rate)
JOIN compute_pledges_round r ON r.run_id = w.run_id
CROSS JOIN LATERAL (SELECT random() + 0 * r.index AS n) drawn;

UPDATE fresh SET h100_us = floor(flops * 1000000 / %(h100_rate)s);

ANALYZE fresh;

INSERT INTO compute_pledges_lease (id, kind, run_id, round_id, device_id, peer_id, seed, nonce, batch, sequence,
    max_steps, segment_steps, spec_sha256, state, issued_at, expires_at)
SELECT id, CASE WHEN index = 0 THEN 'calibration' ELSE 'training' END, run_id, round_id, device_id,
    'peer-' || device_id, index, md5(id::text), 8, 64, 400, 10, repeat('0', 64), 'answered', issued_at,
    issued_at + interval '660 seconds'
FROM fresh;

INSERT INTO compute_pledges_workresult (lease_id, device_id, pledge_id, receipt, signature, update_sha256, steps,
    tokens, flops, device_us, h100_us, is_merged, anchor_weight, state, reason, received_at, verified_at, turn)
SELECT id, device_id, pledge_id, jsonb_build_object('lease_id', id, 'device_id', device_id, 'nonce', md5(id::text),
        'steps', 20, 'losses', %(losses)s::jsonb, 'update_sha256', update_sha256, 'finished', true, 'merged', true,
        'hardware_class', 'cpu', 'segment_commitments', jsonb_build_array(update_sha256, update_sha256)),
    decode(update_sha256 || update_sha256, 'hex'), update_sha256, 20, 20 * 8 * 64, flops, device_us, h100_us,
    state <> 'rejected', CASE WHEN state <> 'rejected' THEN 20 END, state,
    CASE WHEN state = 'verified' THEN '' ELSE 'Replay did not give the uploaded update.' END, received_at,
    CASE WHEN state <> 'rejected' THEN received_at END, 0
FROM fresh;

INSERT INTO compute_pledges_gputimeentry (lease_id, device_id, project_id, pledge_id, debit, credit, device_us, h100_us,
    recorded_at, turn)
SELECT f.id, f.device_id, f.project_id, f.pledge_id, m.debit, m.credit, f.device_us, f.h100_us, f.received_at, 0
FROM fresh f JOIN (VALUES ('verified', 'promised', 'reported'), ('verified', 'reported', 'verified'),
    ('rejected', 'promised', 'reported'), ('rejected', 'reported', 'rejected'),
    ('reversed', 'promised', 'reported'), ('reversed', 'reported', 'verified'), ('reversed', 'verified', 'reversed'))
    m(state, debit, credit) ON m.state = f.state;

INSERT INTO compute_pledges_audit (id, result_id, attempt, state, claimed_at, finished_at, relative_l2,
    max_loss_difference, seconds, error, purpose, cause, reveal, auditor_name, troubles)
SELECT gen_random_uuid(), id, 1, CASE WHEN state = 'rejected' THEN 'failed' ELSE 'passed' END, received_at, received_at,
    CASE WHEN state = 'rejected' THEN 1 ELSE 0.0004 END, 0, 20, '', 'verdict', 'drawn', '{}', '', 0
FROM fresh WHERE state = 'rejected' OR (state = 'verified' AND random() < 0.03);

INSERT INTO projects_contribution (project_id, source, stage, event, kind, amount, recorded_at)
SELECT f.project_id, 'lease:' || f.id, 'realized', m.event, 'compute', m.sign * f.h100_us, f.received_at
FROM fresh f JOIN (VALUES ('verified', 'verified', 1), ('reversed', 'verified', 1), ('reversed', 'reversed', -1))
    m(state, event, sign) ON m.state = f.state
WHERE f.h100_us > 0
