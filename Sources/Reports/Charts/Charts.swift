#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif
import Formats
import Statistics

/// The charts of a run, each a figure with a caption that says how it is read.
enum Charts {
  static func figures(_ data: ChartData) -> String {
    let charts = [distribution(data), cumulative(data), overTime(data), costAgainstQuality(data)]
    let drawn = charts.compactMap { $0 }
    guard !drawn.isEmpty else { return "" }
    return "<h2>Charts</h2>\n\(legend(data))<div class=\"charts\">\(drawn.joined(separator: "\n"))</div>\n"
  }

  private static func legend(_ data: ChartData) -> String {
    var out = "<ul class=\"legend\">"
    for (place, series) in data.series.enumerated() {
      out += "<li><svg viewBox=\"0 0 14 14\" aria-hidden=\"true\">\(Plot.mark(7, 7, place))</svg>"
      out += HTMLText.escaped(Scrub.line(series.label, 60)) + "</li>"
    }
    return out + "</ul>\n"
  }

  private static func figure(_ title: String, _ svg: String, _ caption: String) -> String {
    "<figure><h3>\(title)</h3>\(svg)<figcaption>\(caption)</figcaption></figure>"
  }

  private static func times(_ data: ChartData) -> Scale? {
    Scale(
      data.series.flatMap { [$0.latencies.first, $0.latencies.last].compactMap { $0 } }, isLog: true)
  }

  /// One row a target: how often each latency was seen.
  private static func distribution(_ data: ChartData) -> String? {
    guard let x = times(data) else { return nil }
    let shown = data.series.prefix(12).filter { !$0.latencies.isEmpty }
    let row = 44.0
    let height = Double(shown.count) * row + 56
    let y = Scale(low: 0, high: Double(shown.count))
    var plot = Plot(x: x, y: y, height: height, left: 14)
    let bins = 60
    for (place, series) in data.series.prefix(12).enumerated() where !series.latencies.isEmpty {
      var counts = [Int](repeating: 0, count: bins)
      for value in series.latencies { counts[min(bins - 1, Int(x.place(value) * Double(bins)))] += 1 }
      let most = Double(counts.max() ?? 1)
      let rank = Double(shown.firstIndex { $0.label == series.label } ?? 0)
      let base = plot.py(Double(shown.count) - rank - 1) - 2
      let step = (Plot.width - plot.left - plot.right) / Double(bins)
      for (bin, count) in counts.enumerated() where count > 0 {
        let size = max(1, Double(count) / most * (row - 20))
        let left = plot.left + Double(bin) * step
        plot.add(
          "<rect class=\"bar s\(place % 8)\" x=\"\(Plot.n(left))\" y=\"\(Plot.n(base - size))\" width=\"\(Plot.n(max(1, step - 1)))\" height=\"\(Plot.n(size))\"/>"
        )
      }
      if let median = quantile(sorted: series.latencies, 0.5) {
        let at = Plot.n(plot.px(median))
        plot.add("<path class=\"median\" d=\"M\(at) \(Plot.n(base))V\(Plot.n(base - row + 20))\"/>")
      }
      plot.add(
        "<text class=\"row\" x=\"\(Plot.n(plot.left + 4))\" y=\"\(Plot.n(base - row + 16))\">\(HTMLText.escaped(Scrub.line(series.label, 60)))</text>"
      )
    }
    let svg = plot.svg(
      "Distribution of latency by target", xName: "latency, log scale", yName: "", xText: tick,
      yText: { _ in "" })
    return figure("Latency: distribution", svg, "Bars: how many replies took so long; line: the median.")
  }

  /// The share of replies that took at most so long.
  private static func cumulative(_ data: ChartData) -> String? {
    guard let x = times(data) else { return nil }
    var plot = Plot(x: x, y: Scale(low: 0, high: 1))
    for (place, series) in data.series.enumerated() where !series.latencies.isEmpty {
      let count = series.latencies.count
      var points: [(x: Double, y: Double)] = [(series.latencies[0], 0)]
      // 300 steps are finer than the drawing.
      for rank in stride(from: 0, to: count, by: max(1, count / 300)) {
        points.append((series.latencies[rank], points.last?.y ?? 0))
        points.append((series.latencies[rank], Double(rank + 1) / Double(count)))
      }
      points.append((series.latencies[count - 1], 1))
      plot.line(points, series: place)
      if let median = quantile(sorted: series.latencies, 0.5) { plot.mark((median, 0.5), series: place) }
    }
    let svg = plot.svg(
      "Cumulative distribution of latency by target", xName: "latency, log scale", yName: "share",
      xText: tick, yText: { NumberText.fixed($0 * 100, decimals: 0) + " %" })
    return figure(
      "Latency: cumulative", svg, "The share of replies that took at most so long; marks: the medians.")
  }

