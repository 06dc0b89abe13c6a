import Formats

/// Filters, tests, functions and macros.
extension Renderer {
  // MARK: Filters and tests

  func filtered(
    _ name: String, _ builtIn: BuiltInFilter?, _ input: Expression, _ arguments: Arguments, at: Int,
    _ frame: inout Frame
  ) throws(Fault) -> Value {
    let input = try evaluate(input, &frame)
    let arguments = try evaluate(arguments, &frame)
    do throws(Fault) {
      if !environment.filters.isEmpty, let filter = environment.filters[name] {
        return try apply(filter, named: name, to: input, arguments)
      }
      guard let builtIn else { throw unknownFilter(name) }
      if let text = input.text { try read(text) }
      return try made(try builtIn.apply(self, input, arguments))
    } catch {
      throw error.located(at: at)
    }
  }

  private func unknownFilter(_ name: String) -> Fault {
    let known = BuiltInFilter.names + environment.filters.keys.sorted()
    let near = nearest(to: name, in: known).map { "; did you mean \"\($0)\"?" } ?? ""
    return Fault("unknown filter \"\(name)\"\(near)")
  }

  private func apply(
    _ filter: TemplateFilter, named name: String, to input: Value, _ arguments: CallArguments
  ) throws(Fault) -> Value {
    var given: [JSON] = []
    for argument in arguments.positional { given.append(try argument.json() ?? .null) }
    if !arguments.keyword.isEmpty {
      var members: [(String, JSON)] = []
      for (name, value) in arguments.keyword { members.append((name, try value.json() ?? .null)) }
      given.append(.object(JSONObject(members)))
    }
    let input = try input.json() ?? .null
    do {
      return Value(try filter(input, given))
    } catch {
      let problem = error as? Problem
      throw Fault("filter \"\(name)\": \(problem?.message ?? "\(error)")", mend: problem?.mend)
    }
  }

  func isTrue(
    _ name: String, _ value: Expression, _ argument: Expression?, at: Int, _ frame: inout Frame
  ) throws(Fault) -> Bool {
    let value = try evaluate(value, &frame)
    let argument = try argument.map { (argument) throws(Fault) in try evaluate(argument, &frame) }
    do throws(Fault) {
      return try BuiltInTest.named(name)(value, argument ?? .undefined)
    } catch {
      throw error.located(at: at)
    }
  }

  private func evaluate(_ arguments: Arguments, _ frame: inout Frame) throws(Fault) -> CallArguments {
    var values = CallArguments()
    for argument in arguments.positional { values.positional.append(try evaluate(argument, &frame)) }
    for (name, value) in arguments.keyword { values.keyword.append((name, try evaluate(value, &frame))) }
    return values
  }

  // MARK: Functions

  func call(_ callee: Expression, _ arguments: Arguments, at: Int, _ frame: inout Frame)
    throws(Fault) -> Value
  {
    do throws(Fault) {
      if case .variable("super", _) = callee, let block = frame.block {
        return .safe(try parentBlock(block, frame))
      }
      let function = try evaluate(callee, &frame)
      let values = try evaluate(arguments, &frame)
      guard case .function(let function) = function else {
        throw Fault("cannot call \(callee.described): it is \(function.kindName)")
      }
      return try made(try function.body(self, values))
    } catch {
      throw error.located(at: at)
    }
  }

  private func parentBlock(_ block: (name: String, level: Int), _ frame: Frame) throws(Fault) -> String {
    var inner = frame
    return try capture { () throws(Fault) in try run(block.name, level: block.level + 1, &inner) }
  }

  /// A macro sees what its template was given and set at the top, and its own parameters.
  func function(_ macro: Macro, program: Program, context: Context) -> Function {
    // The context holds the macro; the renderer holds the context for as long as it renders.
    Function(macro.name) { [unowned context] (renderer, arguments) throws(Fault) in
      try renderer.run(
        macro, arguments, Frame(program: program, context: context, scope: Scope(isolatesWrites: true)))
    }
  }

  /// The body of a `call` block: sees what stands around it.
  func caller(_ macro: Macro, _ frame: Frame) -> Function {
    Function("caller") { (renderer, arguments) throws(Fault) in
      var inner = frame
      inner.scope = Scope(parent: frame.scope, isolatesWrites: true)
      return try renderer.run(macro, arguments, inner)
    }
  }

  private func run(_ macro: Macro, _ arguments: CallArguments, _ frame: Frame) throws(Fault) -> Value {
    var frame = frame
    do throws(Fault) {
      return try called(depth: macro.depth) { () throws(Fault) in
        try bind(arguments, to: macro, &frame)
        return .safe(try capture { () throws(Fault) in try run(macro.body, &frame) })
      }
    } catch {
      throw error.located(in: frame.program.source)
    }
  }

  /// Parameters by place or by name; those with defaults take what places are left over.
  private func bind(_ arguments: CallArguments, to macro: Macro, _ frame: inout Frame) throws(Fault) {
    func named(_ name: String) -> Value? { arguments.keyword.last { $0.name == name }?.value }
    if let caller = named("caller") { frame.scope.declare("caller", caller) }
    for (place, name) in macro.parameters.enumerated() {
      let given = place < arguments.count ? arguments[place] : named(name)
      frame.scope.declare(name, given ?? .undefined)
    }
    for (place, parameter) in macro.defaults.enumerated() {
      let place = place + macro.parameters.count
      if place < arguments.count {
        frame.scope.declare(parameter.name, arguments[place])
      } else if let given = named(parameter.name) {
        frame.scope.declare(parameter.name, given)
      } else {
        frame.scope.declare(parameter.name, try evaluate(parameter.value, &frame))
      }
    }
  }
}

extension Expression {
  /// How a message names what is called.
  fileprivate var described: String {
    switch self {
    case .variable(let name, _): name
    case .member(let target, .string(let name)): "\(target.described).\(name)"
    case .member(let target, _): "\(target.described)[...]"
    case .call(let callee, _, _): "\(callee.described)(...)"
    default: "this"
    }
  }
}
