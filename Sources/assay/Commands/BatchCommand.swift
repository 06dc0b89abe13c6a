import Formats
import Ledger
import Models
import Runs
import Terminal

/// `assay batch`: a suite as OpenAI batch files, and their output back into the ledger as a run.
enum BatchCommand {
  static let entry = Program.Entry(
    Command(
      "batch", "ask a suite at half price: write batch files, read what came back", section: "evaluate",
      discussion: """
        A batch file has one request a line, as OpenAI's batch API and those that follow it take them. Sending it is \
        up to you. What comes back is checked, gated and reported like any run; prices are those of the batch tier. \
        Only the first request of each trial goes into the file: tools, turns and judges are asked when it is read.
        """,
      subcommands: [
        Command(
          "write", "write a suite's requests, one file a model", arguments: SuiteOptions.arguments,
          options: [
            .init("to", "o", .value("FILE"), "where to (batch.jsonl)", completes: .files),
            .init("name", nil, .value("NAME"), "name of the run"),
            .init("simulate", nil, .flag, "for simulated models in place of all targets"), LedgerFile.option,
          ] + SuiteOptions.all,
          examples: [Example("assay batch write suite.yaml -o batch.jsonl", "then send it to the service")]),
        Command(
          "read", "read a batch's output and errors, and finish the run",
          arguments: [
            Argument(
              "FILE", "output files, and error files where there are any", repeats: true, completes: .files)
          ],
          options: [
            .init("output", "o", .list("FILE"), "write a report; its ending decides", completes: .files),
            .init("gate", "g", .list("EXPR"), "a condition on the run"),
            .init("quiet", "q", .flag, "only the result"), .init("json", nil, .flag, "the result as JSON"),
            .init("no-ci", nil, .flag, "write no annotations and summaries for the CI system"),
            .init(
              "env-file", nil, .list("FILE"), "further files of environment variables", completes: .files),
            LedgerFile.option,
          ],
          examples: [
            Example("assay batch read batch_output.jsonl batch_errors.jsonl", "into the run it belongs to")
          ]),
      ]), ["write": write, "read": read])

  /// A file that a service takes: OpenAI's limits.
  private static let mostRequests = 50_000
  private static let mostBytes = 190_000_000

  // MARK: Writing

  private static func write(_ arguments: Arguments, _ console: Console) async throws -> ExitCode {
    let collector = BatchCollector()
    let selection = selection(arguments)
    var tokens = ["run"] + selection
    for option in ["ledger", "name"] {
      if let value = arguments.value(option) { tokens += ["--\(option)", value] }
    }
    var batch = RunSession.Batch(exchange: .writes(collector))
    batch.selection = selection
    let session = try await RunSession(try Arguments(tokens, for: Program.command), console, batch: batch)
    let result = try await session.writeBatch()
    guard collector.refused.isEmpty else {
      throw UsageError(
        "\(collector.refused.joined(separator: ", ")): the service has no batches of OpenAI's form",
        mend: "leave such targets out with --filter-targets")
    }
    let files = try files(collector.all, to: arguments.value("to") ?? "batch.jsonl")
    for (path, lines) in files {
      let file = try FileWriter(path)
      for line in lines.lines { try file.write(line) }
      try file.finish()
      console.print(
        printable("wrote \(path): \(lines.lines.count) requests to \(lines.model) at \(lines.path)"))
    }
    if result.progress.erred > 0 {
      console.note(
        "\(result.progress.erred) trials could not be written: assay show \(result.run.name) --failed")
    }
    guard !files.isEmpty else { throw Problem("the suite has no request for a batch") }
    if session.checksTimes {
      console.note("a batch has no times: its replies are not held to latency checks")
    }
    console.print("run \(result.run.name) waits for what comes back: assay batch read OUTPUT.jsonl")
    return result.progress.erred > 0 ? .erred : .held
  }

  private struct Lines {
    var model: String
    var path: String
    var lines: [[UInt8]] = []
    var bytes = 0
  }

  /// One file a model and path, and more where a file would be too long.
  private static func files(_ entries: [BatchCollector.Entry], to path: String) throws -> [(String, Lines)] {
    var groups: [Lines] = []
    for entry in entries {
      let line: JSON = [
        "custom_id": .string(entry.customID), "method": "POST", "url": .string(entry.request.path),
        "body": entry.request.body,
      ]
      let bytes = line.bytes + [0x0A]
      let fitting = groups.lastIndex {
        $0.model == entry.model && $0.path == entry.request.path && $0.lines.count < mostRequests
          && $0.bytes + bytes.count <= mostBytes
      }
      let place = fitting ?? groups.count
      if fitting == nil { groups.append(Lines(model: entry.model, path: entry.request.path)) }
      groups[place].lines.append(bytes)
      groups[place].bytes += bytes.count
    }
    if groups.count == 1 { return [(path, groups[0])] }
    let dot = path.lastIndex(of: ".").flatMap { path[$0...].contains("/") ? nil : $0 } ?? path.endIndex
    var used: [String: Int] = [:]
    return groups.map { group in
      var name = String(group.model.map { $0.isLetter || $0.isNumber || "-._".contains($0) ? $0 : "-" })
      used[name, default: 0] += 1
      if let count = used[name], count > 1 { name += "-\(count)" }
      return ("\(path[..<dot])-\(name)\(path[dot...])", group)
    }
  }

