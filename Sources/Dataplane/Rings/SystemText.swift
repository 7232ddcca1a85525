import Glibc

/// The C library's words for an errno, such as "Operation not permitted".
func describe(_ code: Int32) -> String {
  var text = [CChar](repeating: 0, count: 128)
  guard unsafe strerror_r(code, &text, text.count) == 0 else { return "error \(code)" }
  return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// The first line of a small file of the kernel's, without its end; nil when it cannot be read.
func firstLine(of path: String) -> String? {
  let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { return nil }
  defer { close(descriptor) }
  var octets = [UInt8](repeating: 0, count: 256)
  let count = unsafe read(descriptor, &octets, octets.count)
  guard count > 0 else { return nil }
  let line = octets.prefix(count).prefix { $0 != UInt8(ascii: "\n") }
  return String(decoding: line, as: UTF8.self)
}
