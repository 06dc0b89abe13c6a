import Formats

/// Reads prompts in every form: texts, chats, files, globs, folders, functions, commands, objects.
struct PromptReader {
  let folder: String
  let findings: Findings
  var separator = "---"
  private(set) var prompts: [Prompt] = []
  private(set) var files: [String] = []
  private(set) var scripts: [String] = []
  /// Variables that prompts cannot do without, and where they are read.
  private(set) var needs: [(name: String, location: SourceLocation)] = []

  init(folder: String, environment: [String: String], findings: Findings) {
    self.folder = folder
    self.findings = findings
    if let own = environment["PROMPTFOO_PROMPT_SEPARATOR"], !own.isEmpty { separator = own }
  }

  /// What an entry of `prompts` says besides its text.
  struct Entry {
    var label: String?
    /// Of the file, where its prompts have labels of their own.
    var baseLabel: String?
    var config = JSONObject()
    var prefix = ""
    var suffix = ""
    var location: SourceLocation
    /// The text as it stands in the suite, for the places of mistakes in it.
    var node: Node?
  }

  mutating func read(_ node: Node) {
    switch node.content {
    case .scalar(let value):
      guard let text = value.scalarText, !text.isEmpty else {
        if !node.isEmpty {
          findings.error("the prompt is empty", at: node.location, mend: "write what to ask")
        }
        return
      }
      readText(text, Entry(location: textStart(of: node), node: node), isFile: false)
    case .array(let items):
      // A chat written in place, rather than a list of prompts.
      if items.first?["role"] != nil, items.first?["content"] != nil {
        return add(.template(node.json.text), Entry(location: node.location), shown: node.json.text)
      }
      for item in items { readItem(item) }
    case .object(let members):
      for (path, label) in members {
        guard let path = path.plainText else { continue }
        readText(path, Entry(label: label.plainText, location: label.location), isFile: true)
      }
    }
  }

  private mutating func readItem(_ node: Node) {
    guard node.members != nil else {
      if node.items != nil {
        return add(.template(node.json.text), Entry(location: node.location), shown: node.json.text)
      }
      guard let text = node.plainText, !text.isEmpty else {
        return findings.error(
          "the prompt is empty", at: node.location, mend: "write what to ask, or remove the entry")
      }
      return readText(text, Entry(location: textStart(of: node), node: node), isFile: false)
    }
    var entry = Entry(location: node.location)
    entry.label = node.text("label") ?? node.text("display")
    entry.config = node.objectValue("config") ?? JSONObject()
    entry.prefix = node.text("prefix") ?? ""
    entry.suffix = node.text("suffix") ?? ""
    if let raw = node.value("raw") {
      if entry.label == nil { entry.label = node.text("id") }
      guard let text = raw.plainText else {
        return add(.template(raw.json.text), entry, shown: raw.json.text)
      }
      entry.location = textStart(of: raw)
      entry.node = raw
      return readText(text, entry, isFile: false)
    }
    guard let id = node.text("id") else {
      return findings.error(
        "a prompt needs \"raw\" or \"id\"", at: node.location, mend: "for example: raw: \"Say {{word}}\"")
    }
    readText(id, entry, isFile: true)
  }

  private func textStart(of node: Node) -> SourceLocation { node.location(ofLine: 1, column: 1) }

  // MARK: texts and files

  private mutating func readText(_ text: String, _ entry: Entry, isFile: Bool) {
    if text.hasPrefix("exec:") {
      let command = String(text.dropFirst(5))
      scripts.append(command)
      return add(.command(command), entry, shown: text)
    }
    for scheme in ["langfuse://", "portkey://", "helicone://"] where text.hasPrefix(scheme) {
      return findings.error(
        "prompts kept at \(scheme.dropLast(3)) are not fetched", at: entry.location,
        mend: "copy the prompt into a file beside the suite")
    }
    let isMarked = text.hasPrefix("file://")
    guard isMarked || isFile || FileReference.looksLikePath(text) else {
      return add(.template(text), entry, shown: text)
    }
    let reference = FileReference(text)
    let found = paths(of: reference)
    if found.isEmpty {
      // Words with a slash or a star in them are words, unless they can only be a path.
      let isWords = text.contains { $0.isWhitespace } || text.contains("{{") || text.contains("{%")
      if !isMarked, isWords || (!isFile && !reference.hasKnownEnding) {
        return add(.template(text), entry, shown: text)
      }
      return missing(text, reference, entry.location)
    }
    for path in found { readFile(path, reference.function, entry, isOne: found.count == 1) }
  }

