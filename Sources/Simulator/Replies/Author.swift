import Formats

/// Writes what a simulated model says: the expected answer or a plausible wrong one, a verdict, a tool call,
/// JSON that fits a schema, or prose.
struct Author {
  var model: SimulatedModel
  var draws: Draws
  var ask: Ask

  /// What a script or a fault wants of the answer.
  struct Wish {
    var text: String?
    var reasoning: String?
    var toolCalls: [(name: String, arguments: JSON)] = []
    var finish: Answer.Finish?
    var fault: Fault.Kind?
    var usage: (input: Int?, cached: Int?, output: Int?, reasoning: Int?) = (nil, nil, nil, nil)
  }

  func answer(_ wish: Wish = Wish(), profile: LatencyProfile, cached: Int = 0) -> Answer {
    var answer = Answer()
    answer.id = identifier(24, .id)
    answer.created = Int(Instant.now().seconds)
    answer.model = ask.model
    say(wish, into: &answer)
    if let reasoning = wish.reasoning {
      answer.reasoning = reasoning
    } else if let range = profile.reasoningTokens {
      var sequence = draws.sequence(.tail)
      answer.reasoning = Prose.text(tokens: range.lowerBound + sequence.below(range.count), &sequence)
    } else if ask.reasons {
      var sequence = draws.sequence(.tail)
      answer.reasoning = Prose.text(tokens: 20 + sequence.below(200), &sequence)
    }
    answer.usage.reasoning = answer.reasoning.isEmpty ? 0 : Tokens.count(answer.reasoning)
    cut(&answer, wish)
    if let finish = wish.finish { answer.finish = finish }
    answer.usage.input = wish.usage.input ?? ask.inputTokens
    answer.usage.cached = min(wish.usage.cached ?? cached, answer.usage.input)
    answer.usage.reasoning = wish.usage.reasoning ?? answer.usage.reasoning
    answer.usage.output = wish.usage.output ?? spoken(answer) + answer.usage.reasoning
    return answer
  }

  /// Tokens of what a user can see or a program can run.
  private func spoken(_ answer: Answer) -> Int {
    answer.toolCalls.reduce(Tokens.count(answer.text)) {
      $0 + Tokens.count($1.name) + Tokens.count($1.arguments)
    }
  }

  private func say(_ wish: Wish, into answer: inout Answer) {
    switch wish.fault {
    case .emptyReply: return
    case .refusal:
      answer.text = "I'm sorry, but I can't help with that."
      answer.finish = .refusal
      return
    default: break
    }
    if !wish.toolCalls.isEmpty {
      answer.text = wish.text ?? ""
      answer.finish = .tools
      for (number, call) in wish.toolCalls.enumerated() {
        answer.toolCalls.append(.init(id: callID(number), name: call.name, arguments: call.arguments.text))
      }
      return
    }
    if let text = wish.text {
      answer.text = text
      return
    }
    let calls = ToolCalling.calls(for: ask, draws)
    if !calls.isEmpty {
      answer.finish = .tools
      for (number, call) in calls.enumerated() {
        answer.toolCalls.append(.init(id: callID(number), name: call.name, arguments: call.arguments.text))
      }
      return
    }
    answer.text = text(&answer)
  }

  private func text(_ answer: inout Answer) -> String {
    if let verdict = Verdict.text(for: ask, model: model, draws) { return verdict }
    if let result = ask.toolResults.last, ask.expected.isEmpty, case .text = ask.format {
      return "Here is what I found: \(result)"
    }
    let expected = ask.expected.filter { !ask.namesTool($0) }
    if !expected.isEmpty {
      let isRight = drawSkill()
      answer.isRight = isRight
      let given = isRight ? expected : expected.map { WrongAnswer.instead(of: $0, ask, draws) }
      return phrase(given)
    }
    var sequence = draws.sequence(.prose)
    switch ask.format {
    case .schema(let schema): return SchemaFiller(schema, hints: ask.lastUserText, draws).value().text
    case .anyJSON: return JSON.object(["answer": JSON(Prose.text(tokens: 12, &sequence))]).text
    case .text: break
    }
    if model.echoes { return ask.lastUserText }
    var length = draws.sequence(.length)
    let tokens = Int(length.logNormal(logarithm(model.medianTokens), model.tokenSpread))
    // No more than one token beyond what will be cut off again.
    let most = min(4000, (ask.maxTokens ?? 4000) + 1)
    return Prose.reply(to: ask.lastUserText, tokens: min(max(tokens, 8), most), &sequence)
  }

