import Formats

/// Multiplies lists of texts, and takes values from files.
struct VariableExpander {
  /// Relative paths start here, and data files may name nothing outside.
  let folder: String
  let limit = 1_000_000
  private var cache: [String: JSON] = [:]
  private var cachedBytes = 0

  init(folder: String) { self.folder = folder }

  /// Whether there is anything to multiply or to read.
  static func isPlain(_ variables: JSONObject) -> Bool {
    variables.allSatisfy { member in
      switch member.value {
      case .string(let text): !text.utf8.starts(with: "file://".utf8)
      case .array(let items): items.first?.string == nil
      case .null, .bool, .number, .object: true
      }
    }
  }

  /// One object for each combination, the last variable varying fastest. `files` gives the files
  /// of a `file://` value, so that a pattern multiplies too; it is asked for each such value.
  static func combinations(
    of variables: JSONObject, files: (_ name: String, _ text: String) throws -> [String]
  ) rethrows
    -> [JSONObject]
  {
    var rows = [JSONObject()]
    for (name, value) in variables {
      var values = [value]
      switch value {
      case .array(let items) where items.first?.string != nil: values = items
      case .string(let text) where text.hasPrefix("file://"):
        values = try files(name, text).map { .string("file://\($0)") }
      default: break
      }
      rows = rows.flatMap { row in
        values.map { value in
          var row = row
          row[name] = value
          return row
        }
      }
    }
    return rows
  }

  /// All combinations with their files read. Values that scripts make are left to the run.
  mutating func expand(
    _ variables: JSONObject, multiplies: Bool, isData: (String) -> Bool, at location: SourceLocation?
  ) throws(Problem) -> [JSONObject] {
    var rows = [variables]
    if multiplies {
      var count = 1
      for member in variables { count = min(count * max(1, member.value.array?.count ?? 1), limit + 1) }
      if count > limit {
        throw Problem(
          "the lists of variables multiply to more than \(limit) cases", at: location,
          mend: "set options.disableVarExpansion, or split the case")
      }
      do {
        rows = try VariableExpander.combinations(of: variables) { name, text in
          try self.files(of: text, isData(name), at: location)
        }
      } catch let problem as Problem { throw problem } catch { throw Problem("\(error)", at: location) }
    }
    for index in rows.indices {
      for (name, value) in rows[index] {
        guard let text = value.string, text.hasPrefix("file://") else { continue }
        rows[index][name] = try read(text, isData(name), at: location)
      }
    }
    return rows
  }

  private func files(of text: String, _ isFromDataFile: Bool, at location: SourceLocation?) throws(Problem)
    -> [String]
  {
    let path = String(text.dropFirst(7))
    guard Glob.isPattern(path) else { return [path] }
    let found = Glob(path).files(in: folder)
    if found.isEmpty {
      throw Problem(
        "no file matches \(path)", at: location, mend: "paths start from the suite's folder, \(folder)")
    }
    return found.map { Path.isAbsolute($0) ? $0 : relative($0) }
  }

  /// What `Glob` found beneath the folder, as seen from the folder.
  private func relative(_ path: String) -> String {
    let prefix = Path.normalized(folder) + "/"
    let normalized = Path.normalized(path)
    return normalized.hasPrefix(prefix) ? String(normalized.dropFirst(prefix.count)) : normalized
  }

  private mutating func read(_ text: String, _ isFromDataFile: Bool, at location: SourceLocation?)
    throws(Problem) -> JSON
  {
    let reference = FileReference(text)
    let path = Path.resolve(reference.path, against: folder)
    if reference.isScript {
      if isFromDataFile {
        throw Problem(
          "a data file names the script \(reference.path)", at: location,
          mend: "data runs no code: name scripts in the suite itself")
      }
      guard File.exists(path) else {
        throw Problem(
          "no such script: \(reference.path)", at: location,
          mend: "paths start from the suite's folder, \(folder)"
        )
      }
      return .string(text)
    }
    if isFromDataFile, !Path.isInside(path, folder: Path.normalized(folder)) {
      throw Problem(
        "a data file names the file \(reference.path), outside the suite's folder", at: location,
        mend: "move the file beneath the suite, or name it in the suite itself")
    }
    if let known = cache[path] { return known }
    let value = try VariableExpander.value(of: path, at: location)
    let size = value.string?.utf8.count ?? 64
    if cachedBytes + size < 32 << 20 {
      cache[path] = value
      cachedBytes += size
    }
    return value
  }

  private static let images = [
    "png": "png", "jpg": "jpeg", "jpeg": "jpeg", "gif": "gif", "webp": "webp", "svg": "svg+xml", "bmp": "bmp",
  ]
  private static let media: Set<String> = ["mp3", "wav", "ogg", "m4a", "flac", "mp4", "webm", "mov", "avi"]

  static func value(of path: String, at location: SourceLocation?) throws(Problem) -> JSON {
    let ending = Path.fileExtension(of: path)
    do throws(Problem) {
      if let kind = images[ending] {
        return .string("data:image/\(kind);base64,\(Base64.text(try File.read(path)))")
      }
      if media.contains(ending) { return .string(Base64.text(try File.read(path))) }
      if ending == "pdf" {
        throw Problem(
          "\(path): the text of a PDF is not read", at: location,
          mend: "turn it into text first, for example with pdftotext")
      }
      let text = try File.readText(path)
      if ending == "yaml" || ending == "yml" {
        return .string(try Node(parsingYAML: text, file: path).json.text)
      }
      return .string(text.trimmed)
    } catch {
      throw error.location == nil ? Problem(error.message, at: location, mend: error.mend) : error
    }
  }
}

/// RFC 4648.
enum Base64 {
  private static let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  static func text(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let count = min(3, bytes.count - start)
      var group: UInt32 = 0
      for offset in 0..<3 { group = group << 8 | (offset < count ? UInt32(bytes[start + offset]) : 0) }
      for place in 0..<4 {
        text.append(place <= count ? letters[Int(group >> UInt32(18 - 6 * place)) & 63] : UInt8(ascii: "="))
      }
    }
    return String(decoding: text, as: UTF8.self)
  }
}
