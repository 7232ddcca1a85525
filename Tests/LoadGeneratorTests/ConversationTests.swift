import Testing
import WireFormats

@testable import sallyport_load

@Suite struct `New sessions` {
  @Test(arguments: SessionTransport.allCases) func `are opened, used and closed`(transport: SessionTransport) throws {
    let bench = Bench {
      switch transport {
      case .tcp: TCPSessions($0, size: 64, patience: Bench.patience())
      case .udp: UDPSessions($0, size: 64, patience: Bench.patience())
      }
    }
    let tally = try bench.load(rate: 2_000)
    #expect(tally.attempted > 200)
    #expect(tally.completed == tally.attempted)
    #expect(tally.latency.count == tally.attempted)
    #expect(tally.octets == tally.completed * 128)
    #expect(tally.wrongTranslations + tally.leaks + tally.refused + tally.unexpected == 0)
  }

  @Test func `with a lost segment have failed, and are not mended`() throws {
    let bench = Bench(.init(dropOneOf: 50)) { TCPSessions($0, size: 64, patience: Bench.patience()) }
    let tally = try bench.load(rate: 2_000)
    #expect(tally.lost > 0)
    #expect(tally.completed > tally.attempted / 2)
    #expect(bench.lane.profile.outstanding == 0)
  }

  @Test func `never have more under way than they may`() throws {
    let bench = Bench(.init(dropOneOf: 1)) {
      TCPSessions($0, size: 64, patience: Bench.patience(concurrency: 20, timeout: 10))
    }
    #expect(try bench.load(rate: nil).attempted == 20)
  }

  @Test func `whose request is translated otherwise than their handshake are noticed`() throws {
    let bench = Bench(.init(forgetAfter: 10)) { TCPSessions($0, size: 64, patience: Bench.patience()) }
    #expect(try bench.load(rate: 2_000).wrongTranslations > 0)
  }
}

@Suite struct `Bulk data` {
  @Test(arguments: BulkDirection.allCases) func `arrives as far as it was sent`(direction: BulkDirection) throws {
    let bench = Bench {
      BulkStreams($0, streams: 3, window: 100_000, direction: direction, superFrames: false)
    }
    let tally = try bench.load(rate: nil)
    #expect(tally.completed > 1_000_000)
    #expect(tally.completed == tally.attempted)
    #expect(tally.retransmitted == 0)
    #expect(tally.damaged == 0)
  }

  @Test func `is never more than the other end has room for, which the handshake says unshifted`() throws {
    let batch = FrameBatch()
    let frame = batch.add(FrameWriter.tcpPayload + FrameWriter.handshakeOptions)
    let link = LinkAddresses(source: SimulatedNetwork.outsideMAC, destination: SimulatedNetwork.insideMAC)
    let server = Endpoint(IPv4Address(0xCB00_7114), 7_000)
    let client = Endpoint(IPv4Address(0x0A0A_0A64), 1_024)
    FrameWriter.finishTCP(
      frame, link, EndpointPair(local: server, remote: client),
      SegmentNumbers(sequence: 1, acknowledgment: 2, flags: [.syn, .ack]))
    guard case .packet(let arrival) = Arrival.read(frame, to: SimulatedNetwork.insideMAC, isUnfinished: false) else {
      Issue.record("the segment is not what it was")
      return
    }
    #expect(arrival.windowShift == 7)
    #expect(arrival.window == 0xFFFF)
    #expect(arrival.payload.isEmpty)
    // Without a scale that fits in the options there is none.
    frame.store32(0x0103_0307, at: FrameWriter.tcpPayload)
    frame.store32(0x0101_0303, at: FrameWriter.tcpPayload + 4)
    #expect(arrival.windowShift == 7)
    frame.store32(0x0101_0103, at: FrameWriter.tcpPayload)
    frame.store32(0x0900_0000, at: FrameWriter.tcpPayload + 4)
    #expect(arrival.windowShift == nil)
  }

  @Test func `that is lost is sent again`() throws {
    let bench = Bench(.init(dropOneOf: 100)) {
      BulkStreams($0, streams: 1, window: 100_000, direction: .out, superFrames: false)
    }
    let tally = try bench.load(rate: nil)
    #expect(tally.retransmitted > 0)
    #expect(tally.completed > 100_000)
  }
}

@Suite struct `FTP conversations` {
  private func load(_ command: FTPDataCommand, _ faults: MemoryGateway.Faults = .init()) throws -> Tally {
    try Bench(faults) {
      FTPConversations($0, command: command, size: 1_000, patience: Bench.patience())
    }.load(rate: 200)
  }

  @Test func `fetch their file over a passive connection`() throws {
    let tally = try load(.pasv)
    #expect(tally.attempted > 20)
    #expect(tally.completed == tally.attempted)
    #expect(tally.octets == tally.completed * 1_000)
    #expect(tally.wrongPayloads + tally.leaks + tally.unexpected + tally.refused == 0)
  }

  @Test(arguments: [FTPDataCommand.port, .eprt])
  func `that name an inside address behind a gateway which reads no payload fail as wrong and leaked`(
    command: FTPDataCommand
  ) throws {
    let tally = try load(command)
    #expect(tally.completed == 0)
    #expect(tally.wrongPayloads == tally.attempted)
    #expect(tally.leaks == tally.attempted)
  }

  @Test func `end in bounded time when the gateway loses much`() throws {
    let tally = try load(.pasv, .init(dropOneOf: 5))
    #expect(tally.completed < tally.attempted)
  }
}

@Suite struct `TFTP conversations` {
  private func load(size: Int = 1_000, _ faults: MemoryGateway.Faults = .init()) throws -> Tally {
    try Bench(faults) { TFTPConversations($0, size: size, patience: Bench.patience()) }.load(rate: 200)
  }

  @Test(arguments: [0, 511, 512, 5_000]) func `read their file block by block`(size: Int) throws {
    let tally = try load(size: size)
    #expect(tally.attempted > 20)
    #expect(tally.completed == tally.attempted)
    #expect(tally.octets == tally.completed * UInt64(size))
    #expect(tally.wrongTranslations + tally.wrongPayloads + tally.unexpected + tally.duplicated == 0)
  }

  @Test func `whose client has another endpoint than in its request are noticed`() throws {
    #expect(try load(.init(forgetAfter: 10)).wrongTranslations > 0)
  }

  @Test func `of which a datagram is lost have failed, and are not mended`() throws {
    let tally = try load(.init(dropOneOf: 5))
    #expect(tally.completed < tally.attempted)
  }
}

@Suite struct `DNS conversations` {
  @Test func `are answered with what the server said`() throws {
    let tally = try Bench {
      DNSConversations($0, answer: nil, expected: nil, patience: Bench.patience())
    }.load(rate: 1_000)
    #expect(tally.attempted > 100)
    #expect(tally.completed == tally.attempted)
  }

  @Test func `whose answer should have been translated are counted as wrong`() throws {
    let tally = try Bench {
      DNSConversations(
        $0, answer: IPv4Address(0xCB00_7132), expected: IPv4Address(0x0A0A_0A0B), patience: Bench.patience())
    }.load(rate: 1_000)
    #expect(tally.completed == 0)
    #expect(tally.wrongPayloads == tally.attempted)
  }
}
