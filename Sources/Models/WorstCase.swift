import Formats
import Vocabulary

/// What one request can use at most, whatever the service does with it: what a budget reserves.
public struct WorstCase: Sendable, Hashable {
  /// Input and output; nil when nothing bounds them.
  public var tokens: Int?
  /// Nil when nothing bounds it, or no price is known.
  public var cost: Money?
  /// Why one of them is not known, for people.
  public var reason: String?
  /// The reply is bounded by what the model can give only, since the request sets no limit.
  public var usesModelLimit = false
}

extension ModelClient {
  /// The upper bound of what a request can use: its length in bytes as tokens, every token of the reply, at
  /// the highest price that may apply. What the service itself reports as cost is not bounded by any list.
  public func worstCase(of call: PreparedCall) -> WorstCase {
    switch call.endpoint.api {
    case .echo: return WorstCase(tokens: 0, cost: .zero)
    case .exec, .script:
      return WorstCase(reason: "nobody knows what \(call.endpoint.recordedID) spends before it has run")
    case .http:
      return WorstCase(reason: "nobody knows what is asked behind the address of \(call.endpoint.recordedID)")
    default: break
    }
    let endpoint = call.endpoint
    let provider = endpoint.service?.prices ?? endpoint.provider
    let bound = RequestBound(call.wire, prompt: call.prompt.text)
    if let reason = bound.unbounded { return WorstCase(reason: reason) }
    let listing = listing(provider, endpoint.model)
    let window = listing.facts?.contextWindow
    if bound.isOpenEnded && window == nil {
      return WorstCase(
        reason: "the request holds documents or what the service keeps, and \(endpoint.model)'s "
          + "context window is not known")
    }
    let input = bound.isOpenEnded ? max(bound.input, window ?? 0) : bound.input
    let isLimited = TokenLimit.asked(call.wire.body) != nil || Self.writesNothing(endpoint.api)
    guard let reply = call.maxOutput ?? window else {
      return WorstCase(reason: "the most that \(endpoint.model) can write is not known: set max_tokens")
    }
    // Whatever a suite writes there, the product can be told.
    let output = min(reply, 1 << 40) * min(max(1, bound.replies), 1 << 20) + bound.predicted
    var worst = WorstCase(tokens: input + output, usesModelLimit: !isLimited)
    guard let ceiling = ceiling(call, listing, provider, bound, input: input) else {
      worst.reason = "no price is known for \(endpoint.model) at \(provider)"
      return worst
    }
    worst.cost = ceiling.cost(input: input, output: output)
    return worst
  }

  private func listing(_ provider: String, _ model: String) -> PriceBook.Listing {
    let key = "\(provider)|\(model)"
    return listings.withLock { known in
      if let listing = known[key] { return listing }
      let listing = prices.listing(provider: provider, model: model)
      known[key] = listing
      return listing
    }
  }

  private func ceiling(
    _ call: PreparedCall, _ listing: PriceBook.Listing, _ provider: String, _ bound: RequestBound, input: Int
  ) -> PriceCeiling? {
    PriceBook.ceiling(
      of: listing, provider: provider, settings: call.question.settings.prices,
      PriceBook.Circumstances(
        service: call.question.settings.string("service_tier") ?? "", input: input,
        writesCache: bound.writesCache, isFast: bound.isFast), at: .now())
  }

  /// What a call costs were the estimate of its input right and every token of the reply used; for people who
  /// plan, not for budgets.
  public func estimatedCost(of call: PreparedCall) -> Money? {
    guard call.usesWire else { return .zero }
    guard let output = call.maxOutput else { return nil }
    var reply = Reply(text: "")
    reply.usage = Usage(input: call.inputEstimate, output: output)
    reply.serviceTier = call.question.settings.string("service_tier")
    return cost(of: reply, for: call).0
  }
}
