// Stops an npm script with a clear message when it does not run on Node 24. Plain CommonJS, so that any Node can read it.
const [major] = process.versions.node.split('.').map(Number);
if (major !== 24) {
  console.error(
    `This project runs on Node 24, but this script was started by Node ${process.versions.node} (${process.execPath}).\n` +
      'The npm package "node" (a dev dependency) brings Node 24 to every npm script through its install script. Do this:\n' +
      '  1. run "npm ci" here again, with install scripts allowed (no --ignore-scripts, no --omit=dev), and\n' +
      '  2. start things with "npm run ...", or with Node 24 itself.',
  );
  process.exit(1);
}
