/// A route map with the entries that its statements made, by their sequence numbers.
struct RouteMapDraft {
  struct Entry {
    var permits: Bool
    var accessLists: [Located<String>] = []
    var interfaces: [Located<String>] = []
    var nextHops: [Located<String>] = []
    var description: String?
  }

  var name: Located<String>
  var entries: [UInt32: Entry] = [:]
}
