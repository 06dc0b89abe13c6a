import Formats

/// One rendering of a template: writes its text, and counts what it costs.
final class Renderer {
  let environment: TemplateEnvironment
  let limits: TemplateLimits
  /// What has been written so far, or into the block that is being captured.
  private(set) var output = ""
  private var steps = 0
  private var calls = 0
  private var depth = 0
  private var programs: [String: Program] = [:]
  private var seenEnvironment: Value?
  private var generator: SeededGenerator?
  /// Arrays that a template pushed something into: they may hold themselves.
  var grown: [ArrayBox] = []
  /// Of all templates that took part, for their macros.
  private var contexts: [Context] = []

  static let deepest = 1500

  init(environment: TemplateEnvironment, limits: TemplateLimits) {
    self.environment = environment
    self.limits = limits
  }

  deinit {
    for array in grown { array.change { $0 = [] } }
  }

  func render(_ program: Program, _ variables: JSONObject) throws(Fault) -> String {
    output.reserveCapacity(program.source.text.utf8.count + 256)
    let context = Context(variables)
    try run(program, context, Scope(isTopLevel: true))
    return output
  }

  // MARK: Costs

  func step(_ count: Int = 1) throws(Fault) {
    steps &+= count
    guard steps <= limits.steps else {
      throw Fault("the template takes more than \(limits.steps) steps", mend: "look for loops within loops")
    }
  }

  /// Counts text that is looked through.
  func read(_ text: String) throws(Fault) {
    let length = text.utf8.count
    if length > 64 { try step(length / 64) }
  }

  /// Counts text that was made: refuses what is too long.
  @discardableResult
  func made(_ text: String) throws(Fault) -> String {
    let length = text.utf8.count
    guard length <= limits.outputBytes else { throw tooLong }
    if length > 64 { try step(length / 64) }
    return text
  }

  /// Before a text of this many bytes is made.
  func expect(bytes: Int) throws(Fault) {
    guard bytes <= limits.outputBytes else { throw tooLong }
  }

  private var tooLong: Fault { Fault("the template makes a text of more than \(limits.outputBytes) bytes") }

  /// Refuses values that are nested too deep.
  func made(_ value: Value) throws(Fault) -> Value {
    guard value.depth <= 500 else { throw Fault("arrays and objects more than 500 deep within one another") }
    return value
  }

  /// The characters of a text, one string each, which take more memory than the text.
  func characters(of text: String) throws(Fault) -> [String] {
    try step(text.utf8.count)
    return text.characters
  }

  func write(_ text: String) throws(Fault) {
    output += text
    steps &+= 1 &+ text.utf8.count / 64
    guard output.utf8.count <= limits.outputBytes else { throw tooLong }
    try step(0)
  }

  /// Counts a macro call or another template, which may nest in one another.
  func called<T>(depth: Int, _ body: () throws(Fault) -> T) throws(Fault) -> T {
    calls += 1
    self.depth += depth + 4
    defer {
      calls -= 1
      self.depth -= depth + 4
    }
    guard calls <= limits.calls, self.depth <= Self.deepest else {
      throw Fault(
        "more than \(calls - 1) calls within one another",
        mend: "look for a macro or an include that calls itself")
    }
    return try body()
  }

  /// What the statements write, as a text of its own.
  func capture(_ body: () throws(Fault) -> Void) throws(Fault) -> String {
    let outer = output
    output = ""
    defer { output = outer }
    try body()
    return output
  }

  func randomIndex(below count: Int) -> Int {
    var generator = generator ?? SeededGenerator(seed: environment.seed, for: "templates")
    defer { self.generator = generator }
    return generator.next(below: count)
  }

  // MARK: Templates

  /// Runs a template; one that extends another runs that one instead, with its own blocks.
  func run(_ program: Program, _ context: Context, _ scope: Scope) throws(Fault) {
    contexts.append(context)
    do throws(Fault) {
      for (name, block) in program.blocks { context.blocks[name, default: []].append((block, program)) }
      var frame = Frame(program: program, context: context, scope: scope)
      let start = output.utf8.count
      try run(program.body, &frame)
      guard let parent = frame.parent else { return }
      output = String(decoding: output.utf8.prefix(start), as: UTF8.self)
      try called(depth: parent.depth) { () throws(Fault) in try run(parent, context, frame.scope) }
    } catch {
      throw error.located(in: program.source)
    }
  }

  /// The template of this name, through the loader.
  func template(_ name: Value, ignoringMissing: Bool = false) throws(Fault) -> Program? {
    guard let name = name.text else { throw Fault("the name of a template is \(name.kindName)") }
    if let program = programs[name] { return program }
    guard let loader = environment.loader else {
      throw Fault("templates from files are not allowed here")
    }
    let loaded: LoadedTemplate?
    do { loaded = try loader(name) } catch {
      throw Fault((error as? Problem)?.message ?? "\(error)", mend: (error as? Problem)?.mend)
    }
    guard let loaded else {
      if ignoringMissing { return nil }
      throw Fault("there is no template \"\(name)\"")
    }
    try step(1 + loaded.source.utf8.count / 64)
    let program = try Program(SourceText(file: loaded.file, firstLine: 1, text: loaded.source))
    programs[name] = program
    return program
  }

  // MARK: Names

  func lookUp(_ name: String, _ frame: Frame) -> Value {
    frame.scope.lookUp(name) ?? frame.context.lookUp(name) ?? global(name)
  }

  private func global(_ name: String) -> Value {
    switch name {
    case "env":
      if let seenEnvironment { return seenEnvironment }
      let value = Value.object(environment.visibleVariables)
      seenEnvironment = value
      return value
    default: return Globals.function(name).map { .function($0) } ?? .undefined
    }
  }
}

/// Where a statement runs.
struct Frame {
  let program: Program
  let context: Context
  var scope: Scope
  /// The template that this one extends.
  var parent: Program?
  /// The block that is running, and which of its bodies.
  var block: (name: String, level: Int)?
}

extension TemplateEnvironment {
  /// `env` with what may be read; the rest is known by name, to say so.
  fileprivate var visibleVariables: ObjectBox {
    let box = ObjectBox()
    for (name, value) in env.sorted(by: { $0.key < $1.key }) {
      if secrets.permits(name, value: value) {
        box[name] = .string(value)
      } else {
        box.hidden.insert(name)
      }
    }
    return box
  }
}
