/// Bounds on what a YAML file may make of itself.
public struct YAMLLimits: Sendable {
  public var depth = 200
  /// Values that aliases may add by being repeated (a long text counts for one more with every 64 bytes):
  /// what stops a file of a few lines from unfolding to billions.
  public var repeatedValues = 1_000_000
  public init() {}
}

extension Node {
  /// All documents of a YAML text, read as js-yaml 4 does: docs/formats.md says what that means.
  ///
  /// A mistake is thrown as a `Problem` with its place in `file`.
  public static func parseYAML(_ text: String, file: String, limits: YAMLLimits = YAMLLimits())
    throws(Problem) -> [Node]
  {
    try parseYAML(Array(text.utf8), file: file, limits: limits)
  }

  public static func parseYAML(_ bytes: [UInt8], file: String, limits: YAMLLimits = YAMLLimits())
    throws(Problem) -> [Node]
  {
    var bytes = bytes
    while true {
      let outcome = bytes.withUnsafeBufferPointer { buffer -> Result<[Node], YAMLReader.Stop> in
        YAMLReader.read(buffer, file: file, limits: limits)
      }
      switch outcome {
      case .success(let documents): return documents
      case .failure(.problem(let problem)): throw problem
      case .failure(.surrogate(let problem, let mark)):
        guard let mended = YAMLSurrogates.join(in: bytes, from: mark) else { throw problem }
        bytes = mended
      }
    }
  }

  /// The one document of a YAML text; null when the text is empty.
  public init(parsingYAML text: String, file: String, limits: YAMLLimits = YAMLLimits()) throws(Problem) {
    try self.init(parsingYAML: Array(text.utf8), file: file, limits: limits)
  }

  public init(parsingYAML bytes: [UInt8], file: String, limits: YAMLLimits = YAMLLimits()) throws(Problem) {
    let documents = try Node.parseYAML(bytes, file: file, limits: limits)
    if documents.count > 1 {
      throw Problem(
        "a second document begins here, where one was expected", at: documents[1].location,
        mend: "remove the line \"---\", or put each document into its own file")
    }
    self = documents.first ?? Node(.scalar(.null), at: SourceLocation(file: file, line: 1, column: 1))
  }
}

/// Builds nodes from libyaml's events.
struct YAMLReader {
  enum Stop: Error {
    case problem(Problem)
    /// libyaml refuses halves of surrogate pairs, which js-yaml joins.
    case surrogate(Problem, YAMLEvents.Mark)
  }

  private struct Anchored {
    var node: Node
    var height: Int
    var weight: Int
  }

  private let events: YAMLEvents
  private let source: YAMLSource
  private let file: String
  private let limits: YAMLLimits
  /// Nil while the value is still being read.
  private var anchors: [String: Anchored?] = [:]
  /// Values made so far, with those that aliases repeated.
  private var weight = 0
  private var repeated = 0

  static func read(_ input: UnsafeBufferPointer<UInt8>, file: String, limits: YAMLLimits)
    -> Result<[Node], Stop>
  {
    guard let events = YAMLEvents(input) else { return .failure(.problem(Problem("out of memory"))) }
    var reader = YAMLReader(events: events, source: YAMLSource(input), file: file, limits: limits)
    do throws(Stop) { return .success(try reader.documents()) } catch { return .failure(error) }
  }

  private init(events: YAMLEvents, source: YAMLSource, file: String, limits: YAMLLimits) {
    self.events = events
    self.source = source
    self.file = file
    self.limits = limits
  }

  private mutating func documents() throws(Stop) -> [Node] {
    var documents: [Node] = []
    while true {
      let event = try next()
      switch event.kind {
      case .documentStart:
        anchors.removeAll()
        documents.append(try node(try next(), depth: 1).node)
      case .streamEnd: return documents
      default: continue
      }
    }
  }

  private func next() throws(Stop) -> YAMLEvents.Event {
    do throws(YAMLEvents.Failure) { return try events.next() } catch {
      let problem = YAMLWords.problem(error, file: file)
      throw error.problem == YAMLWords.badEscape ? .surrogate(problem, error.mark) : .problem(problem)
    }
  }

