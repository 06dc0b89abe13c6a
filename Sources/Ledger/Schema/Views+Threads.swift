extension Views {
  /// Version 2. Conversations are what calls with turns say they are: the tables for them were never written to.
  static let threadsAndUsage = """
    DROP TABLE thread_calls;
    DROP TABLE threads;
    DROP VIEW usage_log;
    DROP VIEW costs_by_model;

    -- A sum over unknown prices says how many are missing.
    CREATE VIEW costs_by_model AS
    SELECT
      models.provider, models.name AS model, calls.purpose, count(*) AS calls,
      count(*) FILTER (WHERE calls.source IN ('network', 'batch')) AS sent,
      sum(calls.input_tokens) FILTER (WHERE calls.source IN ('network', 'batch')) AS input_tokens,
      sum(calls.cached_input_tokens) FILTER (WHERE calls.source IN ('network', 'batch')) AS cached_input_tokens,
      sum(calls.output_tokens) FILTER (WHERE calls.source IN ('network', 'batch')) AS output_tokens,
      sum(calls.reasoning_tokens) FILTER (WHERE calls.source IN ('network', 'batch')) AS reasoning_tokens,
      sum(calls.cost_picodollars) / 1e12 AS cost_usd,
      count(*) FILTER (WHERE calls.reply_id IS NOT NULL AND calls.cost_picodollars IS NULL)
        AS calls_of_unknown_cost,
      sum(calls.avoided_picodollars) / 1e12 AS avoided_usd,
      sum(calls.possibly_billed_picodollars) / 1e12 AS possibly_billed_usd
    FROM calls JOIN models ON models.id = calls.model_id
    GROUP BY calls.model_id, calls.purpose;

    -- Conversations of several turns: one row a trial that has any.
    CREATE VIEW threads AS
    SELECT
      trials.id AS thread_id, trials.run_id, runs.name AS run,
      content.body ->> '$.metadata.persona' AS persona, content.body ->> '$.description' AS "case",
      targets.label AS target, trials.metadata ->> '$.fallback' AS fallback, trials.repetition,
      trials.outcome, max(calls.turn) + 1 AS turns, count(*) AS calls,
      sum(calls.input_tokens) AS input_tokens, sum(calls.output_tokens) AS output_tokens,
      max(coalesce(calls.details ->> '$.context.left_out', 0)) AS most_left_out,
      sum(calls.cost_picodollars) / 1e12 AS cost_usd
    FROM calls
    JOIN trials ON trials.id = calls.trial_id
    JOIN runs ON runs.id = trials.run_id
    JOIN targets ON targets.id = trials.target_id
    JOIN cases ON cases.run_id = trials.run_id AND cases.no = trials.case_no
    JOIN contents AS content ON content.id = cases.content_id
    WHERE calls.turn IS NOT NULL AND calls.purpose = 'trial'
    GROUP BY trials.id;

    -- Every call as a program's own usage log would have it.
    CREATE VIEW usage_log AS
    SELECT
      calls_view.scheduled_at AS at, calls_view.call_id, calls_view.run,
      (SELECT body ->> '$.metadata.persona' FROM trials
       JOIN cases ON cases.run_id = trials.run_id AND cases.no = trials.case_no
       JOIN contents ON contents.id = cases.content_id WHERE trials.id = calls_view.trial_id) AS persona,
      calls_view.turn, calls_view.purpose, calls_view.target, calls_view.provider, calls_view.model,
      calls_view.input_tokens AS prompt_tokens, calls_view.output_tokens AS completion_tokens,
      calls_view.input_tokens + calls_view.output_tokens AS total_tokens,
      calls_view.cost_usd, calls_view.latency_us / 1000.0 AS response_ms, calls_view.attempts,
      calls_view.source, calls_view.error_kind, calls_view.trace_id
    FROM calls_view;

    -- What was used, day by day.
    CREATE VIEW usage_by_day AS
    SELECT
      date(calls.scheduled_at / 1e6, 'unixepoch') AS day, models.provider, models.name AS model,
      calls.purpose, count(*) AS calls, sum(calls.input_tokens) AS input_tokens,
      sum(calls.output_tokens) AS output_tokens, sum(calls.cost_picodollars) / 1e12 AS cost_usd
    FROM calls JOIN models ON models.id = calls.model_id
    WHERE calls.source IN ('network', 'batch')
    GROUP BY day, calls.model_id, calls.purpose;
    """
}
