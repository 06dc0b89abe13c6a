import Formats
import Suites
import Terminal

/// `assay init`: a first suite, or one made from promptfoo's.
enum InitCommand {
  static let entry = Program.Entry(
    Command(
      "init", "a first suite that runs at once", section: "evaluate",
      options: [
        .init("output", "o", .value("FILE"), "where to (assay.yaml)", completes: .files),
        .init("from", nil, .value("FILE"), "make it from a promptfoo configuration", completes: .files),
      ],
      examples: [
        Example("assay init && assay run assay.yaml", "no key needed"),
        Example("assay init --from promptfooconfig.yaml", "switch"),
      ]), run)

  static func run(_ arguments: Arguments, _ console: Console) async throws -> ExitCode {
    let path = arguments.value("output") ?? "assay.yaml"
    guard !File.exists(path) else {
      throw Problem("\(path) is there already", mend: "choose another name with --output")
    }
    var text = FirstSuite.text
    if let source = arguments.value("from") {
      let converted = try SuiteConversion.convert(File.readText(source), file: source)
      text = converted.text
      try await load(source, console)
      for change in converted.changes { console.note(printable(change)) }
    }
    try File.write(text, to: path)
    console.print("wrote \(path); try: assay run \(path)")
    return .held
  }

  /// Its mistakes would be those of what is made of it: they are told, and nothing is written.
  private static func load(_ source: String, _ console: Console) async throws {
    let scripts = SuiteScripts(allowed: true) { console.note(printable($0)) }
    var options = LoadOptions()
    options.scripts = scripts.caller
    _ = try await SuiteLoader.load([source], options: options, environment: console.environment)
  }
}
