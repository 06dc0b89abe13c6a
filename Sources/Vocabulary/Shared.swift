/// A large value kept once in memory of its own: to hand it on is to count a reference, not to copy some hundred
/// bytes and count each text in them. It stays a value: who changes it while others hold it changes a copy.
///
///     var call = Call(...)        // Shared<CallFields>
///     call.cost = .zero           // as if it were the struct itself
@dynamicMemberLookup
public struct Shared<Fields: Sendable>: Sendable {
  // @unchecked Sendable: changed only where `isKnownUniquelyReferenced` says that nobody else holds it.
  @usableFromInline
  final class Box: @unchecked Sendable {
    @usableFromInline @exclusivity(unchecked) var fields: Fields
    @inlinable init(_ fields: Fields) { self.fields = fields }
  }

  @usableFromInline var box: Box

  @inlinable public init(_ fields: Fields) { box = Box(fields) }

  @inlinable public subscript<Field>(dynamicMember path: WritableKeyPath<Fields, Field>) -> Field {
    @inline(__always) get { box.fields[keyPath: path] }
    @inline(__always) _modify {
      if !isKnownUniquelyReferenced(&box) { box = Box(box.fields) }
      yield &box.fields[keyPath: path]
    }
  }
}

extension Shared: Equatable where Fields: Equatable {
  public static func == (a: Self, b: Self) -> Bool { a.box === b.box || a.box.fields == b.box.fields }
}

extension Shared: Hashable where Fields: Hashable {
  public func hash(into hasher: inout Hasher) { hasher.combine(box.fields) }
}
