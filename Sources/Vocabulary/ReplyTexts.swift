import Formats

// All that a service has written, for who takes secrets out of it: each of these may repeat what was sent.

extension Reply {
  public mutating func mapTexts(_ text: (String) -> String, _ json: (JSON) -> JSON) {
    self.text = text(self.text)
    self.output = json(self.output)
    self.refusal = self.refusal.map(text)
    self.reasoning = self.reasoning.map(text)
    if case .other(let name)? = self.finishReason { self.finishReason = .other(text(name)) }
    self.rawFinishReason = self.rawFinishReason.map(text)
    self.rawUsage = self.rawUsage.map(json)
    self.model = self.model.map(text)
    self.requestID = self.requestID.map(text)
    self.serviceTier = self.serviceTier.map(text)
    self.systemFingerprint = self.systemFingerprint.map(text)
    self.flagReason = self.flagReason.map(text)
    self.moderation = self.moderation?.map(text)
    self.responseID = self.responseID.map(text)
    self.metadata = self.metadata.map(json)
    self.message = self.message.map(json)
    if self.toolCalls.isEmpty { return }
    self.toolCalls = self.toolCalls.map { call in
      var call = call
      call.id = call.id.map(text)
      call.name = text(call.name)
      call.arguments = text(call.arguments)
      return call
    }
  }
}

extension Failure {
  /// - Parameter cut: for message and evidence, which may be cut off anywhere.
  public mutating func mapTexts(_ text: (String) -> String, cut: (String) -> String) {
    message = cut(message)
    code = code.map(text)
    evidence = evidence.map(cut)
  }
}

extension Attempt {
  public mutating func mapTexts(_ text: (String) -> String, cut: (String) -> String) {
    self.requestID = self.requestID.map(text)
    self.failure?.mapTexts(text, cut: cut)
  }
}
