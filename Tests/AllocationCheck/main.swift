import CAllocationCounter

// Counts what the packet path allocates, in a release build: nothing; and what a SIP message takes, which does not depend
// on how many fields it has. Ends with exit code 1 if that is not so, and if the counter itself does not count.

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
let (few, many) = (Messages.allocations(fields: 10), Messages.allocations(fields: 60))
failures += report("an INVITE of 60 fields, where one of 10 has \(few)", many, isRight: many == few)
exit(failures == 0 ? 0 : 1)
