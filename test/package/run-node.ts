// Runs a command that is a Node script, and keeps what it says for when it fails.
import { spawn } from 'node:child_process';
import { once } from 'node:events';

export class CommandFailed extends Error {
  readonly code = 'command-failed';
  constructor(
    readonly command: string,
    readonly said: string,
  ) {
    super(`${command} failed:\n${said}`);
  }
}

/** @throws {CommandFailed} */
export async function runNode(script: string, args: readonly string[], cwd: string): Promise<void> {
  const child = spawn(process.execPath, [script, ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  const said: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => said.push(part));
  await once(child, 'close');
  if (child.exitCode !== 0)
    throw new CommandFailed([script, ...args].join(' '), Buffer.concat(said).toString());
}
