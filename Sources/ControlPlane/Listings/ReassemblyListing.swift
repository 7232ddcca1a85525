import Configuration
import Forwarding

/// `show ip virtual-reassembly`: the limits of each interface that takes part in translation, and what they were
/// needed for.
struct ReassemblyListing {
  private let interfaces: [(interface: NetworkInterface, use: ReassemblyUse?)]

  /// The interfaces of a gateway, or the one of a name.
  init(of view: some GatewayView, interface name: String?) async {
    var interfaces: [(NetworkInterface, ReassemblyUse?)] = []
    for interface in view.configuration.interfaces {
      guard name.map({ $0 == interface.name }) ?? (interface.realm != .none) else { continue }
      interfaces.append((interface, await view.reassembly(on: interface.id)))
    }
    self.interfaces = interfaces
  }

  var text: String {
    interfaces.map { interface, use in
      let limits = interface.reassembly
      guard interface.realm != .none else {
        return "\(interface.name):\n   Virtual Fragment Reassembly (VFR) is DISABLED\n"
      }
      var text = "\(interface.name):\n"
      text += "   Virtual Fragment Reassembly (VFR) is ENABLED [in]\n"
      text += "   Concurrent reassemblies (max-reassemblies): \(limits.maximumDatagrams)\n"
      text += "   Fragments per reassembly (max-fragments): \(limits.maximumFragments)\n"
      text += "   Reassembly timeout (timeout): \(limits.timeout) seconds\n"
      text += "   Drop fragments: \(limits.dropsFragments ? "ON" : "OFF")\n"
      guard let use else { return text }
      text += "\n   Current reassembly count:\(use.datagrams)\n"
      text += "   Current fragment count:\(use.fragments)\n"
      text += "   Total reassembly count:\(use.completed)\n"
      text += "   Total reassembly timeout count:\(use.timedOut)\n"
      text += "   Total reassembly refused count:\(use.refused)\n"
      return text
    }.joined(separator: "\n")
  }

  func write(to json: inout JSONText) {
    json.array(interfaces) { json, pair in
      let limits = pair.interface.reassembly
      json.object { json in
        json.member("interface", pair.interface.name)
        json.member("isEnabled", pair.interface.realm != .none)
        json.member("maximumReassemblies", limits.maximumDatagrams)
        json.member("maximumFragments", limits.maximumFragments)
        json.member("timeoutSeconds", limits.timeout)
        json.member("dropsFragments", limits.dropsFragments)
        json.member("currentReassemblies", pair.use?.datagrams)
        json.member("currentFragments", pair.use?.fragments)
        json.member("totalReassemblies", pair.use?.completed)
        json.member("totalTimeouts", pair.use?.timedOut)
        json.member("totalRefused", pair.use?.refused)
      }
    }
  }
}
