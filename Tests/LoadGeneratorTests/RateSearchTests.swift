import Testing

@testable import sallyport_load

@Suite struct `The search for the rate without loss` {
  /// The rates tried against a gateway that bears `limit` units a second, and what was found.
  private func trials(highest: Double, limit: Double, resolution: Double = 0.01) -> (tried: [Double], found: Double) {
    var search = RateSearch(highest: highest, resolution: resolution)
    var tried: [Double] = []
    while let rate = search.next, tried.count < 100 {
      tried.append(rate)
      search.note(rate, held: rate <= limit)
    }
    return (tried, search.low)
  }

  @Test(arguments: [1_000.0, 123_456, 500_000, 999_999])
  func `ends within its resolution of the limit, below it`(limit: Double) {
    let (tried, found) = trials(highest: 1_000_000, limit: limit)
    #expect(found <= limit)
    #expect(limit - found <= max(limit * 0.011, 1_000_000 * 0.001))
    #expect(tried.count < 20)
  }

  @Test func `tries the highest rate first, and is done when that holds`() {
    let (tried, found) = trials(highest: 1_000, limit: 2_000)
    #expect(tried == [1_000] && found == 1_000)
  }

  @Test func `ends also where no rate holds`() {
    let (tried, found) = trials(highest: 1_000_000, limit: 0)
    #expect(found == 0)
    #expect(tried.count < 30)
  }

  @Test func `begins nothing where there is no rate at all`() {
    #expect(trials(highest: 0, limit: 10).tried.isEmpty)
  }
}
