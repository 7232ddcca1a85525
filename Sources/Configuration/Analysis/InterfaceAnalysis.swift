import Forwarding
import WireFormats

extension Analysis {
  /// Numbers the interfaces and gives each its device. Parents may stand behind their sub-interfaces in the file.
  mutating func resolveInterfaces() {
    var devices: [String: Int] = [:]
    for interface in draft.interfaces where interface.parentName == nil {
      guard var device = interface.device?.value else { continue }
      device.mtu = interface.mtu?.value ?? DeviceSettings.defaultMTU
      devices[interface.name.value] = result.devices.count
      result.devices.append(device)
    }
    let parents = Dictionary(uniqueKeysWithValues: draft.interfaces.map { ($0.name.value, $0) })
    for (number, interface) in draft.interfaces.enumerated() {
      let id = InterfaceID(rawValue: UInt8(number))
      let owner = interface.parentName.flatMap { parents[$0] } ?? interface
      let device = devices[owner.name.value] ?? 0
      let deviceMTU = owner.mtu?.value ?? DeviceSettings.defaultMTU
      interfaceIDs[interface.name.value] = id
      var resolved = NetworkInterface(
        id: id, name: interface.name.value, device: device, vlan: interface.vlan?.value,
        hardwareAddress: owner.hardwareAddress?.value ?? .zero, address: interface.address?.value.address,
        prefixLength: interface.address?.value.prefixLength ?? 0, mtu: interface.ipMTU?.value ?? deviceMTU,
        realm: interface.realm, instance: instance(interface.instance) ?? .global)
      resolved.reassembly = interface.reassembly
      resolved.maximumSegmentSize = interface.maximumSegmentSize
      resolved.unreachables = interface.unreachables
      if let address = resolved.address {
        ownAddresses[InstanceAddress(instance: resolved.instance, address: address)] = resolved
      }
      result.interfaces.append(resolved)
      if let mtu = interface.ipMTU, mtu.value > deviceMTU {
        report(mtu.place, "the IP MTU \(mtu.value) is larger than the MTU of the device, \(deviceMTU)")
      }
      result.annotations.descriptions[id] = interface.description
    }
  }

  /// Checks what each interface has and lacks, then interfaces against each other.
  mutating func checkInterfaces() {
    for interface in draft.interfaces {
      if let parent = interface.parentName { checkSubinterface(interface, of: parent) } else { checkMain(interface) }
    }
    checkDevices()
    checkTags()
    checkNetworks()
  }

  private mutating func checkMain(_ interface: InterfaceDraft) {
    if interface.device == nil {
      reportMissing(
        interface.name.place, "interface \(quoted(interface.name.value)) has no device",
        expected: ["a 'device tap' statement"])
    }
    if let vlan = interface.vlan {
      report(
        vlan.place, "only a sub-interface has an encapsulation",
        expected: ["interface \(interface.name.value).\(vlan.value)"])
    }
  }

  private mutating func checkSubinterface(_ interface: InterfaceDraft, of parent: String) {
    let name = quoted(interface.name.value)
    if interfaceIDs[parent] == nil {
      reportMissing(
        interface.name.place, "sub-interface \(name) has no interface \(quoted(parent)) to belong to",
        name: parent)
    }
    if interface.vlan == nil {
      reportMissing(
        interface.name.place, "sub-interface \(name) has no encapsulation",
        expected: ["an 'encapsulation dot1Q' statement"])
    }
    let own = [
      ("device", interface.device?.place), ("MTU", interface.mtu?.place),
      ("Ethernet address", interface.hardwareAddress?.place),
    ]
    for case (let what, let place?) in own {
      report(place, "a sub-interface has the \(what) of \(quoted(parent)), not one of its own")
    }
  }

  /// One device carries one interface.
  private mutating func checkDevices() {
    struct DeviceKey: Hashable {
      var name: String
      var namespace: String?
    }
    var seen: [DeviceKey: String] = [:]
    for interface in draft.interfaces {
      guard interface.parentName == nil, let device = interface.device else { continue }
      let key = DeviceKey(name: device.value.name, namespace: device.value.networkNamespace)
      if let other = seen.updateValue(interface.name.value, forKey: key) {
        report(device.place, "device \(quoted(device.value.name)) already carries interface \(quoted(other))")
      }
    }
  }

  /// One tag on a device is one sub-interface.
  private mutating func checkTags() {
    struct TagKey: Hashable {
      var parent: String
      var vlan: UInt16
    }
    var seen: [TagKey: String] = [:]
    for interface in draft.interfaces {
      guard let parent = interface.parentName, let vlan = interface.vlan else { continue }
      if let other = seen.updateValue(interface.name.value, forKey: TagKey(parent: parent, vlan: vlan.value)) {
        report(vlan.place, "VLAN \(vlan.value) of \(quoted(parent)) already is sub-interface \(quoted(other))")
      }
    }
  }

  /// Networks of interfaces in one routing instance may not overlap: a destination is on one segment.
  private mutating func checkNetworks() {
    for (number, interface) in result.interfaces.enumerated() {
      guard let network = interface.connected, let place = draft.interfaces[number].address?.place else { continue }
      let overlapping = result.interfaces[..<number].first { other in
        guard other.instance == interface.instance, let theirs = other.connected else { return false }
        return theirs.contains(network.address) || network.contains(theirs.address)
      }
      if let overlapping, let theirs = overlapping.connected {
        report(place, "\(network) overlaps with \(theirs) of interface \(quoted(overlapping.name))")
      }
    }
  }
}
