// Preloaded (node --require) into every child process of the tests and the local stack: it ends when its standard input closes,
// which the operating system does when the parent is gone, however it went (kill -9 included).
const { setTimeout } = require('node:timers');

const deadlineMs = Number(process.env.END_WITH_PARENT_MS ?? 0);
const ignore = () => undefined;

// The parent read them: what the script says while it saves would otherwise end it before it has saved.
process.stdout.on('error', ignore);
process.stderr.on('error', ignore);

if (deadlineMs > 0) {
  let ending = false;
  // Comes first, before the script's own handler, which saves what it has, and has so long for it. As this one stays, asking once
  // more (the parent goes while the script saves) does not cut that short.
  process.on('SIGTERM', () => {
    if (ending) return;
    ending = true;
    if (process.listenerCount('SIGTERM') === 1) process.exit(0);
    setTimeout(() => process.exit(1), deadlineMs).unref();
  });
}

process.stdin.on('error', ignore);
process.stdin.once('close', () => {
  if (deadlineMs === 0) process.exit(0);
  process.emit('SIGTERM', 'SIGTERM');
});
process.stdin.resume();
// What the script does decides how long it lives, not this watch.
process.stdin.unref();
