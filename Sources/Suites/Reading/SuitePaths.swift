import Formats

/// Which files the paths of a command line mean: files, folders with a suite in them, patterns.
public enum SuitePaths {
  private static let usualNames =
    ["assay.yaml", "assay.yml", "assay.json", "suite.yaml"]
    + ["yaml", "yml", "json", "cjs", "cts", "js", "mjs", "mts", "ts"].map { "promptfooconfig.\($0)" }

  /// The suite of a folder, by its name.
  public static func usualFile(in folder: String) -> String? {
    usualNames.map { Path.resolve($0, against: folder) }.first(where: File.exists)
  }

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
      if let usual = usualFile(in: path) { return [usual] }
      findings.error(
        "the folder \(path) has no suite in it", at: nil,
        mend: "a suite there is called assay.yaml or promptfooconfig.yaml")
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
