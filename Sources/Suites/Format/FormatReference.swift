/// The tables of docs/suites.md, made from the same tables as the loader.
public enum FormatReference {
  /// Of every object, in the order of the reference.
  public static var markdown: String { SuiteFormat.objects.map(section).joined(separator: "\n") }

  private static func section(_ object: FormatObject) -> String {
    var text = "### \(object.title)\n\n\(object.meaning)"
    switch object.others {
    case .refused: break
    case .ignored: text += " Other keys have no effect, which a note says."
    case .passedOn(let whom): text += " Other keys are passed on to \(whom)."
    }
    text += "\n\n| key | value | what it is | example |\n| --- | --- | --- | --- |\n"
    for key in object.keys {
      let name = "`\(key.name)`" + (object.required.contains(key.name) ? " (needed)" : "")
      let mark = key.origin == .ours ? " ◆" : ""
      text +=
        "| \(name)\(mark) | \(cell(key.type.phrase)) | \(cell(meaning(of: key))) | `\(cell(key.example))` |\n"
    }
    return text
  }

  private static func meaning(of key: FormatKey) -> String {
    switch key.origin {
    case .promptfoo, .ours: key.meaning
    case .ignored(let why): "Accepted, with a note: \(why)."
    }
  }

  private static func cell(_ text: String) -> String { text.replacing("|", with: "\\|") }
}
