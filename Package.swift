// swift-tools-version: 6.3
//
// The house, floor by floor (docs/architecture.md has the drawing). A floor may import only what its line here
// names, and a line may name only floors below it.

import PackageDescription

let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .enableExperimentalFeature("Lifetimes"),
]

/// A floor and the test target that mirrors it.
func floor(
  _ name: String, on lower: [Target.Dependency], tests extra: [Target.Dependency] = []
) -> [Target] {
  [
    .target(name: name, dependencies: lower, swiftSettings: settings),
    .testTarget(
      name: name + "Tests",
      dependencies: [.target(name: name)] + lower + extra,
      swiftSettings: settings),
  ]
}

let nio: [Target.Dependency] = [
  .product(name: "NIOCore", package: "swift-nio"),
  .product(name: "NIOPosix", package: "swift-nio"),
]
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let histogram: Target.Dependency = .product(name: "Histogram", package: "hdrhistogram-swift")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

var targets: [Target] = []

// Floor 0: what C has and Swift lacks.
targets += [
  .target(name: "CIntrinsics"),
  .target(name: "CKernel", linkerSettings: [.linkedLibrary("uring")]),
  .target(name: "CNUMA", linkerSettings: [.linkedLibrary("numa")]),
]

// Floor 1: headers as views, checksums.
targets += floor("WireFormats", on: [], tests: ["TestSupport"])

// Floor 2: routes and neighbours; then address translation itself.
targets += floor("Forwarding", on: ["WireFormats"], tests: ["TestSupport"])
targets += floor("Translation", on: ["WireFormats", "Forwarding", "CIntrinsics"], tests: ["TestSupport"])

// Floor 3: segments into octet streams and back.
targets += floor(
  "VirtualTCP", on: ["Translation", "WireFormats"], tests: ["TestSupport", "VirtualTCPTestSupport"])

// Floor 4: gateways for protocols with addresses in their payload.
targets += floor(
  "Gateways", on: ["VirtualTCP", "Translation", "Forwarding", "WireFormats"],
  tests: ["TestSupport", "GatewayTestSupport"])

// Floor 5: text into a validated value; workers, rings, devices; the same gateway over a capture.
targets += floor(
  "Configuration", on: ["Gateways", "Translation", "Forwarding", "WireFormats"], tests: ["TestSupport"])
targets += floor(
  "Dataplane",
  on: ["Gateways", "Translation", "Forwarding", "WireFormats", "CIntrinsics", "CKernel", "CNUMA"],
  tests: ["TestSupport"])
targets += floor(
  "Replay", on: ["Gateways", "Translation", "Forwarding", "WireFormats"], tests: ["TestSupport", "Configuration"])

// Floor 6: sockets, listings, logs, reload.
targets += floor(
  "ControlPlane",
  on: [
    "Dataplane", "Replay", "Configuration", "Gateways", "Translation", "Forwarding", "WireFormats", logging, lifecycle,
  ] + nio, tests: ["TestSupport"])

// Floor 7: arguments in, exit code out.
targets += [
  .executableTarget(
    name: "sallyportd",
    dependencies: ["ControlPlane", "Dataplane", "Configuration", logging, lifecycle, arguments],
    swiftSettings: settings),
  .executableTarget(
    name: "sallyport",
    dependencies: ["ControlPlane", "Replay", "Configuration", "WireFormats", arguments] + nio,
    swiftSettings: settings),
  .executableTarget(
    name: "sallyport-load",
    dependencies: ["WireFormats", "CKernel", arguments, histogram],
    path: "Tools/LoadGenerator",
    swiftSettings: settings),
  .testTarget(
    name: "LoadGeneratorTests",
    dependencies: ["sallyport-load", "WireFormats"],
    swiftSettings: settings),
]