  private func paths(of reference: FileReference) -> [String] {
    let path = Path.resolve(reference.path, against: folder)
    if File.isFolder(path) {
      return ((try? File.list(path)) ?? []).filter { !$0.hasPrefix(".") }.sorted().map {
        Path.resolve($0, against: path)
      }
      .filter { !File.isFolder($0) }
    }
    if File.exists(path) { return [path] }
    return Glob.isPattern(reference.path) ? Glob(reference.path).files(in: folder).map(Path.normalized) : []
  }

  private func missing(_ text: String, _ reference: FileReference, _ location: SourceLocation) {
    findings.missingFile(reference.path, folder: folder, for: "prompt", at: location)
  }

  private mutating func readFile(_ path: String, _ function: String?, _ entry: Entry, isOne: Bool) {
    let reference = FileReference(path)
    if reference.isScript {
      scripts.append(path)
      let isProgram = reference.fileExtension == "py" && function == nil
      if isProgram { return add(.program(path: path), entry, shown: Path.name(of: path)) }
      let shown = Path.name(of: path) + (function.map { ":\($0)" } ?? "")
      return add(.function(path: path, name: function), entry, shown: shown)
    }
    guard let text = findings.text(of: path, at: entry.location) else { return }
    files.append(path)
    var entry = entry
    entry.location = SourceLocation(file: path, line: 1, column: 1)
    entry.node = nil
    switch reference.fileExtension {
    case "jsonl": readLines(text, path, entry)
    case "csv": readTable(path, entry)
    case "yaml", "yml":
      guard let node = findings.caught({ () throws(Problem) in try Node(parsingYAML: text, file: path) })
      else { return }
      add(.template(node.plainText ?? withFiles(node, path).pretty), entry, shown: path)
    case "json":
      // As it is written, unless it names files: what is no JSON may be a template that makes some.
      let node = text.contains("\"file://") ? try? Node(parsingJSON: Array(text.utf8), file: path) : nil
      add(.template(node.map { withFiles($0, path).pretty } ?? text.trimmed), entry, shown: path)
    case "md", "j2", "jinja", "jinja2": add(.template(text.trimmed), entry, shown: path)
    case "txt", "": readParts(text, path, entry)
    default:
      if File.isExecutable(path) {
        scripts.append(path)
        return add(.program(path: path), entry, shown: path)
      }
      readParts(text, path, entry)
    }
  }

  private mutating func withFiles(_ chat: Node, _ path: String) -> JSON {
    var nested = NestedFiles(folders: [Path.folder(of: path), folder], findings: findings)
    let whole = nested.filled(chat)
    files += nested.files
    return whole
  }

  /// A text file holds one prompt, or several with `---` on a line between them.
  private mutating func readParts(_ text: String, _ path: String, _ entry: Entry) {
    var part: [Substring] = []
    var parts: [(text: String, line: Int)] = []
    var start = 1
    let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
    for (index, line) in lines.enumerated() {
      if String(line).trimmed == separator {
        parts.append((part.joined(separator: "\n"), start))
        part = []
        start = index + 2
      } else {
        part.append(line)
      }
    }
    parts.append((part.joined(separator: "\n"), start))
    let filled = parts.filter { !$0.text.trimmed.isEmpty }
    if filled.isEmpty {
      findings.error("the prompt file is empty", at: entry.location, mend: "write what to ask")
    }
    for (index, part) in filled.enumerated() {
      var entry = entry
      entry.location = SourceLocation(file: path, line: part.line, column: 1)
      if filled.count > 1, let label = entry.label {
        entry.label = "\(label) \(index + 1)"
        entry.baseLabel = label
      }
      let trimmed = part.text.trimmed
      add(.template(trimmed), entry, shown: "\(Path.name(of: path)): \(trimmed)")
    }
  }

