/// Views for the questions that people ask by hand, and that reports start from.
enum Views {
  static let calls = """
    CREATE VIEW calls_view AS
    SELECT
      calls.id AS call_id, calls.run_id, runs.name AS run, calls.trial_id, calls.turn,
      calls.purpose, calls.source, targets.label AS target, models.provider, models.name AS model,
      served_models.name AS served_model,
      strftime('%Y-%m-%dT%H:%M:%fZ', calls.scheduled_at / 1e6, 'unixepoch') AS scheduled_at,
      calls.finish_reason, calls.error_kind, calls.error_message,
      calls.total_us,
      -- Of the attempt that succeeded; replies that were used again have no latency.
      CASE WHEN calls.source = 'network' AND calls.reply_id IS NOT NULL THEN calls.done_us END AS latency_us,
      CASE WHEN calls.source = 'network' AND calls.reply_id IS NOT NULL THEN calls.first_output_us END
        AS ttft_us,
      CASE WHEN calls.source = 'network' AND calls.reply_id IS NOT NULL THEN calls.first_visible_us END
        AS ttfc_us,
      calls.attempts,
      calls.wait_concurrency_us, calls.wait_rate_us, calls.wait_backoff_us, calls.wait_budget_us,
      calls.input_tokens, calls.output_tokens, calls.cached_input_tokens, calls.cache_write_tokens,
      calls.reasoning_tokens,
      calls.cost_picodollars, calls.cost_picodollars / 1e12 AS cost_usd, cost_reasons.reason AS cost_reason,
      calls.avoided_picodollars / 1e12 AS avoided_usd,
      calls.possibly_billed_picodollars / 1e12 AS possibly_billed_usd,
      coalesce(calls.is_simulated, 0) AS is_simulated, nullif(lower(hex(calls.trace_id)), '') AS trace_id,
      request.body AS request, reply.body ->> '$.text' AS reply, reply.body AS reply_json
    FROM calls
    JOIN models ON models.id = calls.model_id
    LEFT JOIN runs ON runs.id = calls.run_id
    LEFT JOIN targets ON targets.id = calls.target_id
    LEFT JOIN served_models ON served_models.id = calls.served_model_id
    LEFT JOIN cost_reasons ON cost_reasons.id = calls.cost_reason_id
    LEFT JOIN contents AS request ON request.id = calls.request_id
    LEFT JOIN contents AS reply ON reply.id = calls.reply_id;

    -- Every HTTP request of every call.
    CREATE VIEW attempts_view AS
    SELECT
      call_id, no, start_us, done_us, name_lookup_us, connect_us, tls_us, first_byte_us, first_event_us,
      first_output_us, first_visible_us, last_output_us, longest_gap_us, loop_lag_us, events, output_events,
      status, connection_reused, bytes_up, bytes_down, service_request_id, error_kind, error_message,
      error_details, coalesce(may_be_billed, 0) AS may_be_billed
    FROM failed_attempts
    UNION ALL
    SELECT
      id, attempts - 1, start_us, done_us, name_lookup_us, connect_us, tls_us, first_byte_us, first_event_us,
      first_output_us, first_visible_us, last_output_us, longest_gap_us, loop_lag_us, events, output_events,
      status, connection_reused, bytes_up, bytes_down, service_request_id, NULL, NULL, NULL, 0
    FROM calls WHERE start_us IS NOT NULL;

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

    CREATE VIEW votes_view AS
    SELECT
      votes.id AS vote_id, votes.value, votes.comment, votes.voter, votes.voted_at,
      calls_view.call_id, calls_view.target, calls_view.model, calls_view.reply
    FROM votes JOIN calls_view ON calls_view.call_id = votes.call_id;
    """

  static let trials = """
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
      (SELECT \(dollars("cost_picodollars")) FROM calls WHERE calls.trial_id = trials.id) AS cost_usd,
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
      specs.threshold, checks.outcome, checks.score,
      coalesce(checks.reason, specs.reason) AS reason,
      coalesce(checks.details -> '$.expected', specs.expected) AS expected, checks.details,
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
      (SELECT \(dollars("cost_picodollars")) FROM calls WHERE calls.run_id = runs.id) AS cost_usd,
      runs.git_commit, runs.git_branch, runs.seed
    FROM runs LEFT JOIN trials ON trials.run_id = runs.id
    GROUP BY runs.id;

    -- Conversations of several turns: one row a trial that has any.
    CREATE VIEW threads AS
    SELECT
      trials.id AS thread_id, trials.run_id, runs.name AS run,
      content.body ->> '$.metadata.persona' AS persona, content.body ->> '$.description' AS "case",
      targets.label AS target, trials.metadata ->> '$.fallback' AS fallback, trials.repetition,
      trials.outcome, max(calls.turn) + 1 AS turns, count(*) AS calls,
      sum(calls.input_tokens) AS input_tokens, sum(calls.output_tokens) AS output_tokens,
      max(coalesce(calls.details ->> '$.context.left_out', 0)) AS most_left_out,
      \(dollars("calls.cost_picodollars")) AS cost_usd
    FROM calls
    JOIN trials ON trials.id = calls.trial_id
    JOIN runs ON runs.id = trials.run_id
    JOIN targets ON targets.id = trials.target_id
    JOIN cases ON cases.run_id = trials.run_id AND cases.no = trials.case_no
    JOIN contents AS content ON content.id = cases.content_id
    WHERE calls.turn IS NOT NULL AND calls.purpose = 'trial'
    GROUP BY trials.id;
    """
}
