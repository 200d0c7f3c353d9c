// Calls the command lines `az` and `azd`, on every system.
import { spawn } from 'node:child_process';
import { HookStopped } from './stopped.mjs';

const installed = {
  az: 'https://learn.microsoft.com/cli/azure/install-azure-cli',
  azd: 'https://learn.microsoft.com/azure/developer/azure-developer-cli/install-azd',
};

/** An argument for cmd.exe, which alone can start `az.cmd`. Two characters it would change inside of quotes, too. */
export function quoteForWindows(argument) {
  if (/["%\r\n]/.test(argument)) throw new Error(`cmd.exe cannot be given ${JSON.stringify(argument)}`);
  return `"${argument}"`;
}

/**
 * @param {'az' | 'azd'} command
 * @param {readonly string[]} args
 * @returns {Promise<{ code: number, stdout: string, stderr: string }>}
 */
export function run(command, args) {
  const windows = process.platform === 'win32';
  const child = windows
    ? spawn([command, ...args.map(quoteForWindows)].join(' '), { shell: true })
    : spawn(command, args);
  const said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'])
    child[stream].setEncoding('utf8').on('data', (part) => (said[stream] += part));
  child.stdin.end();
  return new Promise((resolve, reject) => {
    child.once('error', (cause) =>
      reject(
        new HookStopped(`"${command}" cannot be started`, `Install it: ${installed[command]}`, { cause }),
      ),
    );
    child.once('close', (code) => resolve({ code, ...said }));
  });
}
