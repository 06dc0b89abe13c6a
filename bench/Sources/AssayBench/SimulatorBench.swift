import Formats
import Simulator

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// `assay-bench simulator PORT [PROFILE] [SCRIPT]`: serves until it is killed, as `assay simulate` does but in a
/// program that is built sooner. bench/simulator/measure drives it.
func measureSimulator(_ arguments: [String]) throws {
  var options = SimulatorOptions()
  options.listen = "127.0.0.1:" + (arguments.first ?? "8193")
  options.profile = arguments.count > 1 && !arguments[1].isEmpty ? arguments[1] : nil
  if arguments.count > 2 { options.script = try File.readText(arguments[2]) }
  let simulator = try Simulator.start(options)
  print("simulated models at \(simulator.address)")
  while true { pause() }
}