  private func drawSkill() -> Bool {
    var sequence = draws.sequence(.skill)
    return sequence.uniform() < model.skill
  }

  /// The answer alone, so that it also holds where a check wants nothing else; several of them as a list.
  private func phrase(_ given: [String]) -> String {
    if case .schema(let schema) = ask.format {
      if given.count == 1, let value = try? JSON(parsing: given[0]), value.object != nil { return value.text }
      return SchemaFiller(schema, hints: given.joined(separator: " "), draws, answer: given.first).value()
        .text
    }
    if case .anyJSON = ask.format {
      if given.count == 1, let value = try? JSON(parsing: given[0]), value.object != nil { return value.text }
      return JSON.object(["answer": given.count == 1 ? JSON(given[0]) : .array(given.map { JSON($0) })]).text
    }
    guard model.talks else { return given.joined(separator: "\n") }
    var sequence = draws.sequence(.prose)
    let length = Int(sequence.logNormal(logarithm(model.medianTokens), model.tokenSpread))
    return "The answer is \(given.joined(separator: ", ")). "
      + Prose.text(tokens: min(length, 2000), &sequence)
  }

  /// Stop sequences and `max_tokens` end a reply early.
  private func cut(_ answer: inout Answer, _ wish: Wish) {
    for stop in ask.stops where !stop.isEmpty {
      if let place = answer.text.firstRange(ofText: stop) {
        answer.text = String(answer.text[..<place])
        answer.stopSequence = stop
      }
    }
    var limit = ask.maxTokens.map { max(0, $0 - answer.usage.reasoning) }
    if wish.fault == .length || wish.fault == .contentFilter {
      limit = min(limit ?? .max, max(1, spoken(answer) / 2))
    }
    if let limit, answer.toolCalls.isEmpty {
      let bytes = Array(answer.text.utf8)
      let ends = Tokens.ends(bytes)
      if ends.count > limit {
        answer.text = limit == 0 ? "" : String(decoding: bytes[..<Int(ends[limit - 1])], as: UTF8.self)
        answer.finish = .length
      }
    }
    if wish.fault == .length { answer.finish = .length }
    if wish.fault == .contentFilter { answer.finish = .contentFilter }
  }

  private func callID(_ number: Int) -> String {
    (ask.api == .anthropic ? "toolu_" : "call_") + identifier(24, .tools, number)
  }

  private func identifier(_ length: Int, _ purpose: Draws.Purpose, _ number: Int = 0) -> String {
    let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)
    var sequence = draws.sequence(purpose)
    for _ in 0..<number { _ = sequence.next() }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(length)
    while bytes.count < length {
      var word = sequence.next()
      for _ in 0..<min(10, length - bytes.count) {
        bytes.append(letters[Int(word % 62)])
        word /= 62
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension Ask {
  /// An expectation may name the tool that is to be called: `get_weather` or `get_weather({"city":"Oslo"})`.
  func namesTool(_ expected: String) -> Bool {
    tools.contains { expected == $0.name || expected.hasPrefix($0.name + "(") }
  }
}

extension String {
  /// Where `text` first begins.
  func firstRange(ofText text: String) -> Index? {
    var hay = self
    var needle = text
    let place = hay.withUTF8 { hay in needle.withUTF8 { needle in Self.find(needle, in: hay) } }
    return place.map { utf8.index(startIndex, offsetBy: $0) }
  }

  private static func find(_ needle: UnsafeBufferPointer<UInt8>, in hay: UnsafeBufferPointer<UInt8>) -> Int? {
    guard let first = needle.first, hay.count >= needle.count else { return nil }
    var place = 0
    while place <= hay.count - needle.count {
      if hay[place] == first {
        var length = 1
        while length < needle.count, hay[place + length] == needle[length] { length += 1 }
        if length == needle.count { return place }
      }
      place += 1
    }
    return nil
  }
}
