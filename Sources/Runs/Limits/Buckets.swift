extension KeyLimiter {
  enum Dimension: String, CaseIterable {
    /// As the user said.
    case userRequests
    case userTokens
    /// As the service says.
    case requests
    case tokens
    case inputTokens
    case outputTokens
    /// Found out from what was accepted.
    case inferred

    var place: Int {
      switch self {
      case .userRequests: 0
      case .userTokens: 1
      case .requests: 2
      case .tokens: 3
      case .inputTokens: 4
      case .outputTokens: 5
      case .inferred: 6
      }
    }
  }

  /// The bucket of each dimension that has one. They are looked at several times for every request, so that a table
  /// found by hash is too slow.
  struct Buckets {
    private var all = [TokenBucket?](repeating: nil, count: Dimension.allCases.count)

    subscript(dimension: Dimension) -> TokenBucket? {
      get { all[dimension.place] }
      // Not `_modify`, which allocates its frame: nine times a request.
      set { all[dimension.place] = newValue }
    }
  }
}
