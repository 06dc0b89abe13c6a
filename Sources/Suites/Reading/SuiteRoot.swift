import Formats
import Scripts

/// A suite file as one tree: read, references and environment resolved, validated; not yet understood.
struct SuiteRoot {
  var file: String
  var node: Node
  var files: [String]

  init?(
    _ file: String, environment: inout [String: String], scripts: ScriptCaller?, _ findings: Findings
  ) async {
    guard let read = await SuiteRoot.read(file, scripts, findings) else { return nil }
    guard read.members != nil else {
      findings.error(
        read.isEmpty ? "the suite is empty" : "a suite is a map of keys, not \(read.kindPhrase)",
        at: read.location,
        mend: "begin with: prompts: [\"...\"]")
      return nil
    }
    var opened: [String] = []
    var references = References(root: read, file: file, findings: findings) { path, location in
      guard File.exists(path) else {
        findings.missingFile(path, folder: ".", for: "referenced", at: location)
        return nil
      }
      opened.append(path)
      return findings.node(of: path, at: location)
    }
    let usesReferences = environment["PROMPTFOO_DISABLE_REF_PARSER"] == nil
    let whole = usesReferences ? references.resolved() : read
    for (name, value) in whole.textMap("env") where environment[name] == nil && !value.contains("{{") {
      environment[name] = value
    }
    let paths =
      whole.texts("envPath")
      + (whole.value("commandLineOptions").map { $0.members == nil ? [] : $0.texts("envPath") } ?? [])
    for path in paths {
      let beside = Path.resolve(path, against: Path.folder(of: file))
      guard File.exists(beside) else {
        findings.missingFile(
          path, folder: Path.folder(of: file), for: "environment", at: whole.keyLocation("commandLineOptions")
        )
        continue
      }
      for (name, value) in EnvironmentFile.parse(findings.text(of: beside, at: nil) ?? "")
      where environment[name] == nil {
        environment[name] = value
      }
    }
    var rendering = EnvironmentReferences(environment: environment, findings: findings)
    self.file = file
    node = rendering.rendered(whole)
    for (name, value) in node.textMap("env") where environment[name] == nil { environment[name] = value }
    files = opened
    Validator(findings: findings, referenced: references.usedRootKeys).check(
      node, as: .object(.suite), named: "the suite")
  }

  private static func read(_ file: String, _ scripts: ScriptCaller?, _ findings: Findings) async -> Node? {
    guard FileReference(file).isJavaScript else { return findings.node(of: file, at: nil) }
    let location = SourceLocation(file: file, line: 1, column: 1)
    guard let scripts else {
      findings.error("the suite is a script, and scripts are not allowed", at: location)
      return nil
    }
    do { return Node(try await scripts(ScriptRequest(path: file, takesData: true)), at: location) } catch {
      findings.error("the suite's script failed: \(messageOf(error))", at: location)
      return nil
    }
  }
}

/// The sentence of an error, whatever its kind.
func messageOf(_ error: any Error) -> String {
  switch error {
  case let problem as Problem: problem.message
  case let problems as Problems: problems.all.first?.message ?? "unknown"
  case let error as ScriptError: error.message
  default: "\(error)"
  }
}

// MARK: several suites as one

extension SuiteRoot {
  private static let joined: Set<String> = [
    "prompts", "targets", "tests", "scenarios", "extensions", "derivedMetrics", "gates", "prices", "secret",
    "outputPath",
  ]
  private static let laidTogether: Set<String> = [
    "env", "tags", "nunjucksFilters", "metadata", "evaluateOptions", "commandLineOptions", "limits", "budget",
    "settings",
  ]

  /// As promptfoo lays several files together: lists one after the other without repeats, maps key by
  /// key, the later the stronger; descriptions joined; of all else the first.
  func merged(with other: SuiteRoot, _ findings: Findings) -> SuiteRoot {
    var result = self
    result.files += [other.file] + other.files
    var members = named(node)
    let from = Path.folder(of: other.file), to = Path.folder(of: file)
    let moved = from == to ? other.node : Rebase(from: from, to: to).rebased(other.node)
    for member in named(moved) {
      let (key, value) = (member.key, member.value)
      guard let place = members.firstIndex(where: { $0.key == key }) else {
        members.append(member)
        continue
      }
      let mine = members[place].value
      if SuiteRoot.joined.contains(key) {
        members[place].value = joined(mine, value)
      } else if SuiteRoot.laidTogether.contains(key) {
        members[place].value = laid(mine, value, depth: 0)
      } else if key == "defaultTest" {
        members[place].value = laidDefaults(mine, value, findings)
      } else if key == "description", let a = mine.plainText, let b = value.plainText {
        members[place].value = Node(.scalar(.string("\(a), \(b)")), at: mine.location)
      }
    }
    result.node = Node(
      .object(members.map { (Node(.scalar(.string($0.key)), at: $0.keyLocation), $0.value) }),
      at: node.location)
    return result
  }

