import Formats
import Vocabulary

/// Checks of tool and function calls, in whatever shape the service gave them.
enum ToolChecks {
  static let all: [String: PureCheck] = [
    "is-valid-openai-tools-call": validTools,
    "is-valid-openai-function-call": validFunction,
    "is-valid-function-call": validFunction,
    "tool-call-f1": callF1,
    "tool-sequence": sequence,
    "trajectory:tool-sequence": sequence,
    "tool-args": arguments,
    "trajectory:tool-args-match": arguments,
    "trajectory:tool-used": used,
    "skill-used": used,
    "trajectory:step-count": steps,
  ]

  // MARK: Valid by schema

  private static func validTools(_ check: CheckSpecView, _ input: CheckInput) -> Finding {
    if case .string(let text) = input.output, let finding = remoteTool(text) { return finding }
    let calls: [ToolCall]
    switch input.output {
    case .array(let items):
      calls = items.compactMap(ToolCall.init(openAI:))
      guard calls.count == items.count, !calls.isEmpty else {
        return .holds(false, "the output is not a list of tool calls")
      }
    case .object(let object) where object["tool_calls"]?.array?.isEmpty == false:
      let items = object["tool_calls"]?.array ?? []
      calls = items.compactMap(ToolCall.init(openAI:))
      guard calls.count == items.count else { return .holds(false, "a tool call has no name") }
    default: return .holds(false, "the output has no tool calls")
    }
    guard let tools = input.targetConfig["tools"]?.array, !tools.isEmpty else {
      return .holds(false, "the target has no tools to hold the calls against")
    }
    let functions = tools.compactMap { $0["function"] ?? ($0["name"] == nil ? nil : $0) }
    return validate(calls, against: functions, variables: input.variables)
  }

  private static func validFunction(_ check: CheckSpecView, _ input: CheckInput) -> Finding {
    let output = input.output.isContainer ? input.output : (try? JSON(parsing: input.text)) ?? .null
    let body = output["function_call"] ?? output["functionCall"] ?? output
    guard let name = body["name"]?.string else { return .holds(false, "the output is not a function call") }
    let arguments = body["arguments"] ?? body["args"] ?? .object(JSONObject())
    let call = ToolCall(name: name, arguments: arguments.string ?? arguments.text)
    let functions = functions(in: input.targetConfig)
    guard !functions.isEmpty else {
      return .holds(false, "the target has no functions to hold the call against")
    }
    return validate([call], against: functions, variables: input.variables)
  }

  /// All that a target offers, in whichever service's form.
  static func functions(in config: JSONObject) -> [JSON] {
    var functions = config["functions"]?.array ?? []
    for tool in config["tools"]?.array ?? [] {
      if let function = tool["function"] { functions.append(function) }
      functions += (tool["functionDeclarations"] ?? tool["function_declarations"])?.array ?? []
      if tool["name"] != nil { functions.append(tool) }
    }
    return functions
  }

  /// Each call names a known function, and its arguments are JSON that fits the function's schema.
  static func validate(_ calls: [ToolCall], against functions: [JSON], variables: JSONObject) -> Finding {
    for call in calls {
      guard let function = functions.last(where: { $0["name"]?.string == call.name }) else {
        let known = functions.compactMap { $0["name"]?.string }.joined(separator: ", ")
        return .holds(false, "there is no function \(quoted(call.name)); known: \(excerpt(known))")
      }
      let schema = rendered(
        function["parameters"] ?? function["input_schema"] ?? .object(JSONObject()), variables)
      let arguments: JSON
      do { arguments = try JSON(parsing: call.arguments.isEmpty ? "{}" : call.arguments) } catch {
        return .holds(false, "the arguments of \(quoted(call.name)) are not JSON: \(error)")
      }
      do {
        let violations = try Compiled.schema(schema).validate(arguments)
        if let first = violations.first {
          if first.isUndecided {
            return .undecided(
              "the call of \(quoted(call.name)) was not held against the whole schema: \(first.message)")
          }
          let place = first.instancePath.isEmpty ? "" : " at \(first.instancePath)"
          return .holds(
            false, "the call of \(quoted(call.name)) does not fit its schema\(place): \(first.message)")
        }
      } catch {
        return .undecided("the schema of \(quoted(call.name)) is wrong: \(error.message)")
      }
    }
    return .holds(
      true,
      calls.count == 1
        ? "the call of \(quoted(calls[0].name)) is valid" : "all \(calls.count) calls are valid")
  }

  /// `{{name}}` in a schema's strings, as the suite may use variables there.
  private static func rendered(_ value: JSON, _ variables: JSONObject) -> JSON {
    switch value {
    case .string(let text):
      guard text.hasPrefix("{{"), text.hasSuffix("}}") else { return value }
      return variables[String(text.dropFirst(2).dropLast(2)).trimmed] ?? value
    case .array(let items): return .array(items.map { rendered($0, variables) })
    case .object(let object):
      return .object(JSONObject(object.map { ($0.key, rendered($0.value, variables)) }))
    case .null, .bool, .number: return value
    }
  }

