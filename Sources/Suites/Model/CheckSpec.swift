import Formats
import Vocabulary

/// One assertion as the suite wrote it: what must hold of a reply.
public typealias CheckSpec = Shared<CheckSpecFields>

public struct CheckSpecFields: Sendable, Hashable {
  /// Without `not-`.
  public var type: String
  public var isNegated = false
  /// Rendered with the case's variables when it is a string or a list of strings; see promptfoo section 1.2.
  public var value: JSON?
  public var threshold: Double?
  public var weight: Double = 1
  /// Name of the score; a template.
  public var metric: String?
  /// The judge for this check.
  public var judge: JSON?
  public var rubricPrompt: JSON?
  public var transform: String?
  public var contextTransform: String?
  public var config: JSONObject = JSONObject()
  /// Every further key of the assertion, such as METEOR's `alpha` or our `votes`.
  public var extra: JSONObject = JSONObject()
  /// Of an `assert-set`.
  public var components: [CheckSpec] = []
  public var location: SourceLocation?

}

extension CheckSpec {
  public init(type: String) { self.init(CheckSpecFields(type: type)) }

  /// As the suite wrote it.
  public var name: String { (self.isNegated ? "not-" : "") + self.type }
}
