/// The statements of a merge: `source` is the ledger that is read, the maps say which number becomes which.
enum MergeSQL {
  static let maps = """
    CREATE TEMP TABLE run_map (old INTEGER PRIMARY KEY, new INTEGER NOT NULL, is_new INTEGER NOT NULL);
    CREATE TEMP TABLE content_map (old INTEGER PRIMARY KEY, new INTEGER NOT NULL);
    CREATE TEMP TABLE file_map (old INTEGER PRIMARY KEY, new INTEGER NOT NULL);
    CREATE TEMP TABLE model_map (old INTEGER PRIMARY KEY, new INTEGER NOT NULL);
    CREATE TEMP TABLE served_map (old INTEGER PRIMARY KEY, new INTEGER NOT NULL);
    CREATE TEMP TABLE reason_map (old INTEGER PRIMARY KEY, new INTEGER NOT NULL);
    CREATE TEMP TABLE target_map (old INTEGER PRIMARY KEY, new INTEGER NOT NULL);
    CREATE TEMP TABLE prompt_map (old INTEGER PRIMARY KEY, new INTEGER NOT NULL);
    CREATE TEMP TABLE offsets (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
    """

  /// Into `needed`: the texts that the runs which are copied refer to, and their parts.
  static let neededContents = """
    CREATE TEMP TABLE copied AS SELECT old AS id FROM run_map;
    CREATE TEMP TABLE copied_calls (id INTEGER PRIMARY KEY);
    INSERT INTO copied_calls SELECT id FROM source.calls WHERE run_id IN copied;
    -- Calls of no run, which are the same where they were scheduled in the same microsecond and took as long.
    INSERT INTO copied_calls SELECT id FROM source.calls WHERE run_id IS NULL
      AND (scheduled_at, total_us, purpose) NOT IN (
        SELECT scheduled_at, total_us, purpose FROM main.calls WHERE run_id IS NULL);
    CREATE TEMP TABLE needed (id INTEGER PRIMARY KEY);
    INSERT OR IGNORE INTO needed SELECT suite_content_id FROM source.runs
      WHERE id IN copied AND suite_content_id IS NOT NULL;
    INSERT OR IGNORE INTO needed SELECT content_id FROM source.prompts
      WHERE id IN (SELECT prompt_id FROM source.run_prompts WHERE run_id IN copied)
        OR id IN (SELECT prompt_id FROM source.trials WHERE run_id IN copied);
    INSERT OR IGNORE INTO needed SELECT content_id FROM source.cases WHERE run_id IN copied;
    INSERT OR IGNORE INTO needed SELECT output_id FROM source.trials
      WHERE run_id IN copied AND output_id IS NOT NULL;
    INSERT OR IGNORE INTO needed SELECT request_id FROM source.calls
      WHERE id IN copied_calls AND request_id IS NOT NULL;
    INSERT OR IGNORE INTO needed SELECT reply_id FROM source.calls WHERE id IN copied_calls AND reply_id IS NOT NULL;
    INSERT OR IGNORE INTO needed SELECT usage_id FROM source.calls WHERE id IN copied_calls AND usage_id IS NOT NULL;
    INSERT OR IGNORE INTO needed
      SELECT json_tree.value FROM source.contents AS whole, json_tree(whole.body)
      WHERE whole.parts IS NOT NULL AND whole.id IN needed AND json_tree.key = '$content';
    """

  static let cleanUp = """
    DROP TABLE copied; DROP TABLE copied_calls; DROP TABLE needed;
    DROP TABLE run_map; DROP TABLE content_map; DROP TABLE file_map; DROP TABLE model_map;
    DROP TABLE served_map; DROP TABLE reason_map; DROP TABLE target_map; DROP TABLE prompt_map;
    DROP TABLE offsets;
    """

  static let runColumns = """
    name, description, suite_file, plan_key, shard_index, shard_count, state, started_at, ended_at, exit_code,
    planned_trials, seed, settings, versions, tags, command, ci, git_commit, git_branch, host,
    budget_picodollars, summary
    """

  static func runRow(_ id: Int64) -> String {
    """
    INSERT INTO main.runs (id, \(runColumns))
    SELECT run_map.new, \(runColumns) FROM source.runs JOIN run_map ON run_map.old = runs.id
    WHERE runs.id = \(id);
    """
  }

