import Formats

extension Findings {
  /// The value, or nil with the problem noted.
  func caught<Value>(_ read: () throws(Problem) -> Value) -> Value? {
    do { return try read() } catch {
      add(error)
      return nil
    }
  }

  func text(of path: String, at location: SourceLocation?) -> String? {
    do throws(Problem) { return try File.readText(path) } catch {
      add(Problem(error.message, at: location ?? error.location, mend: error.mend))
      return nil
    }
  }

  /// All rows of a table that is small: of prompts, or of variables.
  func rows(of path: String, trims: Bool = false, at location: SourceLocation?) -> [(
    line: Int, fields: [String]
  )]? {
    caught { () throws(Problem) in
      var rows: [(line: Int, fields: [String])] = []
      var options = CSVReader.Options()
      options.relaxedQuotes = true
      options.trimsFields = trims
      let reader = try CSVReader(path: path, options: options)
      while let row = try reader.next() { rows.append((row.line, row.fields)) }
      noteQuotes(of: reader)
      return rows
    }
  }

  /// Once a file: promptfoo reads such text too, but what the author meant by it may be something else.
  func noteQuotes(of reader: CSVReader) {
    guard let place = reader.relaxedAt else { return }
    noteOnce(
      "a quote that is no part of the quoting is read as text", at: place,
      mend: "put the whole field in quotes and double the quotes inside it")
  }

  /// A value that begins with `file://` names a file that must be there.
  func demandFile(_ node: Node, folder: String) {
    guard let text = node.string, text.hasPrefix("file://"), !text.contains("{{") else { return }
    let path = FileReference(text).path
    if !File.exists(Path.resolve(path, against: folder)) {
      missingFile(path, folder: folder, for: "", at: node.location)
    }
  }

  /// A file that is not there, with the name of one that is.
  func missingFile(_ path: String, folder: String, for what: String, at location: SourceLocation?) {
    let what = what.isEmpty ? "" : what + " "
    if Glob.isPattern(path) {
      return error(
        "no \(what)file matches \(path)", at: location,
        mend: "paths start from \(folder == "." ? "the suite's folder" : folder)")
    }
    let whole = Path.resolve(path, against: folder)
    let beside = ((try? File.list(Path.folder(of: whole))) ?? []).filter { !$0.hasPrefix(".") }
    let meant = nearest(to: Path.name(of: path), in: beside)
    let suggestion = meant.map { name in
      let start = path.split(separator: "/").dropLast().joined(separator: "/")
      return "; did you mean \"\(start.isEmpty ? "" : start + "/")\(name)\"?"
    }
    error(
      "no such \(what)file: \(path)\(suggestion ?? "")", at: location,
      mend: suggestion == nil ? "paths start from the suite's folder, \(folder)" : nil)
  }
}
