#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif
import Synchronization

/// A file that is written piece by piece and put in place by `finish`: until then the old file stays,
/// and a writer that is dropped leaves nothing behind. Devices and pipes (`/dev/stdout`) are written
/// straight away.
public final class FileWriter {
  public let path: String
  private let temporaryPath: String?
  private var descriptor: Int32
  private var buffer: [UInt8] = []

  private static let bufferBytes = 1 << 16
  private static let counter = Atomic<Int>(0)

  /// Makes the folders that are missing.
  public init(_ path: String) throws(Problem) {
    self.path = path
    if path == "/dev/stdout" {
      // Opened by its name it would begin anew, over what others have written to it.
      temporaryPath = nil
      descriptor = dup(STDOUT_FILENO)
    } else if let info = File.status(path), info.st_mode & S_IFMT != S_IFREG {
      temporaryPath = nil
      descriptor = open(path, O_WRONLY | O_CLOEXEC)
    } else {
      try File.createFolder(Path.folder(of: path))
      // The folder of the file itself, through a link, so that the last step is a rename in one file system.
      let target = File.realPath(path) ?? path
      let number = FileWriter.counter.add(1, ordering: .relaxed).newValue
      let temporary = "\(Path.folder(of: target))/.\(Path.name(of: target)).\(getpid()).\(number)"
      let mode = File.status(path).map { $0.st_mode & 0o777 } ?? 0o666
      temporaryPath = temporary
      descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
    }
    if descriptor < 0 { throw Problem("cannot write \(path): \(lastSystemError())") }
    buffer.reserveCapacity(FileWriter.bufferBytes)
  }

  deinit {
    guard descriptor >= 0 else { return }
    close(descriptor)
    if let temporaryPath { unlink(temporaryPath) }
  }

  public func write(_ bytes: [UInt8]) throws(Problem) {
    if buffer.count + bytes.count > FileWriter.bufferBytes { try flush() }
    if bytes.count >= FileWriter.bufferBytes {
      try writeAll(bytes)
    } else {
      buffer.append(contentsOf: bytes)
    }
  }

  public func write(_ text: String) throws(Problem) { try write(Array(text.utf8)) }

  /// Hands what is buffered to the system.
  public func flush() throws(Problem) {
    if buffer.isEmpty { return }
    try writeAll(buffer)
    buffer.removeAll(keepingCapacity: true)
  }

  /// Puts the file in place, safely on the disk. Without this call nothing happens to it.
  public func finish() throws(Problem) {
    try flush()
    if temporaryPath != nil { fsync(descriptor) }
    let failed = close(descriptor) != 0
    descriptor = -1
    guard let temporaryPath else { return }
    if failed || rename(temporaryPath, File.realPath(path) ?? path) != 0 {
      let reason = lastSystemError()
      unlink(temporaryPath)
      throw Problem("cannot write \(path): \(reason)")
    }
  }

  private func writeAll(_ bytes: [UInt8]) throws(Problem) {
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes { buffer -> Int in
        guard let base = buffer.baseAddress else { return 0 }
        return writeBytes(descriptor, base + done, bytes.count - done)
      }
      if count >= 0 {
        done += count
      } else if errno != EINTR {
        throw Problem("cannot write \(path): \(lastSystemError())")
      }
    }
  }
}

private func writeBytes(_ descriptor: Int32, _ start: UnsafeRawPointer, _ count: Int) -> Int {
  write(descriptor, start, count)
}
