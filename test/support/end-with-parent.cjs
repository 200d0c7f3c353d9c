// Preloaded (node --require) into every child process of the tests and the local stack: it ends when its standard input closes,
// which the operating system does when the parent is gone, however it went (kill -9 included).
const { setTimeout } = require('node:timers');

const deadlineMs = Number(process.env.END_WITH_PARENT_MS ?? 0);
process.stdin.on('error', () => undefined);
process.stdin.once('close', () => {
  if (deadlineMs === 0) process.exit(0);
  // As a SIGTERM would: the script's own handler saves what it has, and has so long for it.
  setTimeout(() => process.exit(1), deadlineMs).unref();
  if (!process.emit('SIGTERM', 'SIGTERM')) process.exit(0);
});
process.stdin.resume();
// What the script does decides how long it lives, not this watch.
process.stdin.unref();
