import Formats
import Models
import Simulator
import Terminal
import Vocabulary
import Wire

/// `assay models`: what each configured endpoint offers.
enum ModelsCommand {
  static let entry = Program.Entry(
    Command(
      "models", "what each configured endpoint offers, and until when", section: "set up",
      arguments: [
        Argument(
          "SERVICE",
          "openai, anthropic, ollama, ... or a target's id; without one: all that have a key or an address",
          isOptional: true, repeats: true)
      ],
      options: [
        SettingOption.option, .init("json", nil, .flag, "as JSON"),
        .init("env-file", nil, .list("FILE"), "further files of environment variables", completes: .files),
      ] + WireOptions.all,
      examples: [
        Example("assay models", "of every service whose key is set"),
        Example(
          "assay models openai -o apiBaseUrl=http://127.0.0.1:8000/v1", "any server that speaks OpenAI's API"),
      ]), run)

  static func run(_ arguments: Arguments, _ console: Console) async throws -> ExitCode {
    let environment = try RunSession.environment(arguments, console)
    let client = ModelClient(
      http: try WireOptions.client(arguments, console),
      prices: try PriceBook.configured(environment: environment),
      environment: environment)
    let names = arguments.words.isEmpty ? client.configuredServices : arguments.words
    guard !names.isEmpty else {
      throw Problem(
        "no service is configured: no key and no address is set",
        mend: "set OPENAI_API_KEY, ANTHROPIC_API_KEY, OLLAMA_BASE_URL, ... or name a service")
    }
    let simulator =
      try names.contains { $0 == "sim" || $0.hasPrefix("sim:") }
      ? Simulator.start(listen: "127.0.0.1:0") : nil
    defer { simulator?.stop() }
    let config = try SettingOption.settings(arguments)
    var found: [(name: String, models: [ListedModel])] = []
    var failed = false
    for name in names {
      let endpoint: Endpoint
      do throws(Problem) {
        endpoint = try client.listingEndpoint(name, config: config, simulatorURL: simulator?.address)
      } catch {
        // Asked for by name, it is a mistake; found in the environment, the others can still be listed.
        if !arguments.words.isEmpty { throw error }
        failed = true
        console.note(printable("assay: \(name): \(error.message)"))
        continue
      }
      switch await client.models(at: endpoint) {
      case .success(let models): found.append((name, models))
      case .failure(let failure):
        failed = true
        console.note(printable("assay: \(name): \(failure.kind.rawValue): \(failure.message)"))
      }
    }
    if arguments.has("json") {
      console.print(JSON.array(found.flatMap { name, models in models.map { json(name, $0) } }).pretty)
    } else if found.contains(where: { !$0.models.isEmpty }) {
      console.write(table(found).text(width: console.width, style: console.output))
    } else if !failed {
      console.note("no models are offered")
    }
    return failed ? .erred : .held
  }

  private static func table(_ found: [(name: String, models: [ListedModel])]) -> Table {
    var table = Table([
      .init("service", shrinksTo: 8), .init("model", shrinksTo: 24), .init("context", isNumber: true),
      .init("longest reply", isNumber: true), .init("withdrawn"),
    ])
    for (name, models) in found {
      for model in models {
        table.add([
          name, model.id, model.contextWindow.map(String.init) ?? "", model.maxOutput.map(String.init) ?? "",
          model.retires ?? "",
        ])
      }
    }
    return table
  }

  private static func json(_ name: String, _ model: ListedModel) -> JSON {
    [
      "service": .string(name), "model": .string(model.id),
      "owner": model.owner.map { .string($0) } ?? .null,
      "created": model.created.map { .string(Instant(seconds: $0).date) } ?? .null,
      "context_window": model.contextWindow.map { JSON($0) } ?? .null,
      "max_output": model.maxOutput.map { JSON($0) } ?? .null,
      "withdrawn": model.retires.map { .string($0) } ?? .null,
    ]
  }
}
