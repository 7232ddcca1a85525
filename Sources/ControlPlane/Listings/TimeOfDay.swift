import Glibc

/// A moment broken down into the numbers that listings and logs show.
struct TimeOfDay {
  private let year: Int32
  private let month: Int32
  private let day: Int32
  private let hour: Int32
  private let minute: Int32
  private let second: Int32

  /// Seconds since 1970 now.
  static var now: Int { time(nil) }

  /// The moment `seconds` after 1970, in the local time zone or in universal time.
  private init(_ seconds: Int, isLocal: Bool) {
    var moment = time_t(seconds)
    var parts = unsafe tm()
    _ = unsafe isLocal ? localtime_r(&moment, &parts) : gmtime_r(&moment, &parts)
    unsafe (year, month, day) = (parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday)
    unsafe (hour, minute, second) = (parts.tm_hour, parts.tm_min, parts.tm_sec)
  }

  /// A moment in the local time zone as `MM/DD/YY HH:MM:SS`, as IOS XE shows it.
  static func short(_ seconds: Int) -> String {
    let moment = TimeOfDay(seconds, isLocal: true)
    return [moment.month, moment.day, moment.year % 100].map(two).joined(separator: "/") + " " + moment.clock
  }

  /// A moment in universal time as RFC 3339 writes it.
  static func internet(_ seconds: Int) -> String {
    let moment = TimeOfDay(seconds, isLocal: false)
    return [moment.year, moment.month, moment.day].map(two).joined(separator: "-") + "T" + moment.clock + "Z"
  }

  /// The time of day of a moment in the local time zone, `HH:MM:SS.mmm`.
  static func clock(microseconds: UInt64) -> String {
    let thousandths = String(microseconds / 1000 % 1000)
    let moment = TimeOfDay(Int(clamping: microseconds / 1_000_000), isLocal: true)
    return moment.clock + "." + String(repeating: "0", count: 3 - thousandths.count) + thousandths
  }

  /// A span of seconds as `HH:MM:SS`; hours may have more digits.
  static func span(_ seconds: UInt32) -> String {
    [seconds / 3600, seconds / 60 % 60, seconds % 60].map { two(Int32($0)) }.joined(separator: ":")
  }

  private var clock: String { [hour, minute, second].map(Self.two).joined(separator: ":") }

  private static func two(_ number: Int32) -> String { (number < 10 ? "0" : "") + String(number) }
}
