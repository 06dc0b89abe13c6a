import Formats
import Models
import Suites
import Templates
import Vocabulary

/// Variables and prompts: what is asked.
extension TrialRun {
  /// Values that scripts make. Only what the suite itself says is run, never what a model or a data file said.
  func scripted(_ variables: JSONObject, _ target: Target) async throws(Failure) -> JSONObject {
    var result = variables
    for (name, value) in variables {
      guard let text = value.string, text.hasPrefix("file://") else { continue }
      let reference = FileReference(text)
      guard reference.isScript else { continue }
      let prompt = trial.promptIndex.flatMap { plan.prompts[$0]?.raw } ?? ""
      let made = try await guarded {
        try await hooks.makeVariable(
          VariableRequest(
            name: name, script: reference, prompt: prompt, variables: variables, target: target))
      }
      if let problem = made["error"], !problem.isNull {
        throw Failure(.script, "\(reference.path): \(problem.string ?? problem.text)")
      }
      result[name] = made["output"] ?? made
    }
    return result
  }

  func transformed(
    _ variables: JSONObject, by code: String, _ target: Target
  ) async throws(Failure) -> JSON {
    let context = context(variables, target)
    let now = MonotonicClock.microseconds()
    let key = options.variablesMaxAge == nil ? nil : VariableCache.key(code, context)
    if let key, let maxAge = options.variablesMaxAge,
      let kept = asker.variableCache.value(key, within: maxAge, at: now)
    {
      asker.progress.change { $0.reusedVariables += 1 }
      return kept
    }
    var given = context
    given["uuid"] = .string(uuid(target))
    let value = try await guarded { try await hooks.transformVariables(code, .object(variables), given) }
    asker.progress.change { $0.builtVariables += 1 }
    if let key { asker.variableCache.keep(value, key, at: now) }
    return value
  }

  /// Of this trial alone, and the same when the run is repeated.
  private func uuid(_ target: Target) -> String {
    let place = "\(plan.seed)/\(test.key)/\(trial.promptIndex ?? 0)/\(target.label)/\(trial.slot.repetition)"
    let digits = Array(SHA256.hex(place))
    func part(_ range: Range<Int>) -> String { String(digits[range]) }
    return "\(part(0..<8))-\(part(8..<12))-4\(part(12..<15))-8\(part(15..<18))-\(part(18..<30))"
  }

  func renderedPrompt(_ course: Course) async throws(Failure) -> RenderedPrompt {
    let text = try await renderedText(course)
    course.rendered = text
    do throws(Problem) { return try RenderedPrompt(text: text) } catch {
      throw Failure(.config, error.message)
    }
  }

  func renderedText(_ course: Course) async throws(Failure) -> String {
    guard let place = trial.promptIndex else { throw Failure(.config, "the case has no prompt") }
    let prompt = plan.suite.prompts[place]
    if let template = plan.prompts[place] {
      do throws(Problem) {
        return try adorned(template).render(course.variables, environment: plan.options.templates)
      } catch { throw Failure(.config, error.message) }
    }
    let made = try await guarded {
      try await hooks.makePrompt(prompt, course.variables, course.target.target)
    }
    course.calls.promptConfig = made["prompt"] == nil ? JSONObject() : made["config"]?.object ?? JSONObject()
    let whole = made["prompt"] ?? made
    if whole.isNull { throw Failure(.script, "\(prompt.label) gave no prompt") }
    let text = whole.string ?? whole.text
    // What does not read as a template is text that a variable has brought in.
    guard text.contains("{"), let template = try? PromptTemplate(text) else { return text }
    do throws(Problem) {
      return try template.render(course.variables, environment: plan.options.templates)
    } catch { throw Failure(.config, error.message) }
  }

  func adorned(_ template: PromptTemplate) throws(Problem) -> PromptTemplate {
    let (prefix, suffix) = (options.prefix ?? "", options.suffix ?? "")
    if prefix.isEmpty && suffix.isEmpty { return template }
    return try PromptTemplate(prefix + template.raw + suffix)
  }

  func rendered(_ text: String, _ course: Course) throws(Failure) -> String {
    do throws(Problem) {
      return try PromptTemplate(text).render(course.variables, environment: plan.options.templates)
    } catch { throw Failure(.config, error.message) }
  }
}
