import Formats

/// Which file reads a request, lays out a stream and writes a whole reply for each interface.
enum Reader {
  static func read(_ body: JSON, _ route: Route) throws(Refusal) -> Ask {
    switch route.api {
    case .chat: return try ChatAPI.read(body, route: route)
    default: throw Refusal("not yet spoken here", status: 404)
    }
  }
}

enum Planner {
  static func plan(
    _ answers: [Answer], _ ask: Ask, _ profile: LatencyProfile, fault: Fault.Kind?, _ draws: Draws
  )
    -> StreamPlan
  {
    switch ask.api {
    default: ChatAPI.plan(answers, ask, profile, fault: fault, draws)
    }
  }

  static func whole(_ answers: [Answer], _ ask: Ask) -> JSON {
    switch ask.api {
    default: ChatAPI.whole(answers, ask)
    }
  }
}
enum Plain {
  static func reply(to ask: Ask, _ draws: Draws) -> JSON { .null }
}
