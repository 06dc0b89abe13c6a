import Formats

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension BuiltInFilter {
  /// Filters of numbers.
  static let numberFilters = [
    BuiltInFilter("abs") { (_, value, _) throws(Fault) in .number(abs(try value.number())) },
    BuiltInFilter("float", ["default"]) { (_, value, arguments) throws(Fault) in
      let number = try value.string().leadingNumber
      return number.isNaN ? arguments[0] : .number(number)
    },
    BuiltInFilter("int", ["default", "base"]) { (_, value, arguments) throws(Fault) in
      let base = arguments[1].isUndefined ? 10 : try arguments[1].integer() ?? 0
      let number = try value.string().leadingInteger(radix: base)
      return number.isNaN ? arguments[0] : .number(number)
    },
    BuiltInFilter("round", ["precision", "method"], round),
  ]

  @Sendable private static func round(
    _ renderer: Renderer, _ value: Value, _ arguments: CallArguments
  ) throws(Fault) -> Value {
    let precision = arguments[0].isTrue ? try arguments[0].number() : 0
    let factor = pow(10, precision)
    let scaled = try value.number() * factor
    let rounded: Double
    switch arguments[1].text {
    case "ceil": rounded = scaled.rounded(.up)
    case "floor": rounded = scaled.rounded(.down)
    default: rounded = scaled.javaScriptRounded
    }
    return .number(rounded / factor)
  }
}

extension Double {
  /// `Math.round`: halves go up, also below zero.
  var javaScriptRounded: Double {
    let low = rounded(.down)
    return self - low >= 0.5 ? low + 1 : low
  }
}
