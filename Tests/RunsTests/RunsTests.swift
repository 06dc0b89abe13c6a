import Testing
@testable import Runs
