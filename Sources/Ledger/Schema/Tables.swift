/// Version 1 of the schema. Never edited once released: changes are new migrations.
///
/// What keeps it small: integer ids, texts that repeat stored once, what all results of a check say told by the
/// check, and the attempt that succeeded as a part of its call. What keeps it pleasant: words for closed sets,
/// declared references, units in the names (`_us` microseconds, `_picodollars` 1e-12 USD), and views that join it
/// all.
enum Tables {
  static let contents = """
    -- Texts: requests and replies as canonical JSON, prompts, cases, suites.
    -- Where `parts` is set, {"$content": n} in the body stands for the body of content n.
    -- `hash` is there for replies: the first eight bytes of the SHA-256 of the text, big-endian, signed.
    CREATE TABLE contents (
      id INTEGER PRIMARY KEY,
      body TEXT NOT NULL,
      parts INTEGER,
      hash INTEGER
    ) STRICT;

    -- Texts that are looked up by what they say: requests and their parts, prompts, suites. The hash is that of the
    -- whole text (its parts filled in); the next free number where two different texts share them.
    CREATE TABLE content_hashes (
      hash INTEGER PRIMARY KEY,
      content_id INTEGER NOT NULL REFERENCES contents(id)
    ) STRICT;

    -- The latest of them. A new hash may belong on any page of a large table: here they gather, and move on by the
    -- thousand.
    CREATE TABLE recent_content_hashes (
      hash INTEGER PRIMARY KEY,
      content_id INTEGER NOT NULL REFERENCES contents(id)
    ) STRICT;

    CREATE TABLE files (
      id INTEGER PRIMARY KEY,
      path TEXT NOT NULL UNIQUE
    ) STRICT;

    -- Every provider and model that was asked.
    CREATE TABLE models (
      id INTEGER PRIMARY KEY,
      provider TEXT NOT NULL,
      name TEXT NOT NULL,
      UNIQUE (provider, name)
    ) STRICT;

    -- What answered: the model as the service named it, its tier and fingerprint.
    CREATE TABLE served_models (
      id INTEGER PRIMARY KEY,
      name TEXT NOT NULL,
      service_tier TEXT NOT NULL,
      system_fingerprint TEXT NOT NULL,
      UNIQUE (name, service_tier, system_fingerprint)
    ) STRICT;

    -- How costs were found, or why they are unknown.
    CREATE TABLE cost_reasons (
      id INTEGER PRIMARY KEY,
      reason TEXT NOT NULL UNIQUE
    ) STRICT;

    -- A model behind an API with its settings, without secrets.
    CREATE TABLE targets (
      id INTEGER PRIMARY KEY,
      label TEXT NOT NULL,
      provider TEXT NOT NULL,
      config TEXT NOT NULL,
      settings TEXT NOT NULL,
      UNIQUE (label, provider, config, settings)
    ) STRICT;

    CREATE TABLE prompts (
      id INTEGER PRIMARY KEY,
      key TEXT NOT NULL,
      label TEXT NOT NULL,
      content_id INTEGER NOT NULL REFERENCES contents(id),
      UNIQUE (key, label)
    ) STRICT;
    """

