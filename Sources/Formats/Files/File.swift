#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Whole files and folders. Every failure names the path and what stood in the way.
public enum File {
  /// The whole file. Pipes and devices are read to their end.
  public static func read(_ path: String) throws(Problem) -> [UInt8] {
    let reader = try FileReader(path)
    var bytes: [UInt8] = []
    bytes.reserveCapacity((reader.size ?? 0) + 1)
    while try reader.readMore(into: &bytes, upTo: max(1 << 16, (reader.size ?? 0) - bytes.count + 1)) {}
    return bytes
  }

  /// The whole file as text, without a byte order mark.
  public static func readText(_ path: String) throws(Problem) -> String {
    let bytes = try read(path)
    let body = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...]
    if let text = String(validating: body, as: UTF8.self) { return text }
    throw Problem(
      "\(path) is not UTF-8 text", at: SourceLocation(file: path, line: lineOfFirstBadByte(body), column: 1),
      mend: "save the file as UTF-8")
  }

  private static func lineOfFirstBadByte(_ bytes: ArraySlice<UInt8>) -> Int {
    var line = 1
    for part in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      if String(validating: part, as: UTF8.self) == nil { return line }
      line += 1
    }
    return 1
  }

  /// Puts the bytes in place at once: a reader sees the old file or the new one, never a part.
  /// Folders that are missing are made.
  public static func write(_ bytes: [UInt8], to path: String) throws(Problem) {
    let writer = try FileWriter(path)
    try writer.write(bytes)
    try writer.finish()
  }

  public static func write(_ text: String, to path: String) throws(Problem) {
    try write(Array(text.utf8), to: path)
  }

  public static func exists(_ path: String) -> Bool { status(path) != nil }

  public static func isFolder(_ path: String) -> Bool {
    status(path).map { $0.st_mode & S_IFMT == S_IFDIR } ?? false
  }

  public static func isExecutable(_ path: String) -> Bool { access(path, X_OK) == 0 && !isFolder(path) }

  /// In bytes.
  public static func size(_ path: String) -> Int? { status(path).map { Int($0.st_size) } }

  /// Names in the folder, sorted, without `.` and `..`.
  public static func list(_ folder: String) throws(Problem) -> [String] {
    guard let stream = opendir(folder) else {
      throw Problem("cannot list \(folder): \(lastSystemError())")
    }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 1) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// Makes the folder and those above it; one that is there already is fine.
  public static func createFolder(_ path: String) throws(Problem) {
    if path.isEmpty || isFolder(path) { return }
    let parent = Path.folder(of: path)
    if parent != path { try createFolder(parent) }
    if mkdir(path, 0o777) != 0 {
      let code = errno
      // Another process may have made it meanwhile.
      if isFolder(path) { return }
      throw Problem(
        "cannot make the folder \(path): \(code == EEXIST ? "a file is there" : lastSystemError(code))")
    }
  }

  /// A file that is already gone is fine.
  public static func remove(_ path: String) throws(Problem) {
    if unlink(path) != 0 && errno != ENOENT {
      throw Problem("cannot remove \(path): \(lastSystemError())")
    }
  }

  /// The path with links followed and made absolute, or nil where nothing is there.
  public static func realPath(_ path: String) -> String? {
    guard let found = realpath(path, nil) else { return nil }
    defer { free(found) }
    return String(cString: found)
  }

  public static var workingFolder: String { realPath(".") ?? "." }

  /// Where a command of that name stands, looked up in `PATH` unless it has a slash.
  public static func findCommand(_ name: String, path: String? = getenv("PATH").map { String(cString: $0) })
    -> String?
  {
    if name.utf8.contains(UInt8(ascii: "/")) { return isExecutable(name) ? name : nil }
    for folder in (path ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":") {
      let candidate = "\(folder)/\(name)"
      if isExecutable(candidate) { return candidate }
    }
    return nil
  }

  public static func isLink(_ path: String) -> Bool {
    var info = stat()
    return lstat(path, &info) == 0 && info.st_mode & S_IFMT == S_IFLNK
  }

  static func status(_ path: String) -> stat? {
    var info = stat()
    return stat(path, &info) == 0 ? info : nil
  }
}

/// What `errno` says, in the lower case of our messages.
func lastSystemError(_ code: Int32 = errno) -> String {
  switch code {
  case ENOENT: "no such file or folder"
  case EACCES, EPERM: "permission denied"
  case EISDIR: "it is a folder"
  case ENOTDIR: "a part of the path is not a folder"
  case ENOSPC: "no space left on the device"
  default: String(cString: strerror(code)).lowercased()
  }
}
