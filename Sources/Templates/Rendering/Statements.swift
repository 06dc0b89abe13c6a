import Formats

extension Renderer {
  func run(_ body: [Statement], _ frame: inout Frame) throws(Fault) {
    for statement in body { try run(statement, &frame) }
  }

  private func run(_ statement: Statement, _ frame: inout Frame) throws(Fault) {
    switch statement {
    case .text(let text): try write(text)
    case .output(let value, let at): try print(value, at: at, &frame)
    case .choice(let branches, let otherwise):
      for branch in branches where try evaluate(branch.condition, &frame).isTrue {
        return try run(branch.body, &frame)
      }
      try run(otherwise, &frame)
    case .loop(let loop): try run(loop, &frame)
    case .set(let names, let value, let at): try set(names, value, at: at, &frame)
    case .macro(let macro): define(macro, &frame)
    case .selection(let value, let branches, let otherwise):
      try select(value, branches, otherwise, &frame)
    case .include(let name, let ignoresMissing, let at):
      try include(name, ignoresMissing: ignoresMissing, at: at, &frame)
    case .importAll(let name, let alias, let withContext, let at):
      let members = try exports(of: name, withContext: withContext, at: at, &frame)
      bind(alias, .object(ObjectBox(members)), &frame)
    case .importNames(let name, let names, let withContext, let at):
      let members = try exports(of: name, withContext: withContext, at: at, &frame)
      for (name, alias) in names {
        guard let member = members.first(where: { $0.key == name }) else {
          throw Fault("the template has no \"\(name)\" to import", at: at)
        }
        bind(alias, member.value, &frame)
      }
    case .block(let block):
      // Without a parent a block stands where it is written; with one, where the parent has it.
      if frame.parent == nil || frame.block != nil { try run(block.name, level: 0, &frame) }
    case .extends(let name, let at):
      do throws(Fault) {
        frame.parent = try template(evaluate(name, &frame))
      } catch {
        throw error.located(at: at)
      }
    }
  }

  private func print(_ value: Expression, at: Int, _ frame: inout Frame) throws(Fault) {
    do throws(Fault) {
      try write(evaluate(value, &frame).printed())
    } catch {
      throw error.located(at: at)
    }
  }

  // MARK: Loops and choices

  private func run(_ loop: Loop, _ frame: inout Frame) throws(Fault) {
    let outer = frame.scope
    frame.scope = Scope(parent: outer)
    defer { frame.scope = outer }
    let items: Value
    do throws(Fault) { items = try evaluate(loop.items, &frame) } catch {
      throw error.located(at: loop.offset)
    }
    var rounds = 0
    switch items {
    case .array(let box):
      rounds = box.count
      var place = 0
      // The body may push more items.
      while place < box.count {
        do throws(Fault) {
          try bindItem(box[place], loop, frame)
        } catch {
          throw error.located(at: loop.offset)
        }
        try runRound(loop, place, of: rounds, &frame)
        place += 1
      }
    case .string(let text), .safe(let text):
      let characters = try self.characters(of: text)
      rounds = characters.count
      for (place, character) in characters.enumerated() {
        let isPair = loop.names.count > 1
        declare(loop, isPair ? [.string(String(place)), .string(character)] : [.string(character)], frame)
        try runRound(loop, place, of: rounds, &frame)
      }
    case .object(let box) where loop.names.count > 1:
      rounds = box.count
      for (place, member) in box.entries.enumerated() {
        declare(loop, [.string(member.key), member.value], frame)
        try runRound(loop, place, of: rounds, &frame)
      }
    default: break
    }
    if rounds == 0 {
      declare(loop, [], frame)
      try run(loop.otherwise, &frame)
    }
  }

  /// Names without a value are undefined.
  private func declare(_ loop: Loop, _ values: [Value], _ frame: Frame) {
    for (place, name) in loop.names.enumerated() {
      frame.scope.declare(name, place < values.count ? values[place] : .undefined)
    }
  }

