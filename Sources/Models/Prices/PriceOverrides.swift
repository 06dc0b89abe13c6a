import Formats

/// The user's own prices: from files, from the environment, from a suite.
///
/// A row names a model and dollars for a million tokens; the rest is as in the built-in list:
///
///     prices:
///       - { model: my-model, input: 0.5, output: 1.5, cached_input: 0.05 }
///       - { provider: groq, model: llama, input: 0.1, output: 0.2, from: 2026-01-01, service: batch }
extension PriceBook {
  /// The built-in list with, weakest first, the file of `ASSAY_PRICES`, further files, and rows of a suite.
  public static func configured(
    environment: [String: String], files: [String] = [], rows: [JSON] = [], folder: String = "."
  ) throws(Problem) -> PriceBook {
    var book = PriceBook.builtIn
    if let path = environment["ASSAY_PRICES"], !path.isEmpty { book = try book.adding(file: path) }
    for path in files { book = try book.adding(file: Path.resolve(path, against: folder)) }
    if !rows.isEmpty {
      book = book.adding(try PriceOverrides.rows(.array(rows), origin: "prices of the suite"))
    }
    return book
  }

  /// Adds the rows of a CSV file (with a header), or of a YAML or JSON file (a list, or a map by model).
  public func adding(file path: String) throws(Problem) -> PriceBook {
    switch Path.fileExtension(of: path) {
    case "csv": return adding(try PriceOverrides.csv(path))
    case "json":
      return adding(
        try PriceOverrides.rows(Node(parsingJSON: File.read(path), file: path).json, origin: path))
    default:
      return adding(
        try PriceOverrides.rows(Node(parsingYAML: File.read(path), file: path).json, origin: path))
    }
  }
}

enum PriceOverrides {
  static let columns = [
    "provider", "model", "from", "to", "context", "service", "window", "input", "cached_input", "cache_write",
    "cache_write_long", "output", "audio_input", "audio_output",
  ]

  static func rows(_ json: JSON, origin: String) throws(Problem) -> [PriceRow] {
    var rows: [PriceRow] = []
    switch json {
    case .array(let items):
      for item in items {
        // A list may hold a map by model too.
        if item["model"] == nil, item.object?.values.allSatisfy({ $0.object != nil }) == true {
          rows += try self.rows(item, origin: origin)
        } else {
          rows.append(try row(item, origin: origin))
        }
      }
    case .object(let members):
      if let list = members["prices"] { return try self.rows(list, origin: origin) }
      for (model, value) in members {
        var fields = value.object ?? JSONObject()
        fields["model"] = .string(model)
        rows.append(try row(.object(fields), origin: origin))
      }
    default: throw Problem("\(origin): prices are a list of rows or a map by model")
    }
    return rows
  }

  static func csv(_ path: String) throws(Problem) -> [PriceRow] {
    let reader = try CSVReader(path: path)
    guard let header = try reader.next() else { return [] }
    var rows: [PriceRow] = []
    while let line = try reader.next() {
      var fields = JSONObject()
      for (name, value) in zip(header.fields, line.fields) where !value.isEmpty {
        fields[name.trimmed] = .string(value.trimmed)
      }
      if fields.isEmpty { continue }
      do {
        rows.append(try row(.object(fields), origin: path))
      } catch {
        throw Problem(
          error.message, at: SourceLocation(file: path, line: line.line, column: 1), mend: error.mend)
      }
    }
    return rows
  }

  static func row(_ json: JSON, origin: String) throws(Problem) -> PriceRow {
    guard let model = json["model"]?.string, !model.isEmpty else {
      throw Problem("\(origin): a price names no model: \(json.text)")
    }
    var row = PriceRow(provider: json["provider"]?.string ?? "", model: model)
    row.origin = origin
    for (name, value) in json.object ?? JSONObject() where !value.isNull {
      switch name {
      case "provider", "model", "source", "date", "note": break
      case "from", "to":
        guard let day = value.string, Instant(rfc3339: "\(day)T00:00:00Z") != nil else {
          throw Problem("\(origin): \(name) of \(model) is not a day such as 2026-11-01: \(value.text)")
        }
        if name == "from" { row.from = day } else { row.to = day }
      case "context":
        let text = value.string ?? value.int.map { ">\($0)" } ?? ""
        guard let tier = PriceRow.ContextTier(text) else {
          throw Problem("\(origin): context of \(model) is not a bound such as \">200000\": \(value.text)")
        }
        row.context = tier
      case "service": row.service = value.string ?? ""
      case "window":
        let parts = (value.string ?? "").split(separator: ";")
        row.windows = parts.compactMap { HourWindow($0) }
        if row.windows.count != parts.count || parts.isEmpty {
          throw Problem("\(origin): window of \(model) is not as in \"1-5 01:00-04:00\": \(value.text)")
        }
      default: try set(name, value, of: &row)
      }
    }
    return row
  }

  private static func set(_ name: String, _ value: JSON, of row: inout PriceRow) throws(Problem) {
    let text = value.string ?? value.number?.text ?? ""
    func rate() throws(Problem) -> Money {
      guard let money = Money(roundingDollars: text), money >= .zero else {
        throw Problem("\(row.origin): \(name) of \(row.model) is not an amount in dollars: \(value.text)")
      }
      return money
    }
    switch name {
    case "input": row.rates.input = try rate()
    case "output": row.rates.output = try rate()
    case "cached_input", "cached": row.rates.cachedInput = try rate()
    case "cache_write": row.rates.cacheWrite = try rate()
    case "cache_write_long", "cache_write_1h": row.rates.longCacheWrite = try rate()
    case "audio_input": row.rates.audioInput = try rate()
    case "audio_output": row.rates.audioOutput = try rate()
    default:
      let near = nearest(to: name, in: columns)
      throw Problem(
        "\(row.origin): unknown key \"\(name)\" in the price of \(row.model)"
          + (near.map { "; did you mean \"\($0)\"?" } ?? ""),
        mend: near == nil ? "keys: \(columns.joined(separator: ", "))" : nil)
    }
  }
}
