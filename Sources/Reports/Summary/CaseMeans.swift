import Statistics

/// A figure averaged within each case, the unit of every interval. Not every case has it.
struct CaseMeans {
  private var values: [Double] = []
  private var numbers: [Int32] = []
  private var trials = 0
  private var current: (sum: Double, count: Int) = (0, 0)

  /// One trial of the current case.
  mutating func add(_ value: Double) { current = (current.sum + value, current.count + 1) }

  mutating func finishCase(_ number: Int) {
    guard current.count > 0 else { return }
    values.append(current.sum / Double(current.count))
    numbers.append(Int32(clamping: number))
    trials += current.count
    current = (0, 0)
  }

  /// The finished cases of another target.
  mutating func add(_ other: CaseMeans) {
    if values.isEmpty { return self = other }
    values += other.values
    numbers += other.numbers
    trials += other.trials
  }

  /// Of a share of 1.
  func share(_ groups: CaseGroups) -> RateSummary? {
    summary {
      (groups.areTrivial ? shareInterval(ofIndependent: values) : nil)
        ?? shareInterval(groups.units(values, of: numbers), trials: trials)
    }
  }

  func score(_ groups: CaseGroups) -> RateSummary? {
    summary {
      groups.areTrivial
        ? scoreInterval(ofIndependent: values) : scoreInterval(groups.units(values, of: numbers))
    }
  }

  private func summary(_ interval: () -> Interval?) -> RateSummary? {
    guard !values.isEmpty else { return nil }
    return RateSummary(
      value: values.reduce(0, +) / Double(values.count), interval: interval(), cases: values.count)
  }
}

/// What may not be taken for independent.
struct CaseGroups {
  /// Set where a case comes more than once, with other prompts or targets: those are one group.
  var areCases = false
  /// Names of groups, by the number of the case; only of those that have one.
  private var names: [Int32: String] = [:]

  /// Every value is a unit of its own.
  var areTrivial: Bool { !areCases && names.isEmpty }

  mutating func name(_ number: Int, _ name: String) { names[Int32(clamping: number)] = name }

  mutating func add(_ other: CaseGroups) { names.merge(other.names) { first, _ in first } }

  /// The values by what is independent: groups that the suite names, else cases, else each of its own.
  func units(_ values: [Double], of numbers: [Int32]) -> [[Double]] {
    if areTrivial { return values.map { [$0] } }
    var places: [Int32: Int] = [:]
    var named: [String: Int] = [:]
    var units: [[Double]] = []
    for (number, value) in zip(numbers, values) {
      let name = names[number]
      if let place = name.map({ named[$0] }) ?? (areCases ? places[number] : nil) {
        units[place].append(value)
        continue
      }
      if let name { named[name] = units.count } else { places[number] = units.count }
      units.append([value])
    }
    return units
  }
}
