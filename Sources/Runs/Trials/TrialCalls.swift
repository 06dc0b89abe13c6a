import Formats
import Ledger
import Models
import Synchronization
import Vocabulary

/// The calls of one trial. A call is recorded together with its trial when it is the only one; as soon as
/// something else is paid for on top of it, or something is waited for, it is recorded on its own first.
final class TrialCalls: Sendable {
  private struct State {
    var pending: [CallRecord] = []
    var made: [Call] = []
    var begun: [Ledger.BegunCall]
    var cutOff: Failure?
    var promptConfig = JSONObject()
  }

  private let recorder: Recorder
  private let runID: Int64
  private let slot: Slot
  private let caseRecord: CaseRecord
  private let state: Mutex<State>

  private let secrets: Secrets

  init(recorder: Recorder, runID: Int64, trial: PlannedTrial, secrets: Secrets) {
    self.secrets = secrets
    self.recorder = recorder
    self.runID = runID
    slot = trial.slot
    caseRecord = trial.caseRecord
    state = Mutex(State(begun: trial.begun))
  }

  /// Why a judge of the trial was not asked, where the run's own end kept it from that.
  var cutOff: Failure? { state.withLock { $0.cutOff } }

  func noteCutOff(_ failure: Failure) {
    if failure.kind == .cancelled || failure.kind == .budget { state.withLock { $0.cutOff = failure } }
  }

  /// Settings that the function which made the prompt gave along, for this trial alone.
  var promptConfig: JSONObject {
    get { state.withLock { $0.promptConfig } }
    set { state.withLock { $0.promptConfig = newValue } }
  }

  /// Those that its target answered, or should have: not its judges'.
  var own: [Call] {
    state.withLock { state in
      let isAll = state.made.allSatisfy { $0.purpose == .trial }
      return isAll ? state.made : state.made.filter { $0.purpose == .trial }
    }
  }

  /// The reply to this request that was recorded before the run was interrupted; each is given once.
  func begun(_ request: JSON, canonical: [UInt8], purpose: CallPurpose) -> Ledger.BegunCall? {
    let canonicalRequest = recorded(request, canonical)
    return state.withLock { state in
      if state.begun.isEmpty { return nil }
      guard
        let place = state.begun.firstIndex(where: {
          $0.row.purpose == purpose && $0.canonicalRequest == canonicalRequest
        })
      else { return nil }
      return state.begun.remove(at: place)
    }
  }

  /// A request as it stands in the ledger.
  private func recorded(_ request: JSON, _ canonical: [UInt8]) -> [UInt8] {
    secrets.isEmpty ? canonical : secrets.masked(request).canonicalBytes
  }

  /// A recorded reply to an equal request, that of an earlier run of this trial before any other.
  func earlier(
    _ prepared: PreparedCall, canonical: [UInt8], _ question: Asker.Question, in ledger: Ledger
  ) throws(LedgerError) -> (call: CallRow, reply: Reply)? {
    let bytes = recorded(prepared.canonical, canonical)
    return try ledger.recorded(
      canonicalRequest: bytes, provider: prepared.provider,
      own: question.purpose == .trial
        ? Ledger.OwnReply(
          target: question.target.target.label, repetition: question.sample, caseKey: caseRecord.key,
          turn: question.turn)
        : nil,
      skipping: question.sample, maskedCase: bytes == canonical ? nil : caseRecord.key)
  }

  func add(_ record: CallRecord) {
    state.withLock { state in
      state.pending.append(record)
      state.made.append(record.call)
    }
  }

  /// A call whose record exists already.
  func addRecorded(_ call: Call) { state.withLock { $0.made.append(call) } }

  /// Records what is pending, before more is paid for.
  func flush() async throws(LedgerError) {
    let pending = state.withLock { state in
      defer { state.pending = [] }
      return state.pending
    }
    for record in pending {
      let record = secrets.isEmpty ? record : record.masked(secrets)
      try await recorder.record(record, run: runID, slot: slot, case: caseRecord)
    }
  }

  /// The same before scripts and web services, which may take longer than the process lives. A ledger that can't be
  /// written stops the run by itself.
  func keep() async { try? await flush() }

  /// What is to be recorded with the trial.
  func takePending() -> [CallRecord] {
    state.withLock { state in
      defer { state.pending = [] }
      return state.pending
    }
  }

  /// What the replies to its own calls cost when they were made; nil when that of one of them is not known.
  static func cost(of own: [Call]) -> Money? {
    var sum = Money.zero
    for call in own {
      guard let cost = call.madeFor else { return nil }
      sum += cost
    }
    return sum
  }
}