  private mutating func readLines(_ text: String, _ path: String, _ entry: Entry) {
    for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
      .enumerated()
    {
      let line = String(line).trimmed
      guard !line.isEmpty else { continue }
      var entry = entry
      entry.location = SourceLocation(file: path, line: index + 1, column: 1)
      do { _ = try JSON(parsing: line) } catch {
        findings.error(
          "line \(index + 1) is no JSON: \(error.message)",
          at: SourceLocation(file: path, line: index + 1, column: error.column))
        continue
      }
      add(.template(line), entry, shown: "\(Path.name(of: path)): \(line)")
    }
  }

  private mutating func readTable(_ path: String, _ entry: Entry) {
    guard let rows = findings.rows(of: path, trims: true, at: entry.location) else { return }
    guard let header = rows.first, let column = header.fields.firstIndex(where: { $0.trimmed == "prompt" })
    else {
      // Without a header every line is a prompt.
      for row in rows {
        add(
          .template(row.fields[0]), Entry(location: SourceLocation(file: path, line: row.line, column: 1)),
          shown: row.fields[0])
      }
      return
    }
    let labels = header.fields.firstIndex { $0.trimmed == "label" }
    for row in rows.dropFirst() {
      guard row.fields.indices.contains(column), !row.fields[column].isEmpty else { continue }
      var entry = Entry(
        label: entry.label, baseLabel: entry.label, config: entry.config,
        location: SourceLocation(file: path, line: row.line, column: 1))
      if let labels, row.fields.indices.contains(labels), !row.fields[labels].isEmpty {
        entry.label = row.fields[labels]
      }
      add(.template(row.fields[column]), entry, shown: row.fields[column])
    }
  }

  // MARK: adding

  private static let longestLabel = 100

  private mutating func add(_ body: Prompt.Body, _ entry: Entry, shown: String) {
    if case .template(let text) = body {
      needs += PromptCheck.needs(of: text, at: entry.location, entry.node, findings)
    }
    var body = body
    if case .template(let text) = body, !(entry.prefix.isEmpty && entry.suffix.isEmpty) {
      body = .template(entry.prefix + text + entry.suffix)
    }
    let first = shown.split(whereSeparator: \.isNewline).first.map(String.init) ?? shown
    let short =
      first.count > PromptReader.longestLabel
      ? String(first.prefix(PromptReader.longestLabel - 1)) + "…" : first
    var prompt = Prompt(id: "", label: entry.label ?? short, body: body)
    if let label = entry.baseLabel { prompt.baseLabel = label }
    prompt.config = entry.config
    prompt.location = entry.location
    prompt.id = ContentKey.of(prompt, label: entry.label)
    if prompts.contains(where: { $0.id == prompt.id }) {
      return findings.note("the same prompt stands here again and is asked once", at: entry.location)
    }
    if prompts.contains(where: { $0.label == prompt.label }) {
      prompt.label = firstFree(prompt.label, taken: prompts.map(\.label))
    }
    prompts.append(prompt)
  }
}

/// `label`, or `label (2)` where it is taken, and so on.
func firstFree(_ label: String, taken: [String]) -> String {
  guard taken.contains(label) else { return label }
  var number = 2
  while taken.contains("\(label) (\(number))") { number += 1 }
  return "\(label) (\(number))"
}

extension FileReference {
  var hasKnownEnding: Bool {
    FileReference.scriptExtensions.contains(fileExtension)
      || ["txt", "md", "json", "jsonl", "yaml", "yml", "csv", "j2", "jinja", "jinja2"].contains(fileExtension)
  }
}