  /// The value that begins with this event, and how many levels it has.
  private mutating func node(_ event: YAMLEvents.Event, depth: Int) throws(Stop) -> (node: Node, height: Int)
  {
    let location = location(event.start)
    if depth > limits.depth {
      throw .problem(Problem("nested deeper than \(limits.depth) levels", at: location))
    }
    let weightBefore = weight
    weight += 1
    switch event.kind {
    case .alias(let name): return try alias(name, at: location, depth: depth)
    case .scalar(let scalar, let anchor):
      weight += scalar.text.utf8.count / 64
      var node = Node(.scalar(try value(of: scalar, at: location)), at: location)
      node.style = scalar.style
      node.textStart = source.textStart(scalar.style, location)
      if let anchor { anchors[anchor] = Anchored(node: node, height: 1, weight: weight - weightBefore) }
      return (node, 1)
    case .sequenceStart(let tag, let anchor):
      if let anchor { anchors[anchor] = .some(nil) }
      let (items, height) = try sequence(depth: depth)
      let content = try YAMLTags.sequence(items, tag: tag, at: location)
      return keep(Node(content, at: location), height, anchor, weightBefore)
    case .mappingStart(let tag, let anchor):
      if let anchor { anchors[anchor] = .some(nil) }
      let (members, height) = try mapping(depth: depth)
      try YAMLTags.checkMapping(tag, at: location)
      return keep(Node(.object(members), at: location), height, anchor, weightBefore)
    case .documentStart, .documentEnd, .streamEnd, .collectionEnd:
      return (Node(.scalar(.null), at: location), 1)
    }
  }

  private mutating func keep(_ node: Node, _ height: Int, _ anchor: String?, _ weightBefore: Int)
    -> (node: Node, height: Int)
  {
    if let anchor { anchors[anchor] = Anchored(node: node, height: height, weight: weight - weightBefore) }
    return (node, height)
  }

  private func value(of scalar: YAMLEvents.Scalar, at location: SourceLocation) throws(Stop) -> JSON {
    guard let tag = scalar.tag else {
      return scalar.style == .plain ? YAMLScalar.resolve(scalar.text) : .string(scalar.text)
    }
    return try YAMLTags.scalar(scalar.text, tag: tag, at: location)
  }

  private mutating func alias(_ name: String, at location: SourceLocation, depth: Int) throws(Stop)
    -> (node: Node, height: Int)
  {
    guard let known = anchors[name] else {
      throw .problem(
        Problem(
          "unknown alias \"*\(name)\"", at: location,
          mend: "name the value with \"&\(name)\" before it is used, or quote the text if it is no alias"))
    }
    guard let anchored = known else {
      throw .problem(Problem("the alias \"*\(name)\" stands inside the value that it names", at: location))
    }
    weight += anchored.weight - 1
    repeated += anchored.weight
    if repeated > limits.repeatedValues {
      throw .problem(
        Problem("aliases unfold to more than \(limits.repeatedValues) values", at: location))
    }
    if depth + anchored.height - 1 > limits.depth {
      throw .problem(Problem("nested deeper than \(limits.depth) levels", at: location))
    }
    return (anchored.node, anchored.height)
  }

  private mutating func sequence(depth: Int) throws(Stop) -> (items: [Node], height: Int) {
    var items: [Node] = []
    var height = 1
    while true {
      let event = try next()
      if case .collectionEnd = event.kind { return (items, height) }
      let item = try node(event, depth: depth + 1)
      items.append(item.node)
      height = max(height, item.height + 1)
    }
  }

  private mutating func mapping(depth: Int) throws(Stop) -> (members: [(key: Node, value: Node)], height: Int)
  {
    var members = YAMLMembers()
    var height = 1
    while true {
      let keyEvent = try next()
      if case .collectionEnd = keyEvent.kind { return (members.all, height) }
      let key = try node(keyEvent, depth: depth + 1).node
      let value = try node(try next(), depth: depth + 1)
      height = max(height, value.height + 1)
      if YAMLTags.isMerge(keyEvent) {
        try members.merge(value.node, at: key.location)
      } else {
        try members.add(try YAMLTags.textKey(key), value.node)
      }
    }
  }

  private func location(_ mark: YAMLEvents.Mark) -> SourceLocation {
    SourceLocation(file: file, line: mark.line, column: mark.column)
  }
}
