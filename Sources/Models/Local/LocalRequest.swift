import Formats
import Scripts

/// What identifies the request to a target that needs no wire: what it is given, and the files that make its answer. Nothing
/// of it is sent.
enum LocalRequest {
  static func request(_ question: Question) -> WireRequest {
    var body: JSONObject = ["prompt": .string(question.prompt.text)]
    if question.endpoint.api != .echo {
      body["files"] = .object(files(question))
      body["options"] = LocalTargets.options(question, withFolder: false)
      body["vars"] = .object(question.variables)
    }
    return WireRequest(url: "", headers: [], body: .object(body))
  }

  /// A script that has changed is another one, and so is a command one of whose words is a file that has.
  private static func files(_ question: Question) -> JSONObject {
    let model = question.endpoint.model
    let folder = question.settings.folder
    var paths: [String: String] = [:]
    if question.endpoint.api == .exec {
      for word in (try? CommandWords.split(model)) ?? [] { paths[word] = Path.resolve(word, against: folder) }
    } else if case .file(let path, _, _)? = Script(reference: model, in: folder)?.source {
      paths["script"] = path
    }
    var found = JSONObject()
    for (name, path) in paths.sorted(by: { $0.key < $1.key }) {
      guard !File.isFolder(path), let size = File.size(path), size <= 1 << 20,
        let bytes = try? File.read(path)
      else { continue }
      found[name] = .string(String(SHA256.hex(bytes).prefix(16)))
    }
    return found
  }
}
