-- The standing questions to an outcome database. connect() makes them on every connection; they are temporary, so the
-- file stays as it was written. Tables and columns are explained in sim/record/schema.md.

-- Every metric of every point over its runs, with a 95 % interval of the mean (normal approximation; none for one run).
CREATE TEMP VIEW v_point_estimate AS
SELECT point_id, name, mode, n, mean,
       sqrt(variance) AS sd,
       mean - 1.96 * sqrt(variance / n) AS low,
       mean + 1.96 * sqrt(variance / n) AS high,
       min, max
FROM (SELECT point_id, name, mode, count(*) AS n, avg(value) AS mean,
             CASE WHEN count(*) > 1
                  THEN max(0, sum(value * 1.0 * value) - count(*) * avg(value) * avg(value)) / (count(*) - 1) END AS variance,
             min(value) AS min, max(value) AS max
      FROM metric JOIN run USING (run_id)
      GROUP BY point_id, name, mode);

-- What each principal of each run made of its opening stake.
CREATE TEMP VIEW v_roi_dist AS
SELECT run.point_id, run_id, principal, label, strategy, honest, net_nlux, stake_nlux,
       CASE WHEN stake_nlux > 0 THEN 1000000.0 * net_nlux / stake_nlux END AS roi_ppm
FROM payoff
JOIN principal USING (run_id, principal)
JOIN run USING (run_id)
JOIN (SELECT run_id, principal, sum(opening_stake) AS stake_nlux FROM agent GROUP BY run_id, principal)
     USING (run_id, principal);

-- Time from submission to finality: the share of a run's final tasks that took at most so long.
CREATE TEMP VIEW v_ttf_cdf AS
SELECT run_id, mode, (final_time_ns - submit_time_ns) / 1e9 AS seconds,
       cume_dist() OVER (PARTITION BY run_id, mode ORDER BY final_time_ns - submit_time_ns) AS share
FROM task
WHERE outcome IN ('final_ok', 'final_corrupt') AND final_time_ns IS NOT NULL;

-- Points that differ in nothing but the challenge window, and the shortest window among them in which at most one in a
-- thousand of the wrong results posted became final.
CREATE TEMP VIEW v_safe_window AS
SELECT scenario, others, min(CASE WHEN share <= 0.001 THEN window_blocks END) AS safe_window_blocks,
       min(window_blocks) AS shortest_tried, max(window_blocks) AS longest_tried, count(*) AS points
FROM (SELECT scenario, missed.mean / nullif(posted.mean, 0) AS share, param.number AS window_blocks,
             (SELECT coalesce(group_concat(name || '=' || text, ' '), '')
              FROM (SELECT name, text FROM point_param AS p
                    WHERE p.point_id = point.point_id AND name <> 'vm.challenge_window_blocks' ORDER BY name)) AS others
      FROM point
      JOIN point_param AS param ON param.point_id = point.point_id AND param.name = 'vm.challenge_window_blocks'
      JOIN v_point_estimate AS missed
           ON missed.point_id = point.point_id AND missed.name = 'n_fraud_missed' AND missed.mode = ''
      JOIN v_point_estimate AS posted
           ON posted.point_id = point.point_id AND posted.name = 'n_fraud_posted' AND posted.mode = '')
GROUP BY scenario, others;

-- Safety against speed: a point is on the frontier when no other one of its scenario is at least as safe and as fast, and
-- better in one of the two.
CREATE TEMP VIEW v_frontier AS
WITH candidate AS (
    SELECT point_id, scenario, safety.mean AS p_final_corrupt, speed.mean AS ttf_mean
    FROM point
    JOIN v_point_estimate AS safety USING (point_id)
    JOIN v_point_estimate AS speed USING (point_id)
    WHERE safety.name = 'p_final_corrupt' AND safety.mode = '' AND speed.name = 'ttf_mean' AND speed.mode = '')
SELECT *, NOT EXISTS (SELECT 1 FROM candidate AS other
                      WHERE other.scenario = candidate.scenario
                        AND other.p_final_corrupt <= candidate.p_final_corrupt AND other.ttf_mean <= candidate.ttf_mean
                        AND (other.p_final_corrupt < candidate.p_final_corrupt
                             OR other.ttf_mean < candidate.ttf_mean)) AS on_frontier
FROM candidate;
