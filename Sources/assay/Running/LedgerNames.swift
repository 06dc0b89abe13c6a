import Ledger

/// The ledger's own record of a gate: the room and its main type share a name, so it can't be named in full.
typealias RecordedGateVerdict = GateVerdict
