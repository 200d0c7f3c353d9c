// Microsoft Graph through `az rest`, in the name of whoever is signed in to the Azure CLI.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { HookStopped } from './stopped.mjs';

const root = 'https://graph.microsoft.com/v1.0';
/** What has just been made is not known everywhere at once. */
const tries = 10;
const notYet =
  /^ERROR: Not Found\(|Request_ResourceNotFound|NoBackingApplicationObject|Permission being assigned was not found/m;
const alreadyThere = /Permission being assigned already exists/;
const denied = /^ERROR: Forbidden\(|Authorization_RequestDenied/m;
const signedOut = /az login|AADSTS\d+/;

/**
 * @param run calls a command
 * @param secondsBetweenTries how long to wait until what has just been made is known
 */
export function makeGraph({ run, secondsBetweenTries }) {
  const call = async (method, path, body, headers = []) => {
    const url = path.startsWith('https://') ? path : root + path;
    const args = ['rest', '--method', method, '--url', url, '--output', 'json', '--only-show-errors'];
    if (body === undefined) return run('az', args);
    // In a file: no shell has to be told how to keep quotes.
    const folder = await mkdtemp(join(tmpdir(), 'graph-'));
    try {
      const file = join(folder, 'body.json');
      await writeFile(file, JSON.stringify(body));
      return await run('az', [
        ...args,
        '--headers',
        'Content-Type=application/json',
        ...headers,
        '--body',
        `@${file}`,
      ]);
    } finally {
      await rm(folder, { recursive: true });
    }
  };

  const failure = (method, path, { stderr }) => {
    const said = stderr.trim();
    if (denied.test(said))
      return new HookStopped(
        `Microsoft Graph does not allow you ${method} ${path}.`,
        'Let somebody run this who has the role Application Developer or Cloud Application Administrator in Entra ID, or do as ' +
          'docs/entra-id.md says under "By hand".',
      );
    if (signedOut.test(said))
      return new HookStopped(`The Azure CLI is not signed in: ${said}`, 'Run "az login".');
    return new HookStopped(
      `${method} ${path} failed: ${said}`,
      'Run this again: it goes on where it stopped.',
    );
  };

  const write = async (method, path, body, headers) => {
    for (let attempt = 1; ; attempt++) {
      const answer = await call(method, path, body, headers);
      if (answer.code === 0 || alreadyThere.test(answer.stderr)) return;
      if (!notYet.test(answer.stderr) || attempt === tries) throw failure(method, path, answer);
      await wait(secondsBetweenTries * 1000);
    }
  };

  const get = async (path) => {
    const answer = await call('GET', path);
    if (answer.code === 0) return JSON.parse(answer.stdout);
    if (notYet.test(answer.stderr)) return undefined;
    throw failure('GET', path, answer);
  };

  return {
    /** undefined when it is not there. */
    get,
    /** What has just been made. */
    async getMade(path) {
      for (let attempt = 1; attempt <= tries; attempt++) {
        const found = await get(path);
        if (found !== undefined) return found;
        await wait(secondsBetweenTries * 1000);
      }
      throw new HookStopped(`${path} was made, but is not to be found`, 'Run this again in a minute.');
    },
    /** Every page of a list. */
    async list(path) {
      const all = [];
      for (let next = path; next !== undefined;) {
        const page = await get(next);
        all.push(...(page?.value ?? []));
        next = page?.['@odata.nextLink'];
      }
      return all;
    },
    post: (path, body) => write('POST', path, body),
    patch: (path, body) => write('PATCH', path, body),
    /** Makes it, unless it is there: then it is changed. */
    upsert: (path, body) => write('PATCH', path, body, ['Prefer=create-if-missing']),
  };
}