  private func named(_ node: Node) -> [(key: String, value: Node, keyLocation: SourceLocation)] {
    (node.members ?? []).map { key, value in
      let name = key.plainText ?? ""
      return (name == "providers" ? "targets" : name, value, key.location)
    }
  }

  private func joined(_ a: Node, _ b: Node) -> Node {
    var items: [Node] = []
    var seen: Set<JSON> = []
    for item in (a.items ?? [a]) + (b.items ?? [b]) where !item.isEmpty && seen.insert(item.json).inserted {
      items.append(item)
    }
    return Node(.array(items), at: a.location)
  }

  /// One of them may be a file, whose checks would be lost, or lose the other's, without a word.
  private func laidDefaults(_ a: Node, _ b: Node, _ findings: Findings) -> Node {
    if a.isEmpty || b.isEmpty { return a.isEmpty ? b : a }
    if a.members == nil || b.members == nil, !isSameFile(a, b) {
      findings.error(
        "\(a.location.file) and \(b.location.file) both have a \"defaultTest\", and they are not both maps: "
          + "only maps can be laid together",
        at: b.location, mend: "write it out in both, or run the suites one by one")
    }
    return laid(a, b, depth: 1)
  }

  /// However it is written.
  private func isSameFile(_ a: Node, _ b: Node) -> Bool {
    guard let a = a.plainText.map(FileReference.init), let b = b.plainText.map(FileReference.init) else {
      return false
    }
    return Path.normalized(a.path) == Path.normalized(b.path) && a.function == b.function
  }

  private func laid(_ a: Node, _ b: Node, depth: Int) -> Node {
    guard let under = a.members, let over = b.members else {
      return a.items != nil && b.items != nil ? joined(a, b) : b
    }
    var members = under
    for (key, value) in over {
      if let place = members.firstIndex(where: { $0.key.plainText == key.plainText }) {
        members[place].value = depth > 0 ? laid(members[place].value, value, depth: depth - 1) : value
      } else {
        members.append((key, value))
      }
    }
    return Node(.object(members), at: a.location)
  }
}

/// Paths of a suite in one folder, as seen from another.
struct Rebase {
  private let prefix: String

  init(from: String, to: String) {
    // One may be absolute and the other not.
    let source = Path.resolve(from, against: File.workingFolder).split(separator: "/")
    let target = Path.resolve(to, against: File.workingFolder).split(separator: "/")
    let common = zip(source, target).prefix { $0 == $1 }.count
    prefix =
      (Array(repeating: "..", count: target.count - common) + source.dropFirst(common).map(String.init))
      .joined(separator: "/")
    self.folder = from
  }

  private let folder: String

  func rebased(_ node: Node) -> Node {
    var copy = node
    switch node.content {
    case .scalar(let value):
      if let text = value.string, let moved = moved(text) { copy.content = .scalar(.string(moved)) }
    case .array(let items): copy.content = .array(items.map(rebased))
    case .object(let members): copy.content = .object(members.map { ($0.key, rebased($0.value)) })
    }
    return copy
  }

  private func moved(_ text: String) -> String? {
    if text.hasPrefix("file://") {
      let path = String(text.dropFirst(7))
      return Path.isAbsolute(path) ? nil : "file://" + Path.resolve(path, against: prefix)
    }
    // A bare path counts only where there is such a file.
    guard FileReference.looksLikePath(text), !Path.isAbsolute(text), text.utf8.count < 500 else { return nil }
    let path = FileReference(text).path
    let isThere =
      File.exists(Path.resolve(path, against: folder))
      || (Glob.isPattern(path) && !text.contains(" ") && !Glob(path).files(in: folder).isEmpty)
    return isThere ? Path.resolve(text, against: prefix) : nil
  }
}