  static let shared = """
    INSERT OR IGNORE INTO main.files (path) SELECT path FROM source.files;
    INSERT INTO file_map SELECT s.id, m.id FROM source.files s JOIN main.files m USING (path);
    INSERT OR IGNORE INTO main.models (provider, name) SELECT provider, name FROM source.models;
    INSERT INTO model_map SELECT s.id, m.id FROM source.models s JOIN main.models m USING (provider, name);
    INSERT OR IGNORE INTO main.served_models (name, service_tier, system_fingerprint)
      SELECT name, service_tier, system_fingerprint FROM source.served_models;
    INSERT INTO served_map SELECT s.id, m.id FROM source.served_models s
      JOIN main.served_models m USING (name, service_tier, system_fingerprint);
    INSERT OR IGNORE INTO main.cost_reasons (reason) SELECT reason FROM source.cost_reasons;
    INSERT INTO reason_map SELECT s.id, m.id FROM source.cost_reasons s JOIN main.cost_reasons m USING (reason);
    INSERT OR IGNORE INTO main.targets (label, provider, config, settings)
      SELECT label, provider, config, settings FROM source.targets;
    INSERT INTO target_map SELECT s.id, m.id FROM source.targets s
      JOIN main.targets m USING (label, provider, config, settings);
    INSERT OR IGNORE INTO main.prompts (key, label, content_id)
      SELECT key, label, content_map.new FROM source.prompts JOIN content_map ON content_map.old = content_id;
    INSERT INTO prompt_map SELECT s.id, m.id FROM source.prompts s JOIN main.prompts m USING (key, label);
    UPDATE main.runs SET suite_content_id = (
        SELECT content_map.new FROM run_map JOIN source.runs s ON s.id = run_map.old
        JOIN content_map ON content_map.old = s.suite_content_id WHERE run_map.new = runs.id)
      WHERE id IN (SELECT new FROM run_map WHERE is_new);
    """

  private static func mapped(_ map: String, _ column: String) -> String {
    "(SELECT new FROM \(map) WHERE old = \(column))"
  }

