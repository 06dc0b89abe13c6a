/// What runs in each `node`: reads calls as lines from descriptor 3 and answers there, so that nothing a script
/// prints can get in between. A line is the number of the call, a space and JSON; its answer begins with the same
/// number, so that what a call says too late is never taken for the answer to the next.
let nodeWorkerSource = #"""
  'use strict';
  const net = require('net');
  const path = require('path');
  const { pathToFileURL } = require('url');
  const { createRequire } = require('module');
  const { AsyncLocalStorage } = require('async_hooks');

  const channel = new net.Socket({ fd: 3, readable: true, writable: true });
  const AsyncFunction = (async () => {}).constructor;
  const requireFromHere = createRequire(path.join(process.cwd(), 'suite.js'));
  const inline = new Map();
  const instances = new Map();
  // Tells a callback which call it belongs to.
  const calls = new AsyncLocalStorage();
  // The number of the call that waits for its answer.
  let current = null;

  const opening = '([{';
  const closing = ')]}';

  // The last semicolon that stands outside of quotes and brackets.
  function lastSemicolon(code) {
    let quote = null, depth = 0, last = -1;
    for (let i = 0; i < code.length; i++) {
      const c = code[i];
      if (c === '\\') i++;
      else if (quote) { if (c === quote) quote = null; }
      else if (c === '"' || c === "'" || c === '`') quote = c;
      else if (opening.includes(c)) depth++;
      else if (closing.includes(c)) depth--;
      else if (c === ';' && depth === 0) last = i;
    }
    return last;
  }

  function returning(text) {
    const line = text.replace(/[;\s]+$/, '');
    if (/^(?:const|let|var)\s/.test(line)) {
      const end = lastSemicolon(line);
      if (end >= 0) return `${line.slice(0, end + 1)} return (${line.slice(end + 1)}\n);`;
    }
    return `return (${line}\n);`;
  }

  function compiled(code, parameters) {
    const withBody = (body) => new AsyncFunction(...parameters, 'process', 'require', body);
    const text = code.trim();
    if (text.includes('\n') || /^return\b/.test(text)) return withBody(text);
    try {
      return withBody(returning(text));
    } catch (error) {
      // No expression: statements, perhaps. What is neither is wrong as the expression that one line usually is.
      try {
        return withBody(text);
      } catch {
        throw error;
      }
    }
  }

  function inlineFunction(code, parameters) {
    const key = parameters.join() + '\n' + code;
    if (!inline.has(key)) inline.set(key, compiled(code, parameters));
    return inline.get(key);
  }

  const isClass = (value) => typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value));

  // What is left out of JSON without a word would be missed, or not.
  function demandData(value, place) {
    if (typeof value === 'function')
      throw new Error(`${place.slice(1)} is a function, where only data is read: put it in a file of its own and name that`);
    if (value && typeof value === 'object')
      for (const [key, part] of Object.entries(value)) demandData(part, `${place}.${key}`);
    return value;
  }

  async function exported(request) {
    // Outside of the call: what a module opens at its top is used by all calls, and its trouble is that of the one at work.
    const loaded = await calls.exit(() => import(pathToFileURL(request.path).href));
    const defaults = [loaded.default?.default, loaded.default, loaded];
    const name = request.function;
    if (name) {
      const all = defaults.map((all) => all?.[name]);
      const found = all.find((value) => typeof value === 'function')
        ?? (request.data ? all.find((value) => value !== undefined) : undefined);
      if (found === undefined) throw new Error(`${path.basename(request.path)} exports no function "${name}"`);
      return found;
    }
    if (request.method) {
      const found = defaults.find((value) => typeof value === 'function' || typeof value?.[request.method] === 'function');
      if (found) return found;
      throw new Error(`${path.basename(request.path)} exports neither a function nor a class with "${request.method}"`);
    }
    const found = defaults.find((value) => typeof value === 'function')
      ?? (request.fallback && defaults.map((all) => all?.[request.fallback]).find((value) => typeof value === 'function'))
      ?? (request.data ? defaults.find((value) => value !== undefined) : undefined);
    if (!found) throw new Error(`${path.basename(request.path)} exports no function: export one as its default`);
    return found;
  }

  async function run(request) {
    if (request.code !== undefined) {
      return await inlineFunction(request.code, request.parameters)
        .call(undefined, ...padded(request.arguments, request.parameters.length), process, requireFromHere);
    }
    const target = await exported(request);
    if (request.data)
      return demandData(typeof target === 'function' ? await target(...request.arguments) : target, '');
    if (!request.method) return await target(...request.arguments);
    if (!isClass(target) && typeof target === 'function') return await target(...request.arguments);
    const key = request.path + JSON.stringify(request.options);
    if (!instances.has(key)) instances.set(key, isClass(target) ? calls.exit(() => new target(request.options)) : target);
    return await instances.get(key)[request.method](...request.arguments);
  }

  const padded = (values, count) =>
    values.length >= count ? values.slice(0, count) : [...values, ...Array(count - values.length)];

  // A call is answered once: what it still does after a stray exception says nothing more.
  function answer(id, text) {
    if (id !== current) return;
    current = null;
    channel.write(`${id} ${text}\n`);
  }

  function failure(error) {
    const isError = error instanceof Error || typeof error?.message === 'string';
    const trace = String(error?.stack ?? '').split('\n')
      .filter((line) => !/\[eval\]|node:internal|\(?node:/.test(line)).join('\n');
    const reply = { ok: false, message: isError ? error.message : String(error), type: error?.name, trace };
    if (error?.code === 'ERR_UNKNOWN_FILE_EXTENSION')
      reply.mend = `node ${process.versions.node} cannot run TypeScript: use node 22.18 or later, or write JavaScript`;
    return reply;
  }

  async function handle(id, text) {
    current = id;
    let value;
    try {
      value = await run(JSON.parse(text));
    } catch (error) {
      return answer(id, JSON.stringify(failure(error)));
    }
    let reply;
    try {
      reply = JSON.stringify({ ok: true, value });
    } catch (error) {
      const message = `the result is no JSON: ${error.message}`;
      reply = JSON.stringify({ ...failure(error), kind: 'badResult', message });
    }
    answer(id, reply);
  }

  process.on('uncaughtException', (error) => {
    const id = calls.getStore() ?? current;
    if (id !== null && id === current) answer(id, JSON.stringify(failure(error)));
    else console.error(error);
  });
  process.on('unhandledRejection', (error) => console.error(error));

  let pending = [];
  channel.on('data', (chunk) => {
    let start = 0;
    for (let end; (end = chunk.indexOf(10, start)) >= 0; start = end + 1) {
      pending.push(chunk.subarray(start, end));
      const line = Buffer.concat(pending).toString('utf8');
      pending = [];
      const space = line.indexOf(' ');
      const id = line.slice(0, space);
      calls.run(id, handle, id, line.slice(space + 1));
    }
    if (start < chunk.length) pending.push(chunk.subarray(start));
  });
  channel.on('end', () => process.exit(0));
  channel.on('error', () => process.exit(0));
  """#
