import Formats

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The process: its words, environment and end.
enum ProcessEnvironment {
  /// The runtime looks for them beside the environment, and finds none where a preloaded library has moved that.
  static let arguments: [String] = {
    let found = CommandLine.arguments
    if !found.isEmpty { return found }
    let bytes = (try? File.read("/proc/self/cmdline")) ?? []
    return bytes.split(separator: 0, omittingEmptySubsequences: false).dropLast().map {
      String(decoding: $0, as: UTF8.self)
    }
  }()

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
