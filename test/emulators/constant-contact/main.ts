// Runs the Constant Contact emulator alone: `node main.js [port] [data folder]`.
import { startConstantContact } from './emulator';

async function main(): Promise<void> {
  const [port, dataFolder] = process.argv.slice(2);
  const emulator = await startConstantContact({
    ...(port !== undefined && { port: Number(port) }),
    ...(dataFolder !== undefined && { dataFolder }),
  });
  console.log(`Constant Contact (emulator) is on ${emulator.url}`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void emulator.stop());
}

void main();
