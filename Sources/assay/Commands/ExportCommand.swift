import Formats
import Ledger
import Reports
import Terminal
import Vocabulary

/// `assay export`: calls as OpenTelemetry's spans, into a file or to a collector.
enum ExportCommand {
  static let entry = Program.Entry(
    Command(
      "export", "calls as spans of OpenTelemetry, for collectors and observability services", section: "look",
      discussion: """
        One span for each call that was made, in OTLP's JSON by the conventions for generative AI; attempts that failed and \
        what checks found are its events. Ids follow from the call, so that what is exported twice is the same span. A file \
        has one document of up to 500 spans a line, in the form of OpenTelemetry's file exporter. Replies that were used again \
        are no calls.

        Headers such as keys come from OTEL_EXPORTER_OTLP_HEADERS, the name of the service from OTEL_SERVICE_NAME.
        """,
      arguments: [
        Argument(
          "RUN", "name or its beginning, number, or latest; without it the whole ledger", isOptional: true)
      ],
      options: [
        .init("output", "o", .value("FILE"), "where to; default: standard output", completes: .files),
        .init("to", nil, .value("URL"), "a collector to send to; /v1/traces is added"),
        .init("content", nil, .flag, "with prompts, replies and reasons of checks"),
        HistoryCommands.since, CallPurpose.option, LedgerFile.option, WireOptions.caFile,
      ],
      examples: [
        Example("assay export latest -o spans.jsonl", "the latest run"),
        Example("assay export --since 1h --to http://127.0.0.1:4318", "the last hour, to a collector"),
        Example(
          "assay export --purpose live --content -o live.jsonl", "what went through assay proxy, with texts"),
      ]), run)

  /// A document has no more spans than this, and no further one once it has so many bytes: receivers take 64 MiB.
  private static let spansADocument = 500
  private static let bytesADocument = 4 << 20

  static func run(_ arguments: Arguments, _ console: Console) async throws -> ExitCode {
    let ledger = try LedgerFile.open(LedgerFile.path(arguments, console.environment))
    let run = try arguments.words.first.map { (name) throws(Problem) in try LedgerFile.run(name, in: ledger) }
    if arguments.has("output"), arguments.has("to") {
      throw UsageError("--output and --to are both given", mend: "write a file, or send; or do it twice")
    }
    let collector = try arguments.value("to").map { (url) throws in
      try SpanCollector(
        url, environment: console.environment, http: WireOptions.client(arguments, console))
    }
    let since = try HistoryCommands.since(arguments)
    let service = console.environment["OTEL_SERVICE_NAME"].flatMap { $0.isEmpty ? nil : $0 }
    let export = try OpenTelemetry(
      ledger, version: Program.version, serviceName: service ?? "assay", hasContent: arguments.has("content"))
    let file = collector == nil ? try FileWriter(arguments.value("output") ?? "/dev/stdout") : nil

    var (last, count, rejected): (Int64, Int, Int) = (0, 0, 0)
    while true {
      let calls = try ledger.calls(
        after: last, of: run?.id, purpose: CallPurpose.asked(arguments), since: since?.microseconds,
        limit: spansADocument)
      if calls.isEmpty { break }
      var (spans, bytes): ([JSON], Int) = ([], 0)
      for call in calls where bytes < bytesADocument {
        last = call.id
        guard let span = try export.span(of: call) else { continue }
        spans.append(span)
        if arguments.has("content") { bytes += span.bytes.count }
      }
      guard !spans.isEmpty else { continue }
      let document = export.document(spans)
      try file?.write(document.bytes + [0x0A])
      if let collector {
        do throws(Problem) {
          let answer = try await collector.send(document)
          rejected += answer.rejected
          if let why = answer.why, !why.isEmpty { console.note(printable("the collector says: \(why)")) }
        } catch {
          console.note(printable("assay: \(error.message)"))
          console.note("\(count) spans were taken before that; to send all of them again does no harm")
          return .erred
        }
      }
      count += spans.count
    }
    try file?.finish()
    if let target = arguments.value("to").map(AddressText.withoutSecrets) ?? arguments.value("output") {
      console.note(printable("\(count - rejected) spans \(collector == nil ? "in" : "taken by") \(target)"))
    }
    if rejected > 0 { console.note("\(rejected) spans were rejected") }
    return rejected > 0 ? .erred : .held
  }
}