  /// Results of tools that the service itself ran, told in the text.
  private static func remoteTool(_ text: String) -> Finding? {
    if let error = try? Compiled.pattern("MCP Tool Error(?: \\(([^)]*)\\))?: ?(.*)").firstMatch(in: text) {
      let name = error.groups.count > 1 ? error.groups[1] : nil
      let why = error.groups.count > 2 ? error.groups[2] : nil
      return .holds(false, "the tool \(name ?? "of the service") failed: \(excerpt(why ?? "unknown error"))")
    }
    guard let result = try? Compiled.pattern("MCP Tool Result \\(([^)]*)\\)").firstMatch(in: text) else {
      return nil
    }
    return .holds(true, "the tool \((result.groups.count > 1 ? result.groups[1] : nil) ?? "") succeeded")
  }

  // MARK: Which tools

  private static func callF1(_ check: CheckSpecView, _ input: CheckInput) -> Finding {
    guard let wanted = check.list.map({ Set($0.filter { !$0.isEmpty }) }), !wanted.isEmpty else {
      return .undecided("\"tool-call-f1\" needs the names of the tools expected")
    }
    let called = Set(toolCalls(of: input).map(\.name))
    let shared = Double(wanted.intersection(called).count)
    let precision = called.isEmpty ? 0 : shared / Double(called.count)
    let recall = shared / Double(wanted.count)
    let f1 = precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0
    let threshold = check.threshold ?? 1
    return .decided(
      holds: f1 >= threshold, score: f1,
      because:
        "F1 \(NumberText.fixed(f1, decimals: 3)) (precision \(NumberText.fixed(precision, decimals: 3)), recall "
        + "\(NumberText.fixed(recall, decimals: 3))); expected \(wanted.sorted().joined(separator: ", ")); called "
        + (called.isEmpty ? "none" : called.sorted().joined(separator: ", ")))
  }

  /// The names in order; others may stand between unless `exact: true`.
  private static func sequence(_ check: CheckSpecView, _ input: CheckInput) -> Finding {
    guard let wanted = check.list ?? check.value?["steps"]?.array?.compactMap(\.string), !wanted.isEmpty
    else {
      return .undecided("\"\(check.type)\" needs the names of the tools in order")
    }
    let called = toolCalls(of: input).map(\.name)
    let list = called.isEmpty ? "none" : called.joined(separator: ", ")
    if check.option("exact")?.bool == true || check.value?["mode"]?.string == "exact" {
      return .holds(
        called == wanted,
        "the tools called were \(excerpt(list)); wanted exactly \(wanted.joined(separator: ", "))")
    }
    var rest = wanted[...]
    for name in called where name == rest.first { rest.removeFirst() }
    let missing = rest.first.map { "; \(quoted($0)) is missing in its place" } ?? ""
    return .holds(rest.isEmpty, "the tools called were \(excerpt(list))\(missing)")
  }

  private static func used(_ check: CheckSpecView, _ input: CheckInput) -> Finding {
    let names = check.value?["name"]?.string.map { [$0] } ?? check.list ?? []
    guard !names.isEmpty else { return .undecided("\"\(check.type)\" needs the name of a tool") }
    let called = toolCalls(of: input).map(\.name)
    let least = check.value?["min"]?.int ?? 1
    let most = check.value?["max"]?.int ?? .max
    for name in names {
      let count = called.count { matchesGlob($0, name) }
      guard count >= least, count <= most else {
        return .holds(
          false,
          "\(quoted(name)) was called \(count) times; called: \(excerpt(called.joined(separator: ", ")))")
      }
    }
    return .holds(true, "called: \(excerpt(called.joined(separator: ", ")))")
  }

  private static func steps(_ check: CheckSpecView, _ input: CheckInput) -> Finding {
    let count = toolCalls(of: input).count
    let most = check.value?["max"]?.int ?? check.value?.int
    let least = check.value?["min"]?.int
    guard most != nil || least != nil else { return .undecided("\"\(check.type)\" needs min or max") }
    return .holds(count >= least ?? 0 && count <= most ?? .max, "it took \(count) steps")
  }

  // MARK: Arguments

  /// `{tool: {argument: matcher}}`, or `{name, args}`: some call of the tool must fit all matchers.
  private static func arguments(_ check: CheckSpecView, _ input: CheckInput) -> Finding {
    guard case .object(let value) = check.value else {
      return .undecided("\"\(check.type)\" needs {tool: {argument: value}}")
    }
    var wanted: [(name: String, arguments: JSONObject)] = []
    if let name = value["name"]?.string, let inner = value["args"]?.object ?? value["arguments"]?.object {
      wanted = [(name, inner)]
    } else {
      for (name, inner) in value {
        guard case .object(let object) = inner else {
          return .undecided("the arguments of \(quoted(name)) must be an object")
        }
        wanted.append((name, object))
      }
    }
    let calls = toolCalls(of: input)
    var budget = PatternBudget()
    for (name, matchers) in wanted {
      let own = calls.filter { $0.name == name }
      guard !own.isEmpty else { return .holds(false, "\(quoted(name)) was not called") }
      var why = ""
      var fits = false
      for call in own where !fits {
        guard let given = (try? JSON(parsing: call.arguments))?.object else {
          why = "the arguments of \(quoted(name)) are not a JSON object"
          continue
        }
        do {
          fits = true
          for (argument, matcher) in matchers where fits {
            guard let wrong = try mismatch(given[argument], matcher, &budget) else { continue }
            (fits, why) = (false, "\(name)(\(argument)): \(wrong)")
          }
        } catch {
          return .undecided("the arguments of \(quoted(name)): \(error)")
        }
      }
      if !fits { return .holds(false, excerpt(why)) }
    }
    return .holds(true, "the arguments are as wanted")
  }

