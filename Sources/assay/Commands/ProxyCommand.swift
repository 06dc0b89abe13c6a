import Formats
import Ledger
import Models
import Proxy
import Simulator
import Synchronization
import Terminal
import Vocabulary
import Wire

/// `assay proxy`: records what other programs ask of models, until it is interrupted.
enum ProxyCommand {
  static let entry = Program.Entry(
    Command(
      "proxy", "record what other programs ask of models", section: "evaluate",
      discussion: """
        Programs ask it in place of the service, with keys of their own; it passes on what comes, as it comes, and \
        records each call like any other: tokens, cost, latency, time to first token, errors. The end of a reply is \
        passed on when the reply is recorded.

        The path says whom it is for: /v1/messages is Anthropic's, /v1beta/... Google's, /api/... Ollama's, /NAME/... is of \
        the service of that name, such as groq or mistral, and everything else OpenAI's. With --to all of it goes there. A \
        header x-assay-label: NAME names the call in assay costs --by target. Ctrl-C waits for the replies that are \
        under way; once more breaks them off.
        """,
      options: [
        Option("listen", "l", .value("ADDRESS"), "where to listen (127.0.0.1:8787; port 0: any free one)"),
        Option("to", nil, .value("SERVICE"), "a service, or its base URL; sim: simulated models"),
        Option("quiet", "q", .flag, "no line for each call"), LedgerFile.option,
      ] + WireOptions.all,
      examples: [
        Example(
          "assay proxy", "then, in the program's environment: OPENAI_BASE_URL=http://127.0.0.1:8787/v1"),
        Example("assay proxy --to groq", "or the base URL of any server that speaks the API of OpenAI"),
        Example("assay proxy --to sim", "simulated models: no key needed"),
        Example("assay costs --by target --purpose live", "what it cost, meanwhile or later"),
      ]), run)

  static func run(_ arguments: Arguments, _ console: Console) async throws -> ExitCode {
    let address = try ListenAddress(arguments.value("listen") ?? "127.0.0.1:8787")
    let simulator =
      arguments.value("to")?.lowercased() == "sim" ? try Simulator.start(listen: "127.0.0.1:0") : nil
    defer { simulator?.stop() }
    let upstream = try Upstream(to: arguments.value("to"), simulatorURL: simulator?.address)
    if upstream.leads(to: address) {
      throw UsageError("--to leads to the proxy itself", mend: "name the service that it is to ask")
    }
    let client = ModelClient(
      http: try WireOptions.client(arguments, console),
      prices: try PriceBook.configured(environment: console.environment), environment: [:])
    let path = LedgerFile.path(arguments, console.environment)
    if !File.exists(Path.folder(of: path)) { try File.createFolder(Path.folder(of: path)) }
    let recorder: Recorder
    do throws(LedgerError) { recorder = try Recorder(path: path) } catch { throw error.problem }

    let isQuiet = arguments.has("quiet")
    let lost = Atomic(0)
    let proxy = try Proxy.start(on: address, upstream: upstream, client: client, recorder: recorder) {
      event in
      if case .lost = event { lost.add(1, ordering: .relaxed) }
      if let line = line(event, isQuiet: isQuiet, console.errors) { console.note(line) }
    }
    let (signals, signal) = AsyncStream.makeStream(of: Void.self)
    try Signals.listen { count in
      signal.yield()
      if count > 1 { proxy.stop() }
    }
    console.print("recording at \(proxy.address) into \(path)  (OpenAI clients: \(proxy.address)/v1)")
    for await _ in signals { break }
    if proxy.underWay > 0 { console.note("waiting for \(proxy.underWay) under way; Ctrl-C breaks off") }
    await proxy.drain()
    proxy.stop()
    await recorder.close()
    let missing = lost.load(ordering: .relaxed)
    if missing == 0 { return .held }
    let why = recorder.trouble.map { ": \($0.problem.message)" } ?? ""
    console.note(printable("\(missing) calls were passed on and not recorded\(why)"))
    return .erred
  }

  /// Nil where nobody needs to hear of it.
  private static func line(_ event: Proxy.Event, isQuiet: Bool, _ style: Style) -> String? {
    switch event {
    case .recorded(let call, let number):
      guard !isQuiet else { return nil }
      let line = printable(call.target) + "  " + style.dim(CallText.facts(call, number: number))
      return call.failure == nil ? line : style.red("failed ") + line
    case .lost(let call, let error):
      return style.red("not recorded: ") + printable("\(call.target): \(error.problem.message)")
    case .passed(let method, let path, let status, let error):
      guard !isQuiet || error != nil else { return nil }
      return style.dim(
        printable("passed on: \(method) \(path)  " + (error ?? status.map { "status \($0)" } ?? "no answer")))
    }
  }
}
