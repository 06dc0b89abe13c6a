import Formats

/// The methods of JavaScript's strings, arrays, numbers and objects that templates use.
enum Methods {
  typealias Body = (Renderer, CallArguments) throws(Fault) -> Value

  static func method(_ name: String, of value: Value) -> Function? {
    let body: Body? =
      switch value {
      case .string(let text), .safe(let text): string(name, text)
      case .array(let box): array(name, box)
      case .number(let number): self.number(name, number)
      case .object(let box): object(name, box)
      case .regex(let regex): self.regex(name, regex)
      case .undefined, .null, .bool, .function: nil
      }
    if let body, let text = value.text {
      return Function(name) { (renderer, arguments) throws(Fault) in
        try renderer.read(text)
        return try body(renderer, arguments)
      }
    }
    if let body { return Function(name, body) }
    guard !value.isNullish else { return nil }
    return switch name {
    case "toString": Function(name) { (_, _) throws(Fault) in .string(try value.string()) }
    case "hasOwnProperty":
      Function(name) { (_, arguments) throws(Fault) in
        .bool(!(try Members.attribute(.string(try arguments[0].string()), of: value).isUndefined))
      }
    default: nil
    }
  }

  // MARK: Strings

  private static func string(_ name: String, _ text: String) -> Body? {
    switch name {
    case "toUpperCase", "toLocaleUpperCase": { (_, _) throws(Fault) in .string(text.uppercased()) }
    case "toLowerCase", "toLocaleLowerCase": { (_, _) throws(Fault) in .string(text.lowercased()) }
    case "trim": { (_, _) throws(Fault) in .string(text.withoutJavaScriptSpace) }
    case "trimStart", "trimLeft":
      { (_, _) throws(Fault) in .string(String(text[...].withoutLeadingJavaScriptSpace)) }
    case "trimEnd", "trimRight":
      { (_, _) throws(Fault) in .string(String(text[...].withoutTrailingJavaScriptSpace)) }
    case "valueOf": { (_, _) throws(Fault) in .string(text) }
    case "includes":
      { (_, arguments) throws(Fault) in
        .bool(text.unitIndex(of: try arguments[0].string(), from: try arguments[1].integer() ?? 0) != nil)
      }
    case "startsWith":
      { (_, arguments) throws(Fault) in
        let start = arguments[1].isUndefined ? 0 : try arguments[1].integer() ?? 0
        return .bool(text.units(start, .max).utf8.starts(with: try arguments[0].string().utf8))
      }
    case "endsWith":
      { (_, arguments) throws(Fault) in
        let end = arguments[1].isUndefined ? Int.max : try arguments[1].integer() ?? 0
        return .bool(
          text.units(0, end).utf8.reversed().starts(with: try arguments[0].string().utf8.reversed()))
      }
    case "indexOf":
      { (_, arguments) throws(Fault) in
        let place = text.unitIndex(of: try arguments[0].string(), from: try arguments[1].integer() ?? 0)
        return .number(Double(place ?? -1))
      }
    case "lastIndexOf":
      { (_, arguments) throws(Fault) in
        let end = try arguments[1].integer() ?? .max
        return .number(Double(text.lastUnitIndex(of: try arguments[0].string(), upTo: end) ?? -1))
      }
    case "charAt":
      { (_, arguments) throws(Fault) in
        .string(text.character(atUnit: try arguments[0].integer() ?? 0) ?? "")
      }
    case "charCodeAt":
      { (_, arguments) throws(Fault) in
        let place = try arguments[0].integer() ?? 0
        guard place >= 0, place < text.utf16.count else { return .number(.nan) }
        return .number(Double(text.utf16[text.utf16.index(text.utf16.startIndex, offsetBy: place)]))
      }
    default: stringPart(name, text) ?? stringChange(name, text)
    }
  }

  private static func stringPart(_ name: String, _ text: String) -> Body? {
    switch name {
    case "slice":
      { (_, arguments) throws(Fault) in
        let (start, end) = try sliceBounds(arguments, count: text.javaScriptLength)
        return .string(text.units(start, end))
      }
    case "substring":
      { (_, arguments) throws(Fault) in
        let count = text.javaScriptLength
        let a = min(max(try arguments[0].integer() ?? 0, 0), count)
        let b = arguments[1].isUndefined ? count : min(max(try arguments[1].integer() ?? 0, 0), count)
        return .string(text.units(min(a, b), max(a, b)))
      }
    case "substr":
      { (_, arguments) throws(Fault) in
        let count = text.javaScriptLength
        let start = try arguments[0].integer() ?? 0
        let from = start < 0 ? max(count &+ max(start, -count), 0) : min(start, count)
        let length = arguments[1].isUndefined ? count : try arguments[1].integer() ?? 0
        return .string(text.units(from, from + min(max(length, 0), count - from)))
      }
    case "split":
      { (renderer, arguments) throws(Fault) in
        if arguments[0].isUndefined { return .array(ArrayBox([.string(text)])) }
        let limit = arguments[1].isUndefined ? Int.max : try arguments[1].integer() ?? 0
        let pieces: [String]
        try renderer.step(text.utf8.count / 8)
        if case .regex(let regex) = arguments[0] {
          pieces = try regex.pieces(of: text, renderer)
        } else {
          pieces = text.pieces(by: try arguments[0].string())
        }
        try renderer.step(pieces.count)
        return .array(ArrayBox(pieces.prefix(max(limit, 0)).map { .string($0) }))
      }
    default: nil
    }
  }

