#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The process: its environment, folder and end.
enum ProcessEnvironment {
  static var variables: [String: String] {
    var found: [String: String] = [:]
    var place = environ
    while let entry = place.pointee {
      let text = String(cString: entry)
      if let equals = text.firstIndex(of: "=") {
        found[String(text[..<equals])] = String(text[text.index(after: equals)...])
      }
      place += 1
    }
    return found
  }

  static func leave(with code: ExitCode) -> Never { exit(code.rawValue) }
}