  static let runs = """
    CREATE TABLE runs (
      id INTEGER PRIMARY KEY,
      name TEXT NOT NULL UNIQUE,
      description TEXT,
      suite_file TEXT,
      suite_content_id INTEGER REFERENCES contents(id),
      -- Equal for two executions of the same plan; a run is resumed, and its shards are merged, by it.
      plan_key TEXT NOT NULL,
      shard_index INTEGER,
      shard_count INTEGER,
      state TEXT NOT NULL CHECK (state IN ('running', 'done', 'interrupted', 'budget', 'failed')),
      started_at TEXT NOT NULL,
      ended_at TEXT,
      exit_code INTEGER,
      -- Known once every case has been read.
      planned_trials INTEGER,
      seed TEXT NOT NULL,
      settings TEXT NOT NULL,
      versions TEXT NOT NULL,
      tags TEXT NOT NULL,
      command TEXT,
      ci TEXT,
      git_commit TEXT,
      git_branch TEXT,
      host TEXT,
      budget_picodollars INTEGER,
      -- Where the time went and what the client cost, as JSON, at the end.
      summary TEXT
    ) STRICT;

    CREATE TABLE run_targets (
      run_id INTEGER NOT NULL REFERENCES runs(id),
      no INTEGER NOT NULL,
      target_id INTEGER NOT NULL REFERENCES targets(id),
      file_id INTEGER REFERENCES files(id),
      line INTEGER,
      column INTEGER,
      -- The price rows that were in force, as JSON; null where the price is unknown.
      prices TEXT,
      PRIMARY KEY (run_id, no)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE run_prompts (
      run_id INTEGER NOT NULL REFERENCES runs(id),
      no INTEGER NOT NULL,
      prompt_id INTEGER NOT NULL REFERENCES prompts(id),
      file_id INTEGER REFERENCES files(id),
      line INTEGER,
      column INTEGER,
      PRIMARY KEY (run_id, no)
    ) STRICT, WITHOUT ROWID;

    -- The cases of a run, numbered as they stand in the suite, from 0.
    -- The content holds description, variables and metadata; equal keys are the same case in any run.
    CREATE TABLE cases (
      run_id INTEGER NOT NULL REFERENCES runs(id),
      no INTEGER NOT NULL,
      key INTEGER NOT NULL,
      content_id INTEGER NOT NULL REFERENCES contents(id),
      file_id INTEGER REFERENCES files(id),
      line INTEGER,
      column INTEGER,
      PRIMARY KEY (run_id, no)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE gates (
      run_id INTEGER NOT NULL REFERENCES runs(id),
      no INTEGER NOT NULL,
      expression TEXT NOT NULL,
      target TEXT,
      file_id INTEGER REFERENCES files(id),
      line INTEGER,
      column INTEGER,
      verdict TEXT CHECK (verdict IN ('pass', 'fail', 'error')),
      observed REAL,
      explanation TEXT,
      PRIMARY KEY (run_id, no)
    ) STRICT, WITHOUT ROWID;

    -- What the run wants to say: warnings of the loader, merged shards, lost replies.
    CREATE TABLE notes (
      id INTEGER PRIMARY KEY,
      run_id INTEGER NOT NULL REFERENCES runs(id),
      severity TEXT NOT NULL CHECK (severity IN ('error', 'warning', 'note')),
      message TEXT NOT NULL,
      mend TEXT,
      file TEXT,
      line INTEGER,
      column INTEGER
    ) STRICT;

    CREATE TABLE limiter_events (
      id INTEGER PRIMARY KEY,
      run_id INTEGER NOT NULL REFERENCES runs(id),
      at INTEGER NOT NULL,
      key TEXT NOT NULL,
      kind TEXT NOT NULL,
      old REAL,
      new REAL,
      reason TEXT
    ) STRICT;

    CREATE TABLE baselines (
      name TEXT PRIMARY KEY,
      run_id INTEGER NOT NULL REFERENCES runs(id),
      set_at TEXT NOT NULL,
      note TEXT
    ) STRICT, WITHOUT ROWID;
    """

