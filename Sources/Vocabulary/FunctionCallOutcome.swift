import Formats

/// How the function calls of one trial went. A platform's function-call success rate is the share of trials in which
/// all of it went well.
public struct FunctionCallOutcome: Sendable, Hashable {
  public var calls: Int
  /// Every call names a function that was offered, with arguments that fit its schema. Nil where none was made.
  public var areValid: Bool?
  /// As the suite's checks have it; nil where none of them says which function is right.
  public var isRightFunction: Bool?
  public var areRightArguments: Bool?
  /// No call was left without its result, and the model said something with it.
  public var isComplete: Bool

  public init(
    calls: Int, areValid: Bool?, isRightFunction: Bool?, areRightArguments: Bool?, isComplete: Bool
  ) {
    self.calls = calls
    self.areValid = areValid
    self.isRightFunction = isRightFunction
    self.areRightArguments = areRightArguments
    self.isComplete = isComplete
  }

  public var succeeded: Bool {
    isComplete && areValid != false && isRightFunction != false && areRightArguments != false
  }

  public var json: JSON {
    var object = JSONObject([("calls", JSON(calls))])
    if let areValid { object["valid"] = .bool(areValid) }
    if let isRightFunction { object["right_function"] = .bool(isRightFunction) }
    if let areRightArguments { object["right_arguments"] = .bool(areRightArguments) }
    object["completed"] = .bool(isComplete)
    return .object(object)
  }

  /// As `json` wrote it.
  public init?(_ json: JSON) {
    guard let calls = json["calls"]?.int else { return nil }
    self.init(
      calls: calls, areValid: json["valid"]?.bool, isRightFunction: json["right_function"]?.bool,
      areRightArguments: json["right_arguments"]?.bool, isComplete: json["completed"]?.bool ?? false)
  }
}
