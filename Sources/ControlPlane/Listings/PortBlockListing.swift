import Translation

/// `show ip nat bpa`: how inside hosts share addresses, and in what sets they get ports.
struct PortBlockListing {
  let settings: TranslationSettings

  var text: String {
    var text = "Paired Address Pooling (PAP)\n"
    if let limit = settings.hostsPerAddress {
      text += "Limit: \(limit) local addresses per global address\n"
    } else {
      text += "Limit: none\n"
    }
    guard let blocks = settings.portBlocks else { return text + "Bulk Port Allocation (BPA) is not configured\n" }
    text += "Bulk Port Allocation (BPA)\n"
    text += "Port set size: \(blocks.setSize)\n"
    text += "Port step size: \(blocks.stepSize)\n"
    text += "Single set: \(blocks.singleSet ? "True" : "False")\n"
    return text
  }

  func write(to json: inout JSONText) {
    json.object { json in
      json.member("hostsPerAddress", settings.hostsPerAddress)
      json.member("setSize", settings.portBlocks?.setSize)
      json.member("stepSize", settings.portBlocks?.stepSize)
      json.member("singleSet", settings.portBlocks?.singleSet ?? false)
    }
  }
}
