import Testing
import WireFormats

@testable import Replay

@Suite struct `Addresses in text` {
  private func found(_ text: String) -> [String] { AddressSearch.addresses(in: Array(text.utf8)).map(\.description) }

  @Test func `are found with dots and with commas`() {
    #expect(found("PORT 10,0,0,7,4,31\r\n") == ["10.0.0.7"])
    #expect(found("227 Entering Passive Mode (192,168,1,2,200,1).") == ["192.168.1.2"])
    #expect(found("EPRT |1|10.10.10.10|50000|") == ["10.10.10.10"])
    #expect(found("from 10.0.0.1 to 10.0.0.2") == ["10.0.0.1", "10.0.0.2"])
  }

  @Test(arguments: ["1.2.3", "256.1.1.1", "1.2,3.4", "1234.1.1.1", "1.2.3.4567", "1..2.3", "", "....", "9"])
  func `are not found where there is none`(text: String) {
    #expect(found(text) == [])
  }

  @Test func `do not begin in the middle of a number`() {
    #expect(found("110.0.0.1") == ["110.0.0.1"])
    #expect(found("1.10.0.0.5") == ["1.10.0.0"])
  }
}
