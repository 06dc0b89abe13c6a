#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif
import Formats

/// A scale from values to 0...1, with the ticks that are written beside it.
struct Scale {
  var low: Double
  var high: Double
  var isLog = false

  /// Holds all of the values, with a little air. Nil without values, or for a log scale without positive ones.
  init?(_ values: [Double], isLog: Bool = false, from zero: Bool = false) {
    let usable = values.filter { $0.isFinite && (!isLog || $0 > 0) }
    guard let least = usable.min(), let most = usable.max() else { return nil }
    self.isLog = isLog
    if isLog {
      // At least a factor of four, so that a tight bunch does not look scattered.
      let middle = (least * most).squareRoot()
      low = min(least / 1.08, middle / 2)
      high = max(most * 1.08, middle * 2)
    } else {
      low = zero ? 0 : least
      high = most > low ? most + (most - low) * 0.06 : low + max(abs(low) * 0.1, 1e-9)
    }
  }

  init(low: Double, high: Double) {
    self.low = low
    self.high = high
  }

  func place(_ value: Double) -> Double {
    let place =
      isLog ? log(max(value, low) / low) / log(high / low) : (value - low) / (high - low)
    return min(1, max(0, place))
  }

  /// Round numbers within the scale: 1, 2 and 5 times powers of ten.
  var ticks: [Double] {
    if isLog {
      var ticks: [Double] = []
      var decade = pow(10, floor(log10(low)))
      while decade <= high {
        for factor in [1.0, 2, 5] where (low...high).contains(factor * decade) {
          ticks.append(factor * decade)
        }
        decade *= 10
      }
      if ticks.count > 8 {
        let decades = ticks.filter { abs(log10($0) - log10($0).rounded()) < 1e-9 }
        if decades.count > 2 { ticks = decades }
      }
      return ticks
    }
    let rough = (high - low) / 5
    let decade = pow(10, floor(log10(rough)))
    let step = [1.0, 2, 5, 10].map { $0 * decade }.first { $0 >= rough } ?? rough
    return stride(from: (low / step).rounded(.up) * step, through: high, by: step).map { $0 }
  }
}

/// A drawing of fixed proportions with axes, as SVG. Colours and fonts come from the page's style by class.
struct Plot {
  static let width = 640.0
  let height: Double
  let left: Double
  let right = 14.0
  let top = 10.0
  let bottom = 40.0
  let x: Scale
  let y: Scale
  private(set) var body = ""

  init(x: Scale, y: Scale, height: Double = 260, left: Double = 62) {
    self.x = x
    self.y = y
    self.height = height
    self.left = left
  }

  func px(_ value: Double) -> Double { left + x.place(value) * (Plot.width - left - right) }
  func py(_ value: Double) -> Double { height - bottom - y.place(value) * (height - top - bottom) }

  mutating func add(_ svg: String) { body += svg }

  mutating func line(_ points: [(x: Double, y: Double)], series: Int) {
    guard let first = points.first else { return }
    var path = "M\(Self.n(px(first.x))) \(Self.n(py(first.y)))"
    for point in points.dropFirst() { path += "L\(Self.n(px(point.x))) \(Self.n(py(point.y)))" }
    body += "<path class=\"line s\(series % 8)\" d=\"\(path)\"/>"
  }

  /// A mark whose shape tells series apart where colours can't.
  mutating func mark(_ place: (x: Double, y: Double), series: Int) {
    body += Self.mark(px(place.x), py(place.y), series)
  }

  static func mark(_ x: Double, _ y: Double, _ series: Int) -> String {
    let style = "class=\"mark s\(series % 8)\""
    switch series % 4 {
    case 0: return "<circle \(style) cx=\"\(n(x))\" cy=\"\(n(y))\" r=\"5\"/>"
    case 1: return "<rect \(style) x=\"\(n(x - 4.5))\" y=\"\(n(y - 4.5))\" width=\"9\" height=\"9\"/>"
    case 2:
      return "<path \(style) d=\"M\(n(x)) \(n(y - 6))L\(n(x + 5.5)) \(n(y + 4.5))H\(n(x - 5.5))Z\"/>"
    default:
      return
        "<path \(style) d=\"M\(n(x)) \(n(y - 6))L\(n(x + 6)) \(n(y))L\(n(x)) \(n(y + 6))L\(n(x - 6)) \(n(y))Z\"/>"
    }
  }

  /// Ticks, their texts and the names of the axes, then what was drawn.
  func svg(
    _ label: String, xName: String, yName: String, xText: (Double) -> String, yText: (Double) -> String
  ) -> String {
    let floor = height - bottom
    var out =
      "<svg viewBox=\"0 0 \(Self.n(Plot.width)) \(Self.n(height))\" role=\"img\" aria-label=\"\(HTMLText.escaped(label))\">"
    for tick in y.ticks {
      let place = Self.n(py(tick))
      out += "<path class=\"grid\" d=\"M\(Self.n(left)) \(place)H\(Self.n(Plot.width - right))\"/>"
      out +=
        "<text class=\"end\" x=\"\(Self.n(left - 6))\" y=\"\(Self.n(py(tick) + 4))\">\(HTMLText.escaped(yText(tick)))</text>"
    }
    for tick in x.ticks {
      let place = Self.n(px(tick))
      out += "<path class=\"grid\" d=\"M\(place) \(Self.n(top))V\(Self.n(floor + 4))\"/>"
      out +=
        "<text class=\"middle\" x=\"\(place)\" y=\"\(Self.n(floor + 18))\">\(HTMLText.escaped(xText(tick)))</text>"
    }
    out +=
      "<path class=\"axis\" d=\"M\(Self.n(left)) \(Self.n(top))V\(Self.n(floor))H\(Self.n(Plot.width - right))\"/>"
    out +=
      "<text class=\"end name\" x=\"\(Self.n(Plot.width - right))\" y=\"\(Self.n(height - 6))\">\(HTMLText.escaped(xName))</text>"
    out += "<text class=\"name\" x=\"4\" y=\"\(Self.n(height - 6))\">\(HTMLText.escaped(yName))</text>"
    return out + body + "</svg>"
  }

  /// A tenth of a pixel is all that can be seen.
  static func n(_ value: Double) -> String {
    let text = NumberText.fixed(value, decimals: 1)
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}