  static let copy = """
    INSERT INTO main.run_targets (run_id, no, target_id, file_id, line, column, prices)
      SELECT run_map.new, no, \(mapped("target_map", "target_id")), \(mapped("file_map", "file_id")), line, column,
        prices
      FROM source.run_targets JOIN run_map ON run_map.old = run_id AND is_new;
    -- Targets that only cases of this part name.
    INSERT INTO main.run_targets (run_id, no, target_id, file_id, line, column, prices)
      SELECT run_map.new, (SELECT max(m.no) FROM main.run_targets m WHERE m.run_id = run_map.new)
          + row_number() OVER (PARTITION BY run_map.new ORDER BY no),
        \(mapped("target_map", "target_id")), \(mapped("file_map", "file_id")), line, column, prices
      FROM source.run_targets s JOIN run_map ON run_map.old = run_id AND NOT is_new
      WHERE NOT EXISTS (SELECT 1 FROM main.run_targets m WHERE m.run_id = run_map.new
        AND m.target_id = \(mapped("target_map", "s.target_id")));
    INSERT INTO main.run_prompts (run_id, no, prompt_id, file_id, line, column)
      SELECT run_map.new, no, \(mapped("prompt_map", "prompt_id")), \(mapped("file_map", "file_id")), line, column
      FROM source.run_prompts JOIN run_map ON run_map.old = run_id AND is_new;
    INSERT INTO main.gates (run_id, no, expression, target, file_id, line, column, verdict, observed, explanation)
      SELECT run_map.new, no, expression, target, \(mapped("file_map", "file_id")), line, column, verdict, observed,
        explanation
      FROM source.gates JOIN run_map ON run_map.old = run_id AND is_new;
    INSERT INTO main.notes (run_id, severity, message, mend, file, line, column)
      SELECT run_map.new, severity, message, mend, file, line, column
      FROM source.notes JOIN run_map ON run_map.old = run_id AND is_new;
    INSERT INTO main.limiter_events (run_id, at, key, kind, old, new, reason)
      SELECT run_map.new, at, key, kind, e.old, e.new, reason
      FROM source.limiter_events e JOIN run_map ON run_map.old = run_id;
    INSERT OR IGNORE INTO main.cases (run_id, no, key, content_id, file_id, line, column)
      SELECT run_map.new, no, key, \(mapped("content_map", "content_id")), \(mapped("file_map", "file_id")), line,
        column
      FROM source.cases JOIN run_map ON run_map.old = run_id;
    INSERT INTO main.trials (id, run_id, case_no, prompt_id, target_id, repetition, outcome, score, reason,
        error_kind, error_message, started_at, total_us, output_id, named_scores, metadata)
      SELECT trials.id + (SELECT value FROM offsets WHERE name = 'trials'), run_map.new, case_no,
        \(mapped("prompt_map", "prompt_id")), \(mapped("target_map", "target_id")), repetition, outcome, score,
        reason, error_kind, error_message, started_at, total_us, \(mapped("content_map", "output_id")),
        named_scores, metadata
      FROM source.trials JOIN run_map ON run_map.old = run_id;
    INSERT INTO main.calls (id, run_id, trial_id, turn, purpose, source, target_id, model_id, served_model_id,
        request_id, reply_id, usage_id, original_call_id, finish_reason, error_kind, error_message,
        scheduled_at, total_us, wait_concurrency_us, wait_rate_us, wait_backoff_us, wait_budget_us,
        input_tokens, output_tokens, cached_input_tokens, cache_write_tokens, reasoning_tokens,
        cost_picodollars, cost_reason_id, avoided_picodollars, possibly_billed_picodollars, is_simulated,
        trace_id, details, response_id, attempts, \(AttemptCoding.columns))
      SELECT calls.id + (SELECT value FROM offsets WHERE name = 'calls'), run_map.new,
        trial_id + (SELECT value FROM offsets WHERE name = 'trials'), turn, purpose, source,
        \(mapped("target_map", "target_id")), \(mapped("model_map", "model_id")),
        \(mapped("served_map", "served_model_id")), \(mapped("content_map", "request_id")),
        \(mapped("content_map", "reply_id")), \(mapped("content_map", "usage_id")),
        CASE WHEN original_call_id IN copied_calls
          THEN original_call_id + (SELECT value FROM offsets WHERE name = 'calls') END,
        finish_reason, error_kind, error_message, scheduled_at, total_us, wait_concurrency_us, wait_rate_us,
        wait_backoff_us, wait_budget_us, input_tokens, output_tokens, cached_input_tokens, cache_write_tokens,
        reasoning_tokens, cost_picodollars, \(mapped("reason_map", "cost_reason_id")), avoided_picodollars,
        possibly_billed_picodollars, is_simulated, trace_id, details, response_id, attempts,
        \(AttemptCoding.columns)
      FROM source.calls LEFT JOIN run_map ON run_map.old = run_id WHERE calls.id IN copied_calls;
    INSERT INTO main.failed_attempts (call_id, no, error_kind, error_message, error_details, may_be_billed,
        \(AttemptCoding.columns))
      SELECT call_id + (SELECT value FROM offsets WHERE name = 'calls'), no, error_kind, error_message,
        error_details, may_be_billed, \(AttemptCoding.columns)
      FROM source.failed_attempts
      WHERE call_id IN copied_calls;
    INSERT INTO main.check_specs (id, type, metric, weight, threshold, file_id, line, column, expected,
        reason)
      SELECT id + (SELECT value FROM offsets WHERE name = 'check_specs'), type, metric, weight, threshold,
        \(mapped("file_map", "file_id")), line, column, expected,
        reason
      FROM source.check_specs;
    INSERT INTO main.checks (trial_id, no, parent, spec_id, outcome, score, reason, details)
      SELECT trial_id + (SELECT value FROM offsets WHERE name = 'trials'), no, parent,
        spec_id + (SELECT value FROM offsets WHERE name = 'check_specs'), outcome, score, reason, details
      FROM source.checks
      WHERE trial_id IN (SELECT id FROM source.trials WHERE run_id IN (SELECT old FROM run_map));
    INSERT INTO main.votes (call_id, value, comment, voter, voted_at)
      SELECT call_id + (SELECT value FROM offsets WHERE name = 'calls'), value, comment, voter, voted_at
      FROM source.votes
      WHERE call_id IN copied_calls;
    DELETE FROM main.check_specs WHERE id > (SELECT value FROM offsets WHERE name = 'check_specs')
      AND id NOT IN (SELECT spec_id FROM main.checks);
    """

  /// The first to begin and the last to end; not done while one of them is not; the trials of all.
  static let joinShards = """
    UPDATE main.runs SET
      ended_at = max(ended_at, (SELECT max(s.ended_at) FROM source.runs s JOIN run_map ON run_map.old = s.id
        WHERE run_map.new = runs.id)),
      started_at = min(started_at, (SELECT min(s.started_at) FROM source.runs s
        JOIN run_map ON run_map.old = s.id WHERE run_map.new = runs.id)),
      planned_trials = planned_trials + (SELECT sum(s.planned_trials) FROM source.runs s
        JOIN run_map ON run_map.old = s.id AND NOT is_new WHERE run_map.new = runs.id),
      state = CASE WHEN state = 'done' THEN (SELECT s.state FROM source.runs s
        JOIN run_map ON run_map.old = s.id WHERE run_map.new = runs.id ORDER BY s.state = 'done' LIMIT 1)
        ELSE state END,
      exit_code = NULL
    WHERE id IN (SELECT new FROM run_map WHERE NOT is_new);
    UPDATE main.gates SET verdict = NULL, observed = NULL, explanation = NULL
    WHERE run_id IN (SELECT new FROM run_map WHERE NOT is_new);
    """
}
