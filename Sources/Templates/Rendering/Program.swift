import Formats

/// A compiled template.
final class Program: Sendable {
  let source: SourceText
  let body: [Statement]
  let blocks: [String: Block]
  let filters: [String]
  let reads: [VariableRead]
  /// How deep its rendering can nest, macros and other templates apart.
  let depth: Int

  /// A text in which nothing is a tag.
  init(literal source: SourceText) {
    self.source = source
    body = source.text.isEmpty ? [] : [.text(source.text)]
    blocks = [:]
    filters = []
    depth = 1
    reads = []
  }

  init(_ source: SourceText) throws(Fault) {
    self.source = source
    do throws(Fault) {
      var parser = try Parser(source.text)
      body = try parser.readTemplate()
      blocks = parser.blocks
      filters = parser.filters
      depth = parser.deepest
      reads = VariableReader.reads(of: body)
    } catch {
      throw error.located(in: source)
    }
  }
}
