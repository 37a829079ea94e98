PRAGMA application_id = 1095325261;
PRAGMA user_version = 7;

CREATE TABLE study (  -- a study: many runs of one program version with one purpose
    study_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    created TEXT NOT NULL,
    code_version TEXT NOT NULL,
    compiler TEXT NOT NULL,
    build_flags TEXT NOT NULL,
    schema_version INTEGER NOT NULL,
    PRIMARY KEY (study_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE point (  -- one parameter combination: with a seed, all that is needed to run it again
    point_id INTEGER NOT NULL,
    config_hash TEXT NOT NULL,
    config TEXT NOT NULL,
    scenario TEXT NOT NULL,
    scenario_text TEXT NOT NULL,
    overrides TEXT NOT NULL,
    PRIMARY KEY (point_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE point_param (  -- one overridden parameter of a point
    point_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    number REAL,
    text TEXT NOT NULL,
    unit TEXT NOT NULL,
    design INTEGER CHECK (design IN (0, 1)),
    PRIMARY KEY (point_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE run (  -- one simulation, written when it has ended
    run_id INTEGER NOT NULL,
    study_id INTEGER NOT NULL,
    point_id INTEGER NOT NULL,
    replicate INTEGER NOT NULL,
    seed TEXT NOT NULL,
    crn_group TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('clean', 'violated', 'budget', 'interrupted', 'failed')),
    end_block INTEGER NOT NULL,
    end_time_ns INTEGER NOT NULL,
    events INTEGER NOT NULL,
    digest TEXT NOT NULL,
    wall_time_ns INTEGER NOT NULL,
    invariants TEXT NOT NULL,
    invariant_checks INTEGER NOT NULL,
    row_counts TEXT NOT NULL,
    backend TEXT,
    kernel_fallbacks INTEGER,
    recovery_time_ns INTEGER,
    recovery_limit_ns INTEGER,
    budget_end TEXT,
    failure TEXT,
    PRIMARY KEY (run_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE sweep (  -- the request of a sweep; a study made in another way has none
    study_id INTEGER NOT NULL,
    plan TEXT NOT NULL,
    shard INTEGER NOT NULL,
    shards INTEGER NOT NULL,
    base_point_id INTEGER NOT NULL,
    confidence REAL NOT NULL,
    PRIMARY KEY (study_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE principal (  -- an owner of identities; profit is counted per principal
    run_id INTEGER NOT NULL,
    principal INTEGER NOT NULL,
    label TEXT NOT NULL,
    strategy TEXT NOT NULL,
    parameters TEXT NOT NULL,
    honest INTEGER NOT NULL CHECK (honest IN (0, 1)),
    PRIMARY KEY (run_id, principal)
) STRICT, WITHOUT ROWID;

CREATE TABLE agent (  -- one identity
    run_id INTEGER NOT NULL,
    agent INTEGER NOT NULL,
    principal INTEGER NOT NULL,
    role TEXT NOT NULL,
    name TEXT NOT NULL,
    opening_stake INTEGER NOT NULL,
    trust INTEGER NOT NULL,
    PRIMARY KEY (run_id, agent)
) STRICT, WITHOUT ROWID;

CREATE TABLE task (  -- a task
    run_id INTEGER NOT NULL,
    task INTEGER NOT NULL,
    requester INTEGER NOT NULL,
    mode TEXT NOT NULL CHECK (mode IN ('optimistic', 'redundant', 'tee')),
    fee INTEGER NOT NULL,
    value_at_risk INTEGER NOT NULL,
    submit_block INTEGER NOT NULL,
    assign_block INTEGER,
    final_block INTEGER,
    submit_time_ns INTEGER NOT NULL,
    final_time_ns INTEGER,
    assignments INTEGER NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('final_ok', 'final_corrupt', 'reverted', 'expired', 'pending')),
    correct INTEGER CHECK (correct IN (0, 1)),
    burned INTEGER,
    minted INTEGER,
    harm TEXT CHECK (harm IN ('none', 'early', 'final')),
    PRIMARY KEY (run_id, task)
) STRICT, WITHOUT ROWID;

CREATE TABLE result (  -- one provider's answer
    run_id INTEGER NOT NULL,
    task INTEGER NOT NULL,
    provider INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    commit_block INTEGER,
    reveal_block INTEGER,
    answer_class TEXT NOT NULL,
    correct INTEGER NOT NULL CHECK (correct IN (0, 1)),
    bond_locked INTEGER NOT NULL,
    bond_freed_block INTEGER,
    challenge_skipped INTEGER NOT NULL CHECK (challenge_skipped IN (0, 1)),
    usable_early_ns INTEGER,
    billed_ms INTEGER,
    paid INTEGER,
    PRIMARY KEY (run_id, task, provider, attempt)
) STRICT, WITHOUT ROWID;

CREATE TABLE challenge (  -- one challenge of a result
    run_id INTEGER NOT NULL,
    challenge INTEGER NOT NULL,
    task INTEGER NOT NULL,
    provider INTEGER NOT NULL,
    challenger INTEGER NOT NULL,
    ready_block INTEGER NOT NULL,
    first_tried_block INTEGER,
    included_block INTEGER,
    resolved_block INTEGER,
    times_censored INTEGER NOT NULL,
    bond INTEGER NOT NULL,
    valid INTEGER NOT NULL CHECK (valid IN (0, 1)),
    winner TEXT NOT NULL CHECK (winner IN ('none', 'challenger', 'provider')),
    reason TEXT NOT NULL,
    PRIMARY KEY (run_id, challenge)
) STRICT, WITHOUT ROWID;

CREATE TABLE slash (  -- one slash; due above taken is an escape
    run_id INTEGER NOT NULL,
    slash INTEGER NOT NULL,
    agent INTEGER NOT NULL,
    task INTEGER,
    block INTEGER NOT NULL,
    cause TEXT NOT NULL,
    due INTEGER NOT NULL,
    taken INTEGER NOT NULL,
    burned INTEGER NOT NULL,
    to_challenger INTEGER NOT NULL,
    to_requester INTEGER NOT NULL,
    false_positive INTEGER NOT NULL CHECK (false_positive IN (0, 1)),
    to_provider INTEGER,
    rewarded INTEGER,
    PRIMARY KEY (run_id, slash)
) STRICT, WITHOUT ROWID;

CREATE TABLE outlay (  -- a payment that no other table has: costs and bribes outside the chain, fees of operations and models
    run_id INTEGER NOT NULL,
    outlay INTEGER NOT NULL,
    payer INTEGER NOT NULL,
    payee INTEGER,
    kind TEXT NOT NULL CHECK (kind IN ('work', 'check', 'bribe', 'block_space', 'model_fee', 'inclusion')),
    task INTEGER,
    time_ns INTEGER NOT NULL,
    amount INTEGER NOT NULL,
    PRIMARY KEY (run_id, outlay)
) STRICT, WITHOUT ROWID;

CREATE TABLE payoff (  -- what a principal earned and lost
    run_id INTEGER NOT NULL,
    principal INTEGER NOT NULL,
    revenue INTEGER NOT NULL,
    cost INTEGER NOT NULL,
    slashed INTEGER NOT NULL,
    bribes INTEGER NOT NULL,
    rewards INTEGER NOT NULL,
    net_nlux INTEGER NOT NULL,
    capital_nlux_blocks INTEGER NOT NULL,
    lie_value INTEGER,
    harm INTEGER,
    PRIMARY KEY (run_id, principal)
) STRICT, WITHOUT ROWID;

CREATE TABLE counterfactual (  -- an owner that breaks the protocol, beside itself honest under the same seed
    run_id INTEGER NOT NULL,
    owner INTEGER NOT NULL,
    label TEXT NOT NULL,
    strategy TEXT NOT NULL,
    members INTEGER NOT NULL,
    payoff_nlux INTEGER NOT NULL,
    honest_payoff_nlux INTEGER NOT NULL,
    tts_mean_s REAL,
    honest_tts_mean_s REAL,
    PRIMARY KEY (run_id, owner)
) STRICT, WITHOUT ROWID;

CREATE TABLE chain_stat (  -- a block; where not all are recorded, every n-th
    run_id INTEGER NOT NULL,
    block INTEGER NOT NULL,
    time_ns INTEGER NOT NULL,
    proposer INTEGER NOT NULL,
    censored INTEGER NOT NULL,
    queue INTEGER NOT NULL,
    locked INTEGER NOT NULL,
    value_at_risk INTEGER NOT NULL,
    PRIMARY KEY (run_id, block)
) STRICT, WITHOUT ROWID;

CREATE TABLE anchor (  -- a root of receipts on its way to the anchor's chain
    run_id INTEGER NOT NULL,
    anchor INTEGER NOT NULL,
    target TEXT NOT NULL CHECK (target IN ('q_chain', 'host_chain')),
    block INTEGER NOT NULL,
    root TEXT NOT NULL,
    sent_ns INTEGER NOT NULL,
    withheld INTEGER NOT NULL CHECK (withheld IN (0, 1)),
    landed_ns INTEGER,
    PRIMARY KEY (run_id, anchor)
) STRICT, WITHOUT ROWID;

CREATE TABLE vertex (  -- a vertex of a DAG, a cut among them
    run_id INTEGER NOT NULL,
    vertex INTEGER NOT NULL,
    id TEXT NOT NULL,
    proposer INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    height INTEGER NOT NULL,
    cut INTEGER NOT NULL,
    is_cut INTEGER NOT NULL CHECK (is_cut IN (0, 1)),
    operations INTEGER NOT NULL,
    parents TEXT NOT NULL,
    issued_ns INTEGER NOT NULL,
    accepted_ns INTEGER,
    rejected_ns INTEGER,
    settled_by INTEGER,
    settled_ns INTEGER,
    PRIMARY KEY (run_id, vertex)
) STRICT, WITHOUT ROWID;

CREATE TABLE cut (  -- a cut that settled a slice of a DAG
    run_id INTEGER NOT NULL,
    cut INTEGER NOT NULL,
    vertex INTEGER NOT NULL,
    settled_ns INTEGER NOT NULL,
    vertices INTEGER NOT NULL,
    operations INTEGER NOT NULL,
    voids INTEGER NOT NULL,
    PRIMARY KEY (run_id, cut)
) STRICT, WITHOUT ROWID;

CREATE TABLE conflict (  -- two vertices of a DAG that share a key, neither an ancestor of the other
    run_id INTEGER NOT NULL,
    conflict INTEGER NOT NULL,
    first INTEGER NOT NULL,
    second INTEGER NOT NULL,
    key TEXT NOT NULL,
    seen_ns INTEGER NOT NULL,
    decided_ns INTEGER,
    winner INTEGER,
    PRIMARY KEY (run_id, conflict)
) STRICT, WITHOUT ROWID;

CREATE TABLE fault (  -- an injected fault
    run_id INTEGER NOT NULL,
    fault INTEGER NOT NULL,
    kind TEXT NOT NULL,
    from_ns INTEGER NOT NULL,
    to_ns INTEGER NOT NULL,
    targets TEXT NOT NULL,
    PRIMARY KEY (run_id, fault)
) STRICT, WITHOUT ROWID;

CREATE TABLE violation (  -- a violated invariant
    run_id INTEGER NOT NULL,
    violation INTEGER NOT NULL,
    invariant TEXT NOT NULL,
    time_ns INTEGER NOT NULL,
    block INTEGER NOT NULL,
    actors TEXT NOT NULL,
    message TEXT NOT NULL,
    expected INTEGER NOT NULL CHECK (expected IN (0, 1)),
    replay TEXT NOT NULL,
    PRIMARY KEY (run_id, violation)
) STRICT, WITHOUT ROWID;

CREATE TABLE metric (  -- one named number of a run
    run_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    mode TEXT NOT NULL,
    value ANY CHECK (typeof(value) IN ('integer', 'real', 'null')),
    n INTEGER,
    PRIMARY KEY (run_id, name, mode)
) STRICT, WITHOUT ROWID;

CREATE TABLE event (  -- an executed event; only at trace level
    run_id INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    time_ns INTEGER NOT NULL,
    actor INTEGER NOT NULL,
    kind TEXT NOT NULL,
    digest TEXT NOT NULL,
    PRIMARY KEY (run_id, sequence)
) STRICT, WITHOUT ROWID;

CREATE TABLE estimate (  -- a metric over the runs of a point
    point_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    mode TEXT NOT NULL,
    method TEXT NOT NULL,
    n INTEGER NOT NULL,
    mean REAL,
    low REAL,
    high REAL,
    PRIMARY KEY (point_id, name, mode, method)
) STRICT, WITHOUT ROWID;

CREATE TABLE contrast (  -- the difference of a metric between two points
    point_id INTEGER NOT NULL,
    base_point_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    mode TEXT NOT NULL,
    method TEXT NOT NULL,
    n INTEGER NOT NULL,
    mean REAL NOT NULL,
    low REAL NOT NULL,
    high REAL NOT NULL,
    PRIMARY KEY (point_id, base_point_id, name, mode, method)
) STRICT, WITHOUT ROWID;

CREATE TABLE validation (  -- a measured number beside what theory predicts
    name TEXT NOT NULL,
    point_id INTEGER NOT NULL,
    method TEXT NOT NULL,
    n INTEGER NOT NULL,
    predicted REAL NOT NULL,
    mean REAL NOT NULL,
    low REAL NOT NULL,
    high REAL NOT NULL,
    passed INTEGER NOT NULL CHECK (passed IN (0, 1)),
    verdict TEXT,
    PRIMARY KEY (name, point_id, method)
) STRICT, WITHOUT ROWID;

CREATE INDEX run_by_point ON run (point_id, replicate);

CREATE VIEW v_point_estimate AS  -- every metric of every point over its runs; the interval is that of table estimate, or without one the 95 % normal approximation (NULL for a single run); n counts the runs that have a value, mean is NULL when none has
SELECT point_id, name, mode, n, runs, mean, sd,
       coalesce(known_low, mean - 1.96 * sd / sqrt(n)) AS low,
       coalesce(known_high, mean + 1.96 * sd / sqrt(n)) AS high,
       min, max
FROM (SELECT point_id, name, mode, count(value) AS n, count(*) AS runs, avg(value) AS mean,
             CASE WHEN count(value) > 1
                  THEN sqrt(max(0, sum(value * 1.0 * value)
                                   - count(value) * avg(value) * avg(value))
                            / (count(value) - 1))
                  END AS sd,
             min(value) AS min, max(value) AS max,
             (SELECT low FROM estimate AS e
              WHERE e.point_id = run.point_id AND e.name = metric.name AND e.mode = metric.mode
                    AND e.method LIKE 't %') AS known_low,
             (SELECT high FROM estimate AS e
              WHERE e.point_id = run.point_id AND e.name = metric.name AND e.mode = metric.mode
                    AND e.method LIKE 't %') AS known_high
      FROM metric JOIN run USING (run_id)
      GROUP BY point_id, name, mode);

CREATE VIEW v_roi_dist AS  -- the return of each principal of each run on its opening stake
SELECT run.point_id, run_id, principal, label, strategy, honest, net_nlux, stake_nlux,
       CASE WHEN stake_nlux > 0 THEN 1000000.0 * net_nlux / stake_nlux END AS roi_ppm
FROM payoff
JOIN principal USING (run_id, principal)
JOIN run USING (run_id)
JOIN (SELECT run_id, principal, sum(opening_stake) AS stake_nlux
      FROM agent GROUP BY run_id, principal) USING (run_id, principal);

CREATE VIEW v_ttf_cdf AS  -- time from submission to finality: the share of a run's final tasks that took at most this long; tasks that are not final do not count, see v_finality
SELECT run_id, mode, (final_time_ns - submit_time_ns) / 1e9 AS seconds,
       cume_dist() OVER (PARTITION BY run_id, mode ORDER BY final_time_ns - submit_time_ns)
           AS share
FROM task
WHERE outcome IN ('final_ok', 'final_corrupt') AND final_time_ns IS NOT NULL;

CREATE VIEW v_finality AS  -- time to finality with the tasks that are not final: at each time how many tasks became final, of how many at risk. A pending task is at risk until its run ended (censored), a reverted or expired one for ever. The share of submitted tasks that is final by t is 1 minus the product of (1 - became_final / at_risk) up to t
SELECT run_id, mode, seconds, became_final, at_risk
FROM (SELECT run_id, mode, seconds, sum(final) AS became_final,
             sum(count(*)) OVER (PARTITION BY run_id, mode
                                 ORDER BY seconds IS NULL DESC, seconds DESC) AS at_risk
      FROM (SELECT run_id, mode,
                   outcome IN ('final_ok', 'final_corrupt') AND final_time_ns IS NOT NULL AS final,
                   (CASE WHEN outcome IN ('final_ok', 'final_corrupt') THEN final_time_ns
                         WHEN outcome = 'pending' THEN max(end_time_ns, submit_time_ns) END
                    - submit_time_ns) / 1e9 AS seconds
            FROM task JOIN run USING (run_id))
      GROUP BY run_id, mode, seconds)
WHERE became_final > 0;

CREATE VIEW v_time_to_use AS  -- by provider: its results that could be used, early or when they were final, the early ones, the wrong ones among those, and the mean time from submission to first use; a result that is proven wrong before either is left out
SELECT run_id, provider, mode, count(*) AS results, sum(early) AS usable_early,
       sum(early AND NOT right) AS lies_usable_early, avg(seconds) AS ttu_mean
FROM (SELECT result.run_id, result.provider, task.mode, result.correct AS right,
             result.usable_early_ns IS NOT NULL AS early,
             (coalesce(result.usable_early_ns,
                       CASE WHEN result.attempt = task.assignments
                                 AND task.outcome IN ('final_ok', 'final_corrupt')
                            THEN task.final_time_ns END) - task.submit_time_ns) / 1e9 AS seconds
      FROM result JOIN task USING (run_id, task))
WHERE seconds IS NOT NULL
GROUP BY run_id, provider, mode;

CREATE VIEW v_safe_window AS  -- points that differ only in the challenge window, and the shortest window in which at most one in a thousand of the wrong results posted became final (n_fraud_missed/n_fraud_posted, the alpha^W of theory; not p_final_corrupt, which also falls when fewer wrong results are posted): as measured (safe), and by the upper end of its interval (sure)
SELECT scenario, others,
       min(CASE WHEN share <= 0.001 THEN window_blocks END) AS safe_window_blocks,
       min(CASE WHEN share_high <= 0.001 THEN window_blocks END) AS sure_window_blocks,
       min(window_blocks) AS shortest_tried, max(window_blocks) AS longest_tried, count(*) AS points
FROM (SELECT scenario, missed.mean / nullif(posted.mean, 0) AS share, param.number AS window_blocks,
             (SELECT high FROM estimate AS e WHERE e.point_id = point.point_id AND e.mode = ''
              AND e.name = 'n_fraud_missed/n_fraud_posted' AND e.n > 0
              AND (e.method LIKE 'share %' OR e.method LIKE 'clopper-pearson %')
             ) AS share_high,
             (SELECT coalesce(group_concat(name || '=' || text, ' '), '')
              FROM (SELECT name, text FROM point_param AS p
                    WHERE p.point_id = point.point_id AND name <> 'vm.challenge_window_blocks'
                    ORDER BY name)) AS others
      FROM point
      JOIN point_param AS param
           ON param.point_id = point.point_id AND param.name = 'vm.challenge_window_blocks'
      JOIN v_point_estimate AS missed
           ON missed.point_id = point.point_id AND missed.name = 'n_fraud_missed'
              AND missed.mode = ''
      JOIN v_point_estimate AS posted
           ON posted.point_id = point.point_id AND posted.name = 'n_fraud_posted'
              AND posted.mode = '')
GROUP BY scenario, others;

CREATE VIEW v_frontier AS  -- safety against speed: a point is on the frontier when no other point of its environment (the scenario and all keys that are not design) is at least as safe and as fast, and better in one of the two; points without a final task are left out
WITH candidate AS (
    SELECT point_id, scenario,
           (SELECT coalesce(group_concat(name || '=' || text, ' '), '')
            FROM (SELECT name, text FROM point_param AS p
                  WHERE p.point_id = point.point_id AND NOT coalesce(design, name LIKE 'vm.%')
                  ORDER BY name)) AS environment,
           safety.mean AS p_final_corrupt, speed.mean AS ttf_mean
    FROM point
    JOIN v_point_estimate AS safety USING (point_id)
    JOIN v_point_estimate AS speed USING (point_id)
    WHERE safety.name = 'p_final_corrupt' AND safety.mode = ''
          AND speed.name = 'ttf_mean' AND speed.mode = ''
          AND safety.mean IS NOT NULL AND speed.mean IS NOT NULL)
SELECT *, NOT EXISTS (SELECT 1 FROM candidate AS other
                      WHERE other.scenario = candidate.scenario
                        AND other.environment = candidate.environment
                        AND other.p_final_corrupt <= candidate.p_final_corrupt
                        AND other.ttf_mean <= candidate.ttf_mean
                        AND (other.p_final_corrupt < candidate.p_final_corrupt
                             OR other.ttf_mean < candidate.ttf_mean)) AS on_frontier
FROM candidate;

CREATE VIEW v_run_metric AS  -- every metric of every run, and with them kernel_fallbacks, which is no metric: those depend on the scenario and the seed alone, how often a backend failed on the machine
SELECT point_id, run_id, seed, name, mode, value FROM metric JOIN run USING (run_id)
UNION ALL
SELECT point_id, run_id, seed, 'kernel_fallbacks', '', kernel_fallbacks
FROM run WHERE kernel_fallbacks IS NOT NULL;
