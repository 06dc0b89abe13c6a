/// How a prompt is read.
public struct PromptOptions: Sendable, Hashable {
  /// Off: the text is sent as it is written.
  public var rendersTemplates: Bool
  /// Off: a prompt that is JSON is rendered as text, and what variables hold may break it.
  public var rendersInsideJSON: Bool

  public init(rendersTemplates: Bool = true, rendersInsideJSON: Bool = true) {
    self.rendersTemplates = rendersTemplates
    self.rendersInsideJSON = rendersInsideJSON
  }

  public static let standard = PromptOptions()
}
