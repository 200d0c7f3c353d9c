// Lints snippets, and the present tree, with the project's own rules, and prints what they say as JSON. It runs beside Jest, which cannot
// load ESLint's configuration. Types are left out: no guard needs them, and without them it takes seconds less.
import { text } from 'node:stream/consumers';
import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';

const { root, snippets, folders } = JSON.parse(await text(process.stdin));
const eslint = new ESLint({
  cwd: root,
  overrideConfig: [
    { files: ['**/*.ts'], ...tseslint.configs.disableTypeChecked },
    // Comments that are there for a rule about types.
    { linterOptions: { reportUnusedDisableDirectives: 'off' } },
  ],
});
const told = ({ messages, filePath }) =>
  messages.map(({ ruleId, message, line }) => ({ rule: ruleId, message, at: `${filePath}:${line}` }));

const answers = [];
for (const { file, code } of snippets) {
  const [result] = await eslint.lintText(code, { filePath: file });
  answers.push(told(result));
}
const tree = (await eslint.lintFiles(folders)).flatMap(told);
process.stdout.write(JSON.stringify({ answers, tree }));