  private static func stringChange(_ name: String, _ text: String) -> Body? {
    switch name {
    case "concat":
      { (renderer, arguments) throws(Fault) in
        var result = text
        for argument in arguments.positional { result = try renderer.made(result + argument.string()) }
        return .string(result)
      }
    case "repeat":
      { (renderer, arguments) throws(Fault) in
        guard let count = try arguments[0].integer(), count >= 0 else {
          throw Fault("repeat() needs a count that is not negative")
        }
        let length = text.utf8.count.multipliedReportingOverflow(by: count)
        try renderer.expect(bytes: length.overflow ? .max : length.partialValue)
        return .string(try renderer.made(String(repeating: text, count: text.isEmpty ? 0 : count)))
      }
    case "padStart", "padEnd":
      { (renderer, arguments) throws(Fault) in
        let missing = (try arguments[0].integer() ?? 0).subtractingReportingOverflow(text.javaScriptLength)
        let filler = arguments[1].isUndefined ? " " : try arguments[1].string()
        guard !missing.overflow, missing.partialValue > 0, !filler.isEmpty else { return .string(text) }
        try renderer.expect(bytes: missing.partialValue)
        let times = missing.partialValue / filler.javaScriptLength + 1
        let padding = String(repeating: filler, count: times).units(0, missing.partialValue)
        return .string(try renderer.made(name == "padStart" ? padding + text : text + padding))
      }
    case "replace", "replaceAll":
      { (renderer, arguments) throws(Fault) in
        let new = try arguments[1].string()
        if case .regex(let regex) = arguments[0] {
          return .string(try regex.replacing(in: text, with: new, renderer))
        }
        let old = try arguments[0].string()
        if name == "replace" {
          guard let range = text.byteRange(of: old, from: text.startIndex) else { return .string(text) }
          return .string(try renderer.made(text[..<range.lowerBound] + new + text[range.upperBound...]))
        }
        let pieces = text.pieces(by: old)
        try renderer.expect(bytes: text.utf8.count + pieces.count * new.utf8.count)
        return .string(try renderer.made(pieces.joined(separator: new)))
      }
    case "match":
      { (renderer, arguments) throws(Fault) in
        guard case .regex(let regex) = arguments[0] else {
          throw Fault("match() needs a regular expression", mend: "write it as r/…/")
        }
        let matches = try regex.matches(in: text, onlyFirst: !regex.isGlobal, renderer)
        if matches.isEmpty { return .null }
        if regex.isGlobal { return .array(ArrayBox(matches.map { .string($0.groups[0] ?? "") })) }
        return matches[0].value
      }
    case "search":
      { (renderer, arguments) throws(Fault) in
        guard case .regex(let regex) = arguments[0] else {
          throw Fault("search() needs a regular expression")
        }
        guard let match = try regex.matches(in: text, onlyFirst: true, renderer).first else {
          return .number(-1)
        }
        return .number(
          Double(String(decoding: text.utf8.prefix(match.range.lowerBound), as: UTF8.self).utf16.count))
      }
    default: nil
    }
  }

  // MARK: Arrays

  private static func array(_ name: String, _ box: ArrayBox) -> Body? {
    switch name {
    case "join":
      { (renderer, arguments) throws(Fault) in
        let separator = arguments[0].isUndefined ? "," : try arguments[0].string()
        try renderer.expect(bytes: box.count * separator.utf8.count)
        return .string(try renderer.made(try box.joined(by: separator)))
      }
    case "includes":
      { (renderer, arguments) throws(Fault) in
        try renderer.step(box.count)
        return .bool(box.items.contains { Value.identical($0, arguments[0]) })
      }
    case "indexOf":
      { (renderer, arguments) throws(Fault) in
        try renderer.step(box.count)
        return .number(Double(box.items.firstIndex { Value.identical($0, arguments[0]) } ?? -1))
      }
    case "lastIndexOf":
      { (renderer, arguments) throws(Fault) in
        try renderer.step(box.count)
        return .number(Double(box.items.lastIndex { Value.identical($0, arguments[0]) } ?? -1))
      }
    case "slice":
      { (renderer, arguments) throws(Fault) in
        let (start, end) = try sliceBounds(arguments, count: box.count)
        try renderer.step(max(end - start, 0))
        return .array(ArrayBox(start < end ? Array(box.items[start..<end]) : []))
      }
    case "concat":
      { (renderer, arguments) throws(Fault) in
        var items = box.items
        for argument in arguments.positional {
          if case .array(let other) = argument { items += other.items } else { items.append(argument) }
        }
        try renderer.step(items.count)
        return .array(ArrayBox(items))
      }
    default: arrayChange(name, box)
    }
  }

