/// Cells that a text takes on a terminal: wide and combining characters as most terminals draw them.
public func cells(_ text: String) -> Int {
  if text.utf8.allSatisfy({ $0 < 0x80 }) { return text.utf8.count }
  return text.reduce(0) { $0 + cells($1) }
}

func cells(_ character: Character) -> Int {
  guard let first = character.unicodeScalars.first else { return 0 }
  if character.unicodeScalars.contains(where: { $0.value == 0xFE0F }) { return 2 }
  switch first.value {
  case 0: return 0
  case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF,
    0xA000...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6,
    0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1F9FF, 0x20000...0x3FFFD:
    return 2
  default:
    return first.properties.generalCategory == .nonspacingMark ? 0 : 1
  }
}

/// At most `width` cells, the last an ellipsis where something was cut.
public func clipped(_ text: String, to width: Int) -> String {
  guard cells(text) > width else { return text }
  var out = ""
  var used = 0
  for character in text {
    let size = cells(character)
    if used + size > width - 1 { break }
    out.append(character)
    used += size
  }
  return out + "…"
}

public func padded(_ text: String, to width: Int, right: Bool = false) -> String {
  let space = String(repeating: " ", count: max(0, width - cells(text)))
  return right ? space + text : text + space
}
