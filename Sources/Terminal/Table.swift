/// A table for the terminal: numbers right, text left, cut to the width it is given.
public struct Table: Sendable {
  public struct Column: Sendable {
    public var title: String
    public var isNumber: Bool
    /// May be cut when the table does not fit; the least width it keeps.
    public var shrinksTo: Int?
    /// Left out, the last such column first, where even the shrunk table does not fit.
    public var mayGo: Bool

    public init(_ title: String, isNumber: Bool = false, shrinksTo: Int? = nil, mayGo: Bool = false) {
      self.title = title
      self.isNumber = isNumber
      self.shrinksTo = shrinksTo
      self.mayGo = mayGo
    }
  }

  public var columns: [Column]
  public var rows: [[String]] = []

  public init(_ columns: [Column]) { self.columns = columns }

  public mutating func add(_ row: [String]) { rows.append(row) }

  /// Two spaces between columns, a title row, no lines. Cells are made printable here.
  public func text(width: Int, style: Style = .plain) -> String {
    let cleaned = rows.map { row in
      row.map {
        printable($0).split(separator: "\n", omittingEmptySubsequences: false).joined(separator: " ")
      }
    }
    var widths = columns.indices.map { column in
      max(
        cells(columns[column].title),
        cleaned.map { $0.indices.contains(column) ? cells($0[column]) : 0 }.max() ?? 0)
    }
    var shown = Array(columns.indices)
    func least() -> Int {
      shown.reduce(2 * (shown.count - 1)) { $0 + min(widths[$1], columns[$1].shrinksTo ?? .max) }
    }
    while least() > width, let last = shown.last(where: { columns[$0].mayGo }) {
      shown.removeAll { $0 == last }
    }
    shrink(&widths, shown, to: width)
    let title = style.bold(line(columns.map(\.title), widths, shown))
    return ([title] + cleaned.map { line($0, widths, shown) }).map { $0 + "\n" }.joined()
  }

  private func shrink(_ widths: inout [Int], _ shown: [Int], to width: Int) {
    var excess = shown.reduce(2 * (shown.count - 1)) { $0 + widths[$1] } - width
    while excess > 0 {
      let candidates = shown.filter { widths[$0] > columns[$0].shrinksTo ?? Int.max }
      guard let widest = candidates.max(by: { widths[$0] < widths[$1] }) else { return }
      widths[widest] -= 1
      excess -= 1
    }
  }

  private func line(_ row: [String], _ widths: [Int], _ shown: [Int]) -> String {
    var out = ""
    for column in shown {
      let cell = clipped(row.indices.contains(column) ? row[column] : "", to: widths[column])
      out += (out.isEmpty ? "" : "  ") + padded(cell, to: widths[column], right: columns[column].isNumber)
    }
    while out.last == " " { out.removeLast() }
    return out
  }
}
