import Formats

/// Which files the paths of a command line mean: files, folders with a suite in them, patterns.
enum SuitePaths {
  private static let usualNames =
    ["assay.yaml", "assay.yml", "suite.yaml"]
    + ["yaml", "yml", "json", "cjs", "cts", "js", "mjs", "mts", "ts"].map { "promptfooconfig.\($0)" }

  static func files(of paths: [String], _ findings: Findings) -> [String] {
    var files: [String] = []
    for path in paths {
      for file in found(path, findings) where !files.contains(file) { files.append(file) }
    }
    if paths.isEmpty {
      findings.error("no suite is named", at: nil, mend: "for example: assay run suites/quickstart.yaml")
    }
    return files
  }

  private static func found(_ path: String, _ findings: Findings) -> [String] {
    if File.isFolder(path) {
      let usual = usualNames.map { Path.resolve($0, against: path) }.first(where: File.exists)
      if let usual { return [usual] }
      findings.error(
        "the folder \(path) has no suite in it", at: nil,
        mend: "a suite there is called \(usualNames[0]) or \(usualNames[3])")
      return []
    }
    if File.exists(path) { return [path] }
    if Glob.isPattern(path) {
      let files = Glob(path).files().map(Path.normalized)
      if files.isEmpty { findings.error("no file matches \(path)", at: nil) }
      return files
    }
    findings.missingFile(path, folder: ".", for: "suite", at: nil)
    return []
  }
}
