/// All checks that need nothing but the reply: one table from names to functions.
enum PureChecks {
  static let all: [String: PureCheck] = [
    TextChecks.all, RefusalCheck.all, MeasureChecks.all, OverlapChecks.all, TraceChecks.all,
    JSONChecks.all, MarkupChecks.all, ToolChecks.all,
  ].reduce(into: [:]) { table, family in table.merge(family) { first, _ in first } }
}
