import Formats

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A file that every exchange is written to, one JSON line each, in blocks.
struct LogFile {
  private let descriptor: Int32
  private var buffer: [UInt8] = []

  init(_ path: String) throws(Problem) {
    descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw Problem("cannot write the log \(path): \(String(cString: strerror(errno)).lowercased())")
    }
  }

  mutating func write(_ line: JSON) {
    line.write(to: &buffer)
    buffer.append(0x0A)
    if buffer.count > 1 << 16 { flush() }
  }

  mutating func flush() {
    var start = 0
    while start < buffer.count {
      let count = buffer.withUnsafeBytes { bytes -> Int in
        guard let base = bytes.baseAddress else { return -1 }
        #if canImport(Glibc)
          return Glibc.write(descriptor, base + start, bytes.count - start)
        #else
          return Darwin.write(descriptor, base + start, bytes.count - start)
        #endif
      }
      if count <= 0 {
        if errno == EINTR { continue }
        break
      }
      start += count
    }
    buffer.removeAll(keepingCapacity: true)
  }

  mutating func close() {
    flush()
    #if canImport(Glibc)
      _ = Glibc.close(descriptor)
    #else
      _ = Darwin.close(descriptor)
    #endif
  }
}
