extension SuiteFormat {
  static let testCase = FormatObject(
    .case, "A case", "Variables for the prompts, and the checks that the reply must pass.",
    others: .ignored, place: ["tests", "0"], frame: frame,
    keys: [
      FormatKey("description", .text, "Its name in reports and filters.", "description: greets"),
      FormatKey(
        "vars", .either([.map(.any), .path, .list(.path)]),
        "The variables. A list of texts multiplies the case; `file://` takes the value from a file; a path, or a list of paths, takes them all.",
        "vars: {word: [hello, goodbye], count: 3}"),
      FormatKey(
        "assert", checks, "The checks.", "assert: [{type: icontains, value: hello}]"),
      FormatKey(
        "threshold", .number(from: 0, to: nil),
        "The weighted mean score at which the case passes, even when single checks fail.", "threshold: 0.5"),
      FormatKey(
        "options", .object(.options), "How the case is asked and judged.",
        "options: {transform: output.trim()}"),
      FormatKey(
        "metadata", .map(.any),
        "Anything to filter by. `expected` is what the simulated models take for the right answer; cases with the same `conversationId` share a conversation.",
        "metadata: {topic: greetings, expected: hello}"),
      FormatKey(
        "provider", providerValue, "Asks this target, once a prompt, in place of those of the suite.",
        "provider: echo"),
      FormatKey(
        "providers", .list(.text), "Only these targets: labels, ids, beginnings, or patterns with `*`.",
        "providers: [echo]"),
      FormatKey(
        "prompts", .list(.text), "Only these prompts: labels, ids, or patterns with `*`.",
        #"prompts: ["Say*"]"#),
      FormatKey(
        "providerOutput", .any, "Judged as it is; no model is asked.", "providerOutput: hello there"),
      FormatKey(
        "assertScoringFunction", .text, "A file whose function makes the verdict from the named scores.",
        #"assertScoringFunction: "file://score.js""#),
      .ours("repeat", .integer(from: 1), "How often the case is repeated; a million at most.", "repeat: 10"),
      .ours(
        "turns", .list(.either([.text, .object(.turn)])),
        "What the user says after the prompt, turn by turn, with checks after any of them.",
        "turns: [And then?, {user: Are you sure?, assert: [{type: icontains, value: sure}]}]"),
      .ours(
        "tools", .either([.object(.tools), .list(.object(.toolResult))]),
        "Results for the tools that the model calls, so that the exchange runs to its end.",
        "tools: [{name: weather, when: {city: Paris}, result: {celsius: 21}}]"),
      .ours(
        "context", .object(.context), "What is sent of a long conversation.", "context: {max_tokens: 4000}"),
      .ours("fallback", .text, "The target that is asked when the case's own errs.", "fallback: echo"),
    ])

  static let options = FormatObject(
    .options, "Options of a case", "How the case is asked and judged.",
    others: .passedOn("the target, laid over its `config` for this case"),
    place: ["tests", "0", "options"], frame: frame,
    keys: [
      FormatKey("prefix", .text, "Put before the prompt.", #"prefix: "Be brief. ""#),
      FormatKey("suffix", .text, "Put after the prompt.", #"suffix: " Thank you.""#),
      FormatKey(
        "transform", .text, "JavaScript or a file that makes the output to be judged from the reply.",
        "transform: output.trim()"),
      FormatKey("postprocess", .text, "The older name of `transform`.", "postprocess: output.trim()"),
      FormatKey(
        "transformVars", .text, "JavaScript or a file that makes the variables from the variables.",
        #"transformVars: "({...vars, word: 'hi'})""#),
      .ours(
        "transformVarsMaxAge", .duration,
        "How long what `transformVars` made of equal variables is used again: a cache of built contexts.",
        "transformVarsMaxAge: 10m"),
      FormatKey(
        "storeOutputAs", .text, "Keeps the output as a variable for the cases that follow.",
        "storeOutputAs: answer"),
      FormatKey(
        "rubricPrompt", .any, "The prompt of judges, in place of ours.", #"rubricPrompt: "Judge: {{output}}""#
      ),
      FormatKey(
        "provider", providerValue, "The model that judges; or `{text: ..., embedding: ...}` by kind.",
        #"provider: "sim:sim-large""#),
      FormatKey(
        "factuality", .object(.factuality), "Scores of the `factuality` check.", "factuality: {subset: 0.5}"),
      FormatKey(
        "disableVarExpansion", .flag, "Lists in `vars` stay lists.", "disableVarExpansion: true"),
      FormatKey(
        "disableConversationVar", .flag, "Leaves out the variable `_conversation`.",
        "disableConversationVar: true"),
      FormatKey(
        "disableDefaultAsserts", .flag, "Leaves out the checks of `defaultTest`.",
        "disableDefaultAsserts: true"),
      FormatKey("runSerially", .flag, "Not at the same time as any other case.", "runSerially: true"),
    ])

  static let factuality = FormatObject(
    .factuality, "Scores of factuality", "What each finding of the judge is worth.",
    place: ["tests", "0", "options", "factuality"], frame: frame,
    keys: [
      FormatKey("subset", .number(from: nil, to: nil), "The reply says less, and agrees.", "subset: 0.5"),
      FormatKey("superset", .number(from: nil, to: nil), "The reply says more, and agrees.", "superset: 1"),
      FormatKey("agree", .number(from: nil, to: nil), "The reply says the same.", "agree: 1"),
      FormatKey("disagree", .number(from: nil, to: nil), "The reply contradicts.", "disagree: 0"),
      FormatKey(
        "differButFactual", .number(from: nil, to: nil), "They differ in what does not matter.",
        "differButFactual: 0.7"),
    ])

  static let check = FormatObject(
    .check, "A check", "What must hold of the reply. docs/checks.md has every `type`.",
    others: .ignored, required: ["type"], place: ["tests", "0", "assert", "0"],
    frame:
      #"{prompts: ["Say {{word}}"], targets: [echo], tests: [{vars: {word: hello}, assert: [{type: contains, value: hello}]}]}"#,
    keys: [
      FormatKey("type", .text, "Which check; `not-` before it turns it round.", "type: icontains"),
      FormatKey(
        "value", .any,
        "What is looked for; a template where it is text, a file where it begins with `file://`.",
        "value: hello"),
      FormatKey(
        "threshold", .number(from: nil, to: nil), "The score that is enough, or the limit.", "threshold: 0.8"),
      FormatKey("weight", .number(from: 0, to: nil), "Its share in the score; 0 only records.", "weight: 2"),
      FormatKey("metric", .text, "The name under which its score is added up.", "metric: tone"),
      FormatKey("provider", providerValue, "The model that judges.", #"provider: "sim:sim-large""#),
      FormatKey(
        "rubricPrompt", .any, "The prompt of the judge, in place of ours.",
        #"rubricPrompt: "Judge: {{output}}""#),
      FormatKey("transform", .text, "Makes what is checked from the output.", "transform: output.trim()"),
      FormatKey(
        "contextTransform", .text, "Takes the retrieved context from the output.",
        "contextTransform: output.context"),
      FormatKey("config", .map(.any), "Whatever else the check takes.", "config: {windowSize: 5}"),
      FormatKey("alpha", .number(from: nil, to: nil), "METEOR: weight of precision.", "alpha: 0.9"),
      FormatKey("beta", .number(from: nil, to: nil), "METEOR: exponent of the penalty.", "beta: 3"),
      FormatKey("gamma", .number(from: nil, to: nil), "METEOR: weight of the penalty.", "gamma: 0.5"),
      .ours(
        "votes", .integer(from: 1), "How often the judge is asked, at most 25; the majority counts.",
        "votes: 3"),
      .ours("tolerance", .any, "How far off a number or a date may be.", "tolerance: 0.01"),
      .ours(
        "relative", .number(from: 0, to: nil), "How far off a number may be, as a share of it.",
        "relative: 0.05"),
      .ours("n", .integer(from: 1), "`rouge-n`: words in a row.", "n: 2"),
      .ours("flags", .text, "`regex`: JavaScript's flags.", "flags: i"),
      .ours("exact", .flag, "`tool-sequence`: no other calls between.", "exact: true"),
      .ours("kind", .text, "`tokens`: input, output, total, cached or reasoning.", "kind: total"),
      .ours("html", .flag, "`xpath`: reads the reply as HTML.", "html: true"),
      .ours("against", .text, "`pairwise`: the other reply; a template.", "against: hello there"),
      .ours("ties", .word(["pass", "fail"]), "`pairwise`: what a tie counts for.", "ties: pass"),
    ])

  static let assertSet = FormatObject(
    .assertSet, "An assert-set", "Several checks that count as one.",
    others: .ignored, required: ["type", "assert"], place: ["tests", "0", "assert", "0"],
    frame:
      #"{prompts: ["Say {{word}}"], targets: [echo], tests: [{vars: {word: hello}, assert: [{type: assert-set, assert: [{type: contains, value: hello}]}]}]}"#,
    keys: [
      FormatKey("type", .word(["assert-set"]), "Always `assert-set`.", "type: assert-set"),
      FormatKey("assert", checks, "The checks.", "assert: [{type: contains, value: hello}]"),
      FormatKey(
        "threshold", .number(from: 0, to: nil), "The weighted mean score at which the set passes.",
        "threshold: 0.5"),
      FormatKey("weight", .number(from: 0, to: nil), "Its share in the score of the case.", "weight: 2"),
      FormatKey("metric", .text, "The name under which its score is added up.", "metric: format"),
      FormatKey(
        "config", .map(.any), "Laid under the `config` of each of its checks.", "config: {strict: true}"),
    ])

  static let turn = FormatObject(
    .turn, "A turn", "One thing that the user says.", required: ["user"],
    place: ["tests", "0", "turns", "0"],
    frame:
      #"{prompts: ["Say {{word}}"], targets: [echo], tests: [{vars: {word: hello}, turns: [{user: And?}]}]}"#,
    keys: [
      .ours("user", .text, "The message; a template.", "user: And in {{word}}?"),
      .ours("assert", checks, "Checks on the reply to this turn.", "assert: [{type: icontains, value: and}]"),
      .ours(
        "clear", .flag, "Forgets the conversation before this turn, but for system messages.", "clear: true"),
    ])

  static let tools = FormatObject(
    .tools, "Tool results", "What the tools answer that a model calls. A list is the same as its `results`.",
    place: ["tests", "0", "tools"],
    frame:
      #"{prompts: ["Say {{word}}"], targets: [echo], tests: [{vars: {word: hello}, tools: {results: [{name: lookup, result: ok}]}}]}"#,
    keys: [
      .ours(
        "results", .list(.object(.toolResult)), "The first whose name and `when` fit is used.",
        "results: [{name: lookup, result: {found: true}}]"),
      .ours(
        "max_rounds", .integer(from: 1), "The most rounds of calls before the exchange counts as an error.",
        "max_rounds: 4"),
    ])

  static let toolResult = FormatObject(
    .toolResult, "A tool result", "What one tool answers.", required: ["name"],
    place: ["tests", "0", "tools", "0"],
    frame:
      #"{prompts: ["Say {{word}}"], targets: [echo], tests: [{vars: {word: hello}, tools: [{name: lookup, result: ok}]}]}"#,
    keys: [
      .ours("name", .text, "The tool.", "name: lookup"),
      .ours(
        "when", .map(.any), "Arguments that must be equal for this result to be used.", "when: {city: Paris}"),
      .ours(
        "result", .any, "The result; texts in it are templates over `args` and the variables.",
        #"result: {answer: "{{args.city}} is fine"}"#),
      .ours(
        "script", .text, "JavaScript over `args` and `vars`, or a file, that makes the result.",
        "script: \"({total: args.amount * 2})\""),
    ])

  static let context = FormatObject(
    .context, "A context policy", "What is sent of a conversation that has grown long.",
    place: ["tests", "0", "context"], frame: frame,
    keys: [
      .ours(
        "max_tokens", .integer(from: 1), "The oldest messages are left out until the rest fits.",
        "max_tokens: 4000"),
      .ours(
        "keep", .list(.word(["system", "first", "last"])),
        "What is never left out: the system messages, the first exchange, the last user message.",
        "keep: [system, last]"),
    ])
}
