import Formats

/// The JSON Schema of the suite format, for editors: made from the same tables as the loader.
public enum FormatSchema {
  public static var json: JSON {
    var definitions = JSONObject()
    for object in SuiteFormat.objects { definitions[object.name.rawValue] = schema(of: object) }
    definitions["reference"] = [
      "type": "object", "properties": ["$ref": ["type": "string"]], "required": ["$ref"],
      "additionalProperties": false,
    ]
    return [
      "$schema": "http://json-schema.org/draft-07/schema#",
      "title": "assay suite",
      "description": "What to ask, of whom, and what must hold. Made from the tables of the loader.",
      "$ref": "#/definitions/suite",
      "definitions": .object(definitions),
    ]
  }

  private static func schema(of object: FormatObject) -> JSON {
    var properties = JSONObject()
    for key in object.keys {
      var schema = schema(of: key.type).object ?? JSONObject()
      schema["description"] = .string(description(of: key))
      if key.name == "type", object.name == .check { schema = checkTypes(schema) }
      properties[key.name] = .object(schema)
    }
    properties["$ref"] = [
      "type": "string", "description": "Takes the value from another place: #/name, or file.yaml#/name.",
    ]
    var result: JSONObject = [
      "type": "object", "description": .string(object.meaning), "properties": .object(properties),
    ]
    if object.name == .target {
      // A map with the id as its key.
      result["additionalProperties"] = ["type": ["object", "null"]]
    } else if object.others == .refused || object.others == .ignored {
      // An editor marks what has no effect: it may be a slip.
      result["additionalProperties"] = false
      if object.name == .suite { result["additionalProperties"] = true }
    }
    if !object.required.isEmpty {
      let required = JSON.array(object.required.map(JSON.string))
      result["anyOf"] = [["required": required], ["required": ["$ref"]]]
    }
    return .object(result)
  }

  private static func description(of key: FormatKey) -> String {
    switch key.origin {
    case .promptfoo, .ours: key.meaning
    case .ignored(let why): "Has no effect here: \(why)."
    }
  }

  /// All the checks, for completion; with `not-` too.
  private static func checkTypes(_ schema: JSONObject) -> JSONObject {
    var schema = schema
    let names = CheckTypes.all.map { JSON.string($0.name) }
    schema["anyOf"] = [
      ["enum": .array(names)], ["pattern": "^not-"], ["pattern": "\\{\\{"],
    ]
    return schema
  }

  private static let template: JSON = ["type": "string", "pattern": "\\{\\{"]

  private static func schema(of type: FormatType) -> JSON {
    switch type {
    case .any: return [:]
    case .text: return ["type": ["string", "number", "boolean", "null"]]
    case .path: return ["type": ["string", "null"]]
    case .flag: return ["anyOf": [["type": ["boolean", "null"]], template]]
    case .number(let from, let to):
      var number: JSONObject = ["type": "number"]
      if let from { number["minimum"] = JSON(from) }
      if let to { number["maximum"] = JSON(to) }
      return ["anyOf": [.object(number), template, ["type": "null"]]]
    case .integer(let from):
      return ["anyOf": [["type": "integer", "minimum": JSON(from)], template, ["type": "null"]]]
    case .duration:
      return [
        "anyOf": [
          ["type": "number", "minimum": 0],
          ["type": "string", "pattern": "^([0-9.]+ ?(ms|s|sec|m|min|h)?|.*\\{\\{.*)$"], ["type": "null"],
        ]
      ]
    case .money:
      return [
        "anyOf": [
          ["type": "number", "minimum": 0],
          ["type": "string", "pattern": "^(\\$?[0-9.]+( ?USD)?|.*\\{\\{.*)$"], ["type": "null"],
        ]
      ]
    case .word(let words): return ["enum": .array(words.map(JSON.string) + [.null])]
    case .list(let item):
      return [
        "anyOf": [
          ["type": "array", "items": schema(of: item)], ["$ref": "#/definitions/reference"], ["type": "null"],
        ]
      ]
    case .map(let value): return ["type": ["object", "null"], "additionalProperties": schema(of: value)]
    case .object(let name):
      return ["anyOf": [["$ref": .string("#/definitions/\(name.rawValue)")], ["type": "null"]]]
    case .either(let types): return ["anyOf": .array(types.map(schema(of:)))]
    }
  }
}