  private static func overTime(_ data: ChartData) -> String? {
    let medians = data.series.flatMap { $0.medians.map(\.value) }
    let last = data.series.flatMap { $0.medians.map(\.slot) + $0.errors.map(\.slot) }.max() ?? 0
    // A single moment has no course.
    guard last > 0, let y = Scale(medians, from: true) else { return nil }
    let seconds = Double(data.slot) / 1e6
    var plot = Plot(x: Scale(low: 0, high: Double(last + 1) * seconds), y: y)
    func middle(_ slot: Int) -> Double { (Double(slot) + 0.5) * seconds }
    for (place, series) in data.series.enumerated() {
      plot.line(series.medians.map { (middle($0.slot), $0.value) }, series: place)
      if let end = series.medians.last { plot.mark((middle(end.slot), end.value), series: place) }
      for error in series.errors {
        let (x, y) = (plot.px(middle(error.slot)), plot.height - plot.bottom - 8)
        plot.add(
          "<path class=\"cross s\(place % 8)\" d=\"M\(Plot.n(x - 4)) \(Plot.n(y - 4))l8 8m0 -8l-8 8\"><title>\(error.count) erred</title></path>"
        )
      }
    }
    let svg = plot.svg(
      "Median latency over the time of the run, by target", xName: "time since the start", yName: "median",
      xText: { tick($0 * 1e6) }, yText: tick)
    return figure(
      "Latency over time", svg,
      "Medians of \(Durations.text(Double(data.slot))) each; a cross at the foot: trials that erred then.")
  }

  private static func costAgainstQuality(_ data: ChartData) -> String? {
    let known = data.series.enumerated().filter { $0.element.cost != nil && $0.element.passRate != nil }
    // What costs nothing has no price to set against quality.
    guard known.contains(where: { $0.element.cost?.mean ?? 0 > 0 }),
      let x = Scale(
        known.flatMap { place in
          [place.element.cost?.mean, place.element.cost?.interval?.upper].compactMap { $0 }
        }, from: true)
    else { return nil }
    var plot = Plot(x: x, y: Scale(low: 0, high: 1))
    var labels: [(x: Double, y: Double)] = []
    for (place, series) in known {
      guard let cost = series.cost, let rate = series.passRate else { continue }
      let (px, py) = (plot.px(cost.mean), plot.py(rate.value))
      if let low = rate.interval?.lower, let high = rate.interval?.upper {
        plot.add(whisker("M\(Plot.n(px)) \(Plot.n(plot.py(low)))V\(Plot.n(plot.py(high)))", place))
      }
      if let low = cost.interval?.lower, let high = cost.interval?.upper {
        plot.add(whisker("M\(Plot.n(plot.px(max(0, low)))) \(Plot.n(py))H\(Plot.n(plot.px(high)))", place))
      }
      plot.mark((cost.mean, rate.value), series: place)
      let isRight = px > Plot.width * 0.6
      // Below those of targets at nearly the same place.
      var height = py - 8
      while labels.contains(where: { abs($0.x - px) < 120 && abs($0.y - height) < 13 }) { height += 13 }
      labels.append((px, height))
      plot.add(
        "<text class=\"row\(isRight ? " end" : "")\" x=\"\(Plot.n(isRight ? px - 9 : px + 9))\" y=\"\(Plot.n(height))\">\(HTMLText.escaped(Scrub.line(series.label, 30)))</text>"
      )
    }
    let unknown = data.series.count - known.count
    let missing = unknown > 0 ? " \(unknown) targets of unknown cost are not shown." : ""
    let svg = plot.svg(
      "Pass rate against mean cost of a trial, by target", xName: "mean cost of a trial",
      yName: "pass rate", xText: { $0 == 0 ? "$0" : dollars($0).shown },
      yText: { NumberText.fixed($0 * 100, decimals: 0) + " %" })
    return figure(
      "Cost against quality", svg,
      "Up is better, left is cheaper; lines: 95 % confidence intervals.\(missing)")
  }

  /// Round durations without the decimals that say nothing: `2 s`, `500 ms`, `0`.
  private static func tick(_ microseconds: Double) -> String {
    if microseconds == 0 { return "0" }
    let parts = Durations.text(microseconds).split(separator: " ")
    guard parts.count == 2, let value = Double(parts[0]) else { return parts.joined(separator: " ") }
    return "\(NumberText.javaScript(value)) \(parts[1])"
  }

  private static func dollars(_ value: Double) -> Money {
    Money(picodollars: Int64(exactly: (value * 1e12).rounded()) ?? .max)
  }

  private static func whisker(_ path: String, _ series: Int) -> String {
    "<path class=\"line s\(series % 8)\" d=\"\(path)\"/>"
  }
}
