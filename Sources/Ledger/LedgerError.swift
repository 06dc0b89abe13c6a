import Formats

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What went wrong with a ledger file, in facts; `problem` is the sentence for people.
public struct LedgerError: Error, Sendable, Hashable {
  public enum Kind: Sendable, Hashable {
    case missing
    /// There may be a file, but not one that can be opened: it is a folder, not permitted, or has no folder.
    case unreachable
    /// A file of no bytes: no ledger yet.
    case empty
    case notALedger
    case readOnly
    /// Another process has held it for longer than we wait.
    case locked
    case newerVersion(found: Int, known: Int)
    case corrupted
    case full
    /// The disk failed, or a limit on the size of files was reached.
    case unwritable
    /// The run is being executed by another process.
    case runBusy
    case notFound
    /// A value breaks a rule of the schema, or SQLite said something else.
    case failed
  }

  public var kind: Kind
  public var path: String
  /// What SQLite or the system said, or which thing was not found.
  public var detail: String

  public init(_ kind: Kind, path: String, detail: String = "") {
    self.kind = kind
    self.path = path
    self.detail = detail
  }

  /// What stands in the way of opening the file at a path; SQLite says only that it can't. Nil for a file that is
  /// missing, too.
  static func obstacle(at path: String, reads: Bool) -> LedgerError? {
    func unreachable(_ detail: String) -> LedgerError {
      LedgerError(.unreachable, path: path, detail: detail)
    }
    if path.isEmpty { return unreachable("") }
    if File.isFolder(path) { return unreachable("it is a folder") }
    guard File.exists(path) else {
      return access(path, F_OK) == 0 || errno == ENOENT ? nil : unreachable(String(cString: strerror(errno)))
    }
    if access(path, R_OK) != 0 { return unreachable(String(cString: strerror(errno))) }
    return reads && File.size(path) == 0 ? LedgerError(.empty, path: path) : nil
  }

  public var problem: Problem {
    let told = detail.isEmpty ? "" : " (\(detail))"
    return switch kind {
    case .missing:
      Problem(
        "\(path): no ledger here", mend: "`assay run` makes one; `--ledger PATH` names another")
    case .unreachable:
      Problem(
        path.isEmpty ? "the path of the ledger is empty" : "\(path): the ledger cannot be opened\(told)",
        mend: "name another file with --ledger PATH")
    case .empty:
      Problem(
        "\(path): the file is empty, no ledger yet",
        mend: "any command that writes makes it one; `--ledger PATH` names another")
    case .notALedger:
      Problem("\(path): not a ledger of assay\(told)", mend: "name another file with --ledger PATH")
    case .readOnly:
      Problem(
        "\(path): the ledger cannot be written\(told)",
        mend: "allow writing to the file and its folder, or name another with --ledger PATH")
    case .locked:
      Problem(
        "\(path): the ledger is locked by another process\(told)",
        mend: "wait for it to finish, or name another with --ledger PATH")
    case .newerVersion(let found, let known):
      Problem(
        "\(path): the ledger has version \(found); this assay knows up to \(known)",
        mend: "use the newer assay that wrote it, or name another with --ledger PATH")
    case .corrupted:
      Problem(
        "\(path): the ledger is damaged\(told)",
        mend: "keep a copy, then `sqlite3 \(path) .recover | sqlite3 mended.sqlite` saves what can be read")
    case .full:
      Problem(
        "\(path): no space left to write the ledger\(told)",
        mend: "free some space, then continue with --resume: all that was recorded is safe")
    case .unwritable:
      Problem(
        "\(path): the ledger could not be read or written\(told)",
        mend:
          "see to the disk and to limits on file sizes, then continue with --resume: all that was recorded is safe"
      )
    case .runBusy:
      Problem(
        "\(path): run \(detail) is being executed by another process",
        mend: "wait for it, or stop it, then resume")
    case .notFound:
      Problem("\(path): \(detail)", mend: "`assay show` lists the runs")
    case .failed:
      Problem("\(path): the ledger refused\(told)")
    }
  }
}
