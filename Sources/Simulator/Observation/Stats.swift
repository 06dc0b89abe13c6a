import Formats

extension Observatory {
  /// What the server saw.
  var stats: JSON {
    state.withLock { state in
      .object([
        "requests": JSON(state.requests), "finished": JSON(state.finished), "in_flight": JSON(state.inFlight),
        "greatest_concurrency": JSON(state.greatestInFlight),
        "by_status": Self.object(state.statuses.map { (String($0.key), $0.value) }),
        "by_path": Self.object(state.paths.map { ($0.key, $0.value) }),
        "by_model": Self.object(state.models.map { ($0.key, $0.value.requests) }),
        "by_key": Self.object(state.keys.map { ($0.key, $0.value) }),
        "faults": Self.object(state.faults.map { ($0.key, $0.value) }),
        "limited": Self.object(state.limits.map { ($0.key, $0.value) }),
        "different_contents": JSON(state.seen.different), "duplicates": JSON(state.seen.duplicates),
        "duplicates_are_lower_bound": JSON(state.seen.isFull),
        "streams": JSON(state.streams), "stream_events": JSON(state.events),
        "clients_left": JSON(state.clientsLeft), "expected_given": JSON(state.judgedRight),
        "expected_right": JSON(state.right),
      ])
    }
  }

  /// What it would have charged: in all, by model, and for each of the last requests.
  var bill: JSON {
    state.withLock { state in
      var total = Count()
      var models: [(String, JSON)] = []
      for (name, count) in state.models.sorted(by: { $0.key < $1.key }) where count.charge != .zero {
        models.append((name, Self.bill(count)))
        total.requests += count.requests
        total.input += count.input
        total.cached += count.cached
        total.output += count.output
        total.reasoning += count.reasoning
        total.charge += count.charge
      }
      let items = state.recent.all.filter { $0.charge != .zero }.map { exchange in
        JSON.object([
          "n": JSON(exchange.number), "model": JSON(exchange.model),
          "content": JSON(hexadecimal(exchange.content)),
          "key": JSON(exchange.keyHash), "input_tokens": JSON(exchange.usage.input),
          "cached_tokens": JSON(exchange.usage.cached), "output_tokens": JSON(exchange.usage.output),
          "picodollars": JSON(Int(exchange.charge.picodollars)), "client_left": JSON(exchange.clientLeft),
        ])
      }
      return .object([
        "total": Self.bill(total), "by_model": .object(JSONObject(models)), "last_requests": .array(items),
      ])
    }
  }

  func recentLog(limit: Int) -> [JSON] {
    state.withLock { state in state.recent.all.suffix(limit).map(\.json) }
  }

  private static func object(_ counts: [(String, Int)]) -> JSON {
    .object(JSONObject(counts.sorted { $0.0 < $1.0 }.map { ($0.0, JSON($0.1)) }))
  }

  private static func bill(_ count: Count) -> JSON {
    .object([
      "requests": JSON(count.requests), "input_tokens": JSON(count.input),
      "cached_tokens": JSON(count.cached),
      "output_tokens": JSON(count.output), "reasoning_tokens": JSON(count.reasoning),
      "picodollars": JSON(Int(count.charge.picodollars)), "dollars": JSON(count.charge.dollars),
    ])
  }
}