  /// These change the array itself, for all who hold it.
  private static func arrayChange(_ name: String, _ box: ArrayBox) -> Body? {
    switch name {
    case "push":
      { (renderer, arguments) throws(Fault) in
        renderer.grown.append(box)
        return .number(
          Double(
            box.change {
              $0 += arguments.positional
              return $0.count
            }))
      }
    case "unshift":
      { (renderer, arguments) throws(Fault) in
        try renderer.step(box.count / 16)
        renderer.grown.append(box)
        box.change { $0.insert(contentsOf: arguments.positional, at: 0) }
        return .number(Double(box.count))
      }
    case "pop": { (_, _) throws(Fault) in box.change { $0.popLast() } ?? .undefined }
    case "shift":
      { (renderer, _) throws(Fault) in
        try renderer.step(box.count / 16)
        return box.count == 0 ? .undefined : box.change { $0.removeFirst() }
      }
    case "reverse":
      { (renderer, _) throws(Fault) in
        try renderer.step(box.count)
        box.change { $0.reverse() }
        return .array(box)
      }
    case "sort":
      { (renderer, _) throws(Fault) in
        try renderer.step(box.count)
        var keyed: [(key: String, item: Value)] = []
        for item in box.items where !item.isUndefined { keyed.append((try item.string(), item)) }
        let missing = box.count - keyed.count
        keyed.sort { $0.key.javaScriptOrder(to: $1.key) == .less }
        box.change { $0 = keyed.map(\.item) + Array(repeating: .undefined, count: missing) }
        return .array(box)
      }
    default: nil
    }
  }

  /// Negative bounds count from the end.
  private static func sliceBounds(_ arguments: CallArguments, count: Int) throws(Fault) -> (Int, Int) {
    func bound(_ value: Value, _ fallback: Int) throws(Fault) -> Int {
      if value.isUndefined { return fallback }
      let place = try value.integer() ?? 0
      return place < 0 ? max(count + max(place, -count), 0) : min(place, count)
    }
    return (try bound(arguments[0], 0), try bound(arguments[1], count))
  }

  // MARK: Numbers, objects, regular expressions

  private static func number(_ name: String, _ number: Double) -> Body? {
    switch name {
    case "toFixed":
      { (_, arguments) throws(Fault) in
        let decimals = try arguments[0].integer() ?? 0
        guard (0...100).contains(decimals) else { throw Fault("toFixed() takes 0 to 100 decimals") }
        guard abs(number) < 1e21 else { return .string(NumberText.javaScript(number)) }
        return .string(NumberText.fixed(number, decimals: decimals))
      }
    case "toString":
      { (_, arguments) throws(Fault) in
        let radix = arguments[0].isUndefined ? 10 : try arguments[0].integer() ?? 0
        guard (2...36).contains(radix) else { throw Fault("toString() takes a base of 2 to 36") }
        guard radix != 10 else { return .string(NumberText.javaScript(number)) }
        guard let integer = Int(exactly: number) else {
          throw Fault("toString() writes only whole numbers in another base")
        }
        return .string(String(integer, radix: radix))
      }
    case "toLocaleString": { (_, _) throws(Fault) in .string(grouped(number)) }
    case "valueOf": { (_, _) throws(Fault) in .number(number) }
    default: nil
    }
  }

  /// `1,234.568`: as for the English language.
  private static func grouped(_ number: Double) -> String {
    guard number.isFinite, abs(number) < 1e21 else { return NumberText.javaScript(number) }
    var digits = NumberText.fixed(abs(number), decimals: 3)
    while digits.hasSuffix("0") { digits.removeLast() }
    if digits.hasSuffix(".") { digits.removeLast() }
    let whole = digits.prefix { $0 != "." }
    var groups = ""
    for (place, digit) in whole.enumerated() {
      if place > 0, (whole.count - place) % 3 == 0 { groups += "," }
      groups.append(digit)
    }
    return (number < 0 && digits != "0" ? "-" : "") + groups + digits.dropFirst(whole.count)
  }

  private static func object(_ name: String, _ box: ObjectBox) -> Body? {
    switch name {
    case "hasOwnProperty":
      { (_, arguments) throws(Fault) in .bool(box.contains(try arguments[0].string())) }
    default: nil
    }
  }

  private static func regex(_ name: String, _ regex: RegularExpression) -> Body? {
    switch name {
    case "test":
      { (renderer, arguments) throws(Fault) in
        .bool(!(try regex.matches(in: try arguments[0].string(), onlyFirst: true, renderer).isEmpty))
      }
    case "exec":
      { (renderer, arguments) throws(Fault) in
        try regex.matches(in: try arguments[0].string(), onlyFirst: true, renderer).first?.value ?? .null
      }
    default: nil
    }
  }
}
