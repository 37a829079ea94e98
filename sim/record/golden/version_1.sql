-- A file of schema version 1 as that program wrote it: version_test.cpp makes it and opens it.
PRAGMA application_id = 1095325261;
PRAGMA user_version = 1;

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
    PRIMARY KEY (point_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE run (  -- one simulation, written when it has ended
    run_id INTEGER NOT NULL,
    study_id INTEGER NOT NULL,
    point_id INTEGER NOT NULL,
    replicate INTEGER NOT NULL,
    seed TEXT NOT NULL,
    crn_group TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('clean', 'violated', 'budget', 'interrupted')),
    end_block INTEGER NOT NULL,
    end_time_ns INTEGER NOT NULL,
    events INTEGER NOT NULL,
    digest TEXT NOT NULL,
    wall_time_ns INTEGER NOT NULL,
    invariants TEXT NOT NULL,
    invariant_checks INTEGER NOT NULL,
    row_counts TEXT NOT NULL,
    PRIMARY KEY (run_id)
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
    PRIMARY KEY (run_id, slash)
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
    PRIMARY KEY (run_id, principal)
) STRICT, WITHOUT ROWID;

CREATE TABLE chain_stat (  -- a block, perhaps only every n-th
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
    value ANY NOT NULL CHECK (typeof(value) IN ('integer', 'real')),
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
    mean REAL NOT NULL,
    low REAL NOT NULL,
    high REAL NOT NULL,
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
    PRIMARY KEY (name, point_id, method)
) STRICT, WITHOUT ROWID;

INSERT INTO study VALUES (11, 'old', '2026-01-01T00:00:00Z', '0.1.0', 'g++ 12', 'Release', 1);
INSERT INTO point VALUES (22, '00', 'canonical', 'quickstart', 'name = "old"', 'vm.challenge_window_blocks=50');
INSERT INTO point_param VALUES (22, 'vm.challenge_window_blocks', 50.0, '50', 'blocks');
INSERT INTO run VALUES (33, 11, 22, 0, '1', '', 'clean', 62, 248000000000, 48211, '00112233445566778899aabbccddeeff', 800, 'E1 E3', 9, '{"principal":1,"agent":1,"task":1,"result":1,"challenge":0,"slash":0,"payoff":1,"chain_stat":1,"fault":0,"violation":0,"metric":2,"event":0}');
INSERT INTO principal VALUES (33, 0, 'lazy', 'lazy_guess', '', 0);
INSERT INTO agent VALUES (33, 7, 0, 'provider', 'provider[7]', 2000000000000, 60);
INSERT INTO task VALUES (33, 0, 9, 'optimistic', 1000000000, 50000000000, 3, 4, 50, 12, 99, 1, 'final_corrupt', 0);
INSERT INTO result VALUES (33, 0, 7, 1, 4, 5, 'guess', 0, 100000000000, 50, 1);
INSERT INTO payoff VALUES (33, 0, 3000000000, 1000000000, 0, 0, 0, 2000000000, 77);
INSERT INTO chain_stat VALUES (33, 5, 20, 2, 1, 4, 1200000000000, 50000000000);
INSERT INTO metric VALUES (33, 'attacker_net', '', 2000000000);
INSERT INTO metric VALUES (33, 'ttf_mean', 'optimistic', 12.5);