  /// What of the suite is asked, as words for `assay run`: read again when the batch comes back.
  private static func selection(_ arguments: Arguments) -> [String] {
    var words = arguments.words
    for option in SuiteOptions.all {
      if case .flag = option.kind {
        if arguments.has(option.long) { words.append("--\(option.long)") }
      } else {
        for value in arguments.values(option.long) { words += ["--\(option.long)", value] }
      }
    }
    if arguments.has("simulate") { words.append("--simulate") }
    return words
  }

  // MARK: Reading

  private static func read(_ arguments: Arguments, _ console: Console) async throws -> ExitCode {
    let output = try BatchOutput(arguments.words)
    let environment = try RunSession.environment(arguments, console)
    let path = LedgerFile.path(arguments, environment)
    let ledger = try LedgerFile.open(path)
    let run = try LedgerFile.run(output.run, in: ledger)
    guard let selection = run.settings["batch"]?.array?.compactMap(\.string) else {
      throw Problem("run \(run.name) was not written as a batch")
    }
    guard run.state != .done else { throw Problem("run \(run.name) has been read already") }
    var tokens = ["run"] + selection + ["--resume", "--run", run.name, "--ledger", path]
    for name in ["output", "gate", "env-file"] {
      for value in arguments.values(name) { tokens += ["--\(name)", value] }
    }
    for name in ["quiet", "json", "no-ci"] where arguments.has(name) { tokens.append("--\(name)") }
    let batch = RunSession.Batch(exchange: .reads(BatchAnswers(output.answers)))
    return try await RunSession(try Arguments(tokens, for: Program.command), console, batch: batch).execute()
  }
}

/// The lines of output and error files.
private struct BatchOutput {
  var run: String
  var answers: [String: BatchAnswer] = [:]

  init(_ paths: [String]) throws {
    var found: (run: String, file: String)?
    var problems: [Problem] = []
    for path in paths {
      let reader = try JSONLinesReader(path)
      while let line = try reader.next() {
        let place = SourceLocation(file: path, line: line.number, column: 1)
        do throws(Problem) {
          let (id, answer) = try Self.answer(line, at: place)
          guard let run = BatchID.run(of: id) else {
            throw Problem("the custom_id \"\(id)\" is none that assay batch write made", at: place)
          }
          if let found, found.run != run {
            throw Problem("the request belongs to run \(run), those before it to \(found.run)", at: place)
          }
          if answers.updateValue(answer, forKey: id) != nil {
            throw Problem("the custom_id \"\(id)\" comes twice", at: place)
          }
          found = found ?? (run, path)
        } catch { problems.append(error) }
        if problems.count >= 20 { throw Problems(problems) }
      }
    }
    if !problems.isEmpty { throw Problems(problems) }
    guard let found else { throw Problem("\(paths.joined(separator: ", ")): there is no answer in it") }
    run = found.run
  }

  private static func answer(
    _ line: JSONLinesReader.Line, at place: SourceLocation
  ) throws(Problem) -> (String, BatchAnswer) {
    let json: JSON
    switch line.value {
    case .success(let value): json = value
    case .failure(let error): throw Problem("not JSON: \(error)", at: place)
    }
    guard let id = json["custom_id"]?.string else {
      throw Problem("a line of a batch's output has a \"custom_id\"", at: place)
    }
    let response = json["response"] ?? .null
    let error = json["error"] ?? .null
    guard !response.isNull || !error.isNull else {
      throw Problem("the line has neither \"response\" nor \"error\"", at: place)
    }
    if response.isNull {
      let text = error["message"]?.string ?? error["code"]?.string ?? error.text
      return (id, BatchAnswer(status: nil, body: .null, requestID: nil, error: text))
    }
    guard let status = response["status_code"]?.int, let body = response["body"] else {
      throw Problem("a \"response\" has \"status_code\" and \"body\"", at: place)
    }
    return (
      id, BatchAnswer(status: status, body: body, requestID: response["request_id"]?.string, error: nil)
    )
  }
}
