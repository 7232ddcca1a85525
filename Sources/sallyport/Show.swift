import ArgumentParser
import ControlPlane

/// `sallyport show …`.
struct Show: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show the state of a running gateway.",
    usage: "sallyport show <words> ... [--json] [--socket <path>]",
    discussion: """
      ip nat translations [tcp|udp|icmp|gre|esp|pptp] [inside [A | GLOBAL LOCAL]] [outside [A | LOCAL GLOBAL]]
          [vrf V] [filter range {inside|outside} {global|local} A B] [verbose] [total]
      ip nat statistics
      ip nat limits {all-host | all-vrf | host A | vrf V}
      ip nat pool name P
      ip nat bpa
      ip nat services
      ip nat gateways [NAME [calls]]
      ip nat doors [vrf V]
      ip nat log
      ip virtual-reassembly [INTERFACE]
      ip arp, neighbors
      ipv6 {neighbors | interface [brief] | route}
      vtcp
      workers
      interfaces
      drops [all]
      running-config

      Every word may be abbreviated as long as it is the only one that fits: show ip nat tr.
      """, aliases: ["sh", "sho"])

  @Argument(help: "What to show.")
  var words: [String] = []

  @Flag(help: "Answer in JSON.")
  var json = false

  @OptionGroup var daemon: SocketOption

  func run() throws { try daemon.ask(["show"] + words, format: json ? .json : .text) }
}
