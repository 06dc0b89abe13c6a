/// Which keywords count: those of a draft, less the vocabularies that its meta-schema leaves out.
struct SchemaDialect: Sendable, Hashable {
  var draft: JSONSchema.Draft
  var hasApplicators = true
  var hasValidation = true
  var hasUnevaluated = true
  /// Whether the meta-schema demands that formats hold.
  var assertsFormats = false

  init(draft: JSONSchema.Draft) { self.draft = draft }

  /// Siblings of `$ref` counted for nothing up to draft 07.
  var refStandsAlone: Bool { draft == .draft7 }

  /// `dependencies` was split in two after draft 07; schemas that still use it are understood.
  func dependencyKeywords(newer: String) -> [String] {
    draft == .draft7 ? ["dependencies"] : [newer, "dependencies"]
  }

  /// The dialect that a meta-schema with a `$vocabulary` describes.
  init(draft: JSONSchema.Draft, vocabularies: JSONObject) {
    self.init(draft: draft)
    let prefix =
      draft == .draft2019
      ? "https://json-schema.org/draft/2019-09/vocab/" : "https://json-schema.org/draft/2020-12/vocab/"
    func has(_ name: String) -> Bool { vocabularies.contains(prefix + name) }
    hasApplicators = has("applicator")
    hasValidation = has("validation")
    hasUnevaluated = draft == .draft2019 ? hasApplicators : has("unevaluated")
    assertsFormats = has("format-assertion") || draft == .draft2019 && vocabularies[prefix + "format"] == true
  }

  /// The draft that a `$schema` names, or nil.
  static func draft(named uri: String) -> JSONSchema.Draft? {
    let uri = uri.hasSuffix("#") ? String(uri.dropLast()) : uri
    switch uri {
    case "http://json-schema.org/draft-04/schema", "http://json-schema.org/draft-06/schema",
      "https://json-schema.org/draft-07/schema", "http://json-schema.org/schema":
      return .draft7
    default: return JSONSchema.Draft(rawValue: uri)
    }
  }
}
