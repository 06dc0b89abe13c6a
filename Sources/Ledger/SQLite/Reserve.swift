import Formats

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Some room on the disk that is given up when the disk is full, so that replies which are on their way,
/// and paid for, still find a place.
///
/// Shared by all who have the ledger open for writing: each holds a shared lock on the file, and the last one to
/// leave takes it along.
final class Reserve {
  static let bytes = 4 << 20

  private let path: String
  private var descriptor: Int32 = -1

  init(path: String) { self.path = path }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Takes the room, unless it is taken already or there is little left.
  func take() {
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    if descriptor < 0 { return }
    _ = flock(descriptor, LOCK_SH | LOCK_NB)
    if File.size(path) == Self.bytes { return }
    var status = statvfs()
    let isRoomy =
      fstatvfs(descriptor, &status) == 0
      && Int(status.f_bavail) * Int(status.f_frsize) > 4 * Self.bytes
    if !isRoomy || !Self.allocate(descriptor) { giveUp() }
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

  /// The disk is full: whoever has the file open gives its room away, too.
  func giveUp() {
    if descriptor >= 0 { _ = ftruncate(descriptor, 0) }
    unlink(path)
  }

  /// Nothing more will be written; others may still need the room.
  func leave() {
    if descriptor >= 0, flock(descriptor, LOCK_EX | LOCK_NB) == 0 { unlink(path) }
  }
}
