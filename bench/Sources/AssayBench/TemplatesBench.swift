import Formats
import Templates

/// Rendering and compiling templates, on one core: `assay-bench templates`.
func measureTemplates(_ arguments: [String]) throws {
  let variables: JSONObject = [
    "language": "French", "tone": "formal",
    "text": "The meeting has been moved to Thursday at three; please bring the figures.",
    "items": .array((0..<10).map { ["name": .string("item \($0)"), "price": .number(JSONNumber($0))] }),
  ]
  let text = "Translate the following text into {{ language }}, in a {{ tone }} tone:\n\n{{ text }}\n"
  try measure("a prompt of three variables", try Template(text), variables)
  try measure(
    "the same with two filters and a condition",
    try Template(
      "Translate into {{ language | upper }}{% if tone %}, in a {{ tone | trim }} tone{% endif %}:\n\n{{ text }}\n"
    ),
    variables)
  try measure(
    "a loop over ten objects",
    try Template(
      "{% for item in items %}{{ loop.index }}. {{ item.name | title }}: {{ item.price * 2 }}\n{% endfor %}"),
    variables)

  let chat = try PromptTemplate(
    #"[{"role": "system", "content": "You answer in {{ language }}."}, {"role": "user", "content": "{{ tone }}: {{ text }}"}]"#
  )
  try measure("a chat prompt in JSON, whole, with three variables") {
    try chat.render(variables).utf8.count
  }
  let plain = try PromptTemplate(text)
  try measure("a text prompt, whole, with three variables") { try plain.render(variables).utf8.count }

  let compiling = try leastNanoseconds(rounds: 20) { for _ in 0..<1000 { _ = try Template(text) } }
  report("compile the prompt of three variables", Double(compiling) / 1e6, "µs")
}

private func measure(_ what: String, _ template: Template, _ variables: JSONObject) throws {
  try measure(what) { try template.render(variables).utf8.count }
}

private func measure(_ what: String, _ render: () throws -> Int) throws {
  let rounds = 20_000
  var sink = 0
  let least = try leastNanoseconds {
    for _ in 0..<rounds { sink &+= try render() }
  }
  let nanoseconds = Double(least) / Double(rounds)
  report("render \(what)", 1e9 / nanoseconds, "renders/s", decimals: 0)
  if sink == 0 { print("nothing was rendered") }
}
