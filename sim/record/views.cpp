#include "sim/record/views.h"

#include <array>

namespace aivm::sim {
namespace {

constexpr std::string_view kPointEstimate = R"(
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
      GROUP BY point_id, name, mode))";

constexpr std::string_view kRoiDist = R"(
SELECT run.point_id, run_id, principal, label, strategy, honest, net_nlux, stake_nlux,
       CASE WHEN stake_nlux > 0 THEN 1000000.0 * net_nlux / stake_nlux END AS roi_ppm
FROM payoff
JOIN principal USING (run_id, principal)
JOIN run USING (run_id)
JOIN (SELECT run_id, principal, sum(opening_stake) AS stake_nlux
      FROM agent GROUP BY run_id, principal) USING (run_id, principal))";

constexpr std::string_view kTtfCdf = R"(
SELECT run_id, mode, (final_time_ns - submit_time_ns) / 1e9 AS seconds,
       cume_dist() OVER (PARTITION BY run_id, mode ORDER BY final_time_ns - submit_time_ns)
           AS share
FROM task
WHERE outcome IN ('final_ok', 'final_corrupt') AND final_time_ns IS NOT NULL)";

constexpr std::string_view kFinality = R"(
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
WHERE became_final > 0)";

constexpr std::string_view kTimeToUse = R"(
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
GROUP BY run_id, provider, mode)";

constexpr std::string_view kSafeWindow = R"(
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
GROUP BY scenario, others)";

constexpr std::string_view kFrontier = R"(
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
FROM candidate)";

constexpr std::string_view kRunMetric = R"(
SELECT point_id, run_id, seed, name, mode, value FROM metric JOIN run USING (run_id)
UNION ALL
SELECT point_id, run_id, seed, 'kernel_fallbacks', '', kernel_fallbacks
FROM run WHERE kernel_fallbacks IS NOT NULL)";

constexpr std::array kViews{
    ViewInfo{
        "v_point_estimate",
        "every metric of every point over its runs; the interval is that of table estimate, or "
        "without one the 95 % normal approximation (NULL for a single run); n counts the runs that "
        "have a value, mean is NULL when none has",
        kPointEstimate},
    ViewInfo{"v_roi_dist", "the return of each principal of each run on its opening stake",
             kRoiDist},
    ViewInfo{"v_ttf_cdf",
             "time from submission to finality: the share of a run's final tasks that took at most "
             "this long; tasks that are not final do not count, see v_finality",
             kTtfCdf},
    ViewInfo{"v_finality",
             "time to finality with the tasks that are not final: at each time how many tasks "
             "became final, of how many at risk. A pending task is at risk until its run ended "
             "(censored), a reverted or expired one for ever. The share of submitted tasks that is "
             "final by t is 1 minus the product of (1 - became_final / at_risk) up to t",
             kFinality},
    ViewInfo{"v_time_to_use",
             "by provider: its results that could be used, early or when they were final, the "
             "early ones, the wrong ones among those, and the mean time from submission to first "
             "use; a result that is proven wrong before either is left out",
             kTimeToUse},
    ViewInfo{"v_safe_window",
             "points that differ only in the challenge window, and the shortest window in which at "
             "most one in a thousand of the wrong results posted became final "
             "(n_fraud_missed/n_fraud_posted, the alpha^W of theory; not p_final_corrupt, which "
             "also falls when fewer wrong results are posted): as measured (safe), and by the "
             "upper end of its interval (sure)",
             kSafeWindow},
    ViewInfo{
        "v_frontier",
        "safety against speed: a point is on the frontier when no other point of its environment "
        "(the scenario and all keys that are not design) is at least as safe and as fast, and "
        "better in one of the two; points without a final task are left out",
        kFrontier},
    ViewInfo{"v_run_metric",
             "every metric of every run, and with them kernel_fallbacks, which is no metric: those "
             "depend on the scenario and the seed alone, how often a backend failed on the machine",
             kRunMetric},
};

}  // namespace

std::span<const ViewInfo> schema_views() { return kViews; }

}  // namespace aivm::sim
