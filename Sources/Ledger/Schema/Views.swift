/// Views for the questions that people ask by hand, and that reports start from.
enum Views {
  static let all = """
    CREATE VIEW calls_view AS
    SELECT
      calls.id AS call_id, calls.run_id, runs.name AS run, calls.trial_id, calls.turn,
      calls.purpose, calls.source, targets.label AS target, models.provider, models.name AS model,
      served_models.name AS served_model,
      strftime('%Y-%m-%dT%H:%M:%fZ', calls.scheduled_at / 1e6, 'unixepoch') AS scheduled_at,
      calls.finish_reason, calls.error_kind, calls.error_message,
      calls.total_us,
      -- Of the attempt that succeeded; replies that were used again have no latency.
      CASE WHEN calls.source = 'network' AND calls.reply_id IS NOT NULL THEN last.done_us END AS latency_us,
      CASE WHEN calls.source = 'network' AND calls.reply_id IS NOT NULL THEN last.first_output_us END
        AS ttft_us,
      CASE WHEN calls.source = 'network' AND calls.reply_id IS NOT NULL THEN last.first_visible_us END
        AS ttfc_us,
      (SELECT count(*) FROM attempts WHERE attempts.call_id = calls.id) AS attempts,
      calls.wait_concurrency_us, calls.wait_rate_us, calls.wait_backoff_us, calls.wait_budget_us,
      calls.input_tokens, calls.output_tokens, calls.cached_input_tokens, calls.cache_write_tokens,
      calls.reasoning_tokens,
      calls.cost_picodollars, calls.cost_picodollars / 1e12 AS cost_usd, cost_reasons.reason AS cost_reason,
      calls.avoided_picodollars / 1e12 AS avoided_usd,
      calls.possibly_billed_picodollars / 1e12 AS possibly_billed_usd,
      coalesce(calls.is_simulated, 0) AS is_simulated, calls.trace_id,
      request.body AS request, reply.body ->> '$.text' AS reply, reply.body AS reply_json
    FROM calls
    JOIN models ON models.id = calls.model_id
    LEFT JOIN runs ON runs.id = calls.run_id
    LEFT JOIN targets ON targets.id = calls.target_id
    LEFT JOIN served_models ON served_models.id = calls.served_model_id
    LEFT JOIN cost_reasons ON cost_reasons.id = calls.cost_reason_id
    LEFT JOIN attempts AS last ON last.call_id = calls.id
      AND last.no = (SELECT max(no) FROM attempts WHERE attempts.call_id = calls.id)
    LEFT JOIN contents AS request ON request.id = calls.request_id
    LEFT JOIN contents AS reply ON reply.id = calls.reply_id;

    -- Every message of every request, histories filled in.
    CREATE VIEW messages_view AS
    SELECT
      calls.id AS call_id, message.key AS no,
      coalesce(part.body ->> '$.role', message.value ->> '$.role') AS role,
      coalesce(part.body ->> '$.content', message.value ->> '$.content') AS content
    FROM calls
    JOIN contents AS request ON request.id = calls.request_id
    JOIN json_each(coalesce(request.body -> '$.body.messages', request.body -> '$.messages')) AS message
    LEFT JOIN contents AS part ON part.id = message.value ->> '$."$content"';

    CREATE VIEW trials_view AS
    SELECT
      trials.id AS trial_id, trials.run_id, runs.name AS run, trials.case_no,
      content.body ->> '$.description' AS "case", targets.label AS target, prompts.label AS prompt,
      trials.repetition, trials.outcome, trials.score, trials.reason,
      trials.error_kind, trials.error_message,
      strftime('%Y-%m-%dT%H:%M:%fZ', trials.started_at / 1e6, 'unixepoch') AS started_at,
      trials.total_us,
      coalesce(
        output.body,
        (SELECT reply.body ->> '$.text' FROM calls JOIN contents AS reply ON reply.id = calls.reply_id
         WHERE calls.trial_id = trials.id AND calls.purpose = 'trial' ORDER BY calls.id DESC LIMIT 1)
      ) AS output,
      content.body -> '$.variables' AS variables,
      (SELECT sum(cost_picodollars) / 1e12 FROM calls WHERE calls.trial_id = trials.id) AS cost_usd,
      (SELECT count(*) FROM calls WHERE calls.trial_id = trials.id) AS calls,
      files.path AS file, cases.line AS line
    FROM trials
    JOIN runs ON runs.id = trials.run_id
    JOIN targets ON targets.id = trials.target_id
    JOIN prompts ON prompts.id = trials.prompt_id
    JOIN cases ON cases.run_id = trials.run_id AND cases.no = trials.case_no
    JOIN contents AS content ON content.id = cases.content_id
    LEFT JOIN contents AS output ON output.id = trials.output_id
    LEFT JOIN files ON files.id = cases.file_id
    WHERE trials.outcome IS NOT NULL;

    CREATE VIEW checks_view AS
    SELECT
      checks.trial_id, trials.run_id, checks.no, checks.parent, specs.type, specs.metric, specs.weight,
      specs.threshold, checks.outcome, checks.score, checks.reason, checks.details,
      files.path AS file, specs.line AS line
    FROM checks
    JOIN trials ON trials.id = checks.trial_id
    JOIN check_specs AS specs ON specs.id = checks.spec_id
    LEFT JOIN files ON files.id = specs.file_id;

    -- Trials that did not pass, with the checks that did not hold.
    CREATE VIEW failures AS
    SELECT
      trials_view.*,
      (SELECT group_concat(checks_view.type || ': ' || checks_view.reason, char(10))
       FROM checks_view
       WHERE checks_view.trial_id = trials_view.trial_id AND checks_view.outcome <> 'pass') AS failed_checks
    FROM trials_view
    WHERE outcome IN ('fail', 'error');

    CREATE VIEW runs_view AS
    SELECT
      runs.id AS run_id, runs.name, runs.suite_file, runs.state, runs.started_at, runs.ended_at,
      runs.exit_code,
      count(trials.outcome) AS trials,
      count(*) FILTER (WHERE trials.outcome = 'pass') AS passed,
      count(*) FILTER (WHERE trials.outcome = 'fail') AS failed,
      count(*) FILTER (WHERE trials.outcome = 'error') AS erred,
      (SELECT sum(cost_picodollars) / 1e12 FROM calls WHERE calls.run_id = runs.id) AS cost_usd,
      runs.git_commit, runs.git_branch, runs.seed
    FROM runs LEFT JOIN trials ON trials.run_id = runs.id
    GROUP BY runs.id;

    -- A sum over unknown prices says how many are missing.
    CREATE VIEW costs_by_model AS
    SELECT
      models.provider, models.name AS model, calls.purpose, count(*) AS calls,
      count(*) FILTER (WHERE calls.source = 'network') AS sent,
      sum(calls.input_tokens) FILTER (WHERE calls.source = 'network') AS input_tokens,
      sum(calls.cached_input_tokens) FILTER (WHERE calls.source = 'network') AS cached_input_tokens,
      sum(calls.output_tokens) FILTER (WHERE calls.source = 'network') AS output_tokens,
      sum(calls.reasoning_tokens) FILTER (WHERE calls.source = 'network') AS reasoning_tokens,
      sum(calls.cost_picodollars) / 1e12 AS cost_usd,
      count(*) FILTER (WHERE calls.reply_id IS NOT NULL AND calls.cost_picodollars IS NULL)
        AS calls_of_unknown_cost,
      sum(calls.avoided_picodollars) / 1e12 AS avoided_usd,
      sum(calls.possibly_billed_picodollars) / 1e12 AS possibly_billed_usd
    FROM calls JOIN models ON models.id = calls.model_id
    GROUP BY calls.model_id, calls.purpose;

    -- Exact percentiles of the replies that came over the wire, linear between neighbours (type 7).
    CREATE VIEW latency_by_model AS
    WITH ranked AS (
      SELECT
        calls.model_id, attempts.done_us AS x,
        row_number() OVER (PARTITION BY calls.model_id ORDER BY attempts.done_us) - 1 AS place,
        count(*) OVER (PARTITION BY calls.model_id) - 1 AS top
      FROM calls JOIN attempts ON attempts.call_id = calls.id AND attempts.error_kind IS NULL
      WHERE calls.source = 'network' AND calls.reply_id IS NOT NULL
    )
    SELECT
      models.provider, models.name AS model, max(top) + 1 AS replies,
      \(percentiles("x", [("p50_us", "0.5"), ("p95_us", "0.95"), ("p99_us", "0.99")])),
      max(x) AS max_us
    FROM ranked JOIN models ON models.id = ranked.model_id
    GROUP BY ranked.model_id;

    CREATE VIEW ttft_by_model AS
    WITH ranked AS (
      SELECT
        calls.model_id, attempts.first_output_us AS x,
        row_number() OVER (PARTITION BY calls.model_id ORDER BY attempts.first_output_us) - 1 AS place,
        count(*) OVER (PARTITION BY calls.model_id) - 1 AS top
      FROM calls JOIN attempts ON attempts.call_id = calls.id AND attempts.error_kind IS NULL
      WHERE calls.source = 'network' AND calls.reply_id IS NOT NULL
        AND attempts.first_output_us IS NOT NULL
    )
    SELECT
      models.provider, models.name AS model, max(top) + 1 AS replies,
      \(percentiles("x", [("p50_us", "0.5"), ("p95_us", "0.95"), ("p99_us", "0.99")]))
    FROM ranked JOIN models ON models.id = ranked.model_id
    GROUP BY ranked.model_id;

    CREATE VIEW errors_by_kind AS
    SELECT runs.name AS run, targets.label AS target, trials.error_kind, count(*) AS trials
    FROM trials
    JOIN runs ON runs.id = trials.run_id
    JOIN targets ON targets.id = trials.target_id
    WHERE trials.outcome = 'error'
    GROUP BY trials.run_id, trials.target_id, trials.error_kind;

    -- What was used, day by day.
    CREATE VIEW usage_log AS
    SELECT
      date(calls.scheduled_at / 1e6, 'unixepoch') AS day, models.provider, models.name AS model,
      calls.purpose, count(*) AS calls, sum(calls.input_tokens) AS input_tokens,
      sum(calls.output_tokens) AS output_tokens, sum(calls.cost_picodollars) / 1e12 AS cost_usd
    FROM calls JOIN models ON models.id = calls.model_id
    WHERE calls.source = 'network'
    GROUP BY day, calls.model_id, calls.purpose;

    CREATE VIEW votes_view AS
    SELECT
      votes.id AS vote_id, votes.value, votes.comment, votes.voter, votes.voted_at,
      calls_view.call_id, calls_view.target, calls_view.model, calls_view.reply
    FROM votes JOIN calls_view ON calls_view.call_id = votes.call_id;
    """

  /// Columns of a grouped query over `place` (from 0), `top` (the last place) and a value.
  private static func percentiles(_ value: String, _ wanted: [(name: String, p: String)]) -> String {
    wanted.map { name, p in
      """
      max(CASE WHEN place = CAST(top * \(p) AS INTEGER) THEN \(value) END)
          + (top * \(p) - CAST(top * \(p) AS INTEGER))
          * (max(CASE WHEN place = min(CAST(top * \(p) AS INTEGER) + 1, top) THEN \(value) END)
            - max(CASE WHEN place = CAST(top * \(p) AS INTEGER) THEN \(value) END)) AS \(name)
      """
    }.joined(separator: ",\n      ")
  }
}