// Beside the floors: what tests share, the RFC requirements, the measurements.
targets += [
  .target(
    name: "TestSupport",
    dependencies: ["WireFormats", "Forwarding", "Translation"],
    path: "Tests/TestSupport",
    swiftSettings: settings),
  .target(
    name: "VirtualTCPTestSupport",
    dependencies: ["TestSupport", "VirtualTCP", "Gateways", "Translation", "Forwarding", "WireFormats"],
    path: "Tests/VirtualTCPTestSupport",
    swiftSettings: settings),
  // Plays as many random conversations through virtual TCP as it is told to; the unit tests play a few.
  .executableTarget(
    name: "conversation-check",
    dependencies: ["VirtualTCPTestSupport"],
    path: "Tests/ConversationCheck",
    swiftSettings: settings),
  .target(
    name: "GatewayTestSupport",
    dependencies: ["TestSupport", "Gateways", "VirtualTCP", "Translation", "Forwarding", "WireFormats"],
    path: "Tests/GatewayTestSupport",
    swiftSettings: settings),
  // Counts what malloc and its kin are asked for, by standing before them.
  .target(name: "CAllocationCounter", path: "Tests/CAllocationCounter"),
  .executableTarget(
    name: "allocation-check",
    dependencies: ["CAllocationCounter", "TestSupport", "Gateways", "Translation", "Forwarding", "WireFormats"],
    path: "Tests/AllocationCheck",
    swiftSettings: settings),
  .testTarget(
    name: "ConformanceTests",
    dependencies: ["Configuration", "TestSupport", "Translation", "Forwarding", "WireFormats"],
    swiftSettings: settings),
  .target(name: "CReference", path: "Benchmarks/CReference", cSettings: [.unsafeFlags(["-O3"])]),
  .executableTarget(
    name: "sallyport-benchmark",
    dependencies: [
      "CReference", "CIntrinsics", "TestSupport", "Dataplane", "Gateways", "Translation", "Forwarding", "WireFormats",
      arguments,
    ],
    path: "Benchmarks/InMemory",
    swiftSettings: settings),
  // What more cores, hosts and sessions would do: many workers in one thread (docs/scaling.md).
  .executableTarget(
    name: "scaling-simulation",
    dependencies: ["TestSupport", "Dataplane", "Translation", "Forwarding", "WireFormats", arguments],
    path: "Benchmarks/Scaling",
    swiftSettings: settings),
  .testTarget(
    name: "ScalingTests",
    dependencies: ["scaling-simulation", "Translation", "Forwarding", "WireFormats"],
    swiftSettings: settings),
]

// Fuzzing needs libFuzzer's main and sanitizers, so its targets exist only when they are asked for (Tools/fuzz).
if Context.environment["SALLYPORT_FUZZ"] != nil {
  let sanitized: [SwiftSetting] =
    settings + [
      .unsafeFlags(["-sanitize=fuzzer,address", "-parse-as-library"])
    ]
  let lower: [Target.Dependency] = ["TestSupport", "Translation", "Forwarding", "WireFormats"]
  for (name, dependencies) in [
    ("FuzzWireFormats", lower), ("FuzzTranslator", lower), ("FuzzFragments", lower), ("FuzzRegion", lower),
    ("FuzzConfiguration", ["Configuration"]), ("FuzzGateways", ["GatewayTestSupport", "Gateways"] + lower),
    ("FuzzSIP", ["GatewayTestSupport", "Gateways"] + lower),
    ("FuzzEngine", ["GatewayTestSupport", "Gateways", "VirtualTCP"] + lower),
    ("FuzzReplay", ["Replay", "Configuration", "WireFormats"]),
  ] {
    targets.append(
      .executableTarget(
        name: name,
        dependencies: dependencies,
        path: "Tests/Fuzz/" + name,
        exclude: name == "FuzzSIP" ? ["words.dict"] : [],
        swiftSettings: sanitized,
        linkerSettings: [.unsafeFlags(["-sanitize=fuzzer,address"])]))
  }
}

let package = Package(
  name: "sallyport",
  products: [
    .executable(name: "sallyportd", targets: ["sallyportd"]),
    .executable(name: "sallyport", targets: ["sallyport"]),
    .executable(name: "sallyport-load", targets: ["sallyport-load"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
  ],
  targets: targets
)