  /// Why a value does not fit a matcher: a plain value must be equal; `{regex}`, `{min, max}`, `{in}`, `{type}`,
  /// `{contains}`, `{exists}` say more. Nil when it fits.
  private static func mismatch(_ given: JSON?, _ matcher: JSON, _ budget: inout PatternBudget)
    throws(PatternError)
    -> String?
  {
    guard case .object(let rules) = matcher, rules.contains(where: { matcherNames.contains($0.key) }) else {
      guard let given else { return "is missing" }
      if given == matcher || given.double.map({ $0 == matcher.double }) == true { return nil }
      return "is \(excerpt(given.text, 80)), not \(excerpt(matcher.text, 80))"
    }
    if let exists = rules["exists"]?.bool {
      if (given != nil) != exists { return exists ? "is missing" : "is there" }
    }
    guard let given else { return rules["exists"]?.bool == false ? nil : "is missing" }
    let shown = excerpt(given.text, 80)
    if let pattern = rules["regex"]?.string,
      try !budget.matches(try Compiled.pattern(pattern), in: given.string ?? given.text)
    {
      return "is \(shown), which does not match /\(pattern)/"
    }
    if let least = rules["min"]?.double, (given.double ?? -.infinity) < least {
      return "is \(shown), less than \(NumberText.javaScript(least))"
    }
    if let most = rules["max"]?.double, (given.double ?? .infinity) > most {
      return "is \(shown), more than \(NumberText.javaScript(most))"
    }
    if let choices = rules["in"]?.array, !choices.contains(given) {
      return "is \(shown), not one of the values"
    }
    if let part = rules["contains"]?.string, !Haystack(given.string ?? "", fold: false).contains(part) {
      return "is \(shown), without \(quoted(part))"
    }
    if let type = rules["type"]?.string, typeName(given) != type,
      !(type == "number" && typeName(given) == "integer")
    {
      return "is \(typeName(given)), not \(type)"
    }
    if let exact = rules["equals"], exact != given { return "is \(shown), not \(excerpt(exact.text, 80))" }
    return nil
  }

  private static let matcherNames: Set<String> = [
    "regex", "min", "max", "in", "contains", "type", "equals", "exists",
  ]

  private static func typeName(_ value: JSON) -> String {
    switch value {
    case .null: "null"
    case .bool: "boolean"
    case .number(let number): number.int != nil ? "integer" : "number"
    case .string: "string"
    case .array: "array"
    case .object: "object"
    }
  }
}

extension ToolCall {
  /// `{id, function: {name, arguments}}`
  init?(openAI value: JSON) {
    guard let name = value["function"]?["name"]?.string else { return nil }
    let arguments = value["function"]?["arguments"] ?? .string("{}")
    self.init(id: value["id"]?.string, name: name, arguments: arguments.string ?? arguments.text)
  }
}

/// Every call of the exchange; where none was recorded, those that stand in the output in any service's shape.
func toolCalls(of input: CheckInput) -> [ToolCall] {
  if !input.toolCalls.isEmpty { return input.toolCalls }
  if case .string(let text) = input.output {
    if let whole = try? JSON(parsing: text) { return calls(in: whole) }
    return embeddedJSON(in: text).found.flatMap(calls)
  }
  return calls(in: input.output)
}

private func calls(in value: JSON) -> [ToolCall] {
  func call(_ name: JSON?, _ arguments: JSON?) -> [ToolCall] {
    guard let name = name?.string else { return [] }
    return [ToolCall(name: name, arguments: arguments?.string ?? arguments?.text ?? "{}")]
  }
  switch value {
  case .array(let items): return items.flatMap(calls)
  case .object(let object):
    if let inner = object["tool_calls"]?.array { return inner.flatMap(calls) }
    if let function = object["function"] { return call(function["name"], function["arguments"]) }
    if object["type"]?.string == "tool_use" { return call(object["name"], object["input"]) }
    if let function = object["functionCall"] ?? object["function_call"] {
      return call(function["name"], function["args"] ?? function["arguments"])
    }
    if let live = object["toolCall"]?["functionCalls"]?.array {
      return live.flatMap { call($0["name"], $0["args"]) }
    }
    if object["name"] != nil, object["arguments"] != nil { return call(object["name"], object["arguments"]) }
    return []
  case .null, .bool, .number, .string: return []
  }
}
