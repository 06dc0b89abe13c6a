extension SuiteFormat {
  static let evaluateOptions = FormatObject(
    .evaluateOptions, "evaluateOptions",
    "How the suite is run. Flags are stronger, then `commandLineOptions`.",
    place: ["evaluateOptions"], frame: frame,
    keys: [
      FormatKey("maxConcurrency", .integer(from: 1), "Calls in flight at once.", "maxConcurrency: 8"),
      FormatKey(
        "repeat", .integer(from: 1), "How often each trial is repeated; a million at most.", "repeat: 2"),
      FormatKey(
        "delay", .integer(from: 0), "Milliseconds to wait after each call; one call at a time.", "delay: 100"),
      FormatKey("cache", .flag, "Takes replies to equal requests from the ledger.", "cache: true"),
      FormatKey("timeoutMs", .integer(from: 0), "The longest that one attempt may take.", "timeoutMs: 30000"),
      FormatKey(
        "maxEvalTimeMs", .integer(from: 0), "The longest that the run may take.", "maxEvalTimeMs: 600000"),
      .ignored("eventSource", .any, "nothing is reported to anyone", "eventSource: cli"),
      .ignored("generateSuggestions", .any, "prompts are not rewritten", "generateSuggestions: false"),
      .ignored("interactiveProviders", .any, "use maxConcurrency: 1", "interactiveProviders: false"),
      .ignored("showProgressBar", .any, "progress is shown on a terminal", "showProgressBar: false"),
      .ignored("silent", .any, "use the flag -q", "silent: true"),
      .ignored("isRedteam", .any, "red teaming is no part of assay", "isRedteam: false"),
    ])

  static let commandLineOptions = FormatObject(
    .commandLineOptions, "commandLineOptions", "Flags of the command line, as defaults.",
    place: ["commandLineOptions"], frame: frame,
    keys: [
      FormatKey("description", .text, "What the run is for.", "description: nightly"),
      FormatKey(
        "prompts", .list(.text), "Prompts, besides those of the suite.", #"prompts: ["Whisper {{word}}"]"#),
      FormatKey(
        "providers", .list(.text), "Targets, besides those of the suite.", "providers: [\"sim:sim-small\"]"),
      FormatKey("tests", .text, "A file of cases, besides those of the suite.", "tests: more.csv"),
      FormatKey("vars", .text, "The older name of `tests`.", "vars: more.csv"),
      FormatKey("output", .list(.text), "Where reports go.", "output: [reports/out.md]"),
      FormatKey("maxConcurrency", .integer(from: 1), "Calls in flight at once.", "maxConcurrency: 8"),
      FormatKey(
        "repeat", .integer(from: 1), "How often each trial is repeated; a million at most.", "repeat: 2"),
      FormatKey("delay", .integer(from: 0), "Milliseconds to wait after each call.", "delay: 100"),
      FormatKey("cache", .flag, "Takes replies to equal requests from the ledger.", "cache: false"),
      FormatKey("grader", .text, "The model that judges.", #"grader: "sim:sim-large""#),
      FormatKey(
        "var", .map(.any), "Variables for every case; a case's own are stronger.", "var: {tone: warm}"),
      FormatKey("promptPrefix", .text, "Put before every prompt.", #"promptPrefix: "Be brief. ""#),
      FormatKey("promptSuffix", .text, "Put after every prompt.", #"promptSuffix: " Thanks.""#),
      .ignored(
        "extension", .list(.text), "hooks are not run", #"extension: ["file://hooks.js:beforeAll"]"#),
      FormatKey("envPath", texts, "A file of environment variables.", "envPath: settings.env"),
      FormatKey("filterFirstN", .integer(from: 1), "Only the first cases.", "filterFirstN: 1"),
      FormatKey(
        "filterSample", .integer(from: 1), "Only a sample of the cases, by the seed.", "filterSample: 1"),
      FormatKey("filterPattern", .text, "Only cases whose description matches.", #"filterPattern: ".*""#),
      FormatKey("filterMetadata", texts, "Only cases with this metadata: `key=value`.", "filterMetadata: []"),
      FormatKey("filterProviders", .text, "Only targets whose label or id matches.", "filterProviders: echo"),
      FormatKey("filterTargets", .text, "Only targets whose label or id matches.", "filterTargets: echo"),
      FormatKey("filterPrompts", .text, "Only prompts whose label or id matches.", "filterPrompts: Say"),
      FormatKey(
        "filterRange", .text, "Only a range of cases: `first:last`, from 0, the last left out.",
        #"filterRange: "0:10""#),
      .ignored("filterFailing", .any, "use the flag --failed", "filterFailing: latest"),
      .ignored("filterFailingOnly", .any, "use the flag --failed", "filterFailingOnly: latest"),
      .ignored("filterErrorsOnly", .any, "use the flag --failed", "filterErrorsOnly: latest"),
      .ignored("config", .any, "name the suites on the command line", "config: [a.yaml]"),
      .ignored("assertions", .any, "use the command assay grade", "assertions: a.yaml"),
      .ignored("modelOutputs", .any, "use the command assay grade", "modelOutputs: a.json"),
      .ignored("verbose", .any, "assay show tells every call", "verbose: true"),
      .ignored("tableCellMaxLength", .any, "tables fit the terminal", "tableCellMaxLength: 100"),
      .ignored("write", .any, "every run is recorded in the ledger", "write: true"),
      .ignored("table", .any, "the table is part of every run", "table: true"),
      .ignored("share", .any, "results stay in the ledger on this machine", "share: false"),
      .ignored("noShare", .any, "results stay in the ledger on this machine", "noShare: true"),
      .ignored("progressBar", .any, "progress is shown on a terminal", "progressBar: false"),
      .ignored("watch", .any, "a suite is run once", "watch: false"),
      .ignored("generateSuggestions", .any, "prompts are not rewritten", "generateSuggestions: false"),
      .ignored("retryErrors", .any, "use the flags --resume --retry-errors", "retryErrors: false"),
      .ignored("remote", .any, "red teaming is no part of assay", "remote: false"),
    ])
}
