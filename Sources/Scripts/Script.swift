import Formats

/// The room of scripts: code that suites bring along in JavaScript, Python or Ruby, run by the
/// interpreters of the user's machine. They run as the user's own code, with the user's rights: they are
/// kept from harming the run (time, crashes, stray output), not from harming the machine.
public enum ScriptLanguage: String, Sendable, Hashable, CaseIterable {
  case javascript, python, ruby

  /// By the extension of a file.
  public init?(file path: String) {
    switch Path.fileExtension(of: path) {
    case "js", "cjs", "mjs", "ts", "cts", "mts": self = .javascript
    case "py": self = .python
    case "rb": self = .ruby
    default: return nil
    }
  }
}

/// A piece of code that can be called with arguments.
public struct Script: Sendable, Hashable {
  public enum Source: Sendable, Hashable {
    /// One line is an expression, several are the body of a function, with these parameters.
    case inline(code: String, parameters: [String])
    /// A function of a file. Without a name: what a JavaScript file exports as its default, else the
    /// function of the name in `fallback`.
    case file(path: String, function: String?, fallback: String?)
    /// A method of what a JavaScript file exports: of an object made with `options` when that is a class,
    /// of the object itself; a plain function is called as it is.
    case method(path: String, name: String, options: JSON)
    /// A Python file that is run as a whole, its arguments as JSON on its command line: what it prints.
    case program(path: String)
  }

  public var language: ScriptLanguage
  public var source: Source
  /// What a JavaScript or Python file exports may be the value itself, in place of a function that gives it.
  public var takesData = false

  public init(language: ScriptLanguage, source: Source) {
    self.language = language
    self.source = source
  }

  public static func inline(
    _ language: ScriptLanguage, _ code: String, parameters: [String] = ["output", "context"]
  ) -> Script {
    Script(language: language, source: .inline(code: code, parameters: parameters))
  }

  public static func file(
    _ language: ScriptLanguage, _ path: String, function: String? = nil, fallback: String? = nil
  ) -> Script {
    Script(language: language, source: .file(path: path, function: function, fallback: fallback))
  }

  /// `file://checks/a.py:get_score`, `checks/a.js`: paths as seen from `folder`. Nil when the extension
  /// is that of no script.
  public init?(reference: String, in folder: String, fallback: String? = nil) {
    var path = reference
    if path.hasPrefix("file://") { path = String(path.dropFirst("file://".count)) }
    var function: String?
    if ScriptLanguage(file: path) == nil, let colon = path.lastIndex(of: ":") {
      function = String(path[path.index(after: colon)...])
      path = String(path[..<colon])
    }
    guard let language = ScriptLanguage(file: path), function != "" else { return nil }
    self = .file(language, Path.resolve(path, against: folder), function: function, fallback: fallback)
  }

  /// For messages: the path, or the language of inline code.
  public var name: String {
    switch source {
    case .inline: "inline \(language.rawValue)"
    case .file(let path, let function, _): function.map { "\(path):\($0)" } ?? path
    case .method(let path, _, _), .program(let path): path
    }
  }

  /// What the worker is told, as one line of JSON.
  func request(_ arguments: [JSON]) -> JSON {
    var members: [(String, JSON)] = []
    switch source {
    case .inline(let code, let parameters):
      members = [("code", .string(code)), ("parameters", .array(parameters.map { .string($0) }))]
    case .file(let path, let function, let fallback):
      members = [("path", .string(absolute(path)))]
      if let function { members.append(("function", .string(function))) }
      if let fallback { members.append(("fallback", .string(fallback))) }
    case .method(let path, let name, let options):
      members = [("path", .string(absolute(path))), ("method", .string(name)), ("options", options)]
    case .program(let path): members = [("path", .string(absolute(path))), ("program", true)]
    }
    if takesData { members.append(("data", true)) }
    return .object(JSONObject(members + [("arguments", .array(arguments))]))
  }

  private func absolute(_ path: String) -> String { Path.resolve(path, against: File.workingFolder) }
}

/// Why a script gave no result.
public struct ScriptError: Error, Sendable, Hashable {
  public enum Kind: String, Sendable, Hashable {
    /// scripts are forbidden in this run
    case forbidden
    case missingInterpreter
    /// the code threw, or cannot be compiled
    case threw
    case timeout
    /// its process ended
    case crashed
    /// what it returned is no JSON
    case badResult
    case cancelled
  }

  public var kind: Kind
  /// For code that threw, its own message.
  public var message: String
  /// The type of what was thrown, such as `TypeError`.
  public var thrownType: String?
  /// Where it was thrown, as the interpreter prints it.
  public var trace: String?
  /// One line how to mend it, where the message does not already say so.
  public var mend: String?

  public init(
    _ kind: Kind, _ message: String, thrownType: String? = nil, trace: String? = nil, mend: String? = nil
  ) {
    self.kind = kind
    self.message = message
    self.thrownType = thrownType
    self.trace = trace
    self.mend = mend
  }
}

extension ScriptError: CustomStringConvertible {
  public var description: String {
    let text = thrownType.map { "\($0): \(message)" } ?? message
    return mend.map { "\(text); \($0)" } ?? text
  }
}
