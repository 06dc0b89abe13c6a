// Renders the templates of a file with the real Nunjucks, for comparison.
//
//   node nunjucks.js cases.jsonl            prints one result a case: {"text": …} or {"error": …}
//   node nunjucks.js --record cases.jsonl   writes what Nunjucks gives into the cases themselves
//
// The first line of the file holds what all cases share: {"variables": {…}, "files": {…}}.
'use strict';

const fs = require('fs');

// Where Debian keeps its packages: a node from elsewhere does not look there by itself.
process.env.NODE_PATH = [process.env.NODE_PATH, '/usr/share/nodejs', '/usr/lib/nodejs'].filter(Boolean).join(':');
require('module').Module._initPaths();

function loadNunjucks() {
  try {
    return require('nunjucks');
  } catch (error) {
    console.error('the package node-nunjucks is not installed');
    process.exit(3);
  }
}

const nunjucks = loadNunjucks();
const recording = process.argv[2] === '--record';
const file = process.argv[recording ? 3 : 2];
const [shared, ...cases] = fs.readFileSync(file, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line));

function render(row) {
  const files = { ...shared.files, ...row.files };
  const loader = { getSource: (name) => (name in files ? { src: files[name], path: name } : null) };
  const environment = new nunjucks.Environment([loader], { autoescape: false });
  environment.addFilter('load', (text) => JSON.parse(text));
  // Fresh values each time: templates may change them.
  const variables = JSON.parse(JSON.stringify({ ...shared.variables, ...row.variables }));
  try {
    const text = environment.renderString(row.template, variables);
    return text === null ? { error: 'nothing came of it' } : { text };
  } catch (error) {
    return { error: String(error.message).split('\n').pop().trim() };
  }
}

const results = cases.map(render);
if (recording) {
  const rows = cases.map((row, place) => {
    const { text, error, ...rest } = row;
    const result = 'error' in results[place] ? { error: true } : results[place];
    return 'deviation' in row ? row : { ...rest, ...result };
  });
  fs.writeFileSync(file, [shared, ...rows].map((row) => JSON.stringify(row)).join('\n') + '\n');
} else {
  process.stdout.write(results.map((result) => JSON.stringify(result)).join('\n') + '\n');
}