  static let trials = """
    -- One prompt x case x target x repetition. `outcome` is null while it has calls but no verdict yet.
    CREATE TABLE trials (
      id INTEGER PRIMARY KEY,
      run_id INTEGER NOT NULL REFERENCES runs(id),
      case_no INTEGER NOT NULL,
      prompt_id INTEGER NOT NULL REFERENCES prompts(id),
      target_id INTEGER NOT NULL REFERENCES targets(id),
      repetition INTEGER NOT NULL,
      -- Not as a list: for one of more than two SQLite makes a table with every row.
      outcome TEXT CHECK (outcome = 'pass' OR outcome = 'fail' OR outcome = 'error' OR outcome = 'skipped'),
      score REAL,
      reason TEXT,
      error_kind TEXT,
      error_message TEXT,
      -- Microseconds since 1970 UTC.
      started_at INTEGER,
      total_us INTEGER,
      -- What was judged, where it is not the reply itself.
      output_id INTEGER REFERENCES contents(id),
      -- Named scores as a JSON object, and whatever else the trial has to say.
      named_scores TEXT,
      metadata TEXT,
      UNIQUE (run_id, case_no, prompt_id, target_id, repetition),
      FOREIGN KEY (run_id, case_no) REFERENCES cases(run_id, no)
    ) STRICT;

    -- One exchange with a model, and the attempt that succeeded.
    CREATE TABLE calls (
      id INTEGER PRIMARY KEY,
      run_id INTEGER REFERENCES runs(id),
      trial_id INTEGER REFERENCES trials(id),
      -- From 0: the user turn of a conversation that it answers.
      turn INTEGER,
      purpose TEXT NOT NULL,
      source TEXT NOT NULL,
      target_id INTEGER REFERENCES targets(id),
      model_id INTEGER NOT NULL REFERENCES models(id),
      served_model_id INTEGER REFERENCES served_models(id),
      request_id INTEGER REFERENCES contents(id),
      reply_id INTEGER REFERENCES contents(id),
      usage_id INTEGER REFERENCES contents(id),
      -- The call whose reply was used again.
      original_call_id INTEGER REFERENCES calls(id),
      finish_reason TEXT,
      error_kind TEXT,
      error_message TEXT,
      -- Microseconds since 1970 UTC.
      scheduled_at INTEGER NOT NULL,
      total_us INTEGER NOT NULL,
      wait_concurrency_us INTEGER,
      wait_rate_us INTEGER,
      wait_backoff_us INTEGER,
      wait_budget_us INTEGER,
      -- Input includes cached and cache-written tokens; output includes reasoning.
      input_tokens INTEGER,
      output_tokens INTEGER,
      cached_input_tokens INTEGER,
      cache_write_tokens INTEGER,
      reasoning_tokens INTEGER,
      -- Null when the price is unknown; 0 when the reply was used again.
      cost_picodollars INTEGER,
      cost_reason_id INTEGER REFERENCES cost_reasons(id),
      -- What the original cost, where the reply was used again.
      avoided_picodollars INTEGER,
      possibly_billed_picodollars INTEGER,
      is_simulated INTEGER,
      -- The sixteen bytes of the trace of W3C's `traceparent`; in hexadecimal digits in the views.
      trace_id BLOB,
      -- The service's own number of the reply.
      response_id TEXT,
      -- HTTP requests, those that failed included.
      attempts INTEGER NOT NULL,
      -- From here on: the attempt that succeeded, null where none did. Its start is told from the scheduling of the
      -- call, its times from its start; absent is null, never 0.
      start_us INTEGER,
      done_us INTEGER,
      name_lookup_us INTEGER,
      connect_us INTEGER,
      tls_us INTEGER,
      first_byte_us INTEGER,
      first_event_us INTEGER,
      first_output_us INTEGER,
      first_visible_us INTEGER,
      last_output_us INTEGER,
      longest_gap_us INTEGER,
      loop_lag_us INTEGER,
      events INTEGER,
      output_events INTEGER,
      saw_reasoning INTEGER,
      status INTEGER,
      connection_reused INTEGER,
      bytes_up INTEGER,
      bytes_down INTEGER,
      -- The service's own number of the HTTP request.
      service_request_id TEXT,
      -- Rare facts as JSON: log probabilities, audio tokens, what a context policy left out, ...
      details TEXT
    ) STRICT;
    CREATE INDEX calls_of_trial ON calls(trial_id);
    CREATE INDEX calls_of_request ON calls(request_id);

    -- HTTP requests that failed: columns as of the attempt that succeeded, which stands with its call.
    CREATE TABLE failed_attempts (
      call_id INTEGER NOT NULL REFERENCES calls(id),
      -- Among all attempts of the call, from 0.
      no INTEGER NOT NULL,
      start_us INTEGER NOT NULL,
      done_us INTEGER NOT NULL,
      name_lookup_us INTEGER,
      connect_us INTEGER,
      tls_us INTEGER,
      first_byte_us INTEGER,
      first_event_us INTEGER,
      first_output_us INTEGER,
      first_visible_us INTEGER,
      last_output_us INTEGER,
      longest_gap_us INTEGER,
      loop_lag_us INTEGER,
      events INTEGER,
      output_events INTEGER,
      saw_reasoning INTEGER,
      status INTEGER,
      connection_reused INTEGER,
      bytes_up INTEGER,
      bytes_down INTEGER,
      service_request_id TEXT,
      error_kind TEXT,
      error_message TEXT,
      -- The service's own code and the first bytes of what it sent, retry-after and limits, as JSON.
      error_details TEXT,
      may_be_billed INTEGER,
      PRIMARY KEY (call_id, no)
    ) STRICT, WITHOUT ROWID;

    -- What a check is; many results share one.
    CREATE TABLE check_specs (
      id INTEGER PRIMARY KEY,
      type TEXT NOT NULL,
      metric TEXT,
      weight REAL NOT NULL,
      threshold REAL,
      file_id INTEGER REFERENCES files(id),
      line INTEGER,
      column INTEGER,
      -- What its first result expected and said: the same for nearly all.
      expected TEXT,
      reason TEXT NOT NULL
    ) STRICT;

    -- What each check found. `parent` is the `no` of the set that it belongs to.
    CREATE TABLE checks (
      trial_id INTEGER NOT NULL REFERENCES trials(id),
      no INTEGER NOT NULL,
      parent INTEGER,
      spec_id INTEGER NOT NULL REFERENCES check_specs(id),
      outcome TEXT NOT NULL,
      score REAL NOT NULL,
      -- Null where it is the one of the specification.
      reason TEXT,
      -- Named scores, note, and the expected value where it is not the one of the specification, as JSON.
      details TEXT,
      PRIMARY KEY (trial_id, no)
    ) STRICT, WITHOUT ROWID;

    -- Calls that are on the wire. What is left of a dead process may have been billed.
    CREATE TABLE in_flight (
      id INTEGER PRIMARY KEY,
      run_id INTEGER NOT NULL REFERENCES runs(id),
      case_no INTEGER,
      target TEXT NOT NULL,
      purpose TEXT NOT NULL,
      sent_at INTEGER NOT NULL,
      reserved_picodollars INTEGER,
      reserved_tokens INTEGER
    ) STRICT;
    """

  static let people = """
    CREATE TABLE votes (
      id INTEGER PRIMARY KEY,
      call_id INTEGER NOT NULL REFERENCES calls(id),
      -- 1 up, -1 down, or any score in between.
      value REAL NOT NULL,
      comment TEXT,
      voter TEXT,
      voted_at TEXT NOT NULL
    ) STRICT;
    CREATE INDEX votes_of_call ON votes(call_id);
    """
}
