import CAllocationCounter

// Counts what the packet path allocates, in a release build: nothing. Ends with exit code 1 if it does, and if the
// counter itself does not count.

guard sp_counts_allocations() else {
  print("allocations are not counted under a sanitizer")
  exit(2)
}

var failures = 0

/// Prints one figure, and notes whether it is as it should be.
func report(_ name: String, _ allocations: UInt64, isRight: Bool) -> Int {
  print("\(isRight ? "ok  " : "FAIL") \(name): \(allocations) allocations")
  return isRight ? 0 : 1
}

let control = countAllocations { keep([UInt8](repeating: 1, count: 1000)) }
failures += report("one array, as a control", control, isRight: control > 0)

for scenario in Scenario.all {
  let allocations = scenario.run()
  failures += report("\(scenario.packets) packets, \(scenario.name)", allocations, isRight: allocations == 0)
}
exit(failures == 0 ? 0 : 1)
