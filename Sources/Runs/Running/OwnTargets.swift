import Formats
import Ledger
import Suites
import Synchronization
import Vocabulary

/// The numbers of targets that only single cases name.
final class OwnTargets: Sendable {
  private let recorder: Recorder
  private let run: Int64
  private let known = Mutex<[Target: Int64]>([:])

  init(_ recorder: Recorder, run: Int64) {
    self.recorder = recorder
    self.run = run
  }

  /// Nil when the ledger cannot be written. Waits for the writer: such targets are few.
  func id(_ target: Target) -> Int64? {
    if let id = known.withLock({ $0[target] }) { return id }
    let record = TargetRecord(
      label: target.label, provider: AddressText.withoutSecrets(target.id), config: target.config,
      settings: target.settings, location: target.location)
    guard let id = recorder.registerNow(record, run: run) else { return nil }
    known.withLock { $0[target] = id }
    return id
  }
}
