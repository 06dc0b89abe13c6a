import Formats

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Some room on the disk that is given up when the disk is full, so that replies which are on their way,
/// and paid for, still find a place.
struct Reserve {
  static let bytes = 4 << 20

  let path: String

  /// Takes the room, unless it is taken already or there is little left.
  func take() {
    guard !File.exists(path) else { return }
    let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
    if descriptor < 0 { return }
    defer { close(descriptor) }
    var status = statvfs()
    let isRoomy =
      fstatvfs(descriptor, &status) == 0
      && Int(status.f_bavail) * Int(status.f_frsize) > 4 * Self.bytes
    if !isRoomy || !Self.allocate(descriptor) { free() }
  }

  /// Room alone where the system can give it; nothing is written.
  private static func allocate(_ descriptor: Int32) -> Bool {
    #if canImport(Glibc)
      return posix_fallocate(descriptor, 0, off_t(bytes)) == 0
    #else
      let zeros = [UInt8](repeating: 0, count: bytes)
      return zeros.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) } == bytes
    #endif
  }

  func free() { unlink(path) }
}
