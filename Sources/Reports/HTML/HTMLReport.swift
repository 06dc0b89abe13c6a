import Formats
import Ledger
import Vocabulary

/// One self-contained page: no network, light and dark, printable. The trials are data in the page; its script
/// filters, sorts and shows them, and asks nobody.
public enum HTMLReport {
  public static func write(_ summary: RunSummary, ledger: Ledger, to path: String) throws {
    let file = try FileWriter(path)
    let title = HTMLText.escaped(summary.run.description ?? summary.run.suiteFile ?? "run")
    try file.write(start(title: title))
    try file.write(HTMLHead.header(summary, title) + "<main>\n" + HTMLHead.tables(summary))
    try file.write(Charts.figures(try ChartData(summary, ledger)))
    var data = HTMLData(summary)
    try file.write(controls(data.note(summary)))
    try TrialReader(summary.run, ledger: ledger).forEach(data.filter, parts: data.parts) { trial in
      if let part = data.add(trial) { try file.write(part) }
    }
    if let part = data.lastPart() { try file.write(part) }
    try file.write("<script type=\"application/json\" id=\"run\">")
    for piece in data.finish() { try file.write(piece) }
    try file.write("</script>\n<script>\(HTMLScript.text)</script>\n</body></html>\n")
    try file.finish()
  }

  /// The head of a page that may run our script alone, load nothing and send nothing.
  static func start(title: String) -> String {
    let policy =
      "default-src 'none'; style-src \(HTMLText.policyHash(of: HTMLStyle.text)); "
      + "script-src \(HTMLText.policyHash(of: HTMLScript.text)); base-uri 'none'; form-action 'none'"
    return """
      <!doctype html>
      <html lang="en"><head><meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta http-equiv="Content-Security-Policy" content="\(policy)">
      <title>\(title) · assay</title>
      <style>\(HTMLStyle.text)</style></head>
      <body>

      """
  }

  private static func controls(_ note: String?) -> String {
    """
    <h2 id="cases">Cases</h2>
    \(note.map { "<p>\(HTMLText.escaped($0))</p>\n" } ?? "")<noscript><p>The list of cases needs JavaScript.</p></noscript>
    <form role="search" aria-label="Filter cases">
    <span role="group" aria-label="View"><button type="button" id="matrix" aria-pressed="true">Matrix</button>
    <button type="button" id="trials" aria-pressed="false">Trials</button></span>
    <label>Search <input id="q" type="search" placeholder="case, reply or reason"></label>
    <label>Outcome <select id="outcome"><option value="">all</option><option value="0">pass</option>\
    <option value="1">fail</option><option value="2">error</option><option value="3">skipped</option></select></label>
    <label>Target <select id="variant"><option value="">all</option></select></label>
    <label>Cases <select id="show"><option value="">all</option><option value="bad">with a failure</option>\
    <option value="differs">where targets differ</option><option value="flaky">where repetitions differ</option></select></label>
    <span id="count" role="status" aria-live="polite"></span></form>
    <div id="box" tabindex="0" role="region" aria-labelledby="cases"><table id="table" aria-labelledby="cases">\
    <colgroup id="cols"></colgroup><thead><tr id="head"></tr></thead><tbody id="rows"></tbody></table></div>
    <p class="dim screen">Arrow keys move between rows, Enter opens one; in the window, ← and → go to the case before and after.</p>
    </main>
    <dialog id="dialog" aria-labelledby="title"><div class="bar-top"><h2 id="title" tabindex="-1" autofocus></h2><span id="place" class="dim"></span>
    <label>Show <select id="left"></select></label><label>beside <select id="right"></select></label>
    <button type="button" id="prev" aria-label="Case before">←</button><button type="button" id="next" aria-label="Case after">→</button>\
    <button type="button" id="close">Close</button></div>
    <div class="sides" id="vars"></div><div class="sides" id="sides"></div></dialog>

    """
  }
}
