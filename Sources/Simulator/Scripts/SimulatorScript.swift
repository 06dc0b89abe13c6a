import Formats
import Synchronization
import Wire

/// What a script says in place of the simulated models.
struct SimulatorScript: Sendable {
  var file: String
  var models: [SimulatedModel] = []
  var limits = Limits()
  var faults: [FaultRate] = []

  struct Reply {
    var wish = Author.Wish()
    var fault: Fault?
    var profile: String?
    /// Milliseconds.
    var delay: Double?
    var firstToken: Double?
    var perToken: Double?
  }

  init(_ text: String, file: String) throws(Problem) {
    self.file = file
  }

  func reply(to ask: Ask, request: ServerRequest, draws: Draws) throws(Refusal) -> Reply? { nil }
}
