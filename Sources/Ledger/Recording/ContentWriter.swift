import Formats

/// Puts texts into the ledger once each, and remembers the latest so that a repeated system prompt is
/// not looked up again.
///
/// Lives on the writer's thread, within its transactions.
struct ContentWriter {
  /// Half of the SHA-256: enough to tell texts apart in memory.
  private struct Digest: Hashable {
    var high: UInt64
    var low: UInt64

    init(_ bytes: [UInt8]) {
      (high, low) = SHA256.leadingNumbers(of: bytes)
    }
  }

  /// Parts shorter than this are cheaper inside.
  private static let smallestPart = 160
  private static let generation = 8_192

  /// So many hashes gather in a small table before they move to the large one, in its order: a new hash may belong
  /// on any of its pages, and every page that is touched is written again.
  private static let mostRecent = 8_192
  /// So many earlier replies to the same request are compared with a new one.
  private static let compared = 16

  /// A hash with the text that has it.
  static let findHash = """
    SELECT content_id FROM content_hashes WHERE hash = ?1
    UNION ALL SELECT content_id FROM recent_content_hashes WHERE hash = ?1
    """

  private let insertContent: Statement
  private let insertHash: Statement
  private let findHash: Statement
  private let highestID: Statement
  private let countRecent: Statement
  private let readBody: Statement
  private let earlierReplies: Statement
  private let database: Database
  /// The number that the next new text gets.
  private(set) var nextID: Int64 = 1
  /// How many hashes are in the small table; nil where that is not known.
  private var recent: Int?
  /// Two generations: the young one is filled, then takes the place of the old one.
  private var young: [Digest: Int64] = [:]
  private var old: [Digest: Int64] = [:]

  init(_ database: Database) throws(LedgerError) {
    self.database = database
    insertContent = try database.prepare("INSERT INTO contents (id, body, parts, hash) VALUES (?, ?, ?, ?)")
    insertHash = try database.prepare("INSERT INTO recent_content_hashes (hash, content_id) VALUES (?, ?)")
    findHash = try database.prepare(Self.findHash)
    highestID = try database.prepare("SELECT max(id) FROM contents")
    countRecent = try database.prepare("SELECT count(*) FROM recent_content_hashes")
    readBody = try database.prepare("SELECT body, parts FROM contents WHERE id = ?")
    earlierReplies = try database.prepare(
      """
      SELECT reply_id FROM calls WHERE request_id = ? AND reply_id IS NOT NULL ORDER BY id DESC
      LIMIT \(Self.compared)
      """)
  }

  /// To be called when a transaction has begun: other processes may have added texts since.
  mutating func begin() throws(LedgerError) {
    nextID = try highestID.step() ? highestID.integer(0) + 1 : 1
    highestID.reset()
    if recent == nil {
      recent = try countRecent.step() ? countRecent.int(0) : 0
      countRecent.reset()
    }
  }

  /// To be called before a transaction ends.
  mutating func end() throws(LedgerError) {
    guard let recent, recent >= Self.mostRecent else { return }
    try database.execute(
      """
      INSERT INTO content_hashes SELECT hash, content_id FROM recent_content_hashes ORDER BY hash;
      DELETE FROM recent_content_hashes;
      """)
    self.recent = 0
  }

  /// To be called when a transaction was rolled back, or texts were deleted.
  mutating func forget() {
    young = [:]
    old = [:]
    recent = nil
  }

  /// The id of a text, which is stored if it is not there yet.
  mutating func id(of bytes: [UInt8]) throws(LedgerError) -> Int64 {
    try id(of: bytes) { _ throws(LedgerError) in nil }
  }

  mutating func id(of text: String) throws(LedgerError) -> Int64 { try id(of: Array(text.utf8)) }

  /// The id of a reply to a request that was there before, or of what else nobody looks up by what it says. Stored once as long as it is remembered, and
  /// as long as it answers the same request: an index of all replies would cost more than the few that it saves.
  mutating func id(ofReply bytes: [UInt8], to request: Int64? = nil) throws(LedgerError) -> Int64 {
    let digest = Digest(bytes)
    if let known = remembered(digest) { return known }
    if let request, let known = try earlierReply(bytes, to: request) {
      remember(digest, known)
      return known
    }
    let id = try insert(bytes, parts: nil, hash: digest.high)
    remember(digest, id)
    return id
  }

  /// The id of a request. Its history and its tools are stored as texts of their own, so that a long
  /// conversation is not stored again with every turn.
  mutating func id(ofRequest request: JSON, canonical bytes: [UInt8]) throws(LedgerError) -> Int64 {
    try id(of: bytes) { (store) throws(LedgerError) in
      // A request that itself holds what marks a part is stored whole: its mark would be taken for ours.
      guard bytes.count > 2 * Self.smallestPart, !ContentParts.mentionsMark(bytes),
        case .object(let object) = request
      else { return nil }
      return try store.split(object)
    }
  }