  /// `for a, b in pairs` takes an item apart.
  private func bindItem(_ item: Value, _ loop: Loop, _ frame: Frame) throws(Fault) {
    guard loop.names.count > 1 else { return frame.scope.declare(loop.names[0], item) }
    guard !item.isNullish else {
      throw Fault("cannot take \(item.kindName) apart into \(loop.names.joined(separator: ", "))")
    }
    for (place, name) in loop.names.enumerated() {
      frame.scope.declare(name, try Members.member(.number(Double(place)), of: item))
    }
  }

  private func runRound(_ loop: Loop, _ place: Int, of count: Int, _ frame: inout Frame) throws(Fault) {
    try step()
    if loop.usesLoopVariable {
      frame.scope.declare(
        "loop",
        .object(
          ObjectBox(words: [
            ("index", .number(Double(place + 1))), ("index0", .number(Double(place))),
            ("revindex", .number(Double(count - place))), ("revindex0", .number(Double(count - place - 1))),
            ("first", .bool(place == 0)), ("last", .bool(place == count - 1)),
            ("length", .number(Double(count))),
          ])))
    }
    try run(loop.body, &frame)
  }

  private func select(
    _ value: Expression, _ branches: [Branch], _ otherwise: [Statement], _ frame: inout Frame
  ) throws(Fault) {
    let value = try evaluate(value, &frame)
    var isFound = false
    for branch in branches {
      if !isFound { isFound = Value.identical(value, try evaluate(branch.condition, &frame)) }
      if isFound, !branch.body.isEmpty { return try run(branch.body, &frame) }
    }
    try run(otherwise, &frame)
  }

  // MARK: Binding names

  private func set(_ names: [String], _ value: Expression, at: Int, _ frame: inout Frame) throws(Fault) {
    do throws(Fault) {
      let value = try evaluate(value, &frame)
      for name in names {
        frame.scope.set(name, value)
        if frame.scope.isTopLevel { frame.context.set(name, value) }
      }
    } catch {
      throw error.located(at: at)
    }
  }

  private func bind(_ name: String, _ value: Value, _ frame: inout Frame) {
    frame.scope.declare(name, value)
    if frame.scope.isTopLevel { frame.context.set(name, value) }
  }

  private func define(_ macro: Macro, _ frame: inout Frame) {
    bind(macro.name, .function(function(macro, program: frame.program, context: frame.context)), &frame)
  }

  // MARK: Blocks and other templates

  /// Runs one body of a block: level 0 is the one of the template that was asked for.
  func run(_ block: String, level: Int, _ frame: inout Frame) throws(Fault) {
    let bodies = frame.context.blocks[block] ?? []
    guard bodies.indices.contains(level) else {
      throw Fault("there is no parent block \"\(block)\" for super()")
    }
    let (body, program) = bodies[level]
    var inner = Frame(
      program: program, context: frame.context, scope: Scope(parent: frame.scope, isolatesWrites: true))
    inner.block = (block, level)
    do throws(Fault) {
      try called(depth: 4) { () throws(Fault) in try run(body.body, &inner) }
    } catch {
      throw error.located(in: program.source)
    }
  }

  private func include(_ name: Expression, ignoresMissing: Bool, at: Int, _ frame: inout Frame)
    throws(Fault)
  {
    do throws(Fault) {
      guard let program = try template(evaluate(name, &frame), ignoringMissing: ignoresMissing) else {
        return
      }
      let scope = Scope(parent: frame.scope, isolatesWrites: true, isTopLevel: true)
      let context = frame.context.copy()
      try called(depth: program.depth) { () throws(Fault) in try run(program, context, scope) }
    } catch {
      throw error.located(at: at)
    }
  }

  private func exports(of name: Expression, withContext: Bool, at: Int, _ frame: inout Frame)
    throws(Fault) -> [(key: String, value: Value)]
  {
    do throws(Fault) {
      guard let program = try template(evaluate(name, &frame)) else { return [] }
      let scope = Scope(parent: withContext ? frame.scope : nil, isolatesWrites: true, isTopLevel: true)
      let context = withContext ? frame.context.copy() : Context(JSONObject())
      _ = try capture { () throws(Fault) in
        try called(depth: program.depth) { () throws(Fault) in try run(program, context, scope) }
      }
      return context.exported()
    } catch {
      throw error.located(at: at)
    }
  }
}
