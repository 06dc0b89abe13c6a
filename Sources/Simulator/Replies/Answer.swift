import Formats

/// What the simulated model says to one request, before it is put into the words of an interface.
struct Answer {
  enum Finish { case stop, length, tools, contentFilter, refusal }

  struct ToolCall {
    var id: String
    var name: String
    /// JSON text, as models write it.
    var arguments: String
  }

  var text = ""
  var reasoning = ""
  var toolCalls: [ToolCall] = []
  var finish = Finish.stop
  /// The stop sequence that ended it.
  var stopSequence: String?
  /// Set when the skill was drawn: the expected answer is in the text, or not.
  var isRight: Bool?
  /// The simulated identifier, without prefix: the same for the same request and seed.
  var id = ""
  var created = 0
  var model = ""
  var usage = Usage()

  struct Usage {
    var input = 0
    var cached = 0
    var output = 0
    var reasoning = 0
  }
}
