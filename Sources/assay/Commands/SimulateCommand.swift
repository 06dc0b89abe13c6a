import Formats
import Simulator
import Terminal

/// `assay simulate`: the simulated model server, until it is interrupted.
enum SimulateCommand {
  static let entry = Program.Entry(
    Command(
      "simulate", "serve simulated models on loopback", section: "set up",
      discussion: """
        Speaks OpenAI (chat, responses, completions, embeddings, moderations), Anthropic messages, Gemini and \
        Ollama, streaming or not. The models sim-large, sim-small, sim-tiny, sim-flaky, sim-reasoning, sim-slow, \
        sim-talkative, sim-judge, sim-perfect, sim-wrong and sim-echo differ in known ways; any other name gets a \
        decent one. The same seed and request give the same reply. docs/simulator.md has the script format, the \
        faults and the limits.

        What it saw is at /_sim/stats, /_sim/log and /_sim/bill; POST /_sim/config changes it while it runs.
        """,
      options: [
        Option("listen", "l", .value("ADDRESS"), "where to listen (127.0.0.1:8090; port 0: any free one)"),
        Option("script", "s", .value("FILE"), "YAML: what to reply to what", completes: .files),
        Option("seed", nil, .value("NUMBER"), "another number, other replies (1)"),
        Option("speed", nil, .value("FACTOR"), "how many times faster than real time (1)"),
        Option(
          "profile", nil, .value("NAME"), "one latency for all models",
          choices: ["8b-h100", "70b-tp8", "hosted-small", "hosted-large", "reasoning", "instant"]),
        Option("limits", nil, .value("LIST"), "enforced by key and model: rpm=60,tpm=10000,concurrency=4"),
        Option("faults", nil, .value("LIST"), "shares of requests that fail: 500=0.01,reset-mid-stream=0.02"),
        Option("log", nil, .value("FILE"), "write one JSON line for each request", completes: .files),
        Option("token", nil, .value("KEY"), "the key that callers must present"),
        Option("threads", nil, .value("COUNT"), "server threads (1)"),
      ],
      examples: [
        Example(
          "assay simulate --listen 127.0.0.1:8090 --speed 10",
          "then: curl http://127.0.0.1:8090/v1/chat/completions -d "
            + "'{\"model\":\"sim-large\",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}'"),
        Example(
          "assay simulate --faults 429-requests=0.1,reset-mid-stream=0.05",
          "a bad day; a single fault: curl -H 'X-Sim-Fault: 503;retry-after=2' ..."),
        Example(
          "assay simulate --limits rpm=60,tpm=20000",
          "in Python: OpenAI(base_url=\"http://127.0.0.1:8090/v1\", api_key=\"any\")"),
      ]), run)

  static func run(_ arguments: Arguments, _ console: Console) async throws -> ExitCode {
    let simulator = try Simulator.start(try options(from: arguments))
    let (interruptions, interrupt) = AsyncStream.makeStream(of: Void.self)
    try Signals.listen { _ in interrupt.yield() }
    console.print("simulated models at \(simulator.address)  (OpenAI clients: \(simulator.address)/v1)")
    for await _ in interruptions { break }
    simulator.stop()
    return .held
  }

  private static func options(from arguments: Arguments) throws -> SimulatorOptions {
    var options = try Rehearsal.simulator(arguments)
    options.listen = arguments.value("listen") ?? "127.0.0.1:8090"
    if let file = arguments.value("script") {
      options.script = try File.readText(file)
      options.scriptFile = file
    }
    if let seed = try arguments.integer("seed", atLeast: 0, atMost: .max) { options.seed = UInt64(seed) }
    options.profile = arguments.value("profile")
    options.limits = arguments.value("limits")
    options.log = arguments.value("log")
    options.token = arguments.value("token")
    if let threads = try arguments.integer("threads", atLeast: 1) { options.threads = min(threads, 64) }
    return options
  }
}
