import Suites

/// `--simulate`: the same suite, asked of simulated models.
enum Rehearsal {
  /// What has no wire (echo, scripts, commands) stays as it is; labels stay too.
  static func redirected(_ target: Target) -> Target {
    let name = ModelName(target.id)
    if ["echo", "exec", "python", "sim", "golang", "ruby"].contains(name.provider)
      || target.id.hasPrefix("file://")
    {
      return target
    }
    var target = target
    let model = target.id.contains("://") ? "sim-large" : name.name
    let kind = name.kind.map { ["embedding", "embeddings", "moderation"].contains($0) ? "\($0):" : "" } ?? ""
    target.id = "sim:\(kind)\(model.isEmpty ? "sim-large" : model)"
    for key in ["apiHost", "apiBaseUrl", "apiKey", "apiKeyEnvar", "url", "deployment_id"] {
      target.config[key] = nil
    }
    return target
  }
}
