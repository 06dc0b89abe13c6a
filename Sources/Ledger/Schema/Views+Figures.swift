extension Views {
  /// Sums and percentiles.
  static let figures = """
    -- A sum over unknown prices says how many are missing.
    CREATE VIEW costs_by_model AS
    SELECT
      models.provider, models.name AS model, calls.purpose, count(*) AS calls,
      count(*) FILTER (WHERE calls.source IN ('network', 'batch')) AS sent,
      sum(calls.input_tokens) FILTER (WHERE calls.source IN ('network', 'batch')) AS input_tokens,
      sum(calls.cached_input_tokens) FILTER (WHERE calls.source IN ('network', 'batch')) AS cached_input_tokens,
      sum(calls.output_tokens) FILTER (WHERE calls.source IN ('network', 'batch')) AS output_tokens,
      sum(calls.reasoning_tokens) FILTER (WHERE calls.source IN ('network', 'batch')) AS reasoning_tokens,
      \(dollars("calls.cost_picodollars")) AS cost_usd,
      count(*) FILTER (WHERE calls.reply_id IS NOT NULL AND calls.cost_picodollars IS NULL)
        AS calls_of_unknown_cost,
      \(dollars("calls.avoided_picodollars")) AS avoided_usd,
      \(dollars("calls.possibly_billed_picodollars")) AS possibly_billed_usd
    FROM calls JOIN models ON models.id = calls.model_id
    GROUP BY calls.model_id, calls.purpose;

    -- What was used, day by day.
    CREATE VIEW usage_by_day AS
    SELECT
      date(calls.scheduled_at / 1e6, 'unixepoch') AS day, models.provider, models.name AS model,
      calls.purpose, count(*) AS calls, sum(calls.input_tokens) AS input_tokens,
      sum(calls.output_tokens) AS output_tokens, \(dollars("calls.cost_picodollars")) AS cost_usd
    FROM calls JOIN models ON models.id = calls.model_id
    WHERE calls.source IN ('network', 'batch')
    GROUP BY day, calls.model_id, calls.purpose;

    CREATE VIEW errors_by_kind AS
    SELECT runs.name AS run, targets.label AS target, trials.error_kind, count(*) AS trials
    FROM trials
    JOIN runs ON runs.id = trials.run_id
    JOIN targets ON targets.id = trials.target_id
    WHERE trials.outcome = 'error'
    GROUP BY trials.run_id, trials.target_id, trials.error_kind;

    -- Exact percentiles of the replies that came over the wire, linear between neighbours (type 7).
    CREATE VIEW latency_by_model AS
    WITH ranked AS (
      SELECT
        calls.model_id, calls.done_us AS x,
        row_number() OVER (PARTITION BY calls.model_id ORDER BY calls.done_us) - 1 AS place,
        count(*) OVER (PARTITION BY calls.model_id) - 1 AS top
      FROM calls WHERE calls.source = 'network' AND calls.reply_id IS NOT NULL AND calls.done_us IS NOT NULL
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
        calls.model_id, calls.first_output_us AS x,
        row_number() OVER (PARTITION BY calls.model_id ORDER BY calls.first_output_us) - 1 AS place,
        count(*) OVER (PARTITION BY calls.model_id) - 1 AS top
      FROM calls
      WHERE calls.source = 'network' AND calls.reply_id IS NOT NULL
        AND calls.first_output_us IS NOT NULL
    )
    SELECT
      models.provider, models.name AS model, max(top) + 1 AS replies,
      \(percentiles("x", [("p50_us", "0.5"), ("p95_us", "0.95"), ("p99_us", "0.99")]))
    FROM ranked JOIN models ON models.id = ranked.model_id
    GROUP BY ranked.model_id;
    """

  /// A sum of money that no absurd cost can make fail; null where none is known.
  static func dollars(_ column: String) -> String {
    "CASE WHEN count(\(column)) > 0 THEN total(\(column)) / 1e12 END"
  }

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
