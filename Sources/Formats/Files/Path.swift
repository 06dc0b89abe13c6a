/// Paths as text: pure functions, nothing is looked up on the disk.
public enum Path {
  public static func isAbsolute(_ path: String) -> Bool { path.utf8.first == UInt8(ascii: "/") }

  /// `path` as seen from `folder`: absolute paths stay as they are, `.` and `..` are folded away.
  public static func resolve(_ path: String, against folder: String) -> String {
    isAbsolute(path) || folder.isEmpty || folder == "."
      ? normalized(path) : normalized(folder + "/" + path)
  }

  /// Without `.`, `..` where they can be folded, and doubled slashes. The empty path is `.`.
  public static func normalized(_ path: String) -> String {
    var kept: [Substring] = []
    for part in path.split(separator: "/") where part != "." {
      if part == "..", let last = kept.last, last != ".." {
        kept.removeLast()
      } else if part != ".." || !isAbsolute(path) {
        kept.append(part)
      }
    }
    let joined = kept.joined(separator: "/")
    if isAbsolute(path) { return "/" + joined }
    return joined.isEmpty ? "." : joined
  }

  /// The folder that a file stands in: `suites` for `suites/a.yaml`, `.` for `a.yaml`.
  public static func folder(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// The last part: `a.yaml` for `suites/a.yaml`.
  public static func name(of path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }

  /// Lower case and without its dot: `yaml` for `a.YAML`, empty for `Makefile` and `.env`.
  public static func fileExtension(of path: String) -> String {
    let name = name(of: path)
    guard let dot = name.utf8.lastIndex(of: UInt8(ascii: ".")), dot != name.startIndex else { return "" }
    return name[name.utf8.index(after: dot)...].lowercased()
  }

  /// Whether `path`, folded, stays inside `folder`. Symbolic links are not looked at.
  public static func isInside(_ path: String, folder: String) -> Bool {
    let inner = normalized(path)
    let outer = normalized(folder)
    if outer == "." { return !isAbsolute(inner) && inner != ".." && !inner.hasPrefix("../") }
    return inner == outer || inner.hasPrefix(outer == "/" ? "/" : outer + "/")
  }
}
