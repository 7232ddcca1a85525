import Forwarding
import Translation

extension Analysis {
  /// Puts the entries of route maps in their order and resolves the lists and interfaces that they ask for.
  mutating func resolveRouteMaps() {
    for (name, draft) in draft.routeMaps.sorted(by: { $0.value.name.place < $1.value.name.place }) {
      var map = RouteMap(name: name)
      for (sequence, entry) in draft.entries.sorted(by: { $0.key < $1.key }) {
        var resolved = RouteMap.Entry(sequence: sequence, permits: entry.permits)
        for list in entry.accessLists + entry.nextHops { checkAccessList(list) }
        resolved.accessLists = entry.accessLists.map(\.value)
        resolved.nextHops = entry.nextHops.map(\.value)
        resolved.interfaces = entry.interfaces.compactMap { interface($0.value, at: $0.place) }
        map.entries.append(resolved)
        if let text = entry.description { result.annotations.routeMaps[name, default: [:]][sequence] = text }
      }
      result.translation.routeMaps[name] = map
    }
  }
}
