// Loads the built app as the worker of the Functions host does, with a stand-in for its module `@azure/functions-core` and without the
// packages that are there for development only. Prints as JSON what the app registers, what its HTTP functions answer to nobody, and
// which packages it missed. Plain CommonJS: it runs in a process of its own, beside Jest.
const Module = require('node:module');
const { readFileSync } = require('node:fs');
const { join, relative } = require('node:path');

const root = process.argv[2];

// What npm writes down about the packages as they are installed.
const { packages } = JSON.parse(readFileSync(join(root, 'node_modules', '.package-lock.json'), 'utf8'));
const missed = new Set();
const resolve = Module._resolveFilename;
Module._resolveFilename = (request, ...rest) => {
  const file = resolve(request, ...rest);
  const path = relative(root, file).replaceAll('\\', '/');
  const folder = /^(.*\/)?node_modules\/(@[^/]+\/)?[^/]+/.exec(path)?.[0];
  if (folder !== undefined && packages[folder]?.dev) {
    missed.add(folder);
    throw Object.assign(new Error(`${folder} is for development only`), { code: 'MODULE_NOT_FOUND' });
  }
  return file;
};

const functions = [];
const core = {
  version: '3.0.0',
  hostVersion: '4.0.0',
  setProgrammingModel() {},
  getProgrammingModel() {},
  registerHook: () => ({ dispose() {} }),
  registerFunction(metadata, handler) {
    functions.push({ ...metadata, handler });
    return { dispose() {} };
  },
  log() {},
};
const load = Module._load;
Module._load = (request, ...rest) => (request === '@azure/functions-core' ? core : load(request, ...rest));

require(join(root, require(join(root, 'package.json')).main));

async function main() {
  const registered = [];
  for (const { name, bindings, handler } of functions) {
    const trigger = Object.values(bindings).find(({ type }) => type === 'httpTrigger');
    const request = {
      headers: { get: () => null },
      url: 'https://app.example.com/api',
      method: trigger?.methods[0],
      params: {},
      text: async () => '',
    };
    const answer = trigger ? await handler(request, {}) : undefined;
    registered.push({ name, bindings: Object.values(bindings), toNobody: answer?.status ?? null });
  }
  process.stdout.write(JSON.stringify({ registered, missed: [...missed] }));
}

void main();
