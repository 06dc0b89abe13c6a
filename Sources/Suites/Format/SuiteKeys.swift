extension SuiteFormat {
  static let suite = FormatObject(
    .suite, "The suite",
    "The file itself. Other keys at this level may hold what `$ref` points to.",
    place: [], frame: frame,
    keys: [
      FormatKey("description", .text, "What the suite is for.", "description: Capitals of the world"),
      FormatKey(
        "prompts", .either([.text, .list(.either([.text, .object(.prompt), .list(.any)])), .map(.text)]),
        "What to ask: texts, chats, files, functions, or objects with a label.", #"prompts: ["Say {{word}}"]"#
      ),
      FormatKey(
        "targets",
        .either([.text, .list(.either([.text, .object(.target)])), .object(.target)]),
        "Of whom: models behind APIs. `providers` is the same key by its older name.",
        "targets: [echo, \"sim:sim-small\"]"),
      FormatKey(
        "providers",
        .either([.text, .list(.either([.text, .object(.target)])), .object(.target)]),
        "The same as `targets`; a suite has one of the two.", "providers: [echo]"),
      FormatKey(
        "tests",
        .either([.path, .list(.either([.path, .object(.case), .object(.generator)])), .object(.generator)]),
        "The cases: in place, from files, or from a generator.",
        "tests: [{vars: {word: hello}, assert: [{type: contains, value: hello}]}]"),
      FormatKey(
        "defaultTest", .either([.path, .object(.case)]),
        "What every case has unless it says otherwise; or a file that holds it.",
        "defaultTest: {assert: [{type: latency, threshold: 5000}]}"),
      FormatKey(
        "scenarios", .list(.either([.path, .object(.scenario)])),
        "Sets of data crossed with sets of cases.",
        "scenarios: [{config: [{vars: {word: hi}}], tests: [{assert: [{type: contains, value: hi}]}]}]"),
      .ours(
        "settings", .either([.object(.settings), .list(.object(.settings))]),
        "A matrix crossed with the targets: a list of values multiplies; a list of objects names each combination.",
        "settings: {temperature: [0, 0.7], max_tokens: 200}"),
      .ours("repeat", .integer(from: 1), "How often each trial is repeated; a million at most.", "repeat: 3"),
      .ours(
        "seed", .integer(from: 0), "The seed of every random choice of a run: samples, order, jitter.",
        "seed: 7"),
      .ours(
        "gates", .list(.either([.text, .object(.gate)])),
        "Conditions on the whole run that decide the exit code. A check that fails fails the run, too, unless a gate is on pass rate, score or another figure of quality.",
        #"gates: ["pass_rate >= 0.9", "p95(latency) <= 3s"]"#),
      .ours(
        "limits", .object(.limits), "How fast a target may be asked.",
        "limits: {requests_per_minute: 60, concurrency: 4}"),
      .ours(
        "budget", .either([.money, .object(.budget)]),
        "What a run may spend; it stops before it would spend more.",
        "budget: {cost: 2.50, calls: 1000}"),
      .ours(
        "prices", .either([.text, .list(.either([.text, .object(.price)]))]),
        "Prices of models that the price list does not know, or has wrong: in place or as files.",
        "prices: [{model: my-model, input: 0.15, output: 0.60}]"),
      .ours(
        "baseline", .text, "The run to compare with: a run's id, or `latest`.", "baseline: latest"),
      .ours(
        "secret", texts, "Variables whose values are masked wherever they are recorded or shown.",
        "secret: [card_number]"),
      .ours(
        "judge", providerValue, "The model that judges, unless a case or a check names another.",
        #"judge: "sim:sim-large""#),
      .ours(
        "tools", .either([.object(.tools), .list(.object(.toolResult))]),
        "Results for the tools that models call, for every case.",
        "tools: [{name: lookup, result: {found: true}}]"),
      .ours(
        "context", .object(.context), "What is sent of a long conversation, for every case.",
        "context: {max_tokens: 4000, keep: [system, last]}"),
      .ours(
        "fallback", .text, "The target that is asked when another errs: its label or id.",
        #"fallback: echo"#),
      .ours(
        "cache", .flag, "Takes the reply of an equal request from the ledger instead of asking again.",
        "cache: true"),
      .ours(
        "compat", .word(["promptfoo"]),
        "`promptfoo` gives promptfoo's verdict where ours differs by design and that is safe.",
        "compat: promptfoo"),
      FormatKey(
        "env", .map(.any),
        "Environment variables for templates and targets; the real environment is stronger.",
        "env: {REGION: eu}"),
      FormatKey(
        "outputPath", texts, "Where reports go; the ending names the format.", "outputPath: reports/out.md"),
      FormatKey(
        "derivedMetrics", .list(.object(.derivedMetric)), "Scores computed from the named scores.",
        "derivedMetrics: [{name: f1, value: 2 * p * r / (p + r)}]"),
      .ignored(
        "nunjucksFilters", .map(.text),
        "filters of your own are not run: a prompt function or transformVars can do the same",
        "nunjucksFilters: {shout: filters/shout.js}"),
      .ignored(
        "extensions", .list(.text),
        "hooks are not run: do what they do before and after the run, variables by transformVars",
        #"extensions: ["file://hooks.js:beforeAll"]"#),
      FormatKey("tags", .map(.text), "Words to find the run by.", "tags: {team: search}"),
      FormatKey("metadata", .map(.any), "Anything to keep with the run.", "metadata: {ticket: 42}"),
      FormatKey(
        "evaluateOptions", .object(.evaluateOptions), "How the suite is run.",
        "evaluateOptions: {maxConcurrency: 8}"),
      FormatKey(
        "commandLineOptions", .object(.commandLineOptions), "Flags of the command line, as defaults.",
        "commandLineOptions: {repeat: 2}"),
      FormatKey(
        "tracing", .any, "Accepted; checks on traces read the trace that a target returns.",
        "tracing: {enabled: true}",
        origin: .ignored("no trace receiver is started: checks on traces read what a target returns")),
      .ignored("redteam", .any, "red teaming is no part of assay", "redteam: {purpose: testing}"),
      .ignored("sharing", .any, "results stay in the ledger on this machine", "sharing: false"),
      .ignored(
        "writeLatestResults", .any, "every run is recorded in the ledger", "writeLatestResults: true"),
      .ignored("$schema", .any, "for editors", "$schema: ../schema/assay-suite.schema.json"),
    ])

  static let prompt = FormatObject(
    .prompt, "A prompt", "A text, a chat or a function, with a label and settings of its own.",
    place: ["prompts", "0"],
    frame: #"{prompts: [{raw: "Say {{word}}"}], targets: [echo], tests: [{vars: {word: hello}}]}"#,
    keys: [
      FormatKey(
        "raw", .any, "The template itself: text, or a list of messages.", #"raw: "Repeat: {{word}}""#),
      FormatKey(
        "id", .text, "A file (`file://...`), or the name of a prompt given by `raw`.", "id: greeting"),
      FormatKey("label", .text, "Its name in reports and filters.", "label: short"),
      FormatKey(
        "config", .map(.any), "Settings laid over the target's for calls with this prompt.",
        "config: {temperature: 0}"),
      FormatKey("prefix", .text, "Put before the text.", #"prefix: "Be brief. ""#),
      FormatKey("suffix", .text, "Put after the text.", #"suffix: " Thank you.""#),
      FormatKey("display", .text, "The older name of `label`.", "display: short"),
      .ignored(
        "function", .any, "functions are given as files: `id: file://prompts.js:name`", "function: null"),
    ])

  static let derivedMetric = FormatObject(
    .derivedMetric, "A derived metric", "A score computed from the named scores of a case.",
    required: ["name", "value"], place: ["derivedMetrics", "0"],
    frame:
      #"{prompts: [hello], targets: [echo], derivedMetrics: [{name: mean, value: (a + b) / 2}]}"#,
    keys: [
      FormatKey("name", .text, "Its name.", "name: mean"),
      FormatKey(
        "value", .text, "An expression over named scores; `__count` is the number of cases so far.",
        "value: (accuracy + tone) / 2"),
    ])

  static let scenario = FormatObject(
    .scenario, "A scenario", "Every entry of `config` with every case of `tests`.",
    required: ["config", "tests"], place: ["scenarios", "0"],
    frame:
      #"{prompts: ["Say {{word}}"], targets: [echo], scenarios: [{config: [{vars: {word: hi}}], tests: [{assert: [{type: contains, value: hi}]}]}]}"#,
    keys: [
      FormatKey("description", .text, "What it is about.", "description: Greetings"),
      FormatKey(
        "config", .either([.path, .list(.either([.path, .object(.case)]))]),
        "Partial cases: the data, or a file that holds them.",
        "config: [{vars: {word: hi}}, {vars: {word: ho}}]"),
      FormatKey(
        "tests", .either([.path, .list(.either([.path, .object(.case)]))]),
        "The cases that each is tried with.",
        "tests: [{assert: [{type: icontains, value: h}]}]"),
    ])

  static let generator = FormatObject(
    .generator, "A generator of cases", "A function that makes cases, and what it is given.",
    required: ["path"], place: ["tests"],
    frame: #"{prompts: ["Say {{word}}"], targets: [echo], tests: {path: "file://generate.py"}}"#,
    keys: [
      FormatKey(
        "path", .text, "A script, with the name of the function after a colon if it is not the usual one.",
        #"path: "file://generate.py:some_cases""#),
      FormatKey("config", .map(.any), "Handed to the function.", "config: {count: 3}"),
    ])
}
