import Formats
import Ledger
import Models
import Scripts
import Simulator
import Terminal
import Vocabulary
import Wire

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// `assay ask`: one call from the shell, recorded like any other.
enum AskCommand {
  static let entry = Program.Entry(
    Command(
      "ask", "one call from the shell, recorded like any other", section: "evaluate",
      arguments: [
        Argument(
          "MODEL", "a target's id: openai:gpt-4o-mini, anthropic:messages:..., ollama:chat:..., sim:sim-large"
        ),
        Argument("PROMPT", "what to ask; standard input is added to it", isOptional: true),
      ],
      options: [
        .init("system", "s", .value("TEXT"), "a system message"),
        SettingOption.option,
        .init("json", nil, .flag, "reply, usage, cost and timings as JSON"),
        .init("no-stream", nil, .flag, "ask for the reply in one piece"), LedgerFile.option,
        .init("env-file", nil, .list("FILE"), "further files of environment variables", completes: .files),
      ] + WireOptions.all,
      examples: [
        Example("assay ask openai \"Name three rivers\"", "OPENAI_MODEL, or gpt-4o-mini"),
        Example(
          "git diff | assay ask anthropic:messages:claude-sonnet-5 -s \"Review this\"", "with standard input"),
        Example("assay ask sim:sim-large hello", "a simulated model: no key needed"),
      ]), run)

  static func run(_ arguments: Arguments, _ console: Console) async throws -> ExitCode {
    let environment = try RunSession.environment(arguments, console)
    let id = arguments.words[0]
    let simulator = id.hasPrefix("sim:") ? try Simulator.start(listen: "127.0.0.1:0") : nil
    defer { simulator?.stop() }
    let client = ModelClient(
      http: try WireOptions.client(arguments, console),
      prices: try PriceBook.configured(environment: environment),
      scripts: ScriptPool(),
      environment: environment)
    let endpoint = try client.endpoint(
      id: id, config: try SettingOption.settings(arguments), simulatorURL: simulator?.address)
    let messages = try messages(arguments)
    var prompt = RenderedPrompt(messages: messages)
    // What is no conversation is a text to whoever takes none: echo, commands, completions.
    if messages.count == 1, let text = messages[0]["content"]?.string { prompt.text = text }
    let prepared = try client.prepare(endpoint, prompt: prompt, streams: !arguments.has("no-stream"))
    let path = LedgerFile.path(arguments, environment)
    if !File.exists(Path.folder(of: path)) { try File.createFolder(Path.folder(of: path)) }
    let recorder: Recorder
    do throws(LedgerError) { recorder = try Recorder(path: path) } catch { throw error.problem }
    let start = Instant.now().microseconds
    let trace = TraceIDs().next()
    let (outcome, isShown) = await attempt(prepared, trace, client, arguments, console)
    var call = Call(
      purpose: .ask, source: endpoint.usesWire ? .network : .local, target: id, provider: endpoint.provider,
      model: endpoint.model, request: prepared.canonical, result: outcome.result, attempts: [outcome.attempt],
      total: Instant.now().microseconds - start, scheduledAt: start)
    call.cost = outcome.cost
    call.costReason = outcome.costReason
    call.isSimulated = simulator != nil
    call.traceID = prepared.takesTrace ? trace.text : nil
    let number: Int64
    do throws(LedgerError) { number = try await recorder.record(CallRecord(call)) } catch {
      throw error.problem
    }
    await recorder.close()
    return show(call, number, isShown: isShown, arguments, console)
  }

  /// Prints the text while it comes; true if any was.
  private static func attempt(
    _ call: PreparedCall, _ trace: TraceID, _ client: ModelClient, _ arguments: Arguments, _ console: Console
  ) async -> (AttemptOutcome, Bool) {
    guard call.streams, !arguments.has("json") else {
      return (await client.attempt(call, trace: trace), false)
    }
    // The loop that reads the network must not wait for a terminal.
    let (pieces, sink) = AsyncStream.makeStream(of: String.self)
    let printing = Task {
      var last: Character?
      for await piece in pieces {
        console.write(console.outputIsTerminal ? printable(piece) : piece)
        last = piece.last ?? last
      }
      if let last, !last.isNewline { console.write("\n") }
      return last != nil
    }
    let outcome = await client.attempt(call, trace: trace, onText: { sink.yield($0) })
    sink.finish()
    return (outcome, await printing.value)
  }

  private static func messages(_ arguments: Arguments) throws -> [JSON] {
    var text = arguments.words.count > 1 ? arguments.words[1] : ""
    if isatty(STDIN_FILENO) == 0, let piped = try? File.readText("/dev/stdin"), !piped.isEmpty {
      text += (text.isEmpty ? "" : "\n\n") + piped
    }
    guard !text.isEmpty else {
      throw UsageError("there is nothing to ask", mend: "give a prompt, or pipe one in")
    }
    var messages: [JSON] = []
    if let system = arguments.value("system") {
      messages.append(["role": "system", "content": .string(system)])
    }
    return messages + [["role": "user", "content": .string(text)]]
  }

  private static func show(
    _ call: Call, _ number: Int64, isShown: Bool, _ arguments: Arguments, _ console: Console
  ) -> ExitCode {
    let timings = call.attempts.last?.timings
    guard let reply = call.reply else {
      let failure = call.failure
      console.note(
        printable("assay: \(failure?.kind.rawValue ?? "error"): \(failure?.message ?? "no reply")"))
      return .erred
    }
    if arguments.has("json") {
      console.print(
        ([
          "call": JSON(Int(number)), "text": .string(reply.text), "output": reply.output,
          "model": reply.model.map { .string($0) } ?? .null,
          "finish_reason": reply.finishReason.map { .string($0.name) } ?? .null,
          "usage": reply.rawUsage ?? .null,
          "cost_usd": call.cost.map { JSON($0.dollars) } ?? .null,
          "latency_us": timings.map { JSON(Int($0.done)) } ?? .null,
          "ttft_us": timings?.firstOutput.map { JSON(Int($0)) } ?? .null,
        ] as JSON).pretty)
      return .held
    }
    if !isShown { console.print(console.outputIsTerminal ? printable(reply.text) : reply.text) }
    for tool in reply.toolCalls { console.print(printable("calls \(tool.name)(\(tool.arguments))")) }
    console.note(console.errors.dim(CallText.facts(call, number: number)))
    return .held
  }
}
