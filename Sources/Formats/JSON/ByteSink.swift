/// Memory that grows as bytes are put into it: an array asks with each whether it is shared.
struct ByteSink: ~Copyable {
  private var memory: UnsafeMutableRawPointer
  private var capacity = 512
  private var count = 0

  init() { memory = .allocate(byteCount: capacity, alignment: 1) }

  deinit { memory.deallocate() }

  @inline(__always)
  mutating func append(_ byte: UInt8) {
    if count == capacity { grow(by: 1) }
    memory.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
    count += 1
  }

  mutating func append(_ byte: UInt8, count more: Int) {
    if count + more > capacity { grow(by: more) }
    (memory + count).initializeMemory(as: UInt8.self, repeating: byte, count: more)
    count += more
  }

  @inline(__always)
  mutating func append(_ bytes: UnsafeRawBufferPointer) {
    guard let start = bytes.baseAddress else { return }
    if count + bytes.count > capacity { grow(by: bytes.count) }
    (memory + count).copyMemory(from: start, byteCount: bytes.count)
    count += bytes.count
  }

  private mutating func grow(by more: Int) {
    capacity = max(capacity * 2, count + more)
    let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 1)
    larger.copyMemory(from: memory, byteCount: count)
    memory.deallocate()
    memory = larger
  }

  private var written: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: memory, count: count) }

  var bytes: [UInt8] { [UInt8](written) }

  var text: String { String(decoding: written, as: UTF8.self) }

  func append(to bytes: inout [UInt8]) { bytes.append(contentsOf: written) }
}
