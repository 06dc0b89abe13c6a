import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Colour and weight, where the reader can show them. Colour never carries a meaning alone.
public struct Style: Sendable {
  public var isOn: Bool
  public init(isOn: Bool) { self.isOn = isOn }
  public static let plain = Style(isOn: false)

  /// `NO_COLOR`, `FORCE_COLOR` and `TERM=dumb` as they are commonly read, else whether it is a terminal.
  public init(for descriptor: Int32, environment: [String: String]) {
    if environment["NO_COLOR"]?.isEmpty == false {
      isOn = false
    } else if let force = environment["FORCE_COLOR"], force != "0", !force.isEmpty {
      isOn = true
    } else {
      isOn = isatty(descriptor) == 1 && environment["TERM"] != "dumb"
    }
  }

  public func bold(_ text: String) -> String { paint(text, "1") }
  public func dim(_ text: String) -> String { paint(text, "2") }
  public func red(_ text: String) -> String { paint(text, "31") }
  public func green(_ text: String) -> String { paint(text, "32") }
  public func yellow(_ text: String) -> String { paint(text, "33") }

  private func paint(_ text: String, _ code: String) -> String {
    isOn && !text.isEmpty ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
  }
}

/// Standard output and error of the process.
public struct Console: Sendable {
  public var output: Style
  public var errors: Style
  public var environment: [String: String]

  public init(environment: [String: String]) {
    self.environment = environment
    output = Style(for: STDOUT_FILENO, environment: environment)
    errors = Style(for: STDERR_FILENO, environment: environment)
  }

  public var outputIsTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
  public var errorsAreTerminal: Bool { isatty(STDERR_FILENO) == 1 }

  /// Columns of the terminal, else 80; `COLUMNS` wins where it is set.
  public var width: Int {
    if let text = environment["COLUMNS"], let columns = Int(text), columns >= 20 { return columns }
    var size = winsize()
    for descriptor in [STDOUT_FILENO, STDERR_FILENO] {
      if ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col >= 20 { return Int(size.ws_col) }
    }
    return 80
  }

  /// What a program may read.
  public func print(_ text: String) { Console.write(text + "\n", to: STDOUT_FILENO) }
  public func write(_ text: String) { Console.write(text, to: STDOUT_FILENO) }
  /// What people read beside it.
  public func note(_ text: String) { Console.write(text + "\n", to: STDERR_FILENO) }
  public func noteRaw(_ text: String) { Console.write(text, to: STDERR_FILENO) }

  /// Why standard output did not take all that was written to it; nil where it did, or where its reader has gone.
  public static var lostOutput: String? {
    lost.withLock { $0 == 0 ? nil : String(cString: strerror($0)).lowercased() }
  }

  private static let lost = Mutex<Int32>(0)

  /// Writes all of it, or as much as the reader takes: a closed pipe is not an error of ours.
  static func write(_ text: String, to descriptor: Int32) {
    var text = text
    text.withUTF8 { bytes in
      var offset = 0
      while offset < bytes.count {
        guard let base = bytes.baseAddress else { return }
        #if canImport(Glibc)
          let count = Glibc.write(descriptor, base + offset, bytes.count - offset)
        #else
          let count = Darwin.write(descriptor, base + offset, bytes.count - offset)
        #endif
        if count < 0 {
          let code = errno
          if code == EINTR || code == EAGAIN { continue }
          if descriptor == STDOUT_FILENO, code != EPIPE { lost.withLock { $0 = code } }
          return
        }
        offset += count
      }
    }
  }
}

/// Text that came from a model or a file, made safe to print: control characters are shown, not obeyed.
public func printable(_ text: String) -> String {
  let text = withoutCommands(text)
  guard text.unicodeScalars.contains(where: isUnsafe) else { return text }
  var out = ""
  for scalar in text.unicodeScalars {
    if isUnsafe(scalar) {
      out += scalar.value < 0x20 ? "\\x" + hex(scalar.value) : "\\u{" + String(scalar.value, radix: 16) + "}"
    } else {
      out.unicodeScalars.append(scalar)
    }
  }
  return out
}

/// CI systems obey lines of their logs: `::set-env ...` where a line begins with it, `##[...]` anywhere. A zero-width
/// space keeps them text.
private func withoutCommands(_ text: String) -> String {
  // By byte and by scalar: texts of models may be made so that looking for letters takes for ever.
  var last: UInt8 = 0
  let mayBeObeyed = text.utf8.contains { byte in
    defer { last = byte }
    return byte == last && (byte == UInt8(ascii: "#") || byte == UInt8(ascii: ":"))
  }
  guard mayBeObeyed else { return text }
  var out = ""
  var isAtStart = true
  var before: Unicode.Scalar = " "
  for scalar in text.unicodeScalars {
    if scalar == before, scalar == "#" || (scalar == ":" && isAtStart) {
      out.unicodeScalars.append("\u{200B}")
    }
    out.unicodeScalars.append(scalar)
    if ("\n"..."\r").contains(scalar) || scalar == "\u{85}" || scalar == "\u{2028}" || scalar == "\u{2029}" {
      isAtStart = true
    } else if !scalar.properties.isWhitespace, scalar != ":" {
      isAtStart = false
    }
    before = scalar
  }
  return out
}

private func hex(_ value: UInt32) -> String {
  let digits = String(value, radix: 16)
  return digits.count == 1 ? "0" + digits : digits
}

/// C0 and C1 controls but for newline and tab, and the marks that turn the direction of text around.
private func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.value {
  case 0x09, 0x0A: false
  case 0x00..<0x20, 0x7F..<0xA0, 0x200E...0x200F, 0x202A...0x202E, 0x2066...0x2069: true
  default: false
  }
}