  /// The id of a text that another ledger stores with parts, which are stored here already.
  mutating func id(ofWhole bytes: [UInt8], stored: [UInt8], parts: Int) throws(LedgerError) -> Int64 {
    try id(of: bytes) { (_) throws(LedgerError) in (stored, parts) }
  }

  private mutating func id(
    of bytes: [UInt8],
    splitting split: (inout ContentWriter) throws(LedgerError) -> (body: [UInt8], parts: Int)?
  ) throws(LedgerError) -> Int64 {
    let digest = Digest(bytes)
    if let known = remembered(digest) { return known }
    var hash = digest.high
    while let found = try existing(hash) {
      if try holds(found, bytes) {
        remember(digest, found)
        return found
      }
      hash &+= 1
    }
    let stored = try split(&self)
    let id = try insert(stored?.body ?? bytes, parts: stored?.parts, hash: nil)
    insertHash.add(Int64(bitPattern: hash))
    insertHash.add(id)
    try insertHash.run()
    recent? += 1
    remember(digest, id)
    return id
  }

  /// The id of a text that is stored whether it is there already or not, and found by its id alone.
  mutating func new(_ bytes: [UInt8]) throws(LedgerError) -> Int64 {
    try insert(bytes, parts: nil, hash: nil)
  }

  private mutating func insert(_ bytes: [UInt8], parts: Int?, hash: UInt64?) throws(LedgerError) -> Int64 {
    let id = nextID
    nextID += 1
    insertContent.add(id)
    insertContent.add(utf8: bytes)
    insertContent.add(parts)
    insertContent.add(hash.map { Int64(bitPattern: $0) })
    try insertContent.run()
    return id
  }

  private func earlierReply(_ bytes: [UInt8], to request: Int64) throws(LedgerError) -> Int64? {
    earlierReplies.add(request)
    defer { earlierReplies.reset() }
    while try earlierReplies.step() {
      let id = earlierReplies.integer(0)
      if try holds(id, bytes) { return id }
    }
    return nil
  }

  private mutating func remembered(_ digest: Digest) -> Int64? {
    if let known = young[digest] { return known }
    guard let known = old[digest] else { return nil }
    remember(digest, known)
    return known
  }

  private mutating func remember(_ digest: Digest, _ id: Int64) {
    young[digest] = id
    if young.count >= Self.generation {
      old = young
      young = [:]
    }
  }

  private func existing(_ hash: UInt64) throws(LedgerError) -> Int64? {
    findHash.add(Int64(bitPattern: hash))
    defer { findHash.reset() }
    return try findHash.step() ? findHash.integer(0) : nil
  }

  func holds(_ id: Int64, _ bytes: [UInt8]) throws(LedgerError) -> Bool {
    readBody.add(id)
    guard try readBody.step() else {
      readBody.reset()
      return false
    }
    if readBody.isNull(1) {
      defer { readBody.reset() }
      return readBody.holds(bytes, in: 0)
    }
    let body = readBody.bytes(0)
    readBody.reset()
    return try ContentParts.filled(body) { (part) throws(LedgerError) in
      readBody.add(part)
      defer { readBody.reset() }
      return try readBody.step() ? readBody.bytes(0) : []
    } == bytes
  }

  /// Takes out of a request what the next one is likely to repeat: all messages but the last, tools,
  /// instructions, schemas.
  private mutating func split(_ request: JSONObject) throws(LedgerError) -> (body: [UInt8], parts: Int)? {
    let (result, parts) = try splitMembers(of: request)
    return parts == 0 ? nil : (JSON.object(result).canonicalBytes, parts)
  }

  private mutating func splitMembers(
    of request: JSONObject
  ) throws(LedgerError) -> (result: JSONObject, parts: Int) {
    var result = request
    var parts = 0
    for (key, value) in request {
      switch (key, value) {
      case ("body", .object(let body)):
        let inner = try splitMembers(of: body)
        result[key] = .object(inner.result)
        parts += inner.parts
      case ("messages", .array(let items)), ("input", .array(let items)), ("contents", .array(let items)):
        var items = items
        for place in items.indices.dropLast() {
          if let part = try part(items[place]) {
            items[place] = part
            parts += 1
          }
        }
        result[key] = .array(items)
      case ("tools", _), ("system", _), ("instructions", _), ("systemInstruction", _),
        ("response_format", _), ("generationConfig", _), ("text", _):
        if let part = try part(value) {
          result[key] = part
          parts += 1
        }
      default: break
      }
    }
    return (result, parts)
  }

  private mutating func part(_ value: JSON) throws(LedgerError) -> JSON? {
    let bytes = value.canonicalBytes
    if bytes.count < Self.smallestPart { return nil }
    return .object(JSONObject([(ContentParts.key, JSON(Int(try id(of: bytes))))]))
  }
}
