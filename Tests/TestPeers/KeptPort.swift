import Foundation

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A port on loopback where nobody listens: connections are refused, and the system gives it to no other of the many servers
/// that are started meanwhile. Who asks for it by its number may have it.
public final class KeptPort {
  public let number: Int
  private var descriptor: Int32

  public init() throws {
    #if canImport(Glibc)
      let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    #else
      let descriptor = socket(AF_INET, SOCK_STREAM, 0)
    #endif
    var on: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
    var place = sockaddr_in()
    place.sin_family = sa_family_t(AF_INET)
    place.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &place) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, size) == 0 && getsockname(descriptor, $0, &size) == 0
      }
    }
    guard isBound else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EADDRINUSE) }
    self.descriptor = descriptor
    number = Int(UInt16(bigEndian: place.sin_port))
  }

  public func giveUp() {
    if descriptor >= 0 { close(descriptor) }
    descriptor = -1
  }

  deinit { giveUp() }
}
