import Formats

/// Replaces `{$ref: '#/name'}` and `{$ref: file.yaml#/name}` by what they point to. Siblings of the key
/// are laid over it. Schemas of tools keep their own references.
struct References {
  let root: Node
  let file: String
  let findings: Findings
  let read: (String, SourceLocation) -> Node?
  /// Root keys that were pointed to.
  private(set) var usedRootKeys: Set<String> = []
  private var resolving: [String] = []
  private var files: [String: Node?] = [:]
  private var replaced = 0

  private static let keepTheirOwn: Set<String> = [
    "tools", "functions", "response_format", "responseSchema", "schema",
  ]
  private static let most = 100_000

  init(root: Node, file: String, findings: Findings, read: @escaping (String, SourceLocation) -> Node?) {
    self.root = root
    self.file = file
    self.findings = findings
    self.read = read
  }

  mutating func resolved() -> Node { resolve(root, within: root, file: file) }

  private mutating func resolve(_ node: Node, within document: Node, file: String) -> Node {
    switch node.content {
    case .scalar: return node
    case .array(let items):
      return Node(.array(items.map { resolve($0, within: document, file: file) }), at: node.location)
    case .object(let members):
      if let pointer = members.first(where: { $0.key.plainText == "$ref" }),
        let target = pointer.value.plainText
      {
        return replacement(for: target, in: node, members, pointer.value.location, document, file)
      }
      let kept = members.map { key, value in
        References.keepTheirOwn.contains(key.plainText ?? "")
          && value.members?.contains { $0.key.plainText == "$ref" } != true
          ? (key, value) : (key, resolve(value, within: document, file: file))
      }
      return Node(.object(kept), at: node.location)
    }
  }

  private mutating func replacement(
    for target: String, in node: Node, _ members: [(key: Node, value: Node)], _ location: SourceLocation,
    _ document: Node, _ file: String
  ) -> Node {
    let nothing = Node(.scalar(.null), at: node.location)
    let parts = target.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let path = parts[0].hasPrefix("file://") ? String(parts[0].dropFirst(7)) : parts[0]
    let pointer = parts.count == 2 ? parts[1] : ""
    let otherFile = path.isEmpty ? file : Path.resolve(path, against: Path.folder(of: file))
    let name = "\(otherFile)#\(pointer)"
    replaced += 1
    if resolving.contains(name) || replaced > References.most {
      findings.error(
        "\"$ref: \(target)\" refers to itself", at: location,
        mend: "break the circle: write the value out in one place")
      return nothing
    }
    guard let other = path.isEmpty ? document : opened(otherFile, location) else { return nothing }
    guard let found = look(up: pointer, in: other, target, location) else { return nothing }
    if path.isEmpty, file == self.file { usedRootKeys.insert(firstStep(of: pointer)) }
    resolving.append(name)
    defer { resolving.removeLast() }
    let value = resolve(found, within: other, file: otherFile)
    let siblings = members.filter { $0.key.plainText != "$ref" }
    guard !siblings.isEmpty else { return value }
    guard case .object(let base) = value.content else {
      findings.error(
        "\"$ref\" stands beside other keys, but \(target) is \(value.kindPhrase)", at: location,
        mend: "remove the other keys")
      return value
    }
    let own = siblings.map { ($0.key, resolve($0.value, within: document, file: file)) }
    let names = Set(own.compactMap { $0.0.plainText })
    return Node(.object(base.filter { !names.contains($0.key.plainText ?? "") } + own), at: node.location)
  }

  private mutating func opened(_ path: String, _ location: SourceLocation) -> Node? {
    if let known = files[path] { return known }
    let node = read(path, location)
    files[path] = node
    return node
  }

  private func firstStep(of pointer: String) -> String {
    pointer.split(separator: "/").first.map(String.init) ?? ""
  }

  private func look(up pointer: String, in document: Node, _ target: String, _ location: SourceLocation)
    -> Node?
  {
    var place = document
    for step in pointer.split(separator: "/") {
      let name = String(step).replacing("~1", with: "/").replacing("~0", with: "~")
      if let items = place.items, let index = Int(name), items.indices.contains(index) {
        place = items[index]
      } else if let next = place[name] {
        place = next
      } else {
        let meant = nearest(to: name, in: (place.members ?? []).compactMap { $0.key.plainText })
        findings.error(
          "\"$ref: \(target)\" points to nothing: there is no \"\(name)\""
            + (meant.map { "; did you mean \"\($0)\"?" } ?? ""),
          at: location)
        return nil
      }
    }
    return place
  }
}
