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
    let zeros = [UInt8](repeating: 0, count: 1 << 16)
    var written = 0
    while isRoomy, written < Self.bytes {
      let count = zeros.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if count <= 0 { break }
      written += count
    }
    if written < Self.bytes { free() }
  }

  func free() { unlink(path) }
}
